"""Load a .mat file with scipy in a process of its own, and write its content as plain arrays.

Run as a script, `python matlab5_child.py FILE OUT`. scipy 1.17's C code can crash on a damaged file; here the crash
ends this process, not the page that serves everyone. It imports nothing of the package, so that it starts fast.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import scipy.io
import scipy.sparse

SPARSE, CELLS, TEXT = ":sparse:", ":cells:", ":text:"
"""Keys of an outline that no field of a struct has, for a sparse matrix, an array of cells, and a line of text."""

LONGEST_TEXT = 200
"""Characters; longer texts name no unit."""

MAX_DEPTH = 8
"""Cells within cells within structs: deeper nesting is no recording."""


def _outline(value: Any, arrays: list[np.ndarray], depth: int) -> Any:
    """Return the number of a numeric array, a dict for a struct, text or cells, a list for structs, None for anything else."""
    if scipy.sparse.issparse(value):
        cells = value.tocoo()
        if cells.data.dtype.kind not in "iufb" or cells.ndim != 2:
            return None
        first = len(arrays)
        arrays.extend([cells.row, cells.col, cells.data])
        return {SPARSE: first, "shape": list(cells.shape)}
    if not isinstance(value, np.ndarray) or depth > MAX_DEPTH:
        return None
    if value.dtype.names:
        structs = [{name: _outline(item[name], arrays, depth + 1) for name in value.dtype.names} for item in value.flat]
        return structs[0] if len(structs) == 1 else structs
    if value.dtype == object:
        return {CELLS: [_outline(cell, arrays, depth + 1) for cell in value.flat], "shape": list(value.shape)}
    if value.dtype.kind == "U" and value.size == 1:
        return {TEXT: str(value.reshape(-1)[0])[:LONGEST_TEXT]}
    if value.dtype.kind not in "iufb":
        return None
    arrays.append(value)
    return len(arrays) - 1


def main(path: str, out: str) -> int:
    """Write OUT, an .npz of the arrays and of the outline as JSON; returns the exit status."""
    arrays: list[np.ndarray] = []
    try:
        content = scipy.io.loadmat(path)
    except Exception as error:  # noqa: BLE001 - whatever scipy raises on a damaged file is its reason
        sys.stderr.write((str(error).strip().splitlines() or [type(error).__name__])[0])
        return 1
    outline = {name: _outline(value, arrays, 0) for name, value in content.items() if not name.startswith("__")}
    named: dict[str, Any] = {str(i): array for i, array in enumerate(arrays)}
    np.savez(out, outline=np.array(json.dumps(outline)), **named)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
