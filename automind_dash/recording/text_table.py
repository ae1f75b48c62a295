"""How a text table is written: its encoding, separator, decimal sign, header and comments."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass

from ..errors import RecordingError
from .formats import READABLE
from .start import Start

SNIFFED_LINES = 100
SEPARATORS = ("\t", ";", ",", "|", r"\s+")
"""In the order in which they are tried: a decimal comma may stand inside fields that semicolons or tabs separate."""

REGULAR = 0.8
"""Share of the first lines that must have equally many fields."""

NOTHING = "there are neither units nor spikes in it; choose another file."
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$|[-+]?(nan|inf(inity)?)$", re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+$")


@dataclass(frozen=True)
class TextTable:
    """A table's make: names is its header, empty where it has none; skip: numbers of the lines that hold no row of values."""

    encoding: str
    separator: str
    decimal: str
    names: list[str]
    skip: tuple[int, ...]
    comment: str | None
    first_lines: tuple[str, ...]


def sniff(start: Start) -> TextTable:
    """Return how a text table is written; raises RecordingError for text that is no table."""
    lines, encoding, file = start.lines, start.encoding or "utf-8", start.file
    numbered = [(i, line) for i, line in enumerate(lines) if line.strip()]
    comment = "#" if numbered and numbered[0][1].startswith("#") else None
    comments = [i for i, line in numbered if comment and line.lstrip().startswith(comment)]
    rows = [(i, line) for i, line in numbered if i not in comments][:SNIFFED_LINES]
    if any("#" in line for _, line in rows):
        comment = None  # in this file it stands in names of units, too
    if not rows:
        raise RecordingError(f"{file}: {NOTHING}")
    separator = _separator([line for _, line in rows])
    if separator is None:
        if all(NUMBER.match(line.strip()) for _, line in rows[1:]) and len(rows) > 1:
            raise RecordingError(f"{file}: it has one column; a spike list needs two, a time and a unit in each row.")
        raise RecordingError(f"{file}: its text is no table with a time and a unit in each row; it must be {READABLE}.")
    fields = [_fields(line, separator) for _, line in rows]
    decimal = "," if separator != "," and any(DECIMAL_COMMA.match(item) for row in fields[1:] for item in row) else "."
    header = not any(_is_number(item, decimal) for item in fields[0])
    if header and len(rows) == 1:
        raise RecordingError(f"{file}: {NOTHING}")
    skip = tuple({*range(rows[0][0] + header), *(() if comment else comments)})
    names = fields[0] if header else []
    return TextTable(encoding, separator, decimal, names, skip, comment, tuple(line for _, line in rows))


def _is_number(item: str, decimal: str) -> bool:
    return bool(NUMBER.match(item.replace(decimal, ".")))


def _fields(line: str, separator: str) -> list[str]:
    if separator == r"\s+":
        return line.split()
    return [item.strip() for item in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]


def _separator(lines: list[str]) -> str | None:
    """Return the separator that gives most lines the same number of fields, at least two; None when none does."""
    for separator in SEPARATORS:
        counts = Counter(len(_fields(line, separator)) for line in lines)
        n_fields, n_lines = counts.most_common(1)[0]
        if n_fields >= 2 and len(_fields(lines[0], separator)) == n_fields and n_lines >= REGULAR * len(lines):
            return separator
    return None
