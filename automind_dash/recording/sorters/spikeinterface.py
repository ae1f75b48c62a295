"""SpikeInterface: sortings as .npz, as a folder of NumPy arrays, and SortingAnalyzers in a folder.

`sorting.save(format="npz_folder")` writes `sorting_cached.npz` (spike_indexes_seg0, spike_labels_seg0, unit_ids,
sampling_frequency); `format="numpy_folder"` writes `spikes.npy` (sample_index, unit_index, segment_index) with
`numpysorting_info.json`; a SortingAnalyzer as "binary_folder" holds the latter in `sorting/`, and the length of the
recording in `recording_info/recording_attributes.json`. Names and layouts are those of spikeinterface 0.105.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..any_arrays.npz import Npz
from ..facts.asking import asked_segment, rate_fact, times_fact, units_fact
from ..facts.assembly import Found
from ..facts.quality_words import QUALITY_NAME, is_quality
from ..facts.timing import Stated
from ..files.arrays import array_header, load_array, refuse_size
from ..questions import Questions
from ..report import Fact

INFO, SPIKES, CACHED = "numpysorting_info.json", "spikes.npy", "sorting_cached.npz"
ATTRIBUTES = Path("recording_info") / "recording_attributes.json"
LABELS = ("quality", "KSLabel", "bc_unitType", "curation_label", "group_label", "label")
"""Properties of units that hold a curator's or a sorter's label, the likeliest first."""

FIELDS = ("sample_index", "unit_index", "segment_index")
MAX_JSON = 10_000_000
"""Bytes of a file that names units: fifty for each of as many as can be held."""


def is_sorting_npz(arrays: Npz) -> bool:
    """Return whether an archive is a sorting."""
    return {"unit_ids", "num_segment", "sampling_frequency"} <= set(arrays.headers)


def is_sorting_folder(folder: Path) -> bool:
    """Return whether a folder is a sorting or a SortingAnalyzer of SpikeInterface."""
    inner = folder / "sorting"
    return any((place / INFO).is_file() for place in (folder, inner)) or (
        (folder / CACHED).is_file() and (folder / "npz.json").is_file()
    )


def read_sorting_npz(arrays: Npz, questions: Questions) -> Found:
    """Return the spikes of one segment of a sorting in an .npz; units without a spike are units. Asks which segment."""
    return _from_npz(arrays, questions, {}, {}, "")


def read_sorting_folder(folder: Path, questions: Questions) -> Found:
    """Return the spikes of one segment of a sorting or SortingAnalyzer; asks which segment, and which labels are kept."""
    analyzer = not (folder / INFO).is_file() and not (folder / CACHED).is_file()
    place = folder / "sorting" if analyzer else folder
    labels = _labels(place / "properties", questions.file)
    writer = _writer(folder, place)
    if (place / CACHED).is_file() and not (place / INFO).is_file():
        return _from_npz(Npz.of(place / CACHED, questions.file), questions, labels, {}, writer)
    info = _json(place / INFO, questions.file)
    try:
        rate, ids = float(info["sampling_frequency"]), [str(name) for name in info["unit_ids"]]
        n_segments = int(info.get("num_segments", 1))
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError(
            f"{questions.file}: {INFO} has no sampling_frequency and unit_ids; save the sorting again."
        ) from error
    spikes = _spike_vector(place / SPIKES, questions.file)
    attributes = _json(folder / ATTRIBUTES, questions.file) if analyzer and (folder / ATTRIBUTES).is_file() else {}
    segments = spikes["segment_index"]
    if segments.size and (segments.min() < 0 or segments.max() >= max(n_segments, 1)):
        raise RecordingError(
            f"{questions.file}: {SPIKES} names segment {int(segments.max())} of {n_segments}; save the sorting again."
        )
    counts = np.bincount(segments, minlength=max(n_segments, 1)) if n_segments <= MAX_SEGMENTS else np.zeros(0)
    chosen = _segment(n_segments, counts, questions)
    inside = segments == chosen
    return sorting_found(
        spikes["sample_index"][inside],
        spikes["unit_index"][inside],
        ids,
        rate,
        questions,
        labels=labels,
        length=segment_length(attributes, chosen),
        where=SPIKES,
        writer=writer,
        details={"segment": chosen} if n_segments > 1 else {},
    )


MAX_SEGMENTS = 10_000
"""Segments that can be chosen from."""


def _segment(n_segments: int, counts: NDArray, questions: Questions) -> int:
    if not 0 < n_segments <= MAX_SEGMENTS:
        raise RecordingError(f"{questions.file}: it says that it has {n_segments} segments; save the sorting again.")
    return asked_segment(questions, [f"segment {i}" for i in range(n_segments)], counts.tolist())


def _from_npz(
    arrays: Npz, questions: Questions, labels: dict[str, tuple[str, ...]], attributes: dict, writer: str
) -> Found:
    plain = set(arrays.plain)
    needed = [key for key in ("unit_ids", "num_segment", "sampling_frequency") if key not in plain]
    if needed:
        raise RecordingError(
            f"{questions.file}: {', '.join(needed)} must hold plain numbers or text; save the sorting again."
        )
    with np.load(arrays.path, allow_pickle=False) as archive:
        ids = [str(name) for name in archive["unit_ids"].reshape(-1).tolist()]
        n_segments, rate = (
            int(archive["num_segment"].reshape(-1)[0]),
            float(archive["sampling_frequency"].reshape(-1)[0]),
        )
        names = [
            (f"spike_indexes_seg{i}", f"spike_labels_seg{i}") for i in range(min(max(n_segments, 0), MAX_SEGMENTS))
        ]
        for pair in names:
            if not set(pair) <= plain:
                raise RecordingError(
                    f"{questions.file}: {' and '.join(pair)} must both be in it; save the sorting again."
                )
        chosen = _segment(n_segments, np.array([int(np.prod(arrays.headers[name][0])) for name, _ in names]), questions)
        samples, of = (archive[name].reshape(-1) for name in names[chosen])
    units = _positions_in(of, ids, questions.file)
    return sorting_found(
        samples,
        units,
        ids,
        rate,
        questions,
        labels=labels,
        length=segment_length(attributes, chosen),
        where=names[chosen][0],
        writer=writer,
        details={"segment": chosen} if n_segments > 1 else {},
    )


def sorting_found(
    samples: NDArray,
    units: NDArray,
    ids: list[str],
    rate: float,
    questions: Questions,
    *,
    labels: dict[str, tuple[str, ...]],
    length: int | None,
    where: str,
    writer: str,
    details: dict[str, Any],
) -> Found:
    """Return a sorting's spikes. samples, units: (n_spikes,) sample numbers and places in ids; length: samples, of the recording."""
    if samples.shape != units.shape or samples.dtype.kind not in "iuf" or units.dtype.kind not in "iu":
        raise RecordingError(
            f"{questions.file}: it needs a sample number and a unit for each spike; save the sorting again."
        )
    if units.size and (units.min() < 0 or units.max() >= len(ids)):
        raise RecordingError(
            f"{questions.file}: a spike belongs to unit {int(units.max())} of {len(ids)}; save the sorting again."
        )
    if not np.isfinite(rate) or rate <= 0:
        raise RecordingError(
            f"{questions.file}: sampling_frequency is {rate:g} Hz; save the sorting again with the recording's rate."
        )
    name, groups = next(((name, words) for name, words in labels.items() if len(words) == len(ids)), ("", ()))
    facts = [
        times_fact(samples.size, "samples", where),
        units_fact(len(ids), "units", "unit_ids"),
        rate_fact(rate, "sampling_frequency"),
    ]
    stop = None
    if length is not None and (not samples.size or samples.max() < length):
        stop = length / rate
        facts.append(Fact("duration", f"{length} samples", "recording_attributes"))
    if groups:
        facts.append(Fact("labels", ", ".join(sorted(set(groups))[:10]), f"property {name}"))
    return Found(
        samples,
        units.astype(np.int64),
        tuple(ids),
        stated=Stated("samples", rate, start=0.0, stop=stop),
        unit_groups=tuple(label.strip().lower() or "unlabelled" for label in groups),
        writer=writer,
        facts=tuple(facts),
        details=details,
    )


def segment_length(attributes: dict[str, Any], segment: int) -> int | None:
    """Return the samples of a segment that the recording's attributes state."""
    lengths = attributes.get("num_samples")
    try:
        value = lengths[segment] if isinstance(lengths, list) else lengths
        return int(value) if value is not None and 0 < int(value) < 2**62 else None
    except (TypeError, ValueError, IndexError):
        return None


def _positions_in(labels: NDArray, ids: list[str], file: str) -> NDArray[np.int64]:
    """Return the place of each spike's label in the list of units."""
    import pandas as pd

    codes, values = pd.factorize(labels)
    place = {name: i for i, name in enumerate(ids)}
    known = [place.get(_written(value)) for value in np.asarray(values).tolist()]
    if None in known:
        stray = str(values[known.index(None)])
        raise RecordingError(
            f"{file}: spikes are labelled {stray!r}, which unit_ids does not list; save the sorting again."
        )
    return np.array([*known, -1], dtype=np.int64)[codes]


def _written(label: Any) -> str:
    """Return a label as unit_ids has it: beside a unit without a spike, SpikeInterface writes whole numbers as 3.0."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def _spike_vector(path: Path, file: str) -> NDArray:
    """Return the structured array of spikes, checked before it is read."""
    if not path.is_file():
        raise RecordingError(f"{file}: {SPIKES} is missing; copy the folder again.")
    with path.open("rb") as stream:
        shape, dtype = array_header(stream, f"{file}/{SPIKES}")
        if (
            dtype.hasobject
            or not set(FIELDS) <= set(dtype.names or ())
            or any(dtype[name].kind not in "iu" for name in FIELDS)
        ):
            raise RecordingError(
                f"{file}: {SPIKES} must have the whole numbers {', '.join(FIELDS)}, not {dtype}; save the sorting again."
            )
        refuse_size(shape, np.dtype("u1"), f"{file}/{SPIKES}")
        if int(np.prod(shape, dtype=object)) * dtype.itemsize > path.stat().st_size:
            raise RecordingError(f"{file}: {SPIKES} is cut off; copy the folder again.")
        stream.seek(0)
        return np.lib.format.read_array(stream, allow_pickle=False).reshape(-1)


def _labels(folder: Path, file: str) -> dict[str, tuple[str, ...]]:
    """Return property → a text for each unit, of those properties that hold labels as plain text."""
    out = {}
    named_alike = sorted(
        path.stem for path in folder.glob("*.npy") if QUALITY_NAME.search(path.stem) and path.stem not in LABELS
    )
    for name in (*LABELS, *named_alike):
        path = folder / f"{name}.npy"
        if not path.is_file():
            continue
        with path.open("rb") as stream:
            _, dtype = array_header(stream, f"{file}/{path.name}")
        if not dtype.hasobject and dtype.kind == "U":
            words = tuple(str(value) for value in load_array(path, f"{file}/{path.name}").reshape(-1).tolist())
            if name in LABELS or is_quality(name, set(words)):
                out[name] = words
    return out


def _json(path: Path, file: str) -> dict[str, Any]:
    if not path.is_file() or path.stat().st_size > MAX_JSON:
        raise RecordingError(f"{file}: {path.name} is missing or too large; copy the folder again.")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RecordingError(f"{file}: {path.name} is no JSON ({error}); copy the folder again.") from error
    return value if isinstance(value, dict) else {}


def _writer(folder: Path, place: Path) -> str:
    """Return SpikeInterface with its version, where a file of the folder states it."""
    for path in (folder / "spikeinterface_info.json", place / "si_folder.json"):
        if path.is_file() and path.stat().st_size <= MAX_JSON:
            try:
                version = json.loads(path.read_text(encoding="utf-8")).get("version", "")
            except (ValueError, AttributeError, RecursionError):
                continue
            return f"SpikeInterface {str(version)[:40]}".strip()
    return "SpikeInterface"
