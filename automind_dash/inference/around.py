"""Where an estimator would look: proposals for a round of simulations that shows its surrogate where it is wrong.

Pruning picks the circuits of which the surrogate expects most, and with them its mistakes. Simulating what is picked for targets of
the training set corrects just those. Such circuits are not draws of the prior: the surrogate is a regression and may learn from circuits
of any origin, the flow is never trained on them, and errors of them are not drawn from (`surrogate.fit_surrogate`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .posterior import DEFAULT_OVERSAMPLING, sample

if TYPE_CHECKING:
    from .estimator import Estimator

KIND = "posterior"
"""Shards whose kind begins so hold such circuits."""


def propose_around(estimator: Estimator, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(n, 28) one draw for each of n training targets of an estimator, every other one pruned as on the page."""
    _, features = estimator.reference()
    chosen = rng.integers(len(features), size=n)
    seeds = rng.integers(0, 2**31, n)
    drawn = [
        sample(estimator, features[row], 1, seed=int(seed), oversampling=DEFAULT_OVERSAMPLING if i % 2 else 1).theta
        for i, (row, seed) in enumerate(zip(chosen, seeds, strict=True))
    ]
    return np.concatenate(drawn)
