"""The number of patterns in the units' rates: principal components of smoothed single-unit rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import FeatureError
from ..recording import Recording
from ..recording.observed import stretches
from .rate import bin_of, n_bins, smooth
from .settings import check_range

MAX_ENTRIES = 16_000_000
"""Most units × bins: 64 MB as float32, half a second of matrix product. That is 400 s in 50 ms bins for 2000 units."""

MAX_SIDE = 2000
"""Largest side of the matrix whose eigenvalues are computed: about a second on one core."""

N_COMPONENTS = 10
"""Number of explained variances among the features, pca_1 … pca_10."""


@dataclass(frozen=True)
class DimensionalitySettings:
    """bin_width: s, of the single-unit rates; smoothing: s, SD of the Gaussian."""

    bin_width: float = 0.05
    smoothing: float = 0.05

    def __post_init__(self) -> None:
        check_range(self, "bin_width", 1e-3, 10.0, "s")
        check_range(self, "smoothing", 0.0, 10.0, "s")


def unit_rates(recording: Recording, settings: DimensionalitySettings) -> NDArray[np.float32]:
    """Return smoothed rates, (n_units, n_bins) Hz. A recording too long for MAX_ENTRIES gives only its first part.

    When both units and bins exceed MAX_SIDE, MAX_SIDE units are drawn, always the same ones.
    """
    count = n_bins(recording.duration, settings.bin_width)
    if recording.n_units > MAX_SIDE and count > MAX_SIDE:
        chosen = np.random.default_rng(0).choice(recording.n_units, MAX_SIDE, replace=False)
        recording = recording.select_units(np.sort(chosen))
    n = recording.n_units
    count = min(count, max(MAX_ENTRIES // max(n, 1), 1))
    bins = bin_of(recording.spike_times, settings.bin_width)
    n_spikes = np.searchsorted(bins, count)
    cells = recording.spike_units[:n_spikes].astype(np.int64) * count + bins[:n_spikes]
    rates = np.bincount(cells, minlength=n * count).astype(np.float32).reshape(n, count)
    rates /= np.float32(settings.bin_width)
    return smooth(rates, settings.bin_width, settings.smoothing)


def principal_variances(rates: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the variances along all principal components, descending, of (n_units, n_bins): (min(n_units, n_bins),).

    Only the smaller of the two Gram matrices, units or bins, is decomposed; both have the same non-zero eigenvalues.
    """
    centred = rates - rates.mean(axis=1, keepdims=True, dtype=np.float64).astype(rates.dtype)
    gram = centred @ centred.T if centred.shape[0] <= centred.shape[1] else centred.T @ centred
    values = np.linalg.eigvalsh(gram.astype(np.float64) / rates.shape[1])[::-1]
    # Without variance, rounding leaves tiny eigenvalues of either sign.
    return np.where(values > values[:1] * 1e-7, values, 0.0)


def _comparable(recording: Recording, settings: DimensionalitySettings) -> list[Recording]:
    """Return the observed stretches that have the same units as the longest, so that all rates belong to one population."""
    if not recording.observed:
        return [recording]
    seen = stretches(recording.observed, recording.n_units, recording.duration)
    longest = max(seen, key=lambda one: one[1] - one[0])[2]
    parts = zip(seen, recording.stretches(), strict=True)
    return [
        part for (_, _, units), part in parts if np.array_equal(units, longest) and part.duration >= settings.bin_width
    ] or [recording]


def dimensionality_features(recording: Recording, settings: DimensionalitySettings | None = None) -> dict[str, float]:
    """Return the spread of the variance λ of smoothed unit rates over principal components.

    `pca_total`: mean variance per unit, Hz²; `pca_<k>`: share of component k, k ≤ N_COMPONENTS, as in the publication;
    `pca_participation_ratio`: (Σλ)² / Σλ²; `pca_components_90`: components for 90 % of the variance.
    All are NaN when no rate varies. Components beyond the number of units or bins explain 0. Raises FeatureError when
    two bins do not fit.
    """
    settings = settings or DimensionalitySettings()
    names = [f"pca_{k}" for k in range(1, N_COMPONENTS + 1)]
    undefined = dict.fromkeys(["pca_total", *names, "pca_participation_ratio", "pca_components_90"], np.nan)
    if not recording.n_spikes:
        return undefined
    if recording.duration < 2 * settings.bin_width:
        raise FeatureError(
            f"{recording.name} is too short for components: it needs two bins of {settings.bin_width:g} s."
        )
    rates = np.concatenate([unit_rates(part, settings) for part in _comparable(recording, settings)], axis=1)
    variances = principal_variances(rates)
    total = variances.sum()
    if total <= 0:
        return undefined
    shares = variances / total
    listed = np.pad(shares, (0, N_COMPONENTS))[:N_COMPONENTS]
    return {
        "pca_total": float(total / len(rates)),
        **dict(zip(names, listed.tolist(), strict=True)),
        "pca_participation_ratio": float(1 / (shares**2).sum()),
        "pca_components_90": float(np.searchsorted(np.cumsum(shares), 0.9 - 1e-12) + 1),
    }
