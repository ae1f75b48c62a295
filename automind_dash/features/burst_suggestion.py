"""Whether a recording bursts, and which settings find its bursts when it has few units."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording
from .burst_statistics import burst_features
from .bursts import Bursts, BurstSettings, bursts_in_rate
from .rate import population_rate, remove_double_detections, smooth

SPIKES_AT_PEAK = 100
"""Spikes under the smoothing kernel at the largest rate, so that shot noise is a tenth of the rate there. With fewer
spikes, chance coincidences set the largest rate and so the threshold."""

MAX_SMOOTHING = 0.1
"""s; beyond this the kernel is as wide as a burst."""

PEAK_FLOOR = 0.1
"""Fraction of the largest rate. Lower peaks do not count in the height of a typical burst."""

EVEN = 0.8
"""Bursts count as even when the median peak over the largest peak is above this. The threshold then stays."""

MINIMUM_BURSTS = 3
MINIMUM_SPIKE_SHARE = 0.2
MINIMUM_CONTRAST = 2.0
"""A recording bursts when at least three bursts hold a fifth of its spikes, at twice the mean rate or more. In
recordings of cultures and in the published organoid circuits, bursts hold 23 to 100 % of the spikes at 4 to 120 times
the mean rate. In vivo they hold under 4 %, or 67 % at 1.1 times."""


def is_bursting(bursts: Bursts) -> bool:
    """Tell whether a recording's activity consists of the bursts found in it (MINIMUM_… constants)."""
    features = burst_features(bursts)
    inside, covered = features["burst_spike_share"], features["burst_time_share"]
    return len(bursts) >= MINIMUM_BURSTS and inside >= MINIMUM_SPIKE_SHARE and inside >= MINIMUM_CONTRAST * covered


def published_detection(settings: BurstSettings) -> BurstSettings:
    """Return the detection for which the bounds of `is_bursting` were set. It takes only the refractory period from the settings."""
    return BurstSettings(refractory=settings.refractory)


RECORDINGS_LEVEL = 0.01
"""Peaks in recordings count only where independent units would produce one anywhere with less than this probability."""


def recordings_detection(settings: BurstSettings) -> BurstSettings:
    """Return the settings with the guard against chance and artefacts. Recordings need it; training simulations had none.

    Simulations that are compared with a recording are analysed with the guard, too.
    """
    return replace(settings, chance_level=RECORDINGS_LEVEL)


def suggest_burst_settings(recording: Recording, settings: BurstSettings | None = None) -> BurstSettings:
    """Return settings that count bursts well in a recording with few units or uneven bursts.

    The smoothing grows (from settings.smoothing to at most MAX_SMOOTHING) until the largest rate rests on
    SPIKES_AT_PEAK spikes. The threshold falls to half of the *median* peak where half of the largest peak, one extreme
    value, would skip bursts. Well recorded bursts of even height keep `settings`. Widths and offset times grow with the
    smoothing, so a target must be compared with simulations that were analysed in the same way.
    """
    settings = settings or BurstSettings()
    rate, _ = population_rate(remove_double_detections(recording, settings.refractory), settings.bin_width)
    smoothing = _smoothing_for(rate, recording.n_units, settings)
    smoothed = smooth(rate, settings.bin_width, smoothing)
    prominences = bursts_in_rate(smoothed, replace(settings, prominence=PEAK_FLOOR)).prominences
    prominence = settings.prominence
    if len(prominences) >= MINIMUM_BURSTS:
        typical = float(np.median(prominences) / smoothed.max())
        if typical < EVEN:
            prominence = min(prominence, round(typical / 2, 2))
    return replace(settings, smoothing=smoothing, prominence=prominence)


def _smoothing_for(rate: NDArray[np.float64], n_units: int, settings: BurstSettings) -> float:
    """Return the SD, s, whose kernel (effective length 2 √π SD) holds SPIKES_AT_PEAK spikes at the largest rate."""
    smoothing = settings.smoothing
    while smoothing < MAX_SMOOTHING:
        largest = smooth(rate, settings.bin_width, smoothing).max()
        if largest * n_units * 2 * np.sqrt(np.pi) * smoothing >= SPIKES_AT_PEAK:
            return smoothing
        smoothing = min(np.ceil(smoothing * 1.25e3 + 1e-9) / 1e3, MAX_SMOOTHING)
    return smoothing
