"""The distance of simulated features from a target's, and the number of configurations consistent with it (design section 5)."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import FeatureError


def feature_distance(x: ArrayLike, target: ArrayLike, scale: ArrayLike) -> NDArray[np.float64]:
    """Return d = sqrt(mean over features of ((x − target) / scale)²) for each row, (n,); inf for a row with NaN.

    x: (n, n_features) or (n_features,) transformed features; target: (n_features,); scale: (n_features,) the
    circuit's own SD s_f.
    Raises FeatureError when the target lacks a feature, a scale is not positive, or the sizes differ.
    """
    x, target, scale = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in (x, target, scale))
    if target.ndim != 1 or scale.shape != target.shape or x.shape[-1] != len(target) or not len(target):
        raise FeatureError(
            f"Features of shape {x.shape}, a target of {target.shape} and scales of {scale.shape} do not fit."
        )
    undefined = np.flatnonzero(~np.isfinite(target))
    if len(undefined):
        raise FeatureError(
            f"The target has no value for {len(undefined)} of {len(target)} features (numbers {_listed(undefined)}); "
            "choose an estimator whose features it has, or a longer recording."
        )
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise FeatureError("Every feature needs a positive noise scale; see `pooled_sd`.")
    squares = ((np.atleast_2d(x) - target) / scale) ** 2
    distance = np.sqrt(squares.mean(axis=-1))
    return np.where(np.isnan(distance), np.inf, distance)


def _listed(numbers: NDArray[np.int64]) -> str:
    return ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")


def pooled_sd(repeats: ArrayLike) -> NDArray[np.float64]:
    """Return the SD of each feature over repeats of one configuration, pooled over configurations: (n_features,).

    repeats: (n_configurations, n_repeats, n_features), transformed; undefined values are NaN and left out. Each
    configuration has the weight of its repeats − 1. Raises FeatureError for a feature that no configuration has twice.
    """
    repeats = np.asarray(repeats, dtype=np.float64)
    if repeats.ndim != 3:
        raise FeatureError(f"Repeats have the shape {repeats.shape}; they need configurations × repeats × features.")
    defined = np.isfinite(repeats)
    count = defined.sum(axis=1)
    mean = np.where(defined, repeats, 0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(defined, repeats - mean[:, None], 0) ** 2
    freedom = np.maximum(count - 1, 0).sum(axis=0)
    if (freedom == 0).any():
        raise FeatureError(f"No configuration was repeated for features {_listed(np.flatnonzero(freedom == 0))}.")
    return np.sqrt(squares.sum(axis=(0, 1)) / freedom)


def consistency_threshold(repeats: ArrayLike, scale: ArrayLike, level: float = 0.95) -> float:
    """Return the `level` quantile of d over all pairs of runs of one configuration.

    repeats: (n_configurations, n_repeats, n_features), transformed; scale: (n_features,). Runs with an undefined
    feature are left out. Raises FeatureError when no pair is left.
    """
    repeats = np.asarray(repeats, dtype=np.float64)
    distances = [
        feature_distance(repeats[c, i], repeats[c, j], scale)[0]
        for c in range(len(repeats))
        for i, j in combinations(np.flatnonzero(np.isfinite(repeats[c]).all(axis=-1)), 2)
    ]
    if not distances:
        raise FeatureError("No configuration has two runs with all features; a threshold needs repeats.")
    return float(np.quantile(distances, level))


def yield_interval(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's confidence interval for a yield of k of n configurations; (0, 1) when n is 0.

    Raises FeatureError unless 0 ≤ k ≤ n.
    """
    if not 0 <= k <= n:
        raise FeatureError(f"{k} of {n} configurations is not a count.")
    if n == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest

    interval = binomtest(int(k), int(n)).proportion_ci(confidence_level=level, method="wilson")
    return float(interval.low), float(interval.high)
