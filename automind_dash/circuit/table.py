"""Configuration tables: CSV or Parquet files with the parameter names as columns."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import ConfigurationError
from .domain import check_configuration
from .parameters import NAMES, PARAMETERS

MAX_ROWS = 1_000_000
"""Most rows of a table: 220 MB of numbers, a hundred times more than a page can show."""

MAX_BYTES = 2_000_000_000
"""A file larger than this is no configuration table."""


@dataclass(frozen=True, eq=False)
class ConfigurationTable:
    """Configurations read from a file. vectors: (n, 28) in table order; seeds: one per row. A seed is None where the
    file gives none, or -1, as the page writes for a circuit that was not simulated."""

    vectors: NDArray[np.float64]
    seeds: list[int | None]
    frame: pd.DataFrame


def read_configurations(path: Path) -> ConfigurationTable:
    """Read a table. Columns other than the 28 names (or their short keys), with or without their units, and `seed` are ignored.

    Raises ConfigurationError, which names the file and the column or row, also for values outside the model's domain.
    """
    if not path.is_file():
        raise ConfigurationError(f"{path}: there is no such file.")
    if path.stat().st_size > MAX_BYTES:
        raise ConfigurationError(f"{path}: {path.stat().st_size / 1e9:.1f} GB is too large for a configuration table.")
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else _read_text(path)
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise ConfigurationError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from None
    if len(frame) > MAX_ROWS:
        raise ConfigurationError(f"{path}: {len(frame)} rows; at most {MAX_ROWS} configurations are read.")
    frame = frame.rename(
        columns={known: spec.name for spec in PARAMETERS for known in (spec.key, f"{spec.name} ({spec.unit})")}
    )
    missing = [name for name in NAMES if name not in frame.columns]
    if missing:
        raise ConfigurationError(
            f"{path}: the columns {', '.join(missing[:5])}{' …' if len(missing) > 5 else ''} are missing."
        )
    numbers = frame[list(NAMES)].apply(pd.to_numeric, errors="coerce")
    bad = np.argwhere(~np.isfinite(numbers.to_numpy(np.float64)))
    if len(bad):
        row, column = bad[0]
        raise ConfigurationError(
            f"{path}: row {row + 1}, column {NAMES[column]} {_what_stands(frame.iloc[row][NAMES[column]])}."
        )
    if not len(frame):
        raise ConfigurationError(f"{path}: the table has no rows.")
    vectors = numbers.to_numpy(np.float64)
    for row, vector in enumerate(vectors):
        try:
            check_configuration(vector)
        except ConfigurationError as error:
            raise ConfigurationError(f"{path}: row {row + 1}: {error}") from None
    return ConfigurationTable(vectors, _seeds(frame, path), frame)


def _read_text(path: Path) -> pd.DataFrame:
    """Return a text table. Semicolons, tabs and decimal commas, as programs in other languages write them, are read too."""
    with path.open("rb") as stream:
        head = stream.read(100_000)
    first, _, rest = head.decode("utf-8-sig", errors="replace").partition("\n")
    separator = max(",;\t", key=first.count)
    decimal = "," if separator != "," and re.search(r"(^|[;\t])-?\d+,\d", rest) else "."
    encoding = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8"
    return pd.read_csv(path, sep=separator, decimal=decimal, encoding=encoding)


def _what_stands(value: Any) -> str:
    """Say in words what stands where a finite number should be."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "is empty"
    return f"holds {str(value)[:40]!r}, which is no finite number"


def _seeds(frame: pd.DataFrame, path: Path) -> list[int | None]:
    """Return each row's seed, None where there is none. Raises ConfigurationError for a seed that is not a whole number."""
    if "seed" not in frame.columns:
        return [None] * len(frame)
    seeds: list[int | None] = []
    for row, (given, value) in enumerate(
        zip(frame["seed"], pd.to_numeric(frame["seed"], errors="coerce"), strict=True)
    ):
        if pd.isna(given):
            seeds.append(None)
        elif pd.isna(value) or value % 1 != 0:
            raise ConfigurationError(
                f"{path}: row {row + 1}, column seed: {given!r} is no whole number; leave it empty to use a seed of the run."
            )
        else:
            seeds.append(int(value) if value >= 0 else None)
    return seeds
