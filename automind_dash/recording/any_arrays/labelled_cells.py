"""Cells with a row for each unit: its number or name, and its spike times."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_LABELS = 6
"""Cells beside the times of a unit: its channel, its number, its name …"""


def labelled_trains(cells: list[Any], shape: tuple[int, ...]) -> dict[str, NDArray[np.float64]] | None:
    """Return the trains by the names of their units, None for cells of another make.

    cells: row after row, or one cell for each row, which holds the row's cells; shape: of the array of cells. One column, or one row, holds
    the times; all others hold one number or one word each, and together they name the unit.
    """
    if all(isinstance(cell, list) for cell in cells) and len({len(cell) for cell in cells}) == 1:
        return _by_columns([list(column) for column in zip(*cells, strict=True)])
    if len(shape) != 2 or min(shape) < 2 or max(shape) * min(shape) != len(cells):
        return None
    width = shape[1]
    rows = [cells[i : i + width] for i in range(0, len(cells), width)]
    found = _by_columns([list(column) for column in zip(*rows, strict=True)])
    return found if found is not None else _by_columns(rows)


def _by_columns(columns: list[list[Any]]) -> dict[str, NDArray[np.float64]] | None:
    """Return the trains where exactly one column holds times and the others labels that differ from unit to unit."""
    if not 2 <= len(columns) <= 1 + MOST_LABELS:
        return None
    labels = [[_label(cell) for cell in column] for column in columns]
    of_times = [i for i, column in enumerate(labels) if None in column]
    if len(of_times) != 1:
        return None
    trains = columns.pop(of_times[0])
    labels.pop(of_times[0])
    names = ["_".join(map(str, row)) for row in zip(*labels, strict=True)]
    if len(set(names)) < len(names) or not all(isinstance(train, np.ndarray) for train in trains):
        return None
    if not all(
        train.dtype.kind in "iuf" and max(train.shape, default=0) in (train.size, train.size or 1) for train in trains
    ):
        return None
    return {name: train.reshape(-1).astype(np.float64) for name, train in zip(names, trains, strict=True)}


def _label(cell: Any) -> str | None:
    """Return the name in a cell: its word, or its one whole number. None if the cell may hold times."""
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, np.ndarray) and cell.size == 1 and cell.dtype.kind in "iuf":
        value = float(cell.reshape(-1)[0])
        return f"{value:.0f}" if np.isfinite(value) and value == np.floor(value) else None
    return None
