"""Local geometry: how fast the density falls around one circuit, and along which parameters.

The Hessian of −log p is taken on a common scale (u, see `scaling`). Directions of large curvature are stiff (the
recording fixes them); those of small or negative curvature are sloppy (Gutenkunst et al. 2007). The prior is flat in u,
so all curvature comes from the recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import subspace_angles

from .errors import SubspaceError
from .scaling import LogDensity, check_points

STEP = 0.03
"""3 % of the prior's range. A spline flow's second derivative jumps at its knots, so curvature is that of a small
neighbourhood."""

NamedDirection = list[tuple[str, float]]


@dataclass(frozen=True, eq=False)
class Curvature:
    """The density around one point.

    centre: (d,) where it was measured: the point, moved inside the bounds by up to two steps; hessian: (d, d) of −log
    p, nats per squared unit of u; eigenvalues: (d,) stiffest first; directions: (d, d) unit rows, largest entry
    positive.
    """

    centre: NDArray[np.float64]
    hessian: NDArray[np.float64]
    eigenvalues: NDArray[np.float64]
    directions: NDArray[np.float64]

    def stiff(self, k: int) -> NDArray[np.float64]:
        """(k, d) stiffest directions."""
        return self.directions[:k]

    def sloppy(self, k: int) -> NDArray[np.float64]:
        """(k, d) sloppiest directions, the sloppiest first."""
        return self.directions[::-1][:k]

    @property
    def reach(self) -> NDArray[np.float64]:
        """(d,) distance over which log p falls by 1/2 along each direction; inf where it does not fall."""
        return np.where(self.eigenvalues > 0, 1 / np.sqrt(np.maximum(self.eigenvalues, 1e-300)), np.inf)


def curvature(
    log_density: LogDensity,
    point: ArrayLike,
    *,
    step: float = STEP,
    low: float | NDArray[np.float64] = 0.0,
    high: float | NDArray[np.float64] = 1.0,
) -> Curvature:
    """Return the curvature of −log p around a point (d,), by central differences in one call of d² + d + 1 points.

    log_density over the common scale; low, high: its bounds, -inf and inf for none. Raises SubspaceError where the
    density vanishes nearby.
    """
    given = check_points(np.atleast_2d(np.asarray(point, dtype=np.float64)), 1, "points")[0]
    d = len(given)
    centre = np.clip(given, np.asarray(low) + 2 * step, np.asarray(high) - 2 * step)
    rows, cols = np.triu_indices(d, 1)
    along = step * np.eye(d)
    both = along[rows] + along[cols]
    points = centre + np.vstack([np.zeros((1, d)), along, -along, both, -both])
    values = np.asarray(log_density(points), dtype=np.float64)
    if not np.isfinite(values).all():
        raise SubspaceError(
            "The density is zero within a step of this circuit; its curvature is not defined. Choose one inside."
        )
    here, up, down = values[0], values[1 : d + 1], values[d + 1 : 2 * d + 1]
    corner, opposite = np.split(values[2 * d + 1 :], 2)
    hessian = np.diag(up + down - 2 * here)
    # f(+i+j) + f(−i−j) − 2f = second derivatives of i, of j, and twice the mixed one
    mixed = (corner + opposite - 2 * here - np.diag(hessian)[rows] - np.diag(hessian)[cols]) / 2
    hessian[rows, cols] = hessian[cols, rows] = mixed
    return _decompose(centre, -hessian / step**2)


def torch_curvature(log_density: Any, point: ArrayLike) -> Curvature:
    """Return the curvature at exactly a point (d,) by autograd. log_density: torch function (m, d) → (m,)."""
    import torch

    centre = np.asarray(point, dtype=np.float64)
    with torch.enable_grad():
        at = torch.as_tensor(centre, dtype=torch.get_default_dtype())
        hessian = torch.autograd.functional.hessian(lambda one: -log_density(one[None]).sum(), at).detach().numpy()
    return _decompose(centre, hessian.astype(np.float64))


def _decompose(centre: NDArray[np.float64], hessian: NDArray[np.float64]) -> Curvature:
    symmetric = (hessian + hessian.T) / 2
    eigenvalues, vectors = np.linalg.eigh(symmetric)
    directions = vectors.T[::-1]
    signs = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
    return Curvature(centre, symmetric, eigenvalues[::-1].copy(), directions * signs[:, None])


def in_names(direction: ArrayLike, names: Sequence[str], count: int = 5) -> NamedDirection:
    """Return a direction's largest entries: (name, entry), by size. direction: (d,), d names."""
    entries = np.asarray(direction, dtype=np.float64)
    if entries.shape != (len(names),):
        raise SubspaceError(f"A direction of shape {entries.shape} does not fit {len(names)} names.")
    return [(names[i], float(entries[i])) for i in np.argsort(-np.abs(entries), kind="stable")[:count]]


def principal_angles(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Return the angles between two subspaces, radians, smallest first (scipy.linalg.subspace_angles; Björck & Golub
    1973).

    first, second: (k, d) rows that span the subspaces.
    """
    a, b = check_points(first, 1, "directions"), check_points(second, 1, "directions")
    if a.shape[1] != b.shape[1]:
        raise SubspaceError(f"Directions of {a.shape[1]} and {b.shape[1]} dimensions span no common space.")
    return np.sort(subspace_angles(a.T, b.T))


def random_angle(k: int, d: int, *, n: int = 200, seed: int = 0) -> tuple[float, float, float]:
    """Return the median and the 95 % range of the mean principal angle between random k-dimensional subspaces of d, radians."""
    rng = np.random.default_rng(seed)
    angles = [principal_angles(rng.standard_normal((k, d)), rng.standard_normal((k, d))).mean() for _ in range(n)]
    low, middle, high = np.quantile(angles, [0.025, 0.5, 0.975])
    return float(middle), float(low), float(high)


@dataclass(frozen=True, eq=False)
class Turning:
    """How the stiff (or sloppy) directions turn from place to place.

    angle: (m, m) mean principal angle between the subspaces at m points, radians; distance: (m, m) between the points;
    random: median angle of random subspaces, which angles approach when nothing is kept; curvatures: of each point.
    """

    angle: NDArray[np.float64]
    distance: NDArray[np.float64]
    random: float
    curvatures: list[Curvature]


def turning(
    log_density: LogDensity,
    points: ArrayLike,
    *,
    k: int = 3,
    sloppy: bool = False,
    step: float = STEP,
    low: float | NDArray[np.float64] = 0.0,
    high: float | NDArray[np.float64] = 1.0,
) -> Turning:
    """Return the angles between the k stiffest (or sloppiest) directions at points (m, d); 800 evaluations a point at d
    = 28.
    """
    values = check_points(points, 2, "points")
    d = values.shape[1]
    if not 1 <= k < d:
        raise SubspaceError(f"k = {k} directions of {d}: take between 1 and {d - 1}.")
    found = [curvature(log_density, point, step=step, low=low, high=high) for point in values]
    spans = [one.sloppy(k) if sloppy else one.stiff(k) for one in found]
    m = len(values)
    angle = np.zeros((m, m))
    for i in range(m):
        for j in range(i):
            angle[i, j] = angle[j, i] = principal_angles(spans[i], spans[j]).mean()
    distance = np.linalg.norm(values[:, None] - values, axis=-1)
    return Turning(angle, distance, random_angle(k, d)[0], found)
