"""When units were seen: intervals of time, in seconds, outside which a recording says nothing.

A recording that was seen throughout holds none of them, `()`. Else it holds one array (n_intervals, 2) for all units, or one for each.
Intervals are ascending and do not touch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import RecordingError

Intervals = NDArray[np.float64]
"""(n_intervals, 2) start and stop, s, ascending, apart."""

Observed = tuple[Intervals, ...]
"""() for throughout; one `Intervals` for all units; or one for each unit."""

JOIN = 1e-6
"""s; intervals no farther apart are one."""

ROUNDING = 1e-9
"""s; a spike at the edge of an interval lies in it, however both were rounded."""

MAX_INTERVALS = 1_000_000
"""Of all units together, 16 MB."""


def intervals(values: ArrayLike, duration: float, name: str = "recording") -> Intervals:
    """Return intervals in order, joined where they touch or overlap, cut to 0 … duration (s).

    values: (n, 2) s. Raises RecordingError for other shapes, NaN, and intervals that end before they begin.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] != 2 or len(given) > MAX_INTERVALS:
        raise RecordingError(
            f"{name}: observation times of shape {given.shape}; each interval needs a start and a stop."
        )
    if np.isnan(given).any() or (given[:, 1] < given[:, 0]).any():
        raise RecordingError(f"{name}: an observation time is NaN, or ends before it begins.")
    given = np.clip(given, 0.0, duration)
    given = given[given[:, 1] > given[:, 0]]
    if not len(given):
        return given
    given = given[np.argsort(given[:, 0], kind="stable")]
    reached = np.maximum.accumulate(given[:, 1])
    begins = np.concatenate([[True], given[1:, 0] > reached[:-1] + JOIN])
    ends = np.concatenate([begins[1:], [True]])
    return np.column_stack([given[begins, 0], reached[ends]])


def normalised(observed: Any, n_units: int, duration: float, name: str = "recording") -> Observed:
    """Return observation times as a Recording keeps them: (), one array for all units, or one for each.

    observed: None or () for throughout; (n, 2) for all units; or a sequence of n_units such arrays. Raises RecordingError.
    """
    if observed is None or (isinstance(observed, Sequence) and not len(observed)):
        return ()
    if isinstance(observed, np.ndarray) and observed.ndim == 2:
        observed = (observed,)
    each = tuple(intervals(one, duration, name) for one in observed)
    if len(each) not in (1, n_units):
        raise RecordingError(f"{name}: observation times of {len(each)} units for {n_units} units.")
    if all(np.array_equal(one, each[0]) for one in each[1:]):
        each = each[:1]
    whole = np.array([[0.0, duration]])
    if len(each) == 1 and each[0].shape == whole.shape and np.allclose(each[0], whole, atol=JOIN, rtol=0):
        return ()
    for one in each:
        one.setflags(write=False)
    return each


def seconds_of(observed: Observed, n_units: int, duration: float) -> NDArray[np.float64]:
    """(n_units,) s for which each unit was seen."""
    if not observed:
        return np.full(n_units, duration)
    each = np.array([float(np.diff(one, axis=1).sum()) for one in observed])
    return np.full(n_units, each[0]) if len(each) == 1 else each


def cut(observed: Observed, start: float, stop: float) -> list[Intervals]:
    """Return the part between start and stop (s), with times counted from start."""
    parts = []
    for one in observed:
        inside = np.clip(one, start, stop) - start
        parts.append(inside[inside[:, 1] > inside[:, 0]])
    return parts


def anyone(observed: Observed, duration: float) -> Intervals:
    """Return when at least one unit was seen."""
    if not observed:
        return np.array([[0.0, duration]])
    return intervals(np.concatenate(observed), duration)


def gaps(observed: Observed, duration: float) -> Intervals:
    """Return when no unit was seen, (n_gaps, 2) s."""
    seen = anyone(observed, duration)
    edges = np.concatenate([[0.0], seen.ravel(), [duration]]).reshape(-1, 2)
    return edges[edges[:, 1] - edges[:, 0] > JOIN]


def inside(times: NDArray[np.float64], seen: Intervals) -> NDArray[np.bool_]:
    """(n,) which of the times (s) lie in the intervals, ends included."""
    if not len(seen):
        return np.zeros(len(times), dtype=bool)
    place = np.searchsorted(seen[:, 0], times + ROUNDING, side="right") - 1
    return (place >= 0) & (times <= seen[np.maximum(place, 0), 1] + ROUNDING)


def which(times: NDArray[np.float64], seen: Intervals) -> NDArray[np.int64]:
    """(n,) the number of the interval that each time (s) lies in, -1 outside all."""
    if not len(seen):
        return np.full(len(times), -1)
    place = np.searchsorted(seen[:, 0], times + ROUNDING, side="right") - 1
    return np.where(inside(times, seen), place, -1)


def stretches(observed: Observed, n_units: int, duration: float) -> list[tuple[float, float, NDArray[np.bool_]]]:
    """Return (start, stop, units) of the stretches over which the same units were seen throughout, at least one; units: (n_units,) bool."""
    if not observed:
        return [(0.0, duration, np.ones(n_units, dtype=bool))]
    if len(observed) == 1:
        return [(float(a), float(b), np.ones(n_units, dtype=bool)) for a, b in observed[0]]
    edges = np.unique(np.concatenate([one.ravel() for one in observed]))
    edges = edges[np.concatenate([[True], np.diff(edges) > JOIN])]
    found: list[tuple[float, float, NDArray[np.bool_]]] = []
    for start, stop in pairwise(edges.tolist()):
        units = np.array([bool(inside(np.array([(start + stop) / 2]), one)[0]) for one in observed])
        if not units.any():
            continue
        if found and found[-1][1] >= start - JOIN and np.array_equal(found[-1][2], units):
            found[-1] = (found[-1][0], stop, units)
        else:
            found.append((start, stop, units))
    return found


def visits(times: NDArray[np.float64], units: NDArray[np.int32], observed: Observed) -> NDArray[np.int64]:
    """(n_spikes,) the number of the interval of its unit that each spike lies in, -1 outside all; 0 where all was seen.

    times: (n_spikes,) s; units: (n_spikes,) from 0.
    """
    if not observed:
        return np.zeros(len(times), dtype=np.int64)
    if len(observed) == 1:
        return which(times, observed[0])
    found = np.full(len(times), -1, dtype=np.int64)
    order = np.argsort(units, kind="stable")
    edges = np.searchsorted(units[order], np.arange(len(observed) + 1))
    for unit, seen in enumerate(observed):
        own = order[edges[unit] : edges[unit + 1]]
        found[own] = which(times[own], seen)
    return found
