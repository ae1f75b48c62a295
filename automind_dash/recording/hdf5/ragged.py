"""HDF5 with trains of unequal length: all times in one array with the end of each unit, or one data set a unit.

`spike_times` with `spike_times_index`, as NWB's units table has them, or `units/unit_7/spike_times`: SpikeLab and people's own
scripts write such files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import RecordingError
from ..any_arrays.indexed import counts_of
from ..any_arrays.variables import RATE_NAMES, STOP_NAMES, plain_name
from ..facts.asking import times_fact, units_fact
from ..facts.assembly import Found, joined, natural_order
from ..facts.time_units import unit_in_name
from ..facts.timing import TIME_UNITS, Stated
from ..files.hdf5 import texts
from ..files.hdf5_facts import attribute_number, attribute_text, dataset, number, subgroup, vector
from ..matlab.matlab73 import is_matlab73
from ..questions import Questions
from ..standards.nwb import is_nwb
from .carmen import is_carmen

if TYPE_CHECKING:
    import h5py

TIMES = ("spike_times", "times", "spiketimes", "spikes", "timestamps", "spike_train", "t", "samples", "spike_samples")
"""Names of a unit's data set of times, in a group of the unit's own."""

MAX_LISTED = 100_000
"""Groups that are looked at for units."""


def is_indexed(handle: h5py.File) -> bool:
    """Return whether the file has times and, under the same name with _index, one number for each unit."""
    return not _has_a_layout_of_its_own(handle) and _indexed(handle) is not None


def is_grouped(handle: h5py.File) -> bool:
    """Return whether a group of the file holds a group for each unit, each with its times."""
    return not _has_a_layout_of_its_own(handle) and _grouped(handle) is not None


def _has_a_layout_of_its_own(handle: h5py.File) -> bool:
    """Return whether the file is NWB, CARMEN or MATLAB, which have such arrays too."""
    return is_nwb(handle) or is_carmen(handle) or is_matlab73(handle)


def read_indexed(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of times with an index. The index may hold ends, starts or counts; asks if two fit.

    Raises RecordingError where the index does not fit the times.
    """
    name = _indexed(handle)
    assert name is not None
    file = questions.file
    times, index = vector(handle, name, file), vector(handle, f"{name}_index", file)
    if index.dtype.kind not in "iu" and not np.array_equal(index, np.floor(index)):
        raise RecordingError(f"{file}: {name}_index must hold whole numbers; export the file again.")
    index = index.astype(np.int64)
    counts = counts_of(times, index, name, f"{name}_index", questions)
    names = _names(handle, name, len(counts), file)
    stated = _stated(handle, handle[name], name, file)
    facts = (
        times_fact(times.size, stated.unit or "a unit that it does not state", f"/{name}"),
        units_fact(len(counts), "units", f"/{name}_index"),
    )
    return Found(
        times,
        np.repeat(np.arange(len(counts)), counts),
        names,
        stated=stated,
        facts=facts,
    )


def read_grouped(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of a file with a data set for each unit."""
    found = _grouped(handle)
    assert found is not None
    parent, units, inner = found
    trains = [vector(handle, _path(parent, unit, inner), questions.file) for unit in units]
    times, of = joined(trains)
    stated = _stated(handle, handle[_path(parent, units[0], inner)], inner, questions.file)
    facts = (
        times_fact(times.size, stated.unit or "a unit that it does not state", f"/{_path(parent, '…', inner)}"),
        units_fact(len(units), "units, a data set for each", f"/{parent}"),
    )
    kept = tuple(unit.removeprefix("unit_").removeprefix("unit") or unit for unit in units)
    names = kept if all(name.isdigit() for name in kept) else tuple(units)
    return Found(times, of, names, stated=stated, facts=facts)


def _path(parent: str, unit: str, inner: str) -> str:
    return "/".join(filter(None, (parent, unit, inner)))


def _indexed(handle: h5py.File) -> str | None:
    """Return the path of the times."""
    for parent in ("", "units", "spikes"):
        group = subgroup(handle, parent) if parent else handle
        for name in group if group is not None else ():
            if name.endswith("_index") and name.removesuffix("_index").lower() in TIMES:
                path = _path(parent, name.removesuffix("_index"), "")
                if dataset(handle, path) is not None and dataset(handle, f"{path}_index") is not None:
                    return path
    return None


def _grouped(handle: h5py.File) -> tuple[str, list[str], str] | None:
    """Return the group that holds the units, their names, and the name of the times in each."""
    parents = ["", *(name for name in handle if subgroup(handle, name) is not None)]
    for parent in parents[:MAX_LISTED]:
        group = subgroup(handle, parent) if parent else handle
        names = list(group)[: MAX_LISTED + 1] if group is not None else []
        if len(names) < 2 or len(names) > MAX_LISTED:
            continue
        units = [name for name in names if subgroup(group, name) is not None]
        for inner in TIMES:
            holding = [unit for unit in units if group is not None and _train(dataset(group[unit], inner))]
            if len(holding) > 1 and len(holding) == len(units):
                return parent, natural_order(units), inner
    return None


def _train(item: Any) -> bool:
    return item is not None and item.dtype.kind in "iuf" and sum(side != 1 for side in item.shape) <= 1


def _names(handle: h5py.File, name: str, n_units: int, file: str) -> tuple[str, ...]:
    """Return the units' names, of a data set that lists as many; their numbers from 0 where there is none."""
    parent = name.rpartition("/")[0]
    for key in ("unit_ids", "unit_id", "id", "ids", "unit_names", "names", "channels", "channel", "neuron_ids"):
        item = dataset(handle, _path(parent, key, "")) or dataset(handle, key)
        if item is not None and item.size == n_units and item.dtype.kind in "iuSOU":
            names = texts(item, file)
            if len(set(names)) == n_units:
                return names
    return tuple(str(i) for i in range(n_units))


def _stated(handle: h5py.File, item: h5py.Dataset, name: str, file: str) -> Stated:
    """Return unit, sampling rate and end from attributes and single numbers beside the times."""
    rate = _first(handle, item, RATE_NAMES, file)
    stop, where = None, ""
    for key in STOP_NAMES:
        value = _first(handle, item, (key,), file)
        if value is not None:
            stop, where = value, key
            break
    said = next((attribute_text(item, key) for key in ("units", "unit") if attribute_text(item, key)), "")
    unit = unit_in_name(f"t ({said})") if said else unit_in_name(name)
    if unit is None and item.dtype.kind in "iu" and rate is not None:
        unit = "samples"
    surely = where == "durations"  # duration_s
    return Stated(
        unit=unit if unit in TIME_UNITS else None,
        sampling_rate=rate,
        stop=stop if surely else None,
        likely_stop=stop,
        hint=f"{where!r} says so" if where else "",
    )


def _first(handle: h5py.File, item: h5py.Dataset, names: tuple[str, ...], file: str) -> float | None:
    """Return the first positive number that goes by one of the names: an attribute of the times or the file, or a data set of the file."""
    plain = {plain_name(name): name for name in list(handle)[:MAX_LISTED]}
    for name in names:
        for holder in (item, handle):
            key = next((key for key in holder.attrs if plain_name(key) == name), None)
            value = attribute_number(holder, key) if key is not None else None
            if value is not None and value > 0:
                return value
        if name in plain and (value := number(handle, plain[name], file)) is not None and value > 0:
            return value
    return None
