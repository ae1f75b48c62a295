"""The whole comparison of two posteriors in one call, and the joint distances between many posteriors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .comparison import (
    JointTest,
    MarginalDistances,
    SubspaceAngles,
    c2st,
    marginal_distances,
    mmd,
    principal_subspace_angles,
    stiff_subspace_angles,
)
from .correlation import CorrelationChange, Correlations, correlation_change, correlations
from .errors import SubspaceError
from .local import curvature
from .scaling import LogDensity, check_points

N_CURVATURES = 12
"""Circuits of each posterior at which curvature is measured: halves of six; their mean Hessians differ little more than
those of dozens."""

MATRIX_NULL = 100
"""Permutations behind each entry of the matrix: p-values down to 0.01, about 0.2 s an entry."""


@dataclass(frozen=True, eq=False)
class SideBySide:
    """Two posteriors compared.

    marginals: per parameter; joint: C2ST; discrepancy: MMD; first, second: their correlations; change: changes of the
    correlations; principal: angles of the widest directions; stiff: angles of the best-constrained ones, None where no
    densities were given.
    """

    marginals: MarginalDistances
    joint: JointTest
    discrepancy: JointTest
    first: Correlations
    second: Correlations
    change: CorrelationChange
    principal: SubspaceAngles
    stiff: SubspaceAngles | None


def compare(
    first: ArrayLike,
    second: ArrayLike,
    names: Sequence[str],
    *,
    densities: tuple[LogDensity, LogDensity] | None = None,
    k: int = 3,
    n_curvatures: int = N_CURVATURES,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SideBySide | None:
    """Return all comparisons of two posteriors under one prior, or None when should_stop said so.

    first, second: (n, d), (m, d) samples on the common scale; names: d; densities: the two log-densities over that
    scale, for the stiff directions at n_curvatures random samples of each side; k: directions of a subspace. About 10 s
    at d = 28. Raises SubspaceError as the parts do.
    """
    a, b = check_points(first, 20), check_points(second, 20)

    def go_on(share: float) -> bool:
        if progress is not None:
            progress(share)
        return should_stop is None or not should_stop()

    marginals = marginal_distances(a, b, names)
    each = correlations(a, names), correlations(b, names)
    if not go_on(0.1):
        return None
    principal = principal_subspace_angles(a, b, k=k, seed=seed)
    stiff = None
    if densities is not None:
        hessians: list[NDArray[np.float64]] = []
        for points, density in zip((a, b), densities, strict=True):
            found = _hessians(points, density, n_curvatures, seed, should_stop)
            if found is None or not go_on(0.2 + 0.1 * len(hessians)):
                return None
            hessians.append(found)
        stiff = stiff_subspace_angles(*hessians, k=k, seed=seed)
    if not go_on(0.4):
        return None
    discrepancy = mmd(a, b, seed=seed)
    if not go_on(0.5):
        return None
    joint = c2st(a, b, seed=seed)
    go_on(1.0)
    return SideBySide(marginals, joint, discrepancy, *each, correlation_change(*each), principal, stiff)


def _hessians(
    points: NDArray[np.float64], density: LogDensity, n: int, seed: int, should_stop: Callable[[], bool] | None
) -> NDArray[np.float64] | None:
    """(n, d, d) Hessians at random points; None when should_stop said so."""
    chosen = np.random.default_rng(seed).permutation(len(points))[:n]
    found = []
    for point in points[chosen]:
        if should_stop is not None and should_stop():
            return None
        found.append(curvature(density, point).hessian)
    return np.stack(found)


@dataclass(frozen=True, eq=False)
class JointMatrix:
    """Distances between m posteriors. value: (m, m) squared MMD, symmetric, 0 on the diagonal; null: (m, m) its 95th
    percentile with permuted labels; p_value: (m, m), not corrected; NaN on the diagonal of both."""

    value: NDArray[np.float64]
    null: NDArray[np.float64]
    p_value: NDArray[np.float64]


def joint_matrix(
    samples: Sequence[ArrayLike],
    *,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> JointMatrix | None:
    """Return the MMD between every two of m ≥ 2 sample sets (n_i, d) on the common scale, or None when should_stop said so."""
    m = len(samples)
    if m < 2:
        raise SubspaceError("A comparison takes at least two posteriors.")
    value = np.zeros((m, m))
    null, p_value = np.full((m, m), np.nan), np.full((m, m), np.nan)
    pairs = [(i, j) for i in range(m) for j in range(i)]
    for done, (i, j) in enumerate(pairs):
        if should_stop is not None and should_stop():
            return None
        test = mmd(samples[i], samples[j], n_null=MATRIX_NULL, seed=seed)
        value[i, j] = value[j, i] = test.value
        null[i, j] = null[j, i] = np.quantile(test.null, 0.95)
        p_value[i, j] = p_value[j, i] = test.p_value
        if progress is not None:
            progress((done + 1) / len(pairs))
    return JointMatrix(value, null, p_value)
