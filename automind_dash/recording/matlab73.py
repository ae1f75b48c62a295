"""MATLAB files of version 7.3, and other HDF5 files with plain arrays: read with h5py."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from .assembly import Found
from .hdf5 import numbers
from .questions import Questions
from .variables import Node, Variables, found_in

MAX_DEPTH = 8
"""Cells within cells within structs: deeper nesting is no recording."""

NO_VARIABLES = ("#refs#", "#subsystem#")
"""The groups in which MATLAB keeps what cells and objects point to."""


def read_matlab73(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of the file; raises RecordingError when no variable can hold spikes."""
    variables = Variables()
    for name, item in handle.items():
        if name not in NO_VARIABLES:
            variables.add(name, _node(item, questions.file, 0))
    return found_in(variables, questions)


def _node(item: Any, file: str, depth: int) -> Node:
    """Return a dataset or group as numbers, struct or cells; arrays of structs are fields of references."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(item, h5py.Group):
        fields = {name: _node(inner, file, depth + 1) for name, inner in item.items()}
        lengths = {len(inner) if isinstance(inner, list) else -1 for inner in fields.values()}
        cells = any("MATLAB_class" in inner.attrs for inner in item.values())
        if not cells and len(lengths) == 1 and max(lengths) > 0:
            return [dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True)]
        return fields
    if not isinstance(item, h5py.Dataset):
        return None
    if h5py.check_ref_dtype(item.dtype) is h5py.Reference:
        inside: Any = [] if _empty(item) else numbers(item, file).reshape(-1)
        return [_node(item.file[reference], file, depth + 1) if reference else None for reference in inside]
    if item.dtype.kind not in "iuf" or item.attrs.get("MATLAB_class") == b"char":
        return None
    if _empty(item):
        return np.empty(0)
    return numbers(item, file).T if "MATLAB_class" in item.attrs else numbers(item, file)


def _empty(item: h5py.Dataset) -> bool:
    """Return whether MATLAB meant an empty array: the dataset then holds its shape."""
    return bool(item.attrs.get("MATLAB_empty", 0)) or item.shape is None or item.size == 0
