"""Files that are either whole or not there: written under another name, flushed to the disk, then renamed."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from .. import atomic
from ..errors import StudyError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that readers find either the old one or the new one, even after a crash. Raises StudyError."""
    try:
        atomic.write_whole(path, content)
    except OSError as error:
        raise StudyError(
            f"{path} cannot be written ({error.strerror}); make room there or name another folder."
        ) from None


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON; NaN and infinities become null."""
    write_whole(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON; NaN and infinities become null."""
    return json.dumps(_plain(value), indent=1, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    return None if isinstance(value, float) and not np.isfinite(value) else value


def read_json(path: Path) -> Any:
    """Return the value that `write_json` wrote; None where there is no such file, or a damaged one, which is then made again."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a table, its index left out."""
    write_whole(path, parquet_bytes(frame))


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a table as Parquet, its index left out."""
    out = io.BytesIO()
    frame.to_parquet(out, index=False)
    return out.getvalue()


def read_parquet(path: Path) -> pd.DataFrame | None:
    """Return the table that `write_parquet` wrote; None where there is no such file, or a damaged one."""
    try:
        with pq.ParquetFile(path) as file:  # without threads, for which a process with limits may have no room
            return file.read(use_threads=False).to_pandas(use_threads=False)
    except (FileNotFoundError, pa.ArrowException):
        return None
