"""Intervals of time: joined where they touch, cut out of one another. All are (n, 2) float64, s."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def union(intervals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return intervals in order, those that touch or overlap as one; empty and backward ones are left out."""
    rows = np.asarray(intervals, dtype=np.float64).reshape(-1, 2)
    rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, 1] > rows[:, 0])]
    if len(rows) < 2:
        return rows
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    reach = np.maximum.accumulate(rows[:, 1])
    begins = np.concatenate([[True], rows[1:, 0] > reach[:-1]])
    last = np.concatenate([np.flatnonzero(begins)[1:] - 1, [len(rows) - 1]])
    return np.column_stack([rows[begins, 0], reach[last]])


def without(start: float, stop: float, cut: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the parts of the stretch from start to stop outside the intervals."""
    out, at = [], start
    for first, last in union(cut):
        if first > at:
            out.append((at, min(first, stop)))
        at = max(at, last)
        if at >= stop:
            break
    if at < stop:
        out.append((at, stop))
    return np.array(out, dtype=np.float64).reshape(-1, 2)
