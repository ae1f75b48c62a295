"""Inter-spike intervals: statistics of each unit, and their mean and SD across units."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording
from ..recording.observed import visits
from .rate import order_by_unit

MINIMUM_SPIKES = 3
"""A unit with fewer spikes has one interval at most, and one interval has no spread (design section 4)."""

QUARTILES = {"25q": 0.25, "50q": 0.5, "75q": 0.75}

UNIT_STATISTICS = ("numspks", "mean", "std", *QUARTILES, "cv")
"""The publication's names. `numspks` is the number of spikes."""


def inter_spike_intervals(recording: Recording) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return all intervals between successive spikes of the same unit, (n,) s, and their units, (n,)."""
    order = order_by_unit(recording.spike_units, recording.n_units)
    times, units = recording.spike_times[order], recording.spike_units[order]
    same = units[1:] == units[:-1]
    if recording.observed:  # no interval spans a gap
        visit = visits(recording.spike_times, recording.spike_units, recording.observed)[order]
        same &= visit[1:] == visit[:-1]
    return np.diff(times)[same], units[1:][same]


def unit_isi_statistics(recording: Recording, minimum_spikes: int = MINIMUM_SPIKES) -> dict[str, NDArray[np.float64]]:
    """Return each unit's interval statistics under UNIT_STATISTICS' names: (n_units,) in s (numspks: count, cv: 1).

    The SD of the intervals divides by n, and quartiles are interpolated linearly. Units with fewer spikes than
    minimum_spikes have NaN.
    """
    intervals, units = inter_spike_intervals(recording)
    n_units = recording.n_units
    count = np.bincount(units, minlength=n_units)
    enough = count >= max(minimum_spikes - 1, 1)
    divisor = np.where(enough, count, 1)
    mean = np.bincount(units, weights=intervals, minlength=n_units) / divisor
    variance = np.bincount(units, weights=(intervals - mean[units]) ** 2, minlength=n_units) / divisor
    statistics = {"numspks": np.bincount(recording.spike_units, minlength=n_units).astype(np.float64)}
    statistics |= {"mean": mean, "std": np.sqrt(variance)} | _quartiles(intervals, units, count)
    statistics["cv"] = np.divide(statistics["std"], mean, out=np.full(n_units, np.nan), where=mean > 0)
    return {name: np.where(enough, statistics[name], np.nan) for name in UNIT_STATISTICS}


def _quartiles(
    intervals: NDArray[np.float64], units: NDArray[np.int32], count: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    if not len(intervals):
        return {name: np.full(len(count), np.nan) for name in QUARTILES}
    by_length = np.argsort(intervals)
    by_length = by_length[order_by_unit(units[by_length], len(count))]
    ascending = intervals[by_length]
    first = np.minimum(np.cumsum(count) - count, len(intervals) - 1)
    values = {}
    for name, level in QUARTILES.items():
        position = level * np.maximum(count - 1, 0)
        below = np.floor(position).astype(np.int64)
        low, high = ascending[first + below], ascending[first + np.ceil(position).astype(np.int64)]
        values[name] = low + (high - low) * (position - below)
    return values


def isi_features(recording: Recording, minimum_spikes: int = MINIMUM_SPIKES) -> dict[str, float]:
    """Return `isi_<statistic>_mu` and `isi_<statistic>_sigma`: mean and SD (n − 1) across units.

    The value is NaN where no unit (mu) or fewer than two units (sigma) have minimum_spikes. Names and definitions are
    those of the publication's tables.
    """
    features = {}
    for name, values in unit_isi_statistics(recording, minimum_spikes).items():
        defined = values[np.isfinite(values)]
        features[f"isi_{name}_mu"] = float(defined.mean()) if len(defined) else np.nan
        features[f"isi_{name}_sigma"] = float(defined.std(ddof=1)) if len(defined) > 1 else np.nan
    return features
