"""Where an estimator would look: proposals for a round of simulations that shows its surrogate where it is wrong.

Pruning picks the circuits that the surrogate rates highest, and its mistakes with them. Simulating such circuits for targets of the
training set corrects just those mistakes. They are not draws of the prior. The surrogate may learn from them, because it is a regression
and takes circuits of any origin. The flow is never trained on them, and their errors are not drawn from (`surrogate.fit_surrogate`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimatorError
from ...features.registry import transformed
from ..asking.posterior import DEFAULT_OVERSAMPLING, sample

if TYPE_CHECKING:
    from ..estimators.estimator import Estimator

KIND = "posterior"
"""Shards whose kind begins like this hold such circuits."""


Ranges = tuple[tuple[str, float, float], ...]
"""(feature, lowest, highest) in the features' own units: the targets that a round is drawn around."""

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
    """(n,) which of the targets (n, n_features) lie in all ranges."""
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
    if inside.sum() < MINIMUM_TARGETS:
        raise EstimatorError(
            f"{inside.sum()} training targets of {estimator.name} lie within those ranges; {MINIMUM_TARGETS} are needed. Widen them."
        )
    return inside
