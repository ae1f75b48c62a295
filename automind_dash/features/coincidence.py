"""Whether units fire together more often than by chance, and whether an event is an artefact.

A prominent peak of the population rate is a network burst only if more units take part than independent units would. In
a sparse young culture of independent units, peaks hold one spike each and chance sets the largest rate. The number of
independent units that fire within a window is Poisson-binomial: each unit fires with its probability in any window of
that length.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording

LONGEST_WINDOW = 0.1
"""s around a peak; units that fire within it take part."""

SHARES_OF_IT = (1.0, 0.3, 0.1)
"""Windows, as fractions of the longest. The longest shows a burst that recruits its units slowly, the shortest a sharp
burst of few units."""

SHORTEST_WINDOW = 0.002
"""s."""

USUAL_SHARE = 0.25
"""Largest share of units that may fire within a window by chance. Where units fire fast, the window is shorter."""

BLOCK = 60.0
"""s over which rates count as steady. While all units fire faster, they also fire together more often by chance."""

FEWEST = 3
"""Least number of units that must take part at any rates. Two units are no network."""

ARTEFACT_WINDOW = 0.001
"""s within which nearly all units see an artefact. The spikes of a burst spread over tens of ms."""

ARTEFACT_SHARE = 0.8
"""Share of the active units that take part in an artefact."""

ARTEFACT_ALONE = 0.8
"""Least share of the spikes within AROUND of an artefact that lie in it. An event that a burst follows is part of an evoked burst."""

AROUND = 0.05
"""s on either side of an artefact."""

FAR = 3.0
"""A peak is far above the rest when it is this many times as high as the next."""

RARE = 0.05
"""Largest share of peaks that may lie far above the rest. If there are more, they are bursts of another kind."""


def participation_windows(recording: Recording) -> list[float]:
    """Return the windows, s, around a peak within which units take part. They are shorter where units fire fast."""
    rates = recording.unit_rates[recording.unit_rates > 0]
    mean = float(rates.mean()) if len(rates) else 0.0
    longest = min(USUAL_SHARE / mean, LONGEST_WINDOW) if mean else LONGEST_WINDOW
    return [max(share * longest, SHORTEST_WINDOW) for share in SHARES_OF_IT]


def number_by_chance(p: NDArray[np.float64], level: float) -> int:
    """Return the least number of independent events, of probabilities p (n,), that is reached with probability `level` at most."""
    pmf = np.ones(1)
    for one in p:  # all terms are positive, so the tail is exact however small
        pmf = np.convolve(pmf, [1 - one, one])
    reached = np.cumsum(pmf[::-1])[::-1]
    return int((reached > level).sum())


def enough_units(p: NDArray[np.float64], level: float, windows: float, least_share: float) -> int:
    """Return the number of units in one window that independent units reach anywhere with probability `level` at most.

    p: (n_units,) probability that each unit fires within one window; windows: number of distinct windows, by which
    Bonferroni's bound divides the level; least_share: of the active units. The result is at least FEWEST.
    """
    active = p[p > 0]
    if not len(active):
        return FEWEST
    return max(number_by_chance(active, level / windows), int(np.ceil(least_share * len(active))), FEWEST)


def n_taking_part(recording: Recording, times: NDArray[np.float64], window: float) -> NDArray[np.int64]:
    """Return (n,) the number of units that fire within window / 2 (s) of each time (n,) s."""
    first = np.searchsorted(recording.spike_times, times - window / 2)
    last = np.searchsorted(recording.spike_times, times + window / 2, side="right")
    return np.array(
        [len(np.unique(recording.spike_units[a:b])) for a, b in zip(first, last, strict=True)], dtype=np.int64
    )


@dataclass(frozen=True, eq=False)
class Guard:
    """The number of units that must take part in a peak, in any one window, for it to count.

    least: for each window, s, the number in each successive block of BLOCK s. Rates may change from minute to minute,
    and independent units fire together more often while all of them fire faster.
    """

    least: dict[float, NDArray[np.int64]]

    @classmethod
    def of(cls, recording: Recording, level: float, step: float, least_share: float) -> Guard:
        """Return the guard for a recording. The windows share the level."""
        windows = participation_windows(recording)
        told_apart = max(recording.observed_duration / max(step, SHORTEST_WINDOW), 1.0)
        least = {}
        for window in windows:
            p = taking_part_by_chance(recording, window)
            each = [enough_units(block, level / len(windows), told_apart, least_share) for block in p]
            least[window] = np.array(each, dtype=np.int64)
        return cls(least)

    def passes(self, recording: Recording, times: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return (n,) whether enough units of a recording take part at times (n,) s."""
        found = np.zeros(len(times), dtype=bool)
        for window, least in self.least.items():
            block = np.minimum((times / BLOCK).astype(int), len(least) - 1)
            found |= n_taking_part(recording, times, window) >= least[block]
        return found


def taking_part_by_chance(recording: Recording, window: float) -> NDArray[np.float64]:
    """Return the (n_blocks, n_units) probability that each unit fires within a window (s): its share of windows with a spike.

    The larger of the shares in a block of BLOCK s and in the whole recording is taken. Shifting each unit's spikes in
    time at random would give the same shares and keep the unit's firing pattern: a unit that fires only in bursts takes
    part in few windows, however many spikes it has.
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
    """Return the times, s, of events that nearly all active units see within a millisecond, with almost no spikes around them."""
    active = int((np.bincount(recording.spike_units, minlength=recording.n_units) > 0).sum())
    least = max(int(np.ceil(ARTEFACT_SHARE * active)), 2 * FEWEST)
    times = recording.spike_times
    if active < 2 * FEWEST or len(times) < least:
        return np.empty(0)
    # first spikes of the windows that hold enough spikes
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
    """Return the recording without the spikes of artefacts. events: s, their starts."""
    if not len(events):
        return recording
    kept = np.ones(recording.n_spikes, dtype=bool)
    for event in events:
        low, high = np.searchsorted(recording.spike_times, [event - ARTEFACT_WINDOW, event + 2 * ARTEFACT_WINDOW])
        kept[low:high] = False
    return replace(recording, spike_times=recording.spike_times[kept], spike_units=recording.spike_units[kept])


def far_above(heights: NDArray[np.float64]) -> float:
    """Return the height above which peaks are far above the rest and too few to be another kind of burst; infinite without such peaks."""
    descending = np.sort(heights)[::-1]
    for n in range(min(max(int(RARE * len(heights)), 1), len(heights) - FEWEST), 0, -1):
        if descending[n - 1] > FAR * descending[n]:
            return float(descending[n])
    return float("inf")
