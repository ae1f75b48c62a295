"""Places for results, which are checked and made before any work begins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..atomic import written_whole
from ..errors import UserError

TABLES = (".csv", ".parquet", "")
"""Suffixes of tables. A name without a suffix is written as CSV."""


def ready_folder(folder: Path) -> None:
    """Make a folder if it is missing. Raises UserError when it cannot be made or written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"{folder} is a file, or lies within one, but a folder is needed; name another.") from None
    except OSError as error:
        raise UserError(f"{folder} cannot be made ({error.strerror}); name another folder.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UserError(f"{folder} cannot be written to; name another folder, or change who may write there.")


def ready_table(path: Path) -> None:
    """Make the folder for a table. Raises UserError for other formats, and where no file can be written."""
    if path.suffix not in TABLES:
        raise UserError(f"{path}: tables are written as .csv or .parquet.")
    if path.is_dir():
        raise UserError(f"{path} is a folder; name the table to write in it, for example {path / 'circuits.csv'}.")
    ready_folder(path.parent)
    if path.exists() and not os.access(path, os.W_OK):
        raise UserError(f"{path} cannot be written to; name another file, or change who may write it.")


def write_table(frame: Any, path: Path) -> None:
    """Write a configuration table; the suffix decides the format."""
    try:
        with written_whole(path) as part:
            if path.suffix == ".parquet":
                frame.to_parquet(part, index=False)
            else:
                frame.to_csv(part, index=False)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error}); make room there or name another file."
        ) from None
