"""Configurations that are the same circuit by construction, so training may exchange them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .parameters import INDEX

_CLUSTERS, _R_P, _R_Q = (INDEX[f"params_net.{name}"] for name in ("n_clusters", "R_pe2e", "R_Qe2e"))


def draw_equivalent(
    theta: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return configurations (n, 28) that build the same networks as theta (n, 28), drawn uniformly from those within the ranges.

    The number of clusters is floored, so its fraction is free. Below two clusters the whole number is free, and so are
    both cluster ratios, which then multiply nothing.
    """
    out = theta.copy()
    clusters = np.floor(theta[:, _CLUSTERS])
    alone = clusters < 2
    bottom = np.where(alone, low[_CLUSTERS], np.maximum(clusters, low[_CLUSTERS]))
    top = np.where(alone, np.minimum(2.0, high[_CLUSTERS]), np.minimum(clusters + 1, high[_CLUSTERS]))
    draw = bottom + rng.random(len(theta)) * (top - bottom)
    out[:, _CLUSTERS] = np.where(top > bottom, np.minimum(draw, np.nextafter(top, bottom)), theta[:, _CLUSTERS])
    for ratio in (_R_P, _R_Q):
        free = low[ratio] + rng.random(len(theta)) * (high[ratio] - low[ratio])
        out[:, ratio] = np.where(alone, free, theta[:, ratio])
    return out
