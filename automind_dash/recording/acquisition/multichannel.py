"""Multi Channel Systems: HDF5 as Multi Channel DataManager exports it (McsHdf5ProtocolVersion 1 to 3).

`Data/Recording_0/TimeStampStream/Stream_0` holds one `TimeStampEntity_k` for each electrode or unit, (1, n) whole numbers of
10^Exponent s, and `InfoTimeStamp` names them. Where spikes were cut out only, `SegmentStream` holds their times in
`SegmentData_ts_k`, in µs. The layout is that of McsPyDataTools and of the files in its repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.asking import asked_segment, kept_rows, listed_units, times_fact, units_fact
from ..facts.assembly import Found, joined, natural_order
from ..facts.timing import Stated
from ..files.hdf5 import numbers
from ..files.hdf5_facts import attribute_number, attribute_text, dataset, subgroup
from ..questions import Question, Questions
from ..report import Fact

if TYPE_CHECKING:
    import h5py

MICROSECONDS = -6
"""The exponent of all times in these files, where an entity does not state another."""


def is_multichannel(handle: h5py.File) -> bool:
    """Return whether the file is one of Multi Channel Systems."""
    if "McsHdf5ProtocolType" in handle.attrs:
        return True
    return any(
        f"Data/{name}/{kind}" in handle
        for name in subgroup(handle, "Data") or ()
        if name.startswith("Recording_")
        for kind in ("TimeStampStream", "SegmentStream")
    )


def read_multichannel(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of one recording and one stream; asks which where there are several.

    Raises RecordingError where the file has traces but no spikes.
    """
    file = questions.file
    names = [
        name for name in natural_order(subgroup(handle, "Data") or ()) if subgroup(handle, f"Data/{name}") is not None
    ]
    recordings = {name: streams for name in names if (streams := _streams(handle[f"Data/{name}"]))}
    if not recordings:
        raise RecordingError(
            f"{file}: this Multi Channel Systems file holds no spikes, only traces; detect spikes in Multi Channel Analyzer and export "
            "its TimeStampStream with Multi Channel DataManager."
        )
    counts = [
        max(_n_spikes(handle[f"Data/{name}"][stream]) for stream in streams) for name, streams in recordings.items()
    ]
    recording = list(recordings)[asked_segment(questions, list(recordings), counts, "recording")]
    group = handle[f"Data/{recording}"]
    stream = group[_stream(group, recordings[recording], questions)]
    exponents, trains, labels, wells = _entities(stream, file)
    exponent = exponents.pop() if len(exponents) == 1 else MICROSECONDS
    times, units = joined(trains, np.int64)
    duration = attribute_number(group, "Duration")
    start = attribute_number(group, "TimeStamp") or 0.0
    unit, per_second = _unit(exponent, file)
    facts = [
        times_fact(times.size, f"10^{exponent} s", f"{stream.name}"),
        units_fact(len(labels), "electrodes or units", f"{stream.name}"),
    ]
    if duration is not None:
        facts.append(Fact("duration", f"{duration / 1e6:g} s", f"{group.name}, attribute Duration"))
    if per_second is not None:
        times = times / per_second
    found = Found(
        times,
        units,
        labels,
        stated=Stated(unit, start=0.0, stop=None if duration is None else duration / 1e6),
        wells=wells,
        writer=" ".join(
            filter(
                None, (attribute_text(handle["Data"], "ProgramName"), attribute_text(handle["Data"], "ProgramVersion"))
            )
        ),
        facts=tuple(facts),
        details={"recording": recording, "stream": stream.name} | ({"started": start} if start else {}),
    )
    kept = listed_units(
        np.bincount(units, minlength=len(labels)),
        questions,
        "leave out",
        "an electrode without a spike may have no cell on it",
    )
    return kept_rows(found, kept)


def _streams(recording: h5py.Group) -> list[str]:
    """Return the streams of times or, without any, those of segments."""
    for kind, first in (("TimeStampStream", "TimeStampEntity_"), ("SegmentStream", "SegmentData_ts_")):
        names = [
            f"{kind}/{name}"
            for name in natural_order(subgroup(recording, kind) or ())
            if any(key.startswith(first) for key in subgroup(recording, f"{kind}/{name}") or ())
        ]
        if names:
            return names
    return []


def _keys(stream: h5py.Group) -> tuple[str, str]:
    """Return how the stream calls its arrays of times, and the table that names them."""
    segments = "/SegmentStream/" in stream.name
    return ("SegmentData_ts_", "InfoSegment") if segments else ("TimeStampEntity_", "InfoTimeStamp")


def _n_spikes(stream: h5py.Group) -> int:
    prefix = _keys(stream)[0]
    return sum(
        int(item.size or 0) for key in stream if key.startswith(prefix) and (item := dataset(stream, key)) is not None
    )


def _stream(recording: h5py.Group, streams: list[str], questions: Questions) -> str:
    if len(streams) == 1 and questions.answer("variable") is None:
        return streams[0]
    said = {name: f"{name} ({attribute_text(recording[name], 'Label') or 'no label'})" for name in streams}
    best = max(streams, key=lambda name: _n_spikes(recording[name]))
    reason = f"of {len(streams)} streams ({'; '.join(said.values())}) it has the most spikes"
    return questions.ask(Question("variable", "Which stream holds the spikes?", best, reason, choices=tuple(streams)))


def _entities(stream: h5py.Group, file: str) -> tuple[set[int], list[NDArray], tuple[str, ...], tuple[str, ...]]:
    """Return the exponents that occur, and for each entity its times, its label, and its well (none in plates of one)."""
    prefix, info = _keys(stream)
    rows = _rows(stream, info, file)
    listed = [row["id"] for row in rows]
    there = [
        int(key[len(prefix) :])
        for key in natural_order(stream)
        if key.startswith(prefix) and key[len(prefix) :].isdigit()
    ]
    order = sorted(set(listed) | set(there))
    of = {row["id"]: row for row in rows}
    trains = []
    for number in order:
        item = dataset(stream, f"{prefix}{number}")
        values = numbers(item, file) if item is not None else np.empty(0, np.int64)
        if values.dtype.kind not in "iu":
            raise RecordingError(f"{file}: {stream.name}/{prefix}{number} must hold whole numbers, not {values.dtype}.")
        trains.append(values.reshape(-1).astype(np.int64))
    labels = [of.get(number, {}).get("label") or str(number) for number in order]
    if len(set(labels)) < len(labels):
        labels = [f"{label} ({number})" for label, number in zip(labels, order, strict=True)]
    groups = [str(of.get(number, {}).get("group", "")) for number in order]
    wells = tuple(groups) if len(set(groups)) > 1 and all(groups) else ()
    return {row["exponent"] for row in rows if row["exponent"] is not None}, trains, tuple(labels), wells


def _rows(stream: h5py.Group, info: str, file: str) -> list[dict[str, Any]]:
    """Return id, label, group and exponent of each entity, from the table of the stream."""
    table = dataset(stream, info)
    names = table.dtype.names if table is not None else None
    if not names or table is None or table.size > 100_000:
        return []
    values = numbers(table, file).reshape(-1)
    key = next((name for name in ("TimeStampEntityID", "SegmentID") if name in names), None)
    if key is None:
        return []
    label = next(
        (name for name in ("SourceChannelLabels", "Label") if name in names and any(_said(v) for v in values[name])),
        None,
    )
    return [
        {
            "id": int(row[key]),
            "label": _said(row[label]) if label else "",
            "group": int(row["GroupID"]) if "GroupID" in names else "",
            "exponent": int(row["Exponent"]) if "Exponent" in names else None,
        }
        for row in values
    ]


def _said(value: Any) -> str:
    return (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip("\0 \r\n")


def _unit(exponent: int, file: str) -> tuple[str, float | None]:
    """Return the unit of the times and the divisor that makes them s, None if the unit has a name of its own."""
    known = {0: "s", -3: "ms", -6: "us"}
    if exponent in known:
        return known[exponent], None
    if not -12 <= exponent <= 0:
        raise RecordingError(f"{file}: its times are said to be in 10^{exponent} s; export the file again.")
    return "s", 10.0**-exponent
