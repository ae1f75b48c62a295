"""The band that holds the features of most simulated draws, and the recording's place beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...features import feature
from ...inference.estimators.card import Card

FEW = 8
"""Simulated draws that a band needs."""

BAND = (0.05, 0.95)
"""Quantiles of the draws at the ends of the band."""


def deviations(vectors: list[NDArray[np.float64]], target: NDArray[np.float64], card: Card) -> NDArray[np.float64]:
    """(n, n_compared) simulated features minus a target's, in SDs of a circuit. Runs with an undefined feature are left out."""
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
    """Return the labels of the features whose band does not hold the recording, which lies at 0."""
    return [feature(name).label for name, a, b in zip(names, low, high, strict=True) if a > 0 or b < 0]
