"""The values of a text table, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from .text_table import TextTable

if TYPE_CHECKING:
    import pandas as pd


def read_columns(
    path: Path, table: TextTable, wanted: list[int] | None, rows: int | None = None, labels: Sequence[int] = ()
) -> pd.DataFrame:
    """Return columns of a text table by their number; every value as it parses, exactly, labels as they are written."""
    import pandas as pd

    with table.opened(path) as stream:
        return pd.read_csv(
            stream,
            sep=table.separator,
            header=None,
            skiprows=list(table.skip),
            dtype=dict.fromkeys(labels, str),
            usecols=wanted,
            nrows=rows,
            encoding=table.encoding,
            decimal=table.decimal,
            comment=table.comment,
            skipinitialspace=True,
            low_memory=False,
        )


def numeric(values: pd.Series, name: str, file: str) -> NDArray:
    """Return a column as numbers, NaN where a cell is empty; raises RecordingError naming the first that is none."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return values.to_numpy()
    parsed = pd.to_numeric(values, errors="coerce")
    wrong = parsed.isna() & values.notna()
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise RecordingError(
            f"{file}: {str(values.iloc[row])[:40]!r} in row {row + 1} of column {name!r} is no number; choose another "
            "time_column, remove the row, or export plain numbers: no dates, and no marks between thousands."
        )
    return parsed.to_numpy(dtype=np.float64)
