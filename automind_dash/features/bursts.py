"""Network bursts: prominent peaks of the population rate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording
from ..recording.observed import stretches
from .coincidence import Guard, artefacts, far_above, without_artefacts
from .rate import MAX_REFRACTORY, n_bins, population_rate, remove_double_detections, smooth
from .settings import check_range

FLOOR = 0.05
"""Least prominence of a candidate peak, as a fraction of the largest rate. The candidates show which peaks count and
how high these are."""


@dataclass(frozen=True)
class BurstSettings:
    """How network bursts are found. The published estimators were trained with the defaults.

    bin_width: s, of the population rate; smoothing: s, SD of the Gaussian
    minimum_rate: Hz; no burst where the rate never reaches it
    prominence: least prominence of a burst's peak as a fraction of the largest rate
    minimum_interval: s between peaks; the higher of two closer peaks stays
    window: s around a peak in which its prominence is measured; a burst that still goes on half a window after its peak
    is missed
    relative_height: a burst's width is measured this fraction of its prominence below the peak
    refractory: s; spikes closer than this to the unit's last one are double detections and are left out; 0 keeps all
    subpeak_prominence: least prominence of a peak within a burst, as a fraction of the burst's highest rate;
    subpeak_interval: s
    chance_level: a peak counts only where more units take part than independent units of the same rates would bring
    together anywhere in the recording with this probability; artefacts then neither count nor set the threshold; 0
    counts every prominent peak, as published
    least_share: least share of the active units that must take part where chance_level is above 0
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
    chance_level: float = 0.0
    least_share: float = 0.1

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
        check_range(self, "chance_level", 0.0, 0.5)
        check_range(self, "least_share", 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Bursts:
    """The bursts of one recording, in order of time; all arrays (n_bursts,), float64, s or Hz.

    peak_times, peak_rates: of the smoothed rate's peak; onsets, offsets, widths: where the rate crosses
    `relative_height` of the prominence below the peak, offsets − onsets; prominences: Hz; mean_rates: of the rate
    between onset and offset
    n_subpeaks: peaks besides the main one; threshold: Hz, the least prominence that was required (inf where the rate
    stayed low)
    rate: (n_bins,) Hz, the smoothed population rate they were found in, 0 where nobody was observed; settings: how
    stretch: number of the observed stretch in which each burst lies, all 0 without gaps; seconds: observed time, s
    alone: number of prominent peaks that did not count because no more units took part than by chance; artefacts:
    times, s, of events that were left out
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
    stretch: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64), repr=False)
    seconds: float = 0.0
    alone: int = 0
    artefacts: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.peak_times)

    @property
    def widths(self) -> NDArray[np.float64]:
        """(n_bursts,) s."""
        return self.offsets - self.onsets

    @property
    def followed(self) -> NDArray[np.bool_]:
        """(n_bursts − 1,) whether a burst and the next lie in the same observed stretch. Only then is there an interval between them."""
        return self.stretch[1:] == self.stretch[:-1]

    @property
    def intervals(self) -> NDArray[np.float64]:
        """(n_bursts − 1,) s from peak to peak. No interval spans a gap, so there are fewer where there are gaps."""
        return (self.peak_times[1:] - self.peak_times[:-1])[self.followed]

    def chosen(self, kept: NDArray[np.bool_]) -> Bursts:
        """Return the bursts to keep. kept: (n_bursts,)."""
        names = ("peak_times", "peak_rates", "onsets", "offsets", "prominences", "mean_rates", "n_subpeaks", "stretch")
        return replace(self, **{name: getattr(self, name)[kept] for name in names})

    @property
    def times(self) -> NDArray[np.float64]:
        """(n_bins,) s, the centres of the rate's bins."""
        return (np.arange(len(self.rate), dtype=np.float64) + 0.5) * np.float64(self.settings.bin_width)


def detect_bursts(recording: Recording, settings: BurstSettings | None = None) -> Bursts:
    """Find the network bursts of all units of a recording. Choose the population before.

    Each observed stretch is searched by itself. Raises FeatureError when the recording is too short or too long for the bin width.
    """
    settings = settings or BurstSettings()
    recording = remove_double_detections(recording, settings.refractory)
    events = artefacts(recording) if settings.chance_level else np.empty(0)
    counted = without_artefacts(recording, events)
    rates = [(part, _smoothed(part, settings), start) for start, part in _parts(counted)]
    largest = max((float(rate.max(initial=0.0)) for _, rate, _ in rates), default=0.0)
    if not settings.chance_level:
        return _joined(
            [(start, bursts_in_rate(rate, settings, largest)) for _, rate, start in rates], recording, settings
        )
    guards = [  # one guard for the units of each stretch; the stretches share the level by their lengths
        Guard.of(
            part,
            settings.chance_level * part.duration / counted.observed_duration,
            settings.smoothing,
            settings.least_share,
        )
        for part, *_ in rates
    ]
    # the prominence starts from a floor, since the largest rate may belong to a peak that does not count
    floor = replace(settings, prominence=min(FLOOR, settings.prominence))
    looked_at = [
        _heights(part, rate, floor, largest, guard) for (part, rate, _), guard in zip(rates, guards, strict=True)
    ]
    heights = np.concatenate([np.empty(0), *looked_at])
    bound = far_above(heights)
    highest = float(heights[heights <= bound].max(initial=0.0))
    searched, alone, beyond = [], 0, [events]
    for (part, rate, start), guard in zip(rates, guards, strict=True):
        found = bursts_in_rate(rate, settings, highest or largest)
        together, far = guard.passes(part, found.peak_times), found.peak_rates > bound
        searched.append((start, found.chosen(together & ~far)))
        beyond.append(found.peak_times[together & far] + start)
        alone += int((~together).sum())
    joined = _joined(searched, recording, settings)
    return replace(joined, alone=alone, artefacts=np.sort(np.concatenate(beyond)))


def _heights(
    part: Recording, rate: NDArray[np.float64], settings: BurstSettings, largest: float, guard: Guard
) -> NDArray[np.float64]:
    """Return the rates, Hz, of the peaks in which enough units take part."""
    found = bursts_in_rate(rate, settings, largest)
    return found.peak_rates[guard.passes(part, found.peak_times)]


def _parts(recording: Recording) -> list[tuple[float, Recording]]:
    """Return the observed stretches, each with its start (s). Rates count the units seen in each stretch."""
    if not recording.observed:
        return [(0.0, recording)]
    starts = [start for start, *_ in stretches(recording.observed, recording.n_units, recording.duration)]
    return list(zip(starts, recording.stretches(), strict=True))


def _smoothed(recording: Recording, settings: BurstSettings) -> NDArray[np.float64]:
    rate, _ = population_rate(recording, settings.bin_width)
    return smooth(rate, settings.bin_width, settings.smoothing)


def _joined(searched: list[tuple[float, Bursts]], recording: Recording, settings: BurstSettings) -> Bursts:
    """Return the bursts of all stretches, with times from the recording's start. searched: (start, bursts) of each stretch."""
    if not recording.observed:
        return replace(searched[0][1], seconds=recording.duration)
    rate = np.zeros(n_bins(recording.duration, settings.bin_width))
    for start, found in searched:
        first = round(start / settings.bin_width)
        rate[first : first + len(found.rate)] = found.rate[: max(len(rate) - first, 0)]

    def all_of(name: str, moved: bool = False) -> NDArray[np.float64]:
        parts = [getattr(found, name) + (start if moved else 0.0) for start, found in searched]
        return np.concatenate([np.empty(0), *parts])

    return Bursts(
        all_of("peak_times", True), all_of("peak_rates"), all_of("onsets", True), all_of("offsets", True), all_of("prominences"),
        all_of("mean_rates"), all_of("n_subpeaks"), min((found.threshold for _, found in searched), default=np.inf), rate, settings,
        stretch=np.repeat(np.arange(len(searched)), [len(found) for _, found in searched]), seconds=recording.observed_duration,
    )  # fmt: skip


def bursts_in_rate(rate: NDArray[np.float64], settings: BurstSettings, largest: float | None = None) -> Bursts:
    """Find bursts in a smoothed rate (`scipy.signal.find_peaks` and `peak_widths`).

    rate: (n_bins,) Hz per unit, in bins of settings.bin_width; largest: Hz; the prominence is a fraction of it (by
    default the largest rate). A peak in the first or last bin is no burst.
    """
    from scipy.signal import find_peaks, peak_widths

    width = settings.bin_width
    if largest is None:
        largest = float(rate.max()) if len(rate) else 0.0
    if largest < settings.minimum_rate or largest == 0:
        none = np.empty(0)
        return Bursts(
            none,
            none,
            none,
            none,
            none,
            none,
            none,
            np.inf,
            rate,
            settings,
            np.empty(0, dtype=np.int64),
            len(rate) * width,
        )
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
        means, subpeaks, threshold, rate, settings, np.zeros(len(peaks), dtype=np.int64), len(rate) * width,
    )  # fmt: skip


def _inside(
    rate: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64], settings: BurstSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the number of sub-peaks and the mean rate between each burst's edges, which are given in bins."""
    from scipy.signal import find_peaks

    subpeaks, means = np.zeros(len(left)), np.zeros(len(left))
    distance = max(settings.subpeak_interval / settings.bin_width, 1)
    for i, (first, last) in enumerate(zip(left.astype(int), np.ceil(right).astype(int), strict=True)):
        burst = rate[first : last + 1]
        peaks, _ = find_peaks(burst, prominence=settings.subpeak_prominence * burst.max(), distance=distance)
        subpeaks[i], means[i] = max(len(peaks) - 1, 0), burst.mean()
    return subpeaks, means
