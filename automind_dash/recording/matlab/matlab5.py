"""MATLAB files of version 5 to 7.2, read with scipy, at arm's length."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..any_arrays.variables import Cells, Node, Variables, found_in
from ..facts.assembly import Found
from ..files.start import Start
from ..questions import Questions

MAX_UNPACKED = 2**30
"""Bytes, all variables together: over 10⁸ spikes; a file that unpacks to more is refused before it fills memory."""

MAX_RATIO, SMALL = 400, 64 * 2**20
"""How many times its size a file may unpack to, where that is more than SMALL bytes: zeros alone give 1000."""

TIME_LIMIT = 120.0
"""s: a file of MAX_UNPACKED bytes loads in ten."""

SPARSE, CELLS, TEXT = ":sparse:", ":cells:", ":text:"
"""As in matlab5_child.py, which imports nothing of the package."""

COMPRESSED, HEADER_BYTES = 15, 128
HEADER = b"MATLAB 5.0 MAT-file"


def is_matlab5(start: Start) -> bool:
    """Return whether the file begins as those of MATLAB 5 to 7.2 do."""
    return start.head.startswith(HEADER)


def read_matlab5(start: Start, questions: Questions) -> Found:
    """Return the spikes of a .mat file; raises RecordingError when it is damaged or no variable can hold spikes."""
    path = start.path
    _refuse_bomb(path, questions.file)
    variables = Variables()
    for name, node in _loaded(path, questions.file).items():
        variables.add(name, node)
    return found_in(variables, questions)


def _loaded(path: Path, file: str) -> dict[str, Node]:
    """Return the file's variables, loaded by scipy in a child process that a damaged file may crash."""
    script = Path(__file__).with_name("matlab5_child.py")
    with tempfile.TemporaryDirectory(prefix="automind-") as folder:
        out = Path(folder, "content.npz")
        command = [sys.executable, "-I", str(script), str(path.resolve()), str(out)]
        try:
            run = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
        except subprocess.TimeoutExpired as error:
            raise RecordingError(
                f"{file}: it took over {TIME_LIMIT:g} s to load; save only the spike times."
            ) from error
        if run.returncode:
            reason = run.stderr.strip()[:200] if run.returncode > 0 else "it crashed the library that reads it"
            raise RecordingError(f"{file}: the .mat file is damaged ({reason}); save it again.")
        with np.load(out, allow_pickle=False) as content:
            outline = json.loads(str(content["outline"]))
            arrays = {key: content[key] for key in content.files if key != "outline"}
    return {name: _node(item, arrays) for name, item in outline.items()}


def _node(item: Any, arrays: dict[str, NDArray]) -> Node:
    """Return an outline with its arrays in their places."""
    if isinstance(item, dict) and SPARSE in item:
        return _sparse([arrays[str(item[SPARSE] + i)] for i in range(3)], item["shape"])
    if isinstance(item, dict) and TEXT in item:
        return str(item[TEXT])
    if isinstance(item, dict) and CELLS in item:
        return Cells.of([_node(inner, arrays) for inner in item[CELLS]], tuple(item["shape"]))
    if isinstance(item, dict):
        return {name: _node(inner, arrays) for name, inner in item.items()}
    if isinstance(item, list):
        return [_node(inner, arrays) for inner in item]
    return None if item is None else arrays[str(item)]


def _sparse(cells: list[NDArray], shape: list[int]) -> Any:
    """Return a sparse matrix from the row, column and value of each cell that is filled."""
    from scipy.sparse import coo_array

    return coo_array((cells[2], (cells[0], cells[1])), shape=tuple(shape))


def _refuse_bomb(path: Path, file: str) -> None:
    """Raise RecordingError when the compressed variables unpack to more than MAX_UNPACKED bytes."""
    total, most = 0, min(MAX_UNPACKED, max(SMALL, MAX_RATIO * path.stat().st_size))
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
                    if total > most:
                        raise RecordingError(
                            f"{file}: it unpacks to more than {most / 2**20:.0f} MB; save only the spike times."
                        )
