"""Where a target lies among an estimator's simulations, as a result that a target carries; `plausibility` works it out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...features import feature

UNUSUAL = 0.05
"""Share of held-out circuits as far from the simulations as the target: below it, the page says so."""


@dataclass(frozen=True, eq=False)
class Plausibility:
    """Where a target lies among simulations.

    distance: to the nearest, as `Card.distance`; usual: what one in twenty held-out circuits exceeds; share: of held-out circuits that
    lie as far, between 1 / (n + 1) and 1; nearest: (28,) that circuit; features: (n_features,) of it; differing: the features in
    which it is farthest, farthest first.
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
        """What the user should know; empty when the target lies among the simulations."""
        if self.share >= UNUSUAL:
            return ""
        labels = "; ".join(feature(name).label for name in self.differing)
        where = (
            f"the nearest simulated circuit is {self.distance:.1f} away, mostly in {labels} (farthest first); "
            f"usual is up to {self.usual:.1f}"
        )
        if self.beyond_all:
            return (
                f"This model does not make this recording, as far as its simulations show: {where}. "
                "What is drawn may be made of nothing."
            )
        return f"This model hardly makes this recording: {where}. Fewer circuits than usual will match."
