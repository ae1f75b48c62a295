"""The text that Multi Channel Systems' MC_DataTool makes of spikes: for each electrode the waveform around each spike, line by line."""

from __future__ import annotations

import re

import numpy as np

from ...errors import RecordingError
from ..facts.assembly import Found
from ..facts.timing import PER_SECOND, Stated
from ..files.start import Start
from ..questions import Questions
from ..report import Fact
from .wide_table import trains_found

TITLE = "MC_DataTool ASCII conversion"
HEAD = re.compile(r"t\s+Spikes\s+(?:\d+\s+)?(\S+)\s+Unit")
UNITS = re.compile(r"\[(\w+)\]\s+\[")
WITHIN = 1.5
"""Steps of the waveform: a longer pause begins the next spike."""


def is_mcd_text(start: Start) -> bool:
    """Return whether the text begins with the tool's title."""
    return (start.text or "").lstrip().startswith(TITLE)


def read_mcd_text(start: Start, questions: Questions) -> Found:
    """Return a spike for each waveform, at its largest deflection; units are electrodes, and the sorted units where there are several.

    Raises RecordingError for lines that do not belong to the layout.
    """
    samples: dict[str, list[tuple[float, float, int]]] = {}
    rows: list[tuple[float, float, int]] | None = None
    unit = "ms"
    with start.path.open(encoding=start.encoding, errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            text = line.strip()
            if not text or text.startswith(TITLE):
                continue
            if head := HEAD.match(text):
                rows = samples.setdefault(head[1], [])
            elif units := UNITS.match(text):
                unit = units[1].lower().replace("µ", "u")
            else:
                parts = text.split()
                try:
                    if rows is None or len(parts) < 2:
                        raise ValueError
                    rows.append((float(parts[0]), float(parts[1]), int(parts[2]) if len(parts) > 2 else 0))
                except ValueError as error:
                    raise RecordingError(
                        f"{questions.file}: line {number} of this MC_DataTool export is none of its layout (only spikes are read); "
                        "export the spikes alone, or their time stamps."
                    ) from error
    if unit not in PER_SECOND:
        raise RecordingError(f"{questions.file}: its times are in {unit!r}, which is no unit of time; export it in ms.")
    sorted_units = any(row[2] > 0 for found in samples.values() for row in found)
    trains: dict[str, list[float]] = {} if sorted_units else {name: [] for name in samples}
    for name, found in samples.items():
        for time, label in _spikes(np.array(found, dtype=np.float64).reshape(-1, 3)):
            trains.setdefault(f"{name}_{label}" if sorted_units else name, []).append(time)
    result = trains_found(
        [np.array(train) for train in trains.values()], list(trains), Stated(unit), "a waveform a spike", questions
    )
    return Found(
        result.times,
        result.units,
        result.unit_names,
        stated=result.stated,
        writer="Multi Channel Systems MC_DataTool",
        facts=(*result.facts, Fact("times", "largest deflection of each waveform", "column t")),
    )


def _spikes(samples: np.ndarray) -> list[tuple[float, int]]:
    """Return time and unit of each waveform. samples: (n, 3) time, voltage, unit."""
    if not len(samples):
        return []
    steps = np.diff(samples[:, 0])
    step = float(np.median(steps)) if len(steps) else 0.0
    cuts = np.flatnonzero((steps > WITHIN * step) | (steps < 0)) + 1
    out = []
    for waveform in np.split(samples, cuts):
        peak = int(np.abs(waveform[:, 1]).argmax())
        out.append((float(waveform[peak, 0]), int(waveform[peak, 2])))
    return out
