"""What NumPy's reconstructors would build from a pickle, built from its bytes: none of them is imported by its name, or called."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError

MAX_SIDES = 8
"""Dimensions of an array."""

DTYPE = re.compile(r"[<>=|]?([biufcSUO])(\d{1,9})$")
DTYPES = {"b": (1,), "i": (1, 2, 4, 8), "u": (1, 2, 4, 8), "f": (2, 4, 8, 16), "c": (8, 16, 32)}

RECONSTRUCT, NDARRAY, DTYPE_CLASS, SCALAR = "reconstruct", "ndarray", "dtype", "scalar"
FROM_BUFFER, ENCODE, DICT, BYTES = "frombuffer", "encode", "dict", "bytes"
KNOWN = {
    "numpy.core.multiarray _reconstruct": RECONSTRUCT,
    "numpy._core.multiarray _reconstruct": RECONSTRUCT,
    "numpy.core.multiarray scalar": SCALAR,
    "numpy._core.multiarray scalar": SCALAR,
    "numpy.core.numeric _frombuffer": FROM_BUFFER,
    "numpy._core.numeric _frombuffer": FROM_BUFFER,
    "numpy ndarray": NDARRAY,
    "numpy dtype": DTYPE_CLASS,
    "_codecs encode": ENCODE,
    "collections OrderedDict": DICT,
    "__builtin__ bytes": BYTES,
}
"""Every name that a pickle may use, with its meaning here. None of them is imported."""


class PickleRefused(RecordingError):
    """A pickle that holds more than arrays, dicts, lists, texts and numbers, or is damaged."""


@dataclass(frozen=True)
class Name:
    """A name of KNOWN, never an object that could be called."""

    means: str


@dataclass
class DType:
    """A type that is being described. code: as in `<f8`."""

    code: str

    def dtype(self) -> np.dtype:
        """Return NumPy's type; raises PickleRefused for all but numbers, text and objects."""
        found = DTYPE.match(self.code)
        if not found:
            raise PickleRefused(f"an array of type {self.code[:40]!r} in it is of no numbers and no text")
        kind, size = found.group(1), int(found.group(2))
        if kind in DTYPES and size not in DTYPES[kind]:
            raise PickleRefused(f"an array of type {self.code[:40]!r} in it is of no numbers and no text")
        return np.dtype("O") if kind == "O" else np.dtype(self.code)


@dataclass
class Array:
    """An array that is being built: values, or for an object array the list of its items, alone where it has no dimension."""

    values: NDArray | None = None
    items: list[Any] | None = None
    alone: bool = False


def known(module: str, name: str) -> Name:
    """Return the meaning of a name in a pickle. Raises PickleRefused for unknown names."""
    means = KNOWN.get(f"{module} {name}")
    if means is None:
        raise PickleRefused(
            f"it names {f'{module}.{name}'[:80]!r}, which is no part of arrays, dicts, texts and numbers"
        )
    return Name(means)


def made(means: str, arguments: tuple[Any, ...]) -> Any:
    """Return the value that a known name gives for its arguments. Nothing is called."""
    if means == RECONSTRUCT:
        return Array()
    if means == DTYPE_CLASS and arguments and isinstance(arguments[0], str):
        return DType(arguments[0])
    if means == SCALAR and len(arguments) == 2 and isinstance(arguments[0], DType):
        return _scalar(arguments[0].dtype(), arguments[1])
    if means == ENCODE and len(arguments) == 2 and isinstance(arguments[0], str):
        if str(arguments[1]).lower() not in ("latin1", "latin-1"):
            raise PickleRefused("it encodes text in another way than NumPy does")
        return arguments[0].encode("latin-1")
    if means == FROM_BUFFER and len(arguments) == 4 and isinstance(arguments[1], DType):
        array = Array()
        order = arguments[3] == "F"
        fill(
            array,
            (
                1,
                arguments[2] if isinstance(arguments[2], tuple) else (arguments[2],),
                arguments[1],
                order,
                arguments[0],
            ),
        )
        return array
    if means == DICT and not arguments:
        return {}
    if means == BYTES and not arguments:
        return b""
    raise PickleRefused(f"it makes {means} of what NumPy does not make it of")


def _scalar(dtype: np.dtype, raw: Any) -> Any:
    if dtype.hasobject or not isinstance(raw, bytes) or len(raw) != dtype.itemsize:
        raise PickleRefused("it is damaged (a number's bytes do not fit its type)")
    return np.frombuffer(raw, dtype)[0] if dtype.itemsize else ""


def set_dtype(thing: DType, state: Any) -> None:
    """Give a type its byte order and, for text, its length: (version, order, subtype, names, fields, itemsize, …)."""
    if not isinstance(state, tuple) or len(state) < 8 or any(part is not None for part in state[2:5]):
        raise PickleRefused("an array in it has named fields")
    order = {"<": "<", ">": ">", "|": "|", "=": "="}.get(state[1] if isinstance(state[1], str) else "")
    if order is None:
        raise PickleRefused("it is damaged (a type has no byte order)")
    code = thing.code.lstrip("<>=|")
    if code[:1] in ("U", "S") and isinstance(state[5], int) and 0 <= state[5] < 10**9:
        code = f"{code[0]}{state[5] // (4 if code[0] == 'U' else 1)}"
    thing.code = order + code


def fill(array: Array, state: Any) -> None:
    """Give an array its values: (version, shape, type, whether by columns, bytes or a list of items)."""
    if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[2], DType):
        raise PickleRefused("it is damaged (an array has no shape, type and values)")
    if array.values is not None or array.items is not None:
        raise PickleRefused("it is damaged (an array is filled twice)")
    _, shape, kind, by_columns, raw = state
    if (
        not isinstance(shape, tuple)
        or len(shape) > MAX_SIDES
        or any(type(side) is not int or not 0 <= side < 2**40 for side in shape)
    ):
        raise PickleRefused("it is damaged (an array's shape is none)")
    count = math.prod(shape)
    dtype = kind.dtype()
    if dtype.hasobject:
        if not isinstance(raw, list) or len(raw) != count:
            raise PickleRefused("it is damaged (an array has fewer items than its shape says)")
        array.items, array.alone = raw, not shape
        return
    if not isinstance(raw, bytes) or len(raw) != count * dtype.itemsize:
        raise PickleRefused("it is damaged (an array has fewer bytes than its shape says)")
    values = np.frombuffer(raw, dtype) if dtype.itemsize and count else np.empty(0, dtype)
    array.values = values.reshape(shape, order="F" if by_columns else "C") if count else np.empty(0, dtype)
