"""Linear mixed models for few replicates: random effects of the replicate, restricted maximum likelihood, and honest degrees of freedom.

y = X β + Σ_k Z_k u_k + e, with independent random effects: of the replicate, and of every effect that varies within replicates, whether
or not the data show that they differ. A trend that is tested without a random slope counts the recordings of a culture as independent
evidence for it, and finds trends that are not there (Barr et al. 2013). Variances are estimated by REML (they may be 0). Each effect's
degrees of freedom come from Satterthwaite's formula and the expected information of all variances, those at 0 included. Where four
cultures tell of a slope, they are near three. statsmodels fits such models, too, and the tests compare with it. It gives no degrees of
freedom, and on four cultures its search ended without convergence in six of ten simulated tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LARGEST = 1e4
"""Upper limit of a variance, as a multiple of the variance of the values: no effect exceeds its visible part by that much."""


@dataclass(frozen=True, eq=False)
class Design:
    """A table's fixed effects and replicates. X: (n, p) with the intercept first; groups: (n,) replicate of each row, from 0; names:
    (p,); within: (p,) whether an effect varies within a replicate, and so gets a random one.
    """

    X: Floats
    groups: NDArray[np.int64]
    names: tuple[str, ...]

    @cached_property
    def within(self) -> NDArray[np.bool_]:
        """(p,) which effects have random effects: the intercept, and every effect that varies within a replicate of two rows or more."""
        out = np.zeros(self.X.shape[1], dtype=bool)
        if self.n_groups == len(self.groups):  # no replicates: each row is one
            return out
        out[0] = True
        for j in range(1, self.X.shape[1]):
            out[j] = any(np.ptp(self.X[self.groups == g, j]) > 0 for g in range(self.n_groups))
        return out

    @property
    def n_groups(self) -> int:
        """Number of replicates."""
        return int(self.groups.max()) + 1 if len(self.groups) else 0

    @cached_property
    def components(self) -> list[Floats]:
        """n × n covariances of unit variance, one for each random effect that the data can separate from the residual."""
        same = self.groups[:, None] == self.groups
        M = self._residual
        out: list[Floats] = []
        for j in np.flatnonzero(self.within):
            z = self.X[:, j]
            K = same * np.outer(z, z)
            if np.trace(M @ K) > 1e-8 * max(np.trace(K), 1e-300) and not any(np.allclose(K, other) for other in out):
                out.append(K)
        return out

    @cached_property
    def _residual(self) -> Floats:
        q, _ = np.linalg.qr(self.X)
        return np.eye(len(self.X)) - q @ q.T

    @cached_property
    def contrasts(self) -> Floats:
        """(n − p, n) orthonormal rows that are blind to the fixed effects; REML is the likelihood of these contrasts."""
        _, _, vh = np.linalg.svd(self.X.T, full_matrices=True)
        return vh[np.linalg.matrix_rank(self.X) :]

    @cached_property
    def reduced(self) -> list[Floats]:
        """The components as the contrasts see them."""
        return [self.contrasts @ K @ self.contrasts.T for K in self.components]

    def generalises(self, j: int) -> str:
        """Return why an effect cannot be generalised beyond these replicates; empty when it can."""
        if self.n_groups == len(self.groups):
            return "" if len(self.X) > self.X.shape[1] else "there are too few recordings"
        K = (self.groups[:, None] == self.groups) * np.outer(self.X[:, j], self.X[:, j])
        if self.within[j] and np.trace(self._residual @ K) <= 1e-8 * np.trace(K):
            return "it changes within only one replicate"
        if not self.within[j] and self.n_groups <= self._constant:
            return "there are too few replicates"
        return ""

    @cached_property
    def _constant(self) -> int:
        """Number of effects that only the replicates' own levels can tell: the intercept, and those that vary within no replicate."""
        columns = [0, *(k for k in range(1, self.X.shape[1]) if not self.within[k])]
        return int(np.linalg.matrix_rank(self.X[:, columns]))


@dataclass(frozen=True, eq=False)
class MixedFit:
    """A fitted model. beta: (p,); covariance: (p, p) of it; df: (p,) Satterthwaite's, NaN where an effect cannot be generalised;
    variances: (1 + k,) the residual's first, then those of the random effects.
    """

    beta: Floats
    covariance: Floats
    df: Floats
    variances: Floats

    @property
    def se(self) -> Floats:
        """(p,) standard errors."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0))

    @property
    def sd(self) -> float:
        """SD of a recording around the fixed effects: the residual and the replicate's own level."""
        return float(np.sqrt(self.variances[: min(2, len(self.variances))].sum()))


def fit_mixed(design: Design, y: ArrayLike, known: ArrayLike | None = None) -> MixedFit:
    """Fit the model to y (n,), finite. known: (n,) known variances of the values, added to those that the model estimates.

    X must have full rank and fewer columns than rows.
    """
    values: Floats = np.asarray(y, dtype=np.float64)
    n = len(values)
    scale = float(values.std()) or 1.0
    own = np.zeros(n) if known is None else np.asarray(known, dtype=np.float64) / scale**2
    parts = [np.eye(n), *design.components]
    variances = _variances(design, values / scale, own)
    V = np.diag(own) + sum((v * K for v, K in zip(variances, parts, strict=True)), np.zeros((n, n)))
    inverse = np.linalg.inv(V)
    C = np.linalg.inv(design.X.T @ inverse @ design.X)
    beta = C @ design.X.T @ inverse @ values
    df = _satterthwaite(design, inverse, np.asarray(C, dtype=np.float64))
    return MixedFit(beta, np.asarray(C * scale**2, dtype=np.float64), df, variances * scale**2)


def _variances(design: Design, values: Floats, known: Floats) -> Floats:
    """(1 + k,) the variances of the residual and of the random effects that maximise the likelihood of the contrasts; 0 where none is
    needed."""
    from scipy.optimize import minimize

    T = design.contrasts
    seen, floor = T @ values, (T * known) @ T.T
    reduced = [np.eye(len(seen)), *design.reduced]
    m = len(seen)
    least = 0.0 if known.min() > 0 else 1e-10
    size = np.array([max(float(np.trace(K)) / m, 1e-12) for K in reduced])  # 1 / size is the variance of the values

    def deviance(x: Floats) -> tuple[float, Floats]:
        V = floor + sum(v * K for v, K in zip(x / size, reduced, strict=True))
        root = np.linalg.cholesky(V)
        half = np.linalg.inv(root)
        inverse = half.T @ half
        a = inverse @ seen
        slope = np.array([float((inverse * K).sum()) - float(a @ K @ a) for K in reduced])
        return 2 * float(np.log(np.diag(root)).sum()) + float(seen @ a), slope / size

    bounds = [(least, LARGEST), *[(0.0, LARGEST)] * (len(reduced) - 1)]
    found = minimize(deviance, np.full(len(reduced), 0.3), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.maximum(found.x, 0.0) / size


def _satterthwaite(design: Design, precision: Floats, C: Floats) -> Floats:
    """(p,) 2 C_jj² / Var(C_jj), with the variance from the expected information of the variances; at least 1, NaN where nothing can be
    generalised.

    precision: V⁻¹; C: covariance of the fixed effects, in the same units.
    """
    X = design.X
    VX = precision @ X
    P = precision - VX @ C @ VX.T
    parts = [np.eye(len(X)), *design.components]
    PK = [P @ K for K in parts]
    information = 0.5 * np.array([[float((a * b.T).sum()) for b in PK] for a in PK])
    size = np.sqrt(np.maximum(np.diag(information), 1e-300))
    covariance = np.linalg.pinv(information / np.outer(size, size), rcond=1e-10) / np.outer(size, size)
    slopes = np.array([np.diag(C @ (VX.T @ K @ VX) @ C) for K in parts])
    out = np.empty(X.shape[1])
    for j in range(X.shape[1]):
        spread = float(slopes[:, j] @ covariance @ slopes[:, j])
        most = len(X) - X.shape[1]
        out[j] = np.clip(2 * C[j, j] ** 2 / spread, 1.0, most) if spread > 0 else most
        if design.generalises(j):
            out[j] = np.nan
    return out


def independent_columns(X: Floats, names: Sequence[str]) -> tuple[Floats, list[str], list[str]]:
    """Return the columns that are not explained by earlier ones, their names, and the names of the others."""
    kept: list[int] = []
    for j in range(X.shape[1]):
        part = X[:, [*kept, j]]
        scaled = part / np.maximum(np.linalg.norm(part, axis=0), 1e-300)
        if np.linalg.matrix_rank(scaled, tol=1e-8) == part.shape[1]:
            kept.append(j)
    return X[:, kept], [names[j] for j in kept], [name for j, name in enumerate(names) if j not in kept]
