"""What would turn one recording's circuits into another's? The smallest changes of one to three parameters, screened by expected
features.

A surrogate's error is larger than a circuit's own variability, but it changes slowly along the parameters (as in
`inference.spending.resampling`). So a change is judged by the circuit's simulated features plus the change that the surrogate expects.
Simulations then show whether it is so (`carrying`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Predict = Callable[[Floats], Floats]
"""(n, d) circuits, in shares of the prior's ranges → (n, n_features) expected features, NaN where a circuit is likely useless."""

GRIDS = {1: 41, 2: 13, 3: 7}
"""Values of each parameter that are tried, by how many parameters change together; then as many again around the best."""

KEPT = {2: 8, 3: 5}
"""Parameters that are combined: those that came nearest alone."""

MARGIN = 0.7
"""Share of the threshold within which an expected match must lie, because expectations are not exact."""

INSIDE = 0.002


@dataclass(frozen=True, eq=False)
class Changed:
    """A circuit after a change. point: (d,) in shares of ranges; expected: its distance in thresholds (1 is the bound); size: length of
    the change."""

    point: Floats
    expected: float
    size: float


@dataclass(frozen=True, eq=False)
class Screen:
    """Expectations for mechanisms, which are tuples of columns. changed: mechanism → for each circuit its smallest expected match, or the
    point that comes nearest; unchanged: (n,) distance of the circuits as they are, in thresholds.
    """

    changed: dict[tuple[int, ...], list[Changed]]
    unchanged: Floats

    def ranked(self) -> list[tuple[int, ...]]:
        """Return the mechanisms, ordered by how many circuits they are expected to carry over, then by fewest parameters, then by size."""

        def order(mechanism: tuple[int, ...]) -> tuple[float, ...]:
            found = self.changed[mechanism]
            reached = sum(one.expected <= 1 for one in found)
            near = float(np.median([one.expected for one in found]))
            size = float(np.median([one.size for one in found]))
            return (-reached, near if reached == 0 else 0.0, len(mechanism), size)

        return sorted(self.changed, key=order)


def screen(
    points: Floats, seen: Floats, target: Floats, unit: Floats, predict: Predict, *, most: int = 3, columns: Sequence[int] | None = None
) -> Screen:  # fmt: skip
    """Return the changes of one to `most` parameters that are expected to turn circuits into ones that match a target.

    points: (n, d) circuits, shares of ranges; seen: (n, n_features) their features as simulated; target, unit: (n_features,), unit being
    noise scale times threshold; columns: those that may change, all when not given.
    """
    before = predict(points)
    allowed = list(range(points.shape[1])) if columns is None else list(columns)
    changed: dict[tuple[int, ...], list[Changed]] = {(j,): [] for j in allowed}
    unchanged = distances(seen, target, unit)
    for point, own, expected in zip(points, seen, before, strict=True):
        for j in allowed:
            changed[(j,)].append(smallest_change(point, own, expected, (j,), target, unit, predict))
    for k in range(2, most + 1):
        alone = sorted(allowed, key=lambda j: float(np.median([one.expected for one in changed[(j,)]])))[: KEPT[k]]
        for mechanism in combinations(sorted(alone), k):
            changed[mechanism] = [
                smallest_change(point, own, expected, mechanism, target, unit, predict)
                for point, own, expected in zip(points, seen, before, strict=True)
            ]
    return Screen(changed, unchanged)


def distances(features: Floats, target: Floats, unit: Floats) -> Floats:
    """(n,) distances in thresholds, infinite where a feature is undefined."""
    apart = np.sqrt((((features - target) / unit) ** 2).mean(axis=-1))
    return np.where(np.isfinite(apart), apart, np.inf)


def smallest_change(
    point: Floats, seen: Floats, before: Floats, mechanism: tuple[int, ...], target: Floats, unit: Floats, predict: Predict
) -> Changed:  # fmt: skip
    """Return the smallest change along a mechanism that is expected to match, else the one that comes nearest. seen, before:
    (n_features,) features of the circuit, as simulated and as expected.
    """
    columns = list(mechanism)
    count = GRIDS[len(columns)]
    grid = [np.linspace(INSIDE, 1 - INSIDE, count)] * len(columns)
    best = _best_of(point, columns, grid, seen, before, target, unit, predict)
    step = 1.0 / (count - 1)
    fine = [np.clip(best.point[j] + step * np.linspace(-1, 1, min(count, 11)), INSIDE, 1 - INSIDE) for j in columns]
    finer = _best_of(point, columns, fine, seen, before, target, unit, predict)
    return min((best, finer), key=_preference)


def _preference(one: Changed) -> tuple[float, float]:
    """Sort key: matches by size, others by distance."""
    return (0.0, one.size) if one.expected <= MARGIN else (1.0, one.expected)


def _best_of(point, columns, grid, seen, before, target, unit, predict) -> Changed:
    tried = np.repeat(point[None], int(np.prod([len(values) for values in grid])), axis=0)
    tried[:, columns] = np.array(list(product(*grid)))
    expected = distances(seen + predict(tried) - before, target, unit)
    size = np.linalg.norm(tried - point, axis=1)
    matches = np.flatnonzero(expected <= MARGIN)
    chosen = matches[np.argmin(size[matches])] if len(matches) else int(np.argmin(expected))
    return Changed(tried[chosen], float(expected[chosen]), float(size[chosen]))
