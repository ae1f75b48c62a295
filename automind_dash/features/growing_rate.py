"""The population rate of a simulation that is still running."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording
from .rate import bin_of, counted_rate


class GrowingRate:
    """Rate of one population from `start` s on, for repeated calls while its recording grows. Only new spikes are binned.

    bin_width, start: s; group: label of the units, "excitatory"; all units count where none has this label.
    """

    def __init__(self, bin_width: float, start: float, group: str) -> None:
        self.bin_width, self.start, self.group = bin_width, start, group
        self._spikes_seen = 0
        self._counts = np.zeros(0, dtype=np.int64)

    def of(self, recording: Recording) -> NDArray[np.float64]:
        """Return (n_bins,) Hz, the `population_rate` of the population from start to the recording's end.

        recording: the same run as before, as far as it has come. Raises FeatureError when no bin fits yet.
        """
        chosen = np.array([label == self.group for label in recording.unit_groups], dtype=bool)
        first = max(self._spikes_seen, int(np.searchsorted(recording.spike_times, self.start)))
        last = recording.n_spikes
        times = recording.spike_times[first:last]
        if chosen.any() and not chosen.all():
            times = times[chosen[recording.spike_units[first:last]]]
        self._spikes_seen = last
        new = np.bincount(bin_of(times - self.start, self.bin_width), minlength=len(self._counts))
        new[: len(self._counts)] += self._counts
        self._counts = new
        n_units = int(chosen.sum()) or recording.n_units
        return counted_rate(self._counts, recording.duration - self.start, self.bin_width, n_units)
