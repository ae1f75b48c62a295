"""Compensation: some parameters are moved by hand; find the smallest change of the others that makes up for it.

Minimises the squared distance on the common scale (shares of prior ranges), subject to log p ≥ level, by sequential
quadratic programming (SLSQP, Kraft 1988; scipy). The descent starts from the perturbed circuit. The problem is not
convex in general: where that start leads nowhere, the descent starts again from samples nearby.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import SubspaceError
from .scaling import INSIDE, Gradient, LogDensity, central_gradient, check_points

TOLERANCE = 0.05
"""The level counts as restored when it is missed by no more than this many nats."""


@dataclass(frozen=True, eq=False)
class Compensation:
    """The change that restores the dynamics.

    point: (d,) the compensated circuit; change: (d,) point − original, including the change by hand; distance: length
    of the others' change; before, perturbed, after: log-density of the original, with only the change by hand, and of
    point; level: the log-density to restore; restored: whether after reaches it. When it does not, point is the best
    that was found.
    """

    point: NDArray[np.float64]
    change: NDArray[np.float64]
    distance: float
    before: float
    perturbed: float
    after: float
    level: float
    restored: bool


def compensate(
    log_density: LogDensity,
    point: ArrayLike,
    moved: Mapping[int, float],
    *,
    level: float | None = None,
    gradient: Gradient | None = None,
    samples: ArrayLike | None = None,
    held: tuple[int, ...] = (),
    low: float = INSIDE,
    high: float = 1 - INSIDE,
    iterations: int = 60,
) -> Compensation:
    """Return the smallest change of the other parameters that restores the density after some parameters are moved.

    point: (d,) on the common scale; moved: column → new value; level: log-density to restore, the point's own when not
    given; held: columns that must stay; samples: (n, d) of the posterior, the nearest of which are further starts; low,
    high: bounds, -inf and inf for none. Raises SubspaceError when nothing is left to change or the point has no
    density.
    """
    original = check_points(np.atleast_2d(np.asarray(point, dtype=np.float64)), 1, "points")[0]
    d = len(original)
    fixed = {*moved, *held}
    free = np.array([i for i in range(d) if i not in fixed], dtype=int)
    if not moved or not len(free) or not all(0 <= i < d for i in fixed):
        raise SubspaceError(f"Move at least one of {d} parameters and leave at least one to compensate.")
    perturbed = original.copy()
    perturbed[list(moved)] = list(moved.values())
    before, now = (float(value) for value in log_density(np.stack([original, perturbed])))
    if not np.isfinite(before):
        raise SubspaceError("This configuration has no posterior density; choose one inside the prior.")
    wanted = before if level is None else level
    if now >= wanted:
        return Compensation(perturbed, perturbed - original, 0.0, before, now, now, wanted, True)
    starts = [perturbed[free], *_nearby(samples, original, perturbed, free)]
    slope = gradient or central_gradient(log_density)
    best, after = perturbed, now
    for start in starts:
        found = _descend(slope, perturbed, start, free, wanted, low, high, iterations)
        reached = float(log_density(found[None])[0])
        if reached > after:
            best, after = found, reached
        if after >= wanted - TOLERANCE:
            break
    distance = float(np.linalg.norm((best - perturbed)[free]))
    return Compensation(best, best - original, distance, before, now, after, wanted, after >= wanted - TOLERANCE)


def _nearby(
    samples: ArrayLike | None, original: NDArray, perturbed: NDArray, free: NDArray, count: int = 3
) -> list[NDArray]:
    """Return the free columns of the samples nearest to the perturbed circuit, and of the point that linear regression
    predicts.
    """
    if samples is None:
        return []
    values = check_points(samples, 3)
    nearest = np.argsort(np.linalg.norm(values - perturbed, axis=1), kind="stable")[:count]
    moved = np.flatnonzero(perturbed != original)
    covariance = np.atleast_2d(np.cov(values, rowvar=False))
    inner = covariance[np.ix_(moved, moved)] + 1e-9 * np.eye(len(moved))
    shift = np.linalg.solve(inner, (perturbed - original)[moved]) @ covariance[np.ix_(moved, free)]
    return [original[free] + shift, *values[nearest][:, free]]


def _descend(gradient, perturbed, start, free, level, low, high, iterations) -> NDArray[np.float64]:
    """(d,) where SLSQP ends from one start."""
    from scipy.optimize import minimize

    known: dict[bytes, tuple[float, NDArray]] = {}

    def density(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        key = values.tobytes()
        if key not in known:
            full = perturbed.copy()
            full[free] = values
            found, slope = gradient(full[None])
            height = float(found[0])
            # SLSQP needs finite numbers: where there is no density, use a wall of fixed height
            known[key] = (height if np.isfinite(height) else level - 1e3, slope[0, free])
        return known[key]

    base = perturbed[free]
    bounds = None if np.isinf(low) and np.isinf(high) else [(low, high)] * len(free)
    within = np.clip(start, low, high)
    found = minimize(
        lambda v: (float(((v - base) ** 2).sum()), 2 * (v - base)), within, jac=True, method="SLSQP", bounds=bounds,
        constraints={"type": "ineq", "fun": lambda v: density(v)[0] - level, "jac": lambda v: density(v)[1]},
        options={"maxiter": iterations, "ftol": 1e-7},
    )  # fmt: skip
    reached = perturbed.copy()
    reached[free] = np.clip(found.x, low, high) if np.isfinite(found.x).all() else within
    return reached
