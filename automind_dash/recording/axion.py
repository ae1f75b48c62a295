"""The spike list that Axion's AxIS software exports: electrodes as units, several wells, metadata beside the data."""

from __future__ import annotations

import re

import numpy as np

from ..errors import RecordingError
from .assembly import Found, numbered
from .questions import Questions
from .spike_list import numeric, read_columns
from .start import Start
from .text_table import sniff
from .timing import Stated

TIME, ELECTRODE = "time (s)", "electrode"
SECTION = re.compile(r"Actual File Section Run,\s*\S+ to ((?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?)", re.IGNORECASE)

COVERED = 0.9
"""A section that the spikes cover less of was cut after the export, so its end is not the recording's."""


def is_axion(start: Start) -> bool:
    """Return whether the header is that of the export."""
    if TIME not in (start.text or "").lower():
        return False
    try:
        return {TIME, ELECTRODE} <= {name.lower() for name in sniff(start).names}
    except RecordingError:
        return False


def read_axion(start: Start, questions: Questions) -> Found:
    """Return the spikes of all wells; a unit is an electrode that has spikes, "E5_23" is one of well E5.

    Rows of metadata without a spike are left out. Raises RecordingError for electrodes that name no well.
    """
    path, table = start.path, sniff(start)
    names = [name.lower() for name in table.names]
    time, electrode = names.index(TIME), names.index(ELECTRODE)
    frame = read_columns(path, table, [time, electrode], labels=[electrode])
    frame = frame[frame[time].notna() | frame[electrode].notna()]
    if frame[electrode].isna().any():
        raise RecordingError(f"{questions.file}: {int(frame[electrode].isna().sum())} spikes name no electrode.")
    times = numeric(frame[time], table.names[time], questions.file)
    units, labels = numbered(frame[electrode].array)
    if any("_" not in label for label in labels):
        raise RecordingError(f"{questions.file}: its electrodes name no well (A1_11); export the spike list again.")
    last = float(np.nanmax(times)) if len(times) else 0.0
    return Found(
        times,
        units,
        labels,
        stated=_stated("\n".join(table.first_lines), last),
        wells=tuple(label.partition("_")[0] for label in labels),
    )


def _stated(metadata: str, last: float) -> Stated:
    """Return that times are in s from 0, and the end of the exported section where the spikes reach it."""
    match = SECTION.search(metadata)
    hours, minutes, seconds = (float(part or 0) for part in match.groups()[1:]) if match else (0.0, 0.0, 0.0)
    stop = 3600 * hours + 60 * minutes + seconds
    if stop and last >= COVERED * stop:
        return Stated("s", start=0.0, likely_stop=stop, hint="the file says that this section was run")
    return Stated("s", start=0.0)
