"""ALF arrays of the International Brain Laboratory: spikes.times.npy and spikes.clusters.npy."""

from __future__ import annotations

from pathlib import Path

from ..errors import RecordingError
from .arrays import column, load_array
from .assembly import Found, numbered
from .questions import Questions
from .timing import Stated


def _part(folder: Path, attribute: str) -> Path | None:
    """Return the file of an attribute of spikes; names may carry a namespace before and a revision after."""
    names = sorted(folder.glob(f"*spikes.{attribute}*.npy"))
    return next((path for path in names if path.is_file() and attribute in path.name.split(".")), None)


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
    return Found(times, units, names, stated=Stated(unit="s" if times.dtype.kind == "f" else "samples"))
