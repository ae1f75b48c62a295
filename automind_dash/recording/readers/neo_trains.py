"""Spike trains as neo reads them, in the child process of `apart`: nothing of neo is imported by the page."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError

MAX_UNITS_SEGMENTS = 1_000_000
"""Pairs of unit and segment that are read."""


def trains(
    path: str, reader: str, options: dict[str, Any], as_folder: bool, only: list[str] | None = None
) -> tuple[dict[str, NDArray], Any]:
    """Return the spikes that a class of neo.rawio finds: times (s), unit and segment of each; the outline names units and segments.

    reader: its name; as_folder: it wants the folder of the path; only: the files of the folder that it may open, where it can be told
    """
    import neo.rawio

    place = Path(path)
    if as_folder:
        where: dict[str, Any] = {"dirname": str(place if place.is_dir() else place.parent)}
        if only is not None:
            where["include_filenames"] = only
    else:
        where = {"filename": str(place)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            raw = getattr(neo.rawio, reader)(**where, **options)
            raw.parse_header()
        except ImportError as error:
            raise RecordingError(f"neo needs a library that is not installed to read it ({error}).") from error
        return _read(raw)


def _read(raw: Any) -> tuple[dict[str, NDArray], Any]:
    channels = raw.header["spike_channels"]
    segments = [(block, segment) for block in range(raw.block_count()) for segment in range(raw.segment_count(block))]
    if len(channels) * len(segments) > MAX_UNITS_SEGMENTS:
        raise RecordingError(f"it lists {len(channels)} units in {len(segments)} segments; save only the spike times.")
    times, units, of = [], [], []
    limits = []
    for number, (block, segment) in enumerate(segments):
        limits.append([_limit(raw.segment_t_start, block, segment), _limit(raw.segment_t_stop, block, segment)])
        for unit in range(len(channels)):
            ticks = raw.get_spike_timestamps(block_index=block, seg_index=segment, spike_channel_index=unit)
            seconds = np.asarray(raw.rescale_spike_timestamp(ticks, dtype="float64"), dtype=np.float64)
            times.append(seconds)
            units.append(np.full(len(seconds), unit, dtype=np.int64))
            of.append(np.full(len(seconds), number, dtype=np.int64))
    outline = {
        "units": [{"name": str(channel["name"]), "id": str(channel["id"])} for channel in channels],
        "limits": limits,
    }
    empty = np.empty(0)
    return {
        "times": np.concatenate([empty, *times]),
        "units": np.concatenate([empty.astype(np.int64), *units]),
        "segments": np.concatenate([empty.astype(np.int64), *of]),
    }, outline


def _limit(function: Any, block: int, segment: int) -> float | None:
    value = float(function(block, segment))
    return value if np.isfinite(value) else None
