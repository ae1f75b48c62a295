"""How much a recording narrows each parameter: draws of the posterior against the uniform prior."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...circuit.parameters import PARAMETERS, Parameter
from ..estimators.prior import Prior

BINS = 24
"""Bins of each marginal over the prior's range: 500 draws leave about 20 in each."""

NOTICEABLE = 0.1
"""A parameter is called narrowed from this many bits on: 500 draws of the prior give a few hundredths."""


def histograms(theta: NDArray[np.float64], prior: Prior) -> NDArray[np.float64]:
    """(28, BINS) density of each parameter relative to its uniform prior: 1 where nothing was learned. theta: (n, 28)."""
    if not len(theta):
        return np.zeros((len(PARAMETERS), BINS))
    column = np.clip(((theta - prior.low) / (prior.high - prior.low) * BINS).astype(int), 0, BINS - 1)
    counts = np.stack([np.bincount(column[:, i], minlength=BINS) for i in range(len(PARAMETERS))])
    return counts * BINS / len(theta)


def information_gain(theta: NDArray[np.float64], prior: Prior) -> NDArray[np.float64]:
    """(28,) bits by which the draws narrowed each parameter: Kullback–Leibler divergence of the binned marginal from the uniform prior.

    A finite sample alone gives about (BINS - 1) / (2 n ln 2) bits. These are subtracted (Miller–Madow).
    """
    density = histograms(theta, prior)
    logs = np.log2(density, out=np.zeros_like(density), where=density > 0)
    bias = (BINS - 1) / (2 * max(len(theta), 1) * np.log(2))
    return np.maximum((density * logs).mean(axis=1) - bias, 0.0)


def most_narrowed(theta: NDArray[np.float64], prior: Prior, n: int = 3) -> list[tuple[Parameter, float]]:
    """Return up to n parameters that the draws narrowed noticeably, each with its bits, the most narrowed first. theta: (m, 28)."""
    if not len(theta):
        return []
    gains = information_gain(theta, prior)
    first = np.argsort(-gains, kind="stable")[:n]
    return [(PARAMETERS[i], float(gains[i])) for i in first.tolist() if gains[i] >= NOTICEABLE]
