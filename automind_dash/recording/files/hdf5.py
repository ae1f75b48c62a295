"""HDF5 files from untrusted hands: nothing outside the file is followed, nothing absurdly large is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from .arrays import MAX_ELEMENTS

if TYPE_CHECKING:
    import h5py

MAX_OBJECTS = 200_000
"""Links in one file: ten times the largest NWB file that we know of."""

MAX_DEPTH = 64
"""Of groups within groups: NWB files have seven."""

MAX_TEXT = 2**26
"""Bytes of a column of texts: 300 for each of as many units as objects."""


@contextmanager
def open_hdf5(path: Path, file: str) -> Iterator[h5py.File]:
    """Open a file for reading; raises RecordingError when it is cut off or damaged."""
    import h5py

    try:
        handle = h5py.File(path, "r")
    except OSError as error:
        raise RecordingError(
            f"{file}: the HDF5 file is cut off or damaged ({_short(error)}); copy it again."
        ) from error
    with handle:
        yield handle


def _short(error: Exception) -> str:
    """Return HDF5's own reason, without its trail of function names."""
    text = str(error)
    return text[text.find("(") + 1 : text.rfind(")")] if "(" in text else text


def refuse_links(handle: h5py.File, file: str) -> None:
    """Raise RecordingError for external links, external raw data and virtual datasets of other files."""
    import h5py

    count, seen = 0, set[int]()
    pointer: list[str] = []
    groups = [(handle, 0)]  # relative to each group: names from the root would make a nested file quadratic
    while groups and not pointer and count <= MAX_OBJECTS:
        group, depth = groups.pop()
        if depth > MAX_DEPTH:
            raise RecordingError(f"{file}: its groups are nested more than {MAX_DEPTH} deep; export only the spikes.")
        for name in group:
            count += 1
            link = group.get(name, getlink=True)
            item = group.get(name) if isinstance(link, h5py.HardLink) else None
            if isinstance(link, h5py.ExternalLink) or (isinstance(item, h5py.Dataset) and _stored_elsewhere(item)):
                pointer.append(name)
            elif isinstance(item, h5py.Group) and (address := h5py.h5o.get_info(item.id).addr) not in seen:
                seen.add(address)
                groups.append((item, depth + 1))
            if pointer or count > MAX_OBJECTS:
                break
    if pointer:
        raise RecordingError(
            f"{file}: {pointer[0]!r} points to another file, which is not followed; export one file that holds all "
            "its data (h5repack, or pynwb's export)."
        )
    if count > MAX_OBJECTS:
        raise RecordingError(f"{file}: it has more than {MAX_OBJECTS} objects; export only the spikes.")


def _stored_elsewhere(dataset: h5py.Dataset) -> bool:
    if dataset.external:
        return True
    return dataset.is_virtual and any(source.file_name != "." for source in dataset.virtual_sources())


def numbers(dataset: Any, file: str) -> NDArray:
    """Return a dataset's values; raises RecordingError when it is no array of a bounded size."""
    shape = getattr(dataset, "shape", None)
    if shape is None:
        raise RecordingError(f"{file}: {getattr(dataset, 'name', 'an entry')!r} is no array of values.")
    if _stored_elsewhere(dataset):
        raise RecordingError(
            f"{file}: {dataset.name!r} is stored in another file, which is not followed; export one file that holds all its data."
        )
    elements = int(np.prod([int(side) for side in shape], dtype=object)) if shape else 1
    if elements > MAX_ELEMENTS:
        raise RecordingError(
            f"{file}: {dataset.name!r} declares {elements} values; at most {MAX_ELEMENTS} can be held."
        )
    if elements * int(dataset.dtype.itemsize) > (MAX_TEXT if dataset.dtype.kind == "S" else 8 * MAX_ELEMENTS):
        raise RecordingError(f"{file}: {dataset.name!r} declares more than the names of any recording; leave it out.")
    return _of_any_length(dataset, elements, file) if _varies(dataset.dtype) else np.asarray(dataset[()])


def _varies(dtype: np.dtype) -> bool:
    import h5py

    return (h5py.check_string_dtype(dtype) is not None and dtype.kind == "O") or h5py.check_vlen_dtype(
        dtype
    ) is not None


def _of_any_length(dataset: Any, elements: int, file: str) -> NDArray:
    """Return texts or arrays of any length each. Many may refer to the same large one, so they are counted as they are read."""
    values, held = np.empty(dataset.shape, dtype=object), 0
    for index in np.ndindex(*dataset.shape):
        value = dataset[index]
        held += value.nbytes if isinstance(value, np.ndarray) else len(value)
        if elements > MAX_OBJECTS or held > MAX_TEXT:
            raise RecordingError(f"{file}: {dataset.name!r} holds more than the names of any recording; leave it out.")
        values[index] = value
    return values


def texts(dataset: Any, file: str) -> tuple[str, ...]:
    """Return a dataset of strings or numbers as text."""
    values = numbers(dataset, file).reshape(-1).tolist()
    return tuple(
        (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip("\0 ") for value in values
    )
