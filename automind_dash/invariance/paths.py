"""A path between two circuits that stays within the posterior, beside the straight line.

The path is a geodesic: it minimises ∫ c ds, with a cost c that is 1 well above the level of the lower end and grows
below it. So it is as short as the subspace allows. It does not climb to the mode on its way, as a minimum-energy path
would (Gonçalves et al. 2020, eLife 9:e56261 minimise ∫ −log p ds; the flat top keeps theirs from favouring the mode).
The curve is a chain of points kept at equal spacing, as in the string method (E, Ren & Vanden-Eijnden 2007), and
relaxed by L-BFGS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import SubspaceError
from .scaling import INSIDE, Gradient, LogDensity, central_gradient, check_points

SOFTNESS = 0.5
"""Nats over which the cost sets in: a smaller value makes the level a sharp edge; with a larger one, the descent feels
it from afar."""

STIFFNESS = 2.0
"""Cost per nat below the level: a detour of three times the length is worth one nat."""

GRAPH_SAMPLES = 2000
"""Samples used for the first guess through the neighbour graph; more take longer than they help."""


@dataclass(frozen=True, eq=False)
class Path:
    """A path and the straight line between the same ends, both of m equally spaced points.

    points, line: (m, d) on the common scale; log_density, line_log_density: (m,); length, line_length: in units of the
    scale;
    level: the log-density that the path tries to keep.
    """

    points: NDArray[np.float64]
    log_density: NDArray[np.float64]
    line: NDArray[np.float64]
    line_log_density: NDArray[np.float64]
    length: float
    line_length: float
    level: float

    @property
    def gain(self) -> float:
        """How many nats the path's lowest point lies above the line's."""
        return float(self.log_density.min() - self.line_log_density.min())


def path_between(
    log_density: LogDensity,
    start: ArrayLike,
    end: ArrayLike,
    *,
    samples: ArrayLike | None = None,
    gradient: Gradient | None = None,
    n_points: int = 20,
    level: float | None = None,
    low: float = INSIDE,
    high: float = 1 - INSIDE,
    iterations: int = 80,
    should_stop: Callable[[], bool] | None = None,
) -> Path:
    """Return the path of high density between two points (d,): n_points equally spaced points, including both ends.

    log_density over the common scale with bounds low, high; gradient: density and gradient together, by central
    differences when not given. samples: (n, d), for another first guess through their neighbour graph; the cheaper
    guess is relaxed. level: log-density to keep, the lower end's when not given. Raises SubspaceError when an end has
    no density.
    """
    a, b = (check_points(np.atleast_2d(np.asarray(one, dtype=np.float64)), 1, "ends")[0] for one in (start, end))
    if a.shape != b.shape or n_points < 3:
        raise SubspaceError(
            f"A path joins two points of one space by at least 3 points; got {a.shape}, {b.shape} and {n_points}."
        )
    ends = np.asarray(log_density(np.stack([a, b])), dtype=np.float64)
    if not np.isfinite(ends).all():
        raise SubspaceError("One end of the path has no posterior density; choose two configurations inside the prior.")
    kept = float(ends.min()) if level is None else level
    line = a + np.linspace(0, 1, n_points)[:, None] * (b - a)
    slope = gradient or central_gradient(log_density)
    guesses = [_equal_spacing(line, n_points)]
    if samples is not None:
        guesses.append(_equal_spacing(_through_samples(check_points(samples, 3), a, b), n_points))
    guess = min(guesses, key=lambda chain: _cost(log_density, chain, kept))
    best = _relax(slope, guess, kept, low, high, iterations, should_stop)
    return Path(
        best, np.asarray(log_density(best)), line, np.asarray(log_density(line)), _length(best), _length(line), kept
    )


def _penalty(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """(m,) c of log-densities: 1 + stiffness · softplus of the shortfall; no density counts as 1000 nats below."""
    short = np.minimum((level - np.maximum(values, level - 1000)) / SOFTNESS, 2000)
    return 1 + STIFFNESS * SOFTNESS * np.logaddexp(0, short)


def _cost(log_density: LogDensity, chain: NDArray[np.float64], level: float) -> float:
    """∫ c ds along a chain, sampled four times as finely as the chain."""
    fine = _equal_spacing(chain, 4 * len(chain))
    c = _penalty(np.asarray(log_density(fine)), level)
    return float((np.linalg.norm(np.diff(fine, axis=0), axis=1) * (c[1:] + c[:-1]) / 2).sum())


def _relax(gradient, chain, level, low, high, iterations, should_stop) -> NDArray[np.float64]:
    """Return the chain after descent on ∫ c ds with even spacing and fixed ends."""
    from scipy.optimize import minimize

    m, d = chain.shape
    if np.allclose(chain[0], chain[-1]):
        return chain
    evenness = 2.0 * m  # weight of squared unevenness: keeps points from sliding off the costly parts

    def objective(inner: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        points = np.vstack([chain[:1], inner.reshape(-1, d), chain[-1:]])
        values, slopes = gradient(points)
        c = _penalty(values, level)
        short = np.clip((level - values) / SOFTNESS, -500, 500)
        c_slope = -(STIFFNESS / (1 + np.exp(-short)))[:, None] * slopes
        steps = np.diff(points, axis=0)
        size = np.maximum(np.linalg.norm(steps, axis=1), 1e-12)
        unit = steps / size[:, None]
        between = (c[1:] + c[:-1]) / 2
        uneven = size - size.mean()
        pull = (between + 2 * evenness * uneven)[:, None] * unit
        slope = pull[:-1] - pull[1:] + c_slope[1:-1] * ((size[:-1] + size[1:]) / 2)[:, None]
        return float((between * size).sum() + evenness * (uneven**2).sum()), slope.ravel()

    def stop(_: NDArray[np.float64]) -> None:
        if should_stop is not None and should_stop():
            raise StopIteration

    bounds = None if np.isinf(low) and np.isinf(high) else [(low, high)] * ((m - 2) * d)
    found = minimize(
        objective, chain[1:-1].ravel(), jac=True, method="L-BFGS-B", bounds=bounds, callback=stop,
        options={"maxiter": iterations, "ftol": 1e-7},
    )  # fmt: skip
    return _equal_spacing(np.vstack([chain[:1], found.x.reshape(-1, d), chain[-1:]]), m)


def _through_samples(
    samples: NDArray[np.float64], a: NDArray, b: NDArray, n_neighbours: int = 10
) -> NDArray[np.float64]:
    """(k, d) shortest path from a to b through the neighbour graph; edges are weighted by squared length, so that it
    keeps to dense parts.
    """
    from scipy.sparse.csgraph import shortest_path
    from sklearn.neighbors import kneighbors_graph

    nodes = np.vstack([a, b, samples[:GRAPH_SAMPLES]])
    graph = kneighbors_graph(nodes, min(n_neighbours, len(nodes) - 1), mode="distance")
    graph.data = np.maximum(graph.data**2, 1e-12)
    _, before = shortest_path(graph, directed=False, indices=0, return_predecessors=True)
    route = [1]
    while route[-1] != 0:
        if before[route[-1]] < 0:  # no connection
            return np.stack([a, b])
        route.append(int(before[route[-1]]))
    return nodes[route[::-1]]


def _equal_spacing(chain: NDArray[np.float64], n_points: int) -> NDArray[np.float64]:
    """(n_points, d) points at equal arc length along a chain."""
    for _ in range(5):  # resampling cuts corners, which makes the spacing uneven again, but less each time
        arc = _arc(chain)
        if arc[-1] == 0:
            return np.repeat(chain[:1], n_points, axis=0)
        at = np.linspace(0, arc[-1], n_points)
        chain = np.column_stack([np.interp(at, arc, column) for column in chain.T])
    return chain


def _arc(chain: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=1))])


def _length(chain: NDArray[np.float64]) -> float:
    return float(_arc(chain)[-1])


def consistent_share(consistent: Sequence[bool] | NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return the share of simulated points that were consistent, with Wilson's 95 % interval: (share, low, high).

    The points of one path are not independent draws, so the true interval is at least this wide.
    """
    from ..features import yield_interval

    flags = np.asarray(consistent, dtype=bool)
    low, high = yield_interval(int(flags.sum()), len(flags))
    return (float(flags.mean()) if len(flags) else float("nan")), low, high
