"""Open Ephys' binary format: `structure.oebin` of a recording, and the folders under `spikes/` that it names.

Each holds sample numbers (sample_numbers.npy; spike_times.npy up to version 0.5), clusters (clusters.npy; spike_clusters.npy) and
electrodes (electrode_indices.npy; spike_electrode_indices.npy). Start and end come from the first continuous stream. The layout is
that of the GUI's documentation and of its own Python tools; neo reads no spikes of this format.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..arrays import checked_header, column, load_array
from ..assembly import Found, numbered
from ..questions import Questions
from ..report import Fact
from ..timing import Stated
from .asking import asked_rate, rate_fact, times_fact, units_fact

STRUCTURE, SPIKES, CONTINUOUS = "structure.oebin", "spikes", "continuous"
SAMPLES, CLUSTERS = ("sample_numbers.npy", "spike_times.npy"), ("clusters.npy", "spike_clusters.npy")
ELECTRODES = ("electrode_indices.npy", "spike_electrode_indices.npy")
MAX_JSON = 10_000_000
"""Bytes of structure.oebin: a thousand channels take half a million."""

USUAL_RATE = 30_000.0
"""Hz, of the acquisition board."""


def is_open_ephys_binary(folder: Path) -> bool:
    """Return whether a folder is a recording of the binary format with spikes."""
    return (folder / STRUCTURE).is_file() and (folder / SPIKES).is_dir()


def read_open_ephys_binary(folder: Path, questions: Questions) -> Found:
    """Return the spikes of every spike group. Units are electrodes of a group, or its clusters where these were sorted."""
    file = questions.file
    structure = _structure(folder / STRUCTURE, file)
    groups = sorted({path.parent for name in SAMPLES for path in (folder / SPIKES).glob(f"**/{name}")})
    if not groups:
        raise RecordingError(
            f"{file}: its folder {SPIKES!r} holds no spikes; record with a Spike Detector, or sort the continuous data."
        )
    samples, labels, sorted_groups = [], [], 0
    for group in groups:
        times, units, is_sorted = _group(group, str(group.relative_to(folder / SPIKES)), file)
        samples.append(times)
        labels.append(units)
        sorted_groups += is_sorted
    times = np.concatenate(samples)
    units, names = numbered(np.concatenate(labels))
    rate, where = _rate(structure)
    facts = [] if rate is None else [rate_fact(rate, where)]
    if rate is None:
        rate = asked_rate(questions, f"{STRUCTURE} gives no sample_rate", USUAL_RATE)
    first, last = _recorded(folder, file)
    if first is not None and times.size and times.min() < first:
        first = last = None
    facts += [
        times_fact(times.size, "samples", SPIKES),
        units_fact(len(names), "electrodes or clusters", f"{len(groups)} spike groups"),
    ]
    stop = None
    if first is not None and last is not None and rate and (not times.size or times.max() <= last):
        stop = (last + 1 - first) / rate
        facts.append(Fact("duration", f"samples {first} to {last}", CONTINUOUS))
    version = str(structure.get("GUI version", ""))[:40]
    return Found(
        times - (first or 0),
        units,
        names,
        stated=Stated("samples", rate, start=0.0 if first is not None else None, stop=stop),
        writer=f"Open Ephys GUI {version}".strip(),
        facts=tuple(facts),
        left_out=()
        if not sorted_groups
        else (f"Clusters 0 of {sorted_groups} sorted spike groups, which hold what was not sorted.",),
    )


def _group(group: Path, name: str, file: str) -> tuple[NDArray, NDArray, bool]:
    """Return samples and a label for each spike of a group, and whether it was sorted; what a sorter left unsorted is left out."""
    samples = _array(group, SAMPLES, file)
    if samples is None or samples.dtype.kind not in "iu":
        raise RecordingError(f"{file}: {name}/{SAMPLES[0]} must hold whole numbers; copy the folder again.")
    clusters, electrodes = _array(group, CLUSTERS, file), _array(group, ELECTRODES, file)
    for values in (clusters, electrodes):
        if values is not None and values.size != samples.size:
            raise RecordingError(
                f"{file}: {name} has {samples.size} spikes but {values.size} labels for them; copy the folder again."
            )
    if clusters is not None and (clusters > 0).any():
        held = clusters > 0
        return (
            samples[held].astype(np.int64),
            np.char.add(f"{name}#", clusters[held].astype(np.int64).astype(str)),
            True,
        )
    if electrodes is not None and len(np.unique(electrodes)) > 1:
        return samples.astype(np.int64), np.char.add(f"{name}/", electrodes.astype(np.int64).astype(str)), False
    return samples.astype(np.int64), np.full(samples.size, name), False


def _array(folder: Path, names: tuple[str, str], file: str) -> NDArray | None:
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    return None if path is None else column(load_array(path, f"{file}/{path.name}"), path.name)


def _recorded(folder: Path, file: str) -> tuple[int | None, int | None]:
    """Return the first and last sample of the first continuous stream, without reading the others between."""
    for name in ("sample_numbers.npy", "timestamps.npy"):
        for path in sorted((folder / CONTINUOUS).glob(f"*/{name}")):
            with path.open("rb") as stream:
                shape, dtype = checked_header(stream, f"{file}/{path.name}")
                if len(shape) != 1 or not shape[0] or dtype.kind not in "iu":
                    continue
                begin = stream.tell()
                first = np.frombuffer(stream.read(dtype.itemsize), dtype)
                stream.seek(begin + (shape[0] - 1) * dtype.itemsize)
                last = np.frombuffer(stream.read(dtype.itemsize), dtype)
            if first.size and last.size and last[0] - first[0] + 1 == shape[0]:
                return int(first[0]), int(last[0])
    return None, None


def _structure(path: Path, file: str) -> dict[str, Any]:
    if path.stat().st_size > MAX_JSON:
        raise RecordingError(f"{file}: {STRUCTURE} is too large; copy the folder again.")
    try:
        value = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{file}: {STRUCTURE} is no JSON ({error}); copy the folder again.") from error
    return value if isinstance(value, dict) else {}


def _rate(structure: dict[str, Any]) -> tuple[float | None, str]:
    """Return the sampling rate, Hz, of the spikes, else of the first stream, and where it stands."""
    for key in (SPIKES, CONTINUOUS):
        for item in structure.get(key) or ():
            rate = item.get("sample_rate") if isinstance(item, dict) else None
            if isinstance(rate, int | float) and not isinstance(rate, bool) and np.isfinite(rate) and rate > 0:
                return float(rate), f"{STRUCTURE}, {key}"
    return None, ""
