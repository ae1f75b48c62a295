"""Do units fire together more than chance brings them together? And is an event an artefact?

A prominent peak of the population rate is a network burst only where more units take part than independent ones would: a sparse young
culture of independent units has peaks of one spike each, and its largest rate is set by chance. The number of independent units
that fire within a window is Poisson-binomial, each unit firing with probability 1 − exp(−rate · window).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording

LONGEST_WINDOW = 0.1
"""s around a peak in which units count as taking part."""

SHARES_OF_IT = (1.0, 0.3, 0.1)
"""Windows that are looked at: a burst that recruits its units slowly is seen in the longest, a sharp one of few units in the shortest."""

SHORTEST_WINDOW = 0.002
"""s."""

USUAL_SHARE = 0.25
"""Of the units that fire within the window by chance, at most: of units that fire fast the window is shorter."""

FEWEST = 3
"""Units that must take part, whatever their rates: two are no network."""

ARTEFACT_WINDOW = 0.001
"""s within which an artefact is seen by nearly all units; spikes of a burst spread over tens of ms."""

ARTEFACT_SHARE = 0.8
"""Of the active units, that take part in an artefact."""

ARTEFACT_ALONE = 0.8
"""Of the spikes within AROUND of it, that lie in an artefact: what is followed by a burst is one that was evoked."""

AROUND = 0.05
"""s to either side of an artefact."""

FAR = 3.0
"""Times the next peak that one is higher which is far above the rest."""

RARE = 0.05
"""Of the peaks, at most, that are far above the rest: more of them are bursts of another kind."""


def participation_windows(recording: Recording) -> list[float]:
    """Return the windows, s, around a peak in which units count as taking part: shorter where units fire fast."""
    rates = recording.unit_rates[recording.unit_rates > 0]
    mean = float(rates.mean()) if len(rates) else 0.0
    longest = min(USUAL_SHARE / mean, LONGEST_WINDOW) if mean else LONGEST_WINDOW
    return [max(share * longest, SHORTEST_WINDOW) for share in SHARES_OF_IT]


def number_by_chance(p: NDArray[np.float64], level: float) -> int:
    """Return the least number of independent events of probabilities p (n,) that is reached with at most the probability `level`."""
    pmf = np.ones(1)
    for one in p:  # all terms are positive, so the tail is exact however small
        pmf = np.convolve(pmf, [1 - one, one])
    reached = np.cumsum(pmf[::-1])[::-1]
    return int((reached > level).sum())


def enough_units(recording: Recording, window: float, level: float, step: float, least_share: float) -> int:
    """Return how many units must fire within a window (s) for independent units to reach it anywhere with at most the probability `level`.

    step: s between windows that are told apart, the smoothing of the rate; least_share: of the active units. The bound over
    all windows is Bonferroni's. At least FEWEST.
    """
    rates = recording.unit_rates[recording.unit_rates > 0]
    if not len(rates):
        return FEWEST
    windows = max(recording.observed_duration / max(step, SHORTEST_WINDOW), 1.0)
    by_chance = number_by_chance(1 - np.exp(-rates * window), level / windows)
    return max(by_chance, int(np.ceil(least_share * len(rates))), FEWEST)


def n_taking_part(recording: Recording, times: NDArray[np.float64], window: float) -> NDArray[np.int64]:
    """(n,) units that fire within window / 2 (s) of each time (n,) s."""
    first = np.searchsorted(recording.spike_times, times - window / 2)
    last = np.searchsorted(recording.spike_times, times + window / 2, side="right")
    return np.array(
        [len(np.unique(recording.spike_units[a:b])) for a, b in zip(first, last, strict=True)], dtype=np.int64
    )


@dataclass(frozen=True)
class Guard:
    """How many units must take part in a peak for it to count: {window, s: units}; in one window or another."""

    least: dict[float, int]

    @classmethod
    def of(cls, recording: Recording, level: float, step: float, least_share: float) -> Guard:
        """Return the guard for a recording; the level is shared by the windows."""
        windows = participation_windows(recording)
        each = level / len(windows)
        return cls({window: enough_units(recording, window, each, step, least_share) for window in windows})

    def passes(self, recording: Recording, times: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(n,) whether enough units of a recording, or of a stretch of it, take part at times (n,) s."""
        found = np.zeros(len(times), dtype=bool)
        for window, least in self.least.items():
            found |= n_taking_part(recording, times, window) >= least
        return found


def artefacts(recording: Recording) -> NDArray[np.float64]:
    """Return the times, s, of events that nearly all active units see within a millisecond, with next to nothing around them."""
    active = int((np.bincount(recording.spike_units, minlength=recording.n_units) > 0).sum())
    least = max(int(np.ceil(ARTEFACT_SHARE * active)), 2 * FEWEST)
    times = recording.spike_times
    if active < 2 * FEWEST or len(times) < least:
        return np.empty(0)
    # first spikes of windows that hold enough of them
    starts = np.flatnonzero(times[least - 1 :] - times[: len(times) - least + 1] <= ARTEFACT_WINDOW)
    found: list[float] = []
    for start in starts:
        if found and times[start] - found[-1] < AROUND:
            continue
        end = np.searchsorted(times, times[start] + ARTEFACT_WINDOW, side="right")
        units = len(np.unique(recording.spike_units[start:end]))
        low, high = np.searchsorted(times, [times[start] - AROUND, times[start] + AROUND])
        if units >= least and end - start >= ARTEFACT_ALONE * (high - low):
            found.append(float(times[start]))
    return np.array(found)


def without_artefacts(recording: Recording, events: NDArray[np.float64]) -> Recording:
    """Return the recording without the spikes of artefacts, which began at these times (s)."""
    if not len(events):
        return recording
    kept = np.ones(recording.n_spikes, dtype=bool)
    for event in events:
        low, high = np.searchsorted(recording.spike_times, [event - ARTEFACT_WINDOW, event + 2 * ARTEFACT_WINDOW])
        kept[low:high] = False
    return replace(recording, spike_times=recording.spike_times[kept], spike_units=recording.spike_units[kept])


def far_above(heights: NDArray[np.float64]) -> float:
    """Return the height beyond which peaks are far above the rest and too few to be bursts of another kind; infinite where none is."""
    descending = np.sort(heights)[::-1]
    for n in range(min(max(int(RARE * len(heights)), 1), len(heights) - FEWEST), 0, -1):
        if descending[n - 1] > FAR * descending[n]:
            return float(descending[n])
    return float("inf")
