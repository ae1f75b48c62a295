"""How many simulated circuits are consistent: of the posterior's draws, whose share is the yield, and of the others apart."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .provenance import Origin, Provenance
from .verification import Tally, tally


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


def yields(table: pd.DataFrame, provenance: Provenance) -> Yields:
    """Count the simulated circuits of a table by their states. table: index = circuit numbers, with state and distance."""
    draws, added = provenance.are_draws(table.index), provenance.origins(table.index) == Origin.ADDED
    return Yields(*(_tally(table[chosen]) for chosen in (draws, ~draws & ~added, np.asarray(added))))


def _tally(table: pd.DataFrame) -> Tally:
    return tally(table["state"], table["distance"].astype(float))
