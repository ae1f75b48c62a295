"""How a text table lays out its spikes: a row for each, a column for each unit, a row for each unit, or a raster."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..any_arrays.variables import looks_like_times
from ..files.start import Start
from ..questions import Question, Questions
from .text_table import JUDGED_COLUMNS, SEPARATORS, TextTable, fields, is_number

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

MANY_BINS = 20
"""Bins that a raster has at least where each of its rows begins with a name."""

FEW_TIMES = 6
"""Times that lines with names have at least, where all have equally many: a spike list has fewer columns."""

INDEX_NAME = re.compile(
    r"$|(unnamed.*|index|idx|row|zeile|n[ro]\.?|num(ber)?|#|spike(s|_?(no|nr|num|number|index))?)$", re.IGNORECASE
)
"""Names over a column that numbers the rows."""

TRUTH = {"true": 1.0, "false": 0.0}

SIGNAL_NAME = re.compile(r"^(sig|nr_|n_?\d|adch|ch_?\d|c\d|e_?\d|\d)", re.IGNORECASE)
"""How acquisition programs name channels and units."""


def layout_of(table: TextTable, questions: Questions) -> Layout:
    """Return the layout of a table, by its first rows; asked for where these fit two layouts."""
    cells = [row[:JUDGED_COLUMNS] for row in table.rows]
    width = max((len(row) for row in cells), default=0)
    values, text = _read(cells, width, table.decimal)
    guess, sure, reason = _judged(values, text, table.names[:JUDGED_COLUMNS])
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
    named_rows = text[:, 0].all() and width > MANY_BINS
    if width > 2 and not text[:, 1:].any() and _counts(values[:, 1:]) and (named_rows or steps_evenly(values[:, 0])):
        return RASTER, True, ""
    if names and width > 2 and n_rows > 2 and is_index(values[:, 0], names[0]):
        values, text, names, width = values[:, 1:], text[:, 1:], names[1:], width - 1
    times = sum(looks_like_times(name) > 0 for name in names)
    units = sum(looks_like_times(name) < 0 or bool(SIGNAL_NAME.match(name)) for name in names)
    one_time = names and times == 1 and units < width - 1
    if text.any() or one_time:
        return LIST, True, ""
    if _counts(values) and (width > 3 or (names and units == width)) and not (width == 2 and times):
        return RASTER, True, ""
    unpadded = without_padding(values)
    columns = _ascending(unpadded.T) and (n_rows > 1)
    rows = _ascending(values) and width > 3 and not names
    ragged = bool(np.isnan(unpadded).any())
    if columns and rows:
        return COLUMNS, False, f"the numbers of its first {n_rows} rows rise along the rows and down the columns"
    if columns and (width > 2 or names) and times in (0, len(names)):
        sure = ragged or bool(names and units == width)
        return COLUMNS, sure, f"each of its {width} columns holds numbers that rise"
    if rows:
        return ROWS, True, ""
    return LIST, True, ""


def _counts(values: NDArray[np.float64]) -> bool:
    """Return whether numbers are spikes in bins: whole, small, most of them 0."""
    known = values[~np.isnan(values)]
    whole = known.size > 0 and bool((known >= 0).all() and (known == np.floor(known)).all())
    return whole and known.max() <= MOST_IN_A_BIN and (known == 0).mean() > MOSTLY_ZERO


def steps_evenly(values: NDArray[np.float64]) -> bool:
    """Return whether numbers rise by the same step, as the bins' times do beside a raster; but for their rounding."""
    steps = np.diff(values)
    if steps.size < 2 or not np.isfinite(steps).all() or steps.min() <= 0:
        return False
    return bool(np.ptp(steps) <= 0.1 * np.median(steps))


def is_index(values: NDArray[np.float64], name: str) -> bool:
    """Return whether a column numbers the rows: whole numbers one after the other, under a name that says so or none."""
    return bool((np.diff(values) == 1).all()) and values[0] in (0, 1) and bool(INDEX_NAME.match(name.strip()))


def without_padding(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a matrix, (rows, columns), with NaN in place of what fills columns up at their ends: zeros, or one negative number."""
    lowest = np.nanmin(values) if not np.isnan(values).all() else 0.0
    fill = (values == 0) | ((values == lowest) & (lowest < 0))
    filled = ~np.isnan(values) & ~fill
    last = np.where(filled.any(axis=0), filled.shape[0] - 1 - filled[::-1].argmax(axis=0), -1)
    padding = fill & (np.arange(len(values))[:, None] > last)
    return np.where(padding, np.nan, values) if filled.any() else values


def _ascending(trains: NDArray[np.float64]) -> bool:
    """Return whether each row rises and is empty at its end only, and most rows have several numbers."""
    empty = np.isnan(trains)
    if (empty[:, :-1] & ~empty[:, 1:]).any() or (~empty).sum(axis=1).max(initial=0) < 2:
        return False
    with np.errstate(invalid="ignore"):
        falls = np.diff(trains, axis=1) < 0
    return not falls.any()


def _read(cells: list[list[str]], width: int, decimal: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the numbers of the cells, NaN where there is none, and where a cell holds text."""
    values, text = np.full((len(cells), width), np.nan), np.zeros((len(cells), width), dtype=bool)
    for j, row in enumerate(cells):
        for i, item in enumerate(row):
            if is_number(item, decimal):
                values[j, i] = float(item.replace(decimal, "."))
            elif item.lower() in TRUTH:
                values[j, i] = TRUTH[item.lower()]
            else:
                text[j, i] = bool(item)
    return values, text


@dataclass(frozen=True)
class Rows:
    """How a text writes a unit's train in each line.

    named: each line begins with the unit's name; header: the first line, "" where it is a train, too
    """

    separator: str
    decimal: str
    named: bool
    header: str = ""


def trains_in_rows(start: Start) -> Rows | None:
    """Return how a text writes its trains when each line is a unit's: rising, and of many lengths unless they have names."""
    lines = [line for line in start.lines if line.strip() and not line.startswith(("#", "%"))][:50]
    if not lines:
        return None
    whole = (
        lines if start.whole or len(start.lines) > 1 else [lines[0][: max(lines[0].rfind(mark) for mark in "\t;, ")]]
    )
    for separator in SEPARATORS:
        split = [[item for item in fields(line, separator) if item] for line in whole]
        for decimal in (".", ","):
            worded = len(split) > 2 and not any(is_number(item, decimal) for item in split[0])
            rows = split[worded:]
            written = all(row and not is_number(row[0], decimal) for row in rows)
            named = written or _numbered(rows, decimal)
            if worded and (not named or len(split[0]) == len(rows[0]) > 2):
                continue  # a header over columns
            lengths = {len(row) - named for row in rows}
            trains = [row[named : named + JUDGED_COLUMNS] for row in rows]
            if max(lengths) < 4 or (len(lengths) < 2 and len(rows) > 1 and not (written and min(lengths) >= FEW_TIMES)):
                continue
            if not all(is_number(item, decimal) for train in trains for item in train):
                continue
            numbers = [np.array([float(item.replace(decimal, ".")) for item in train]) for train in trains]
            if all((np.diff(train) >= 0).all() for train in numbers) and any(
                np.ptp(train) > 0 for train in numbers if train.size
            ):
                return Rows(separator, decimal, named, whole[0] if worded else "")
    return None


def _numbered(rows: list[list[str]], decimal: str) -> bool:
    """Return whether each row begins with its unit's number: 0, 1, 2 … before times that are no whole numbers."""
    if len(rows) < 3 or not all(row and row[0].isdecimal() for row in rows):
        return False
    first = [int(row[0]) for row in rows]
    others = (item for row in rows for item in row[1:JUDGED_COLUMNS])
    return first in (list(range(len(rows))), list(range(1, len(rows) + 1))) and any(decimal in item for item in others)


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
