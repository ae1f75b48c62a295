"""The posterior of one recording, as functions and samples over the prior's range, for the Move stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....circuit.parameters import NAMES
from ....inference.asking.posterior import sample
from ....inference.asking.target import Target
from ....inference.estimators.estimator import Estimator
from ....invariance.correlation import Correlations, correlations
from ....invariance.density import posterior_density, posterior_gradient
from ....invariance.scaling import Gradient, LogDensity, to_unit

N_SAMPLES = 4000
"""Draws that conditions are carried from and paths guessed through; half a second of a flow."""

SEED = 20_011
"""Seed of those draws, the same for every recording, so that an answer can be had again."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """density, gradient: over u (m, 28), shares of the prior's range; samples: (n, 28) unpruned draws with their log_density (n,)."""

    target: Target
    estimator: Estimator
    density: LogDensity
    gradient: Gradient
    samples: NDArray[np.float64]
    log_density: NDArray[np.float64]
    correlations: Correlations

    def unit(self, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 28) configurations as shares of the prior's range."""
        return to_unit(theta, self.estimator.card.prior)

    def over_theta(self, log_density: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) a log-density over u as the table of configurations holds it: over the parameters in their own units."""
        prior = self.estimator.card.prior
        return log_density - float(np.log(prior.high - prior.low).sum())


def survey(
    target: Target,
    estimator: Estimator,
    *,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    **_: Any,
) -> Landscape:
    """Draw unpruned samples of the posterior, and measure what stays the same while one moves. It takes about a second."""
    draws = sample(estimator, target.vector, N_SAMPLES, seed=SEED, progress=progress, should_stop=should_stop)
    u = to_unit(draws.theta, estimator.card.prior)
    density = posterior_density(estimator, target.vector)
    return Landscape(
        target,
        estimator,
        density,
        posterior_gradient(estimator, target.vector),
        u,
        density(u),
        correlations(u, list(NAMES)),
    )
