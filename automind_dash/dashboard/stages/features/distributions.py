"""What the figures beside the feature table show, measured once per analysis (off the event loop)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....features import BurstShape, burst_shape, inter_spike_intervals
from ....inference.asking.target import Target
from ....inference.estimators.card import Card
from ...state.analysed import Analysed

BINS_PER_DECADE = 10
SHORTEST = 1e-4
"""s; shorter intervals, which no cell has, go into the first bin."""

DOUBLE_DETECTION = 1e-3
"""s; shorter intervals of one unit are most likely one spike found twice."""

MAX_INTERVAL_BINS = 30


@dataclass(frozen=True, eq=False)
class Distributions:
    """What was measured.

    isi_edges, burst_edges: (n + 1,) s; isi_shares, burst_counts: (n,); n_isi: intervals; double_share: of them below
    DOUBLE_DETECTION; shape: the mean burst, None without one; why_no_bursts: a sentence, "" where there are bursts.
    """

    isi_edges: NDArray[np.float64]
    isi_shares: NDArray[np.float64]
    n_isi: int
    double_share: float
    burst_edges: NDArray[np.float64]
    burst_counts: NDArray[np.int64]
    shape: BurstShape | None
    why_no_bursts: str


def distributions(analysed: Analysed) -> Distributions:
    """Measure a recording's inter-spike and inter-burst intervals and its mean burst."""
    intervals, _ = inter_spike_intervals(analysed.recording)
    edges, shares = log_histogram(intervals)
    double = float((intervals < DOUBLE_DETECTION).mean()) if len(intervals) else 0.0
    bursts = analysed.bursts
    between = np.empty(0) if bursts is None else bursts.intervals
    n_bins = int(np.clip(np.sqrt(len(between)) * 1.5, 5, MAX_INTERVAL_BINS))
    counts, burst_edges = (
        np.histogram(between, bins=n_bins, range=(0, between.max()))
        if len(between) > 1
        else (np.empty(0, int), np.empty(0))
    )
    shape = burst_shape(bursts) if bursts is not None and len(bursts) else None
    shape = shape if shape is not None and shape.n_bursts else None
    return Distributions(edges, shares, len(intervals), double, burst_edges, counts, shape, why_no_bursts(analysed))


def log_histogram(intervals: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return edges (n + 1,) s, equally spaced in log, and the share of the intervals in each bin (n,).

    Both are empty without intervals.
    """
    if not len(intervals):
        return np.empty(0), np.empty(0)
    clipped = np.maximum(intervals, SHORTEST)
    first = np.floor(np.log10(clipped.min()) * BINS_PER_DECADE)
    last = np.floor(np.log10(clipped.max()) * BINS_PER_DECADE) + 1
    edges = 10.0 ** (np.arange(first, last + 1) / BINS_PER_DECADE)
    index = np.clip((np.log10(clipped) * BINS_PER_DECADE - first).astype(int), 0, len(edges) - 2)
    return edges, np.bincount(index, minlength=len(edges) - 1) / len(intervals)


def why_no_bursts(analysed: Analysed) -> str:
    """Return a sentence on why no burst was found and what to do; "" where there are bursts."""
    bursts = analysed.bursts
    if bursts is not None and len(bursts):
        return ""
    if bursts is None or not len(bursts.rate) or not analysed.recording.n_spikes:
        return "No bursts found: there are no spikes in the chosen window and units."
    highest, floor = float(bursts.rate.max()), bursts.settings.minimum_rate
    if highest < floor:
        return f"No bursts found: the smoothed rate reaches {highest:.3g} Hz, a burst must reach {floor:g} Hz (More)."
    return "No bursts found: no peak of the rate stands out by the threshold; lower it, smooth more, or press Suggest."


def training_band(card: Card | None, target: Target | None) -> tuple[NDArray[np.float64], ...] | None:
    """Return frequencies (n,) Hz; 5th and 95th percentile of the training spectra, and the target's power, (n,) Hz²/Hz.

    The training spectra are kept with their mean (of log10) removed: they are shifted to the target's mean. None where
    the estimator does not see the spectrum or the target has none.
    """
    if card is None or target is None:
        return None
    chosen = [i for i, name in enumerate(card.feature_set.features) if name.startswith("psd_")]
    names = [card.feature_set.features[i] for i in chosen]
    power = np.array([target.features[name] for name in names])
    if not chosen or not (np.isfinite(power) & (power > 0)).all():
        return None
    frequencies = np.array([float(name.removeprefix("psd_")) for name in names])
    centred = np.array([card.feature_set.transforms[i] == "log10 centred" for i in chosen])
    shift = np.where(centred, np.log10(power)[centred].mean() if centred.any() else 0.0, 0.0)
    low, high = (10.0 ** (card.quantiles[chosen, percent] + shift) for percent in (5, 95))
    return frequencies, low, high, power
