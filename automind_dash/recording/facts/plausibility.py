"""Checks whether the data can be spikes of units. Each doubt becomes a question or a note."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..questions import Question, Questions
from ..recording import Recording
from ..report import Note

FEW_EACH = 1.5
"""Least spikes per firing unit. With fewer, the numbers taken for units mean something else."""

FEWEST_SPIKES = 10
"""A recording of fewer is something else, perhaps: a table of statistics, for example."""

FEW_UNITS = 3
"""Units of which nothing is concluded."""

SLOW, FAST = 0.005, 300.0
"""Hz per unit, on average: outside it the times, the units or the sampling rate are misread."""

SHORT_INTERVAL = 0.001
"""s: hardly a unit fires again within it, since it is refractory."""

MANY_SHORT, MOST_SHORT = 0.05, 0.5
"""Share of intervals below it: of several units in one; and of something else than spikes."""

TWICE = (0.4, 0.55)
"""Share of short intervals where every spike stands there twice: half of them, for bursts a little more or less."""

COARSE = 1e-4
"""s: spikes are told apart to a tenth of that by every acquisition system."""

GRID = 1.5e-3
"""s: a step of times that no sampling has."""

JUDGED = 2_000_000
"""Spikes that intervals and steps are judged by."""

LONGEST = 7 * 86_400.0
"""s: a week."""

SHORTEST = 5.0
"""s: too short for any statistics."""

COVERED = 0.5
"""Share of the duration that passes until the last spike, or from the first: of less, the duration is doubted."""

PAUSE, PAUSE_RATIO = 20.0, 5.0
"""s that a gap lasts at least, and how many times as long as the next longest pause it is."""

MOST_GAPS = 20

MOST_FALLS, LARGE_FALL = 50, 0.2
"""Falls of times in a list of spikes that is otherwise in order, and the share of all its time that the largest takes at least."""


NEGATIVE = re.compile(r"-\d+$")


def look(recording: Recording, stored: NDArray, units: NDArray, per_second: float, questions: Questions) -> None:
    """Add notes to the questions, and ask whether to go on if the data can hardly be spikes.

    stored, units: (n_spikes,) times and units as the file holds them, in its order; per_second: the file's numbers that make one s.
    Raises RecordingError where the person says that it is none.
    """
    questions.notes += _coarse(stored, per_second)
    if not recording.observed:
        questions.notes += _falls(stored, units, per_second)
    questions.answer("accept")  # may be given to any file
    doubt = _no_units(recording)
    if doubt:
        question = Question("accept", "Are these spikes of units?", "yes", doubt, ("yes", "no"), required=True)
        if questions.ask(question) == "no":
            raise RecordingError(f"{questions.file}: {doubt}; choose another file or variable.")
        return
    if not recording.n_spikes:
        questions.notes.append(Note("no_spikes", f"None of the {recording.n_units} units has a spike.", "warning"))
        return
    if recording.n_spikes < FEWEST_SPIKES:
        said = f"Only {recording.n_spikes} spikes were read"
        questions.notes.append(
            Note("few_spikes", f"{said}: look whether this is the table or array of spikes.", "warning")
        )
    for check in (_rates, _intervals, _duration, _gaps, _labels, _negative):
        questions.notes += check(recording)


def _no_units(recording: Recording) -> str:
    """Return why the numbers taken for units cannot be units, "" if they can."""
    active = int((np.bincount(recording.spike_units, minlength=recording.n_units) > 0).sum())
    if active < FEW_UNITS or recording.n_spikes >= FEW_EACH * active:
        return _no_spikes(recording)
    each = "one spike each" if recording.n_spikes == active else f"{recording.n_spikes} spikes altogether"
    return f"{active} units have {each}: numbers of something else than units, perhaps"


def _no_spikes(recording: Recording) -> str:
    """Return why the numbers taken for spikes cannot be spikes, "" if they can."""
    steps = unit_intervals(recording)
    if recording.mean_rate <= FAST or steps.size < 20 or (steps < SHORT_INTERVAL).mean() <= MOST_SHORT:
        return ""
    rate = f"{recording.mean_rate:.4g} Hz"
    return (
        f"units would fire at {rate}, most intervals under 1 ms: these are no spikes, or their unit of time is another"
    )


def _rates(recording: Recording) -> Iterator[Note]:
    rate = recording.mean_rate
    if rate < SLOW:
        yield Note(
            "rate_low",
            f"Units fire at {rate:.2g} Hz on average, which is very little: look whether the times are s, and all of these units.",
            "warning",
        )
    if rate > FAST:
        yield Note(
            "rate_high",
            f"Units fire at {rate:.4g} Hz on average, which no neurons do: look at the unit of time and at the units.",
            "warning",
        )
        return
    fast = np.flatnonzero(recording.unit_rates > FAST)
    if len(fast):
        name = recording.unit_names[fast[0]] if recording.unit_names else str(fast[0])
        yield Note(
            "unit_fast",
            f"{len(fast)} units fire at over {FAST:g} Hz, {name} the first of them: noise, or many cells in one?",
        )


def _negative(recording: Recording) -> Iterator[Note]:
    """Note units with negative numbers: sorters and clustering programs give -1 to spikes that belong to no unit."""
    counts = np.bincount(recording.spike_units, minlength=recording.n_units)
    found = [i for i, name in enumerate(recording.unit_names) if NEGATIVE.match(name)]
    if found:
        names = ", ".join(recording.unit_names[i] for i in found[:3])
        yield Note(
            "unit_negative",
            f"Unit {names} has a negative number, and {counts[found].sum()} spikes: many sorters write it for spikes that belong to no "
            "unit. Leave these out of the file if yours does.",
            "warning",
        )


def unit_intervals(recording: Recording) -> NDArray[np.float64]:
    """Return the intervals between spikes of one unit, s, of at most JUDGED spikes."""
    units = recording.spike_units[:JUDGED]
    order = np.argsort(units, kind="stable")
    steps = np.diff(recording.spike_times[:JUDGED][order])
    return steps[np.diff(units[order]) == 0]


def _intervals(recording: Recording) -> Iterator[Note]:
    steps = unit_intervals(recording)
    if steps.size < 20:
        return
    short = steps < SHORT_INTERVAL
    share = float(short.mean())
    if TWICE[0] <= share <= TWICE[1]:
        yield Note(
            "spikes_twice",
            f"{share:.0%} of the intervals of single units are under 1 ms, as if every spike stood there "
            "twice; rates are twice too high then.",
            "warning",
        )
    elif share > MOST_SHORT:
        yield Note(
            "intervals_short",
            f"{share:.0%} of the intervals of single units are under 1 ms, so these are hardly spikes of neurons.",
            "warning",
        )
    elif share > MANY_SHORT:
        yield Note(
            "intervals_short",
            f"{share:.0%} of the intervals of single units are under 1 ms: double detections, or several cells in one.",
        )


def _coarse(stored: NDArray, per_second: float) -> Iterator[Note]:
    """Yield a note where times were rounded: to the numbers that 32 bits hold, or to a coarse grid."""
    if stored.size < 20:
        return
    largest = float(np.abs(stored).max())
    some = stored[:: max(1, stored.size // JUDGED)]
    if stored.dtype.kind == "f" and largest > 0:
        step = float(np.spacing(np.float32(largest))) / per_second
        single = stored.dtype.itemsize <= 4 or bool(np.array_equal(some.astype(np.float32).astype(np.float64), some))
        if single and step > COARSE and not np.array_equal(some, np.floor(some)):
            yield Note(
                "coarse_times",
                f"Times were kept as numbers of 32 bits, which are {step * 1000:.2g} ms apart at the end of the recording: intervals and "
                "the spectrum are wrong below that. Export times as float64, or as sample numbers.",
                "warning",
            )
            return
    steps = np.diff(np.unique(some)) / per_second
    span = (largest - float(np.abs(stored).min())) / per_second
    if steps.size >= 200 and steps.min() > max(GRID, 100 * span / stored.size**2):
        yield Note(
            "coarse_times",
            f"Times are at least {steps.min() * 1000:.3g} ms apart: they were rounded, or counted in bins.",
            "warning",
        )


def _falls(stored: NDArray, units: NDArray, per_second: float) -> Iterator[Note]:
    """Yield a note where times that rise begin again, as in recordings that were put one behind the other."""
    if stored.size < 50:
        return
    times = stored.astype(np.float64) / per_second
    falls = np.flatnonzero(np.diff(times) < 0)
    if not 0 < falls.size <= MOST_FALLS or np.count_nonzero(np.diff(units)) < len(np.unique(units)):
        return  # none, no order at all, or unit after unit
    largest = falls[np.argmin(np.diff(times)[falls])]
    before, after = times[largest], times[largest + 1]
    if before - after < LARGE_FALL * np.ptp(times):
        return
    yield Note(
        "times_fall",
        f"Times fall back {falls.size} time{'s' * (falls.size > 1)}, from {before:.5g} to {after:.5g} s: if these are several "
        "recordings, they now lie on top of each other; save each by itself, or add where it begins to its times.",
        "warning",
    )


def _duration(recording: Recording) -> Iterator[Note]:
    duration, first, last = recording.duration, float(recording.spike_times[0]), float(recording.spike_times[-1])
    if duration > LONGEST:
        yield Note(
            "duration_long",
            f"The recording lasts {duration / 86_400:.3g} days: look whether the times are s.",
            "warning",
        )
    elif duration < SHORTEST:
        yield Note("duration_short", f"The recording lasts {duration:.3g} s, which is too short for most measures.")
    if recording.n_spikes >= 20 and last - first < COVERED * duration:
        yield Note(
            "duration_covered",
            f"All spikes lie between {first:.4g} and {last:.4g} s of {duration:.4g} s: look whether start and duration are right.",
            "warning",
        )


def gaps(recording: Recording) -> NDArray[np.float64]:
    """Return stretches without a spike of any unit that are far longer than all other pauses, (n_gaps, 2) s."""
    times = recording.spike_times
    if len(times) < 50:
        return np.empty((0, 2))
    steps = np.diff(times)
    order = np.argsort(steps)[::-1][: MOST_GAPS + 1]
    longest = steps[order]
    for count in range(1, len(longest)):
        if longest[count - 1] >= PAUSE and longest[count - 1] >= PAUSE_RATIO * longest[count]:
            found = np.sort(order[:count])
            return np.column_stack([times[found], times[found + 1]])
    return np.empty((0, 2))


def _gaps(recording: Recording) -> Iterator[Note]:
    found = gaps(recording)
    known = recording.gaps  # of these it is said that nobody looked
    found = np.array([(a, b) for a, b in found if not any(c <= b and d >= a for c, d in known)]).reshape(-1, 2)
    if not len(found):
        return
    said = ", ".join(f"{a:.5g} to {b:.5g} s" for a, b in found[:3]) + (" …" if len(found) > 3 else "")
    yield Note(
        "gap",
        f"No unit has a spike from {said}: if the recording paused there, look at one side only (the window of the analysis), since "
        "rates and intervals across it are wrong.",
        "warning",
    )


def _labels(recording: Recording) -> Iterator[Note]:
    labels = set(recording.unit_groups)
    if len(labels) == 1 and labels & {"noise", "mua", "unsorted", "artefact", "artifact"}:
        yield Note("labels", f"All {recording.n_units} units are labelled {labels.pop()!r}.", "warning")
