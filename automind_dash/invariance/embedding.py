"""Nonlinear geometry: a flat map of the curved subspace, and its intrinsic dimension.

The map is Isomap (Tenenbaum, de Silva & Langford 2000; scikit-learn). The question is how far apart two circuits are
*along* the subspace. Of the methods at hand, only Isomap preserves just that, is deterministic, maps new points, and
reports how well it did (residual variance). t-SNE and spectral maps draw prettier clusters, but tear continuous
subspaces apart or ignore lengths.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from .errors import SubspaceError
from .scaling import check_points

MAX_LANDMARKS = 1000
"""Geodesics between all landmarks take half a second at 1000 and grow with the cube. The other points are placed by
their neighbours."""


@dataclass(frozen=True, eq=False)
class Embedding:
    """A map of n points.

    coordinates: (n, k); residual: 1 − R² between distances along the subspace and on the map; linear_residual: the same
    for principal components, so that the difference is the cost of the curvature; pieces: connected parts of the
    neighbour graph (with more than one, the map's distances between parts mean little).
    """

    coordinates: NDArray[np.float64]
    residual: float
    linear_residual: float
    pieces: int
    n_neighbours: int


def embed(points: ArrayLike, *, n_dimensions: int = 2, n_neighbours: int = 12, seed: int = 0) -> Embedding:
    """Return the Isomap of points (n, d) on a common scale.

    Above `MAX_LANDMARKS` points, a random subset is mapped and the rest are placed on the map. Raises SubspaceError for
    too few points.
    """
    from scipy.sparse.csgraph import connected_components
    from sklearn.decomposition import PCA
    from sklearn.manifold import Isomap

    values = check_points(points, n_neighbours + 2)
    chosen = np.arange(len(values))
    if len(values) > MAX_LANDMARKS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(values), MAX_LANDMARKS, replace=False))
    landmarks = values[chosen]
    # exact distances settle ties between duplicates the same way every time
    model = Isomap(
        n_neighbors=n_neighbours, n_components=n_dimensions, eigen_solver="dense", neighbors_algorithm="brute"
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of connected components")
        warnings.filterwarnings("ignore", message="Changing the sparsity structure")
        mapped = model.fit_transform(landmarks)
    pieces = int(connected_components(model.nbrs_.kneighbors_graph(mode="connectivity"), directed=False)[0])
    linear = PCA(n_components=n_dimensions).fit_transform(landmarks)
    coordinates = np.empty((len(values), n_dimensions))
    coordinates[chosen] = mapped
    others = np.setdiff1d(np.arange(len(values)), chosen)
    if len(others):
        coordinates[others] = model.transform(values[others])
    geodesic = model.dist_matrix_
    return Embedding(coordinates, _residual(geodesic, mapped), _residual(geodesic, linear), pieces, n_neighbours)


def _residual(geodesic: NDArray[np.float64], mapped: NDArray[np.float64]) -> float:
    from scipy.spatial.distance import pdist

    above = geodesic[np.triu_indices(len(geodesic), 1)]
    return float(1 - np.corrcoef(above, pdist(mapped))[0, 1] ** 2)


@dataclass(frozen=True)
class IntrinsicDimension:
    """An estimate of the number of dimensions that points fill locally, with a 95 % interval."""

    dimension: float
    low: float
    high: float
    method: str
    n: int


def two_nn(points: ArrayLike, *, discard: float = 0.1) -> IntrinsicDimension:
    """Return the intrinsic dimension from the ratio of second to first neighbour distance (Facco et al. 2017, Sci. Rep.
    7:12140).

    points: (n, d). Ratios μ follow a Pareto law with exponent d. The estimate is the maximum-likelihood one, with the
    largest share `discard` of ratios censored (they see the boundary). Its interval is exact: 2 r d / d̂ is χ² with 2 r
    degrees for r uncensored ratios. Estimates saturate when 2^d exceeds the number of samples: read them beside those
    of as many prior draws. Raises SubspaceError below 10 distinct points.
    """
    values = np.unique(check_points(points, 10), axis=0)
    distance = _neighbour_distances(check_points(values, 10, "distinct samples"), 2)
    ratios = np.sort(np.log(distance[:, 1] / distance[:, 0]))
    kept = max(int(np.ceil(len(ratios) * (1 - discard))), 2)
    exposure = (
        ratios[:kept].sum() + (len(ratios) - kept) * ratios[kept - 1]
    )  # censored ratios count as the last one seen
    if exposure <= 0:
        raise SubspaceError(
            "All samples are equally far from each other (a grid?): neighbour ratios give no dimension."
        )
    estimate = kept / exposure
    low, high = stats.chi2.ppf([0.025, 0.975], 2 * kept) / (2 * kept) * estimate
    return IntrinsicDimension(float(estimate), float(low), float(high), "TwoNN", len(values))


def levina_bickel(points: ArrayLike, *, n_neighbours: int = 10) -> IntrinsicDimension:
    """Return the maximum-likelihood dimension of Levina & Bickel 2005, averaged over points as MacKay & Ghahramani 2005
    corrected it.

    points: (n, d). The interval comes from the spread over points, which are not quite independent. The estimate is
    biased low where the dimension is high and samples are few; it is less noisy than TwoNN. Raises SubspaceError for
    fewer than n_neighbours + 2 distinct points.
    """
    values = np.unique(check_points(points, 10), axis=0)
    distance = _neighbour_distances(check_points(values, n_neighbours + 2, "distinct samples"), n_neighbours)
    inverse = np.log(distance[:, -1:] / distance[:, :-1]).sum(axis=1) / (n_neighbours - 1)
    mean = float(inverse.mean())
    if mean <= 0:
        raise SubspaceError(
            "All samples are equally far from each other (a grid?): neighbour distances give no dimension."
        )
    margin = 1.96 * float(inverse.std(ddof=1)) / np.sqrt(len(inverse) / n_neighbours)  # neighbourhoods overlap
    low, high = float(1 / (mean + margin)), float(1 / max(mean - margin, 1e-9))
    return IntrinsicDimension(1 / mean, low, high, "Levina–Bickel", len(values))


def _neighbour_distances(values: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """(n, k) distances to the k nearest other points, ascending."""
    from sklearn.neighbors import NearestNeighbors

    return NearestNeighbors(n_neighbors=k).fit(values).kneighbors()[0]
