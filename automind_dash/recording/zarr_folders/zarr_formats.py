"""Zarr folders: NWB-Zarr (the units table), and SpikeInterface's sortings and SortingAnalyzers.

They are read with zarr, an optional dependency, and not with hdmf-zarr or SpikeInterface: those unpickle what a file holds.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..apart.run import Limits, Outcome, run_apart
from ..facts.asking import asked_segment, times_fact, units_fact
from ..facts.assembly import Found
from ..facts.timing import Stated
from ..questions import Questions
from ..report import Fact
from ..sorters.spikeinterface import LABELS, segment_length, sorting_found

LIMITS = Limits(seconds=120, memory=6 * 2**30)
CHILD = "automind_dash.recording.zarr_folders.zarr_arrays:arrays"
TABLE = "units"
QUALITY = ("quality", "unit_quality", "KSLabel", "ks_label", "group_label", "label")


def is_nwb_zarr(folder: Path) -> bool:
    """Return whether a folder is NWB in Zarr: its specifications are cached in it, as hdmf-zarr always does."""
    return _is_zarr(folder) and (
        (folder / "specifications").is_dir() or (folder / TABLE / "spike_times_index").is_dir()
    )


def is_sorting_zarr(folder: Path) -> bool:
    """Return whether a folder is a sorting or SortingAnalyzer of SpikeInterface in Zarr."""
    return _is_zarr(folder) and _sorting_in(folder) is not None


def read_nwb_zarr(folder: Path, questions: Questions) -> Found:
    """Return the spikes of the units table; the limits come from obs_intervals.

    Raises RecordingError where zarr is not installed, or the file has no units table.
    """
    file = questions.file
    _refuse_without_zarr(
        file,
        "NWB-Zarr",
        "export it to HDF5 with hdmf-zarr: NWBHDF5IO('out.nwb', 'w').export(src_io=NWBZarrIO(FOLDER, 'r'))",
    )
    if not (folder / TABLE / "spike_times").is_dir():
        raise RecordingError(f"{file}: this NWB-Zarr file has no units table with spike times; sort its spikes first.")
    columns = [f"{TABLE}/{name}" for name in ("spike_times", "spike_times_index", "id")]
    wanted = [f"{TABLE}/{name}" for name in ("obs_intervals", "obs_intervals_index", *QUALITY)]
    outcome = _arrays(folder, file, columns, wanted, ["", TABLE])
    times, ends, ids = (outcome.arrays[name].reshape(-1) for name in columns)
    counts = np.diff(ends.astype(np.int64), prepend=0)
    if len(ends) != len(ids) or (counts < 0).any() or counts.sum() != len(times):
        raise RecordingError(f"{file}: the index of spike_times does not fit its {len(times)} times; export it again.")
    observed = _observed(outcome, len(ids))
    texts = outcome.outline["texts"]
    labels: list[str] = next(
        (texts[f"{TABLE}/{name}"] for name in QUALITY if len(texts.get(f"{TABLE}/{name}", ())) == len(ids)), []
    )
    facts = [times_fact(times.size, "s", f"/{TABLE}/spike_times"), units_fact(len(ids), "units", f"/{TABLE}/id")]
    start = stop = None
    if observed is not None:
        every = np.concatenate(observed)
        start, stop = float(every[:, 0].min()), float(every[:, 1].max())
        facts.append(Fact("observed", f"from {start:g} to {stop:g} s", f"/{TABLE}/obs_intervals"))
    unread = outcome.outline["unread"]
    return Found(
        times,
        np.repeat(np.arange(len(ids)), counts),
        tuple(str(number) for number in ids.tolist()),
        stated=Stated("s", start=start, stop=stop),
        unit_groups=tuple(label.strip().lower() or "unlabelled" for label in labels),
        observed=observed,
        writer=f"NWB {outcome.outline['attributes'][''].get('nwb_version', '')}, in Zarr",
        facts=tuple(facts),
        left_out=tuple(f"{name}, which cannot be read without running pickles or is damaged." for name in unread),
    )


def _observed(outcome: Outcome, n_units: int) -> tuple[NDArray[np.float64], ...] | None:
    """Return the intervals in which each unit was seen, s."""
    rows, ends = (outcome.arrays.get(f"{TABLE}/{name}") for name in ("obs_intervals", "obs_intervals_index"))
    if rows is None or ends is None or rows.ndim != 2 or rows.shape[1] != 2 or len(ends) != n_units or not len(rows):
        return None
    ends = ends.astype(np.int64)
    if (np.diff(ends, prepend=0) < 0).any() or ends[-1] != len(rows):
        return None
    return tuple(np.split(rows.astype(np.float64), ends[:-1]))


def read_sorting_zarr(folder: Path, questions: Questions) -> Found:
    """Return the spikes of one segment; asks which, and which labels are kept. Raises RecordingError where zarr is not installed."""
    file = questions.file
    _refuse_without_zarr(
        file, "Zarr folders of SpikeInterface", "save it as a folder: sorting.save(folder=…, format='numpy_folder')"
    )
    place = _sorting_in(folder)
    assert place is not None
    base = f"{place}/" if place else ""
    needed = [f"{base}{name}" for name in ("spikes/sample_index", "spikes/unit_index", "unit_ids")]
    slices = f"{base}spikes/segment_slices"
    outcome = _arrays(
        folder, file, needed, [slices, *(f"{base}properties/{name}" for name in LABELS)], ["", place, "recording_info"]
    )
    texts, held = outcome.outline["texts"], outcome.outline["attributes"]
    samples, units = (outcome.arrays[name] for name in needed[:2])
    ids = texts.get(needed[2]) or [str(value) for value in outcome.arrays[needed[2]].reshape(-1).tolist()]
    bounds = outcome.arrays.get(slices)
    if bounds is None or bounds.ndim != 2 or bounds.shape[1] != 2 or not len(bounds) or bounds.min() < 0:
        bounds = np.array([[0, samples.size]])
    names = [f"segment {i}" for i in range(len(bounds))]
    chosen = asked_segment(questions, names, (bounds[:, 1] - bounds[:, 0]).tolist())
    inside = slice(int(bounds[chosen, 0]), int(bounds[chosen, 1]))
    rate = held[place].get("sampling_frequency")
    if not isinstance(rate, int | float):
        raise RecordingError(f"{file}: it states no sampling_frequency; save the sorting again.")
    info = held[""].get("spikeinterface_info")
    version = info.get("version", "") if isinstance(info, dict) else ""
    return sorting_found(
        samples[inside],
        units[inside],
        ids,
        float(rate),
        questions,
        labels={name: tuple(texts[key]) for name in LABELS if (key := f"{base}properties/{name}") in texts},
        length=segment_length(held["recording_info"].get("recording_attributes") or {}, chosen),
        where=needed[0],
        writer=f"SpikeInterface {str(version)[:40]}".strip(),
        details={"segment": chosen} if len(names) > 1 else {},
    )


def _is_zarr(folder: Path) -> bool:
    return (folder / ".zgroup").is_file() or (folder / "zarr.json").is_file()


def _sorting_in(folder: Path) -> str | None:
    """Return where in a Zarr folder a sorting stands: in it, or in its group of that name."""
    for place in ("", "sorting"):
        if (folder / place / "spikes" / "sample_index").is_dir() and (folder / place / "unit_ids").is_dir():
            return place
    return None


def _refuse_without_zarr(file: str, what: str, instead: str) -> None:
    from importlib.util import find_spec

    if find_spec("zarr") is None:
        raise RecordingError(
            f"{file}: {what} is read with zarr, which is not installed (pip install 'automind-dash[zarr]'); or {instead}."
        )


def _arrays(folder: Path, file: str, needed: list[str], wanted: list[str], attributes: list[str]) -> Outcome:
    arguments = {"needed": needed, "wanted": wanted, "attributes": attributes}
    return run_apart(CHILD, folder, file, arguments, LIMITS, "Zarr folder")
