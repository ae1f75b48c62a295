"""What simulations near a target teach the surrogate of the simulator: its last layers, and no more.

A few hundred simulations cannot train networks over 28 parameters, but they can correct ones that are. Each member keeps what it
has learned to see in a circuit (its trunk); its last layer is moved by ridge regression of the errors that it makes on the new
simulations (features) and by a logistic regression with its own verdict as offset (use). The ridge is chosen by leave-one-out
error, in closed form; where no correction predicts what it has not seen better than none, there is none.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .surrogate import Surrogate

RIDGES = np.logspace(-3, 3, 13)
"""Ridges tried, relative to the mean squared activation of a trunk."""

MINIMUM_ROWS = 15
"""Simulations below which nothing is learned from them."""

_STEPS = 8
"""Newton steps of the logistic regression; it has converged after four."""


def adapted(
    surrogate: Surrogate,
    theta: NDArray[np.float64],
    useful: NDArray[np.bool_],
    features: NDArray[np.float64],
    conditions: NDArray[np.float64],
) -> Surrogate:
    """Return a surrogate that has learned from more simulations; the one given stays as it is.

    theta: (n, 28); useful: (n,); features: (n, n_features) without conditions, read where useful; conditions: (n, n_conditions).
    """
    if len(theta) < MINIMUM_ROWS:
        return surrogate
    inputs = surrogate.inputs(theta, conditions)
    standard = surrogate.standardised(features[useful])
    members = []
    for member in surrogate.members:
        own = copy.deepcopy(member)
        with torch.inference_mode():
            activation = own.trunk(inputs).numpy().astype(np.float64)
            logit, mean = (out.numpy().astype(np.float64) for out in own(inputs))
        scale = np.sqrt((activation**2).sum(axis=1).mean() + 1)
        seen = np.hstack([activation, np.ones((len(activation), 1))]) / scale
        change = np.zeros((1 + standard.shape[1], seen.shape[1]))
        if useful.sum() >= MINIMUM_ROWS:
            change[1:] = _ridge(seen[useful], standard - mean[useful])
        change[0] = _logistic(seen, useful.astype(np.float64), logit)
        _move(own.head, change / scale)
        members.append(own)
    return surrogate.with_members(members)


def _move(head: Any, change: NDArray[np.float64]) -> None:
    """Add to a linear layer's weights, and, by the last column, to its biases."""
    with torch.no_grad():
        head.weight += torch.as_tensor(change[:, :-1], dtype=torch.float32)
        head.bias += torch.as_tensor(change[:, -1], dtype=torch.float32)


def _ridge(seen: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n_features, n_seen) weights that predict errors (n, n_features) from activations (n, n_seen), by the best ridge, or zeros."""
    values, vectors = np.linalg.eigh(seen @ seen.T)
    turned = vectors.T @ error
    best, weights = float((error**2).mean()), np.zeros((error.shape[1], seen.shape[1]))
    for ridge in RIDGES:
        kept = ridge / (np.maximum(values, 0) + ridge)  # of the error, along each eigenvector
        left_out = (vectors @ (kept[:, None] * turned)) / ((vectors**2) @ kept)[:, None]
        mistake = float((left_out**2).mean())
        if mistake < best:
            best = mistake
            weights = (vectors @ (turned / (np.maximum(values, 0) + ridge)[:, None])).T @ seen
    return weights


def _logistic(
    seen: NDArray[np.float64], useful: NDArray[np.float64], offset: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n_seen,) change of a logit (n,) that explains which circuits were useful, held back by a unit Gaussian prior."""
    weights = np.zeros(seen.shape[1])
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(-np.clip(offset + seen @ weights, -30, 30)))
        slope = seen.T @ (useful - share) - weights
        curvature = (seen * (share * (1 - share))[:, None]).T @ seen + np.eye(len(weights))
        weights = weights + np.linalg.solve(curvature, slope)
    return weights
