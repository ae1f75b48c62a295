"""NumPy archives with documented keys, and this project's own saved recordings, which are such archives.

Keys that are read: spike_times (float64, s), spike_units (integers, 0 … n_units-1), duration_s, and optionally n_units
and source. A saved recording has also name, unit_groups, unit_names, positions and provenance (JSON text). No key may
hold an object array. Other numeric arrays are offered as variables.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordingError
from .arrays import READABLE_KINDS, array_header, checked_header
from .assembly import Found
from .questions import Questions
from .recording import MAX_SPIKES, MAX_UNITS, Recording
from .timing import Stated
from .variables import Variables, found_in

MARK = "automind_recording"
"""The key that tells a saved recording from other archives; its value is the version of the layout."""

VERSION = 1
TIMES, UNITS, DURATION = "spike_times", "spike_units", "duration_s"

MAX_UNPACKED = 16 * MAX_SPIKES
"""Bytes, all arrays together: the largest recording that can be held."""


def save_recording(recording: Recording, path: str | Path) -> Path:
    """Write a recording as .npz, to be read back exactly; returns the path, with .npz added where it lacks.

    Raises RecordingError for a recording without units, and where the file cannot be written.
    """
    path = Path(path)
    path = path if path.suffix == ".npz" else path.with_name(f"{path.name}.npz")
    if recording.n_units == 0:
        raise RecordingError(f"{recording.name}: it has no units, so there is nothing to save.")
    arrays: dict[str, Any] = {
        MARK: np.int64(VERSION),
        TIMES: recording.spike_times,
        UNITS: recording.spike_units,
        DURATION: np.float64(recording.duration),
        "n_units": np.int64(recording.n_units),
        "name": np.array(recording.name),
        "unit_groups": np.array(recording.unit_groups, dtype=np.str_),
        "unit_names": np.array(recording.unit_names, dtype=np.str_),
        "provenance": np.array(json.dumps(dict(recording.provenance), default=_plain)),
    }
    if recording.positions is not None:
        arrays["positions"] = np.asarray(recording.positions, dtype=np.float64)
    try:
        np.savez(path, **arrays)
    except OSError as error:
        raise RecordingError(f"{path}: the recording cannot be written there ({error.strerror or error}).") from error
    return path


def _plain(value: Any) -> Any:
    """Return a NumPy value as JSON can hold it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


def read_npz(path: Path, questions: Questions) -> Found | Recording:
    """Return a saved recording as it was, or the spikes of any other archive of plain arrays.

    Raises RecordingError for object arrays and for archives that unpack to more than MAX_UNPACKED bytes.
    """
    keys = _checked_keys(path, questions.file)
    with np.load(path, allow_pickle=False) as archive:
        if MARK in keys:
            return _saved(archive, questions.file)
        if TIMES in keys and UNITS in keys:
            return _documented(archive, keys, questions.file)
        variables = Variables()
        for key in keys:
            variables.add(key, np.asarray(archive[key]))
    return found_in(variables, questions)


def _checked_keys(path: Path, file: str) -> list[str]:
    """Return the keys of plain arrays, after looking at every array's header only."""
    keys, objects = [], []
    with zipfile.ZipFile(path) as archive:
        members = [item for item in archive.infolist() if item.filename.endswith(".npy")]
        total = sum(item.file_size for item in members)
        if total > MAX_UNPACKED:
            raise RecordingError(
                f"{file}: it unpacks to {total / 1e9:.1f} GB; at most {MAX_UNPACKED / 1e9:.1f} GB can be held."
            )
        for item in members:
            key = item.filename.removesuffix(".npy")
            with archive.open(item) as stream:
                dtype = array_header(stream, f"{file}, key {key!r}")[1]
            if dtype.hasobject:
                objects.append(key)
            elif dtype.kind in READABLE_KINDS:
                with archive.open(item) as stream:
                    checked_header(stream, f"{file}, key {key!r}")
                keys.append(key)
    if objects and not {TIMES, UNITS} <= set(keys):
        raise RecordingError(_how_to_convert(file, objects, keys))
    return keys


def _how_to_convert(file: str, objects: list[str], keys: list[str]) -> str:
    """Return the sentence that refuses object arrays and gives the lines that convert them."""
    key = "spikes" if "spikes" in objects else objects[0]
    scale = "/data['fs']" if "fs" in keys else ""
    end = "data['t_end']" if "t_end" in keys else "DURATION_IN_SECONDS"
    return (
        f"{file}: {', '.join(repr(name) for name in objects)} holds object arrays, which only unpickling can read, and "
        "that can run any code, so it is refused; where you trust the file, convert it in Python with plain arrays: "
        f"data = np.load(FILE, allow_pickle=True); s = data['{key}']; np.savez('converted.npz', "
        f"spike_times=np.concatenate(s){scale}, spike_units=np.repeat(np.arange(len(s)), [len(x) for x in s]), "
        f"duration_s={end})."
    )


def _documented(archive: Any, keys: list[str], file: str) -> Found:
    times, units = (np.asarray(archive[key]).reshape(-1) for key in (TIMES, UNITS))
    if times.dtype.kind not in "iuf" or units.dtype.kind not in "iuf":
        raise RecordingError(f"{file}: {TIMES} and {UNITS} must be numbers, not {times.dtype} and {units.dtype}.")
    n_units = int(archive["n_units"]) if "n_units" in keys else int(units.max()) + 1 if units.size else 0
    duration = float(archive[DURATION]) if DURATION in keys else None
    _check_units(units, n_units, file)
    return Found(
        times,
        units.astype(np.int64),
        tuple(str(i) for i in range(n_units)),
        stated=Stated(unit="s" if DURATION in keys else None, start=0.0 if DURATION in keys else None, stop=duration),
        details={"source": str(archive["source"])} if "source" in keys else {},
    )


def _check_units(units: NDArray, n_units: int, file: str) -> None:
    if not 0 <= n_units <= MAX_UNITS and not units.size:
        raise RecordingError(f"{file}: n_units is {n_units}; between 0 and {MAX_UNITS} can be held.")
    whole = units.dtype.kind in "iu" or np.array_equal(units, np.floor(units))
    if units.size and (not whole or units.min() < 0 or units.max() >= n_units or n_units > MAX_UNITS):
        raise RecordingError(
            f"{file}: {UNITS} must be whole numbers from 0 to n_units-1, but they go from {units.min()} to "
            f"{units.max()}; number the units from 0, with np.unique(units, return_inverse=True)."
        )


def _saved(archive: Any, file: str) -> Recording:
    """Return a saved recording; the guesses of its first reading are kept apart: they can no longer be answered."""
    version = int(archive[MARK])
    if version > VERSION:
        raise RecordingError(f"{file}: it was saved by a newer version (layout {version}); update automind-dash.")
    provenance = json.loads(str(archive["provenance"]))
    earlier = provenance.pop("guesses", [])
    if earlier:
        provenance["earlier_guesses"] = [*provenance.get("earlier_guesses", []), *earlier]
    n_units = int(archive["n_units"])
    if n_units == 0:
        raise RecordingError(f"{file}: there are no units in it.")
    return Recording.from_spikes(
        archive[TIMES],
        archive[UNITS],
        duration=float(archive[DURATION]),
        n_units=n_units,
        name=str(archive["name"]),
        unit_groups=tuple(map(str, archive["unit_groups"].tolist())),
        unit_names=tuple(map(str, archive["unit_names"].tolist())),
        positions=archive.get("positions"),
        provenance=provenance,
    )
