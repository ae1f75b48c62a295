"""How a text table is written: its encoding, separator, decimal sign, header, and the text before and below it."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from ...errors import RecordingError
from ..files.start import LINE_END, Start
from ..formats.format import READABLE

SNIFFED_LINES = 100
SEPARATORS = ("\t", ";", ",", "|", r"\s+")
"""In the order in which they are tried: a decimal comma may stand inside fields that semicolons or tabs separate."""

REGULAR = 0.8
"""Share of the lines from the header on that must have equally many fields."""

JUDGED_COLUMNS = 1000
"""Columns that a table's layout is judged by: it may have 100 000."""

MAX_PREAMBLE = 200
"""Lines before the header that are looked through."""

FOOTER_BYTES = 2**18
"""The end of a file in which a table under the spikes is looked for: twenty lines of 96 wells take 40 000."""

MOST_BREAKS = 100
"""Empty lines from the end that are looked below."""

NOTHING = "there are neither units nor spikes in it; choose another file."
UNTIDY = re.compile(r"[ \xa0]|^\s|\s$|\t")
"""Where it is found in a line, its fields may begin or end in blanks."""

NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$|[-+]?(nan|inf(inity)?)$", re.IGNORECASE)
DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+(e[-+]?\d+)?$", re.IGNORECASE)
WHOLE_NUMBER = re.compile(r"\d+$")
UNIT_WORD = re.compile(
    r"[\[(]?(s|sec|seconds?|ms|msec|us|µs|μs|k?hz|[munµμ]?v|#|-|id|um|µm|samples?|int|float|str)?[\])]?$", re.IGNORECASE
)


@dataclass(frozen=True)
class TextTable:
    """The make of a table.

    names: its header, empty where it has none; units_row: the row under the header that gives units, or empty
    skip: numbers of the lines that hold no row of values; preamble: the lines before the header
    first_lines, rows: the first lines of values, and their fields; stop: the byte at which the table ends, None at the file's end
    footer: the first line under it
    """

    encoding: str
    separator: str
    decimal: str
    names: list[str]
    skip: tuple[int, ...]
    comment: str | None
    first_lines: tuple[str, ...]
    rows: list[list[str]]
    units_row: tuple[str, ...] = ()
    preamble: tuple[str, ...] = ()
    stop: int | None = None
    footer: str = ""

    def opened(self, path: Path) -> IO[bytes]:
        """Open the part of the file that is the table."""
        return path.open("rb") if self.stop is None else _Cut(path.open("rb"), self.stop)  # type: ignore[return-value]


class _Cut(io.RawIOBase):
    """A stream that ends before its file does."""

    def __init__(self, stream: IO[bytes], stop: int) -> None:
        self._stream, self._left = stream, stop

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        block = self._stream.read(min(len(buffer), self._left))
        buffer[: len(block)] = block
        self._left -= len(block)
        return len(block)

    def close(self) -> None:
        self._stream.close()
        super().close()


def sniff(start: Start) -> TextTable:
    """Return how a text table is written. Raises RecordingError for text that is not a table."""
    file = start.file
    if start.encoding is None:
        raise RecordingError(f"{file}: it is no recording in a known format; it must be {READABLE}.")
    numbered = [(i, line) for i, line in enumerate(start.lines) if line.strip()]
    comment = "#" if numbered and numbered[0][1].startswith("#") else None
    comments = [i for i, line in numbered if comment and line.lstrip().startswith(comment)]
    rows = [(i, line) for i, line in numbered if i not in comments][: SNIFFED_LINES + MAX_PREAMBLE]
    if any("#" in line for _, line in rows):
        comment = None  # in this file it stands in names of units, too
    if not rows:
        raise RecordingError(f"{file}: {NOTHING}")
    separator, first = _separator([line for _, line in rows])
    if separator is None:
        _refuse(rows, file)
    assert separator is not None
    rows, above = rows[first : first + SNIFFED_LINES], [line.strip() for _, line in rows[:first]]
    split = [fields(line, separator) for _, line in rows]
    decimal = (
        ","
        if separator != "," and any(DECIMAL_COMMA.match(item) for row in split[1:] for item in row[:JUDGED_COLUMNS])
        else "."
    )
    head = _head(split, decimal, bool(above))
    if head and len(rows) == head:
        raise RecordingError(f"{file}: {NOTHING}")
    units_row = tuple(split[head - 1]) if head > 1 and _is_units_row(split[head - 1]) else ()
    names = split[head - 1 - bool(units_row)] if head else []
    above += [line.strip() for _, line in rows[: max(0, head - 1 - bool(units_row))]]
    skip = tuple({*range(rows[head][0] if head < len(rows) else rows[-1][0] + 1), *(() if comment else comments)})
    stop, footer = _footer(start, separator, decimal, split[head:])
    return TextTable(
        start.encoding, separator, decimal, names, skip, comment, tuple(line for _, line in rows[head:]), split[head:], units_row,
        (*(line.strip() for i, line in numbered if i in comments), *above), stop, footer,
    )  # fmt: skip


def _refuse(rows: list[tuple[int, str]], file: str) -> None:
    if all(NUMBER.match(line.strip()) for _, line in rows[1:]) and len(rows) > 1:
        raise RecordingError(f"{file}: it has one column; a spike list needs two, a time and a unit in each row.")
    raise RecordingError(f"{file}: its text is no table with a time and a unit in each row; it must be {READABLE}.")


def is_number(item: str, decimal: str = ".") -> bool:
    """Return whether a field is a number."""
    return bool(NUMBER.match(item.replace(decimal, ".")))


def fields(line: str, separator: str) -> list[str]:
    """Return the fields of a line."""
    if separator == r"\s+":
        return line.split()
    if '"' in line and len(line) < csv.field_size_limit():
        return [item.strip() for item in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]
    items = line.split(separator) if line else []
    return [item.strip().strip('"') for item in items] if '"' in line or UNTIDY.search(line) else items


def _head(split: list[list[str]], decimal: str, below_text: bool) -> int:
    """Return how many of the first rows hold no values: the header, and a row of units or lines that look like a header."""
    head = 0
    while head < min(len(split), MAX_PREAMBLE) and not any(is_number(item, decimal) for item in split[head]):
        head += 1
    if head == 0 and _is_numbered(split, decimal, below_text):
        return 1
    if head > 1 and not _is_units_row(split[head - 1]):
        values = sum(any(is_number(item, decimal) for item in row) for row in split[head:])
        return head if values else 1  # a table of words only: its rows are no headers
    return _later_head(split, decimal) or head


def _later_head(split: list[list[str]], decimal: str) -> int:
    """Return how many rows there are up to a header that lines with numbers of their own stand above, as wide as the table; 0 for none.

    Such lines have words where every row under the header has a number.
    """
    worded = [
        i for i, row in enumerate(split[:MAX_PREAMBLE]) if all(row) and not any(is_number(x, decimal) for x in row)
    ]
    if not worded or not 0 < worded[-1] < len(split) - 1:
        return 0
    above, below = split[: worded[-1]], split[worded[-1] + 1 :]
    numeric = [i for i in range(min(map(len, below))) if all(is_number(row[i], decimal) for row in below)]
    of_words = all(any(i >= len(row) or not is_number(row[i], decimal) for i in numeric) for row in above)
    return worded[-1] + 1 if numeric and of_words else 0


def _is_numbered(split: list[list[str]], decimal: str, below_text: bool) -> bool:
    """Return whether the first row names its columns by numbers, as channels are: whole and all different, above others."""
    first, rest = split[0], split[1:]
    if (
        len(first) < 3
        or not all(WHOLE_NUMBER.match(item) for item in first)
        or len(set(first)) < len(first)
        or not rest
    ):
        return False
    counted = [int(item) for item in first[:JUDGED_COLUMNS]]
    if len(first) > 3 and counted in (list(range(len(counted))), list(range(1, len(counted) + 1))):
        return True  # 0, 1, 2 … are no sample numbers of spikes
    values = [item for row in rest for item in row if item]
    return below_text or all(is_number(item, decimal) and not WHOLE_NUMBER.match(item) for item in values)


def _is_units_row(row: list[str]) -> bool:
    """Return whether a row under the header gives units: (s), [µV], or nothing, in each column."""
    return any(row) and all(UNIT_WORD.match(item) for item in row)


def _separator(lines: list[str]) -> tuple[str | None, int]:
    """Return the separator that gives most lines the same number of fields, at least two, and the first such line.

    A line may end in a separator more than the header. None where no separator does.
    """
    for separator in SEPARATORS:
        counts = [len(_stripped(fields(line, separator), separator)) for line in lines]
        most = Counter(counts[len(counts) // 2 :]).most_common(1)[0][0]
        for n_fields in dict.fromkeys((most, Counter(counts).most_common(1)[0][0])):
            if n_fields < 2:
                continue
            first = next(i for i, count in enumerate(counts) if count == n_fields)
            if first > MAX_PREAMBLE:
                continue
            alike = sum(count == n_fields for count in counts[first:])
            if alike >= REGULAR * (len(lines) - first) and (alike > 1 or len(lines) == 1) and alike >= len(lines) / 20:
                return separator, first
        if widest := _ragged(lines, separator):
            return separator, widest[0]
    return None, 0


def _ragged(lines: list[str], separator: str) -> list[int]:
    """Return the first line of a table whose rows get shorter, as columns of unequal length do where empty ends are left out."""
    if separator == r"\s+":
        return []
    split = [fields(line, separator) for line in lines]
    counts = [len(row) for row in split]
    first = counts.index(max(counts))
    rest = counts[first:]
    if first > MAX_PREAMBLE or max(counts) < 3 or len(rest) < 3 or len(set(rest)) == 1:
        return []
    falling = all(later <= earlier for earlier, later in pairwise(rest))
    values = [item for row in split[first + 1 :] for item in row if item]
    return (
        [first] if falling and values and all(is_number(item, ".") or is_number(item, ",") for item in values) else []
    )


def _stripped(row: list[str], separator: str) -> list[str]:
    """Return the fields without one empty one at the end, which a separator too many leaves."""
    return row[:-1] if separator != "\t" and len(row) > 2 and not row[-1] and all(row[:-1]) else row


def _footer(start: Start, separator: str, decimal: str, rows: list[list[str]]) -> tuple[int | None, str]:
    """Return the byte at which something else begins under the rows, and its first line: a table of another make after an empty line, or
    lines of text.
    """
    size = start.path.stat().st_size
    if (start.encoding or "").startswith("utf-16") or not rows:
        return None, ""
    with start.path.open("rb") as stream:
        stream.seek(max(0, size - FOOTER_BYTES))
        tail = stream.read(FOOTER_BYTES)
    last = next(
        (line for line in reversed(LINE_END.split(tail.decode(start.encoding or "utf-8", "replace"))) if line.strip()),
        "",
    )
    if _alike(last, separator, decimal, rows):
        return None, ""
    before = max(0, size - FOOTER_BYTES)
    stop, footer = len(tail), ""
    breaks = list(re.finditer(rb"(?:\r\n|\n|\r)[,;\t ]*(?:\r\n|\n|\r)", tail))
    for match in breaks[-MOST_BREAKS:]:
        below = LINE_END.split(tail[match.end() :].decode(start.encoding or "utf-8", "replace"))
        below = [line for line in below if line.strip(",;\t ")]
        if below and not any(_alike(line, separator, decimal, rows) for line in below):
            stop, footer = match.start() + 1, below[0]
            break
    for match in reversed(list(re.finditer(rb"[^\r\n]+", tail[:stop]))):
        line = match[0].decode(start.encoding or "utf-8", "replace")
        if line.strip(",;\t "):
            if _alike(line, separator, decimal, rows) or not _is_text(line, separator, decimal, rows):
                break
            stop, footer = match.start(), line
    return (before + stop, footer.strip(",;\t ")[:60]) if footer and (stop or not before) else (None, "")


def _is_text(line: str, separator: str, decimal: str, rows: list[list[str]]) -> bool:
    """Return whether a line has words where the rows have their first numbers, and is not a row with one damaged number."""
    row = fields(line, separator)
    columns = [i for i, item in enumerate(rows[0][:JUDGED_COLUMNS]) if is_number(item, decimal)] or [0]
    item = row[columns[0]] if columns[0] < len(row) else row[0]
    damaged = len(row) == len(rows[0]) > 1 and len(columns) > 1 and all(is_number(row[i], decimal) for i in columns[1:])
    return bool(item) and not is_number(item, decimal) and not damaged


def _alike(line: str, separator: str, decimal: str, rows: list[list[str]]) -> bool:
    """Return whether a line has as many fields as the rows have, with numbers in the columns in which all rows have numbers."""
    row = _stripped(fields(line, separator), separator)
    counts = Counter(len(_stripped(item, separator)) for item in rows)
    if len(row) not in counts or counts[len(row)] < REGULAR * len(rows):
        return len(counts) > 3  # rows of many lengths: nothing can be told
    columns = [
        i
        for i in range(min(len(row), JUDGED_COLUMNS))
        if sum(i < len(item) and is_number(item[i], decimal) for item in rows) >= REGULAR * len(rows)
    ]
    return all(not row[i] or is_number(row[i], decimal) for i in columns) and (
        not columns or any(row[i] for i in columns)
    )


GROUPED = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+$")
"""A number whose thousands are set off."""


def stated_number(lines: Iterable[str], words: str, grouped: bool = False) -> tuple[float, str] | None:
    """Return the number that a line before the header gives for the words (a pattern), and its unit in lower case.

    grouped: 20,000 and 20.000 are twenty thousand, unless they are given in kilo-something
    """
    number = r"\d{1,3}(?:[.,' ]\d{3})+(?![\d.,])|\d+(?:[.,]\d+)?(?:e[-+]?\d+)?"
    for line in lines:
        match = re.search(rf"(?:{words})[^\d\n]{{0,40}}?({number})\s*([a-zµμ]*)", line, re.IGNORECASE)
        if match and grouped and GROUPED.match(match[1]) and not match[2].lower().startswith("k"):
            return float(re.sub(r"\D", "", match[1])), match[2].lower()
        if match:
            return float(match[1].replace(",", ".").replace("'", "").replace(" ", "")), match[2].lower()
    return None
