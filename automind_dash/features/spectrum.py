"""The power spectrum of the population rate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..errors import FeatureError
from ..recording import Recording
from .rate import population_rate
from .settings import check_range

MAX_WINDOW_BINS = 1_000_000
"""Most bins of one Welch window: 17 min at 1 ms. Longer windows leave nothing to average over."""


@dataclass(frozen=True)
class SpectrumSettings:
    """How the spectrum is measured. The defaults are the publication's.

    bin_width: s, of the rate, which is not smoothed; window: s, of one Welch segment (Hann, mean removed);
    overlap: fraction of it shared by neighbours; low, high: Hz, the range to keep, ends included
    bands: number of logarithmically spaced bands that features average the power over; None keeps every frequency (990)
    """

    bin_width: float = 0.001
    window: float = 2.0
    overlap: float = 0.75
    low: float = 0.5
    high: float = 495.0
    bands: int | None = 40

    def __post_init__(self) -> None:
        check_range(self, "bin_width", 1e-4, 1.0, "s")
        check_range(self, "window", 4 * self.bin_width, MAX_WINDOW_BINS * self.bin_width, "s")
        check_range(self, "overlap", 0.0, 0.95)
        check_range(self, "high", 1 / self.window, 0.5 / self.bin_width, "Hz")
        check_range(self, "low", 0.0, self.high, "Hz")
        if not len(self.frequencies):
            raise FeatureError(
                f"No frequency of a {self.window:g} s window lies between {self.low:g} and {self.high:g} Hz."
            )
        if self.bands is not None and not (isinstance(self.bands, int) and 1 <= self.bands <= len(self.frequencies)):
            raise FeatureError(
                f"SpectrumSettings.bands is {self.bands!r}; it must be 1 to {len(self.frequencies)}, or None."
            )

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """(n_frequencies,) Hz, the frequencies that `spectrum` returns; read-only."""
        return _frequencies(self.bin_width, self.window, self.low, self.high)

    @property
    def feature_frequencies(self) -> NDArray[np.float64]:
        """(n_features,) Hz, the centres of the bands, or all frequencies without bands."""
        return self.frequencies if self.bands is None else band_average(self.frequencies, self.bands)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """`psd_<frequency>` of each feature, in order."""
        return tuple(psd_name(frequency) for frequency in self.feature_frequencies)


@lru_cache(maxsize=64)
def _frequencies(bin_width: float, window: float, low: float, high: float) -> NDArray[np.float64]:
    n = round(window / bin_width)
    frequencies = np.arange(n // 2 + 1) / (n * bin_width)
    kept = frequencies[(frequencies >= low * (1 - 1e-9)) & (frequencies <= high * (1 + 1e-9))]
    kept.setflags(write=False)
    return kept


def psd_name(frequency: float) -> str:
    """Return the feature name of the power at a frequency, Hz: psd_0.5, psd_10."""
    return f"psd_{frequency:.10g}"


def spectrum(
    recording: Recording, settings: SpectrumSettings | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies (n,) Hz and one-sided power density (n,) Hz²/Hz of the population rate (`scipy.signal.welch`).

    The rate counts all units of the recording: choose the population before. Poisson spikes of n units at r Hz
    each give a flat 2 r / n. Raises FeatureError when the recording is shorter than one window or has no spike.
    """
    settings = settings or SpectrumSettings()
    if not recording.n_spikes:
        raise FeatureError(f"{recording.name} has no spike, hence no spectrum.")
    if recording.observed:
        return _over_stretches(recording, settings)
    rate, _ = population_rate(recording, settings.bin_width)
    length = round(settings.window / settings.bin_width)
    if len(rate) < length:
        raise FeatureError(
            f"{recording.name} lasts {recording.duration:g} s, less than the {settings.window:g} s window of the "
            "spectrum; take a longer recording or a shorter window."
        )
    from scipy.signal import welch

    _, power = welch(rate, fs=1 / settings.bin_width, nperseg=length, noverlap=int(length * settings.overlap))
    first = round(settings.frequencies[0] * length * settings.bin_width)
    return settings.frequencies, power[first : first + len(settings.frequencies)]


def _over_stretches(
    recording: Recording, settings: SpectrumSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean spectrum of the observed stretches that hold a window, weighted by length. No window spans a gap."""
    parts = [part for part in recording.stretches() if part.duration >= settings.window - 1e-9]
    if not parts:
        raise FeatureError(
            f"{recording.name} was never observed for as long as the {settings.window:g} s window of the spectrum; take a shorter window."
        )
    # a stretch without a spike has no power, but it counts
    powers = [spectrum(part, settings)[1] if part.n_spikes else np.zeros(len(settings.frequencies)) for part in parts]
    return settings.frequencies, np.average(powers, axis=0, weights=[part.duration for part in parts])


def band_edges(n_frequencies: int, n_bands: int) -> NDArray[np.int64]:
    """Return (n_bands + 1,) indices that cut equally spaced frequencies into bands of about equal ratio. No band is empty.

    The lowest bands hold one frequency each until the ratio is wide enough for more.
    """
    if not 1 <= n_bands <= n_frequencies:
        raise FeatureError(f"{n_frequencies} frequencies cannot be cut into {n_bands} bands.")
    edges = [0]
    for remaining in range(n_bands, 0, -1):
        ratio = ((n_frequencies + 1) / (edges[-1] + 1)) ** (1 / remaining)
        edges.append(max(edges[-1] + 1, round((edges[-1] + 1) * ratio) - 1))
    return np.array(edges)


def band_average(power: NDArray[np.float64], n_bands: int) -> NDArray[np.float64]:
    """Return the mean over each of n_bands logarithmically spaced bands: (..., n_frequencies) → (..., n_bands).

    Power is averaged before any logarithm, so a narrow peak keeps its power. Applied to frequencies, it gives the
    bands' centres.
    """
    edges = band_edges(power.shape[-1], n_bands)
    return np.add.reduceat(power, edges[:-1], axis=-1) / np.diff(edges)


def spectrum_features(recording: Recording, settings: SpectrumSettings | None = None) -> dict[str, float]:
    """Return `psd_<frequency>` → power density, Hz²/Hz, averaged over settings.bands; NaN for a silent recording.

    Raises FeatureError when the recording is shorter than one window.
    """
    settings = settings or SpectrumSettings()
    if not recording.n_spikes:
        return dict.fromkeys(settings.feature_names, np.nan)
    _, power = spectrum(recording, settings)
    values = power if settings.bands is None else band_average(power, settings.bands)
    return dict(zip(settings.feature_names, values.tolist(), strict=True))


def shot_noise_floor(recording: Recording) -> float:
    """Return the flat part of the spectrum that comes from the finite number of spikes: 2 r / n, Hz²/Hz, one-sided.

    r: mean rate per unit, Hz; n: units. Exact for Poisson spikes (Campbell's theorem); NaN without units.
    """
    return 2 * recording.mean_rate / recording.n_units if recording.n_units else np.nan
