"""Spike lists: CSV, TSV and Parquet tables with a column of times and a column of units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RecordingError
from .archive import PACKED
from .assembly import Found, numbered
from .columns import Columns, choose_columns
from .formats import READABLE
from .questions import Questions
from .recording import MAX_SPIKES
from .start import Start
from .text_table import TextTable, sniff
from .timing import Stated
from .variables import unit_in_name

if TYPE_CHECKING:
    import pandas as pd

BINARY = (".nwb", ".h5", ".hdf5", ".mat", ".npz", ".npy", ".parquet", ".pqt", *sorted(PACKED))
"""Extensions that no text has."""

SAMPLE_ROWS = 200
"""Rows that the kind of each column is judged by."""


@dataclass(frozen=True)
class _Table:
    """What is used of a table: times and labels by row, and what the header says of time."""

    times: Any
    labels: Any
    wells: Any
    chosen: Columns


def is_parquet(start: Start) -> bool:
    """Return whether the file begins as a Parquet table."""
    return start.head.startswith(b"PAR1")


def is_text(start: Start) -> bool:
    """Return whether the file is text, so that `read_text` finds a table in it or says what is wrong."""
    return start.text is not None


def read_text(start: Start, questions: Questions) -> Found:
    """Return the spikes of a text table; asks which column is which where the names leave it open.

    Raises RecordingError for text that is no table, and for rows that hold no number where a time belongs.
    """
    try:
        path, table = start.path, sniff(start)
    except RecordingError as error:
        if start.suffix not in BINARY:
            raise
        raise RecordingError(
            f"{start.file}: its name ends in {start.suffix} but its content is something else; export it again, or give {READABLE}."
        ) from error
    sample = read_columns(path, table, None, rows=SAMPLE_ROWS)
    chosen = choose_columns(table.names or _numbers(sample), sample, questions)
    wanted = [chosen.time, chosen.unit, *([] if chosen.well is None else [chosen.well])]
    frame = read_columns(path, table, sorted(set(wanted)), labels=wanted[1:])
    return _found(_Table(frame[chosen.time], frame[chosen.unit], frame.get(chosen.well), chosen), questions)


def read_parquet(start: Start, questions: Questions) -> Found:
    """Return the spikes of a Parquet table; only the columns that are needed are read."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    # a text that many rows share is held once
    schema = parquet.read_schema(start.path)
    shared = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    with parquet.ParquetFile(start.path, read_dictionary=shared) as file:
        if file.metadata.num_rows > MAX_SPIKES:
            raise RecordingError(f"{questions.file}: {file.metadata.num_rows} rows; at most {MAX_SPIKES} can be held.")
        names = list(file.schema_arrow.names)
        batch = next(file.iter_batches(batch_size=SAMPLE_ROWS), None)
        sample = batch.to_pandas() if batch is not None else file.schema_arrow.empty_table().to_pandas()
        sample = sample[names]
        sample.columns = range(len(names))
        chosen = choose_columns(names, sample, questions)
        wanted = [names[i] for i in (chosen.time, chosen.unit, chosen.well) if i is not None]
        frame = file.read(columns=wanted).to_pandas()
    well = None if chosen.well is None else frame[names[chosen.well]]
    return _found(_Table(frame[names[chosen.time]], frame[names[chosen.unit]], well, chosen), questions)


def read_columns(
    path: Path, table: TextTable, wanted: list[int] | None, rows: int | None = None, labels: Sequence[int] = ()
) -> pd.DataFrame:
    """Return columns of a text table by their number; every value as it parses, exactly, labels as they are written."""
    import pandas as pd

    frame = pd.read_csv(
        path,
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
    return frame


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
            "time_column, or remove the row."
        )
    return parsed.to_numpy(dtype=np.float64)


def _numbers(sample: pd.DataFrame) -> list[str]:
    return [str(i + 1) for i in range(sample.shape[1])]


def _found(table: _Table, questions: Questions) -> Found:
    """Return the spikes of the rows that hold any."""
    times = numeric(table.times, table.chosen.time_name, questions.file)
    columns = {table.chosen.unit_name: table.labels, **({} if table.wells is None else {"well": table.wells})}
    missing = np.any([values.isna().to_numpy() for values in columns.values()], axis=0)
    empty = missing & np.isnan(times) if times.dtype.kind == "f" else np.zeros(len(times), dtype=bool)
    if (missing & ~empty).any():
        row = int(np.flatnonzero(missing & ~empty)[0])
        name = next(name for name, values in columns.items() if values.isna().iloc[row])
        raise RecordingError(
            f"{questions.file}: {int((missing & ~empty).sum())} rows have no value in column {name!r} (the first is row {row + 1}); "
            "give every spike its unit, or choose another unit_column."
        )
    kept = ~empty
    units, names = numbered(table.labels[kept].array)
    wells: tuple[str, ...] = ()
    if table.wells is not None:
        units, names, wells = _by_well(units, names, *numbered(table.wells[kept].array))
    return Found(times[kept], units, names, stated=Stated(unit=unit_in_name(table.chosen.time_name)), wells=wells)


def _by_well(
    units: NDArray[np.int64], names: tuple[str, ...], wells: NDArray[np.int64], well_names: tuple[str, ...]
) -> tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]:
    """Return each spike's unit, a name and the well of each unit: those of one name in two wells are two."""
    pairs, number = np.unique(wells * len(names) + units, return_inverse=True)
    where = [divmod(int(pair), len(names)) for pair in pairs]
    return number, tuple(f"{well_names[w]}_{names[u]}" for w, u in where), tuple(well_names[w] for w, _ in where)
