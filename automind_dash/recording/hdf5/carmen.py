"""CARMEN HDF5, the exchange format of multi-electrode arrays (Eglen et al. 2014, GigaScience 3:3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.assembly import Found
from ..facts.timing import Stated
from ..files.hdf5 import numbers, texts
from ..questions import Questions

if TYPE_CHECKING:
    import h5py


def is_carmen(handle: h5py.File) -> bool:
    """Return whether the file has the two arrays of the format: all spikes, and how many each unit has."""
    return "spikes" in handle and "sCount" in handle


def read_carmen(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of a CARMEN file: times in s, unit after unit, units that never fire included.

    Raises RecordingError when the counts do not add up to the spikes.
    """
    file = questions.file
    times = numbers(handle["spikes"], file).reshape(-1)
    counts = numbers(handle["sCount"], file).reshape(-1)
    if counts.dtype.kind not in "iuf" or times.dtype.kind not in "iuf":
        raise RecordingError(f"{file}: spikes and sCount must be numbers.")
    if counts.size and (counts.min() < 0 or counts.sum() != times.size):
        raise RecordingError(
            f"{file}: sCount counts {counts.sum():.0f} spikes but spikes has {times.size}; export it again."
        )
    counts = counts.astype(np.int64)
    names = texts(handle["names"], file) if "names" in handle else ()
    if len(names) != counts.size:
        names = tuple(str(i + 1) for i in range(counts.size))
    wells = texts(handle["well"], file) if "well" in handle else ()
    return Found(
        times,
        np.repeat(np.arange(counts.size), counts),
        names,
        stated=_stated(handle, file),
        positions=_positions(handle, counts.size, file),
        wells=wells if len(wells) == counts.size else (),
    )


def _stated(handle: h5py.File, file: str) -> Stated:
    """Return the recording's limits: `recordingtime` states them, the summary's duration is only a hint."""
    if "recordingtime" in handle:
        limits = numbers(handle["recordingtime"], file).reshape(-1)
        if limits.size == 2 and limits.dtype.kind in "iuf" and np.isfinite(limits).all() and limits[1] > limits[0]:
            return Stated(unit="s", start=float(limits[0]), stop=float(limits[1]))
    if "summary/duration" in handle:
        stop = numbers(handle["summary/duration"], file).reshape(-1)
        if stop.size == 1 and np.isfinite(stop[0]):
            return Stated(unit="s", likely_stop=float(stop[0]), hint="the file's summary gives this duration")
    return Stated(unit="s")


def _positions(handle: h5py.File, n_units: int, file: str) -> NDArray[np.float64] | None:
    """Return electrode positions, (n_units, 2) µm, whichever way round the file holds them."""
    if "epos" not in handle:
        return None
    positions = numbers(handle["epos"], file)
    if positions.shape == (2, n_units):
        positions = positions.T
    return positions.astype(np.float64) if positions.shape == (n_units, 2) else None
