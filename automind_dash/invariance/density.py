"""Densities of an estimator as plain functions over u: what the geometry is computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..inference.asking.posterior import log_density
from .scaling import Gradient, LogDensity, unit_density

if TYPE_CHECKING:
    from ..inference.estimators.estimator import Estimator

EDGE = 1e-6
"""Autograd stops this close to a bound, where float32 cannot tell u from it (`inference.prior.EDGE`)."""


def posterior_density(estimator: Estimator, target: NDArray[np.float64]) -> LogDensity:
    """Return the log posterior density over u (m, 28) → (m,), normalised; -inf outside the prior.

    target: (n_features,) as the estimator sees it. Some 20 µs a point in batches of hundreds.
    """
    return unit_density(lambda theta: log_density(estimator, target, theta), estimator.card.prior)


def torch_posterior_density(estimator: Estimator, target: NDArray[np.float64]) -> Any:
    """Return the same density as a torch function (m, 28) → (m,), for autograd; clamped at the bounds instead of
    -inf.
    """
    import torch

    x = torch.as_tensor(np.asarray(target), dtype=torch.float32)[None]
    flow = estimator.flow

    def density(u: torch.Tensor) -> torch.Tensor:
        inside = u.clamp(EDGE, 1 - EDGE)
        z = torch.logit(inside)
        return flow.log_prob(z, x.expand(len(u), -1)) - torch.log(inside * (1 - inside)).sum(1)

    return density


def posterior_gradient(estimator: Estimator, target: NDArray[np.float64]) -> Gradient:
    """Return the log posterior density over u and its gradient by autograd, (m, 28) → (m,) and (m, 28), in one pass."""
    import torch

    density = torch_posterior_density(estimator, target)

    def gradient(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        u = torch.as_tensor(points, dtype=torch.float32).requires_grad_(True)
        with torch.enable_grad():
            values = density(u)
            (slope,) = torch.autograd.grad(values.sum(), u)
        return values.detach().numpy().astype(np.float64), slope.numpy().astype(np.float64)

    return gradient
