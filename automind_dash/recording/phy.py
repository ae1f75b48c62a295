"""Phy and Kilosort folders: spike_times.npy, spike_clusters.npy, params.py and the curator's labels."""

from __future__ import annotations

import ast
import csv
import math
from pathlib import Path

from ..errors import RecordingError
from .arrays import column, load_array
from .assembly import Found, numbered
from .questions import Questions
from .timing import Stated

TIMES = "spike_times.npy"
CLUSTERS = ("spike_clusters.npy", "spike_templates.npy")
LABELS = (
    ("cluster_KSLabel.tsv", "KSLabel"),
    ("cluster_groups.csv", "group"),
    ("cluster_group.csv", "group"),
    ("cluster_group.tsv", "group"),
)
"""Files with a label per cluster, and their column; a later one overrules an earlier one: the curator the sorter."""

UNSORTED = "unsorted"
"""What Phy calls a cluster that nobody labelled."""

MAX_PARAMS_BYTES = 100_000
"""params.py has a dozen lines; a longer file is something else."""


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
    labels = _labels(folder)
    unit = None if times.dtype.kind == "f" and not (times == times.round()).all() else "samples"
    return Found(
        times,
        units,
        names,
        stated=Stated(unit=unit, sampling_rate=sampling_rate(folder / "params.py")),
        unit_groups=tuple(labels.get(name) or UNSORTED for name in names) if labels else (),
    )


def sampling_rate(params: Path) -> float | None:
    """Return sample_rate from a params.py in Hz, None where it does not say; the file is parsed, never executed."""
    if not params.is_file() or params.stat().st_size > MAX_PARAMS_BYTES:
        return None
    try:
        tree = ast.parse(params.read_text(encoding="utf-8", errors="replace"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "sample_rate" for target in statement.targets
        ):
            value = statement.value.value if isinstance(statement.value, ast.Constant) else None
            if isinstance(value, int | float) and math.isfinite(value) and value > 0:
                return float(value)
    return None


def _labels(folder: Path) -> dict[str, str]:
    """Return cluster → label, the curator's before the sorter's."""
    labels: dict[str, str] = {}
    for file, label_column in LABELS:
        path = folder / file
        if not path.is_file():
            continue
        with path.open(newline="", encoding="utf-8", errors="replace") as stream:
            text = stream.read()
        delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
        for row in csv.DictReader(text.splitlines(), delimiter=delimiter):
            cluster, label = row.get("cluster_id"), row.get(label_column)
            if cluster and label and label.strip():
                labels[cluster.strip()] = label.strip().lower()
    return labels
