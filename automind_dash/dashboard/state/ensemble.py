"""Which circuits stand for a recording where a stage asks about all of them: the confirmed ones where there are enough, or all."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .circuit_rows import confirmed_in
from .examined import Examined

AUTO, CONFIRMED, ALL = "auto", "confirmed", "all"
CHOICES = {"confirmed, if enough": AUTO, "confirmed only": CONFIRMED, "all": ALL}
"""The choice, in the page's words. It is one for the page: `Workspace.ensemble`."""

ENOUGH = 50
"""Confirmed circuits that take the place of the posterior's draws without being asked for; with fewer no correlation of 28 parameters
survives its correction."""


def n_confirmed(examined: Examined) -> int:
    """Return how many circuits of a recording matched with every seed, two or more."""
    return int(confirmed_in(examined.configurations).sum()) if len(examined.configurations) else 0


def takes_confirmed(choice: str, recordings: Sequence[Examined], enough: int = ENOUGH) -> bool:
    """Tell whether only confirmed circuits of these recordings are taken; left to itself, the page takes them where all have enough."""
    if choice == AUTO:
        return bool(recordings) and all(n_confirmed(examined) >= enough for examined in recordings)
    return choice == CONFIRMED


def ensemble_of(examined: Examined, confirmed: bool) -> pd.DataFrame:
    """Return the rows that stand for a recording: its confirmed circuits, or those that stand for its posterior."""
    table = examined.configurations
    return table[confirmed_in(table)] if confirmed and len(table) else examined.posterior


def n_near(examined: Examined) -> int:
    """Return how many of a recording's confirmed circuits a search drew near others."""
    table = ensemble_of(examined, confirmed=True)
    return sum(parent >= 0 for parent in examined.provenance.parents(table.index))
