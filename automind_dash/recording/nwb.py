"""NWB: the units table, read with pynwb."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordingError
from .assembly import Found
from .hdf5 import numbers, texts
from .questions import Question, Questions
from .timing import Stated

if TYPE_CHECKING:
    import h5py

QUALITY_COLUMNS = ("quality", "unit_quality", "KSLabel", "ks_label", "ks2_label", "group_label", "label")
"""Columns of the units table in which labs keep the curator's label."""

OWN_GROUPS, OWN_NAMES, OWN_X, OWN_Y = "unit_group", "unit_name", "x_um", "y_um"
"""Columns that `to_nwb` adds, so that a recording comes back as it was."""


def is_nwb(handle: h5py.File) -> bool:
    """Return whether the file says that it is NWB."""
    return "nwb_version" in handle.attrs


def read_nwb(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of the units table; the limits come from obs_intervals, epochs, trials or timestamps.

    Raises RecordingError when there is no units table, or no spike times in it.
    """
    import pynwb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = pynwb.NWBHDF5IO(file=handle, mode="r", load_namespaces=True).read()
        table = _units_table(content, questions)
        times, units = _spikes(table, questions.file)
        groups, curated = _groups(table, questions.file)
        return Found(
            times,
            units,
            _names(table, questions.file),
            stated=_stated(content, table, times, questions.file),
            unit_groups=groups,
            curated=curated,
            positions=_positions(table, questions.file),
            details={"session": str(content.session_description), "identifier": str(content.identifier)},
        )


def _units_table(content: Any, questions: Questions) -> Any:
    """Return the units table; asks which where processing modules hold more."""
    import pynwb

    tables = {"units": content.units} if content.units is not None else {}
    for module in content.processing.values():
        for name, item in module.data_interfaces.items():
            if isinstance(item, pynwb.misc.Units):
                tables[f"processing/{module.name}/{name}"] = item
    tables = {name: table for name, table in tables.items() if "spike_times" in table.colnames}
    if not tables:
        raise RecordingError(
            f"{questions.file}: this NWB file has no units table with spike times; sort its spikes first."
        )
    if len(tables) == 1:
        return next(iter(tables.values()))
    names = tuple(tables)
    return tables[questions.ask(Question("variable", "Which units table?", names[0], "the first", choices=names))]


def _spikes(table: Any, file: str) -> tuple[NDArray, NDArray[np.int64]]:
    """Return (n_spikes,) times, s, and the row of the unit of each."""
    index = table["spike_times"]
    ends = _values(index.data, file).astype(np.int64)
    times = _values(index.target.data, file)
    counts = np.diff(ends, prepend=0)
    if len(ends) != len(table.id) or (counts < 0).any() or counts.sum() != len(times):
        raise RecordingError(f"{file}: the index of spike_times does not fit its {len(times)} times; export it again.")
    return times, np.repeat(np.arange(len(counts)), counts)


def _values(data: Any, file: str) -> NDArray:
    """Return a column's values, which are a dataset of the file or are in memory already."""
    return numbers(data, file) if hasattr(data, "name") else np.asarray(data)


def _column(table: Any, name: str, file: str) -> tuple[str, ...]:
    data = table[name].data
    return texts(data, file) if hasattr(data, "name") else tuple(str(value) for value in data)


def _names(table: Any, file: str) -> tuple[str, ...]:
    if OWN_NAMES in table.colnames:
        return _column(table, OWN_NAMES, file)
    return tuple(str(number) for number in _values(table.id.data, file).tolist())


def _groups(table: Any, file: str) -> tuple[tuple[str, ...], bool]:
    """Return the units' labels, and whether a curator gave them."""
    if OWN_GROUPS in table.colnames:
        return _column(table, OWN_GROUPS, file), False
    for name in QUALITY_COLUMNS:
        if name in table.colnames:
            return tuple(label.strip().lower() or "unlabelled" for label in _column(table, name, file)), True
    return (), False


def _positions(table: Any, file: str) -> NDArray[np.float64] | None:
    if OWN_X not in table.colnames or OWN_Y not in table.colnames:
        return None
    return np.column_stack([_values(table[name].data, file).astype(np.float64) for name in (OWN_X, OWN_Y)])


def _stated(content: Any, table: Any, times: NDArray, file: str) -> Stated:
    """Return the recording's limits: stated by obs_intervals or epochs, hinted at by trials and time series."""
    last = float(times.max()) if len(times) else 0.0
    if "obs_intervals" in table.colnames:
        intervals = _values(table["obs_intervals"].target.data, file).astype(np.float64).reshape(-1, 2)
        if len(intervals):
            return Stated("s", start=float(intervals[:, 0].min()), stop=float(intervals[:, 1].max()))
    if content.epochs is not None and len(content.epochs.id):
        return Stated(
            "s",
            start=_limit(content.epochs, "start_time", min, file),
            stop=_limit(content.epochs, "stop_time", max, file),
        )
    stops = [(stop, where) for stop, where in _ends(content, file) if np.isfinite(stop) and stop >= last]
    if not stops:
        return Stated("s")
    stop, where = max(stops)
    return Stated("s", likely_stop=stop, hint=f"{where} goes on until then")


def _limit(table: Any, name: str, choose: Any, file: str) -> float:
    return float(choose(_values(table[name].data, file).astype(np.float64)))


def _ends(content: Any, file: str) -> Iterator[tuple[float, str]]:
    """Yield the end of each table of intervals and each time series, s, with its name."""
    import pynwb

    for item in content.objects.values():
        if isinstance(item, pynwb.epoch.TimeIntervals) and len(item.id):
            yield _limit(item, "stop_time", max, file), item.name
        elif isinstance(item, pynwb.TimeSeries):
            if item.timestamps is not None and len(item.timestamps):
                yield float(item.timestamps[-1]), item.name
            elif item.rate and item.data is not None:
                yield float(item.starting_time or 0.0) + len(item.data) / item.rate, item.name
