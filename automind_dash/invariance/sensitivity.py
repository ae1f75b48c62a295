"""Which parameters move a feature: around one circuit by local regression, over the whole posterior by sbi's ActiveSubspace."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import SubspaceError
from .scaling import check_points

RIDGE = 1e-3
"""Ridge, as a share of the weighted covariance's mean diagonal: it keeps 28 slopes from few neighbours finite, and
moves none that the data fix."""

EDGE = 0.05
"""Margin on the unit scale: slopes at the prior's bounds are those of the logit transform, and would outweigh all
others in a mean of squares."""


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Slopes of features around one circuit.

    gradient: (n_features, d) change of each feature per unit of the common scale, NaN where too few simulations have
    the feature; error: (n_features, d) its standard error; r_squared: (n_features,) weighted variance explained; n:
    (n_features,) simulations used.
    """

    gradient: NDArray[np.float64]
    error: NDArray[np.float64]
    r_squared: NDArray[np.float64]
    n: NDArray[np.int64]


def local_sensitivity(
    points: ArrayLike, features: ArrayLike, at: ArrayLike, *, n_neighbours: int | None = None
) -> Sensitivity:
    """Return the slopes of features (n, n_features) around a point (d,), from simulations at points (n, d).

    Local linear regression (Cleveland 1979): the nearest simulations, tricube weights by distance, a trace of ridge;
    standard errors of weighted least squares. n_neighbours: 10 (d + 1) when not given, at most n. A simulation that
    lacks a feature (NaN) is left out of that feature's fit; a feature with fewer than d + 5 simulations is NaN
    throughout. Raises SubspaceError below d + 5 simulations.
    """
    x = check_points(points, 3, "simulations")
    y = np.asarray(features, dtype=np.float64)
    d = x.shape[1]
    centre = np.asarray(at, dtype=np.float64)
    if y.ndim != 2 or len(y) != len(x) or centre.shape != (d,):
        raise SubspaceError(f"{x.shape} points, {y.shape} features and a point of shape {centre.shape} do not fit.")
    if len(x) < d + 5:
        raise SubspaceError(
            f"{len(x)} simulations are too few for slopes in {d} parameters; simulate at least {d + 5}."
        )
    wanted = n_neighbours or 10 * (d + 1)
    fits = [_fit(x, one, centre, wanted) for one in y.T]
    gradient, error, r_squared, n = (np.array(part) for part in zip(*fits, strict=True))
    return Sensitivity(gradient, error, r_squared, n)


def _fit(x: NDArray, y: NDArray, centre: NDArray, wanted: int) -> tuple[NDArray, NDArray, float, int]:
    """Return (slopes, standard errors, R², n) of one feature."""
    d = x.shape[1]
    defined = np.isfinite(y)
    x, y = x[defined] - centre, y[defined]
    if len(y) < d + 5:
        return np.full(d, np.nan), np.full(d, np.nan), np.nan, len(y)
    distance = np.linalg.norm(x, axis=1)
    nearest = np.argsort(distance, kind="stable")[: max(wanted, d + 5)]
    x, y, distance = x[nearest], y[nearest], distance[nearest]
    weight = (1 - np.minimum(distance / (distance.max() * 1.001 + 1e-12), 1) ** 3) ** 3
    weight /= weight.sum()
    x_mean, y_mean = weight @ x, weight @ y
    x, y = x - x_mean, y - y_mean
    covariance = (x * weight[:, None]).T @ x
    inverse = np.linalg.inv(covariance + RIDGE * np.trace(covariance) / d * np.eye(d) + 1e-15 * np.eye(d))
    slopes = inverse @ (x * weight[:, None]).T @ y
    residual = y - x @ slopes
    spread = weight @ y**2
    effective = 1 / (weight**2).sum()
    noise = (weight @ residual**2) * effective / max(effective - d - 1, 1)
    meat = (x * (weight**2)[:, None]).T @ x
    error = np.sqrt(np.clip(np.diag(inverse @ meat @ inverse) * noise, 0, None))
    return slopes, error, float(1 - weight @ residual**2 / spread) if spread > 0 else 0.0, len(y)


@dataclass(frozen=True, eq=False)
class ActiveDirections:
    """Global directions along which a property changes most, over the posterior.

    eigenvalues: (d,) mean squared slope along each, most active first; directions: (d, d) unit rows in the common
    scale.
    """

    eigenvalues: NDArray[np.float64]
    directions: NDArray[np.float64]


class _Draws:
    """The parts of a posterior that sbi's ActiveSubspace uses: draws, their density, and the prior's spread (1: the
    scale is already common).
    """

    _device = "cpu"

    def __init__(self, points: NDArray[np.float64], log_density: Any) -> None:
        import torch

        self._points = torch.as_tensor(points, dtype=torch.float32)
        self._log_density = log_density

    @property
    def prior(self) -> Any:
        import torch

        d = self._points.shape[1]
        return torch.distributions.Independent(torch.distributions.Normal(torch.zeros(d), torch.ones(d)), 1)

    def sample(self, shape: tuple[int, ...]) -> Any:
        return self._points[: shape[0]].clone()

    def potential(self, points: Any, track_gradients: bool = True) -> Any:
        return self._log_density(points)


def active_directions(
    points: ArrayLike,
    *,
    feature: ArrayLike | None = None,
    log_density: Any = None,
    max_epochs: int = 200,
    seed: int = 0,
) -> ActiveDirections:
    """Return the active subspace (Constantine 2015; sbi.analysis.ActiveSubspace) of a feature or of the log-density.

    points: (n, d) posterior samples on the common scale, moved inside its bounds by `EDGE`. feature: (n,) its value at
    each, learned by a small network (seconds). log_density: torch function (m, d) → (m,), whose slopes need no network.
    Raises SubspaceError unless exactly one of the two is given, or with fewer than 50 defined values.
    """
    import torch
    from sbi.analysis import ActiveSubspace

    values = np.clip(check_points(points, 3), EDGE, 1 - EDGE)
    if (feature is None) == (log_density is None):
        raise SubspaceError("Active directions belong to a feature or to the density: give exactly one of the two.")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        if feature is None:
            analysis = ActiveSubspace(_Draws(values, log_density))
        else:
            y = np.asarray(feature, dtype=np.float64)
            defined = np.isfinite(y)
            if y.shape != (len(values),) or defined.sum() < 50:
                raise SubspaceError(f"{int(defined.sum())} simulations have this feature; at least 50 are needed.")
            values, y = values[defined], y[defined]
            analysis = ActiveSubspace(_Draws(values, None))
            theta, column = (torch.as_tensor(part, dtype=torch.float32) for part in (values, y[:, None]))
            analysis.add_property(theta, column, model="mlp", hidden_features=50)
            with contextlib.redirect_stdout(io.StringIO()):  # sbi prints its epochs
                analysis.train(max_num_epochs=max_epochs, training_batch_size=min(200, len(y) // 4))
        eigenvalues, vectors = analysis.find_directions(
            posterior_log_prob_as_property=feature is None, num_monte_carlo_samples=len(values)
        )
    # sbi takes the gradient of the mean, so its slopes are n times too small
    scale = len(values) ** 2
    return ActiveDirections(
        eigenvalues.detach().numpy()[::-1].astype(np.float64) * scale,
        vectors.detach().numpy().T[::-1].astype(np.float64),
    )
