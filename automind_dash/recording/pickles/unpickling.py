"""Pickles of NumPy's arrays, dicts, lists, texts and numbers, read without running anything.

A pickle is a program for a small machine. `pickletools.genops` takes it apart; here a machine follows the opcodes that build plain
values. The only names that it knows are those of `pickled_arrays`, and it calls none of them: what NumPy's reconstructors would
have built is built there from the bytes. A pickle that names anything else, makes objects of classes, or refers to objects outside is
refused. Steps, depth and size are bounded; what is not needed to build values is not there.
"""

from __future__ import annotations

import io
import pickletools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files.arrays import MAX_ELEMENTS
from .pickled_arrays import Array, DType, Name, PickleRefused, fill, known, made, set_dtype

MAX_STEPS = 50_000_000
"""Opcodes: ten million spikes as Python's own numbers take a quarter."""

MAX_NODES = 20_000_000
"""Values that are handed on, those counted again that are referred to from several places."""

MAX_DEPTH = 12
"""Dicts within lists within dicts: deeper nesting is no recording."""

CONSTANTS = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES",
    "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "FLOAT", "BINFLOAT",
}  # fmt: skip
"""Opcodes that put their argument on the stack."""


class _Mark:
    """Where a group of values begins on the stack."""


MARK = _Mark()


def unpickle(data: bytes, max_steps: int = MAX_STEPS) -> Any:
    """Return what a pickle holds as dicts, lists, texts, numbers, truth values, None and arrays of numbers or text; nothing in it is run.

    Object arrays come as lists, those of no dimension as their item; tuples as lists. Raises PickleRefused, whose message goes on
    from "the pickle is refused: ".
    """
    return _Plain().of(_built(data, max_steps), 0)


def _built(data: bytes, max_steps: int) -> Any:
    machine = _Machine()
    steps = 0
    try:
        for opcode, argument, _ in pickletools.genops(io.BytesIO(data)):
            steps += 1
            if steps > max_steps:
                raise PickleRefused(f"it takes more than {max_steps} steps")
            if opcode.name == "STOP":
                return machine.pop()
            machine.step(opcode.name, argument)
    except PickleRefused:
        raise
    except (
        ValueError,
        TypeError,
        IndexError,
        KeyError,
        OverflowError,
        AttributeError,
        LookupError,
        RecursionError,
    ) as error:
        raise PickleRefused(f"it is damaged ({str(error)[:100] or type(error).__name__})") from error
    raise PickleRefused("it is cut off")


@dataclass
class _Machine:
    """The stack and the memo."""

    stack: list[Any] = field(default_factory=list)
    memo: dict[int, Any] = field(default_factory=dict)

    def pop(self) -> Any:
        if not self.stack or self.stack[-1] is MARK:
            raise PickleRefused("it is damaged (its stack is empty)")
        return self.stack.pop()

    def to_mark(self) -> list[Any]:
        """Take what lies above the last mark, and the mark."""
        for i in range(len(self.stack) - 1, -1, -1):
            if self.stack[i] is MARK:
                group = self.stack[i + 1 :]
                del self.stack[i:]
                return group
        raise PickleRefused("it is damaged (a mark is missing)")

    def step(self, name: str, argument: Any) -> None:
        if name in CONSTANTS:
            self.stack.append(bytes(argument) if isinstance(argument, bytearray) else argument)
            return
        act = getattr(self, f"op_{name.lower()}", None)
        if act is None:
            raise PickleRefused(f"it makes objects of classes, or refers to some outside ({name})")
        act(argument)

    def op_proto(self, version: int) -> None:
        if version > 5:
            raise PickleRefused(f"it is of version {version}, which is unknown")

    def op_frame(self, _: Any) -> None:
        """Frames only help reading."""

    def op_mark(self, _: Any) -> None:
        self.stack.append(MARK)

    def op_pop(self, _: Any) -> None:
        if not self.stack:
            raise PickleRefused("it is damaged (its stack is empty)")
        self.stack.pop()

    def op_pop_mark(self, _: Any) -> None:
        self.to_mark()

    def op_dup(self, _: Any) -> None:
        value = self.pop()
        self.stack += [value, value]

    def op_none(self, _: Any) -> None:
        self.stack.append(None)

    def op_newtrue(self, _: Any) -> None:
        self.stack.append(True)

    def op_newfalse(self, _: Any) -> None:
        self.stack.append(False)

    def op_empty_list(self, _: Any) -> None:
        self.stack.append([])

    def op_empty_dict(self, _: Any) -> None:
        self.stack.append({})

    def op_empty_tuple(self, _: Any) -> None:
        self.stack.append(())

    def op_list(self, _: Any) -> None:
        self.stack.append(self.to_mark())

    def op_tuple(self, _: Any) -> None:
        self.stack.append(tuple(self.to_mark()))

    def op_tuple1(self, _: Any) -> None:
        self.stack.append((self.pop(),))

    def op_tuple2(self, _: Any) -> None:
        second, first = self.pop(), self.pop()
        self.stack.append((first, second))

    def op_tuple3(self, _: Any) -> None:
        third, second, first = self.pop(), self.pop(), self.pop()
        self.stack.append((first, second, third))

    def op_append(self, _: Any) -> None:
        value = self.pop()
        self._list().append(value)

    def op_appends(self, _: Any) -> None:
        values = self.to_mark()
        self._list().extend(values)

    def op_dict(self, _: Any) -> None:
        values = self.to_mark()
        self.stack.append({})
        self._set(values)

    def op_setitem(self, _: Any) -> None:
        value, key = self.pop(), self.pop()
        self._set([key, value])

    def op_setitems(self, _: Any) -> None:
        self._set(self.to_mark())

    def op_memoize(self, _: Any) -> None:
        self.memo[len(self.memo)] = self._top()

    def op_put(self, number: int) -> None:
        self.memo[int(number)] = self._top()

    op_binput = op_long_binput = op_put

    def op_get(self, number: int) -> None:
        if int(number) not in self.memo:
            raise PickleRefused("it is damaged (it refers to what is not there)")
        self.stack.append(self.memo[int(number)])

    op_binget = op_long_binget = op_get

    def op_global(self, argument: str) -> None:
        module, _, name = str(argument).partition(" ")
        self.stack.append(known(module, name))

    def op_stack_global(self, _: Any) -> None:
        name, module = self.pop(), self.pop()
        if not isinstance(module, str) or not isinstance(name, str):
            raise PickleRefused("it is damaged (a name is no text)")
        self.stack.append(known(module, name))

    def op_reduce(self, _: Any) -> None:
        arguments, name = self.pop(), self.pop()
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise PickleRefused("it calls what is no known name")
        self.stack.append(made(name.means, arguments))

    def op_build(self, _: Any) -> None:
        state, thing = self.pop(), self._top()
        if isinstance(thing, DType):
            set_dtype(thing, state)
        elif isinstance(thing, Array):
            fill(thing, state)
        else:
            raise PickleRefused("it sets the state of what is no array")

    def _top(self) -> Any:
        value = self.pop()
        self.stack.append(value)
        return value

    def _list(self) -> list[Any]:
        value = self._top()
        if not isinstance(value, list):
            raise PickleRefused("it is damaged (it adds to what is no list)")
        return value

    def _set(self, values: list[Any]) -> None:
        target = self._top()
        if not isinstance(target, dict) or len(values) % 2:
            raise PickleRefused("it is damaged (it sets items of what is no dict)")
        for key, value in zip(values[::2], values[1::2], strict=True):
            if isinstance(key, np.generic):
                key = key.item()
            if (
                isinstance(key, str | bytes | int | float | bool) or key is None
            ):  # others, tuples of tuples, name no unit
                target[key] = value


@dataclass
class _Plain:
    """What was built, as plain values: counted, since a small pickle may refer to one value from many places."""

    nodes: int = 0
    elements: int = 0

    def of(self, value: Any, depth: int) -> Any:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise PickleRefused(f"it holds more than {MAX_NODES} values")
        if depth > MAX_DEPTH:
            raise PickleRefused(f"it is nested more than {MAX_DEPTH} deep")
        if isinstance(value, Array):
            return self._array(value, depth)
        if isinstance(value, dict):
            return {self._key(key): self.of(inner, depth + 1) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            if value and all(type(item) in (int, float) for item in value):
                return self._numbers(value)
            return [self.of(item, depth + 1) for item in value]
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            raise PickleRefused("it holds whole numbers of more than 64 bits")
        return value if isinstance(value, str | bytes | int | float) else None

    def _array(self, value: Array, depth: int) -> Any:
        if value.items is not None:
            if value.alone:
                return self.of(value.items[0], depth + 1)
            return [self.of(item, depth + 1) for item in value.items]
        if value.values is None:
            raise PickleRefused("it is damaged (an array has no values)")
        self.elements += value.values.size
        if self.elements > MAX_ELEMENTS:
            raise PickleRefused(f"it holds more than {MAX_ELEMENTS} numbers")
        return value.values

    def _numbers(self, values: list[Any] | tuple[Any, ...]) -> NDArray:
        self.nodes += len(values)
        if self.nodes > MAX_NODES:
            raise PickleRefused(f"it holds more than {MAX_NODES} values")
        try:
            return np.array(values, dtype=np.int64 if all(type(item) is int for item in values) else np.float64)
        except OverflowError as error:
            raise PickleRefused("it holds whole numbers of more than 64 bits") from error

    @staticmethod
    def _key(key: Any) -> str:
        return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)
