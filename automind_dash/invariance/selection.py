"""A selection is an expression over the table of configurations, not a list of rows: it holds in any table with the
same columns.

Ranges, polygons and named sets are combined by & | ~, evaluated to a mask, and written to JSON (the idea is glue-viz's
subset state).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import SessionError

MAX_DEPTH = 50
"""Depth of nested expressions: a page builds a few levels, and reading is recursive."""

MAX_TERMS = 10_000
"""Terms of one expression, not counting vertices and row numbers; evaluation visits all of them."""

MAX_NUMBERS = 1_000_000
"""Vertices or row numbers of one term."""

Named = Mapping[str, "Selection"]


class Selection:
    """An expression that picks rows. Combine with & | ~; compare with ==."""

    def mask(self, table: pd.DataFrame, named: Named | None = None) -> NDArray[np.bool_]:
        """(n,) which rows are picked. named: the sets that `Reference` looks up. Raises SessionError for a missing
        column or set.
        """
        return self._mask(table, named or {}, frozenset())

    def _mask(self, table: pd.DataFrame, named: Named, seen: frozenset[str]) -> NDArray[np.bool_]:
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return the expression as plain data for JSON."""
        raise NotImplementedError

    def to_json(self) -> str:
        """Return the expression as JSON text, which `read_selection` reads."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def __and__(self, other: Selection) -> Selection:
        return And((self, other))

    def __or__(self, other: Selection) -> Selection:
        return Or((self, other))

    def __invert__(self) -> Selection:
        return Not(self)


def _column(table: pd.DataFrame, name: str) -> NDArray[Any]:
    if name not in table.columns:
        raise SessionError(f"The selection asks for {name!r}, and this table has no such column.")
    return table[name].to_numpy()


def _numbers(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    values = _column(table, name)
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        raise SessionError(f"The selection asks for a range of {name!r}, and that column holds no numbers.") from None


@dataclass(frozen=True)
class Everything(Selection):
    """All rows."""

    def _mask(self, table, named, seen):
        return np.ones(len(table), dtype=bool)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "everything"}


@dataclass(frozen=True)
class Range(Selection):
    """Rows with low ≤ column ≤ high; None means no bound. Undefined values (NaN) are in no range."""

    column: str
    low: float | None = None
    high: float | None = None

    def _mask(self, table, named, seen):
        values = _numbers(table, self.column)
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        return (values >= low) & (values <= high)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "range", "column": self.column, "low": self.low, "high": self.high}


@dataclass(frozen=True)
class Is(Selection):
    """Rows whose column has one of several values, such as state `consistent`."""

    column: str
    values: tuple[str, ...]

    def _mask(self, table, named, seen):
        return np.isin(_column(table, self.column).astype(str), self.values)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "is", "column": self.column, "values": list(self.values)}


@dataclass(frozen=True)
class Polygon(Selection):
    """Rows inside a polygon over two columns (a lasso); self-crossing ones by the even-odd rule. vertices: (x, y)
    pairs, at least three.
    """

    x: str
    y: str
    vertices: tuple[tuple[float, float], ...]

    def _mask(self, table, named, seen):
        return inside_polygon(
            _numbers(table, self.x), _numbers(table, self.y), np.array(self.vertices, dtype=np.float64)
        )

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "polygon", "x": self.x, "y": self.y, "vertices": [list(vertex) for vertex in self.vertices]}


@dataclass(frozen=True)
class Rows(Selection):
    """Rows by their number, the table's index: those that were ticked or clicked one by one."""

    numbers: tuple[int, ...]

    def _mask(self, table, named, seen):
        return np.asarray(table.index.isin(self.numbers), dtype=bool)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "rows", "numbers": [int(number) for number in self.numbers]}


@dataclass(frozen=True)
class Reference(Selection):
    """The rows of a named set, looked up when the expression is evaluated."""

    name: str

    def _mask(self, table, named, seen):
        if self.name not in named:
            raise SessionError(f"There is no selection named {self.name!r}; there are {', '.join(named) or 'none'}.")
        if self.name in seen:
            raise SessionError(f"The selection {self.name!r} refers to itself.")
        return named[self.name]._mask(table, named, seen | {self.name})

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "named", "name": self.name}


@dataclass(frozen=True)
class And(Selection):
    """Rows in all of the terms; all rows when there is none."""

    terms: tuple[Selection, ...]

    def _mask(self, table, named, seen):
        masks = (term._mask(table, named, seen) for term in self.terms)
        return reduce(np.logical_and, masks, np.ones(len(table), dtype=bool))

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "and", "terms": [term.to_dict() for term in self.terms]}


@dataclass(frozen=True)
class Or(Selection):
    """Rows in any of the terms; none when there is none."""

    terms: tuple[Selection, ...]

    def _mask(self, table, named, seen):
        masks = (term._mask(table, named, seen) for term in self.terms)
        return reduce(np.logical_or, masks, np.zeros(len(table), dtype=bool))

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "or", "terms": [term.to_dict() for term in self.terms]}


@dataclass(frozen=True)
class Not(Selection):
    """Rows not in the term (undefined values among them)."""

    term: Selection

    def _mask(self, table, named, seen):
        return ~self.term._mask(table, named, seen)

    def to_dict(self) -> dict[str, Any]:
        return {"kind": "not", "term": self.term.to_dict()}


def box(ranges: Mapping[str, tuple[float | None, float | None]]) -> Selection:
    """Return the rows that lie within all of several ranges, by column: a box in a pair plot, a set of sliders."""
    return And(tuple(Range(column, low, high) for column, (low, high) in ranges.items()))


def inside_polygon(x: NDArray[np.float64], y: NDArray[np.float64], vertices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) whether points lie inside a polygon, (k, 2), by the even-odd rule (Shimrat 1962); NaN is outside."""
    inside = np.zeros(np.shape(x), dtype=bool)
    x_before, y_before = vertices[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        for x_here, y_here in vertices:
            rises = y_before - y_here
            left = (x - x_here) * rises < (x_before - x_here) * (y - y_here)
            crosses = (y_here > y) != (y_before > y)
            inside ^= crosses & (left if rises > 0 else ~left)
            x_before, y_before = x_here, y_here
    return inside & np.isfinite(x) & np.isfinite(y)


def read_selection(text: str) -> Selection:
    """Read a selection that `Selection.to_json` wrote; raises SessionError that says what is wrong."""
    try:
        raw = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise SessionError(f"The selection is not JSON: {error}.") from None
    return selection_from_dict(raw)


def selection_from_dict(raw: Any) -> Selection:
    """Read a selection that `Selection.to_dict` returned; raises SessionError for anything else."""
    count = [0]
    try:
        return _read(raw, 0, count)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        if isinstance(error, SessionError):
            raise
        raise SessionError(f"The selection cannot be read: {type(error).__name__}: {error}.") from None


def _read(raw: Any, depth: int, count: list[int]) -> Selection:
    count[0] += 1
    if depth > MAX_DEPTH or count[0] > MAX_TERMS:
        raise SessionError(f"The selection is nested deeper than {MAX_DEPTH} or has more than {MAX_TERMS} terms.")
    kind = raw["kind"]
    if kind in ("and", "or"):
        return (And if kind == "and" else Or)(tuple(_read(term, depth + 1, count) for term in _listed(raw["terms"])))
    if kind == "not":
        return Not(_read(raw["term"], depth + 1, count))
    if kind == "everything":
        return Everything()
    if kind == "range":
        return Range(
            _text(raw["column"]), *(None if raw[end] is None else _finite(raw[end]) for end in ("low", "high"))
        )
    if kind == "is":
        return Is(_text(raw["column"]), tuple(_text(value) for value in _listed(raw["values"])))
    if kind == "rows":
        return Rows(tuple(_whole(number) for number in _listed(raw["numbers"])))
    if kind == "named":
        return Reference(_text(raw["name"]))
    if kind == "polygon":
        vertices = tuple((_finite(x), _finite(y)) for x, y in _listed(raw["vertices"]))
        if len(vertices) < 3:
            raise SessionError(f"A polygon has at least three vertices; this one has {len(vertices)}.")
        return Polygon(_text(raw["x"]), _text(raw["y"]), vertices)
    raise SessionError(f"There is no selection of kind {kind!r}.")


def _listed(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MAX_NUMBERS:
        raise SessionError(f"A selection's lists hold at most {MAX_NUMBERS} entries.")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise SessionError(f"A selection's names must be text; got {value!r}.")
    return value


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(float(value)):
        raise SessionError(f"A selection's numbers must be finite; got {value!r}.")
    return float(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SessionError(f"Row numbers must be whole numbers; got {value!r}.")
    return value
