"""A provenance as a session's file holds it. What may stand in one follows from the types of `inference.asking.provenance`."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ...errors import SessionError
from ...inference.asking.provenance import Draws, Provenance, Search

MAX_ROWS = 100_000
"""Circuits of one recording: five times what the page draws at once."""

MAX_TEXT = 5000
"""Characters of where a circuit comes from: all 28 parameters held take some 500."""

MAX_NUMBER = 2**53
"""Up to which JSON's numbers are whole; nothing counted here comes near, and what is infinite or undefined is beyond it."""

T = TypeVar("T")


def provenance_in(told: Any, unknown: list[str]) -> Provenance:
    """Return a provenance of this version's files or an earlier one's.

    unknown: gets the names of what a later version may have written and this one does not know. Raises SessionError for values of another
    kind than a page writes.
    """
    if not isinstance(told, dict):
        raise SessionError("the provenance of the circuits is not what a page writes")
    if told and not told.keys() & {"draws", "searches"}:
        return _of_one_search(told, unknown)
    return typed(Provenance, told, "provenance", unknown)


def _of_one_search(told: dict[str, Any], unknown: list[str]) -> Provenance:
    """Return what version 0.1.0 wrote: one dictionary for draws and a search, whose circuits took the place of all others."""
    rest = {key: value for key, value in told.items() if key not in ("verified", "added")}
    added = typed(Provenance, {"added": told.get("added", [])}, "added", unknown).added
    if "verified" in told:
        if not isinstance(told["verified"], dict):
            raise _strange("verified")
        return Provenance(None, (typed(Search, {**rest, **told["verified"]}, "verified", unknown),), added)
    return Provenance(typed(Draws, rest, "provenance", unknown) if rest else None, (), added)


def typed(kind: type[T], told: Any, name: str, unknown: list[str]) -> T:
    """Return a dataclass with what a dictionary holds for it; what is missing has its default. Raises SessionError for other kinds."""
    if not isinstance(told, dict):
        raise _strange(name)
    hints = get_type_hints(kind)
    known = [one.name for one in fields(kind)]  # type: ignore[arg-type]
    unknown.extend(str(key)[:40] for key in told if key not in known)
    needed = [one.name for one in fields(kind) if one.default is MISSING]  # type: ignore[arg-type]
    if not told.keys() >= set(needed):
        raise _strange(name)
    return kind(**{key: _value(told[key], hints[key], key, unknown) for key in known if key in told})


def _value(told: Any, kind: Any, name: str, unknown: list[str]) -> Any:
    """Return a value as its type says: a number, a text, a pair, a row of one kind, or another dataclass."""
    if isinstance(kind, UnionType):
        return (
            None if told is None else _value(told, next(k for k in get_args(kind) if k is not NoneType), name, unknown)
        )
    if is_dataclass(kind) and isinstance(kind, type):
        return typed(kind, told, name, unknown)
    if get_origin(kind) is tuple and isinstance(told, list):
        inner = get_args(kind)
        if inner[-1] is Ellipsis and len(told) <= MAX_ROWS:
            return tuple(_value(one, inner[0], name, unknown) for one in told)
        if inner[-1] is not Ellipsis and len(told) == len(inner):
            return tuple(_value(one, k, name, unknown) for one, k in zip(told, inner, strict=True))
    number = isinstance(told, int | float) and not isinstance(told, bool) and -MAX_NUMBER < told < MAX_NUMBER
    if (kind is float and number) or (kind is int and number and int(told) == told):
        return kind(told)
    if (kind is str and isinstance(told, str) and len(told) <= MAX_TEXT) or (kind is bool and isinstance(told, bool)):
        return told
    raise _strange(name)


def _strange(name: str) -> SessionError:
    return SessionError(f"{name!r} of the circuits' provenance is not what a page writes")
