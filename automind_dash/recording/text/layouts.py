"""How a text table lays out its spikes: a row for each, a column for each unit, a row for each unit, or a raster."""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..any_arrays.variables import looks_like_times
from ..files.start import Start
from ..questions import Question, Questions
from .text_table import SEPARATORS, TextTable, fields, is_number

Layout = Literal["a row for each spike", "a column for each unit", "a row for each unit", "a raster"]
LIST: Layout = "a row for each spike"
COLUMNS: Layout = "a column for each unit"
ROWS: Layout = "a row for each unit"
RASTER: Layout = "a raster"
LAYOUTS = (LIST, COLUMNS, ROWS, RASTER)

MOSTLY_ZERO = 0.5
"""Share of a raster's cells that hold no spike."""

MOST_IN_A_BIN = 50
"""Spikes in one bin of a raster of counts."""

SIGNAL_NAME = re.compile(r"^(sig|nr_|n_?\d|adch|ch_?\d|c\d|e_?\d|\d)", re.IGNORECASE)
"""How acquisition programs name channels and units."""


def layout_of(table: TextTable, questions: Questions) -> Layout:
    """Return the layout of a table, by its first rows; asked for where these fit two layouts."""
    cells = table.rows()
    width = max((len(row) for row in cells), default=0)
    values = _numbers(cells, width, table.decimal)
    text = np.array(
        [
            [i < len(row) and bool(row[i]) and np.isnan(values[j, i]) for i in range(width)]
            for j, row in enumerate(cells)
        ]
    )
    guess, sure, reason = _judged(values, text, table.names)
    if questions.answer("layout") is None and sure:
        return guess
    return questions.ask(
        Question("layout", "How does the table lay out its spikes?", guess, reason, LAYOUTS, required=not sure)
    )


def _judged(values: NDArray[np.float64], text: NDArray[np.bool_], names: list[str]) -> tuple[Layout, bool, str]:
    """Return the likeliest layout, whether it is the only one that fits, and why."""
    n_rows, width = values.shape
    if not n_rows or width < 2:
        return LIST, True, ""
    times = sum(looks_like_times(name) > 0 for name in names)
    units = sum(looks_like_times(name) < 0 or bool(SIGNAL_NAME.match(name)) for name in names)
    one_time = names and times == 1 and units < width - 1
    if text.any() or one_time:
        return LIST, True, ""
    known = values[~np.isnan(values)]
    if _counts(known) and (width > 3 or (names and units == width)) and not (width == 2 and times):
        return RASTER, True, ""
    columns = _ascending(values.T) and (n_rows > 1)
    rows = _ascending(values) and width > 3 and not names
    ragged = bool(np.isnan(values).any())
    if columns and rows:
        return COLUMNS, False, f"the numbers of its first {n_rows} rows rise along the rows and down the columns"
    if columns and (width > 2 or names) and times in (0, len(names)):
        sure = ragged or bool(names and units == width)
        return COLUMNS, sure, f"each of its {width} columns holds numbers that rise"
    if rows:
        return ROWS, True, ""
    return LIST, True, ""


def _counts(known: NDArray[np.float64]) -> bool:
    """Return whether numbers are spikes in bins: whole, small, most of them 0."""
    whole = known.size > 0 and bool((known >= 0).all() and (known == np.floor(known)).all())
    return whole and known.max() <= MOST_IN_A_BIN and (known == 0).mean() > MOSTLY_ZERO


def _ascending(trains: NDArray[np.float64]) -> bool:
    """Return whether each row rises and is empty at its end only, and most rows have several numbers."""
    empty = np.isnan(trains)
    if (empty[:, :-1] & ~empty[:, 1:]).any() or (~empty).sum(axis=1).max(initial=0) < 2:
        return False
    with np.errstate(invalid="ignore"):
        falls = np.diff(trains, axis=1) < 0
    return not falls.any()


def _numbers(cells: list[list[str]], width: int, decimal: str) -> NDArray[np.float64]:
    out = np.full((len(cells), width), np.nan)
    for j, row in enumerate(cells):
        for i, item in enumerate(row):
            if is_number(item, decimal):
                out[j, i] = float(item.replace(decimal, "."))
    return out


def trains_in_rows(start: Start) -> tuple[str, str, bool] | None:
    """Return separator, decimal sign and whether names come first, when each line is a unit's train: of many lengths, rising."""
    lines = [line for line in start.lines if line.strip() and not line.startswith(("#", "%"))][:50]
    if not lines:
        return None
    whole = (
        lines if start.whole or len(start.lines) > 1 else [lines[0][: max(lines[0].rfind(mark) for mark in "\t;, ")]]
    )
    for separator in SEPARATORS:
        rows = [[item for item in fields(line, separator) if item] for line in whole]
        for decimal in (".", ","):
            named = all(row and not is_number(row[0], decimal) for row in rows)
            trains = [row[named:] for row in rows]
            lengths = {len(train) for train in trains}
            if max(lengths) < 4 or (len(lengths) < 2 and len(rows) > 1):
                continue
            if not all(is_number(item, decimal) for train in trains for item in train):
                continue
            numbers = [np.array([float(item.replace(decimal, ".")) for item in train]) for train in trains]
            if all((np.diff(train) >= 0).all() for train in numbers):
                return separator, decimal, named
    return None


def names_in_a_line(start: Start) -> int | None:
    """Return how many names begin a text of one line, which go before as many columns of numbers, row after row; None for other texts."""
    if len(start.lines) != 1 or "\t" not in start.lines[0]:
        return None
    items = start.lines[0].split("\t")
    items = items if start.whole else items[:-1]
    names = next((i for i, item in enumerate(items) if is_number(item.strip())), 0)
    rest = items[names:]
    if names < 2 or len(rest) < names or any(item.strip() and not is_number(item.strip()) for item in rest):
        return None
    return names
