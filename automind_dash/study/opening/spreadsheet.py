"""Tables as people write them: separators, encodings and decimal commas of every spreadsheet program. All cells are read as text."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import StudyError

MAX_BYTES = 50_000_000
"""Largest size of a table: a thousand times what a study of a thousand recordings takes."""

MAX_COLUMNS = 500
MAX_ROWS = 20_000


def read_spreadsheet(path: Path) -> pd.DataFrame:
    """Return a table with all cells as text, "" where empty, and rows numbered from 1. Raises StudyError that says what is wrong."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise StudyError(
                f"{path.name}: {size / 1e6:.0f} MB is too large for a table; at most {MAX_BYTES / 1e6:.0f} MB are read."
            )
        frame = _parquet(path) if path.suffix.lower() in (".parquet", ".pqt") else _text(path)
    except OSError as error:
        raise StudyError(f"{path.name}: it cannot be read ({error.strerror}).") from None
    frame.columns = [str(name).strip() for name in frame.columns]
    named = [name for name in frame.columns if name and not name.startswith("__index_level")]
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise StudyError(f"{path.name}: two columns are called {twice[0]!r}; give each its own name.")
    frame = frame[named]
    frame = frame[(frame != "").any(axis=1)]
    if not len(frame) or not len(frame.columns):
        raise StudyError(
            f"{path.name}: the table has no rows; it needs a line of column names and a line for each recording."
        )
    if len(frame) > MAX_ROWS:
        raise StudyError(f"{path.name}: {len(frame)} rows; at most {MAX_ROWS} are read.")
    return frame


def _parquet(path: Path) -> pd.DataFrame:
    try:
        file = pq.ParquetFile(path)
        if file.metadata.num_rows > MAX_ROWS or file.metadata.num_columns > MAX_COLUMNS:
            raise StudyError(
                f"{path.name}: {file.metadata.num_rows} rows of {file.metadata.num_columns} columns; at most {MAX_ROWS} of "
                f"{MAX_COLUMNS} are read."
            )
        held = sum(file.metadata.row_group(i).total_byte_size for i in range(file.metadata.num_row_groups))
        if held > MAX_BYTES:
            raise StudyError(
                f"{path.name}: it unpacks to {held / 1e6:.0f} MB; at most {MAX_BYTES / 1e6:.0f} MB are read."
            )
        # plain columns: ignore the index and types that pandas noted
        frame = file.read().replace_schema_metadata(None).to_pandas()
    except (pa.ArrowException, OSError) as error:
        raise StudyError(
            f"{path.name}: it is not a Parquet table, or a damaged one ({str(error).splitlines()[0][:120]})."
        ) from None
    frame = frame.map(lambda value: "" if value is None or value != value else str(value).strip())
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame


def _text(path: Path) -> pd.DataFrame:
    raw = path.read_bytes()
    if b"\x00" in raw[:4096]:
        raise StudyError(f"{path.name}: it is not text; save the table as CSV or Parquet.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise StudyError(f"{path.name}: the file is empty.")
    separator = max(",;\t", key=lines[0].count)
    rows = list(csv.reader(lines, delimiter=separator))
    head = rows[0]
    if len(head) > MAX_COLUMNS or len(rows) > MAX_ROWS:
        raise StudyError(
            f"{path.name}: {len(rows)} rows of {len(head)} columns; at most {MAX_ROWS} of {MAX_COLUMNS} are read."
        )
    long = next(
        (number for number, row in enumerate(rows[1:], 1) if len(row) > len(head) and any(row[len(head) :])), None
    )
    if long is not None:
        raise StudyError(
            f"{path.name}, row {long}: {len(rows[long])} cells under {len(head)} columns; put text that holds {separator!r} in quotes."
        )
    full = [[cell.strip() for cell in (row + [""] * len(head))[: len(head)]] for row in rows[1:]]
    return pd.DataFrame(full, columns=head, index=pd.RangeIndex(1, len(full) + 1), dtype=str)
