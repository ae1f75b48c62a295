"""What a folder that somebody handed over holds: a study's results, a table with its recordings, or recordings alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ...errors import StudyError
from .reading import TABLES, file_column
from .spreadsheet import read_spreadsheet

DEPTH = 3
"""Folders within folders that are looked into."""

MAX_FILES = 20_000
MAX_TABLES = 20
"""Tables that are tried: recordings may be tables, too."""


def folders_in(folder: Path, depth: int = DEPTH) -> Iterator[Path]:
    """Yield a folder and those in it, the outer ones first."""
    level = [folder]
    for _ in range(depth + 1):
        yield from level
        level = sorted(item for one in level for item in islice(one.iterdir(), MAX_FILES) if item.is_dir())


def results_within(folder: Path) -> Path | None:
    """Return the folder that holds a study's results; None where there are none."""
    return next((one for one in folders_in(folder) if (one / "study.json").is_file() and _has_tables(one)), None)


def _has_tables(folder: Path) -> bool:
    return (folder / "recordings.parquet").is_file()


def source_within(folder: Path) -> Path:
    """Return what `read_study` is to read: the table that names files, else the folder with the recordings itself.

    A table called study is tried first. Raises StudyError where there is no file.
    """
    tried = 0
    results = results_within(folder)
    for one in folders_in(folder):
        tables = [item for item in one.iterdir() if item.suffix.lower() in TABLES and item.is_file()]
        if one == results:
            tables = [item for item in tables if not item.name.endswith((".parquet", ".pqt"))]
        for item in sorted(tables, key=lambda item: (not item.stem.lower().startswith("study"), item.name)):
            tried += 1
            if tried > MAX_TABLES:
                break
            if names_files(item):
                return item
    inside = [one for one in folders_in(folder) if any(item.is_file() for item in one.iterdir())]
    if not inside:
        raise StudyError("There is no file: drop a table with its recordings, or a zip of both.")
    return inside[0]


def names_files(table: Path) -> bool:
    """Tell whether a table has a column of files."""
    try:
        file_column(read_spreadsheet(table), table.parent)
    except StudyError:
        return False
    return True
