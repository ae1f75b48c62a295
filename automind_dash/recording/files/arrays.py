"""NumPy arrays from untrusted files: their headers are read first, and nothing is ever unpickled."""

from __future__ import annotations

from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..recording import MAX_SPIKES
from .start import Start, refuse_pointer

MAX_ELEMENTS = 2 * MAX_SPIKES
"""Values of a spike list of two columns. A larger array is not a spike list and is not read into memory."""

READABLE_KINDS = "iufbUS"
"""Numbers, truth values and text, by NumPy's letters."""


PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))


def is_array(start: Start) -> bool:
    """Return whether the file is a single .npy array."""
    return start.head.startswith(b"\x93NUMPY")


def is_pickle(start: Start) -> bool:
    """Return whether the file begins as a pickle of protocol 2 or later."""
    return start.head.startswith(PICKLES)


def array_header(stream: IO[bytes], file: str) -> tuple[tuple[int, ...], np.dtype]:
    """Return the shape and dtype that a .npy stream declares; raises RecordingError when it is none."""
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(stream)
    except (ValueError, EOFError) as error:
        raise RecordingError(
            f"{file}: it is no complete NumPy array ({error}); a .npy must be written by np.save without pickling."
        ) from error
    return shape, dtype


def checked_header(stream: IO[bytes], file: str) -> tuple[tuple[int, ...], np.dtype]:
    """Return the header as `array_header` does; refuses object arrays, structured arrays and absurd sizes."""
    shape, dtype = array_header(stream, file)
    if dtype.hasobject:
        raise RecordingError(
            f"{file}: it is an object array, which only unpickling can read, and that can run any code; save plain "
            "numbers instead, one array of all spike times and one of unit numbers."
        )
    if dtype.kind not in READABLE_KINDS:
        raise RecordingError(f"{file}: its values are of type {dtype}; spike times and units must be numbers.")
    refuse_size(shape, dtype, file)
    return shape, dtype


def refuse_size(shape: tuple[int, ...], dtype: np.dtype, file: str) -> None:
    """Raise RecordingError for an array that declares more values than any recording has."""
    elements = int(np.prod([int(side) for side in shape], dtype=object)) if shape else 1
    if elements > MAX_ELEMENTS or elements * dtype.itemsize > 8 * MAX_ELEMENTS:
        raise RecordingError(f"{file}: it declares {elements} values; at most {MAX_ELEMENTS} can be held.")


def load_array(path: Path, file: str) -> NDArray:
    """Return the numbers of a .npy file as they are; raises RecordingError for pickles, cut files and absurd sizes."""
    refuse_pointer(Start.of(path, file))
    with path.open("rb") as stream:
        checked_header(stream, file)
        stream.seek(0)
        try:
            return np.lib.format.read_array(stream, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise RecordingError(f"{file}: it is cut off ({error}); copy it again.") from error


def column(values: NDArray, file: str) -> NDArray:
    """Return (n,), (n, 1) or (1, n) numbers as (n,)."""
    if values.ndim > 2 or (values.ndim == 2 and 1 not in values.shape and 0 not in values.shape):
        raise RecordingError(f"{file}: its shape is {values.shape}; it must be one number per spike, (n,) or (n, 1).")
    if values.dtype.kind not in "iuf":
        raise RecordingError(f"{file}: its values are of type {values.dtype}; they must be numbers.")
    return values.reshape(-1)
