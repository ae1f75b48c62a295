"""The conditional posterior: what the other parameters must do when some are held at a value or within a range.

It is drawn from the joint density, not filtered from the samples at hand. Joint samples are carried to the condition by
linear regression in logit space (as Beaumont, Zhang & Balding 2002 adjust ABC samples). Weights let the density make up
for what a line cannot follow. The samples are then resampled and moved on by differential-evolution MCMC (ter Braak
2006), all walkers at once. For a Gaussian in logit space the weights are equal and the samples independent. The mean
weight is the posterior density of the condition; no sample needs to lie there.

With joint samples (f_i, c_i) ~ p, map f' = f + B (c' − c) of unit Jacobian and any normalised kernel k over c, w =
p(f', c') k(c) / (p(f, c) r(c')) has mean ∫ p(f, c') dF: for r uniform on the ranges, the mass within them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, logsumexp

from ..circuit.parameters import INDEX, parameter
from ..inference.estimators.prior import Prior
from .errors import SubspaceError
from .scaling import LogDensity, check_points

WINDOW = 0.05
"""A pinned value stands for this share of its parameter's prior range when its mass is computed: 2.5 % to either side."""

IMPOSSIBLE, UNLIKELY = 1e-3, 0.1
"""Posterior over prior mass of a condition: a thousand times, and ten times, less plausible than before the recording."""

MAX_PROPOSALS = 4000
"""Joint samples that are carried to the condition: 0.1 s of a flow, and enough are left when one in a hundred is kept."""

_EDGE = 1e-6

Condition = Mapping[int, float | tuple[float, float]]
"""Column → value, or (low, high), on the common scale from 0 to 1."""

Verdict = Literal["possible", "unlikely", "nearly impossible"]


@dataclass(frozen=True, eq=False)
class Conditional:
    """Samples of a conditional posterior.

    points: (n, d) on the common scale, held columns at their values; log_density: (n,) of the joint density at them;
    mass: posterior mass of the condition, a pinned value standing for `WINDOW` of its range; prior_mass: the same of
    the prior; mass_error: relative standard error of mass; n_effective: how many independent samples the points are
    worth; acceptance: of the moves, NaN where none were needed.
    """

    points: NDArray[np.float64]
    log_density: NDArray[np.float64]
    mass: float
    mass_error: float
    prior_mass: float
    n_effective: float
    acceptance: float

    @property
    def plausibility(self) -> float:
        """Posterior over prior mass: above 1, the recording speaks for the condition (a Savage–Dickey ratio)."""
        return self.mass / self.prior_mass

    @property
    def verdict(self) -> Verdict:
        """Whether the condition is compatible with the same dynamics, in words."""
        if self.plausibility < IMPOSSIBLE or not len(self.points):
            return "nearly impossible"
        return "unlikely" if self.plausibility < UNLIKELY else "possible"


def held_at(wanted: Mapping[str, float | tuple[float, float]], prior: Prior | None = None) -> dict[int, Any]:
    """Return a condition from names and table units: {"params_Epop.C": 200.0, "params_Epop.g_L": (5.0, 20.0)}.

    Names are published names or keys. Raises ConfigurationError for unknown names and SubspaceError for values outside
    the prior.
    """
    box = prior or Prior()
    held = {}
    for name, value in wanted.items():
        spec = parameter(name)
        i = INDEX[name]
        shares = (np.asarray(value, dtype=np.float64) - box.low[i]) / (box.high[i] - box.low[i])
        if not ((shares >= 0) & (shares <= 1)).all():
            raise SubspaceError(
                f"{spec.name} cannot be held at {value} {spec.unit}: the prior goes from {box.low[i]:g} to {box.high[i]:g}."
            )
        held[i] = float(shares) if shares.ndim == 0 else (float(shares[0]), float(shares[1]))
    return held


def condition(
    log_density: LogDensity,
    samples: ArrayLike,
    held: Condition,
    *,
    n: int = 500,
    seed: int = 0,
    samples_log_density: ArrayLike | None = None,
    max_evaluations: int = 10_000,
) -> Conditional:
    """Return n samples of the posterior given held parameters.

    log_density: joint, over u, normalised; otherwise mass is off by its constant. samples: (m, d) draws of it, m ≥ 4 d,
    *not* pruned by density; samples_log_density: (m,), evaluated when not given. held: column → value or (low, high)
    within 0 to 1. max_evaluations: of the density; 0.4 s of a flow at the default. Where n samples already lie within
    the held ranges, these are returned. Raises SubspaceError for impossible ranges, too few samples or nothing left
    free.
    """
    u = check_points(samples, 4 * np.shape(samples)[-1])
    low, high = _bounds(held, u.shape[1])
    pinned = low == high
    rng = np.random.default_rng(seed)
    prior_mass = float(np.prod(np.where(pinned, WINDOW, high - low)))
    inside = np.flatnonzero(((u >= low) & (u <= high)).all(axis=1))
    if not pinned.any() and len(inside) >= n:
        kept = u[inside[:n]]
        values = log_density(kept) if samples_log_density is None else np.asarray(samples_log_density)[inside[:n]]
        share = len(inside) / len(u)
        error = float(np.sqrt((1 - share) / (share * len(u))))
        return Conditional(kept, np.asarray(values), share, error, prior_mass, float(n), float("nan"))
    u = u[: min(MAX_PROPOSALS, max_evaluations)]
    given = (
        log_density(u) if samples_log_density is None else np.asarray(samples_log_density, dtype=np.float64)[: len(u)]
    )
    carried, values, log_weight = _carry(log_density, u, np.asarray(given), low, high, rng)
    if not np.isfinite(log_weight).any():
        return Conditional(carried[:0], values[:0], 0.0, float("nan"), prior_mass, 0.0, float("nan"))
    total = logsumexp(log_weight)
    weight = np.exp(log_weight - total)
    n_weighted = 1 / float((weight**2).sum())
    mass = float(np.exp(total) / len(u) * WINDOW ** pinned.sum())
    error = float(np.sqrt(max(1 / n_weighted - 1 / len(u), 0)))
    chosen = _systematic(weight, n, rng)
    steps = max((max_evaluations - len(u)) // n, 0)
    points, values, acceptance, memory = _move(log_density, carried[chosen], values[chosen], low, high, steps, rng)
    worth = n / (
        1 + (n / min(n_weighted, n) - 1) * memory**2
    )  # clones of one ancestor correlate by memory² (Kish's design effect)
    return Conditional(points, values, min(mass, 1.0), error, prior_mass, worth, acceptance)


def _bounds(held: Condition, d: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Check held values and return (low, high), (d,) each, equal where a value is pinned."""
    low, high = np.zeros(d), np.ones(d)
    for column, wanted in held.items():
        first, last = wanted if isinstance(wanted, tuple | list) else (wanted, wanted)
        if not 0 <= column < d or not 0 <= first <= last <= 1:
            raise SubspaceError(
                f"Column {column} cannot be held at {wanted}: values lie within 0 and 1 of the prior's range."
            )
        low[column], high[column] = first, last
    if (low == high).all():
        raise SubspaceError("Every parameter is pinned: nothing is left to vary. Let at least one go.")
    return low, high


def _log_slope(u: NDArray[np.float64], columns: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) log du/dy of y = logit u, summed over columns."""
    inside = np.clip(u[:, columns], _EDGE, 1 - _EDGE)
    return (np.log(inside) + np.log1p(-inside)).sum(axis=1)


def _carry(log_density, u, given, low, high, rng) -> tuple[NDArray, NDArray, NDArray]:
    """Return (points at the condition, their joint log-density, log weights over the scale u of the held columns)."""
    held = (low > 0) | (high < 1) | (low == high)
    free = ~held
    y = logit(np.clip(u, _EDGE, 1 - _EDGE))
    centre = y.mean(axis=0)
    covariance = np.atleast_2d(np.cov(y, rowvar=False))
    inner = covariance[np.ix_(held, held)] + 1e-9 * np.eye(held.sum())
    slopes = np.linalg.solve(inner, covariance[np.ix_(held, free)])
    wanted_u = low[held] + rng.random((len(u), int(held.sum()))) * (high - low)[held]
    wanted = logit(np.clip(wanted_u, _EDGE, 1 - _EDGE))
    moved = u.copy()
    moved[:, held] = wanted_u
    moved[:, free] = expit(y[:, free] + (wanted - y[:, held]) @ slopes)
    values = np.asarray(log_density(moved), dtype=np.float64)
    spread = (high - low)[held]
    base = values + _log_slope(moved, free) + np.log(spread[spread > 0]).sum()
    base = base - given - _log_slope(u, np.ones(u.shape[1], bool))
    middle = logit(np.clip((low + high)[held] / 2, _EDGE, 1 - _EDGE))
    kernels = [_log_normal(y[:, held], centre[held], inner)]
    kernels += [_log_normal(y[:, held], middle, inner * scale**2) for scale in (1.0, 0.5, 0.25)]
    weights = [np.where(np.isfinite(base + kernel), base + kernel, -np.inf) for kernel in kernels]
    return moved, values, max(weights, key=_worth)


def _log_normal(
    y: NDArray[np.float64], mean: NDArray[np.float64], covariance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) log-density of a multivariate normal."""
    root = np.linalg.cholesky(covariance)
    standard = np.linalg.solve(root, (y - mean).T)
    return -0.5 * (standard**2).sum(axis=0) - np.log(np.diag(root)).sum() - 0.5 * len(mean) * np.log(2 * np.pi)


def _worth(log_weight: NDArray[np.float64]) -> float:
    """Kish's effective number of weighted samples."""
    if not np.isfinite(log_weight).any():
        return 0.0
    return float(np.exp(2 * logsumexp(log_weight) - logsumexp(2 * log_weight)))


def _systematic(weight: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(n,) numbers drawn by weight with one random offset (Kitagawa 1996), shuffled."""
    at = (np.arange(n) + rng.random()) / n
    return rng.permutation(np.minimum(np.searchsorted(np.cumsum(weight), at), len(weight) - 1))


def _move(log_density, points, values, low, high, steps, rng) -> tuple[NDArray, NDArray, float, float]:
    """Return walkers after steps of differential evolution: (points, log-density, acceptance, correlation with the
    start).

    The steps are taken in logit space of the ranges, so that no move leaves them. Each half moves along differences
    within the other half.
    """
    loose = np.flatnonzero(high > low)
    a, width = low[loose], (high - low)[loose]
    points = points.copy()
    n, d = len(points), len(loose)
    y = logit(np.clip((points[:, loose] - a) / width, _EDGE, 1 - _EDGE))
    start, accepted = y.copy(), 0
    halves = np.array_split(np.arange(n), 2)
    for step in range(steps if n >= 6 else 0):
        for own, other in (halves, halves[::-1]):
            first, second = rng.integers(0, len(other), (2, len(own)))
            scale = 1.0 if step % 10 == 9 else 2.38 / np.sqrt(2 * d)  # now and then a whole one, between modes
            jump = scale * (y[other[first]] - y[other[second]]) * rng.uniform(0.5, 1.1, (len(own), 1))
            tried = y[own] + jump + 1e-5 * rng.standard_normal((len(own), d))
            candidate = points[own].copy()
            share = expit(tried)
            candidate[:, loose] = a + share * width
            found = np.asarray(log_density(candidate), dtype=np.float64)
            log_ratio = found - values[own] - _logistic_slope(y[own]) + _logistic_slope(tried)
            take = np.log(rng.random(len(own))) < np.where(np.isfinite(found), log_ratio, -np.inf)
            rows = own[take]
            y[rows], points[rows], values[rows] = tried[take], candidate[take], found[take]
            accepted += int(take.sum())
    return points, values, accepted / (steps * n) if steps else float("nan"), _memory(start, y)


def _logistic_slope(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) Σ log du/dy of u = expit(y)."""
    return -(np.logaddexp(0, y) + np.logaddexp(0, -y)).sum(axis=1)


def _memory(start: NDArray[np.float64], end: NDArray[np.float64]) -> float:
    """Largest correlation, over columns, between the walkers' first and present places, 0 to 1."""
    a, b = start - start.mean(axis=0), end - end.mean(axis=0)
    spread = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    return float(np.clip(np.max((a * b).sum(axis=0) / np.maximum(spread, 1e-300)), 0, 1))
