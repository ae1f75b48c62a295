"""Phy and Kilosort folders: spike_times.npy, spike_clusters.npy, params.py and the labels."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ...errors import RecordingError
from ..facts.assembly import Found, natural_order, numbered
from ..facts.sorter_labels import UNSORTED, labels_in
from ..facts.timing import Stated
from ..files.arrays import column, load_array
from ..questions import Questions
from ..report import Fact, Note
from .params import sampling_rate

TIMES = "spike_times.npy"
CLUSTERS = ("spike_clusters.npy", "spike_templates.npy")


def is_phy(folder: Path) -> bool:
    """Return whether the folder holds the two arrays that every Phy folder has."""
    return (folder / TIMES).is_file() and any((folder / name).is_file() for name in CLUSTERS)


def read_phy(folder: Path, questions: Questions) -> Found:
    """Return the spikes of a Phy folder; units are the clusters that have spikes.

    Raises RecordingError for arrays that contradict each other or cannot be read without unpickling.
    """
    clusters_file = next(name for name in CLUSTERS if (folder / name).is_file())
    times = column(load_array(folder / TIMES, f"{questions.file}/{TIMES}"), TIMES)
    clusters = column(load_array(folder / clusters_file, f"{questions.file}/{clusters_file}"), clusters_file)
    if times.size != clusters.size:
        raise RecordingError(
            f"{questions.file}: {TIMES} has {times.size} values but {clusters_file} has {clusters.size}; "
            "both must have one per spike, so copy the folder again."
        )
    units, names = numbered(clusters)
    labels = labels_in(folder)
    rate, written = sampling_rate(folder / "params.py")
    groups = tuple(labels.by_cluster.get(name) or UNSORTED for name in names) if labels.by_cluster else ()
    facts = [
        Fact("times", f"{times.size} spikes", TIMES),
        Fact("units", f"{len(names)} clusters with spikes", clusters_file),
    ]
    if rate:
        facts.append(Fact("sampling rate", f"{rate:g} Hz", f"params.py, {written!r}"))
    if groups:
        counts = Counter(groups)
        said = ", ".join(f"{counts[label]} {label}" for label in natural_order(counts))
        facts.append(Fact("labels", said, "; ".join(labels.sources)))
    notes = []
    if written and not rate:
        notes.append(
            Note("rate_not_read", f"params.py gives a sampling rate that is not a number: {written}.", "warning")
        )
    if not groups:
        notes.append(
            Note(
                "no_labels",
                "No file labels the clusters, so noise and multi-unit activity count as units, if there are any.",
            )
        )
    return Found(
        times,
        units,
        names,
        stated=Stated(
            unit=None if times.dtype.kind == "f" and not (times == times.round()).all() else "samples",
            sampling_rate=rate,
        ),
        unit_groups=groups,
        writer=_writer(folder),
        facts=tuple(facts),
        notes=tuple(notes),
    )


def _writer(folder: Path) -> str:
    """Return which sorter wrote the folder, by the files that only it writes."""
    if (folder / "ops.npy").is_file():
        return "Kilosort 4"
    return "Kilosort" if (folder / "cluster_KSLabel.tsv").is_file() else ""
