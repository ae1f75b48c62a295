"""Where each recording of a study stands: a line for each replicate, from left to right in order; and which colour and mark it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ....study.opening.roles import Roles, levels, word_of
from ....study.telling.figures import COLOURS

IN_DARK = ("#6cb6ff", "#ff9a4d", "#6fce87", "#c7a4ff", "#d9c24a", "#ff8296", "#4fd0e0", "#b0b0b0")
"""The colours of conditions on a dark ground, in the order of COLOURS."""

MARKERS = ("circle", "square", "triangle", "diamond", "inverted_triangle", "plus", "x", "asterisk")

SPARSE = 1.6
"""Recordings stand in columns of their own age where there are at most this many times as many ages as recordings of a replicate."""

ACROSS = 8
"""Recordings in a line where nothing was recorded repeatedly."""

LONGEST = 18
"""Letters of a name that a figure shows."""


@dataclass(frozen=True)
class Placed:
    """A recording's place. line, column: from 0; at: its order, NaN for none; said: its order in words; condition: its levels."""

    recording: int
    line: int
    column: int
    at: float
    said: str
    replicate: str
    condition: str


def short(text: str, longest: int = LONGEST) -> str:
    """Return a text cut to what a figure can show."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def condition_of(said: pd.Series, roles: Roles) -> str:
    """Return a recording's levels of all conditions in words."""
    return " · ".join(str(said[name]) for name in roles.conditions if str(said[name]) not in ("", "nan"))


def arranged(metadata: pd.DataFrame, roles: Roles) -> list[Placed]:
    """Return the place of each recording, by replicate and order. metadata: indexed by recording."""
    order = metadata[roles.order].astype(float) if roles.order is not None else pd.Series(np.nan, index=metadata.index)
    names = metadata[roles.replicate].astype(str) if roles.replicate is not None else pd.Series("", metadata.index)
    ages = sorted(order.dropna().unique().tolist())
    most = int(names.value_counts().max()) if len(names) else 0
    own_columns = roles.replicate is not None and 0 < len(ages) <= SPARSE * most and not _twice(names, order)
    found = []
    for line, name in enumerate(dict.fromkeys(names)):
        rows = names.index[names == name]
        rows = order[rows].sort_values(kind="stable", na_position="last").index
        for place, row in enumerate(rows):
            at = float(order[row])
            column = ages.index(at) if own_columns and np.isfinite(at) else place
            if own_columns and not np.isfinite(at):
                column = len(ages) + place - int(order[rows].notna().sum())
            down = 0
            if roles.replicate is None:
                down, column = divmod(column, ACROSS)
            told = f"{word_of(roles.order)} {at:g}" if roles.order is not None and np.isfinite(at) else f"row {row}"
            found.append(Placed(int(row), line + down, column, at, told, name, condition_of(metadata.loc[row], roles)))
    return found


def _twice(names: pd.Series, order: pd.Series) -> bool:
    """Tell whether a replicate has two recordings of the same age, which would share a column."""
    pairs = pd.DataFrame({"name": names, "order": order}).dropna()
    return bool(pairs.duplicated().any())


def conditions(metadata: pd.DataFrame, roles: Roles) -> list[str]:
    """Return the conditions that occur, those at every reference level first."""
    ranks = {name: {level: i for i, level in enumerate(levels(metadata[name]))} for name in roles.conditions}
    rows = {
        condition_of(said, roles): tuple(ranks[name].get(str(said[name]), 99) for name in roles.conditions)
        for _, said in metadata.iterrows()
    }
    return sorted(rows, key=lambda one: (sum(rank > 0 for rank in rows[one]), rows[one]))


def colours_of(names: list[str], *, dark: bool) -> dict[str, str]:
    """Return a colour for each condition; further ones begin again."""
    known = IN_DARK if dark else COLOURS
    return {name: known[i % len(known)] for i, name in enumerate(names)}


def marks_of(names: list[str]) -> dict[str, str]:
    """Return a mark for each replicate; further ones begin again."""
    return {name: MARKERS[i % len(MARKERS)] for i, name in enumerate(names)}
