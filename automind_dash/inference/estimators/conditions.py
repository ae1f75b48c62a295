"""What an estimator is told beside the features: how many units are seen. It enters the estimator, but no distance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...circuit.engine.connectivity import population_sizes
from ...features import FeatureSet

N_UNITS = "n_units"
"""The only condition there is; a campaign with `few_units` varies it."""


def is_condition(feature_set: FeatureSet) -> NDArray[np.bool_]:
    """(n_features,) which entries of a feature set are conditions."""
    return np.array([name == N_UNITS for name in feature_set.features])


def excitatory_units(theta: NDArray[np.float64], n_neurons: int) -> NDArray[np.float64]:
    """(n,) excitatory neurons of configurations (n, 28): the units seen when all are seen."""
    return np.array([population_sizes(n_neurons, share)[0] for share in theta[:, 0]], dtype=np.float64)


def conditions_of(
    theta: NDArray[np.float64], feature_set: FeatureSet, n_neurons: int, n_units: float | NDArray[np.float64] = np.inf
) -> NDArray[np.float64]:
    """(n, n_conditions) transformed conditions of configurations of which at most n_units are seen; no columns without conditions."""
    if not is_condition(feature_set).any():
        return np.empty((len(theta), 0))
    return np.log10(np.minimum(excitatory_units(theta, n_neurons), n_units))[:, None]
