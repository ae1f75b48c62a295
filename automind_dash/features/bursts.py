"""Network bursts: prominent peaks of the population rate."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording
from .rate import MAX_REFRACTORY, population_rate, remove_double_detections, smooth
from .settings import check_range


@dataclass(frozen=True)
class BurstSettings:
    """How network bursts are found; the defaults are those that the published estimators were trained with.

    bin_width: s, of the population rate; smoothing: s, SD of the Gaussian
    minimum_rate: Hz; no burst where the rate never reaches it
    prominence: least prominence of a burst's peak as a fraction of the largest rate
    minimum_interval: s between peaks; of two closer ones the higher stays
    window: s around a peak in which its prominence is measured; a burst that is still going half of it after its peak
    is missed
    relative_height: a burst's width is measured this fraction of its prominence below the peak
    refractory: s; a unit's spikes closer than this to its last one are double detections and left out; 0 keeps all
    subpeak_prominence: least prominence of a peak within a burst, fraction of the burst's highest rate;
    subpeak_interval: s
    """

    bin_width: float = 0.001
    smoothing: float = 0.005
    minimum_rate: float = 5.0
    prominence: float = 0.5
    minimum_interval: float = 1.0
    window: float = 10.0
    relative_height: float = 0.95
    refractory: float = 0.0
    subpeak_prominence: float = 0.25
    subpeak_interval: float = 0.05

    def __post_init__(self) -> None:
        check_range(self, "bin_width", 1e-4, 1.0, "s")
        check_range(self, "smoothing", 0.0, 10.0, "s")
        check_range(self, "minimum_rate", 0.0, 1e4, "Hz")
        check_range(self, "prominence", 1e-3, 1.0)
        check_range(self, "minimum_interval", 0.0, 1e4, "s")
        check_range(self, "window", 3 * self.bin_width, 1e4, "s")
        check_range(self, "relative_height", 0.01, 1.0)
        check_range(self, "refractory", 0.0, MAX_REFRACTORY, "s")
        check_range(self, "subpeak_prominence", 1e-3, 1.0)
        check_range(self, "subpeak_interval", 0.0, 1e3, "s")


@dataclass(frozen=True, eq=False)
class Bursts:
    """The bursts of one recording, in order of time; all arrays (n_bursts,), float64, s or Hz.

    peak_times, peak_rates: of the smoothed rate's peak; onsets, offsets, widths: where the rate crosses
    `relative_height` of the prominence below the peak, offsets − onsets; prominences: Hz; mean_rates: of the rate
    between onset and offset
    n_subpeaks: peaks besides the main one; threshold: Hz, the least prominence that was asked for (inf where the rate
    stayed low)
    rate: (n_bins,) Hz, the smoothed population rate they were found in; settings: how
    """

    peak_times: NDArray[np.float64]
    peak_rates: NDArray[np.float64]
    onsets: NDArray[np.float64]
    offsets: NDArray[np.float64]
    prominences: NDArray[np.float64]
    mean_rates: NDArray[np.float64]
    n_subpeaks: NDArray[np.float64]
    threshold: float
    rate: NDArray[np.float64] = field(repr=False)
    settings: BurstSettings

    def __len__(self) -> int:
        return len(self.peak_times)

    @property
    def widths(self) -> NDArray[np.float64]:
        """(n_bursts,) s."""
        return self.offsets - self.onsets

    @property
    def intervals(self) -> NDArray[np.float64]:
        """(n_bursts − 1,) s, from peak to peak."""
        return self.peak_times[1:] - self.peak_times[:-1]

    @property
    def times(self) -> NDArray[np.float64]:
        """(n_bins,) s, the centres of the rate's bins."""
        return (np.arange(len(self.rate), dtype=np.float64) + 0.5) * np.float64(self.settings.bin_width)


def detect_bursts(recording: Recording, settings: BurstSettings | None = None) -> Bursts:
    """Find the network bursts of a recording's units, all of them: choose the population before.

    Raises FeatureError when the recording is too short or too long for the bin width.
    """
    settings = settings or BurstSettings()
    recording = remove_double_detections(recording, settings.refractory)
    rate, _ = population_rate(recording, settings.bin_width)
    return bursts_in_rate(smooth(rate, settings.bin_width, settings.smoothing), settings)


def bursts_in_rate(rate: NDArray[np.float64], settings: BurstSettings) -> Bursts:
    """Find bursts in a rate that is smoothed already (`scipy.signal.find_peaks` and `peak_widths`).

    rate: (n_bins,) Hz per unit, in bins of settings.bin_width. A burst whose peak is the first or last bin is not one.
    """
    from scipy.signal import find_peaks, peak_widths

    width = settings.bin_width
    largest = float(rate.max()) if len(rate) else 0.0
    if largest < settings.minimum_rate or largest == 0:
        none = np.empty(0)
        return Bursts(none, none, none, none, none, none, none, np.inf, rate, settings)
    threshold = settings.prominence * largest
    peaks, found = find_peaks(
        rate,
        prominence=threshold,
        distance=max(settings.minimum_interval / width, 1),
        wlen=max(round(settings.window / width), 3),
    )
    bases = (found["prominences"], found["left_bases"], found["right_bases"])
    _, _, left, right = peak_widths(rate, peaks, rel_height=settings.relative_height, prominence_data=bases)
    subpeaks, means = _inside(rate, left, right, settings)
    return Bursts(
        (peaks + 0.5) * width, rate[peaks], (left + 0.5) * width, (right + 0.5) * width, found["prominences"],
        means, subpeaks, threshold, rate, settings,
    )  # fmt: skip


def _inside(
    rate: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64], settings: BurstSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the number of sub-peaks and the mean rate between each burst's edges, given in bins."""
    from scipy.signal import find_peaks

    subpeaks, means = np.zeros(len(left)), np.zeros(len(left))
    distance = max(settings.subpeak_interval / settings.bin_width, 1)
    for i, (first, last) in enumerate(zip(left.astype(int), np.ceil(right).astype(int), strict=True)):
        burst = rate[first : last + 1]
        peaks, _ = find_peaks(burst, prominence=settings.subpeak_prominence * burst.max(), distance=distance)
        subpeaks[i], means[i] = max(len(peaks) - 1, 0), burst.mean()
    return subpeaks, means
