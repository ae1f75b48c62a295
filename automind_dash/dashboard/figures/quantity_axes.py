"""The quantities that a circuit can be plotted by, the span of their axes, and what the prior alone would put there."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...circuit.parameters import PARAMETERS, Parameter
from ...inference.estimators.prior import Prior
from ...invariance.composites import COMPOSITES, Composite, columns

_ALL: tuple[Parameter | Composite, ...] = (*PARAMETERS, *COMPOSITES)
QUANTITIES = {spec.name: spec for spec in _ALL}
LABELS = {name: spec.label for name, spec in QUANTITIES.items()}
OPTIONS = {f"{spec.label} — {spec.meaning}": name for name, spec in QUANTITIES.items()}
RAW = {spec.name for spec in PARAMETERS}

BINS = 24
"""Bins of a marginal: 500 draws leave some 20 in each bin."""

PRIOR_DRAWS = 20_000
"""Draws that show the prior of composites, which is not uniform: 800 in a bin, 4 % noise."""

TAIL = 0.005
"""Share left out at either end of a composite's axis. Ratios have long tails, which would squeeze everything else."""


@lru_cache(maxsize=4)
def _drawn(low: tuple[float, ...], high: tuple[float, ...], n_neurons: int) -> pd.DataFrame:
    return columns(Prior(np.array(low), np.array(high)).draw(PRIOR_DRAWS, 0), n_neurons)


def prior_table(prior: Prior, n_neurons: int) -> pd.DataFrame:
    """Return parameters and composites of PRIOR_DRAWS circuits of a prior; always the same ones."""
    return _drawn(tuple(prior.low.tolist()), tuple(prior.high.tolist()), n_neurons)


def span(name: str, values: NDArray[np.float64], prior: Prior, n_neurons: int) -> tuple[float, float]:
    """Return the ends of an axis: a parameter's prior range; for a composite the span of nearly all of the prior and the values."""
    if name in RAW:
        spec = QUANTITIES[name]
        assert isinstance(spec, Parameter)
        known, (low, high) = _defined(values), prior.range_of(spec)
        return float(known.min(initial=low)), float(known.max(initial=high))
    ends = [
        np.quantile(kept, [TAIL, 1 - TAIL])
        for kept in map(_defined, (prior_table(prior, n_neurons)[name].to_numpy(), values))
        if len(kept)
    ]
    low, high = float(min(e[0] for e in ends)), float(max(e[1] for e in ends))
    return low, high if high > low else low + 1.0


def density(values: NDArray[np.float64], ends: tuple[float, float]) -> NDArray[np.float64]:
    """(BINS,) density of values over an axis, relative to a uniform one; zeros when there are none."""
    kept = _defined(values)
    counts, _ = np.histogram(kept, bins=BINS, range=ends)
    return counts * (BINS / max(len(kept), 1))


def prior_density(name: str, ends: tuple[float, float], prior: Prior, n_neurons: int) -> NDArray[np.float64]:
    """(BINS,) the prior's density over an axis on the same scale; it is 1 for a parameter, whose prior is uniform."""
    return np.ones(BINS) if name in RAW else density(prior_table(prior, n_neurons)[name].to_numpy(), ends)


def _defined(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[np.isfinite(values)]
