"""The population rate, and the preparation of spikes and rates for all measurements."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import FeatureError
from ..recording import Recording

F = TypeVar("F", np.float32, np.float64)

MAX_BINS = 50_000_000
"""400 MB of rate: an hour in bins of 72 µs. More bins mean that the bin width is a mistake."""

MAX_REFRACTORY = 0.05
"""s; a longer filter would remove spikes of bursts, not only double detections (which lie below 1 to 2 ms)."""

_BIN_TOLERANCE = 1e-6
"""Fraction of a bin. Spike times on a grid (0.2 ms steps, 25 kHz samples) are not exact in binary. Without this
tolerance a spike on the edge of a bin falls to either side at random, and the spectrum shows it."""

_TIME_TOLERANCE = 1e-9
"""s, for the same reason. An interval as long as the filter is kept, whichever way it was rounded."""

_LONG_KERNEL = 400
"""A Gaussian with an SD of more bins is applied by Fourier transforms. The time of the direct sum grows with all bins times the SD."""


def longest_duration(bin_width: float) -> float:
    """Return the longest duration, s, that can be analysed at once in bins of this width, s."""
    return MAX_BINS * bin_width


def n_bins(duration: float, bin_width: float) -> int:
    """Return the number of whole bins in `duration`, both in s. Raises FeatureError when there are none or too many."""
    if not np.isfinite(bin_width) or bin_width <= 0:
        raise FeatureError(f"The bin width is {bin_width} s; it must be positive.")
    count = int(np.floor(duration / bin_width + _BIN_TOLERANCE))
    if count > MAX_BINS:
        raise FeatureError(
            f"{duration:g} s are too long to be analysed at once in bins of {bin_width:g} s; at most "
            f"{longest_duration(bin_width):g} s are. Choose a part of the recording: --window START STOP in the terminal, "
            "Window in the page's settings."
        )
    if count < 1:
        raise FeatureError(
            f"{duration:g} s hold no whole bin of {bin_width:g} s; analyse a longer window, or narrow the bins."
        )
    return count


def bin_of(spike_times: NDArray[np.float64], bin_width: float) -> NDArray[np.int64]:
    """Return the bin, counted from 0, of each spike time (s). A spike on an edge belongs to the later bin."""
    bins = spike_times * (1.0 / bin_width)
    bins += _BIN_TOLERANCE
    return bins.astype(np.int64)


def population_rate(recording: Recording, bin_width: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rate per unit of all spikes together: spikes in bins / (bin width × number of units).

    bin_width: s. Returns rate: (n_bins,) Hz; centres: (n_bins,) s. A last bin that the recording fills only in part is
    left out. Without units the rate is zero. Raises FeatureError when no bin fits, or too many do.
    """
    n_bins(recording.duration, bin_width)  # refuses durations that cannot be binned
    spikes = np.bincount(bin_of(recording.spike_times, bin_width))
    rate = counted_rate(spikes, recording.duration, bin_width, recording.n_units)
    centres = (np.arange(len(rate), dtype=np.float64) + 0.5) * np.float64(bin_width)
    return rate, centres


def rate_words(bin_width: float, smoothing: float) -> str:
    """Return how a population rate was measured: its height depends on both. bin_width, smoothing (SD of the Gaussian): s."""
    if not smoothing:
        return f"in bins of {1000 * bin_width:.3g} ms"
    return f"in bins of {1000 * bin_width:.3g} ms, smoothed by {1000 * smoothing:.3g} ms"


def counted_rate(spikes: NDArray[np.int64], duration: float, bin_width: float, n_units: int) -> NDArray[np.float64]:
    """Return (n_bins,) Hz per unit from spike counts in bins that may end before or after the duration. duration, bin_width: s."""
    count = n_bins(duration, bin_width)
    counts = np.zeros(count)
    counts[: len(spikes)] = spikes[:count]
    # A spike exactly at the end of the last bin is inside the recording and belongs to that bin, as in np.histogram.
    if len(spikes) > count and abs(duration - count * bin_width) <= _BIN_TOLERANCE * bin_width:
        counts[count - 1] += spikes[count]
    rate: NDArray[np.float64] = counts / (bin_width * max(n_units, 1))
    return rate


def smooth(rate: NDArray[F], bin_width: float, smoothing: float) -> NDArray[F]:
    """Return rates smoothed along the last axis with a Gaussian whose SD is `smoothing` s (0: no smoothing).

    rate: (..., n_bins); bin_width: s. The rate is mirrored at its ends, so a constant rate stays constant
    (`scipy.ndimage.gaussian_filter1d`).
    """
    if smoothing == 0:
        return rate.copy()
    from scipy.ndimage import gaussian_filter1d

    if smoothing > _LONG_KERNEL * bin_width:
        return _smooth_by_transform(rate, smoothing / bin_width)
    smoothed: NDArray[F] = gaussian_filter1d(rate, smoothing / bin_width, axis=-1, mode="reflect")
    return smoothed


def _smooth_by_transform(rate: NDArray[F], sd: float) -> NDArray[F]:
    """Return the result of `gaussian_filter1d`, with the same kernel of 4 SD on either side. sd: bins."""
    from scipy.signal import oaconvolve

    radius = int(4 * sd + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sd) ** 2)
    mirrored = np.pad(rate, [(0, 0)] * (rate.ndim - 1) + [(radius, radius)], mode="symmetric")
    shape = (1,) * (rate.ndim - 1) + (-1,)
    smoothed = oaconvolve(mirrored, (kernel / kernel.sum()).reshape(shape), mode="valid", axes=-1)
    return np.maximum(smoothed, 0).astype(rate.dtype)  # rounding may push a rate of 0 slightly below 0


def order_by_unit(units: NDArray[np.int32], n_units: int) -> NDArray[np.int64]:
    """Return the order that groups spikes by unit and keeps time order within each unit (stable)."""
    # numpy sorts 16-bit integers by radix, ten times faster than 32-bit integers.
    keys = units.astype(np.uint16) if n_units <= 1 << 16 else units
    return np.argsort(keys, kind="stable")


def remove_double_detections(recording: Recording, refractory: float) -> Recording:
    """Return the recording without spikes that follow their unit's last kept spike by less than `refractory` s.

    refractory: s, 0 … MAX_REFRACTORY; 0 keeps all. The first spike of each unit stays. Raises FeatureError outside
    that range.
    """
    if not 0 <= refractory <= MAX_REFRACTORY:
        raise FeatureError(f"The refractory filter is {refractory} s; it must lie between 0 and {MAX_REFRACTORY} s.")
    if refractory == 0 or recording.n_spikes < 2:
        return recording
    order = order_by_unit(recording.spike_units, recording.n_units)
    times, units = recording.spike_times[order], recording.spike_units[order]
    refractory -= _TIME_TOLERANCE
    close = (np.diff(times) < refractory) & (units[1:] == units[:-1])
    suspects = np.flatnonzero(close) + 1
    if not len(suspects):
        return recording
    removed, last, previous = [], 0.0, -1
    # Only spikes close to their neighbour can go. Each decision depends on the last spike kept, so they are taken in
    # turn.
    for i, time, before in zip(suspects.tolist(), times[suspects].tolist(), times[suspects - 1].tolist(), strict=True):
        if i - 1 != previous:
            last = before
        if time - last < refractory:
            removed.append(i)
        else:
            last = time
        previous = i
    kept = np.ones(recording.n_spikes, dtype=bool)
    kept[order[removed]] = False
    return replace(recording, spike_times=recording.spike_times[kept], spike_units=recording.spike_units[kept])
