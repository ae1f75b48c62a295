"""Tables that pandas wrote with `to_hdf`, fixed or as a table: a column of times and a column of units.

A fixed table keeps columns of one type in a block (`block0_items` names the columns of `block0_values`); a table keeps them in one
structured data set, where attributes name the columns of each block. These attributes, and columns of objects, are pickles; they are
read by `unpickling`, which runs nothing. The layout is that of pandas.io.pytables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.assembly import Found
from ..files.hdf5 import numbers, texts
from ..files.hdf5_facts import attribute_number, attribute_text, dataset, subgroup
from ..pickles.unpickling import PickleRefused, unpickle
from ..questions import Question, Questions
from ..report import Fact
from ..text.spike_list import read_frame

if TYPE_CHECKING:
    import h5py
    import pandas as pd

FIXED, TABLE = "frame", ("frame_table", "appendable_frame")
MAX_TABLES = 1000
MAX_PICKLE = 2**26
"""Bytes of a column of objects: three million short texts."""

MAX_STEPS = 10_000_000
"""Opcodes of such a column."""

ADVICE = "write it with to_csv or to_parquet, or as spike_times and spike_units in an .npz"


def is_pandas(handle: h5py.File) -> bool:
    """Return whether the file holds objects of pandas."""
    return bool(_objects(handle))


def read_pandas(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of a data frame; asks which where there are several. Raises RecordingError for series and unusual columns."""
    from dataclasses import replace

    file = questions.file
    kinds = _objects(handle)
    frames = [path for path, kind in kinds.items() if kind == FIXED or kind in TABLE]
    if not frames:
        raise RecordingError(f"{file}: pandas wrote {', '.join(kinds.values())} into it, but no data frame; {ADVICE}.")
    path = frames[0]
    if len(frames) > 1 or questions.answer("variable") is not None:
        reason = f"the first of {len(frames)} data frames"
        path = questions.ask(Question("variable", "Which data frame?", path, reason, choices=tuple(frames)))
    group = handle[path]
    columns = _fixed(group, file) if kinds[path] == FIXED else _table(group, file)
    if not columns:
        raise RecordingError(
            f"{file}: the data frame {path!r} has no columns that can be read without running pickles; {ADVICE}."
        )
    found = read_frame(_frame(columns, file), questions)
    return replace(found, writer="pandas", facts=(*found.facts, Fact("data frame", path, kinds[path])))


def _objects(handle: h5py.File) -> dict[str, str]:
    """Return path → kind of the objects that pandas wrote, two groups deep."""
    found: dict[str, str] = {}
    for name in list(handle)[:MAX_TABLES]:
        for path in (name, *(f"{name}/{inner}" for inner in list(subgroup(handle, name) or ())[:MAX_TABLES])):
            group = subgroup(handle, path)
            if group is not None and (kind := attribute_text(group, "pandas_type")):
                found[path] = kind
    return found


def _fixed(group: h5py.Group, file: str) -> dict[str, NDArray]:
    """Return name → values of the columns of a fixed data frame."""
    columns: dict[str, NDArray] = {}
    for i in range(int(attribute_number(group, "nblocks") or 0)):
        items, values = dataset(group, f"block{i}_items"), dataset(group, f"block{i}_values")
        if items is None or values is None or items.dtype.kind not in "SOU":
            continue
        names = texts(items, file)
        block = _objects_in(values, file) if attribute_text(values, "PSEUDOATOM") == "object" else numbers(values, file)
        if block is None or block.ndim != 2 or len(names) not in block.shape:
            continue
        rows = block.T if block.shape[1] == len(names) else block  # pandas writes a block's transpose
        columns |= {name: rows[j] for j, name in enumerate(names)}
    return columns


def _objects_in(values: h5py.Dataset, file: str) -> NDArray | None:
    """Return a block of objects that are texts and numbers, None where its pickle holds anything else."""
    if values.size != 1:
        return None
    stored = values[0]
    if not isinstance(stored, np.ndarray) or stored.nbytes > MAX_PICKLE:
        return None
    try:
        items = unpickle(stored.astype(np.uint8).tobytes(), MAX_STEPS)
    except PickleRefused:
        return None
    if isinstance(items, list) and all(isinstance(item, str | int | float) for item in items):
        return np.array(items, dtype=object)[:, None]
    return None


def _table(group: h5py.Group, file: str) -> dict[str, NDArray]:
    """Return name → values of the columns of a data frame that was written as a table."""
    table = dataset(group, "table")
    if table is None or not table.dtype.names:
        return {}
    rows = numbers(table, file).reshape(-1)
    columns: dict[str, NDArray] = {}
    for field in rows.dtype.names or ():
        if field == "index" or not len(rows):
            continue
        names = _names(table, field)
        values: NDArray = rows[field].reshape(len(rows), -1)
        if values.dtype.kind not in "iufbS" or len(names) != values.shape[1]:
            continue
        columns |= {name: values[:, j] for j, name in enumerate(names)}
    return columns


def _names(table: h5py.Dataset, field: str) -> list[str]:
    """Return the columns of a block, which a pickled list of texts names; data columns go by their own name."""
    if not field.startswith("values_block_"):
        return [field]
    said = attribute_text(table, f"{field}_kind")
    try:
        names = unpickle(said.encode("latin-1"), MAX_STEPS)
    except (PickleRefused, UnicodeEncodeError):
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _frame(columns: dict[str, NDArray], file: str) -> pd.DataFrame:
    import pandas as pd

    if len({len(values) for values in columns.values()}) > 1:
        raise RecordingError(f"{file}: the columns of the data frame are of several lengths; write it again.")
    return pd.DataFrame({name: _plain(values) for name, values in columns.items()})


def _plain(values: NDArray) -> Any:
    """Return a column's values; texts that HDF5 keeps as bytes become texts."""
    return np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values
