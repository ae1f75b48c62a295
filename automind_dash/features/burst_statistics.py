"""Statistics of bursts: the published features, and the mean burst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bursts import Bursts

KERNEL = (-0.5, 2.5)
"""s around the peak within which the shapes of bursts are compared, as in the publication."""

MAX_KERNELS = 1000
"""Most bursts that are compared in pairs: 24 MB of shapes at 1 ms, 8 MB of correlations. Of more bursts, every k-th is taken."""


@dataclass(frozen=True, eq=False)
class BurstShape:
    """The mean burst, aligned on peaks. times: (n,) s from the peak; mean, sd: (n,) Hz; n_bursts: number of bursts averaged."""

    times: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    n_bursts: int


def burst_kernels(
    bursts: Bursts, window: tuple[float, float] = KERNEL
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smoothed rate around each peak: kernels (n, n_times) Hz, times (n_times,) s from the peak.

    window: s before (negative) and after the peak. Bursts too near the recording's ends are left out. Of more than
    MAX_KERNELS bursts, an evenly spaced choice is returned.
    """
    width = bursts.settings.bin_width
    offsets = np.arange(round(window[0] / width), round(window[1] / width))
    peaks = np.rint(bursts.peak_times / width - 0.5).astype(int)
    if not len(offsets):
        return np.empty((0, 0)), np.empty(0)
    peaks = peaks[(peaks + offsets[0] >= 0) & (peaks + offsets[-1] < len(bursts.rate))]
    if len(peaks) > MAX_KERNELS:
        peaks = peaks[np.linspace(0, len(peaks) - 1, MAX_KERNELS).astype(int)]
    times = offsets * np.float64(width)
    return bursts.rate[peaks[:, None] + offsets], times


def burst_shape(bursts: Bursts, window: tuple[float, float] = KERNEL) -> BurstShape:
    """Return the mean and SD of the rate around the peaks, NaN where no burst has that much recording around it.

    window: s before (negative) and after the peak.
    """
    kernels, times = burst_kernels(bursts, window)
    if not len(kernels):
        nothing = np.full(len(times), np.nan)
        return BurstShape(times, nothing, nothing, 0)
    return BurstShape(times, kernels.mean(axis=0), kernels.std(axis=0), len(kernels))


def burst_features(bursts: Bursts) -> dict[str, float]:
    """Return the published burst features, in s and Hz; see `FEATURES` for the meaning of each.

    SDs divide by n. Means over bursts need one burst, SDs two. The mean interval needs two bursts, its SD and CV three.
    The kernel correlations need two and three, the rank correlations four. A feature without enough bursts is NaN.
    `burst_num` always has a value.
    """
    intervals = bursts.intervals
    onset_times, offset_times = bursts.peak_times - bursts.onsets, bursts.offsets - bursts.peak_times
    fullness = bursts.mean_rates / bursts.peak_rates
    correlations = _kernel_correlations(bursts)
    spread = _sd(intervals)
    if spread < bursts.settings.bin_width * 1e-3:  # peak times are rounded to bins: such intervals are equal
        spread = 0.0
    interval_levels, followed = _levels(intervals, bursts.settings.bin_width * 1e-3), bursts.followed
    peak_levels = _levels(bursts.peak_rates, np.max(bursts.peak_rates, initial=0) * 1e-9)
    inside, covered = _shares(bursts)
    return {
        "burst_num": float(len(bursts)),
        "burst_interval_mean": _mean(intervals),
        "burst_interval_std": spread,
        "burst_interval_cv": spread / _mean(intervals),
        "burst_peak_fr_mean": _mean(bursts.peak_rates),
        "burst_peak_fr_std": _sd(bursts.peak_rates),
        "burst_width_mean": _mean(bursts.widths),
        "burst_width_std": _sd(bursts.widths),
        "burst_onset_time_mean": _mean(onset_times),
        "burst_onset_time_std": _sd(onset_times),
        "burst_offset_time_mean": _mean(offset_times),
        "burst_offset_time_std": _sd(offset_times),
        "burst_corr_mean": _mean(correlations),
        "burst_corr_std": _sd(correlations),
        "burst_corr_interval2nextpeak": _rank_correlation(interval_levels, peak_levels[1:][followed]),
        "burst_corr_interval2prevpeak": _rank_correlation(interval_levels, peak_levels[:-1][followed]),
        "burst_numsubpeaks_mean": _mean(bursts.n_subpeaks),
        "burst_numsubpeaks_std": _sd(bursts.n_subpeaks),
        "burst_mean_fr_mean": _mean(fullness),
        "burst_mean_fr_std": _sd(fullness),
        "burst_spike_share": inside,
        "burst_time_share": covered,
    }


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else np.nan


def _sd(values: NDArray[np.float64]) -> float:
    return float(values.std()) if len(values) > 1 else np.nan


def _kernel_correlations(bursts: Bursts) -> NDArray[np.float64]:
    """Return Pearson's correlation between the shapes of each pair of bursts, (n (n − 1) / 2,)."""
    kernels, _ = burst_kernels(bursts)
    kernels = kernels[np.ptp(kernels, axis=1) > 0] if len(kernels) else kernels
    if len(kernels) < 2:
        return np.empty(0)
    return np.corrcoef(kernels)[np.triu_indices(len(kernels), 1)]


def _levels(values: NDArray[np.float64], resolution: float) -> NDArray[np.float64]:
    """Rank values by size, (n,). Values within `resolution` of their neighbour are ties, so that rounding does not order them."""
    order = np.argsort(values)
    levels = np.zeros(len(values))
    levels[order[1:]] = np.cumsum(np.diff(values[order]) > resolution)
    return levels


def _rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return np.nan
    from scipy.stats import spearmanr

    return float(spearmanr(first, second).statistic)


def _shares(bursts: Bursts) -> tuple[float, float]:
    """Return the shares of spikes and of time that lie between onsets and offsets. Overlapping bursts count once."""
    total = bursts.rate.sum()
    if not len(bursts):
        return (0.0 if total > 0 else np.nan), 0.0
    width, n = bursts.settings.bin_width, len(bursts.rate)
    steps = np.zeros(n + 1)
    np.add.at(steps, np.clip((bursts.onsets / width).astype(int), 0, n), 1)
    np.add.at(steps, np.clip((bursts.offsets / width).astype(int) + 1, 0, n), -1)
    inside = np.cumsum(steps)[:-1] > 0
    return float(bursts.rate[inside].sum() / total), float(
        inside.sum() / max(round(min(bursts.seconds, n * width) / width), 1)
    )
