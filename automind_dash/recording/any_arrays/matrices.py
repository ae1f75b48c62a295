"""Matrices that hold spikes: rasters, trains padded with NaN, tables of a spike a row, grids of cells by unit and trial."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..facts.assembly import Found, joined, numbered
from ..facts.timing import Stated
from ..questions import Question, Questions
from ..report import Fact
from .rasters import is_raster, spikes_in_bins

MOST_COLUMNS = 20
"""Of a table with a row for each spike: more are a waveform, and cut off."""

SPIKES_FROM = 3
"""Rows that such a table has at least, times its columns."""

MOSTLY_FILLED = 0.95
"""Share of zeros that a matrix of padded trains has at most."""

UNITS_TRIALS = "rows are units, columns are trials"
TRIALS_UNITS = "columns are units, rows are trials"
ALL_UNITS = "each cell is a unit"

Reader = Callable[[Questions], Found]


def reader_of(name: str, values: Any, stated: Stated, width: tuple[float, str] | None) -> Reader | None:
    """Return a function that reads the spikes of a matrix, None if the matrix holds none.

    values: (rows, columns), dense or of scipy's sparse kinds; stated: what the file says of time; width: s of a bin, and where it says so
    """
    if is_raster(values):
        return lambda questions: spikes_in_bins(
            values,
            questions,
            name,
            width=width[0] if width else None,
            width_where=width[1] if width else "",
            sampling_rate=stated.sampling_rate,
        )
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "iuf" or min(values.shape) < 2:
        return None
    if name.rpartition(".")[2] == "st3" and values.shape[1] >= 2:
        return lambda questions: _kilosort(name, values, stated)
    for trains, where in ((values, "row"), (values.T, "column")):
        for padding, padded in (("NaN", trains), ("zeros", _without_zeros(trains))):
            if padded is not None and _padded(padded):
                return partial(_trains, name, padded, where, padding, stated)
    a_row_each = 3 <= values.shape[1] <= MOST_COLUMNS or _offline_sorter(values)
    if a_row_each and values.shape[0] >= SPIKES_FROM * min(values.shape[1], MOST_COLUMNS):
        columns = [i for i in range(min(values.shape[1], MOST_COLUMNS)) if _could_be_times(values[:, i])]
        if columns:
            return lambda questions: _table(name, values, columns, stated, questions)
    return None


def _padded(trains: NDArray) -> bool:
    """Return whether each row rises and ends in NaN, and some do."""
    if trains.dtype.kind != "f":
        return False
    empty = np.isnan(trains)
    if not empty.any() or empty.all() or (empty[:, :-1] & ~empty[:, 1:]).any():
        return False
    with np.errstate(invalid="ignore"):
        return not (np.diff(trains, axis=1) < 0).any()


def _without_zeros(trains: NDArray) -> NDArray | None:
    """Return trains with NaN for the zeros at their ends, None where they have zeros elsewhere, too."""
    if (trains == 0).mean() > MOSTLY_FILLED or not (trains == 0).any():
        return None
    filled = trains != 0
    last = np.where(filled.any(axis=1), trains.shape[1] - 1 - filled[:, ::-1].argmax(axis=1), -1)
    padding = np.arange(trains.shape[1]) > last[:, None]
    if (trains[~padding] == 0).sum() > len(trains):
        return None
    return np.where(padding, np.nan, trains.astype(np.float64))


def _trains(name: str, trains: NDArray, where: str, padding: str, stated: Stated, questions: Questions) -> Found:
    times, units = joined([train[~np.isnan(train)].astype(np.float64) for train in trains])
    names = tuple(str(i + 1) for i in range(len(trains)))
    return Found(
        times,
        units,
        names,
        stated=stated,
        facts=(Fact("layout", f"a {where} for each of {len(trains)} units, padded with {padding}", name),),
    )


def _kilosort(name: str, spikes: NDArray, stated: Stated) -> Found:
    """Return the spikes of Kilosort's rez.st3: sample, template, amplitude, …, and in column 5 the cluster where templates were merged."""
    merged = (
        spikes.shape[1] > 4
        and len(np.unique(spikes[:, 4])) > 1
        and np.array_equal(spikes[:, 4], np.floor(spikes[:, 4]))
    )
    column = 4 if merged else 1
    units, names = numbered(spikes[:, column].astype(np.int64))
    facts = (
        Fact("times", f"{len(spikes)} spikes", f"{name}, column 1"),
        Fact("units", f"{len(names)} clusters", f"{name}, column {column + 1}"),
    )
    return Found(
        spikes[:, 0].astype(np.int64),
        units,
        names,
        stated=Stated("samples", sampling_rate=stated.sampling_rate),
        writer="Kilosort",
        facts=facts,
    )


def _whole(values: NDArray) -> bool:
    return bool(np.isfinite(values).all() and (values == np.floor(values)).all())


def _could_be_times(values: NDArray) -> bool:
    return bool(
        np.isfinite(values).all() and values.min() >= 0 and len(np.unique(values[:1000])) > 0.5 * min(1000, len(values))
    )


def _could_be_units(values: NDArray) -> bool:
    return _whole(values) and len(np.unique(values)) <= max(1, len(values) // 2)


def _offline_sorter(values: NDArray) -> bool:
    """Return whether a matrix has the columns of Plexon's Offline Sorter: channel, unit, time, and perhaps the waveform."""
    if values.shape[1] < 3 or values.shape[0] < 2:
        return False
    channel, unit, time = values[:, 0], values[:, 1], values[:, 2]
    small = (
        _could_be_units(channel)
        and _could_be_units(unit)
        and channel.min() >= 1
        and unit.min() >= 0
        and unit.max() <= 26
    )
    return small and _could_be_times(time) and not _whole(time)


def _table(name: str, values: NDArray, times: list[int], stated: Stated, questions: Questions) -> Found:
    """Return the spikes of a matrix with a row for each; asks which column is which."""
    plexon = _offline_sorter(values)
    labels = [f"column {i + 1}" for i in range(min(values.shape[1], MOST_COLUMNS))]
    rising = [i for i in times if (np.diff(values[:, i]) >= 0).all()]
    guess = 2 if plexon else (rising or times)[0]
    column = guess
    if not plexon or questions.answer("time_variable") is not None:
        reason = f"of the {len(labels)} columns of {name!r} its numbers differ most" + (" and rise" if rising else "")
        question = Question(
            "time_variable",
            "Which column holds the spike times?",
            labels[guess],
            reason,
            tuple(labels),
            required=len(rising) != 1,
        )
        column = labels.index(questions.ask(question))
    others = [i for i in range(len(labels)) if i != column and _could_be_units(values[:, i])]
    choices = [labels[i] for i in others] + (
        [f"columns {others[0] + 1} and {others[1] + 1}"] if len(others) > 1 else []
    )
    if not choices:
        units, names = numbered(np.zeros(len(values), dtype=np.int64))
    else:
        guess_unit = f"columns {others[0] + 1} and {others[1] + 1}" if plexon else choices[0]
        reason = (
            "the columns are as Plexon's Offline Sorter exports them: channel, unit, time"
            if plexon
            else f"its whole numbers repeat: {len(np.unique(values[:, others[0]]))} different ones"
        )
        required = len(choices) > 1 and not plexon
        chosen = questions.ask(
            Question(
                "unit_variable", "Which column holds the units?", guess_unit, reason, tuple(choices), required=required
            )
        )
        if chosen in labels:
            units, names = numbered(values[:, labels.index(chosen)].astype(np.int64))
        else:
            pairs = values[:, others[:2]].astype(np.int64)
            units, names = numbered(np.array([f"{a}_{b}" for a, b in pairs]))
    facts = (
        Fact("layout", f"a row for each of {len(values)} spikes", name),
        Fact("times", f"{len(values)} spikes", f"{name}, {labels[column]}"),
    )
    return Found(values[:, column], units, names, stated=stated, facts=facts)


def grid(name: str, trains: list[NDArray], shape: tuple[int, int], stated: Stated, questions: Questions) -> Found:
    """Return the spikes of a two-dimensional array of cells; asks whether one side of it is trials.

    trains: one a cell, row after row; shape: rows and columns
    """
    rows, columns = shape
    reason = f"{name!r} has {rows} rows and {columns} columns of cells, and the file does not say what these are"
    guess = UNITS_TRIALS if rows >= columns else TRIALS_UNITS
    question = Question(
        "layout",
        "What are the rows and columns of cells?",
        guess,
        reason,
        (UNITS_TRIALS, TRIALS_UNITS, ALL_UNITS),
        required=True,
    )
    layout = questions.ask(question)
    times, cells = joined([train.astype(np.float64) for train in trains])
    row, column = np.divmod(cells, columns)
    fact = Fact("layout", layout, f"{name}, {rows} by {columns} cells")
    if layout == ALL_UNITS:
        names = tuple(f"{i + 1},{j + 1}" for i in range(rows) for j in range(columns))
        return Found(times, cells, names, stated=stated, facts=(fact,))
    units, trials, n_units, n_trials = (
        (row, column, rows, columns) if layout == UNITS_TRIALS else (column, row, columns, rows)
    )
    return Found(
        times,
        units,
        tuple(str(i + 1) for i in range(n_units)),
        stated=stated,
        trials=trials,
        trial_names=tuple(str(i + 1) for i in range(n_trials)),
        facts=(fact,),
    )
