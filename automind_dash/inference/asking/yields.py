"""How many simulated circuits are consistent: of the posterior's draws, whose share is the yield, and of the others apart."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from .provenance import Origin, Provenance
from .verification import Tally, tally

ENOUGH = 20
"""Circuits to simulate before a share is given in percent; with fewer, only the counts are given."""


@dataclass(frozen=True)
class Yields:
    """draws: of the posterior; searched: other circuits that a search simulated; added: circuits that were added by hand."""

    draws: Tally = field(default_factory=Tally)
    searched: Tally = field(default_factory=Tally)
    added: Tally = field(default_factory=Tally)

    @property
    def n(self) -> int:
        """Circuits simulated."""
        return self.draws.n + self.searched.n + self.added.n

    @property
    def all(self) -> Tally:
        """Counts of all circuits together."""
        parts = (self.draws, self.searched, self.added)
        return Tally(**{one.name: sum(getattr(part, one.name) for part in parts) for one in fields(Tally)})


def yields(table: pd.DataFrame, provenance: Provenance) -> Yields:
    """Count the simulated circuits of a table by their states. table: index = circuit numbers, with state, distance, seeds, matched."""
    draws, added = provenance.are_draws(table.index), provenance.origins(table.index) == Origin.ADDED
    return Yields(*(_tally(table[chosen]) for chosen in (draws, ~draws & ~added, np.asarray(added))))


def _tally(table: pd.DataFrame) -> Tally:
    return tally(table["state"], table["distance"].astype(float), table["seeds"].tolist(), table["matched"].tolist())


def confirmed_sentence(counts: Tally, *, share: bool = True) -> str:
    """Say how many circuits that matched once match every time, and what yield that leaves; empty where none was simulated again.

    share: whether the counted circuits have a yield; draws and circuits that were drawn near others have none together.
    """
    if not counts.tested:
        return ""
    left = f", a confirmed yield of {counts.confirmed_share:.0%}" if share and counts.n >= ENOUGH else ""
    again = "was" if counts.tested == 1 else "were"
    return f"{counts.confirmed:,} of the {counts.tested:,} matches that {again} simulated again matched with every seed{left}."


def confirmed_among(counts: Yields) -> str:
    """Say how many matches of all circuits were confirmed, with the confirmed yield where only draws of the posterior were tested."""
    if counts.draws.tested == counts.all.tested:
        return confirmed_sentence(counts.draws)
    return confirmed_sentence(counts.all, share=False)  # a search's share of matches is not the posterior's
