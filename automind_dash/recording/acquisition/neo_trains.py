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

    reader: its name; as_folder: it wants the folder of the path; only: files of the folder that are read, each by itself, since neo
    takes electrodes of one name for one, and keeps the last
    """
    import neo.rawio

    place = Path(path)
    folder = {"dirname": str(place if place.is_dir() else place.parent)}
    wheres: list[dict[str, Any]] = [folder if as_folder else {"filename": str(place)}]
    if only is not None:
        wheres = [{**folder, "include_filenames": [name]} for name in only]
    parts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for where in wheres:
            try:
                raw = getattr(neo.rawio, reader)(**where, **options)
                raw.parse_header()
            except ImportError as error:
                raise RecordingError(f"neo needs a library that is not installed to read it ({error}).") from error
            parts.append(_read(raw))
    return parts[0] if only is None else _joined(parts, [Path(name).stem for name in only])


def _joined(parts: list[tuple[dict[str, NDArray], Any]], names: list[str]) -> tuple[dict[str, NDArray], Any]:
    """Return the spikes of several files, each of one segment, as those of one; units go by the file's name and their number."""
    arrays: dict[str, list[NDArray]] = {"times": [], "units": [], "segments": []}
    units: list[dict[str, str]] = []
    limits: list[float] = []
    for (found, outline), name in zip(parts, names, strict=True):
        arrays["times"].append(found["times"])
        arrays["units"].append(found["units"] + len(units))
        arrays["segments"].append(np.zeros(len(found["times"]), np.int64))
        units += [{"name": f"{name}#{unit['name'].rpartition('#')[2]}", "id": unit["id"]} for unit in outline["units"]]
        limits += [limit for pair in outline["limits"] for limit in pair if limit is not None]
    bounds = [min(limits), max(limits)] if limits else [None, None]
    return {key: np.concatenate(values) for key, values in arrays.items()}, {"units": units, "limits": [bounds]}


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
