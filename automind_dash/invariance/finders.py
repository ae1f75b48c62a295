"""Finders: the most different pair with the same dynamics, the sloppiest neighbour, the circuits at the subspace's ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .components import components
from .errors import SubspaceError
from .scaling import LogDensity, check_points

_BLOCK = 1000
"""Rows of distances at a time: 80 MB at 10 000 configurations."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two configurations, as row numbers. distance: between them on the common scale; change: (d,) second − first;
    difference: of their dynamics, in units of the circuit's own variability, NaN when no features were given."""

    first: int
    second: int
    distance: float
    change: NDArray[np.float64]
    difference: float


def most_different_pair(
    points: ArrayLike,
    *,
    candidates: ArrayLike | None = None,
    features: ArrayLike | None = None,
    tolerance: float = 1.0,
) -> Pair:
    """Return the two circuits farthest apart in parameters whose dynamics are the same.

    points: (n, d) on the common scale; candidates: (n,) bool, such as the consistent ones. features: (n, k) in units of
    their own variability (transformed, divided by the noise scale). With features, the two must also be within
    `tolerance` of each other, by the root mean square over features as in `features.feature_distance`; rows with NaN
    are left out. Exact; takes a second at 10 000. Raises SubspaceError when there is no such pair.
    """
    values = check_points(points, 2)
    kept = np.ones(len(values), bool) if candidates is None else np.asarray(candidates, dtype=bool)
    scaled = None if features is None else np.asarray(features, dtype=np.float64)
    if kept.shape != (len(values),) or (scaled is not None and len(scaled) != len(values)):
        raise SubspaceError("Candidates and features need one entry for each configuration.")
    if scaled is not None:
        kept = kept & np.isfinite(scaled).all(axis=1)
    rows = np.flatnonzero(kept)
    best = _farthest(values[rows], None if scaled is None else scaled[rows], tolerance) if len(rows) > 1 else None
    if best is None:
        raise SubspaceError(
            "No two of these configurations have the same dynamics; simulate more, or raise the tolerance."
        )
    i, j = int(rows[best[0]]), int(rows[best[1]])
    difference = float("nan") if scaled is None else float(np.sqrt(((scaled[i] - scaled[j]) ** 2).mean()))
    return Pair(i, j, float(np.linalg.norm(values[i] - values[j])), values[j] - values[i], difference)


def _farthest(points: NDArray, features: NDArray | None, tolerance: float) -> tuple[int, int] | None:
    """Return the farthest pair, block by block, or None when no pair is within tolerance."""
    from scipy.spatial.distance import cdist

    best, found = -1.0, None
    for start in range(0, len(points), _BLOCK):
        distance = cdist(points[start : start + _BLOCK], points)
        if features is not None:
            apart = cdist(features[start : start + _BLOCK], features) / np.sqrt(features.shape[1])
            distance[apart > tolerance] = -1
        distance[np.arange(len(distance)), start + np.arange(len(distance))] = -1
        at = int(distance.argmax())
        i, j = divmod(at, distance.shape[1])
        if distance[i, j] > best:
            best, found = float(distance[i, j]), (start + i, j)
    return found if best >= 0 else None


@dataclass(frozen=True, eq=False)
class Neighbour:
    """The configuration that is farthest away along a straight line of undiminished density.

    row: its number; distance: on the common scale; lowest: smallest log-density between the two; level: the log-density
    that had to be kept.
    """

    row: int
    distance: float
    lowest: float
    level: float


def sloppiest_neighbour(
    log_density: LogDensity,
    points: ArrayLike,
    at: int,
    *,
    candidates: ArrayLike | None = None,
    drop: float = 1.0,
    n_between: int = 7,
    max_candidates: int = 500,
) -> Neighbour:
    """Return the farthest sample that this one can be moved to in a straight line without the density falling.

    points: (n, d); at: row of this one; candidates: (n,) bool; drop: nats that the density may fall below this one's
    anywhere on the way. Samples that are dense enough are tried from far to near, in batches, `max_candidates` at most.
    Raises SubspaceError when none qualifies.
    """
    values = check_points(points, 2)
    if not 0 <= at < len(values):
        raise SubspaceError(f"There is no configuration {at}; there are only {len(values)}.")
    heights = np.asarray(log_density(values), dtype=np.float64)
    if not np.isfinite(heights[at]):
        raise SubspaceError("This circuit has no posterior density, so nothing is known of what surrounds it.")
    level = float(heights[at]) - drop
    distance = np.linalg.norm(values - values[at], axis=1)
    kept = (distance > 0) & (heights >= level)
    if candidates is not None:
        kept &= np.asarray(candidates, dtype=bool)
    rows = np.flatnonzero(kept)
    rows = rows[np.argsort(-distance[rows], kind="stable")][:max_candidates]
    share = np.linspace(0, 1, n_between + 2)[1:-1, None]
    for start in range(0, len(rows), 50):
        batch = rows[start : start + 50]
        between = values[at] + share * (values[batch] - values[at])[:, None]
        lowest = np.asarray(log_density(between.reshape(-1, values.shape[1]))).reshape(len(batch), -1).min(axis=1)
        passed = np.flatnonzero(lowest >= level)
        if len(passed):
            i = int(passed[0])
            row = int(batch[i])
            return Neighbour(row, float(distance[row]), float(min(lowest[i], heights[row])), level)
    raise SubspaceError(
        "From this configuration, the density falls in every direction that was tried; allow a larger drop."
    )


@dataclass(frozen=True, eq=False)
class End:
    """A circuit at an end of the subspace: its row, the component (0 is the widest), the side (-1, 1), and its score there."""

    row: int
    component: int
    side: int
    score: float


def ends(points: ArrayLike, *, n_components: int = 3, candidates: ArrayLike | None = None) -> list[End]:
    """Return the outermost circuits along the widest principal components, both sides of each; no circuit twice.

    points: (n, d) on the common scale; candidates: (n,) bool. Raises SubspaceError for too few points.
    """
    values = check_points(points, 3)
    kept = np.ones(len(values), bool) if candidates is None else np.asarray(candidates, dtype=bool)
    rows = np.flatnonzero(kept)
    if len(rows) < 2 * n_components + 1:
        raise SubspaceError(
            f"{len(rows)} configurations cannot have {2 * n_components} ends; take more configurations or fewer components."
        )
    scores = components(values[rows], n_bootstrap=2).scores(values[rows], n_components)
    found: list[End] = []
    for component in range(scores.shape[1]):
        for side in (-1, 1):
            ranked = np.argsort(-side * scores[:, component], kind="stable")
            taken = {end.row for end in found}
            best = next(int(i) for i in ranked if int(rows[i]) not in taken)
            found.append(End(int(rows[best]), component, side, float(scores[best, component])))
    return found
