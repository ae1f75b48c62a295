"""Text tables that give each unit a column or a row of its own, and rasters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..any_arrays.rasters import spikes_in_bins
from ..any_arrays.variables import unit_in_name
from ..facts.assembly import Found, joined
from ..facts.timing import PER_SECOND, Stated
from ..files.start import Start
from ..questions import Question, Questions
from ..recording import MAX_SPIKES, MAX_UNITS
from ..report import Fact
from .columns import distinct
from .layouts import COLUMNS, RASTER
from .text_table import TextTable, stated_number

MOST_COLUMNS = 1000
"""A table of more is parsed line by line: a data frame of a column each would take minutes."""

RATE_WORDS, LENGTH_WORDS = (
    r"sampl\w*[ _-]*(?:rate|freq\w*)|abtastrate|^fs\b",
    r"duration|recording (?:time|length)|dauer|length",
)


def read_wide(start: Start, table: TextTable, layout: str, questions: Questions) -> Found:
    """Return the spikes of a table with a column or a row for each unit, or of a raster."""
    if layout == RASTER:
        values = _matrix(start, table, questions.file)
        if np.isnan(values).any():
            raise RecordingError(
                f"{questions.file}: its raster has {int(np.isnan(values).sum())} empty cells; fill them with 0."
            )
        return spikes_in_bins(
            values,
            questions,
            "the table",
            names=tuple(distinct(table.names)),
            bins_as_rows=True if table.names else None,
        )
    if layout == COLUMNS:
        values = _matrix(start, table, questions.file)
        trains = [column[~np.isnan(column)] for column in values.T]
        names = distinct(table.names) if table.names else []
        while len(names) < len(trains) and not trains[-1].size:  # a separator too many at the end of each row
            trains.pop()
        return trains_found(
            trains, names, stated_in(table.preamble, (*table.names, *table.units_row)), layout, questions
        )
    return read_rows(start, table.separator, table.decimal, False, questions)


def read_rows(start: Start, separator: str, decimal: str, named: bool, questions: Questions) -> Found:
    """Return the spikes of a text whose lines are units' trains; named: each begins with the unit's name."""
    trains: list[NDArray] = []
    names: list[str] = []
    above: list[str] = []
    with start.path.open(encoding=start.encoding, errors="replace", newline=None) as lines:
        for line in lines:
            if not line.strip() and len(trains) == 0:
                continue
            if line.startswith(("#", "%")):
                above.append(line.strip("#% \n"))
                continue
            name, train = _train(line, separator, decimal, named, questions.file, len(trains) + 1)
            names.append(name)
            trains.append(train)
            if len(trains) > MAX_UNITS:
                raise RecordingError(f"{questions.file}: it has more than {MAX_UNITS} rows, too many for one a unit.")
    while trains and not trains[-1].size and not named:  # empty lines at the end
        trains.pop()
        names.pop()
    return trains_found(trains, names if named else [], stated_in(above, ()), "a row for each unit", questions)


def read_one_line(start: Start, names: int, questions: Questions) -> Found:
    """Return the spikes of a text of one line, as NeuroExplorer exports: names, then row after row a time of each unit, or a blank."""
    items = start.path.read_text(encoding=start.encoding, errors="replace").rstrip("\r\n").split("\t")
    heads, cells = items[:names], items[names:]
    cells += [""] * (-len(cells) % names)
    trains = []
    for i, name in enumerate(heads):
        try:
            trains.append(np.array([cell for cell in cells[i::names] if cell.strip()], dtype=np.float64))
        except ValueError as error:
            raise RecordingError(
                f"{questions.file}: {name!r} is to have spike times, but {error}; export it again."
            ) from error
        if (np.diff(trains[-1]) < 0).any():
            raise RecordingError(
                f"{questions.file}: it is one line of {names} names and then numbers, but those of {name!r} do not rise; "
                "export it with a line for each row."
            )
    return trains_found(
        trains, distinct(heads), stated_in((), tuple(heads)), "one line, a column for each unit", questions
    )


def _train(line: str, separator: str, decimal: str, named: bool, file: str, number: int) -> tuple[str, NDArray]:
    items = (
        line.split()
        if separator == r"\s+"
        else [item.strip().strip('"') for item in line.rstrip("\r\n").split(separator)]
    )
    name = items.pop(0) if named and items else ""
    items = (
        [item.replace(decimal, ".") for item in items if item] if decimal != "." else [item for item in items if item]
    )
    try:
        train = np.array(items, dtype=np.float64)
    except ValueError as error:
        raise RecordingError(
            f"{file}: row {number} is to be one unit's spike times, but {error}; correct that row."
        ) from error
    return name, train[~np.isnan(train)]


def trains_found(trains: list[NDArray], names: list[str], stated: Stated, layout: str, questions: Questions) -> Found:
    """Return the spikes of one train a unit; asks whether those without a spike are units."""
    named = tuple(names) if len(names) == len(trains) else tuple(str(i + 1) for i in range(len(trains)))
    silent = sum(not train.size for train in trains)
    if 0 < silent < len(trains) or (silent < len(trains) and questions.answer("silent_units")):
        reason = f"{silent} of {len(trains)} are without a spike; an array's list has an entry for every electrode"
        question = Question("silent_units", "Are entries without a spike units?", "keep", reason, ("keep", "leave out"))
        if questions.ask(question) == "leave out":
            named = tuple(name for name, train in zip(named, trains, strict=True) if train.size)
            trains = [train for train in trains if train.size]
    times, units = joined(trains)
    if times.size > MAX_SPIKES:
        raise RecordingError(
            f"{questions.file}: {times.size} spikes; at most {MAX_SPIKES} can be held. Cut it in time."
        )
    return Found(
        times,
        units,
        named,
        stated=stated,
        facts=(Fact("layout", f"{layout}, {len(trains)} units", "the table"), *_facts(stated)),
    )


def _facts(stated: Stated) -> list[Fact]:
    facts = [Fact("unit of times", stated.unit, "the lines before the numbers")] if stated.unit else []
    if stated.sampling_rate:
        facts.append(Fact("sampling rate", f"{stated.sampling_rate:g} Hz", "the lines before the numbers"))
    return facts


def stated_in(preamble: tuple[str, ...] | list[str], names: tuple[str, ...]) -> Stated:
    """Return what the lines before a table, and the names of its columns, say of time."""
    units = {unit for unit in (unit_in_name(text) for text in (*names, *preamble)) if unit}
    rate, length = stated_number(preamble, RATE_WORDS), stated_number(preamble, LENGTH_WORDS)
    hertz = rate[0] * (1000 if rate[1].startswith("k") else 1) if rate else None
    stop = (
        length[0] / PER_SECOND.get(length[1].replace("µ", "u"), 1.0)
        if length and length[1][:3] in ("s", "sec", "ms", "us")
        else None
    )
    return Stated(
        unit=units.pop() if len(units) == 1 else None,
        sampling_rate=hertz if hertz and hertz > 0 else None,
        likely_stop=stop,
        hint="a line before the table says so" if stop else "",
    )


def _matrix(start: Start, table: TextTable, file: str) -> NDArray[np.float64]:
    """Return the numbers of the table, (rows, columns), NaN where a cell is empty."""
    width = max([len(table.names), *(len(row) for row in table.rows())])
    if width <= MOST_COLUMNS:
        from .table_values import numeric, read_columns

        frame = read_columns(start.path, table, None)
        names = [*table.names, *(str(i + 1) for i in range(len(table.names), frame.shape[1]))]
        return np.column_stack(
            [np.asarray(numeric(frame.iloc[:, i], names[i], file), np.float64) for i in range(frame.shape[1])]
        )
    rows: list[NDArray[np.float64]] = []
    skip = set(table.skip)
    held = 0
    with start.path.open(encoding=table.encoding, errors="replace", newline=None) as lines:
        for i, line in enumerate(lines):
            if i in skip or not line.strip():
                continue
            items = line.split() if table.separator == r"\s+" else line.rstrip("\r\n").split(table.separator)
            if table.decimal != ".":
                items = [item.replace(table.decimal, ".") for item in items]
            try:
                row = np.array([item if item.strip() else "nan" for item in items], dtype=np.float64)
            except ValueError as error:
                raise RecordingError(f"{file}: in row {len(rows) + 1} {error}; correct that row.") from error
            rows.append(row)
            held += row.size
            if held > MAX_SPIKES:
                raise RecordingError(f"{file}: it has more than {MAX_SPIKES} cells; cut it in time.")
    width = max(row.size for row in rows)
    return np.array([np.pad(row, (0, width - row.size), constant_values=np.nan) for row in rows])
