"""Does the subspace's geometry differ between recordings? Its dimension, directions, stiffness and correlations, and distances between
subspaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.stats import rankdata

from ..circuit.parameters import NAMES, PARAMETERS
from ..errors import StudyError
from ..inference.estimators.estimator import Estimator
from ..inference.estimators.prior import Prior
from ..invariance.components import components
from ..invariance.correlation import Correlations, correlation_change, correlations
from ..invariance.density import posterior_density
from ..invariance.errors import SubspaceError
from ..invariance.local import curvature, in_names, principal_angles
from ..invariance.scaling import to_unit
from .measuring import FIRST, SECOND
from .results import StudyResults

Floats = NDArray[np.float64]

LEADING = 3
"""Number of directions that are compared."""

STIFF_POINTS = 12
"""Draws at which the density's curvature is measured."""

N_BOOTSTRAP = 200


@dataclass(frozen=True, eq=False)
class Distances:
    """How far apart the subspaces of recordings are. recordings: (m,); energy: (m, m) energy distances (Székely & Rizzo 2004) in ranges;
    angle: (m, m) mean angle between the LEADING widest directions, radians; own_energy, own_angle: (m,) the same between the halves of
    each, NaN without halves; map: (m, 2) places whose distances match the energy distances as far as two dimensions allow (classical
    scaling).
    """

    recordings: tuple[int, ...]
    energy: Floats
    angle: Floats
    own_energy: Floats
    own_angle: Floats
    map: Floats

    def beyond(self) -> NDArray[np.bool_]:
        """(m, m) whether two recordings are farther apart than the halves of either."""
        own = np.nan_to_num(self.own_energy, nan=np.inf)
        return self.energy > np.maximum(own[:, None], own)

    def sentence(self) -> str:
        """Return how many pairs differ by more than halves do, in words."""
        upper = np.triu_indices(len(self.recordings), 1)
        n = len(upper[0])
        return (
            f"{int(self.beyond()[upper].sum())} of {n} pairs of recordings have subspaces farther apart than the halves of "
            f"either recording; the median distance is "
            f"{np.median(self.energy[upper]):.2g}, between halves {np.nanmedian(self.own_energy):.2g}."
            if n and np.isfinite(self.own_energy).any()
            else "There are too few recordings with two halves to compare subspaces."
        )

    def table(self) -> pd.DataFrame:
        """Return a row for each pair."""
        beyond = self.beyond()
        rows = [
            {"first": a, "second": b, "energy": self.energy[i, j], "angle": self.angle[i, j], "own_first": self.own_energy[i],
             "own_second": self.own_energy[j], "beyond": bool(beyond[i, j])}
            for i, a in enumerate(self.recordings) for j, b in enumerate(self.recordings) if i < j
        ]  # fmt: skip
        return pd.DataFrame(rows)


def energy_distance(first: Floats, second: Floats) -> float:
    """Return √(2 E|X−Y| − E|X−X'| − E|Y−Y'|) of two sets of points, (n, d) and (m, d), unbiased within; 0 where that is negative."""
    n, m = len(first), len(second)
    within = cdist(first, first).sum() / (n * (n - 1)) + cdist(second, second).sum() / (m * (m - 1))
    return float(np.sqrt(max(2 * cdist(first, second).mean() - within, 0.0)))


def distances_of(
    results: StudyResults, prior: Prior, *, most: int = 300, progress: Callable[[float], None] | None = None
) -> Distances:
    """Return the distances between the posteriors of all recordings that have draws. Raises StudyError for fewer than two."""
    drawn = {row: to_unit(theta, prior)[:most] for row in _rows(results) if len(theta := results.draws_of(row)) >= 20}
    if len(drawn) < 2:
        raise StudyError("Distances between subspaces need two recordings with draws.")
    rows = list(drawn)
    m = len(rows)
    wide = {row: _widest(points) for row, points in drawn.items()}
    energy, angle = np.zeros((m, m)), np.zeros((m, m))
    for i in range(m):
        for j in range(i):
            energy[i, j] = energy[j, i] = energy_distance(drawn[rows[i]], drawn[rows[j]])
            angle[i, j] = angle[j, i] = float(principal_angles(wide[rows[i]], wide[rows[j]]).mean())
        if progress is not None:
            progress((i + 1) / m)
    own = np.array([_own(results, row, prior, most) for row in rows])
    return Distances(tuple(rows), energy, angle, own[:, 0], own[:, 1], classical_scaling(energy))


def _rows(results: StudyResults) -> list[int]:
    return [int(str(row)) for row in results.metadata.index]


def _widest(points: Floats) -> Floats:
    return np.linalg.eigh(np.cov(points, rowvar=False))[1].T[::-1][:LEADING]


def _own(results: StudyResults, row: int, prior: Prior, most: int) -> tuple[float, float]:
    first, second = (to_unit(results.draws_of(row, part), prior)[:most] for part in (FIRST, SECOND))
    if min(len(first), len(second)) < 20:
        return float("nan"), float("nan")
    return energy_distance(first, second), float(principal_angles(_widest(first), _widest(second)).mean())


def classical_scaling(distances: Floats) -> Floats:
    """(m, 2) places of m things from their distances (m, m) (Torgerson 1952)."""
    m = len(distances)
    centre = np.eye(m) - 1 / m
    values, vectors = np.linalg.eigh(-0.5 * centre @ distances**2 @ centre)
    return vectors[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0.0))


def geometry_of(
    results: StudyResults, estimator: Estimator, *, seed: int = 0, progress: Callable[[float], None] | None = None
) -> pd.DataFrame:  # fmt: skip
    """Return each recording's geometry with 95 % bootstrap intervals.

    dimension (participation ratio), effective_dimension, stiffness (log10 of the mean of the LEADING largest curvatures, nats per squared
    range, median over STIFF_POINTS draws), each with _low and _high; leading, stiffest: directions in words; n_correlated: number of
    parameter pairs that are correlated.
    """
    rows = [row for row in _rows(results) if len(results.draws_of(row)) >= 60]
    out = []
    for number, row in enumerate(rows):
        points = to_unit(results.draws_of(row), estimator.card.prior)
        found = components(points, n_bootstrap=N_BOOTSTRAP, seed=seed)
        stiff, words = _stiffness(estimator, results.target_of(row), points, seed)
        out.append({
            "recording": row, "dimension": found.participation_ratio, "dimension_low": found.participation_band[0],
            "dimension_high": found.participation_band[1], "effective_dimension": found.effective_dimension,
            "effective_dimension_low": found.dimension_band[0], "effective_dimension_high": found.dimension_band[1],
            "stiffness": stiff[0], "stiffness_low": stiff[1], "stiffness_high": stiff[2], "leading": _words(found.axes[0]),
            "stiffest": words,
            "n_correlated": int(np.triu(_correlations(points).significant, 1).sum()),
        })  # fmt: skip
        if progress is not None:
            progress((number + 1) / len(rows))
    return pd.DataFrame(out)


def _words(direction: Floats) -> str:
    named = in_names(direction, [one.symbol for one in PARAMETERS], 4)
    return ", ".join(f"{symbol} {entry:+.2f}".replace("-", "−") for symbol, entry in named)


def _stiffness(
    estimator: Estimator, target: Floats, points: Floats, seed: int
) -> tuple[tuple[float, float, float], str]:
    """Return (median, 2.5 %, 97.5 %) of log10 stiffness, with intervals from resampling the places, and the stiffest direction of the
    mean curvature."""
    density = posterior_density(estimator, target)
    rng = np.random.default_rng(seed)
    values, total = [], np.zeros((points.shape[1], points.shape[1]))
    for point in points[rng.permutation(len(points))[:STIFF_POINTS]]:
        try:
            found = curvature(density, point)
        except SubspaceError:  # next to a wall of the density
            continue
        values.append(np.log10(max(float(found.eigenvalues[:LEADING].mean()), 1e-12)))
        total += found.hessian
    if len(values) < 3:
        return (float("nan"),) * 3, ""
    drawn = np.median(rng.choice(values, (N_BOOTSTRAP, len(values))), axis=1)
    axis = np.linalg.eigh(total)[1][:, -1]
    low, high = np.quantile(drawn, [0.025, 0.975])
    sign = np.sign(axis[np.abs(axis).argmax()])
    return (float(np.median(values)), float(low), float(high)), _words(axis * sign)


def _correlations(points: Floats) -> Correlations:
    return correlations(points, NAMES)


def flips(results: StudyResults, prior: Prior, *, seed: int = 0) -> pd.DataFrame:
    """Return the pairs of parameters whose correlation is significant in two recordings and of opposite sign.

    Columns: first, second (recordings), one, other (parameters), difference, and of both recordings rho_first, rho_second, each with
    _low and _high: 95 % intervals from N_BOOTSTRAP resamples of the draws.
    """
    drawn = {row: to_unit(theta, prior) for row in _rows(results) if len(theta := results.draws_of(row)) >= 60}
    known = {row: _correlations(points) for row, points in drawn.items()}
    rows = list(known)
    pairs = [
        (a, b, one, other, difference)
        for i, a in enumerate(rows) for b in rows[i + 1 :]
        for change in [correlation_change(known[a], known[b])]
        for one, other, difference in change.pairs(change.flipped)
    ]  # fmt: skip
    found = pd.DataFrame(pairs, columns=["first", "second", "one", "other", "difference"])
    bands = {row: rho_bands(drawn[row], seed) for row in {*found["first"], *found["second"]}}
    for side in ("first", "second"):
        places = [
            (row, NAMES.index(one), NAMES.index(other))
            for row, one, other in zip(found[side], found["one"], found["other"], strict=True)
        ]
        found[f"rho_{side}"] = [float(known[row].rho[i, j]) for row, i, j in places]
        for k, end in enumerate(("low", "high")):
            found[f"rho_{side}_{end}"] = [float(bands[row][k][i, j]) for row, i, j in places]
    return found


def rho_bands(points: Floats, seed: int) -> tuple[Floats, Floats]:
    """Return the 2.5 and 97.5 % quantiles, (d, d) each, of Spearman's correlations over N_BOOTSTRAP resamples of points, (n, d)."""
    rng = np.random.default_rng(seed)
    n = len(points)
    drawn = np.array(
        [np.corrcoef(rankdata(points[rng.integers(0, n, n)], axis=0), rowvar=False) for _ in range(N_BOOTSTRAP)]
    )
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return low, high
