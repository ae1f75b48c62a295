"""Circuits like those that matched or came nearest: small steps from simulated circuits, in directions in which the posterior varies.

A surrogate's error is far larger than a circuit's own variability, but it changes slowly along the parameters. Near a simulated circuit
the *change* that the surrogate expects is therefore known much better than the features. So a step is judged by the features of the
circuit that it starts from, as simulated, plus the expected change. This leads on from a near miss as it does from a match. Steps are
differences of two posterior draws, shortened (as in differential evolution, ter Braak 2006). They keep the posterior's correlations and
never leave its support, to which the prior is truncated (Deistler et al. 2022).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..asking.posterior import Samples, log_density, sample, target_conditions
from ..estimators.conditions import is_condition
from ..estimators.estimator import Estimator

if TYPE_CHECKING:
    from ..estimators.surrogate import Surrogate

STEP, SHORTEST, LONGEST = 0.35, 0.1, 0.5
"""Step length as a share of the distance between two posterior draws: in the first round, and the limits between which it is adapted. For
two cultures (24 circuits each), 0.54 and 0.33 of steps of 0.35 matched, 0.29 and 0.04 of longer ones (0.6), and 0.28 and 0.13 of fresh
draws. Of shorter ones (0.1), 0.62 matched in both, but these are nearly the circuit that they start from."""

TOO_FEW, TOO_MANY = 0.3, 0.6
"""When the share of a round's steps that match lies outside these limits, the next steps are shorter or longer (as Monte Carlo methods
control acceptance)."""

TRIES = 150
"""Steps tried for each one kept: a hundred cost less than one simulation."""

STARTS = 8
"""Runs to start from: all that matched and, while these are fewer, the nearest misses. With 4, as many steps match, in fewer families."""

_POOL = 1000


@dataclass(frozen=True, eq=False)
class Starts:
    """Simulated circuits to step from. theta: (m, 28); vectors: (m, n_features) as simulated, all finite."""

    theta: NDArray[np.float64]
    vectors: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.theta)


def adapted_step(step: float, matched: float) -> float:
    """Return the length of the next steps, when the share `matched` of steps of this length has matched."""
    if matched < TOO_FEW:
        return max(0.7 * step, SHORTEST)
    return min(1.4 * step, LONGEST) if matched > TOO_MANY else step


def draw_near(
    estimator: Estimator, surrogate: Surrogate, target: NDArray[np.float64], starts: Starts, n: int, *, seed: int, step: float = STEP
) -> tuple[Samples, NDArray[np.int64]]:  # fmt: skip
    """Return n circuits near others, and the row of the one that each started from, (n,); fewer where the support leaves fewer.

    All circuits are started from equally often, or as often as there are places. target: (n_features,) as the estimator sees it; step: as
    a share of the distance between two posterior draws.
    """
    rng = np.random.default_rng([seed, 0x0FF])
    card, prior = estimator.card, estimator.card.prior
    pool = sample(estimator, target, _POOL, seed=seed)
    z_pool, z_starts = prior.to_logit(pool.theta), prior.to_logit(starts.theta)
    first = rng.permutation(len(starts))[np.arange(n) % len(starts)]
    parents = np.repeat(first, TRIES)
    one, other = rng.integers(_POOL, size=(2, len(parents)))
    theta = prior.from_logit(z_starts[parents] + step * (z_pool[one] - z_pool[other]) / np.sqrt(2))
    density = log_density(estimator, target, theta)
    unlikely = _unlikeliness(surrogate, card.noise_scale * card.threshold, estimator, target, starts, parents, theta)
    unlikely[density < pool.log_density.min()] = np.inf
    tries = unlikely.reshape(n, TRIES)
    kept = (np.arange(n) * TRIES + np.argmin(tries, axis=1))[np.isfinite(tries.min(axis=1))]
    provenance = replace(pool.provenance, n=len(kept))
    return Samples(theta[kept], density[kept], provenance), parents[kept]


def _unlikeliness(
    surrogate: Surrogate, unit: NDArray[np.float64], estimator: Estimator, target: NDArray[np.float64], starts: Starts,
    parents: NDArray[np.int64], theta: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """(n,) scores as `Surrogate.unlikeliness`, for the features of the starting circuit plus the expected change.

    Uses the members' means, because the members disagree in mostly the same way at both ends of a step.
    """
    from ..estimators.surrogate import CAUTION

    kept = ~is_condition(estimator.card.feature_set)
    useful, expected = surrogate.predict(theta, target_conditions(estimator.card, target, theta))
    _, before = surrogate.predict(starts.theta, target_conditions(estimator.card, target, starts.theta))
    features = starts.vectors[:, kept][parents] + expected - before[parents]
    return 0.5 * np.mean(((features - target[kept]) / unit[kept]) ** 2, axis=1) - CAUTION * np.log(
        np.maximum(useful, 1e-12)
    )
