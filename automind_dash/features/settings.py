"""Checking analysis settings, and reading them back from JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar, cast, get_type_hints

import numpy as np

from ..errors import FeatureError

S = TypeVar("S")


def check_range(owner: Any, name: str, low: float, high: float, unit: str = "") -> None:
    """Raise FeatureError unless owner.name is a number within [low, high]. None passes where it is the default."""
    value = getattr(owner, name)
    default = next(field.default for field in fields(owner) if field.name == name)
    if value is None and default is None:
        return
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not np.isfinite(value) or not low <= value <= high:
        raise FeatureError(
            f"{type(owner).__name__}.{name} is {value!r}; "
            f"it must lie between {low:g} and {high:g}{' ' * bool(unit)}{unit}."
        )


def settings_from_dict(kind: type[S], values: Mapping[str, Any]) -> S:
    """Build a settings dataclass from the result of `dataclasses.asdict`, nested settings included.

    Raises FeatureError for unknown keys, for missing keys, and for values that the class itself refuses.
    """
    if not isinstance(values, Mapping):
        raise FeatureError(f"{kind.__name__} must be a mapping of settings, not {type(values).__name__}.")
    known = {field.name: field for field in fields(cast(Any, kind))}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise FeatureError(
            f"{kind.__name__} has no setting {', '.join(map(repr, unknown))}; it has {', '.join(known)}."
        )
    missing = [
        name for name, field in known.items()
        if name not in values and field.default is MISSING and field.default_factory is MISSING
    ]  # fmt: skip
    if missing:
        raise FeatureError(f"{kind.__name__} lacks {', '.join(missing)}.")
    hints = get_type_hints(kind)

    def read(name: str, value: Any) -> Any:
        if is_dataclass(hints[name]):
            return settings_from_dict(hints[name], value)
        return tuple(value) if isinstance(value, list) else value

    return kind(**{name: read(name, value) for name, value in values.items()})
