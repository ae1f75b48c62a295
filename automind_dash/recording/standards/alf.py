"""ALF arrays of the International Brain Laboratory: spikes.times.npy and spikes.clusters.npy."""

from __future__ import annotations

import re
from pathlib import Path

from ...errors import RecordingError
from ..facts.assembly import Found, numbered
from ..facts.timing import Stated
from ..files.arrays import column, load_array
from ..questions import Questions
from ..report import Fact

REVISION = re.compile(r"#(.+)#$")
"""Folders of later versions of a data set: #2024-05-06#."""


def _part(folder: Path, attribute: str) -> Path | None:
    """Return the file of an attribute of spikes, of the latest revision; names may carry a namespace before and more after."""
    revisions = sorted(
        (item for item in folder.glob("#*#") if item.is_dir() and REVISION.match(item.name)), key=lambda x: x.name
    )
    for place in (*reversed(revisions), folder):
        for path in sorted(place.glob(f"*spikes.{attribute}*.npy")):
            if path.is_file() and attribute in path.name.split("."):
                return path
    return None


def is_alf(folder: Path) -> bool:
    """Return whether the folder holds spikes.clusters and spikes.times or spikes.samples."""
    return _part(folder, "clusters") is not None and bool(_part(folder, "times") or _part(folder, "samples"))


def read_alf(folder: Path, questions: Questions) -> Found:
    """Return the spikes of an ALF folder; units are the clusters that have spikes.

    spikes.times is in s by the convention; where only spikes.samples is there, the sampling rate is asked for.
    """
    times_path, clusters_path = _part(folder, "times") or _part(folder, "samples"), _part(folder, "clusters")
    if times_path is None or clusters_path is None:
        raise RecordingError(f"{questions.file}: spikes.times.npy and spikes.clusters.npy must both be in it.")
    times = column(load_array(times_path, f"{questions.file}/{times_path.name}"), times_path.name)
    clusters = column(load_array(clusters_path, f"{questions.file}/{clusters_path.name}"), clusters_path.name)
    if times.size != clusters.size:
        raise RecordingError(
            f"{questions.file}: {times_path.name} has {times.size} values but {clusters_path.name} has "
            f"{clusters.size}; both must have one per spike, so copy the folder again."
        )
    units, names = numbered(clusters)
    groups, labelled = _labels(folder, names)
    shown = [str(path.relative_to(folder)) for path in (times_path, clusters_path)]
    older = sorted({item.name for item in folder.glob("#*#")} - {Path(name).parts[0] for name in shown})
    if Path(shown[0]).parent != Path(".") and any(folder.glob("*spikes.times*.npy")):
        older.append("the first version")
    return Found(
        times,
        units,
        names,
        stated=Stated(unit="s" if times.dtype.kind == "f" else "samples"),
        unit_groups=groups,
        facts=(
            Fact("times", f"{times.size} spikes", shown[0]),
            Fact("units", f"{len(names)} clusters with spikes", shown[1]),
            *labelled,
        ),
        left_out=(f"older revisions: {', '.join(older)}",) if older else (),
    )


def _labels(folder: Path, names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[Fact, ...]]:
    """Return "good" for clusters that passed every criterion of clusters.metrics, "not good" for others; empty where it is not there."""
    path = next((path for kind in ("pqt", "csv") for path in sorted(folder.glob(f"*clusters.metrics*.{kind}"))), None)
    if path is None:
        return (), ()
    import pandas as pd

    table = pd.read_parquet(path) if path.suffix == ".pqt" else pd.read_csv(path)
    if "label" not in table.columns:
        return (), ()
    ids = table["cluster_id"] if "cluster_id" in table.columns else table.index
    good = {str(number) for number, label in zip(ids, table["label"], strict=True) if label == 1}
    groups = tuple("good" if name in good else "not good" for name in names)
    return groups, (Fact("labels", f"{groups.count('good')} good of {len(names)}", f"{path.name}, column label"),)
