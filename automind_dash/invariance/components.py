"""Linear geometry: principal components, and the number of directions in which the subspace extends.

Points live on a common scale (u, see `scaling`). A posterior in 28 dimensions always varies in all of them. So its
numbers mean something only beside those of the prior (no recording) and of shuffled samples (same marginals, no
dependence between parameters).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import SubspaceError
from .scaling import check_points

Band = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Components:
    """Principal components of n points in d dimensions.

    mean: (d,); axes: (k, d) unit rows, largest variance first, each with its largest entry positive; variance: (k,) per
    axis, in squared units of the points; share: (k,) of the total; k = min(d, n − 1). participation_ratio: (Σλ)² / Σλ²;
    effective_dimension: exp of the entropy of the shares. Both are corrected for bias and have 95 % bootstrap bands;
    share has bands too: (k, 2).
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    variance: NDArray[np.float64]
    share: NDArray[np.float64]
    participation_ratio: float
    participation_band: Band
    effective_dimension: float
    dimension_band: Band
    share_band: NDArray[np.float64]
    n: int

    def scores(self, points: ArrayLike, count: int | None = None) -> NDArray[np.float64]:
        """(m, count) coordinates of points (m, d) along the first axes."""
        return (np.asarray(points, dtype=np.float64) - self.mean) @ self.axes[:count].T


def participation_ratio(variance: ArrayLike) -> float:
    """(Σλ)² / Σλ² of eigenvalues λ: d when all are equal, 1 when one has all the variance (Gao et al. 2017, bioRxiv 214262)."""
    values = np.asarray(variance, dtype=np.float64)
    squares = float((values**2).sum())
    return float(values.sum() ** 2 / squares) if squares > 0 else 0.0


def effective_dimension(variance: ArrayLike) -> float:
    """exp(−Σ s log s) of the eigenvalues' shares s: the effective rank of Roy & Vetterli 2007."""
    values = np.clip(np.asarray(variance, dtype=np.float64), 0, None)
    total = values.sum()
    if total == 0:
        return 0.0
    share = values[values > 0] / total
    return float(np.exp(-(share * np.log(share)).sum()))


def components(points: ArrayLike, *, n_bootstrap: int = 200, seed: int = 0) -> Components:
    """Return the principal components of points (n, d) on a common scale, with bootstrap bands.

    The eigenvalues of a sample are more spread out than those of the distribution, by about as much as a resampled
    covariance's are more spread out than the sample's. So both dimensions are corrected for bias (2·estimate −
    bootstrap mean). The bands are basic bootstrap intervals (2·estimate − quantiles; Davison & Hinkley 1997), because
    percentile intervals would double the bias. Raises SubspaceError below 3 points.
    """
    values = check_points(points, 3)
    k = min(values.shape[1], len(values) - 1)
    mean = values.mean(axis=0)
    _, singular, axes = np.linalg.svd(values - mean, full_matrices=False)
    axes, variance = axes[:k], singular[:k] ** 2 / (len(values) - 1)
    total = variance.sum()
    if total == 0:
        raise SubspaceError("All samples are the same circuit: there are no directions to find.")
    signs = np.sign(axes[np.arange(k), np.abs(axes).argmax(axis=1)])
    share = variance / total
    drawn = _bootstrap(values, n_bootstrap, seed)[:, :k]
    shares = drawn / drawn.sum(axis=1, keepdims=True)
    return Components(
        mean, axes * signs[:, None], variance, share,
        *_corrected(variance, drawn, participation_ratio), *_corrected(variance, drawn, effective_dimension),
        np.clip(2 * share[:, None] - np.quantile(shares, [0.975, 0.025], axis=0).T, 0, 1), len(values),
    )  # fmt: skip


def _bootstrap(values: NDArray[np.float64], n_bootstrap: int, seed: int) -> NDArray[np.float64]:
    """(n_bootstrap, d) eigenvalues of the covariance of resampled points, largest first. Points are weighted instead of
    copied."""
    rng = np.random.default_rng(seed)
    n = len(values)
    spectra = np.empty((n_bootstrap, values.shape[1]))
    for i in range(n_bootstrap):
        weight = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        centred = values - weight @ values / n
        spectra[i] = np.linalg.eigvalsh((centred * weight[:, None]).T @ centred / (n - 1))[::-1]
    return np.clip(spectra, 0, None)


def _corrected(
    variance: NDArray[np.float64], drawn: NDArray[np.float64], statistic: Callable[[ArrayLike], float]
) -> tuple[float, Band]:
    """Return a number of dimensions less its bootstrap bias, and its basic interval, both within 1 and d."""
    estimate, repeated = statistic(variance), np.array([statistic(one) for one in drawn])
    low, high = np.quantile(repeated, [0.025, 0.975])
    value, low, high = np.clip(2 * estimate - np.array([repeated.mean(), high, low]), 1.0, len(variance))
    return float(value), (float(low), float(high))


def shuffled(points: ArrayLike, seed: int = 0) -> NDArray[np.float64]:
    """(n, d) points with every column permuted on its own: the marginals stay, all dependence goes."""
    values = np.asarray(points, dtype=np.float64)
    return np.random.default_rng(seed).permuted(values, axis=0)


@dataclass(frozen=True, eq=False)
class AgainstReference:
    """Components of the samples, of as many prior draws, and of the shuffled samples."""

    samples: Components
    prior: Components
    shuffled: Components


def against_prior_and_shuffled(
    points: ArrayLike, prior_points: ArrayLike, *, n_bootstrap: int = 200, seed: int = 0
) -> AgainstReference:
    """Return components of samples (n, d), of prior draws (m, d) cut to the same number, and of the shuffled samples.

    The numbers are equal because the eigenvalues' spread depends on them. Raises SubspaceError when there are fewer
    prior draws than samples.
    """
    values, prior = check_points(points, 3), check_points(prior_points, 3, "prior draws")
    if prior.shape[1] != values.shape[1] or len(prior) < len(values):
        raise SubspaceError(
            f"{prior.shape} prior draws do not match {values.shape} samples; draw at least as many, in the same columns."
        )
    options = {"n_bootstrap": n_bootstrap, "seed": seed}
    return AgainstReference(
        components(values, **options),
        components(prior[: len(values)], **options),
        components(shuffled(values, seed), **options),
    )
