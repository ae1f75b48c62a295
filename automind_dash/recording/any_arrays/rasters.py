"""Spikes counted in bins: a raster of zeros and ones, or of counts, whose bin width is stated or asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.assembly import Found
from ..facts.timing import Stated
from ..questions import Question, Questions
from ..recording import MAX_SPIKES
from ..report import Fact, Note

USUAL_BIN = 0.001
"""s, the bins that most rasters are made with."""

MOST_IN_A_BIN = 50
"""Most spikes of one unit in one bin. A matrix with larger numbers is not a raster."""

FEWEST_BINS = 20
MOSTLY_ZERO = 0.5
"""Least share of empty cells in a raster."""

BINS_AS_ROWS, UNITS_AS_ROWS = "a row for each bin", "a row for each unit"


def is_raster(values: Any) -> bool:
    """Return whether a matrix, dense or of scipy's sparse kinds, counts spikes in bins: whole small numbers, most of them 0."""
    if getattr(values, "ndim", 0) != 2 or min(values.shape) < 2:
        return False
    stored = values if isinstance(values, np.ndarray) else values.data
    if stored.dtype.kind not in "iufb" or not stored.size:
        return False
    if not isinstance(values, np.ndarray):
        filled = stored.size / (values.shape[0] * values.shape[1])
        return filled < MOSTLY_ZERO and max(values.shape) >= FEWEST_BINS and _whole_and_small(stored)
    filled = np.count_nonzero(stored)
    return bool(0 < filled < MOSTLY_ZERO * stored.size and max(values.shape) >= FEWEST_BINS) and _whole_and_small(
        stored
    )


def _whole_and_small(values: NDArray) -> bool:
    return bool(values.min() >= 0 and values.max() <= MOST_IN_A_BIN and np.array_equal(values, np.floor(values)))


def spikes_in_bins(
    counts: Any,
    questions: Questions,
    where: str,
    *,
    width: float | None = None,
    width_where: str = "",
    names: tuple[str, ...] = (),
    bins_as_rows: bool | None = None,
    sampling_rate: float | None = None,
) -> Found:
    """Return the spikes of a raster, each in the middle of its bin.

    counts: (rows, columns) whole numbers, dense or of scipy's sparse kinds; where: its name, for the report
    width: s, of a bin, asked for where it is not stated; names: of the units; bins_as_rows: which way round, None where it is not known
    sampling_rate: Hz, which the file states: of the raster, perhaps
    """
    rows, columns = counts.shape
    if bins_as_rows is None:
        bins_as_rows = _bins_as_rows(rows, columns, questions)
    if width is None or questions.answer("bin_width") is not None:
        reason = f"{where} counts spikes in bins, and nothing says how wide these are"
        guess = width or USUAL_BIN
        if width is None and sampling_rate:
            guess = 1 / sampling_rate
            reason += f"; at the file's {sampling_rate:g} Hz a bin for each sample makes {max(rows, columns) / sampling_rate:.4g} s"
        question = Question("bin_width", "How wide is a bin of the raster?", guess, reason, unit="s", required=True)
        width = questions.ask(question)
        width_where = "as answered"
    row, column, number = _filled(counts)
    bins, units = (row, column) if bins_as_rows else (column, row)
    n_bins, n_units = (rows, columns) if bins_as_rows else (columns, rows)
    number = number.astype(np.int64)
    if number.sum() > MAX_SPIKES:
        raise RecordingError(
            f"{questions.file}: {number.sum()} spikes; at most {MAX_SPIKES} can be held. Cut it in time."
        )
    notes = []
    if number.size and number.max() > 1:
        many = int(number[number > 1].sum() - (number > 1).sum())
        notes.append(
            Note(
                "same_bin",
                f"{many} spikes share their bin with another of their unit, so intervals of 0 s stand between them.",
            )
        )
    times = np.repeat((bins + 0.5) * float(width), number)
    return Found(
        times,
        np.repeat(units, number),
        names if len(names) == n_units else tuple(str(i + 1) for i in range(n_units)),
        stated=Stated("s", start=0.0, stop=n_bins * float(width)),
        facts=(
            Fact("spikes", f"a raster of {n_units} units in {n_bins} bins", where),
            Fact("bin width", f"{float(width):g} s", width_where),
        ),
        notes=tuple(notes),
    )


def _filled(counts: Any) -> tuple[NDArray, NDArray, NDArray]:
    """Return row, column and value of each cell that is not 0."""
    if isinstance(counts, np.ndarray):
        row, column = np.nonzero(counts)
        return row, column, counts[row, column]
    cells = counts.tocoo()
    filled = cells.data != 0
    return cells.row[filled], cells.col[filled], cells.data[filled]


def _bins_as_rows(rows: int, columns: int, questions: Questions) -> bool:
    """Return whether rows are bins: the longer side is time, and asked for where the sides are alike."""
    clear = max(rows, columns) >= 4 * min(rows, columns)
    guess = BINS_AS_ROWS if rows >= columns else UNITS_AS_ROWS
    if questions.answer("raster_rows") is None and clear:
        return guess == BINS_AS_ROWS
    reason = f"the raster has {rows} rows and {columns} columns; there are mostly more bins than units"
    question = Question(
        "raster_rows", "What is a row of the raster?", guess, reason, (BINS_AS_ROWS, UNITS_AS_ROWS), required=not clear
    )
    return questions.ask(question) == BINS_AS_ROWS
