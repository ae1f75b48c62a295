"""Whether a sorter told many spikes twice, and the refractory period that mends it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..recording import Recording
from ..recording.facts.plausibility import MANY_SHORT, SHORT_INTERVAL, unit_intervals

PERIODS = (0.001, 0.0015, 0.002, 0.003)
"""s: refractory periods that are tried, shortest first; longer ones would take spikes of bursts."""

USUAL = (0.003, 0.01)
"""s: intervals between these are those of neurons, even in bursts."""

EXCESS = 2.0
"""How many times denser than the usual intervals those just above a period are, at most."""

STEP = 0.0005
"""s above a period in which the intervals are counted."""

FEWEST = 20
"""Intervals that a share needs."""


def short_share(recording: Recording) -> float:
    """Return the share of intervals between a unit's spikes that are under 1 ms; 0 with fewer than FEWEST intervals."""
    steps = unit_intervals(recording)
    return float((steps < SHORT_INTERVAL).mean()) if len(steps) >= FEWEST else 0.0


def mending_refractory(recording: Recording) -> float:
    """Return the shortest of PERIODS (s) above which intervals are no denser than EXCESS times the usual ones; 0 where few are short, or
    short ones are no denser than that, as in bursts of spikes that come independently.
    """
    if short_share(recording) <= MANY_SHORT:
        return 0.0
    steps = unit_intervals(recording)
    most = EXCESS * max(_density(steps, *USUAL), 1 / (USUAL[1] - USUAL[0]))
    if _density(steps, 0.0, SHORT_INTERVAL) <= most:
        return 0.0
    for period in PERIODS:
        if _density(steps, period, period + STEP) <= most:
            return period
    return PERIODS[-1]


def _density(steps: NDArray[np.float64], low: float, high: float) -> float:
    """Return how many intervals lie between two bounds (s), per s."""
    return float(((steps >= low) & (steps < high)).sum()) / (high - low)


def double_sentence(recording: Recording) -> str:
    """Say that a recording has double detections, and which setting leaves them out; empty where it has few."""
    share, period = short_share(recording), mending_refractory(recording)
    if not period:
        return ""
    return (
        f"{share:.0%} of the intervals between a unit's spikes are under 1 ms: double detections, or several cells in one unit. Set "
        f"Refractory to {1000 * period:g} ms (under Settings, or --refractory {1000 * period:g}): of spikes that follow sooner, "
        f"only the first is kept."
    )
