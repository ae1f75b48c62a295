"""The spike list that Axion's AxIS software exports: electrodes as units, several wells, metadata beside the data."""

from __future__ import annotations

import re

import numpy as np

from ...errors import RecordingError
from ..facts.assembly import Found, numbered
from ..facts.timing import Stated
from ..files.start import Start
from ..questions import Questions
from ..report import Fact
from .table_values import numeric, read_columns
from .text_table import sniff

TIME, ELECTRODE = "time (s)", "electrode"
SECTION = re.compile(r"Actual File Section Run,\s*\S+ to ((?:(\d+)h)?(?:(\d+)m)?(?:([\d.]+)s)?)", re.IGNORECASE)

WELL_ELECTRODE = re.compile(r"[A-Z]{1,2}\d+_\d+$")
"""How the software names electrodes: E5_23 is one of well E5. Other lists with the same two columns name them otherwise."""

COVERED = 0.9
"""A section that the spikes cover less of was cut after the export, so its end is not the recording's."""


def is_axion(start: Start) -> bool:
    """Return whether the header is that of the export."""
    if TIME not in (start.text or "").lower():
        return False
    try:
        table = sniff(start)
    except RecordingError:
        return False
    names = [name.lower() for name in table.names]
    if not {TIME, ELECTRODE} <= set(names):
        return False
    number = names.index(ELECTRODE)
    electrodes = [row[number] for row in table.rows if number < len(row) and row[number]]
    return not electrodes or any(WELL_ELECTRODE.match(item) for item in electrodes)


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
        writer=_writer(table.first_lines),
        facts=(
            Fact("times", f"{len(times)} spikes", f"column {table.names[time]!r}"),
            Fact("units", f"{len(labels)} electrodes with spikes", f"column {table.names[electrode]!r}"),
        ),
        left_out=(f"what stands under the spikes, from {table.footer!r} on",) if table.footer else (),
    )


def _writer(lines: tuple[str, ...]) -> str:
    """Return the version of the software that exported the list."""
    match = re.search(r"AxIS Version,\s*([\w.]+)", "\n".join(lines))
    return f"Axion AxIS {match[1]}" if match else ""


def _stated(metadata: str, last: float) -> Stated:
    """Return that times are in s from 0, and the end of the exported section where the spikes reach it."""
    match = SECTION.search(metadata)
    hours, minutes, seconds = (float(part or 0) for part in match.groups()[1:]) if match else (0.0, 0.0, 0.0)
    stop = 3600 * hours + 60 * minutes + seconds
    if stop and last >= COVERED * stop:
        return Stated("s", start=0.0, likely_stop=stop, hint="the file says that this section was run")
    return Stated("s", start=0.0)
