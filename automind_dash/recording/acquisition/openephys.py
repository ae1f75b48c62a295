"""Open Ephys' binary format: `structure.oebin` of a recording, and the folders under `spikes/` that it names.

Each holds sample numbers (sample_numbers.npy; spike_times.npy up to version 0.5), clusters (clusters.npy; spike_clusters.npy) and
electrodes (electrode_indices.npy; spike_electrode_indices.npy). Start and end come from the first continuous stream. The layout is
that of the GUI's documentation and of its own Python tools; neo reads no spikes of this format.

The first format (up to GUI 0.5) has a .spikes file for each electrode: a text of 1024 bytes, then records. neo 0.14 reads these only
beside .continuous files, and drops every spike of a recording that does not begin at sample 0, so they are read here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.asking import SORTED, UNSORTED, asked_rate, asked_segment, asked_sorted, rate_fact, times_fact, units_fact
from ..facts.assembly import Found, numbered
from ..facts.timing import Stated
from ..files.arrays import checked_header, column, load_array
from ..questions import Questions
from ..report import Fact

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
    samples, labels, unordered, sorted_groups = [], [], list[str](), 0
    for group in groups:
        times, codes, own, is_sorted = _group(group, str(group.relative_to(folder / SPIKES)), file)
        samples.append(times)
        labels.append(codes + len(unordered))
        unordered += own
        sorted_groups += is_sorted
    times = np.concatenate(samples)
    rank, names = numbered(np.array(unordered, dtype=str))
    units = rank[np.concatenate(labels)]
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


def _group(group: Path, name: str, file: str) -> tuple[NDArray, NDArray, list[str], bool]:
    """Return samples and labels of a group's spikes, the labels' names, and whether it was sorted; what was left unsorted is left out."""
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
        numbers, codes = np.unique(clusters[held].astype(np.int64), return_inverse=True)
        return samples[held].astype(np.int64), codes, [f"{name}#{number}" for number in numbers.tolist()], True
    if electrodes is not None and len(np.unique(electrodes)) > 1:
        numbers, codes = np.unique(electrodes.astype(np.int64), return_inverse=True)
        return samples.astype(np.int64), codes, [f"{name}/{number}" for number in numbers.tolist()], False
    return samples.astype(np.int64), np.zeros(samples.size, np.int64), [name] if samples.size else [], False


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


HEADER = 1024
"""Bytes of text before the records of a .spikes file."""

SHAPE_AT = 19
"""Where a record states its channels and samples."""

SAMPLE_RATE = re.compile(rb"header\.sampleRate\s*=\s*([0-9.eE+]+)")
SEGMENT = re.compile(r"_(\d+)$")


def is_open_ephys_first(folder: Path) -> bool:
    """Return whether a folder holds .spikes files."""
    return any(item.suffix == ".spikes" for item in folder.iterdir())


def read_open_ephys_first(folder: Path, questions: Questions) -> Found:
    """Return the spikes of one recording over all electrodes of a folder; asks which recording, and whether unsorted spikes are kept."""
    file = questions.file
    segments: dict[str, list[Path]] = {}
    for path in sorted(item for item in folder.iterdir() if item.suffix == ".spikes" and item.is_file()):
        number = SEGMENT.search(path.stem)
        segments.setdefault(f"recording {number.group(1) if number else 1}", []).append(path)
    names = list(segments)
    chosen = names[
        asked_segment(questions, names, [sum(p.stat().st_size for p in segments[name]) for name in names], "recording")
    ]
    times, labels, rates = [], [], set()
    for path in segments[chosen]:
        samples, units, rate = _records(path, file)
        times.append(samples)
        labels.append(np.char.add(f"{SEGMENT.sub('', path.stem)}#", units.astype(str)))
        rates.add(rate)
    if len(rates) > 1:
        raise RecordingError(
            f"{file}: its electrodes were recorded at {', '.join(f'{rate:g}' for rate in rates if rate)} Hz; give one rate."
        )
    units, unit_names = numbered(np.concatenate(labels))
    groups = [UNSORTED if name.endswith("#0") else SORTED for name in unit_names]
    kept, left_out = asked_sorted(groups, np.bincount(units, minlength=len(unit_names)), questions)
    held = np.array([group in kept for group in groups], dtype=bool)
    number_of = np.cumsum(held) - 1
    inside = held[units]
    kept_names = tuple(name for name, keep in zip(unit_names, held, strict=True) if keep)
    rate = rates.pop()
    facts = [
        times_fact(int(inside.sum()), "samples", ".spikes"),
        units_fact(len(kept_names), "electrodes or units", ".spikes"),
    ]
    facts += [rate_fact(rate, "header.sampleRate")] if rate else []
    if not rate:
        rate = asked_rate(questions, "its .spikes files give no sampleRate", USUAL_RATE)
    return Found(
        np.concatenate(times)[inside],
        number_of[units[inside]],
        kept_names,
        stated=Stated("samples", rate),
        writer="Open Ephys GUI, first format",
        facts=tuple(facts),
        left_out=left_out,
        details={"recording": chosen} if len(names) > 1 else {},
    )


def _records(path: Path, file: str) -> tuple[NDArray[np.int64], NDArray[np.int64], float | None]:
    """Return the sample and the unit of each spike of an electrode, and the sampling rate, Hz, that the header states."""
    with path.open("rb") as stream:
        head = stream.read(HEADER)
        stream.seek(HEADER + SHAPE_AT)
        shape = np.frombuffer(stream.read(4), "<u2")
    said = SAMPLE_RATE.search(head)
    rate = float(said.group(1)) if said else None
    if shape.size < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64), rate
    channels, samples = (int(side) for side in shape)
    record = np.dtype(
        [("kind", "u1"), ("sample", "<i8"), ("clock", "<i8"), ("source", "<u2"), ("channels", "<u2"), ("samples", "<u2"),
         ("unit", "<u2"), ("electrode", "<u2"), ("channel", "<u2"), ("colour", "u1", 3), ("pca", "<f4", 2), ("rate", "<u2"),
         ("wave", "<u2", channels * samples), ("gains", "<f4", channels), ("thresholds", "<u2", channels), ("recording", "<u2")]
    )  # fmt: skip
    count = (path.stat().st_size - HEADER) // record.itemsize
    if not 0 < channels <= 64 or not count:
        raise RecordingError(f"{file}: {path.name} is cut off or damaged; copy the folder again.")
    table = np.memmap(path, record, "r", HEADER, (count,))
    if (table["channels"] != channels).any() or (table["samples"] != samples).any():
        raise RecordingError(
            f"{file}: {path.name} is damaged: its records are of several sizes; copy the folder again."
        )
    return table["sample"].astype(np.int64), table["unit"].astype(np.int64), rate
