"""NWB: the units table, read from the file's own groups, so that nothing else in the file is opened and no link is followed.

What is read is laid down by the schema of NWB 2 (https://nwb-schema.readthedocs.io): `units` and any other table of type Units, with
columns `spike_times` and `spike_times_index`, optional `obs_intervals`, labels of quality; `intervals/epochs` and
`intervals/invalid_times`. The same functions read a Zarr store of the layout, whose groups have the same interface.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.assembly import Found, natural_order
from ..facts.quality_words import QUALITY_NAME, is_quality
from ..facts.sorter_labels import MOST_LABELS
from ..facts.timing import Stated
from ..files.hdf5 import numbers, texts
from ..intervals import union, without
from ..observed import inside
from ..questions import Question, Questions
from ..report import Fact

QUALITY_COLUMNS = (
    "quality", "unit_quality", "group", "curation", "kslabel", "ks_label", "ks2_label", "kilosort2_label", "group_label", "default_qc",
    "bc_unittype", "unit_type", "decoder_label", "label",
)  # fmt: skip
"""Columns of the units table in which labs keep the curator's label, in lower case; the first that is there counts."""

OWN_GROUPS, OWN_NAMES, OWN_X, OWN_Y = "unit_group", "unit_name", "x_um", "y_um"
"""Columns that `to_nwb` adds, so that a recording comes back as it was."""

MOSTLY = 0.999
"""Share of spikes within the epochs from which on these are when units were seen, and not labels of stretches."""

UNITS_OF_TIME = {"milliseconds": "ms", "millisecond": "ms", "ms": "ms", "microseconds": "us", "us": "us"}


def is_nwb(handle: Any) -> bool:
    """Return whether the file says that it is NWB."""
    return "nwb_version" in handle.attrs


def read_nwb(handle: Any, questions: Questions) -> Found:
    """Return the spikes of the units table; limits come from obs_intervals, epochs, or the end of other tables and series.

    Raises RecordingError when there is no units table, or no spike times in it.
    """
    file = questions.file
    where, table = _units_table(handle, questions)
    times, units, unit_of_time = _spikes(table, file)
    names = _names(table, file)
    groups, curated, labelled = _groups(table, where, file)
    stated, observed, facts = _limits(handle, table, times, units, len(names), unit_of_time, file)
    left_out: tuple[str, ...] = ()
    invalid = _table_intervals(handle, "intervals/invalid_times", file)
    if len(invalid):
        observed, kept, more = _without_invalid(invalid, observed, times, units, stated, len(names))
        facts.append(Fact("invalid times", f"{len(union(invalid))} stretches", "intervals/invalid_times"))
        left_out = (f"{int((~kept).sum())} spikes within invalid times",) if (~kept).any() else ()
        times, units, stated = times[kept], units[kept], more
    version = handle.attrs["nwb_version"]
    return Found(
        times,
        units,
        names,
        stated=stated,
        unit_groups=groups,
        curated=curated,
        positions=_positions(table, file),
        details={
            key: _text(handle, name, file)
            for key, name in (("session", "session_description"), ("identifier", "identifier"))
        },
        observed=observed,
        writer=f"NWB {version.decode() if isinstance(version, bytes) else version}",
        facts=(
            Fact("times", f"{times.size} spikes", f"{where}/spike_times"),
            Fact("units", f"{len(names)} rows", where),
            *labelled,
            *facts,
        ),
        left_out=left_out,
    )


def member(group: Any, path: str) -> Any:
    """Return the object at a path below a group, None if there is none or a link leads to another file."""
    import h5py

    for name in path.split("/"):
        if not hasattr(group, "keys") or name not in group:
            return None
        if isinstance(group, h5py.Group):
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                return None
            if isinstance(link, h5py.SoftLink):
                group = member(group.file if link.path.startswith("/") else group, link.path.strip("/"))
                if group is None:
                    return None
                continue
        group = group[name]
    return group


def _text(handle: Any, name: str, file: str) -> str:
    item = member(handle, name)
    return texts(item, file)[0] if item is not None else ""


def _is_a(group: Any, kind: str) -> bool:
    found = group.attrs.get("neurodata_type", "") if hasattr(group, "keys") else ""
    return (found.decode() if isinstance(found, bytes) else str(found)) == kind


def _units_table(handle: Any, questions: Questions) -> tuple[str, Any]:
    """Return the path and the units table; asks which where processing modules hold more."""
    tables = {}
    if (table := member(handle, "units")) is not None:
        tables["units"] = table
    processing = member(handle, "processing")
    for module in [] if processing is None else processing:
        inner = member(processing, module)
        for name in inner if hasattr(inner, "keys") else []:
            if (item := member(inner, name)) is not None and _is_a(item, "Units"):
                tables[f"processing/{module}/{name}"] = item
    tables = {name: table for name, table in tables.items() if "spike_times" in table}
    if not tables:
        raise RecordingError(
            f"{questions.file}: this NWB file has no units table with spike times; sort its spikes first."
        )
    names = tuple(tables)
    name = names[0]
    if len(tables) > 1:
        name = questions.ask(Question("variable", "Which units table?", name, "the first", choices=names))
    return name, tables[name]


def _spikes(table: Any, file: str) -> tuple[NDArray, NDArray[np.int64], str]:
    """Return (n_spikes,) times, the row of the unit of each, and the unit of time."""
    data, index = member(table, "spike_times"), member(table, "spike_times_index")
    if data is None:
        raise RecordingError(
            f"{file}: spike_times is a link to another file, which is not followed; export one file with all its data."
        )
    times = numbers(data, file).reshape(-1)
    counts = _counts(table, "spike_times_index", file) if index is not None else np.ones(len(times), dtype=np.int64)
    rows = member(table, "id")
    if (rows is not None and len(counts) != rows.shape[0]) or (counts < 0).any() or counts.sum() != len(times):
        raise RecordingError(f"{file}: the index of spike_times does not fit its {len(times)} times; export it again.")
    unit = data.attrs.get("unit", "seconds")
    unit = unit.decode() if isinstance(unit, bytes) else str(unit)
    return times, np.repeat(np.arange(len(counts)), counts), UNITS_OF_TIME.get(unit.lower(), "s")


def _counts(table: Any, name: str, file: str) -> NDArray[np.int64]:
    ends = numbers(member(table, name), file).reshape(-1).astype(np.int64)
    return np.diff(ends, prepend=0)


def _column(table: Any, name: str, file: str) -> tuple[str, ...]:
    data = member(table, name)
    values = texts(data, file)
    elements = data.attrs.get("elements")
    if elements is not None and _is_a_dataset(data, "EnumData"):
        words = texts(table.file[elements], file)
        values = tuple(
            words[int(value)]
            if value.isascii() and value.isdigit() and len(value) < 10 and int(value) < len(words)
            else value
            for value in values
        )
    return values


def _is_a_dataset(data: Any, kind: str) -> bool:
    found = data.attrs.get("neurodata_type", "")
    return (found.decode() if isinstance(found, bytes) else str(found)) == kind


def _names(table: Any, file: str) -> tuple[str, ...]:
    if OWN_NAMES in table:
        return _column(table, OWN_NAMES, file)
    ids = member(table, "id")
    if ids is None:
        return tuple(str(i) for i in range(len(_counts(table, "spike_times_index", file))))
    return tuple(str(number) for number in numbers(ids, file).reshape(-1).tolist())


def _groups(table: Any, where: str, file: str) -> tuple[tuple[str, ...], bool, list[Fact]]:
    """Return the units' labels, whether a curator gave them, and where they stood."""
    if OWN_GROUPS in table:
        return _column(table, OWN_GROUPS, file), False, []
    columns = {name.lower(): name for name in table}
    named_alike = [name for name in columns if name not in QUALITY_COLUMNS and QUALITY_NAME.search(name)]
    for wanted in (*QUALITY_COLUMNS, *named_alike):
        name = columns.get(wanted)
        if name is None or f"{name}_index" in table or getattr(member(table, name), "ndim", 0) != 1:
            continue
        if wanted in named_alike and getattr(member(table, name), "dtype", np.dtype("f8")).kind in "iufb":
            continue
        labels = tuple(label.strip().lower() or "unlabelled" for label in _column(table, name, file))
        if wanted in named_alike and not is_quality(name, set(labels) - {"unlabelled"}):
            continue
        counts = Counter(labels)
        if len(counts) <= MOST_LABELS and not all(_is_number(label) for label in counts):
            said = ", ".join(f"{counts[label]} {label}" for label in natural_order(counts))
            return labels, True, [Fact("labels", said, f"{where}/{name}")]
    return (), False, []


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _positions(table: Any, file: str) -> NDArray[np.float64] | None:
    if OWN_X not in table or OWN_Y not in table:
        return None
    return np.column_stack([numbers(table[name], file).astype(np.float64) for name in (OWN_X, OWN_Y)])


Observed = NDArray[np.float64] | tuple[NDArray[np.float64], ...] | None


def _limits(
    handle: Any, table: Any, times: NDArray, units: NDArray, n_units: int, unit: str, file: str
) -> tuple[Stated, Observed, list[Fact]]:
    """Return the recording's limits, when units were seen, and where that stood: in obs_intervals, or in epochs that hold all spikes."""
    last = float(times.max()) if len(times) else 0.0
    if "obs_intervals" in table and "obs_intervals_index" in table:
        rows = numbers(member(table, "obs_intervals"), file).astype(np.float64).reshape(-1, 2)
        counts = _counts(table, "obs_intervals_index", file)
        if len(rows) and len(counts) == n_units and (counts >= 0).all() and counts.sum() == len(rows):
            each = tuple(union(part) for part in np.split(rows, np.cumsum(counts)[:-1]))
            whole = union(rows)
            stated = Stated(unit, start=float(whole[0, 0]), stop=float(whole[-1, 1])) if len(whole) else Stated(unit)
            alike = all(np.array_equal(part, each[0]) for part in each)
            fact = Fact("observed", _said(each, alike), "units/obs_intervals")
            return stated, (each[0] if alike else each), [fact]
    epochs = union(_table_intervals(handle, "intervals/epochs", file))
    if len(epochs):
        held = inside(times.astype(np.float64), epochs)
        stated = Stated(unit, start=float(epochs[0, 0]), stop=float(epochs[-1, 1]))
        if len(epochs) > 1 and held.mean() >= MOSTLY:
            return stated, epochs, [Fact("observed", f"{len(epochs)} epochs", "intervals/epochs")]
        return stated, None, [Fact("start and end", f"{epochs[0, 0]:g} to {epochs[-1, 1]:g} s", "intervals/epochs")]
    stops = [(stop, where) for stop, where in _ends(handle, file) if np.isfinite(stop) and stop >= last]
    if not stops:
        return Stated(unit), None, []
    stop, where = max(stops)
    return Stated(unit, likely_stop=stop, hint=f"{where} goes on until then"), None, []


def _said(each: tuple[NDArray[np.float64], ...], alike: bool) -> str:
    seconds = [float((part[:, 1] - part[:, 0]).sum()) for part in each]
    if alike:
        return f"{len(each[0])} stretches of {seconds[0]:g} s together"
    return f"each unit at its own times, {min(seconds):g} to {max(seconds):g} s"


def _without_invalid(
    invalid: NDArray[np.float64], observed: Observed, times: NDArray, units: NDArray, stated: Stated, n_units: int
) -> tuple[Observed, NDArray[np.bool_], Stated]:
    """Return when units were seen outside the invalid times, which spikes lie there, and the limits."""
    last = float(times.max()) if len(times) else 0.0
    start = stated.start if stated.start is not None else 0.0
    stop = next((value for value in (stated.stop, stated.likely_stop) if value is not None), None)
    stop = max(stop or 0.0, float(np.ceil(last)), float(union(invalid)[-1, 0]))
    cut = union(invalid)
    kept = ~inside(times.astype(np.float64), np.column_stack([cut[:, 0], np.nextafter(cut[:, 1], -np.inf)]))

    def rest(part: NDArray[np.float64]) -> NDArray[np.float64]:
        pieces = [without(float(a), float(b), cut) for a, b in part]
        return np.concatenate(pieces) if pieces else np.empty((0, 2))

    if observed is None:
        return without(start, stop, cut), kept, stated
    if isinstance(observed, tuple):
        return tuple(rest(part) for part in observed), kept, stated
    return rest(observed), kept, stated


def _table_intervals(handle: Any, path: str, file: str) -> NDArray[np.float64]:
    """Return the intervals of a table, (n, 2) s; none where it is not there."""
    table = member(handle, path)
    begins, ends = (member(table, name) if table is not None else None for name in ("start_time", "stop_time"))
    if begins is None or ends is None:
        return np.empty((0, 2))
    columns = [numbers(item, file).astype(np.float64).reshape(-1) for item in (begins, ends)]
    return np.column_stack(columns) if len(columns[0]) == len(columns[1]) else np.empty((0, 2))


def _ends(handle: Any, file: str) -> Iterator[tuple[float, str]]:
    """Yield the end of each table of intervals and each time series, s, with its name."""
    for path in ("intervals", "acquisition", "processing", "stimulus/presentation"):
        yield from _ends_below(member(handle, path), file, 0)


def _ends_below(group: Any, file: str, depth: int) -> Iterator[tuple[float, str]]:
    if group is None or not hasattr(group, "keys") or depth > 4:
        return
    name = str(group.name).rpartition("/")[2]
    if "stop_time" in group:
        stops = numbers(group["stop_time"], file).reshape(-1)
        if stops.size and np.isfinite(stops).any():
            yield float(np.nanmax(stops)), name
        return
    stamps, begin, data = (member(group, key) for key in ("timestamps", "starting_time", "data"))
    if stamps is not None and getattr(stamps, "shape", (0,))[0]:
        yield float(stamps[-1]), name
        return
    if begin is not None and data is not None and len(getattr(data, "shape", [])):
        rate = begin.attrs.get("rate", 0)
        if rate and rate > 0:
            yield float(begin[()]) + data.shape[0] / float(rate), name
        return
    for key in group:
        yield from _ends_below(member(group, key), file, depth + 1)
