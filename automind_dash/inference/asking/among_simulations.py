"""Where a target lies among an estimator's simulations: a result that the target carries. `plausibility` computes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...features import feature

UNUSUAL = 0.05
"""When a smaller share of held-out circuits lies as far from the simulations as the target, the page warns."""


@dataclass(frozen=True, eq=False)
class Plausibility:
    """Where a target lies among simulations.

    distance: to the nearest, as `Card.distance`; usual: the distance that one in twenty held-out circuits exceeds; share: of held-out
    circuits that are at least as far, between 1 / (n + 1) and 1; nearest: (28,) the nearest circuit; features: (n_features,) of it;
    differing: the features in which the target is farthest from it, farthest first.
    """

    distance: float
    usual: float
    share: float
    beyond_all: bool
    nearest: NDArray[np.float64]
    features: NDArray[np.float64]
    differing: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """A warning for the user; empty when the target lies among the simulations.

        It says where the recording lies. Whether the model can make it is for `verdict.verdict`, which sees matches as well.
        """
        if self.share >= UNUSUAL:
            return ""
        labels = "; ".join(feature(name).label for name in self.differing)
        where = (
            f"the nearest simulated circuit is {self.distance:.1f} away, mostly in {labels} (farthest first); "
            f"up to {self.usual:.1f} is usual"
        )
        if self.beyond_all:
            return (
                f"This recording lies beyond all simulations of this model: {where}. "
                "Circuits drawn for it may mean nothing."
            )
        return f"This recording is unusual among the simulations of this model: {where}. Fewer circuits than usual will match."
