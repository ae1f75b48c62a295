"""Is the subspace one piece? Two tests: one looks for gaps between groups of samples, one for humps of single
parameters.

Groups: single linkage of mutual reachability distances (the tree of HDBSCAN; Campello, Moulavi & Sander 2013). The gap
between two groups of at least 5 % of the samples is measured in units of the neighbour distances within them. It is
compared with the same gap of uniform samples, of the same number and intrinsic dimension (TwoNN, its lower bound: the
lower the dimension, the wider the gaps by chance). A curved or ring-shaped subspace has no gaps, so it stays one piece;
a test by k-means or against a normal null would split it.

Humps: Silverman's (1981) test of one mode for each parameter, which a flat parameter must pass too. In 28 dimensions
the first test sees only wide gaps. The second one sees a parameter that splits in two while the others stay broad, and
also a split along a principal component given as a column.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.cluster.hierarchy import linkage
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.distance import pdist

from .embedding import two_nn
from .errors import SubspaceError
from .scaling import check_points

MAX_POINTS = 1000
"""Half a million distances, and ten milliseconds a tree: fast enough to repeat for a null distribution."""

N_NEIGHBOURS = 5
"""Core distance: a sample lies in a dense place when its fifth neighbour is near."""

LEAST_GAP = 1.1
"""The least gap that counts is a tenth wider than the neighbour distances within the groups; uneven densities reach
1.06 by chance."""

_GRID = 256

_ENOUGH = 10
"""Once this many draws exceed the observed value, further ones would only refine a p-value that is not small."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Groups of samples with gaps between them.

    n: number of pieces; labels: (n_points,) piece of each, 0 the largest; gap: widest gap between two groups, in
    neighbour distances within them; critical: the value that it would have to exceed; p_value: share of one-piece
    samples with as wide a gap; null: (n_null,) their gaps.
    """

    n: int
    labels: NDArray[np.int64]
    gap: float
    critical: float
    p_value: float
    null: NDArray[np.float64]


def pieces(
    points: ArrayLike, *, level: float = 0.01, smallest: float = 0.05, n_null: int = 99, seed: int = 0
) -> Pieces:
    """Return the pieces of points (n, d) on a common scale.

    level: of the test; smallest: share of the samples that makes a group. Above `MAX_POINTS` a random subset is tested,
    and the rest join the piece of their nearest neighbour. Raises SubspaceError below 40 points.
    """
    from sklearn.neighbors import KNeighborsClassifier

    values = check_points(points, 40)
    rng = np.random.default_rng(seed)
    chosen = np.arange(len(values))
    if len(values) > MAX_POINTS:
        chosen = np.sort(rng.choice(len(values), MAX_POINTS, replace=False))
    part = values[chosen]
    least = max(int(np.ceil(smallest * len(part))), 2)
    splits = _splits(part, least)
    dimension = max(int(two_nn(part).low), 1)
    null = np.array([_null_gap(len(part), dimension, least, rng) for _ in range(n_null)])
    widest = max((split.gap for split in splits), default=0.0)
    p_value = float((1 + (null >= widest).sum()) / (1 + n_null))
    critical = max(float(np.quantile(null, 1 - level)), LEAST_GAP)
    labels = np.zeros(len(values), dtype=np.int64)
    groups = _groups([split for split in splits if split.gap > critical]) if p_value <= level else []
    if len(groups) > 1:
        members = np.concatenate(groups)
        model = KNeighborsClassifier(1).fit(part[members], np.repeat(np.arange(len(groups)), [len(g) for g in groups]))
        found = model.predict(values)
        rank = np.argsort(np.argsort(-np.bincount(found), kind="stable"), kind="stable")
        labels = rank[found]
    return Pieces(int(labels.max()) + 1, labels, float(widest), critical, p_value, null)


@dataclass(frozen=True, eq=False)
class _Split:
    """Two groups that the tree joins: the gap, over the larger neighbour distance within them, and their members."""

    gap: float
    first: NDArray[np.int64]
    second: NDArray[np.int64]


def _splits(points: NDArray[np.float64], least: int) -> list[_Split]:
    """Return the joints of the tree of mutual reachability distances, between groups of at least this many members."""
    from sklearn.neighbors import NearestNeighbors

    core = NearestNeighbors(n_neighbors=N_NEIGHBOURS).fit(points).kneighbors()[0][:, -1]
    rows, cols = np.triu_indices(len(points), 1)
    tree = linkage(np.maximum(pdist(points), np.maximum(core[rows], core[cols])), "single")
    members: dict[int, list[int]] = {i: [i] for i in range(len(points))}
    found = []
    for step, (a, b, height, _) in enumerate(tree):
        large, small = sorted((members.pop(int(a)), members.pop(int(b))), key=len, reverse=True)
        if len(small) >= least:
            # sparse arms have wide gaps inside, too: the ninth decile is a usual gap there
            usual = max(np.quantile(core[large], 0.9), np.quantile(core[small], 0.9), 1e-12)
            found.append(_Split(float(height / usual), np.array(large), np.array(small)))
        large.extend(small)
        members[len(points) + step] = large
    return found


def _groups(splits: list[_Split]) -> list[NDArray[np.int64]]:
    """Return the groups that no further split divides."""
    sides = [side for split in splits for side in (split.first, split.second)]
    divided = [frozenset(split.first) | frozenset(split.second) for split in splits]
    return [side for side in sides if not any(one <= frozenset(side) for one in divided)]


def _null_gap(n: int, dimension: int, least: int, rng: np.random.Generator) -> float:
    """Return the widest gap of uniform samples in a cube: among one-piece shapes, the flattest has the most gaps by chance."""
    return max((split.gap for split in _splits(rng.random((n, dimension)), least)), default=0.0)


@dataclass(frozen=True, eq=False)
class Humps:
    """Modes of single parameters.

    names: k; p_value: (k,) of one mode; adjusted: (k,) after Benjamini & Hochberg; several: (k,) adjusted ≤ level;
    valley: (k,) where the two largest modes part, NaN where there is one.
    """

    names: tuple[str, ...]
    p_value: NDArray[np.float64]
    adjusted: NDArray[np.float64]
    several: NDArray[np.bool_]
    valley: NDArray[np.float64]


def humps(
    points: ArrayLike, names: Sequence[str], *, level: float = 0.05, n_bootstrap: int = 1000, seed: int = 0
) -> Humps:
    """Return Silverman's test of one mode for every column of points (n, k), corrected over columns.

    The test takes the smallest bandwidth at which a Gaussian kernel estimate has one mode. It compares it with that of
    samples drawn from this estimate (its variance restored; Silverman 1986, p. 146), and with that of uniform samples,
    the flattest of one mode (as in Hartigan's dip). The larger p-value counts. Draws stop early once ten of them exceed
    (Besag & Clifford 1991). Any scale. Raises SubspaceError below 20 points.
    """
    values = check_points(points, 20)
    if values.shape[1] != len(names):
        raise SubspaceError(f"{values.shape[1]} columns do not fit {len(names)} names.")
    rng = np.random.default_rng(seed)
    found = [_silverman(column, n_bootstrap, rng) for column in values.T]
    p_value, valley = np.array(found).T
    adjusted = stats.false_discovery_control(p_value)
    several = adjusted <= level
    return Humps(tuple(names), p_value, adjusted, several, np.where(several, valley, np.nan))


def _silverman(column: NDArray[np.float64], n_bootstrap: int, rng: np.random.Generator) -> tuple[float, float]:
    """Return (p-value of one mode, valley between the two largest)."""
    n, spread = len(column), float(column.std())
    if spread == 0:
        return 1.0, np.nan
    low, high = 1e-3 * spread, 2.0 * spread
    for _ in range(20):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if _n_modes(column, middle) > 1 else (low, middle)
    bandwidth = high
    shrink = 1 / np.sqrt(1 + (bandwidth / spread) ** 2)

    def from_estimate() -> NDArray[np.float64]:
        offset = column[rng.integers(0, n, n)] - column.mean()
        return shrink * (offset + bandwidth * rng.standard_normal(n))

    def flat() -> NDArray[np.float64]:
        return np.sqrt(12) * spread * rng.random(n)

    p_value = max(_exceeding(draw, bandwidth, n_bootstrap) for draw in (from_estimate, flat))
    return p_value, _valley(column, 0.95 * bandwidth)


def _exceeding(draw: Callable[[], NDArray[np.float64]], bandwidth: float, most: int) -> float:
    """Return the sequential p-value that drawn samples have several modes at the bandwidth."""
    more = 0
    for drawn in range(1, most + 1):
        more += _n_modes(draw(), bandwidth) > 1
        if more == _ENOUGH:
            return more / drawn
    return (1 + more) / (1 + most)


def _estimate(column: NDArray[np.float64], bandwidth: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (grid, density up to a factor): binned, then filtered, which equals a kernel estimate to within a grid step."""
    low, high = column.min() - 3 * bandwidth, column.max() + 3 * bandwidth
    counts, edges = np.histogram(column, bins=_GRID, range=(low, high))
    width = (high - low) / _GRID
    smooth = gaussian_filter1d(counts.astype(np.float64), bandwidth / width, mode="constant", truncate=5.0)
    return (edges[1:] + edges[:-1]) / 2, smooth


def _peaks(density: NDArray[np.float64]) -> NDArray[np.int64]:
    inner = density[1:-1]
    floor = 1e-9 * density.max()
    return 1 + np.flatnonzero((inner > density[:-2] + floor) & (inner >= density[2:] - floor) & (inner > floor))


def _n_modes(column: NDArray[np.float64], bandwidth: float) -> int:
    return len(_peaks(_estimate(column, bandwidth)[1]))


def _valley(column: NDArray[np.float64], bandwidth: float) -> float:
    grid, density = _estimate(column, bandwidth)
    peaks = _peaks(density)
    if len(peaks) < 2:
        return np.nan
    first, second = np.sort(peaks[np.argsort(-density[peaks], kind="stable")[:2]])
    return float(grid[first + int(np.argmin(density[first : second + 1]))])
