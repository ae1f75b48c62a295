"""A provenance as a session's file holds it. The types of `inference.asking.provenance` say what may stand in one."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ...errors import SessionError
from ...inference.asking.provenance import Draws, Provenance, Search

MAX_ROWS = 100_000
"""The most circuits of one recording: five times what the page draws at once."""

MAX_TEXT = 5000
"""Most characters of a circuit's origin; all 28 parameters held take some 500."""

MAX_NUMBER = 2**53
"""Up to here JSON keeps whole numbers exactly. No count here comes near; what is infinite or undefined lies beyond it."""

T = TypeVar("T")


def provenance_in(told: Any, unknown: list[str]) -> Provenance:
    """Return a provenance from a file of this version or an earlier one.

    unknown: gets the names of what a later version may have written and this one does not know. Raises SessionError for values of another
    kind than a page writes.
    """
    if not isinstance(told, dict):
        raise SessionError("the provenance of the circuits is not what a page writes")
    if told and not told.keys() & {"draws", "searches"}:
        return _of_one_search(told, unknown)
    return typed(Provenance, told, "provenance", unknown)


def _of_one_search(told: dict[str, Any], unknown: list[str]) -> Provenance:
    """Return what version 0.1.0 wrote: one dictionary for draws and one search, whose circuits replaced all others."""
    rest = {key: value for key, value in told.items() if key not in ("verified", "added")}
    added = typed(Provenance, {"added": told.get("added", [])}, "added", unknown).added
    if "verified" in told:
        if not isinstance(told["verified"], dict):
            raise _strange("verified")
        return Provenance(None, (typed(Search, {**rest, **told["verified"]}, "verified", unknown),), added)
    return Provenance(typed(Draws, rest, "provenance", unknown) if rest else None, (), added)


def typed(kind: type[T], told: Any, name: str, unknown: list[str]) -> T:
    """Return a dataclass filled from a dictionary; missing values get their defaults. Raises SessionError for values of another kind."""
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
