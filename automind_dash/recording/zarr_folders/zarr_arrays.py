"""Arrays of a Zarr folder, in the child process of `apart`; the codec that unpickles is taken out before anything is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..files.arrays import MAX_ELEMENTS

UNSAFE_CODECS = ("pickle",)
"""Codecs of numcodecs that run the code that they decode."""

MAX_TEXTS = 1_000_000


def arrays(path: str, needed: list[str], wanted: list[str], attributes: list[str]) -> tuple[dict[str, NDArray], Any]:
    """Return the arrays at the paths, numbers as arrays and texts as lists in the outline, and the attributes of the groups.

    needed: paths that must be there; wanted: others, left out where they cannot be read
    """
    import zarr

    _forget_unsafe()
    numbers: dict[str, NDArray] = {}
    texts: dict[str, list[str]] = {}
    unread: dict[str, str] = {}
    for name in (*needed, *wanted):
        if not Path(path, name).is_dir():
            if name in needed:
                raise RecordingError(f"{name!r} is missing; copy the folder again.")
            continue
        try:
            values = _values(path, name)
        except RecordingError:
            raise
        except Exception as error:  # the library's errors on codecs and chunks are of every type
            if name in needed:
                raise
            unread[name] = f"{type(error).__name__}: {error}"[:100]
            continue
        if values.dtype.kind in "iufb":
            numbers[name] = values
        else:
            texts[name] = [str(value) for value in values.reshape(-1).tolist()]
    held = {}
    for name in attributes:
        held[name] = dict(zarr.open_group(str(Path(path, name)), mode="r").attrs) if Path(path, name).is_dir() else {}
    return numbers, {"texts": texts, "attributes": held, "unread": unread}


def _values(path: str, name: str) -> NDArray:
    """Return an array, opened by itself: others of the folder may be of kinds that cannot be read."""
    import zarr

    item: Any = zarr.open_array(str(Path(path, name)), mode="r")
    count = int(np.prod([int(side) for side in item.shape], dtype=object))
    if count > MAX_ELEMENTS or (item.dtype.kind not in "iufb" and count > MAX_TEXTS):
        raise RecordingError(f"{name!r} declares {count} values; at most {MAX_ELEMENTS} can be held.")
    return np.asarray(item[...])


def _forget_unsafe() -> None:
    from numcodecs import registry

    for name in UNSAFE_CODECS:
        registry.codec_registry.pop(name, None)
        registry.entries.pop(name, None)
