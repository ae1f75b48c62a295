"""Where an estimator would look: proposals for a round of simulations that shows its surrogate where it is wrong.

Pruning picks the circuits that the surrogate rates highest, and its mistakes with them. Simulating such circuits for targets of the
training set corrects just those mistakes. Or the surrogate tells by itself where it knows least: its members, each taught without another
part of the circuits, disagree there (query by committee, Seung et al. 1992). Neither are draws of the prior. The surrogate may learn from
them, because it is a regression and takes circuits of any origin. The flow is never trained on them, and their errors are not drawn from
(`surrogate.fit_surrogate`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimatorError
from ...features.registry import transformed
from ..asking.posterior import DEFAULT_OVERSAMPLING, sample
from ..estimators.conditions import conditions_of, is_condition

if TYPE_CHECKING:
    from ..estimators.estimator import Estimator

KIND = "posterior"
"""Shards whose kind begins like this hold such circuits."""


Ranges = tuple[tuple[str, float, float], ...]
"""(feature, lowest, highest) in the features' own units: the targets that a round is drawn around."""

DISPUTED_OF = 2000
"""Draws of the prior for each disputed circuit. About one in thirty bursts, so some 60 of these are compared."""

MOST_BATCHES = 200
"""Batches of the prior that are looked through for circuits within the given ranges."""

MINIMUM_TARGETS = 20
"""Training targets that must lie within the given ranges; with fewer, a round would show the surrogate almost nothing new."""


def propose_around(estimator: Estimator, n: int, rng: np.random.Generator, within: Ranges = ()) -> NDArray[np.float64]:
    """(n, 28) one draw for each of n training targets of an estimator, every other one pruned as on the page.

    within: only targets whose features lie in these ranges, such as those of a lab's own recordings. Raises EstimatorError for a feature
    that the estimator does not see, and when fewer than MINIMUM_TARGETS targets are left.
    """
    _, features = estimator.reference()
    targets = features[targets_within(estimator, features, within)]
    chosen = rng.integers(len(targets), size=n)
    seeds = rng.integers(0, 2**31, n)
    drawn = [
        sample(estimator, targets[row], 1, seed=int(seed), oversampling=DEFAULT_OVERSAMPLING if i % 2 else 1).theta
        for i, (row, seed) in enumerate(zip(chosen, seeds, strict=True))
    ]
    return np.concatenate(drawn)


def targets_within(estimator: Estimator, features: NDArray[np.float64], within: Ranges) -> NDArray[np.bool_]:
    """(n,) which of the targets (n, n_features) lie in all ranges. Raises EstimatorError as `propose_around`."""
    inside = _within(estimator, features, within)
    if inside.sum() < MINIMUM_TARGETS:
        raise EstimatorError(
            f"{inside.sum()} training targets of {estimator.name} lie within those ranges; {MINIMUM_TARGETS} are needed. Widen them."
        )
    return inside


def propose_disputed(
    estimator: Estimator, n: int, rng: np.random.Generator, within: Ranges = ()
) -> NDArray[np.float64]:
    """(n, 28) draws of the prior on which the surrogate's members disagree most, in SDs of a circuit, among those that are likely useful.

    Each is the one of DISPUTED_OF draws with the largest product of disagreement and probability of use. within: only circuits whose
    expected features lie in these ranges. Raises EstimatorError for an estimator without a surrogate of several members, for a feature
    that it does not see, and when too few draws lie within the ranges.
    """
    surrogate, card = estimator.surrogate, estimator.card
    if surrogate is None or len(surrogate.members) < 2:
        raise EstimatorError(f"{estimator.name} has no surrogate of several members that could disagree.")
    compared = ~is_condition(card.feature_set)
    found: list[NDArray[np.float64]] = []
    for _ in range(max(MOST_BATCHES, 2 * n)):
        theta = card.prior.draw(DISPUTED_OF, rng)
        conditions = conditions_of(theta, card.feature_set, card.plan.n_neurons)
        useful, expected, spread = surrogate.disagreement(theta, conditions)
        features = np.full((len(theta), len(compared)), np.nan)
        features[:, compared] = expected
        worth = useful * np.sqrt(((spread / card.noise_scale[compared]) ** 2).mean(axis=1))
        worth = np.where(_within(estimator, features, within), worth, 0.0)
        if worth.max() > 0:
            found.append(theta[np.argmax(worth)])
        if len(found) == n:
            return np.array(found)
    raise EstimatorError(f"{estimator.name} expects almost no circuit of the prior within those ranges. Widen them.")


def _within(estimator: Estimator, features: NDArray[np.float64], within: Ranges) -> NDArray[np.bool_]:
    """(n,) which features (n, n_features) lie in all ranges; raises EstimatorError for a feature that the estimator does not see."""
    feature_set = estimator.card.feature_set
    inside = np.ones(len(features), dtype=bool)
    transforms = dict(zip(feature_set.features, feature_set.transforms, strict=True))
    for name, low, high in within:
        if name not in transforms or transforms[name] == "log10 centred":  # which is relative to the others
            raise EstimatorError(
                f"{estimator.name} takes no range of {name!r}; it sees {', '.join(feature_set.features)}."
            )
        lowest, highest = transformed(np.array([[low], [high]]), (transforms[name],))[:, 0]
        column = features[:, feature_set.features.index(name)]
        inside &= (column >= (-np.inf if np.isnan(lowest) else lowest)) & (column <= highest)  # a logarithm's zero
    return inside
