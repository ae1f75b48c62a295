"""Whether a simulated circuit is consistent with a recording: the one place where a distance is compared with a threshold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..estimators.card import Card

CONSISTENT, ALIVE = "consistent", "alive"
"""The states of a circuit that ran to its end and is active. Any other circuit has its outcome as its state."""

_ACTIVE = ("active", ALIVE, CONSISTENT)


class Ran(Protocol):
    """What a judge needs to know of a run: its outcome and, if it was given up, when (s)."""

    @property
    def outcome(self) -> str:
        """active, silent, saturated or failed."""

    @property
    def rejected_after(self) -> float | None:
        """s of model time."""


@dataclass(frozen=True)
class Judge:
    """Calls circuits consistent up to a distance of `bound`. threshold: the estimator's; tolerance: the factor on it."""

    threshold: float
    tolerance: float = 1.0

    @classmethod
    def of(cls, card: Card, tolerance: float = 1.0) -> Judge:
        """Return the judge of an estimator's circuits at a tolerance."""
        return cls(card.threshold, tolerance)

    @property
    def bound(self) -> float:
        """The largest distance that is consistent."""
        return self.tolerance * self.threshold

    def within(self, distances: ArrayLike) -> NDArray[np.bool_]:
        """(n,) whether distances are consistent; infinite and undefined ones are not."""
        return np.asarray(np.asarray(distances, dtype=np.float64) <= self.bound)

    def states(self, outcomes: ArrayLike, distances: ArrayLike, denied: ArrayLike = False) -> NDArray[np.str_]:
        """(n,) state of each circuit: consistent, alive, silent, saturated or failed; empty where nothing was simulated.

        outcomes: (n,) of the simulations, or states from an earlier judgement; distances: (n,) to the target, infinite where a feature is
        undefined; denied: (n,) circuits that are alive at most, because the user rejected them or their runs were given up before the
        end.
        """
        became = np.asarray(outcomes, dtype=np.str_)
        active = np.isin(became, _ACTIVE)
        matched = active & self.within(distances) & ~np.asarray(denied, dtype=bool)
        return np.where(matched, CONSISTENT, np.where(active, ALIVE, became))

    def state(self, outcome: str, distance: float, *, denied: bool = False) -> str:
        """Return the state of one circuit, as `states` does."""
        return str(self.states([outcome], [distance], [denied])[0])

    def state_of(self, run: Ran, distance: float) -> str:
        """Return the state of one run at its distance; a run that was given up early is alive at most."""
        return self.state(run.outcome, distance, denied=run.rejected_after is not None)


def is_consistent(states: ArrayLike) -> NDArray[np.bool_]:
    """(n,) which circuits were judged consistent."""
    return np.asarray(np.asarray(states, dtype=np.str_) == CONSISTENT)


def is_confirmed(seeds: ArrayLike, matched: ArrayLike) -> NDArray[np.bool_]:
    """(n,) which circuits were simulated with two seeds or more and matched with all of them. seeds, matched: (n,) how many."""
    n = np.asarray(seeds, dtype=np.int64)
    return np.asarray((n > 1) & (np.asarray(matched, dtype=np.int64) == n))


def numbers_of(states: Iterable[str]) -> list[int]:
    """Return the places of the consistent circuits among these states."""
    return [place for place, state in enumerate(states) if state == CONSISTENT]
