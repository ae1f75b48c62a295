"""Do units fire together more than chance brings them together? And is an event an artefact?

A prominent peak of the population rate is a network burst only where more units take part than independent ones would: a sparse young
culture of independent units has peaks of one spike each, and its largest rate is set by chance. The number of independent units
that fire within a window is Poisson-binomial, each unit firing with the probability that it has in any window of that length.
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

BLOCK = 60.0
"""s over which rates are taken to be steady: where all units fire faster for a while, they come together more often by chance, too."""

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


def enough_units(p: NDArray[np.float64], level: float, windows: float, least_share: float) -> int:
    """Return how many units must fire within a window for independent units to reach it anywhere with at most the probability `level`.

    p: (n_units,) probability that each fires within one window; windows: that are told apart, by which Bonferroni's bound divides
    the level; least_share: of the active units. At least FEWEST.
    """
    active = p[p > 0]
    if not len(active):
        return FEWEST
    return max(number_by_chance(active, level / windows), int(np.ceil(least_share * len(active))), FEWEST)


def n_taking_part(recording: Recording, times: NDArray[np.float64], window: float) -> NDArray[np.int64]:
    """(n,) units that fire within window / 2 (s) of each time (n,) s."""
    first = np.searchsorted(recording.spike_times, times - window / 2)
    last = np.searchsorted(recording.spike_times, times + window / 2, side="right")
    return np.array(
        [len(np.unique(recording.spike_units[a:b])) for a, b in zip(first, last, strict=True)], dtype=np.int64
    )


@dataclass(frozen=True, eq=False)
class Guard:
    """How many units must take part in a peak for it to count, in one window or another.

    least: for each window, s, the number in each successive block of BLOCK s: rates may change from minute to minute, and units that
    are independent come together more often while all of them fire faster.
    """

    least: dict[float, NDArray[np.int64]]

    @classmethod
    def of(cls, recording: Recording, level: float, step: float, least_share: float) -> Guard:
        """Return the guard for a recording; the level is shared by the windows."""
        windows = participation_windows(recording)
        told_apart = max(recording.observed_duration / max(step, SHORTEST_WINDOW), 1.0)
        least = {}
        for window in windows:
            p = taking_part_by_chance(recording, window)
            each = [enough_units(block, level / len(windows), told_apart, least_share) for block in p]
            least[window] = np.array(each, dtype=np.int64)
        return cls(least)

    def passes(self, recording: Recording, times: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(n,) whether enough units of a recording take part at times (n,) s."""
        found = np.zeros(len(times), dtype=bool)
        for window, least in self.least.items():
            block = np.minimum((times / BLOCK).astype(int), len(least) - 1)
            found |= n_taking_part(recording, times, window) >= least[block]
        return found


def taking_part_by_chance(recording: Recording, window: float) -> NDArray[np.float64]:
    """(n_blocks, n_units) probability that each unit fires within a window (s): the share of windows in which it does.

    Of a block of BLOCK s or of the whole recording, whichever is larger. So it would be with each unit's spikes shifted in time at random,
    which keeps how it fires: a unit that fires only in bursts takes part in few windows, however many spikes it has.
    """
    n, units = max(round(recording.duration / BLOCK), 1), recording.n_units
    bins = (recording.spike_times / window).astype(np.int64)
    pairs = np.unique(bins * units + recording.spike_units)
    block = np.minimum((pairs // units * window / BLOCK).astype(np.int64), n - 1)
    taken = np.bincount(block * units + pairs % units, minlength=n * units).reshape(n, units)
    seconds = np.full(n, BLOCK)
    seconds[-1] = recording.duration - BLOCK * (n - 1)
    local = taken / np.maximum(seconds[:, None] / window, 1.0)
    overall = taken.sum(axis=0) / max(recording.duration / window, 1.0)
    return np.minimum(np.maximum(local, overall), 1.0)


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
