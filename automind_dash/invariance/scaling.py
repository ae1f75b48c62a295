"""The common scale of all geometry here: u, the share of the prior's range, from 0 to 1 for each parameter.

Millivolts and milliseconds have no common length, so distances, angles and curvatures need one scale. In u the prior is
flat with density 1. So a log-density over u says how much more likely the recording made a circuit, in nats, and a
direction's entries are shares of prior ranges. (The estimator itself works in logit space z; a density over z would add
the prior's own slope.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..inference.estimators.prior import Prior
from .errors import SubspaceError

LogDensity = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""(m, d) points → (m,) log-density, natural logarithm; -inf where there is none."""

Gradient = Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]]
"""(m, d) points → (m,) log-density and its gradient (m, d). Callers that need one need both, and one pass gives both."""

INSIDE = 0.005
"""Searches over u stay this far from the prior's bounds: closer to them, a flow that was learned in logit space
extrapolates."""


def to_unit(theta: ArrayLike, prior: Prior | None = None) -> NDArray[np.float64]:
    """(n, 28) configurations in table units → (n, 28) shares of the prior's ranges."""
    box = prior or Prior()
    return (np.asarray(theta, dtype=np.float64) - box.low) / (box.high - box.low)


def from_unit(u: ArrayLike, prior: Prior | None = None) -> NDArray[np.float64]:
    """(n, 28) shares of the prior's ranges → (n, 28) configurations in table units."""
    box, shares = prior or Prior(), np.asarray(u, dtype=np.float64)
    theta = box.low + shares * (box.high - box.low)
    # rounding may lift a value above the prior's upper end, where there is no density
    return np.where(shares <= 1, np.minimum(theta, box.high), theta)


def unit_density(log_density: LogDensity, prior: Prior | None = None) -> LogDensity:
    """Return a log-density over u from one over θ; that of the prior is 0 everywhere inside."""
    box = prior or Prior()
    volume = float(np.log(box.high - box.low).sum())
    return lambda u: np.asarray(log_density(from_unit(np.atleast_2d(u), box))) + volume


def check_points(points: ArrayLike, at_least: int, what: str = "samples") -> NDArray[np.float64]:
    """(n, d) float64 copy-free view of points; raises SubspaceError unless two-dimensional, finite and with at least
    this many rows.
    """
    values = np.asarray(points, dtype=np.float64)
    if values.ndim != 2 or not values.shape[1]:
        raise SubspaceError(f"The {what} must be a table, rows × columns; got an array of shape {values.shape}.")
    if len(values) < at_least:
        raise SubspaceError(
            f"{len(values)} {what} are too few for this; at least {at_least} are needed. Draw or select more."
        )
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).any(axis=1).sum())
        raise SubspaceError(f"{bad} of {len(values)} {what} contain undefined values; leave those rows or columns out.")
    return values


def central_gradient(log_density: LogDensity, step: float = 1e-3) -> Gradient:
    """Return density and gradient by central differences, all points and directions in one call (2·d + 1 evaluations a
    point).

    Where one of the two sides has no density (a wall), the difference is one-sided; where neither has, the gradient is
    0.
    """

    def gradient(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        m, d = points.shape
        offsets = step * np.vstack([np.eye(d), -np.eye(d), np.zeros((1, d))])
        values = np.asarray(log_density((points[:, None] + offsets).reshape(-1, d)), dtype=np.float64).reshape(
            m, 2 * d + 1
        )
        up, down, here = values[:, :d], values[:, d : 2 * d], values[:, 2 * d :]
        with np.errstate(invalid="ignore"):
            both, left, right = (up - down) / (2 * step), (here - down) / step, (up - here) / step
        slope = np.where(np.isfinite(both), both, np.where(np.isfinite(left), left, right))
        return here[:, 0], np.where(np.isfinite(slope), slope, 0.0)

    return gradient
