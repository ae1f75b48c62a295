"""From the numbers in a file to seconds from the recording's start: time unit, offset and duration."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..questions import Question, Questions
from ..report import Note

PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9, "min": 1 / 60}
USUAL_UNITS = ("s", "ms", "us")
"""What times of no stated unit may be in."""

TIME_UNITS = (*PER_SECOND, "samples")

SAMPLE_NUMBERS_FROM = 100_000
"""Whole numbers from here on are taken for sample numbers, since nobody records a day in whole seconds."""

USUAL_SAMPLING_RATE = 30_000.0
"""Hz, of Neuropixels and of most acquisition boards."""

PLAUSIBLE_RATE = (0.02, 300.0)
"""Hz, mean over units; outside it the time unit was probably misjudged."""

POSSIBLE_RATE = (0.005, 500.0)
"""Hz, from sparse young cultures to the fastest cells. Lower or higher rates are a misreading."""

LOWEST_SAMPLING, HIGHEST_IN_KHZ = 500.0, 200.0
"""Hz: a lower sampling rate tells no spikes apart; numbers up to the second are kHz then."""

SLOW = 0.005
"""Hz: units that fire less on average make one ask whether the times are s."""

REFRACTORY, MOST_SHORT = 0.001, 0.05
"""s; and the share of intervals below it that shows that a smaller unit of time is wrong."""

SHORTEST = 5.0
"""s: nobody analyses less."""

JUDGED = 1_000_000
"""Spikes that intervals are judged by."""

LONGEST = 200_000.0
"""s, over two days: a longer span means that the numbers are no seconds."""

LATE_START = 0.05
"""Share of the span that may pass before the first spike without a question about the offset."""

SILENCE = 10.0
"""A start later than this many times the longest pause between spikes is an offset, not silence."""


@dataclass(frozen=True)
class Stated:
    """What a file says about time.

    unit: one of TIME_UNITS, None where it is not said; sampling_rate: Hz; start, stop: s, of the recording;
    likely_stop: s, an end that the file hints at, and hint: where it does.
    """

    unit: str | None = None
    sampling_rate: float | None = None
    start: float | None = None
    stop: float | None = None
    likely_stop: float | None = None
    hint: str = ""


def in_seconds(
    times: NDArray, n_units: int, stated: Stated, questions: Questions, units: NDArray | None = None
) -> NDArray[np.float64]:
    """Return the times in s. Asks for the time unit and the sampling rate if they are not stated.

    times: (n_spikes,) as in the file, any numeric type; units: (n_spikes,) numbers, by which intervals are judged
    """
    unit, rate = questions.answer("time_unit"), questions.answer("sampling_rate")
    if not times.size:
        return np.empty(0)
    if unit is None and rate is not None:
        unit = "s" if rate == "s" else "samples"
    if unit is None:
        unit = stated.unit
    if unit is None:
        unit = "samples" if _sample_numbers(times) else _ask_unit(times, n_units, units, questions)
    elif unit == "s" and questions.answer("time_unit") is None and questions.answer("sampling_rate") is None:
        unit = _ask_slow(times, n_units, units, questions)
    unit = str(unit).strip().lower().replace("µ", "u").replace("μ", "u")
    if unit not in TIME_UNITS:
        raise RecordingError(
            f"{questions.file}: the time unit {unit!r} is unknown; choose {', '.join(TIME_UNITS[:-1])} or samples."
        )
    times = _unwrapped(times, questions) if unit == "samples" else times
    seconds = times.astype(np.float64)
    if unit != "samples":
        return seconds if unit == "s" else seconds / PER_SECOND[unit]
    rate = rate or _believed(stated.sampling_rate, questions) or _ask_rate(questions)
    return seconds if rate == "s" else seconds / float(rate)


def _whole(times: NDArray) -> bool:
    return times.dtype.kind in "iu" or bool(np.array_equal(times, np.floor(times)))


def _sample_numbers(times: NDArray) -> bool:
    """Return whether times of no stated unit are large whole numbers."""
    return bool(times.size) and bool(times.max() >= SAMPLE_NUMBERS_FROM) and _whole(times)


RATE_TEXT = 'At which sampling rate were the sample numbers counted (or "s", if they are seconds)?'


def _ask_rate(questions: Questions) -> float | str:
    reason = "the times are sample numbers and the file does not give their rate; 30 kHz is the most common"
    return questions.ask(Question("sampling_rate", RATE_TEXT, USUAL_SAMPLING_RATE, reason, unit="Hz", required=True))


def _believed(rate: float | None, questions: Questions) -> float | str | None:
    """Return the sampling rate that a file states, Hz; asked for where it is too low to be one."""
    if rate is None or rate >= LOWEST_SAMPLING:
        return rate
    in_khz = 1 <= rate <= HIGHEST_IN_KHZ
    reason = f"the file gives a sampling rate of {rate:g}, too low for Hz" + ("; it may be kHz" if in_khz else "")
    guess = rate * 1000 if in_khz else USUAL_SAMPLING_RATE
    return questions.ask(Question("sampling_rate", RATE_TEXT, guess, reason, unit="Hz", required=True))


def _ask_unit(times: NDArray, n_units: int, units: NDArray | None, questions: Questions) -> str:
    likely, possible = _likely_units(times, n_units, units)
    if times.size < 2 * n_units or times.size < 2:
        guess, reason, required = "s", "too few spikes to judge by", False
    elif not possible:
        guess, reason, required = "s", "no unit of time gives a plausible rate", True
    else:
        guess = next(iter(likely or possible))
        rates = [f"{rate:.3g} Hz over {span:.4g} s in {unit}" for unit, (rate, span) in possible.items()]
        reason, required = f"units would then fire at {rates[0].partition(' in ')[0]} on average", len(possible) > 1
        if required:
            reason = f"units would fire at {', or at '.join(rates)}, and the file does not say which"
    return questions.ask(
        Question(
            "time_unit", "What is the unit of the spike times?", guess, reason, choices=TIME_UNITS, required=required
        )
    )


def _ask_slow(times: NDArray, n_units: int, units: NDArray | None, questions: Questions) -> str:
    """Return the unit of times that are said to be s; asked for where units would hardly fire, and would in a smaller unit."""
    if times.size < 5 * n_units or times.size < 100:
        return "s"
    rate = times.size / max(float(times.max() - times.min()), 1e-9) / n_units
    likely, _ = _likely_units(times, n_units, units)
    others = [unit for unit in likely if unit != "s"]
    if rate >= SLOW or not others:
        return "s"
    reason = (
        f"the file gives times in s, but units would fire at {rate:.2g} Hz then, over {(times.max() - times.min()) / 3600:.3g} h; "
        f"in {others[0]} it would be {likely[others[0]][0]:.3g} Hz"
    )
    return questions.ask(
        Question(
            "time_unit", "What is the unit of the spike times?", others[0], reason, choices=TIME_UNITS, required=True
        )
    )


def _likely_units(
    times: NDArray, n_units: int, units: NDArray | None
) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Return the units of time with a usual rate, and those with a possible one: unit → Hz per unit, s of the whole."""
    span = float(times.max() - times.min()) if times.size else 0.0
    likely: dict[str, tuple[float, float]] = {}
    possible: dict[str, tuple[float, float]] = {}
    if span <= 0 or n_units == 0:
        return likely, possible
    steps = _intervals(times, units)
    for unit in USUAL_UNITS:
        per_second = PER_SECOND[unit]
        seconds = span / per_second
        rate = times.size / seconds / n_units
        short = float((steps < per_second * REFRACTORY).mean()) if steps.size else 0.0
        if (
            POSSIBLE_RATE[0] <= rate <= POSSIBLE_RATE[1]
            and seconds <= LONGEST
            and (unit == "s" or (short < MOST_SHORT and seconds >= SHORTEST))
        ):
            possible[unit] = (rate, seconds)
            if PLAUSIBLE_RATE[0] <= rate <= PLAUSIBLE_RATE[1]:
                likely[unit] = (rate, seconds)
    return likely, possible


def _intervals(times: NDArray, units: NDArray | None) -> NDArray[np.float64]:
    """Return the intervals between spikes of one unit, in the file's unit of time; of at most JUDGED spikes."""
    times = times[:JUDGED].astype(np.float64)
    if units is None:
        return np.empty(0)
    units = units[:JUDGED]
    order = np.lexsort((times, units))
    steps, same = np.diff(times[order]), np.diff(units[order]) == 0
    return steps[same]


def _unwrapped(samples: NDArray, questions: Questions) -> NDArray:
    """Return sample numbers with the falls undone that they make where they outgrow 32 bits; asked for."""
    if not samples.size or not _whole(samples) or np.abs(samples.astype(np.float64)).max() < 2**30:
        return samples
    numbers = samples.astype(np.int64)
    steps = np.diff(numbers)
    falls = steps < 0
    narrow = samples.dtype.kind in "iu" and samples.dtype.itemsize <= 4
    if not falls.any() or steps.min() > -(2**30) or np.abs(numbers).max() >= 2**32 or not (narrow or numbers.min() < 0):
        return samples
    undone = numbers + np.concatenate([[0], np.cumsum(falls)]) * 2**32
    if (np.diff(undone) < 0).any():  # they fall besides: no clock that ran over
        return samples
    said = f"{int(falls.sum())} time{'s' if falls.sum() > 1 else ''}"
    reason = f"sample numbers fall {said}, to {numbers[1:][falls][0]}, as a counter of 32 bits does when it runs over at 2^31 or 2^32"
    question = Question("overflow", "Did the sample numbers run over?", "undo", reason, ("undo", "keep"))
    if questions.ask(question) == "keep":
        return samples
    questions.notes.append(
        Note("overflow", f"Sample numbers ran over their 32 bits {said}; this was undone.", "warning")
    )
    return undone


def placed(seconds: NDArray[np.float64], stated: Stated, questions: Questions) -> tuple[float, float]:
    """Return the offset and the duration, both in s. Asks for those that are not stated.

    seconds: (n_spikes,) s, of every unit in the file, in any order and finite
    """
    first, last = (float(seconds.min()), float(seconds.max())) if seconds.size else (0.0, 0.0)
    offset = questions.answer("offset")
    if offset is None:
        offset = _offset(seconds, first, last, stated, questions)
    duration = questions.answer("duration")
    if duration is None:
        duration = _duration(last, offset, bool(seconds.size), stated, questions)
    return float(offset), float(duration)


def _offset(seconds: NDArray[np.float64], first: float, last: float, stated: Stated, questions: Questions) -> float:
    text = "Which time in the file is the start of the recording?"
    if stated.start is not None and (stated.start <= first or not seconds.size):
        if stated.start == 0:
            return 0.0
        reason = f"the file says that it starts at {stated.start:g} s"
        return questions.ask(Question("offset", text, stated.start, reason, unit="s"))
    if first < 0:
        reason = f"spike times start at {first:.6g} s, before 0"
        guess = float(math.floor(first))
        return questions.ask(Question("offset", text, guess, reason, unit="s", required=True))
    if math.floor(first) == 0 or first <= LATE_START * (last - first):
        return 0.0
    pause = float(np.diff(np.sort(seconds)).max()) if seconds.size > 1 else 0.0
    if first > SILENCE * pause and seconds.size > 1:
        guess, reason = float(math.floor(first)), f"the first spike comes at {first:.6g} s, the last at {last:.6g} s"
    else:
        guess, reason = 0.0, f"the first spike comes at {first:.6g} s, but pauses last up to {pause:.3g} s"
    return questions.ask(Question("offset", text, guess, reason, unit="s"))


def _duration(last: float, offset: float, any_spikes: bool, stated: Stated, questions: Questions) -> float:
    text = "How long is the recording?"
    if stated.stop is not None and stated.stop > offset and (stated.stop >= last or not any_spikes):
        return stated.stop - offset
    if stated.likely_stop is not None and stated.likely_stop >= last and stated.likely_stop > offset:
        return questions.ask(Question("duration", text, stated.likely_stop - offset, stated.hint, unit="s"))
    if not any_spikes:
        reason = "it holds no spike and does not say how long it is"
        return questions.ask(Question("duration", text, 1.0, reason, unit="s", required=True))
    reason = "the file does not say; the last spike, rounded up to a whole second"
    if stated.stop is not None:
        reason = (
            f"the file says it ends at {stated.stop:g} s but the last spike comes at {last:.6g} s; that, rounded up"
        )
    return questions.ask(Question("duration", text, float(max(1, math.ceil(last - offset))), reason, unit="s"))
