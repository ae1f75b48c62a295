"""Seed against parameter: how much of the spread of features is the circuit's own noise, and how much lies between circuits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from .errors import SubspaceError


@dataclass(frozen=True, eq=False)
class VarianceParts:
    """One-way decomposition of each feature's variance.

    own: (n_features,) variance over seeds within a circuit; between: (n_features,) variance between circuits: the
    spread of their means less the seeds' share, at least 0; own_share: own / (own + between), with its 95 % interval in
    low, high; n_circuits: (n_features,) circuits with two seeds or more. NaN where a feature has fewer than two such
    circuits or does not vary.
    """

    own: NDArray[np.float64]
    between: NDArray[np.float64]
    own_share: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    n_circuits: NDArray[np.int64]


def variance_parts(repeats: ArrayLike, *, n_bootstrap: int = 500, seed: int = 0) -> VarianceParts:
    """Return how much of each feature's variance is the circuit's own.

    repeats: (n_circuits, n_seeds, n_features), transformed, NaN where undefined. Random-effects analysis of variance by
    moments; numbers of seeds may differ (Searle, Casella & McCulloch 1992). 1 − own_share is the intraclass
    correlation. Intervals come from resampling circuits. Raises SubspaceError for other shapes or fewer than two
    circuits.
    """
    values = np.asarray(repeats, dtype=np.float64)
    if values.ndim != 3 or len(values) < 2 or values.shape[1] < 2:
        raise SubspaceError(
            f"Repeats are circuits × seeds × features, with at least two circuits and two seeds; got {values.shape}."
        )
    sums = _sums(values)
    own, between, n_circuits = _parts(*(one[None] for one in sums))
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(values), (n_bootstrap, len(values)))
    own_b, between_b, _ = _parts(*(one[drawn] for one in sums))
    with np.errstate(invalid="ignore"):
        repeated = own_b / (own_b + between_b)
        share = (own / (own + between))[0]
    low, high = _quantiles(repeated)
    return VarianceParts(own[0], between[0], share, low, high, n_circuits[0])


def _quantiles(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """2.5 and 97.5 % of each column; undefined resamples are left out; NaN where all are undefined."""
    low, high = np.full(values.shape[1], np.nan), np.full(values.shape[1], np.nan)
    for i, column in enumerate(values.T):
        defined = column[np.isfinite(column)]
        if len(defined):
            low[i], high[i] = np.quantile(defined, [0.025, 0.975])
    return low, high


def _sums(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return (count, mean, sum of squares within), each (n_circuits, n_features); circuits with one defined seed count
    as having none.
    """
    defined = np.isfinite(values)
    count = defined.sum(axis=1).astype(np.float64)
    mean = np.where(defined, values, 0).sum(axis=1) / np.maximum(count, 1)
    within = (np.where(defined, values - mean[:, None], 0) ** 2).sum(axis=1)
    return np.where(count >= 2, count, 0), mean, np.where(count >= 2, within, 0)


def _parts(count: NDArray, mean: NDArray, within: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Return (own, between, circuits), (b, n_features) each, of sums (b, n_circuits, n_features)."""
    circuits = (count > 0).sum(axis=1)
    total = count.sum(axis=1)
    grand = (count * mean).sum(axis=1) / np.maximum(total, 1)
    across = (count * (mean - grand[:, None]) ** 2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = within.sum(axis=1) / (total - circuits)
        per_circuit = (total - (count**2).sum(axis=1) / total) / (circuits - 1)
        between = np.maximum((across / (circuits - 1) - own) / per_circuit, 0)
    enough = circuits >= 2
    return np.where(enough, own, np.nan), np.where(enough, between, np.nan), circuits


@dataclass(frozen=True, eq=False)
class OwnAgainstNeighbours:
    """One circuit's new seeds beside its neighbours. own, neighbours: (n_features,) variances; ratio: own / neighbours
    with its 95 % interval (F distribution). 1 means that the neighbours differ no more from each other than this
    circuit's runs do."""

    own: NDArray[np.float64]
    neighbours: NDArray[np.float64]
    ratio: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def own_against_neighbours(own: ArrayLike, neighbours: ArrayLike) -> OwnAgainstNeighbours:
    """Return how a circuit's spread over seeds compares with the spread over its neighbours.

    own: (n_seeds, n_features) of one configuration; neighbours: (n, n_features), one run of each; NaN left out, NaN
    where fewer than three. Raises SubspaceError for shapes that do not fit.
    """
    a, b = (np.asarray(one, dtype=np.float64) for one in (own, neighbours))
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise SubspaceError(
            f"Features of shapes {a.shape} and {b.shape} do not fit: runs × features, the same features."
        )
    spread = [_variance(one) for one in (a, b)]
    (first, n), (second, m) = spread
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = first / second
        low = ratio / stats.f.ppf(0.975, n - 1, m - 1)
        high = ratio / stats.f.ppf(0.025, n - 1, m - 1)
    return OwnAgainstNeighbours(first, second, ratio, low, high)


def _variance(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return (variance, count) of each column's defined values; NaN below three."""
    count = np.isfinite(values).sum(axis=0)
    enough = count >= 3
    variance = np.full(values.shape[1], np.nan)
    if enough.any():
        variance[enough] = np.nanvar(values[:, enough], axis=0, ddof=1)
    return variance, count
