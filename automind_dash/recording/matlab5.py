"""MATLAB files of version 5 to 7.2, read with scipy."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RecordingError
from .assembly import Found
from .questions import Questions
from .variables import Node, Variables, found_in

MAX_UNPACKED = 2**30
"""Bytes, all variables together: over 10⁸ spikes; a file that unpacks to more is refused before it fills memory."""

MAX_DEPTH = 8
"""Cells within cells within structs: deeper nesting is no recording."""

COMPRESSED, HEADER_BYTES = 15, 128


def read_matlab5(path: Path, questions: Questions) -> Found:
    """Return the spikes of a .mat file; raises RecordingError when no variable can hold spikes."""
    import scipy.io

    _refuse_bomb(path, questions.file)
    variables = Variables()
    for name, value in scipy.io.loadmat(path).items():
        if not name.startswith("__"):
            variables.add(name, _node(value, 0))
    return found_in(variables, questions)


def _node(value: Any, depth: int) -> Node:
    """Return a loaded value as numbers, struct or cells."""
    if not isinstance(value, np.ndarray) or depth > MAX_DEPTH:
        return None
    if value.dtype.names:
        structs = [{name: _node(item[name], depth + 1) for name in value.dtype.names} for item in value.flat]
        return structs[0] if len(structs) == 1 else structs
    if value.dtype == object:
        return [_node(cell, depth + 1) for cell in value.flat]
    return value if value.dtype.kind in "iuf" else None


def _refuse_bomb(path: Path, file: str) -> None:
    """Raise RecordingError when the compressed variables unpack to more than MAX_UNPACKED bytes."""
    total = 0
    with path.open("rb") as stream:
        header = stream.read(HEADER_BYTES)
        order = "<" if header[126:128] == b"IM" else ">"
        while len(tag := stream.read(8)) == 8:
            kind, size = struct.unpack(f"{order}II", tag)
            if kind != COMPRESSED:
                stream.seek(size, 1)
                continue
            unpacker, left = zlib.decompressobj(), size
            while left > 0 and (packed := stream.read(min(left, 2**16))):
                left -= len(packed)
                while packed and not unpacker.eof:
                    total += len(unpacker.decompress(packed, 2**20))
                    packed = unpacker.unconsumed_tail
                    if total > MAX_UNPACKED:
                        raise RecordingError(
                            f"{file}: it unpacks to more than {MAX_UNPACKED / 2**30:g} GB; save only the spike times."
                        )
