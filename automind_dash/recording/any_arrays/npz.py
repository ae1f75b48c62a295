"""NumPy archives with documented keys, and this project's own saved recordings, which are such archives.

Keys that are read: spike_times (float64, s), spike_units (integers, 0 … n_units-1), duration_s, and optionally n_units
and source. A saved recording has also name, unit_groups, unit_names, positions and provenance (JSON text). No key may
hold an object array. Other numeric arrays are offered as variables.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...atomic import written_whole
from ...errors import RecordingError
from ..facts.assembly import Found, numbered
from ..facts.timing import Stated
from ..files.arrays import READABLE_KINDS, array_header, refuse_size
from ..questions import Question, Questions
from ..recording import MAX_SPIKES, MAX_UNITS, Recording
from ..report import Fact
from .texts import labels_for, plain_text
from .variables import Variables, found_in

MARK = "automind_recording"
"""The key that tells a saved recording from other archives; its value is the version of the layout."""

VERSION = 1
TIMES, UNITS, DURATION = "spike_times", "spike_units", "duration_s"
OBSERVED, OBSERVED_COUNTS = "observed_intervals_s", "observed_counts"
"""Of a saved recording with gaps: (n, 2) s, and how many of these belong to all units, or to each."""

KEEP, LEAVE_OUT = "keep", "leave out"
FEW_SILENT = 0.3
"""Share of unit numbers without a spike up to which these are taken for units that were silent."""

MAX_UNPACKED = 16 * MAX_SPIKES
"""Bytes, all arrays together: the largest recording that can be held."""

MAX_RATIO, SMALL = 40, 64 * 2**20
"""Times of spikes, which take more than a byte each however well they are packed, with units that take none, come to some ten times; an
archive of up to SMALL bytes may unpack to more."""


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
    if recording.observed:
        arrays[OBSERVED] = np.concatenate(recording.observed)
        arrays[OBSERVED_COUNTS] = np.array([len(seen) for seen in recording.observed], dtype=np.int64)
    try:
        with written_whole(path) as part:
            np.savez(part, **arrays)
    except OSError as error:
        raise RecordingError(f"{path}: the recording cannot be written there ({error.strerror or error}).") from error
    return path


def _plain(value: Any) -> Any:
    """Return a NumPy value as JSON can hold it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)


@dataclass(frozen=True)
class Npz:
    """An archive of arrays before any of them is read: path, and the shape and type of each key's array as its header declares."""

    path: Path
    file: str
    headers: Mapping[str, tuple[tuple[int, ...], np.dtype]]

    @classmethod
    def of(cls, path: Path, file: str) -> Npz:
        """Look at every array's header; raises RecordingError for damaged ones and for more than MAX_UNPACKED bytes."""
        headers = {}
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if item.filename.endswith(".npy")]
            total = sum(item.file_size for item in members)
            if total > MAX_UNPACKED:
                raise RecordingError(
                    f"{file}: it unpacks to {total / 1e9:.1f} GB; at most {MAX_UNPACKED / 1e9:.1f} GB can be held."
                )
            if total > max(SMALL, MAX_RATIO * path.stat().st_size):
                raise RecordingError(
                    f"{file}: it unpacks to {total / 2**20:.0f} MB, {total / path.stat().st_size:.0f} times its size, which no spike times "
                    "do; save them again."
                )
            for item in members:
                key = item.filename.removesuffix(".npy")
                with archive.open(item) as stream:
                    headers[key] = array_header(stream, f"{file}, key {key!r}")
        return cls(path, file, headers)

    @property
    def plain(self) -> list[str]:
        """The keys of arrays of numbers or text; raises RecordingError where one declares an absurd size."""
        keys = [key for key, (_, dtype) in self.headers.items() if not dtype.hasobject and dtype.kind in READABLE_KINDS]
        for key in keys:
            refuse_size(*self.headers[key], f"{self.file}, key {key!r}")
        return keys

    @property
    def records(self) -> list[str]:
        """The keys of arrays of records: a name and a type for each field. Raises RecordingError as `plain` does."""
        keys = [key for key, (_, dtype) in self.headers.items() if dtype.names and not dtype.hasobject]
        for key in keys:
            refuse_size(*self.headers[key], f"{self.file}, key {key!r}")
        return keys

    @property
    def objects(self) -> list[str]:
        """The keys of object arrays, which are pickles."""
        return [key for key, (_, dtype) in self.headers.items() if dtype.hasobject]


def is_saved(arrays: Npz) -> bool:
    """Return whether this project saved the archive."""
    return MARK in arrays.headers


def read_saved(arrays: Npz, questions: Questions) -> Recording:
    """Return a saved recording as it was."""
    arrays.plain  # noqa: B018  sizes are checked before anything is read
    with np.load(arrays.path, allow_pickle=False) as archive:
        return _saved(archive, questions.file)


def any_npz(arrays: Npz) -> bool:
    """Return True: any archive may hold spikes."""
    return True


def read_npz(arrays: Npz, questions: Questions) -> Found:
    """Return the spikes of an archive of plain arrays."""
    keys = arrays.plain
    with np.load(arrays.path, allow_pickle=False) as archive:
        if TIMES in keys and UNITS in keys:
            texts = [
                key for key in keys if arrays.headers[key][1].kind in "SU" and arrays.headers[key][0] and key != UNITS
            ]
            return _documented(archive, keys, texts, questions)
        variables = Variables()
        for key in keys:
            variables.add(key, np.asarray(archive[key]))
        for key in arrays.records:
            values = archive[key]
            variables.add(key, {name: np.asarray(values[name]) for name in values.dtype.names or ()})
    return found_in(variables, questions)


def _documented(archive: Any, keys: list[str], text_keys: list[str], questions: Questions) -> Found:
    file = questions.file
    times, units = (np.asarray(archive[key]).reshape(-1) for key in (TIMES, UNITS))
    names: tuple[str, ...] = ()
    if units.dtype.kind in "SU":
        units, names = numbered(plain_text(units))
    if times.dtype.kind not in "iuf" or units.dtype.kind not in "iuf":
        raise RecordingError(f"{file}: {TIMES} and {UNITS} must be numbers, not {times.dtype} and {units.dtype}.")
    n_units = int(archive["n_units"]) if "n_units" in keys else int(units.max()) + 1 if units.size else 0
    duration = float(archive[DURATION]) if DURATION in keys else None
    if names:
        n_units = len(names)
    elif "n_units" not in keys and units.size:
        units, names = _of_skipping_numbers(units, questions)
        n_units = len(names)
    _check_units(units, n_units, file)
    units_where = UNITS if names else "n_units"
    names = names or tuple(str(i) for i in range(n_units))
    texts = {key: plain_text(np.asarray(archive[key]).reshape(-1)) for key in text_keys}
    groups, labels_where = labels_for(TIMES, names, texts, names)
    return Found(
        times,
        units.astype(np.int64),
        names,
        unit_groups=groups,
        facts=(
            Fact("times", f"{times.size} spikes", TIMES),
            Fact("units", f"{n_units} units", units_where),
            *([Fact("labels", ", ".join(sorted(set(groups))), labels_where)] if groups else []),
        ),
        stated=Stated(unit="s" if DURATION in keys else None, start=0.0 if DURATION in keys else None, stop=duration),
        details={"source": str(archive["source"])} if "source" in keys else {},
    )


def _of_skipping_numbers(units: NDArray, questions: Questions) -> tuple[NDArray, tuple[str, ...]]:
    """Return units counted from 0, and their names; asks whether numbers that no spike has are units."""
    if units.min() < 0 or not np.array_equal(units, np.floor(units)):
        return units, ()
    present = np.unique(units.astype(np.int64))
    last = int(present[-1])
    silent = last + 1 - len(present)
    if silent == 0 and questions.answer("silent_units") is None:
        return units, tuple(str(i) for i in range(last + 1))
    guess = KEEP if silent <= FEW_SILENT * (last + 1) else LEAVE_OUT
    reason = f"units are numbered up to {last}, and {silent} of the numbers from 0 have no spike" + (
        "" if guess == KEEP else ": numbers of a sorter's clusters, rather"
    )
    question = Question("silent_units", "Are numbers without a spike units?", guess, reason, (KEEP, LEAVE_OUT))
    if questions.ask(question) == KEEP:
        return units, tuple(str(i) for i in range(last + 1)) if last < MAX_UNITS else ()
    return np.searchsorted(present, units.astype(np.int64)), tuple(map(str, present.tolist()))


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
        observed=_observed(archive, file),
    )


def _observed(archive: Any, file: str) -> tuple[NDArray[np.float64], ...]:
    """Return the observation times of a saved recording; those saved before there were any were seen throughout."""
    if OBSERVED not in archive:
        return ()
    whole, counts = np.asarray(archive[OBSERVED]), np.asarray(archive[OBSERVED_COUNTS])
    if counts.ndim != 1 or counts.dtype.kind not in "iu" or (counts < 0).any() or counts.sum() != len(whole):
        raise RecordingError(f"{file}: its observation times do not fit its units; it is damaged.")
    return tuple(np.split(whole, np.cumsum(counts)[:-1]))
