"""NeuroExplorer's .nex and .nex5: neurons, and of a file without neurons the waveforms' times.

neo reads .nex, but takes a neuron's waveforms for a second unit, and reads no .nex5; both layouts are a header and a table, so they
are read here. Field by field they are those of NeuroExplorer's own nexfile.py: a header of 544 (356) bytes, then 208 (244) for
each variable.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.asking import kept_rows, listed_units, times_fact, units_fact
from ..facts.assembly import Found, joined
from ..facts.timing import Stated
from ..files.start import Start
from ..questions import Questions
from ..report import Fact

NEURON, WAVEFORM = 0, 3
KINDS = {1: "events", 2: "intervals", 3: "waveforms", 4: "population vectors", 5: "continuous signals", 6: "markers"}

FILE4 = np.dtype(
    {"names": ["version", "comment", "frequency", "begin", "end", "variables"], "formats": ["<i4", "S256", "<f8", "<i4", "<i4", "<i4"],
     "offsets": [4, 8, 264, 272, 276, 280], "itemsize": 544}
)  # fmt: skip
VARIABLE4 = np.dtype(
    {"names": ["type", "name", "offset", "count"], "formats": ["<i4", "S64", "<u4", "<i4"], "offsets": [0, 8, 72, 76], "itemsize": 208}
)  # fmt: skip
FILE5 = np.dtype(
    {"names": ["version", "comment", "frequency", "begin", "variables", "end"], "formats": ["<i4", "S256", "<f8", "<i8", "<i4", "<i8"],
     "offsets": [4, 8, 264, 272, 280, 292], "itemsize": 356}
)  # fmt: skip
VARIABLE5 = np.dtype(
    {"names": ["type", "name", "offset", "count", "long"], "formats": ["<i4", "S64", "<u8", "<u8", "<i4"],
     "offsets": [0, 8, 72, 80, 88], "itemsize": 244}
)  # fmt: skip
MAX_VARIABLES = 100_000
END_STATED_FROM = 501
"""Version of .nex5 from which the header states the end."""


@dataclass(frozen=True)
class _Variable:
    kind: int
    name: str
    offset: int
    count: int
    dtype: str


def is_neuroexplorer(start: Start) -> bool:
    """Return whether the file begins as .nex or .nex5 files do."""
    return start.head.startswith((b"NEX1", b"NEX5")) and len(start.head) >= FILE5.itemsize


def read_neuroexplorer(start: Start, questions: Questions) -> Found:
    """Return the spikes of the neurons. Raises RecordingError where the file is cut off, or holds none."""
    file = questions.file
    fifth = start.head.startswith(b"NEX5")
    layout, row = (FILE5, VARIABLE5) if fifth else (FILE4, VARIABLE4)
    if len(start.head) < layout.itemsize:
        raise RecordingError(f"{file}: the NeuroExplorer file is cut off; copy it again.")
    header = np.frombuffer(start.head[: layout.itemsize], layout)[0]
    frequency = float(header["frequency"])
    if not np.isfinite(frequency) or frequency <= 0:
        raise RecordingError(f"{file}: the NeuroExplorer file counts time at {frequency:g} Hz; export it again.")
    variables = _variables(start.path, layout.itemsize, row, int(header["variables"]), file)
    neurons = [item for item in variables if item.kind == NEURON]
    taken = neurons or [item for item in variables if item.kind == WAVEFORM]
    if not taken:
        raise RecordingError(
            f"{file}: the NeuroExplorer file holds no neurons ({_counted(variables)}); export neurons."
        )
    trains = [_timestamps(start.path, item, file) for item in taken]
    times, units = joined(trains, np.int64)
    begin, end = int(header["begin"]), int(header["end"])
    stated_end = end > begin and (not fifth or int(header["version"]) >= END_STATED_FROM)
    stop = end / frequency if stated_end and (not times.size or end >= times.max()) else None
    facts = [
        times_fact(times.size, f"ticks of 1/{frequency:g} s", "timestamps of each neuron"),
        units_fact(
            len(taken), "neurons" if neurons else "waveform variables, for want of neurons", "table of variables"
        ),
    ]
    if stop is not None:
        facts.append(Fact("duration", f"from {begin / frequency:g} to {stop:g} s", "header"))
    left = [item for item in variables if item not in taken]
    found = Found(
        times,
        units,
        _names(taken),
        stated=Stated("samples", frequency, start=begin / frequency, stop=stop),
        writer=f"NeuroExplorer file version {int(header['version'])}",
        facts=tuple(facts),
        left_out=(f"{_counted(left)}: they are no spike trains of units.",) if left else (),
    )
    counts = np.bincount(units, minlength=len(taken))
    return kept_rows(found, listed_units(counts, questions, "keep", "a neuron in NeuroExplorer is a sorted unit"))


def _variables(path: Path, begin: int, row: np.dtype, count: int, file: str) -> list[_Variable]:
    if not 0 <= count <= MAX_VARIABLES or begin + count * row.itemsize > path.stat().st_size:
        raise RecordingError(
            f"{file}: the NeuroExplorer file is cut off, or damaged: it lists {count} variables; copy it again."
        )
    with path.open("rb") as stream:
        stream.seek(begin)
        table = np.frombuffer(stream.read(count * row.itemsize), row)
    return [
        _Variable(
            int(item["type"]),
            bytes(item["name"]).partition(b"\0")[0].decode("utf-8", "replace").strip(),
            int(item["offset"]),
            int(item["count"]),
            "<i8" if "long" in (row.names or ()) and item["long"] == 1 else "<i4",
        )
        for item in table
    ]


def _timestamps(path: Path, item: _Variable, file: str) -> NDArray[np.int64]:
    """Return a variable's ticks; the file must be long enough to hold as many as it says."""
    size = item.count * np.dtype(item.dtype).itemsize
    if item.count < 0 or item.offset + size > path.stat().st_size:
        raise RecordingError(
            f"{file}: the timestamps of {item.name!r} are cut off; copy the file again, or export it as .nex5."
        )
    return np.fromfile(path, item.dtype, item.count, offset=item.offset).astype(np.int64)


def _names(taken: list[_Variable]) -> tuple[str, ...]:
    names = [item.name or str(i + 1) for i, item in enumerate(taken)]
    return tuple(names) if len(set(names)) == len(names) else tuple(f"{name} ({i + 1})" for i, name in enumerate(names))


def _counted(variables: list[_Variable]) -> str:
    kinds = [KINDS.get(item.kind, "others") for item in variables]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)) or "no variables"
