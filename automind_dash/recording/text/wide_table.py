"""Text tables that give each unit a column or a row of its own, and rasters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..any_arrays.rasters import spikes_in_bins
from ..facts.assembly import Found, joined
from ..facts.time_units import unit_in_name
from ..facts.timing import PER_SECOND, Stated
from ..files.start import Start
from ..questions import Question, Questions
from ..recording import MAX_SPIKES, MAX_UNITS
from ..report import Fact
from .columns import distinct
from .layouts import COLUMNS, RASTER, TRUTH, Rows, is_index, steps_evenly, without_padding
from .text_table import JUDGED_COLUMNS, TextTable, fields, is_number, stated_number

MOST_COLUMNS = 1000
"""A table of more is parsed line by line: a data frame of a column each would take minutes."""

RATE_WORDS, LENGTH_WORDS = (
    r"sampl\w*[ _-]*(?:rate|freq\w*)|abtastrate|^fs\b",
    r"duration|recording (?:time|length)|dauer|length",
)


def read_wide(start: Start, table: TextTable, layout: str, questions: Questions) -> Found:
    """Return the spikes of a table with a column or a row for each unit, or of a raster."""
    if layout == RASTER:
        return _raster(start, table, questions)
    if layout == COLUMNS:
        values, _ = _matrix(start, table, questions.file)
        names = distinct(table.names) if table.names else []
        if names and is_index(values[:, 0], table.names[0]):
            questions.left_out.append(f"column {names[0]!r}, which numbers the rows")
            values, names = values[:, 1:], names[1:]
        unpadded = without_padding(values)
        if padding := int(np.isnan(unpadded).sum() - np.isnan(values).sum()):
            questions.left_out.append(f"{padding} numbers at the ends of columns, all the same, which fill them up")
        trains = [column[~np.isnan(column)] for column in unpadded.T]
        while len(names) < len(trains) and not trains[-1].size:  # a separator too many at the end of each row
            trains.pop()
        said = (*table.names[:JUDGED_COLUMNS], *table.units_row)
        return trains_found(trains, names, stated_in(table.preamble, said), layout, questions)
    return read_rows(start, Rows(table.separator, table.decimal, False), questions)


def _raster(start: Start, table: TextTable, questions: Questions) -> Found:
    """Return the spikes of a table of counts, beside which a column may give the bins' times, or the units' names."""
    named = bool(table.rows) and all(
        row and not is_number(row[0], table.decimal) and row[0].lower() not in TRUTH for row in table.rows
    )
    values, labels = _matrix(start, table, questions.file, named)
    if np.isnan(values).any():
        raise RecordingError(
            f"{questions.file}: its raster has {int(np.isnan(values).sum())} empty cells; fill them with 0."
        )
    if named:
        return spikes_in_bins(values, questions, "the table", names=tuple(distinct(labels)), bins_as_rows=False)
    names, width, where = tuple(distinct(table.names)), None, ""
    if values.shape[1] > 2 and steps_evenly(values[:, 0]):
        bins, values = values[:, 0], values[:, 1:]
        name, names = (names[0], names[1:]) if names else ("1", ())
        width = _bin_width(float(np.median(np.diff(bins))), name, questions)
        where = f"the steps of column {name!r}"
    return spikes_in_bins(
        values,
        questions,
        "the table",
        names=names,
        width=width,
        width_where=where,
        bins_as_rows=True if names else None,
    )


def _bin_width(step: float, name: str, questions: Questions) -> float | None:
    """Return s between rows whose times stand in a column, None where it only numbers them or does not say its unit."""
    unit = unit_in_name(name)
    if unit in PER_SECOND:
        return step / PER_SECOND[unit]
    if step != 1 and questions.answer("bin_width") is None:
        reason = f"column {name!r} rises by {step:g}, and nothing says whether these are s"
        return questions.ask(
            Question("bin_width", "How wide is a bin of the raster?", step, reason, unit="s", required=True)
        )
    return None


def read_rows(start: Start, rows: Rows, questions: Questions) -> Found:
    """Return the spikes of a text whose lines are units' trains."""
    trains: list[NDArray] = []
    names: list[str] = []
    above: list[str] = []
    with start.path.open(encoding=start.encoding, errors="replace", newline=None) as lines:
        for line in lines:
            if len(trains) == 0 and (not line.strip() or (rows.header and line.rstrip("\r\n") == rows.header)):
                continue
            if line.startswith(("#", "%")):
                above.append(line.strip("#% \n"))
                continue
            name, train = _train(line, rows, questions.file, len(trains) + 1)
            names.append(name)
            trains.append(train)
            if len(trains) > MAX_UNITS:
                raise RecordingError(f"{questions.file}: it has more than {MAX_UNITS} rows, too many for one a unit.")
    while trains and not trains[-1].size and not rows.named:  # empty lines at the end
        trains.pop()
        names.pop()
    return trains_found(
        trains,
        names if rows.named else [],
        stated_in(above, tuple(fields(rows.header, rows.separator))),
        "a row for each unit",
        questions,
    )


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


def _train(line: str, rows: Rows, file: str, number: int) -> tuple[str, NDArray]:
    items = fields(line.rstrip("\r\n"), rows.separator)
    name = items.pop(0).rstrip(":") if rows.named and items else ""
    items = [item.replace(rows.decimal, ".") for item in items if item]
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
    """Return the facts about time in the lines before a table and in the names of its columns."""
    units = {unit for unit in (unit_in_name(text) for text in (*names[:JUDGED_COLUMNS], *preamble)) if unit}
    rate, length = stated_number(preamble, RATE_WORDS, grouped=True), stated_number(preamble, LENGTH_WORDS)
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


def _matrix(start: Start, table: TextTable, file: str, named: bool = False) -> tuple[NDArray[np.float64], list[str]]:
    """Return the numbers of the table, (rows, columns), NaN where a cell is empty, and the names that its rows begin with if they do."""
    width = max([len(table.names), *(len(row) for row in table.rows)])
    if width <= MOST_COLUMNS and not named:
        from .table_values import numeric, read_columns

        frame = read_columns(start.path, table, None)
        names = [*table.names, *(str(i + 1) for i in range(len(table.names), frame.shape[1]))]
        columns = [numeric(frame.iloc[:, i], names[i], file) for i in range(frame.shape[1])]
        return np.column_stack([np.asarray(column, np.float64) for column in columns]), []
    rows: list[NDArray[np.float64]] = []
    labels: list[str] = []
    skip = set(table.skip)
    held = 0
    with start.path.open(encoding=table.encoding, errors="replace", newline=None) as lines:
        for i, line in enumerate(lines):
            if i in skip or not line.strip():
                continue
            line = line if table.decimal == "." else line.replace(table.decimal, ".")
            items = line.split() if table.separator == r"\s+" else line.rstrip("\r\n").split(table.separator)
            if named:
                labels.append(items.pop(0).strip().strip('"'))
            try:
                row = np.array([item if item.strip() else "nan" for item in items], dtype=np.float64)
            except ValueError as error:
                raise RecordingError(f"{file}: in row {len(rows) + 1} {error}; correct that row.") from error
            rows.append(row)
            held += row.size
            if held > MAX_SPIKES:
                raise RecordingError(f"{file}: it has more than {MAX_SPIKES} cells; cut it in time.")
    width = max(row.size for row in rows)
    return np.array([np.pad(row, (0, width - row.size), constant_values=np.nan) for row in rows]), labels
