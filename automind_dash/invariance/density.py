"""Densities of an estimator as plain functions over u, from which the geometry is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..inference.asking.posterior import log_density
from .scaling import Gradient, LogDensity, unit_density

if TYPE_CHECKING:
    from ..inference.estimators.estimator import Estimator

EDGE = 1e-6
"""Slopes are not taken closer to a bound than this; float32 cannot tell such u from the bound (`inference.prior.EDGE`)."""


def posterior_density(estimator: Estimator, target: NDArray[np.float64]) -> LogDensity:
    """Return the log posterior density over u (m, 28) → (m,), normalised; -inf outside the prior.

    target: (n_features,) as the estimator sees it. About 20 µs a point in batches of hundreds.
    """
    return unit_density(lambda theta: log_density(estimator, target, theta), estimator.card.prior)


def posterior_gradient(estimator: Estimator, target: NDArray[np.float64]) -> Gradient:
    """Return the log posterior density over u and its gradient, (m, 28) → (m,) and (m, 28), in one pass; flat beyond the bounds."""
    x, density = np.asarray(target, dtype=np.float64), estimator.density

    def gradient(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        u = np.clip(points, EDGE, 1 - EDGE)
        spread = u * (1 - u)  # of the logit: du/dz
        values, slopes = density.gradient(np.log(u / (1 - u)), x)
        inside = (u == points).astype(np.float64)
        return values - np.log(spread).sum(axis=1), inside * (slopes - (1 - 2 * u)) / spread

    return gradient


def torch_posterior_density(estimator: Estimator, target: NDArray[np.float64]) -> Any:
    """Return the same density as a torch function (m, 28) → (m,) with slopes, for libraries that need slopes from torch."""
    import torch

    gradient = posterior_gradient(estimator, target)

    class LogDensityOverU(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, u: Any) -> Any:
            values, slopes = gradient(u.detach().numpy().astype(np.float64))
            ctx.save_for_backward(torch.as_tensor(slopes, dtype=u.dtype))
            return torch.as_tensor(values, dtype=u.dtype)

        @staticmethod
        def backward(ctx: Any, *upstream: Any) -> Any:
            (slopes,) = ctx.saved_tensors
            return upstream[0][:, None] * slopes

    return LogDensityOverU.apply
