"""Two posteriors side by side: how far apart they are, parameter by parameter and together, and whether their geometry
differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from .components import components
from .errors import SubspaceError
from .local import principal_angles, random_angle
from .scaling import check_points

MAX_KERNEL, MAX_TREES = 1000, 500
"""Samples of each side in a joint test: kernel matrices of 2000², a few seconds of trees."""


NOTABLE = 0.05
"""Wasserstein distance, in shares of the prior's range, below which a difference is too small to name."""

RESAMPLES, MAX_RESAMPLED = 200, 2000
"""Of the draws, for the interval of a shift; more than 2 000 draws narrow it to nothing."""


@dataclass(frozen=True, eq=False)
class MarginalDistances:
    """Distances per parameter. distance: (d,) Wasserstein-1, in shares of the prior's range; statistic: (d,)
    Kolmogorov–Smirnov, 0 to 1; shift: (d,) second median − first; interval: (d, 2) of the shift, 95 % by resampling the draws;
    differs: (d,) the distance is at least NOTABLE and beyond that between resamples of one posterior, be it in place or in
    width. No p-values: draws can be made at will, so that any difference between two recordings becomes significant."""

    names: tuple[str, ...]
    distance: NDArray[np.float64]
    statistic: NDArray[np.float64]
    shift: NDArray[np.float64]
    interval: NDArray[np.float64]
    differs: NDArray[np.bool_]


def marginal_distances(first: ArrayLike, second: ArrayLike, names: Sequence[str], seed: int = 0) -> MarginalDistances:
    """Return how far apart the marginals of two posteriors are (scipy.stats). first, second: (n, d), (m, d) on the
    common scale.
    """
    a, b = _both(first, second)
    if a.shape[1] != len(names):
        raise SubspaceError(f"{a.shape[1]} columns do not fit {len(names)} names.")
    distance = np.array([stats.wasserstein_distance(x, y) for x, y in zip(a.T, b.T, strict=True)])
    statistic = np.array([stats.ks_2samp(x, y).statistic for x, y in zip(a.T, b.T, strict=True)])
    rng, few = np.random.default_rng(seed), [x[:MAX_RESAMPLED] for x in (a, b)]
    shifts = np.array(
        [np.subtract(*(np.median(rng.choice(x, len(x)), axis=0) for x in few[::-1])) for _ in range(RESAMPLES)]
    )
    interval = np.quantile(shifts, [0.025, 0.975], axis=0).T
    own = np.max([_own_distance(x, rng) for x in few], axis=0)
    shift = np.median(b, axis=0) - np.median(a, axis=0)
    return MarginalDistances(tuple(names), distance, statistic, shift, interval, distance >= np.maximum(own, NOTABLE))


def _own_distance(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """(d,) Wasserstein-1 distance that two resamples of the same draws seldom exceed: its 97.5th percentile."""
    n = len(points)
    pairs = ([np.sort(points[rng.integers(n, size=n)], axis=0) for _ in range(2)] for _ in range(RESAMPLES // 2))
    return np.asarray(np.quantile([np.abs(x - y).mean(axis=0) for x, y in pairs], 0.975, axis=0))


def _both(first: ArrayLike, second: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = check_points(first, 20), check_points(second, 20)
    if a.shape[1] != b.shape[1]:
        raise SubspaceError(f"Posteriors of {a.shape[1]} and {b.shape[1]} parameters cannot be compared.")
    return a, b


@dataclass(frozen=True, eq=False)
class JointTest:
    """A distance between two distributions with its null. value: of the data; null: (n,) with permuted labels; p_value:
    share of the null that is at least as large (the data counted in); method: C2ST (accuracy, 0.5 is alike, 1 is apart)
    or MMD (squared, 0 is alike)."""

    method: str
    value: float
    null: NDArray[np.float64]
    p_value: float


def c2st(first: ArrayLike, second: ArrayLike, *, n_null: int = 20, seed: int = 0, classifier: Any = None) -> JointTest:
    """Return the classifier two-sample test (Lopez-Paz & Oquab 2017; Friedman 2003).

    Balanced subsets of at most `MAX_TREES`; accuracy of 3-fold cross-validation, with its null from permuted labels
    (sklearn.model_selection.permutation_test_score). classifier: any of scikit-learn's; 40 extremely randomised trees
    when not given. They see marginals and dependences alike and take a tenth of a second, where sbi.utils.metrics.c2st
    takes ten. The whole test takes seconds.
    """
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.model_selection import StratifiedKFold, permutation_test_score

    a, b = _balanced(*_both(first, second), MAX_TREES, np.random.default_rng(seed))
    points = np.vstack([a, b])
    labels = np.repeat([0, 1], [len(a), len(b)])
    model = classifier if classifier is not None else ExtraTreesClassifier(40, min_samples_leaf=3, random_state=seed)
    folds = StratifiedKFold(3, shuffle=True, random_state=seed)
    value, null, p_value = permutation_test_score(
        model, points, labels, cv=folds, n_permutations=n_null, random_state=seed, scoring="accuracy"
    )
    return JointTest("C2ST", float(value), np.asarray(null), float(p_value))


def mmd(first: ArrayLike, second: ArrayLike, *, n_null: int = 200, seed: int = 0) -> JointTest:
    """Return the squared maximum mean discrepancy with its permutation null (Gretton et al. 2012), unbiased estimate.

    Sum of Gaussian kernels of half, once and twice the median distance; at most `MAX_KERNEL` samples a side. Takes a
    second.
    """
    from scipy.spatial.distance import pdist, squareform

    rng = np.random.default_rng(seed)
    a, b = _balanced(*_both(first, second), MAX_KERNEL, rng)
    n = len(a)
    squared = squareform(pdist(np.vstack([a, b]), "sqeuclidean"))
    scale = np.median(squared[squared > 0]) if (squared > 0).any() else 1.0
    kernel = sum(np.exp(-squared / (2 * scale * factor**2)) for factor in (0.5, 1.0, 2.0))
    np.fill_diagonal(kernel, 0)
    signs = np.repeat([1.0, -1.0], n)
    orders = np.column_stack([signs, *(rng.permutation(signs) for _ in range(n_null))])
    product = kernel @ orders
    within = [
        (np.where(orders == side, 1.0, 0.0) * (product * side + kernel.sum(1)[:, None]) / 2).sum(0)
        for side in (1.0, -1.0)
    ]
    across = (kernel.sum() - sum(within)) / 2
    values = sum(within) / (n * (n - 1)) - 2 * across / n**2
    return JointTest("MMD", float(values[0]), values[1:], float((1 + (values[1:] >= values[0]).sum()) / (1 + n_null)))


def _balanced(a: NDArray, b: NDArray, most: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    n = min(len(a), len(b), most)
    return a[rng.permutation(len(a))[:n]], b[rng.permutation(len(b))[:n]]


@dataclass(frozen=True, eq=False)
class SubspaceAngles:
    """Angles between two subspaces of k directions, radians.

    angles: (k,) principal angles, smallest first; own: mean angle that resampling alone makes, the larger of the two
    sides (NaN when unknown); random: median mean angle of random subspaces, with its 95 % range.
    """

    angles: NDArray[np.float64]
    own: float
    random: float
    random_range: tuple[float, float]

    @property
    def mean(self) -> float:
        """Mean principal angle: compare it with `own` and `random`."""
        return float(self.angles.mean())


def principal_subspace_angles(
    first: ArrayLike, second: ArrayLike, *, k: int = 3, n_bootstrap: int = 50, seed: int = 0
) -> SubspaceAngles:
    """Return the angles between the k widest principal directions of two posteriors, (n, d) and (m, d) on the common
    scale.
    """
    a, b = _both(first, second)
    _check_k(k, a.shape[1])
    rng = np.random.default_rng(seed)
    own = [_own_angle(one, k, n_bootstrap, rng) for one in (a, b)]
    axes = [components(one, n_bootstrap=2).axes[:k] for one in (a, b)]
    middle, low, high = random_angle(k, a.shape[1], seed=seed)
    return SubspaceAngles(principal_angles(*axes), max(own), middle, (low, high))


def _check_k(k: int, d: int) -> None:
    if not 1 <= k < d:
        raise SubspaceError(f"k = {k} directions of {d}: take between 1 and {d - 1}.")


def _own_angle(points: NDArray, k: int, n_bootstrap: int, rng: np.random.Generator) -> float:
    """Return the mean angle between principal subspaces of the points resampled twice."""

    def widest() -> NDArray[np.float64]:
        drawn = points[rng.integers(0, len(points), len(points))]
        return np.linalg.eigh(np.cov(drawn, rowvar=False))[1].T[::-1][:k]

    return float(np.mean([principal_angles(widest(), widest()).mean() for _ in range(n_bootstrap)]))


def stiff_subspace_angles(first: ArrayLike, second: ArrayLike, *, k: int = 3, seed: int = 0) -> SubspaceAngles:
    """Return the angles between the stiff subspaces of two posteriors.

    first, second: (m, d, d) Hessians of −log p at samples of each (`local.curvature(…).hessian`). Each side's stiff
    subspace is that of its mean Hessian; `own` compares halves of its Hessians. Raises SubspaceError below 4 Hessians a
    side.
    """
    sides = [np.asarray(one, dtype=np.float64) for one in (first, second)]
    if any(one.ndim != 3 or len(one) < 4 or one.shape[1:] != sides[0].shape[1:] for one in sides):
        raise SubspaceError(
            "Stiff subspaces need the Hessians at four or more configurations of each posterior, as (m, d, d)."
        )
    d = sides[0].shape[1]
    _check_k(k, d)
    rng = np.random.default_rng(seed)
    own = []
    for one in sides:
        halves = [np.array_split(rng.permutation(len(one)), 2) for _ in range(20)]
        own.append(np.mean([principal_angles(_stiff(one[p], k), _stiff(one[q], k)).mean() for p, q in halves]))
    middle, low, high = random_angle(k, d, seed=seed)
    angles = principal_angles(_stiff(sides[0], k), _stiff(sides[1], k))
    return SubspaceAngles(angles, float(max(own)), middle, (low, high))


def _stiff(hessians: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    return np.linalg.eigh(hessians.mean(axis=0))[1].T[::-1][:k]
