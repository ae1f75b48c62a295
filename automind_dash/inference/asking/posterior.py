"""Posterior samples: seeded, inside the prior, with their density, pruned to the likeliest matches when asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...circuit.parameters import NAMES
from ...errors import EstimatorError
from ...version import __version__
from ..estimators.card import Card
from ..estimators.conditions import conditions_of, is_condition
from ..estimators.estimator import Estimator
from .limits import undefined_sentence
from .provenance import Draws, Refined

if TYPE_CHECKING:
    from ..estimators.surrogate import Surrogate

DEFAULT_OVERSAMPLING = 20
"""The default of page and terminal: draw twenty times as many circuits as are wanted, and keep the best."""

MAX_SAMPLES = 200_000
"""Draws before pruning: 45 MB of float64, about 20 s of one core, and more than any plot can show."""

_BATCH = 2000
"""Draws per call of the density: large enough to fill the processor, small enough to show progress and to cancel."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Posterior draws with everything needed to draw them again.

    theta: (n, 28) in table order and units; log_density: (n,) over θ; provenance: what was asked, and how.
    """

    theta: NDArray[np.float64]
    log_density: NDArray[np.float64]
    provenance: Draws = field(default_factory=Draws)

    def __len__(self) -> int:
        return len(self.theta)

    def joined(self, other: Samples) -> Samples:
        """Return these draws followed by others of the same target; the provenance stays that of these."""
        return Samples(
            np.concatenate([self.theta, other.theta]),
            np.concatenate([self.log_density, other.log_density]),
            self.provenance,
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a table with the published names as columns and `log_density`."""
        frame = pd.DataFrame(self.theta, columns=list(NAMES))
        frame["log_density"] = self.log_density
        return frame


def _check_target(estimator: Estimator, target: NDArray[np.float64]) -> NDArray[np.float64]:
    vector = np.asarray(target, dtype=np.float64)
    names = estimator.card.feature_set.features
    if vector.shape != (len(names),):
        raise EstimatorError(f"{estimator.name} takes {len(names)} features; got an array of shape {vector.shape}.")
    if not np.isfinite(vector).all():
        raise EstimatorError(undefined_sentence(vector, estimator.card))
    return vector


def sample(
    estimator: Estimator,
    target: NDArray[np.float64],
    n: int,
    *,
    seed: int,
    oversampling: int = 1,
    surrogate: Surrogate | None = None,
    learned: Refined | None = None,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Samples:
    """Draw from the posterior of a target; with oversampling k, draw k·n and keep the best n.

    The best are those that the estimator's surrogate expects nearest to the target and useful (`Surrogate.unlikeliness`). Where the
    estimator ships no surrogate, they are those of highest density. Either choice narrows the posterior: use k = 1 for a sample of it.
    surrogate: one that has learned more about this target (`refinement.refine`), with what it has learned from for the provenance.
    target: (n_features,) as the estimator sees it (`FeatureSet.vector`). progress gets the share done; when should_stop returns True, the
    draws so far are returned. Raises EstimatorError for an undefined target or too many samples.
    """
    vector = _check_target(estimator, target)
    if n < 1 or oversampling < 1 or n * oversampling > MAX_SAMPLES:
        raise EstimatorError(
            f"{n} samples with oversampling {oversampling}: choose numbers that make between 1 and {MAX_SAMPLES} draws in all."
        )
    total = n * oversampling
    rng, density, drawn = np.random.default_rng(seed), estimator.density, []
    for start in range(0, total, _BATCH):
        drawn.append(density.draw(min(_BATCH, total - start), vector, rng))
        if progress is not None:
            progress(min((start + _BATCH) / total, 1.0))
        if should_stop is not None and should_stop():
            break
    z = np.concatenate([a for a, _ in drawn])
    log_density = np.concatenate([b for _, b in drawn]) + estimator.card.prior.log_jacobian(z)
    theta = estimator.card.prior.from_logit(z)
    if oversampling > 1:
        # draw order kept, so that a prefix is still a random subset
        kept = np.sort(np.argsort(_worst_last(estimator, surrogate, vector, theta, log_density), kind="stable")[:n])
        theta, log_density = theta[kept], log_density[kept]
    draws = Draws(
        estimator.name, estimator.digest, estimator.card.plan.n_neurons, tuple(vector.tolist()), int(seed), n, oversampling, __version__,
        learned,
    )  # fmt: skip
    return Samples(theta, log_density, draws)


def _worst_last(
    estimator: Estimator,
    surrogate: Surrogate | None,
    target: NDArray[np.float64],
    theta: NDArray[np.float64],
    log_density: NDArray[np.float64],
) -> NDArray[np.float64]:
    """(n,) scores; pruning keeps the smallest."""
    surrogate, card = surrogate or estimator.surrogate, estimator.card
    if surrogate is None:
        return -log_density
    compared = ~is_condition(card.feature_set)
    return surrogate.unlikeliness(
        theta, target[compared], card.noise_scale[compared], card.threshold, target_conditions(card, target, theta)
    )


def target_conditions(card: Card, target: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, n_conditions) conditions of configurations (n, 28) that are seen as the target (n_features,) was."""
    condition = is_condition(card.feature_set)
    n_units = 10 ** float(target[condition][0]) if condition.any() else np.inf
    return conditions_of(theta, card.feature_set, card.plan.n_neurons, n_units)


def log_density(estimator: Estimator, target: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) log posterior density over θ of given configurations (n, 28); -inf outside the prior."""
    vector = _check_target(estimator, target)
    prior, density = estimator.card.prior, estimator.density
    z = prior.to_logit(theta)
    parts = [density.log_prob(z[start : start + _BATCH], vector) for start in range(0, len(z), _BATCH)]
    values = np.concatenate([np.empty(0), *parts]) + prior.log_jacobian(z)
    return np.where(prior.contains(theta), values, -np.inf)
