"""Single facts that an HDF5 file states: a number, a text, a group, and vectors of numbers, where they are there."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from .hdf5 import numbers, texts

if TYPE_CHECKING:
    import h5py

MAX_FACT = 1000
"""Values of an array whose first one is a fact: sampling rates and versions stand alone, or once for each channel."""


def dataset(group: h5py.Group, path: str) -> h5py.Dataset | None:
    """Return the dataset at a path, None where there is none or it is a group."""
    import h5py

    item = group.get(path)
    return item if isinstance(item, h5py.Dataset) and item.shape is not None else None


def subgroup(group: h5py.Group, path: str) -> h5py.Group | None:
    """Return the group at a path, None where there is none or it is a dataset."""
    import h5py

    item = group.get(path)
    return item if isinstance(item, h5py.Group) else None


def vector(group: h5py.Group, path: str, file: str) -> NDArray:
    """Return the numbers of a dataset as (n,); raises RecordingError where it is missing or is none."""
    item = dataset(group, path)
    if item is None:
        raise RecordingError(f"{file}: {_place(group, path)!r} is missing; export or copy the file again.")
    values = numbers(item, file)
    if values.dtype.kind not in "iuf":
        raise RecordingError(
            f"{file}: {_place(group, path)!r} holds {values.dtype}, not numbers; export the file again."
        )
    return values.reshape(-1)


def number(group: h5py.Group, path: str, file: str) -> float | None:
    """Return the first number of a dataset; None where there is none, or it is not finite."""
    item = dataset(group, path)
    if item is None or item.dtype.kind not in "iuf" or not 0 < item.size <= MAX_FACT:
        return None
    return _finite(numbers(item, file).reshape(-1)[0])


def text(group: h5py.Group, path: str, file: str) -> str:
    """Return the first text of a dataset, "" where there is none."""
    item = dataset(group, path)
    if item is None or item.dtype.kind not in "OSU" or not 0 < item.size <= MAX_FACT:
        return ""
    return texts(item, file)[0].strip()


def attribute_number(item: Any, name: str) -> float | None:
    """Return an attribute that is a single number; None where there is none, or it is not finite."""
    value = np.asarray(_attribute(item, name)).reshape(-1)
    return _finite(value[0]) if value.size == 1 and value.dtype.kind in "iuf" else None


def attribute_text(item: Any, name: str) -> str:
    """Return an attribute that is a text, "" where there is none."""
    value = _attribute(item, name)
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip("\0 \r\n")
    return value.strip("\0 \r\n") if isinstance(value, str) else ""


def _attribute(item: Any, name: str) -> Any:
    """Return an attribute of a few values, None where there is none or it is of a type that h5py cannot read."""
    if name not in item.attrs:
        return None
    declared = item.attrs.get_id(name)
    if int(np.prod(declared.shape, dtype=object)) > MAX_FACT:
        return None
    try:
        return item.attrs[name]
    except (OSError, TypeError):
        return None


def _finite(value: Any) -> float | None:
    return float(value) if math.isfinite(float(value)) else None


def _place(group: h5py.Group, path: str) -> str:
    return f"{(group.name or '').rstrip('/')}/{path}"
