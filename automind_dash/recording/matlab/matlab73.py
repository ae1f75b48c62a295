"""MATLAB files of version 7.3, and other HDF5 files with plain arrays: read with h5py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..any_arrays.variables import Cells, Node, Variables, found_in
from ..facts.assembly import Found
from ..files.arrays import MAX_ELEMENTS
from ..files.hdf5 import MAX_OBJECTS, numbers
from ..questions import Questions

MOST_ATTRIBUTES = 50
"""Of one group or array; more say nothing of time."""

UNIT_WORDS = {
    "s": "s", "sec": "s", "second": "s", "seconds": "s", "ms": "ms", "millisecond": "ms", "milliseconds": "ms", "us": "us", "µs": "us",
    "microsecond": "us", "microseconds": "us", "sample": "samples", "samples": "samples", "frames": "samples",
}  # fmt: skip

LONGEST_TEXT = 200
"""Characters; longer texts name no unit."""

MAX_DEPTH = 8
"""Cells within cells within structs: deeper nesting is no recording."""

NO_VARIABLES = ("#refs#", "#subsystem#")
"""The groups in which MATLAB keeps the contents of cells and objects."""


def is_matlab73(handle: h5py.File) -> bool:
    """Return whether MATLAB wrote the file."""
    return any("MATLAB_class" in item.attrs for item in handle.values() if item is not None)


def any_hdf5(handle: h5py.File) -> bool:
    """Return True: any file may hold vectors."""
    return True


def read_matlab73(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of the file; raises RecordingError when no variable can hold spikes."""
    variables, reader = Variables(of_any_file=not is_matlab73(handle)), _Reader(questions.file)
    for name, item in handle.items():
        if name not in NO_VARIABLES and not reader.again(item):
            variables.add(name, reader.node(item, 0))
    if variables.of_any_file:
        _add_attributes(handle, variables)
    return found_in(variables, questions)


def _add_attributes(handle: h5py.File, variables: Variables) -> None:
    """Add facts from attributes: single numbers of groups, such as a sampling rate, and the unit of time of an array."""

    def look(name: str, item: Any) -> None:
        for key, value in list(item.attrs.items())[:MOST_ATTRIBUTES]:
            if isinstance(item, h5py.Dataset):
                word = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
                unit = UNIT_WORDS.get(word.strip().lower()) if isinstance(word, str) and "unit" in key.lower() else None
                if unit:
                    variables.units_of_time[name.replace("/", ".")] = unit
            elif np.ndim(value) == 0 or np.size(value) == 1:
                number = np.asarray(value).reshape(-1)
                if number.dtype.kind in "iuf":
                    variables.vectors.setdefault(f"{name.replace('/', '.')}@{key}".lstrip("."), number)

    look("", handle)
    handle.visititems(look)


@dataclass
class _Reader:
    """What was read of a file so far: links and references of a small one can lead to the same place without end."""

    file: str
    objects: int = 0
    seen: set[int] = field(default_factory=set)
    elements: int = 0

    def again(self, item: Any) -> bool:
        """Return whether another name of the same array was met already; counts this one as met."""
        if not isinstance(item, h5py.Dataset) or "MATLAB_class" in item.attrs:
            return False
        address = h5py.h5o.get_info(item.id).addr
        met = address in self.seen
        self.seen.add(address)
        return met

    def node(self, item: Any, depth: int) -> Node:
        """Return a dataset or group as numbers, struct or cells; arrays of structs are fields of references."""
        self.objects += 1
        if self.objects > MAX_OBJECTS:
            raise RecordingError(f"{self.file}: it has more than {MAX_OBJECTS} objects; export only the spikes.")
        if depth > MAX_DEPTH:
            return None
        if isinstance(item, h5py.Group):
            return self._struct(item, depth)
        if not isinstance(item, h5py.Dataset):
            return None
        if h5py.check_ref_dtype(item.dtype) is h5py.Reference:
            inside: Any = [] if _empty(item) else self._numbers(item).T.reshape(-1)
            cells = [self.node(item.file[reference], depth + 1) if reference else None for reference in inside]
            return Cells.of(cells, tuple(item.shape[::-1])) if len(item.shape) == 2 and min(item.shape) > 1 else cells
        if _empty(item):
            return np.empty(0)
        if item.dtype.names:
            return {name: values for name, values in self._fields(item).items() if values.dtype.kind in "iuf"}
        if (inside_type := h5py.check_vlen_dtype(item.dtype)) is not None and np.dtype(inside_type).kind in "iuf":
            return [np.asarray(train) for train in self._fields(item)[""].reshape(-1)]
        if item.attrs.get("MATLAB_class") == b"char":
            return _text(item)
        if h5py.check_string_dtype(item.dtype) is not None and item.ndim == 1:
            return self._words(item)
        if item.dtype.kind not in "iuf":
            return None
        return self._numbers(item).T if "MATLAB_class" in item.attrs else self._numbers(item)

    def _struct(self, group: h5py.Group, depth: int) -> Node:
        if "MATLAB_sparse" in group.attrs:
            return self._sparse(group)
        fields = {name: self.node(inner, depth + 1) for name, inner in group.items() if not self.again(inner)}
        lengths = {len(inner) if isinstance(inner, list) else -1 for inner in fields.values()}
        cells = any("MATLAB_class" in inner.attrs for inner in group.values())
        if not cells and len(lengths) == 1 and max(lengths) > 0:
            return [dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True)]
        return fields

    def _sparse(self, group: h5py.Group) -> Node:
        """Return a sparse matrix, which MATLAB keeps as rows, ends of columns, and values."""
        from scipy.sparse import csc_array

        if not {"ir", "jc"} <= set(group):
            return None
        rows, ends = (self._numbers(group[name]).reshape(-1).astype(np.int64) for name in ("ir", "jc"))
        values = self._numbers(group["data"]).reshape(-1) if "data" in group else np.ones(len(rows))
        return csc_array((values, rows, ends), shape=(int(group.attrs["MATLAB_sparse"]), len(ends) - 1))

    def _fields(self, item: h5py.Dataset) -> dict[str, NDArray]:
        """Return the fields of a data set of records, or under no name one of arrays of unequal length."""
        self.elements += int(item.size) * max(1, len(item.dtype.names or ()))
        if self.elements > MAX_ELEMENTS:
            raise RecordingError(f"{self.file}: it holds more than {MAX_ELEMENTS} values; export only the spikes.")
        values = item[()]
        return {name: values[name] for name in item.dtype.names} if item.dtype.names else {"": values}

    def _words(self, item: h5py.Dataset) -> NDArray:
        """Return (n,) words."""
        self.elements += int(item.size) * max(1, item.dtype.itemsize // 8)
        if self.elements > MAX_ELEMENTS:
            raise RecordingError(f"{self.file}: it holds more than {MAX_ELEMENTS} values; export only the spikes.")
        return np.array([word[:LONGEST_TEXT] for word in item.asstr(errors="replace")[()].tolist()], dtype=str)

    def _numbers(self, item: h5py.Dataset) -> NDArray:
        self.elements += int(item.size)
        if self.elements > MAX_ELEMENTS:
            raise RecordingError(f"{self.file}: it holds more than {MAX_ELEMENTS} values; export only the spikes.")
        return numbers(item, self.file)


def _text(item: h5py.Dataset) -> str | None:
    """Return a line of text, which MATLAB keeps as the codes of its characters; None for anything longer."""
    if item.dtype.kind != "u" or item.ndim != 2 or item.shape[1] != 1 or item.size > LONGEST_TEXT:
        return None
    return "".join(chr(code) for code in item[()].reshape(-1) if code)


def _empty(item: h5py.Dataset) -> bool:
    """Return whether MATLAB meant an empty array: the dataset then holds its shape."""
    return bool(item.attrs.get("MATLAB_empty", 0)) or item.shape is None or item.size == 0
