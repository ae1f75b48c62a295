"""A recording as NWB, for other tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...atomic import written_whole
from ...errors import RecordingError
from ..recording import Recording
from .nwb import OWN_GROUPS, OWN_NAMES, OWN_X, OWN_Y

if TYPE_CHECKING:
    from pynwb.misc import Units

NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""NWB asks for a date of recording; a Recording has none, and the same recording must give the same file."""


def to_nwb(recording: Recording, path: str | Path) -> Path:
    """Write a recording as NWB: one row of the units table per unit, its obs_intervals when it was observed.

    Labels, names and positions go into columns of their own. Returns the path. Raises RecordingError for a recording
    without units, and where the file cannot be written.
    """
    import pynwb

    path = Path(path)
    if recording.n_units == 0:
        raise RecordingError(f"{recording.name}: it has no units, so there is nothing to export.")
    content = pynwb.NWBFile(
        session_description=recording.name or "recording",
        identifier=recording.content_hash,
        session_start_time=NO_DATE,
        file_create_date=[NO_DATE],
        notes=json.dumps(dict(recording.provenance), default=str),
    )
    content.units = _units(recording)
    try:
        with written_whole(path) as part, pynwb.NWBHDF5IO(str(part), mode="w") as file:
            file.write(content)
    except OSError as error:
        raise RecordingError(f"{path}: the recording cannot be written there ({error}).") from error
    return path


def _units(recording: Recording) -> Units:
    """Return the units table, built column by column: row by row takes a minute for ten million spikes."""
    from hdmf.common import VectorData, VectorIndex
    from pynwb.misc import Units

    counts = np.bincount(recording.spike_units, minlength=recording.n_units)
    trains = recording.spike_times[np.argsort(recording.spike_units, kind="stable")]
    each = recording.observed or (np.array([[0.0, recording.duration]]),)
    each = each * recording.n_units if len(each) == 1 else each
    times = VectorData(name="spike_times", description="spike times, s", data=trains)
    observed = VectorData(name="obs_intervals", description="when the unit was observed, s", data=np.concatenate(each))
    columns = [
        times,
        VectorIndex(name="spike_times_index", data=np.cumsum(counts), target=times),
        observed,
        VectorIndex(name="obs_intervals_index", data=np.cumsum([len(seen) for seen in each]), target=observed),
    ]
    columns += [VectorData(name=name, description=text, data=data) for name, text, data in _own_columns(recording)]
    return Units(name="units", description="units of the recording", id=list(range(recording.n_units)), columns=columns)


def _own_columns(recording: Recording) -> Iterator[tuple[str, str, Any]]:
    """Yield the columns that NWB does not know: name, meaning and values."""
    if recording.unit_names:
        yield OWN_NAMES, "the unit's name in the original file", list(recording.unit_names)
    if recording.unit_groups:
        yield OWN_GROUPS, "the unit's group or quality label", list(recording.unit_groups)
    if recording.positions is not None:
        yield OWN_X, "position, um", recording.positions[:, 0]
        yield OWN_Y, "position, um", recording.positions[:, 1]
