"""The band that holds most of the features of simulated draws, and where the recording lies beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...features import feature
from ...inference.estimators.card import Card

FEW = 8
"""Simulated draws from which a band is drawn."""

BAND = (0.05, 0.95)
"""Quantiles of the draws between which it lies."""


def deviations(vectors: list[NDArray[np.float64]], target: NDArray[np.float64], card: Card) -> NDArray[np.float64]:
    """(n, n_compared) how far simulated features lie from a target's, in SDs of a circuit; runs with an undefined feature left out."""
    kept = card.compared
    if not vectors:
        return np.empty((0, int(kept.sum())))
    apart = (np.array(vectors)[:, kept] - target[kept]) / card.noise_scale[kept]
    return apart[np.isfinite(apart).all(axis=1)]


def band(drawn: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return lower end, median and upper end of the band for each feature, (n_features,) each."""
    low, mid, high = np.quantile(drawn, (BAND[0], 0.5, BAND[1]), axis=0)
    return low, mid, high


def outside_band(names: list[str], low: NDArray[np.float64], high: NDArray[np.float64]) -> list[str]:
    """Return the labels of the features in whose band the recording, at 0, does not lie."""
    return [feature(name).label for name, a, b in zip(names, low, high, strict=True) if a > 0 or b < 0]
