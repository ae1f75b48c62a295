"""The findings of a reader, and how they become a Recording. All open questions are decided here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..observed import Observed, normalised, visits
from ..questions import Question, Questions
from ..recording import MAX_SPIKES, MAX_UNITS, Recording
from ..report import Fact, Note
from .plausibility import look
from .timing import Stated, in_seconds, placed
from .trials import follow_each_other, laid_out

GOOD = "good"
NOISE = "noise"

NOTHING_STATED = Stated()

WHOLE = re.compile(r"-?(0|[1-9]\d*)$")


@dataclass(frozen=True)
class Found:
    """Spikes as a file holds them.

    times: (n_spikes,) numeric, in the file's own unit; units: (n_spikes,) integers, index into unit_names
    unit_names: (n_units,) the file's own names; unit_groups: (n_units,) labels or empty
    curated: the labels are a curator's, so which of them to keep is asked for
    wells: (n_units,) the well of each unit, or empty; positions: (n_units, 2) µm or None
    stated: what the file says about time; details: further facts for the provenance, plain values
    trials: (n_spikes,) numbers of the trial of each spike, from 0, or None, and trial_names
    observed: when units were seen, in the file's own s: (n_intervals, 2) for all, or one such array for each; None where it is not said
    writer: program and version that wrote the file; facts: what it says and where; left_out: sentences on what was not used, and why
    notes: remarks of the reader for the user
    """

    times: NDArray
    units: NDArray
    unit_names: tuple[str, ...]
    stated: Stated = NOTHING_STATED
    unit_groups: tuple[str, ...] = ()
    curated: bool = True
    wells: tuple[str, ...] = ()
    positions: NDArray[np.float64] | None = None
    details: dict[str, Any] = field(default_factory=dict)
    trials: NDArray[np.int64] | None = None
    trial_names: tuple[str, ...] = ()
    observed: NDArray[np.float64] | tuple[NDArray[np.float64], ...] | None = None
    writer: str = ""
    facts: tuple[Fact, ...] = ()
    left_out: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def assemble(found: Found, name: str, questions: Questions) -> Recording:
    """Return the recording, its open questions answered by the person or by a guess.

    Time is settled over all units of the file, so that wells and labels share one start and one end. Raises
    RecordingError where the file has no unit, or where its times make no sense.
    """
    _refuse_nonsense(found, questions.file)
    questions.notes += found.notes
    stored, of = found.times, found.units
    seconds = in_seconds(stored, len(found.unit_names), found.stated, questions, found.units)
    per_second = _per_second(stored, seconds)
    found = _in_same_seconds(found, per_second)
    found, seconds = _trials_joined(found, seconds, questions)
    offset, duration = placed(seconds, found.stated, questions)
    seconds = seconds - offset if offset else seconds
    observed = _observed(found, offset, duration, questions.file)
    seconds, units = _seen(seconds, found.units, observed, questions)
    whole = Recording.from_spikes(
        seconds,
        units,
        observed=observed,
        duration=duration,
        n_units=len(found.unit_names),
        name=name,
        unit_groups=found.unit_groups,
        unit_names=found.unit_names,
        positions=found.positions,
    )
    details = {**found.details, "offset": offset}
    kept = np.ones(whole.n_units, dtype=bool)
    if found.wells:
        well = _well(whole, found.wells, questions)
        kept &= np.array(found.wells) == well
        details["well"] = well
    if found.curated and found.unit_groups:
        kept &= _units(found.unit_groups, kept, questions, details)
    recording = whole if kept.all() else whole.select_units(kept)
    look(recording, stored, of, per_second, questions)
    return replace(recording, provenance=details)


def _observed(found: Found, offset: float, duration: float, file: str) -> Observed:
    """Return when units were seen, in s from the recording's start."""
    if found.observed is None:
        return ()
    each = found.observed if isinstance(found.observed, tuple) else (found.observed,)
    return normalised(tuple(part - offset for part in each), len(found.unit_names), duration, file)


def _seen(
    seconds: NDArray[np.float64], units: NDArray, observed: Observed, questions: Questions
) -> tuple[NDArray[np.float64], NDArray]:
    """Return the spikes at times when their unit was observed; a note says how many others there were."""
    if not observed:
        return seconds, units
    outside = visits(seconds, units, observed) < 0
    if not outside.any():
        return seconds, units
    questions.notes += (
        Note(
            "outside",
            f"{int(outside.sum())} of {len(seconds)} spikes lie outside the times at which the file says that their units were observed; "
            "they are left out.",
            "warning",
        ),
    )
    return seconds[~outside], units[~outside]


def _per_second(stored: NDArray, seconds: NDArray[np.float64]) -> float:
    """Return how many of the file's numbers make one s."""
    i = int(np.abs(seconds).argmax()) if seconds.size else 0
    if not seconds.size or not seconds[i] or stored[i] <= 0:
        return 1.0
    return float(f"{float(stored[i]) / float(seconds[i]):.9g}")  # 1000, not 1000.0000000000001


def _in_same_seconds(found: Found, per_second: float) -> Found:
    """Return the findings with limits in true s, for a file whose times are called s but are in another unit."""
    if found.stated.unit != "s" or per_second == 1.0:
        return found
    limits = {name: getattr(found.stated, name) for name in ("start", "stop", "likely_stop")}
    stated = replace(found.stated, **{name: value / per_second for name, value in limits.items() if value is not None})
    observed = found.observed
    if isinstance(observed, tuple):
        observed = tuple(part / per_second for part in observed)
    elif observed is not None:
        observed = observed / per_second
    return replace(found, stated=stated, observed=observed)


def _trials_joined(
    found: Found, seconds: NDArray[np.float64], questions: Questions
) -> tuple[Found, NDArray[np.float64]]:
    """Return the spikes with trials laid one after the other, where their times begin anew."""
    if found.trials is None or len(found.trial_names) < 2 or not seconds.size:
        return found, seconds
    if follow_each_other(seconds, found.trials, len(found.trial_names)) and questions.answer("trials") is None:
        return found, seconds
    seconds, kept, intervals = laid_out(seconds, found.trials, found.trial_names, questions)
    stated = replace(found.stated, unit="s", start=0.0, stop=float(intervals[-1, 1]))
    found = replace(found, times=seconds[kept], units=found.units[kept], stated=stated, observed=intervals, trials=None)
    return found, seconds[kept]


def _refuse_nonsense(found: Found, file: str) -> None:
    if not found.unit_names:
        raise RecordingError(f"{file}: there are neither units nor spikes in it; choose another file or variable.")
    if found.times.size > MAX_SPIKES:
        raise RecordingError(f"{file}: {found.times.size} spikes; at most {MAX_SPIKES} can be held. Cut it in time.")
    if found.times.dtype.kind == "f" and not np.isfinite(found.times).all():
        bad = int((~np.isfinite(found.times)).sum())
        raise RecordingError(f"{file}: {bad} spike times are NaN or infinite; remove them from the file.")


def _well(whole: Recording, wells: tuple[str, ...], questions: Questions) -> str:
    """Return the well to read. The guess is the one with most spikes."""
    names = natural_order(set(wells))
    well_of_unit = np.array([names.index(well) for well in wells])
    spikes = np.bincount(well_of_unit[whole.spike_units], minlength=len(names))
    if len(names) == 1 and questions.answer("well") is None:
        return names[0]
    best = int(spikes.argmax())
    return questions.ask(
        Question(
            "well",
            "Which well?",
            names[best],
            f"of {len(names)} wells it has the most spikes, {spikes[best]}",
            choices=tuple(names),
        )
    )


def _units(groups: tuple[str, ...], among: NDArray[np.bool_], questions: Questions, details: dict) -> NDArray[np.bool_]:
    """Return the mask of the units whose label is kept, and write the others into the details."""
    counts = Counter(label for label, inside in zip(groups, among, strict=True) if inside)
    labels = tuple(natural_order(counts))
    answer = questions.answer("units")
    if len(labels) > 1 and answer is None:
        answer = questions.ask(_which_units(counts, labels))
    if answer is None:
        return among
    items = answer if isinstance(answer, list | tuple) else str(answer).split(",")
    wanted = [str(item).strip() for item in items]
    if "all" in [item.lower() for item in wanted]:
        return among
    for label in wanted:
        if label not in counts:
            raise RecordingError(
                f"{questions.file}: no unit is labelled {label!r}; units can be all, {', '.join(labels)}, "
                "or several labels separated by commas."
            )
    dropped = {label: counts[label] for label in labels if label not in wanted}
    if dropped:
        details["units_left_out"] = dropped
    return np.array([label in wanted for label in groups])


def _which_units(counts: Counter, labels: tuple[str, ...]) -> Question:
    said = ", ".join(f"{counts[label]} {label}" for label in labels)
    if GOOD in counts:
        guess, reason = GOOD, f"a curator labelled the units: {said}"
    elif NOISE in counts:
        guess = ",".join(label for label in labels if label != NOISE)
        reason = f"a curator labelled the units: {said}; noise is no neuron"
    else:
        guess, reason = "all", f"the labels do not say which units are good: {said}"
    return Question("units", "Which units, by their label?", guess, reason, choices=("all", *labels))


def natural_order(names: Iterable[str]) -> list[str]:
    """Return names sorted with their numbers as numbers: ch2 before ch10."""

    def key(name: str) -> list[tuple[bool, int, str]]:
        # digits are compared by their number and then as text: int() takes neither ² nor five thousand of them
        parts = [(part.isdecimal(), part) for part in re.findall(r"\d+|\D+", name)]
        return [
            (not digits, len(part.lstrip("0")) if digits else 0, part.lstrip("0") if digits else part)
            for digits, part in parts
        ]

    return sorted(names, key=lambda name: (key(name), name))  # 01 and 1 are as large: always the same one first


def numbered(labels: Any) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the number of each spike's unit and the units' names, in natural order.

    labels: (n_spikes,) numbers or text, which is told apart as it is written (1.1 is not 1.10); only units that occur are counted.
    Raises RecordingError for more than MAX_UNITS.
    """
    import pandas as pd

    if isinstance(labels, np.ndarray) and not labels.dtype.isnative:
        labels = labels.astype(labels.dtype.newbyteorder("="))
    codes, values = pd.factorize(labels)
    if len(values) > MAX_UNITS:
        raise RecordingError(
            f"There are {len(values)} units in it, and at most {MAX_UNITS} can be held: are these units?"
        )
    names = [_written(value) for value in np.asarray(values).tolist()]
    whole = [name.removesuffix(".0") for name in names]  # as a table program writes units beside an empty cell
    if all(WHOLE.match(name) for name in whole) and len(set(whole)) == len(set(names)):
        names, order = whole, sorted(set(whole), key=int)
    else:
        order = natural_order(set(names))
    rank = {name: i for i, name in enumerate(order)}
    number = np.array([*(rank[name] for name in names), -1], dtype=np.int64)
    return number[codes], tuple(order)


def _written(label: Any) -> str:
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label).strip()


def joined(trains: list[NDArray], dtype: type = np.float64) -> tuple[NDArray, NDArray[np.int64]]:
    """Return the times and the unit of each spike from one array of times a unit."""
    times = np.concatenate(trains) if trains else np.empty(0, dtype)
    return times, np.repeat(np.arange(len(trains)), [len(train) for train in trains])
