"""MountainSort: firings.mda, a matrix with a column for each spike: channel, sample number, label (and more).

The format of .mda files (MountainLab): int32 code of the type, int32 bytes of a number, int32 number of sides (negative where the sides are
int64), the sides, then the numbers, the first side running fastest. params.json of the data set says `samplerate`.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.asking import asked_rate, times_fact, units_fact
from ..facts.assembly import Found, numbered
from ..facts.timing import Stated
from ..files.no_recording import RAW_SENTENCE
from ..files.start import Start
from ..questions import Questions
from ..report import Fact

TYPES = {-2: "u1", -3: "<f4", -4: "<i2", -5: "<i4", -6: "<u2", -7: "<f8", -8: "<u4"}
FIRINGS, PARAMS = "firings.mda", "params.json"
CHANNEL, TIME, LABEL = range(3)
MOST_ROWS = 20
"""Most rows of firings: three, and measurements of each spike."""

USUAL_RATE = 30_000.0
MAX_PARAMS = 2**20


def is_mda(start: Start) -> bool:
    """Return whether the file begins as .mda files do."""
    return start.suffix == ".mda" and _header(start.head) is not None


def is_firings_folder(folder: Path) -> bool:
    """Return whether the folder holds results of MountainSort."""
    return (folder / FIRINGS).is_file()


def read_mda(start: Start, questions: Questions) -> Found:
    """Return the spikes of firings.mda; the sampling rate is asked for. Raises RecordingError for raw voltages, and for a file cut off."""
    return _found(start.path, questions, None)


def read_firings_folder(folder: Path, questions: Questions) -> Found:
    """Return the spikes of firings.mda, with the sampling rate of params.json beside it."""
    return _found(folder / FIRINGS, questions, _stated_rate(folder / PARAMS))


def _header(head: bytes) -> tuple[str, tuple[int, ...], int] | None:
    """Return the type of the numbers, the sides, and where the numbers begin; None for another file."""
    first = np.frombuffer(head[:12], "<i4")
    if len(first) < 3 or int(first[0]) not in TYPES or not 2 <= abs(int(first[2])) <= 6:
        return None
    kind, n_sides = TYPES[int(first[0])], abs(int(first[2]))
    size = np.dtype("<i8" if first[2] < 0 else "<i4")
    stop = 12 + n_sides * size.itemsize
    if int(first[1]) != np.dtype(kind).itemsize or len(head) < stop:
        return None
    sides = tuple(int(side) for side in np.frombuffer(head[12:stop], size))
    return (kind, sides, stop) if min(sides) >= 0 else None


def _firings(path: Path, file: str) -> NDArray:
    """Return (rows, spikes) numbers. Raises RecordingError where the file does not hold firings."""
    with path.open("rb") as stream:
        header = _header(stream.read(4096))
        if header is None:
            raise RecordingError(f"{file}: {path.name} is not a .mda file; write it again.")
        kind, sides, begin = header
        if len(sides) != 2 or not LABEL < sides[0] <= MOST_ROWS:
            raise RecordingError(f"{file}: {RAW_SENTENCE}")
        if path.stat().st_size != begin + math.prod(sides) * np.dtype(kind).itemsize:
            raise RecordingError(f"{file}: {path.name} is cut off or damaged; copy it again.")
        stream.seek(begin)
        values = np.fromfile(stream, kind).reshape(sides[1], sides[0]).T
    whole = all(bool((values[row] == np.floor(values[row])).all()) for row in (CHANNEL, LABEL))
    counted = values.size > 0 and bool((values[TIME] >= 0).all())
    labels = len(np.unique(values[LABEL])) if whole else 0
    if not (whole and counted and labels and values[LABEL].min() >= 0 and labels <= max(1, values.shape[1] // 2)):
        raise RecordingError(f"{file}: {RAW_SENTENCE}")
    return values


def _stated_rate(path: Path) -> float | None:
    if not path.is_file() or path.stat().st_size > MAX_PARAMS:
        return None
    try:
        params = json.loads(path.read_text(encoding="utf-8"))
        rate = float(params["samplerate"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return rate if math.isfinite(rate) and rate > 0 else None


def _found(path: Path, questions: Questions, rate: float | None) -> Found:
    values = _firings(path, questions.file)
    facts = [
        times_fact(values.shape[1], "samples", f"{path.name}, row {TIME + 1}"),
    ]
    units, names = numbered(values[LABEL].astype(np.int64))
    facts.append(units_fact(len(names), "labels", f"{path.name}, row {LABEL + 1}"))
    if rate is None:
        reason = "firings.mda gives sample numbers; their rate stands in the params.json of the data set (samplerate)"
        rate = asked_rate(questions, reason, USUAL_RATE)
    else:
        facts.append(Fact("sampling rate", f"{rate:g} Hz", PARAMS))
    return Found(
        values[TIME].astype(np.float64), units, names, stated=Stated("samples", rate, start=0.0), writer="MountainSort", facts=tuple(facts)
    )  # fmt: skip
