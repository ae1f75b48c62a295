"""Rank correlations between parameters and composites: which of them are real, and in which order to show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from .errors import SubspaceError
from .scaling import check_points

MINIMUM_SAMPLES = 10
"""With fewer rows, a rank correlation of 0.6 can be chance."""


@dataclass(frozen=True, eq=False)
class Correlations:
    """Spearman's correlations of k quantities over n samples.

    rho: (k, k), NaN for a quantity that does not vary; adjusted: (k, k) p-values after Benjamini–Hochberg over all
    pairs; significant: (k, k) adjusted ≤ level, False on the diagonal; order: (k,) positions that put similar
    quantities side by side; linkage: (k - 1, 4) the tree behind it (scipy), for a dendrogram.
    """

    names: tuple[str, ...]
    rho: NDArray[np.float64]
    adjusted: NDArray[np.float64]
    significant: NDArray[np.bool_]
    order: NDArray[np.int64]
    linkage: NDArray[np.float64]
    n: int

    def strongest(self, count: int = 10) -> list[tuple[str, str, float]]:
        """Return the significant pairs of largest |rho|: (name, name, rho)."""
        rows, cols = np.triu_indices(len(self.names), 1)
        kept = self.significant[rows, cols]
        rows, cols = rows[kept], cols[kept]
        best = np.argsort(-np.abs(self.rho[rows, cols]), kind="stable")[:count]
        return [(self.names[rows[i]], self.names[cols[i]], float(self.rho[rows[i], cols[i]])) for i in best]


def correlations(table: ArrayLike, names: Sequence[str], level: float = 0.05) -> Correlations:
    """Return Spearman's correlation of every pair of columns with its significance and a clustered order.

    table: (n, k) any units, because ranks need no common scale; rows with an undefined value are left out; names: k of
    them. p-values: scipy.stats.spearmanr, corrected by Benjamini & Hochberg 1995 (scipy.stats.false_discovery_control).
    Order: average linkage of 1 − |ρ| with optimal leaf ordering (scipy.cluster.hierarchy). Raises SubspaceError below
    10 rows or 3 columns.
    """
    values = np.asarray(table, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(names) or len(names) < 3:
        raise SubspaceError(
            f"Correlations need at least three named columns; got {values.shape} and {len(names)} names."
        )
    values = check_points(values[np.isfinite(values).all(axis=1)], MINIMUM_SAMPLES)
    rho, p = _spearman(values)
    adjusted = _adjust(p)
    tree = hierarchy.linkage(squareform(1 - np.abs(np.nan_to_num(rho)), checks=False), "average", optimal_ordering=True)
    order = hierarchy.leaves_list(tree).astype(np.int64)
    return Correlations(tuple(names), rho, adjusted, adjusted <= level, order, tree, len(values))


def _spearman(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (rho, p), both (k, k); columns that do not vary have NaN and 1."""
    varies = np.ptp(values, axis=0) > 0
    k = len(varies)
    rho, p = np.full((k, k), np.nan), np.ones((k, k))
    if varies.sum() > 2:
        found = stats.spearmanr(values[:, varies])
        both = np.ix_(varies, varies)
        rho[both], p[both] = found.statistic, found.pvalue
    np.fill_diagonal(rho, np.where(varies, 1.0, np.nan))
    return rho, p


def _adjust(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, k) Benjamini–Hochberg over the pairs above the diagonal; 1 on the diagonal."""
    rows, cols = np.triu_indices(len(p), 1)
    adjusted = np.ones_like(p)
    adjusted[rows, cols] = adjusted[cols, rows] = stats.false_discovery_control(np.clip(p[rows, cols], 0, 1))
    return adjusted


@dataclass(frozen=True, eq=False)
class CorrelationChange:
    """Differences of correlations between two sets of samples.

    difference: (k, k) second minus first; adjusted: (k, k) p-values of a difference after correction; changed: (k, k)
    adjusted ≤ level; flipped: (k, k) significant in both and of opposite sign.
    """

    names: tuple[str, ...]
    difference: NDArray[np.float64]
    adjusted: NDArray[np.float64]
    changed: NDArray[np.bool_]
    flipped: NDArray[np.bool_]

    def pairs(self, which: NDArray[np.bool_]) -> list[tuple[str, str, float]]:
        """Return the pairs of a (k, k) mask, largest difference first: (name, name, difference)."""
        rows, cols = np.nonzero(np.triu(which, 1))
        best = np.argsort(-np.abs(self.difference[rows, cols]), kind="stable")
        return [(self.names[rows[i]], self.names[cols[i]], float(self.difference[rows[i], cols[i]])) for i in best]


def correlation_change(first: Correlations, second: Correlations, level: float = 0.05) -> CorrelationChange:
    """Return which correlations differ between two sets, and which change sign.

    Difference of Fisher's z with the variance of Spearman's rho, 1.06 / (n − 3) (Fieller, Hartley & Pearson 1957),
    two-sided, corrected over all pairs by Benjamini & Hochberg. Raises SubspaceError when the quantities differ.
    """
    if first.names != second.names:
        raise SubspaceError("Correlations can only be compared between the same quantities in the same order.")
    limit = 1 - 1e-9
    z = [np.arctanh(np.clip(np.nan_to_num(one.rho), -limit, limit)) for one in (first, second)]
    spread = np.sqrt(1.06 / (first.n - 3) + 1.06 / (second.n - 3))
    adjusted = _adjust(2 * stats.norm.sf(np.abs(z[1] - z[0]) / spread))
    flipped = first.significant & second.significant & (first.rho * second.rho < 0)
    return CorrelationChange(first.names, second.rho - first.rho, adjusted, adjusted <= level, flipped)
