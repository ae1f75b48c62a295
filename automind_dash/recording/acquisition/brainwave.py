"""3Brain: .bxr results of BrainWave 4 (BXR 3: `3BResults/3BChEvents`) and BrainWave 5 (BXR 4: `Well_A1`).

Rates: `3BRecInfo/3BRecVars/SamplingRate`; in BXR 4 the root attribute SamplingRate, or the JSON in `ExperimentSettings` or
`ExperimentInfo`, as neo.rawio.biocamrawio has them. Units are electrodes, or the sorter's units where it numbered any.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.asking import asked_rate, rate_fact, times_fact, units_fact
from ..facts.assembly import Found, natural_order, numbered
from ..facts.timing import Stated
from ..files.hdf5_facts import attribute_number, attribute_text, dataset, number, subgroup, text, vector
from ..questions import Question, Questions
from ..report import Fact

if TYPE_CHECKING:
    import h5py

EVENTS, VARIABLES = "3BResults/3BChEvents", "3BRecInfo/3BRecVars"
WELL = re.compile(r"Well_[A-Z]+\d+$")
USUAL_RATE = 20_000.0
"""Hz, of BioCAM DupleX and HyperCAM."""


MOST_ON_ONE = 100
"""Units on one electrode: sorters that number them anew on each never count so far."""


def is_brainwave(handle: h5py.File) -> bool:
    """Return whether the file is a result of BrainWave."""
    return "3BRecInfo" in handle or "3BResults" in handle or bool(_wells(handle))


def read_brainwave(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of a .bxr; asks which well where there are several, and whether units are electrodes or sorted.

    Raises RecordingError for raw files (.brw), and where the spikes are cut off.
    """
    file = questions.file
    if "3BRecInfo" in handle or "3BResults" in handle:
        group, names = subgroup(handle, EVENTS), ("SpikeTimes", "SpikeChIDs")
        rate, where = number(handle, f"{VARIABLES}/SamplingRate", file), f"/{VARIABLES}/SamplingRate"
        frames, well = number(handle, f"{VARIABLES}/NRecFrames", file), ""
        pieces = None
    else:
        well = _well(handle, questions)
        group, names = subgroup(handle, well), ("SpikeTimes", "SpikeChIdxs")
        rate, where = _rate(handle, file)
        frames, pieces = _frames(handle, file)
    times, channels = _spikes(group, names, file)
    facts = [] if rate is None or rate <= 0 else [rate_fact(rate, where)]
    if rate is None or rate <= 0:
        rate = asked_rate(questions, "this 3Brain file gives frame numbers but not their rate", USUAL_RATE)
    times, units, unit_names, what, left_out = _units(group, names[1], times, channels, questions)
    stop = frames / rate if frames and rate and (not times.size or frames > times.max()) else None
    facts += [
        times_fact(times.size, "frames", f"{group.name if group else ''}/{names[0]}"),
        units_fact(len(unit_names), *what),
    ]
    if stop is not None:
        facts.append(Fact("duration", f"{frames:.0f} frames", "/TOC" if well else f"/{VARIABLES}/NRecFrames"))
    return Found(
        times,
        units,
        unit_names,
        stated=Stated("samples", rate, start=0.0, stop=stop),
        observed=None if pieces is None or rate is None else pieces / rate,
        writer=attribute_text(handle, "Description"),
        facts=tuple(facts),
        left_out=left_out,
        details={"well": well} if well else {},
    )


def _wells(handle: h5py.File) -> list[str]:
    return [name for name in natural_order(handle) if WELL.match(name) and subgroup(handle, name) is not None]


def _well(handle: h5py.File, questions: Questions) -> str:
    wells = _wells(handle)
    spikes = {name: item.size if (item := dataset(handle, f"{name}/SpikeTimes")) is not None else 0 for name in wells}
    best = max(wells, key=lambda name: spikes[name])
    if len(wells) == 1 and questions.answer("well") is None:
        return best
    reason = f"of {len(wells)} wells it has the most spikes, {spikes[best]}"
    return questions.ask(Question("well", "Which well?", best, reason, choices=tuple(wells)))


def _rate(handle: h5py.File, file: str) -> tuple[float | None, str]:
    """Return the rate, Hz, that a file of version 4 states, and where."""
    rate = attribute_number(handle, "SamplingRate")
    if rate is not None:
        return rate, "root attribute SamplingRate"
    for name, keys in (
        ("ExperimentSettings", ("TimeConverter", "FrameRate")),
        ("ExperimentInfo", ("SignalConverter", "SampleToTimeConverter", "FrameRateHertz")),
    ):
        try:
            value: Any = json.loads(text(handle, name, file) or "{}")
            for key in keys:
                value = value.get(key, {})
        except (ValueError, AttributeError, RecursionError):
            continue
        if isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value):
            return float(value), f"/{name}, {'.'.join(keys)}"
    return None, ""


def _frames(handle: h5py.File, file: str) -> tuple[float | None, NDArray[np.float64] | None]:
    """Return the last frame of the table of contents, and the recorded pieces where it names several that are apart."""
    item = dataset(handle, "TOC")
    if (
        item is None
        or item.ndim != 2
        or item.shape[1] != 2
        or not 0 < item.shape[0] <= 1_000_000
        or item.dtype.kind not in "iu"
    ):
        return None, None
    chunks = vector(handle, "TOC", file).reshape(-1, 2).astype(np.float64)
    begins = np.concatenate([[True], chunks[1:, 0] > chunks[:-1, 1] + 1])
    pieces = np.column_stack([chunks[begins, 0], chunks[np.concatenate([begins[1:], [True]]), 1]])
    return float(chunks[:, 1].max()), pieces if len(pieces) > 1 else None


def _spikes(group: h5py.Group | None, names: tuple[str, str], file: str) -> tuple[NDArray, NDArray]:
    if group is None or any(dataset(group, name) is None for name in names):
        raise RecordingError(
            f"{file}: this 3Brain file holds no spikes ({names[0]} or {names[1]} is missing: it is raw, or cut off); detect spikes in "
            "BrainWave and save them as .bxr, or copy the file again."
        )
    times, channels = (vector(group, name, file) for name in names)
    if times.size != channels.size:
        raise RecordingError(
            f"{file}: {names[0]} has {times.size} values but {names[1]} has {channels.size}; each spike has both, so copy the file again."
        )
    return times, channels


def _units(
    group: Any, channel_name: str, times: NDArray, channels: NDArray, questions: Questions
) -> tuple[NDArray, NDArray[np.int64], tuple[str, ...], tuple[str, str], tuple[str, ...]]:
    """Return times, each spike's unit, the names, facts about them, and what was left out. Asks for the units if the file is sorted."""
    labels = dataset(group, "SpikeUnits")
    if labels is not None and labels.size == channels.size and labels.dtype.kind in "iu" and channels.size:
        sorted_units = vector(group, "SpikeUnits", questions.file).astype(np.int64)
        held = sorted_units > 0
        n_sorted = len(np.unique(sorted_units[held]))
        if n_sorted > 1 or questions.answer("unit_variable") is not None:
            reason = f"the file numbers {n_sorted} sorted units beside the electrodes"
            question = Question(
                "unit_variable", "Are units electrodes or sorted?", "SpikeUnits", reason, (channel_name, "SpikeUnits")
            )
            if questions.ask(question) == "SpikeUnits":
                units, names = _within(channels[held], sorted_units[held])
                left_out = (
                    () if held.all() else (f"{int((~held).sum())} spikes that the sorter gave to no unit (0 or less).",)
                )
                return times[held], units, names, ("sorted units", f"{group.name}/SpikeUnits"), left_out
    units, names = numbered(channels)
    return times, units, names, ("electrodes", f"{group.name}/{channel_name}"), ()


def _within(channels: NDArray, sorted_units: NDArray) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return units by the sorter's numbers; where these begin anew on each electrode, by electrode and number."""
    import pandas as pd

    pairs = pd.DataFrame({"channel": channels, "unit": sorted_units})
    if (pairs.groupby("unit")["channel"].nunique() <= 1).all() or sorted_units.max(initial=0) > MOST_ON_ONE:
        return numbered(sorted_units)
    return numbered(np.char.add(np.char.add(channels.astype(str), " unit "), sorted_units.astype(str)))
