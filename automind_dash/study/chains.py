"""A path through development: circuits of consecutive ages are matched by optimal transport, so that together they move as little as
possible.

Nobody sees one culture's circuit change: each recording has its own set of circuits. Matched sets tell how far circuits would have had to
move at least, and along which parameters. The chain that moves least is one story that the recordings allow; the other chains show how
many more there are.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from ..circuit.parameters import NAMES, PARAMETERS
from ..errors import StudyError
from ..inference.estimators.prior import Prior
from ..invariance.scaling import to_unit
from .measuring import FIRST, SECOND
from .results import StudyResults

Floats = NDArray[np.float64]

ENOUGH_CIRCUITS = 8
"""Confirmed circuits that each recording of a chain needs; with fewer, its posterior's draws are matched."""

MOST = 200
"""Circuits of each recording that are matched: an assignment of 200 takes a hundredth of a second."""


@dataclass(frozen=True, eq=False)
class Chains:
    """Circuits of one replicate, followed from recording to recording.

    recordings: (m,) in order; orders: (m,) their ages; points: (n, m, 28) each chain's circuit at each recording, shares of ranges.
    moved: (m − 1,) mean distance of a step; null: (m − 1,) mean distance between matched draws given the two halves of one recording, the
    larger of both recordings'; shift: (m − 1, 28) mean move; null_shift: (m − 1, 28) by how much the halves' means differ; against: (m −
    1, 28) share of chains that move the other way. of_confirmed: whether the circuits are known to match, or are posterior draws.
    """

    replicate: str
    recordings: tuple[int, ...]
    orders: tuple[float, ...]
    points: Floats
    moved: Floats
    null: Floats
    shift: Floats
    null_shift: Floats
    against: Floats
    of_confirmed: bool

    @property
    def least(self) -> int:
        """The chain that moves least in total."""
        return int(np.argmin(np.linalg.norm(np.diff(self.points, axis=1), axis=2).sum(axis=1)))

    def had_to_change(self, step: int, count: int = 4) -> list[tuple[str, float, float]]:
        """Return (symbol, mean move in ranges, share of chains against it) of the parameters that moved more than halves differ, largest
        first."""
        error = np.diff(self.points, axis=1)[:, step].std(axis=0) / np.sqrt(len(self.points))
        beyond = np.abs(self.shift[step]) > np.maximum(self.null_shift[step], 2 * error)
        order = np.argsort(-np.abs(self.shift[step]), kind="stable")
        found = [int(j) for j in order if beyond[j]][:count]
        return [(PARAMETERS[j].symbol, float(self.shift[step, j]), float(self.against[step, j])) for j in found]

    def sentences(self) -> list[str]:
        """Return a sentence for each step."""
        told = []
        for step, (first, last) in enumerate(pairwise(self.orders)):
            moves = self.had_to_change(step)
            ratio = f"circuits move by {self.moved[step]:.2f}, halves of one recording by {self.null[step]:.2f}"
            if moves:
                said = ", ".join(
                    f"{symbol} {'up' if move > 0 else 'down'} by {abs(move):.0%} of its range ({against:.0%} of chains against)"
                    for symbol, move, against in moves
                )
                told.append(f"{self.replicate}, {first:g} to {last:g}: {said}; {ratio}.")
            else:
                told.append(
                    f"{self.replicate}, {first:g} to {last:g}: no parameter has to move by more than halves of a recording differ; {ratio}."
                )
        return told

    def table(self, prior: Prior) -> pd.DataFrame:
        """Return a row for each step and parameter, in table units, too."""
        ranges = prior.high - prior.low
        rows = [
            {
                "replicate": self.replicate, "from": self.recordings[s], "to": self.recordings[s + 1], "parameter": NAMES[j],
                "shift": self.shift[s, j] * ranges[j], "shift_of_range": self.shift[s, j], "null_of_range": self.null_shift[s, j],
                "against": self.against[s, j], "moved": self.moved[s], "moved_null": self.null[s],
            }
            for s in range(len(self.shift)) for j in range(len(NAMES))
        ]  # fmt: skip
        return pd.DataFrame(rows)


def matched(first: Floats, second: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
    """Match rows of two sets of points, (n, d) and (m, d). Return the matched rows, min(n, m) each, and their mean distance. The
    assignment is that of least squared distance (scipy.optimize.linear_sum_assignment).
    """
    cost = cdist(first, second, "sqeuclidean")
    rows, columns = linear_sum_assignment(cost)
    return rows.astype(np.int64), columns.astype(np.int64), float(np.sqrt(cost[rows, columns]).mean())


def follow(sets: list[Floats]) -> Floats:
    """(n, m, d) chains through m sets of points (n_i, d), each matched with the next; n is the smallest set's size."""
    if len(sets) < 2 or min(len(points) for points in sets) < 1:
        raise StudyError("A path needs two recordings or more, each with circuits.")
    n = min(len(points) for points in sets)
    chain = sets[0]
    if len(chain) > n:  # the points of the first set from which the smallest set can be reached
        chain = chain[matched(min(sets, key=len), chain)[1]]
    chains = [chain]
    for points in sets[1:]:
        rows, columns, _ = matched(chains[-1], points)
        ordered = np.empty_like(chains[-1])
        ordered[rows] = points[columns]
        chains.append(ordered)
    return np.stack(chains, axis=1)


def chains_of(results: StudyResults, replicate: str | None, prior: Prior, *, seed: int = 0) -> Chains:
    """Return the chains of one replicate through its recordings in order. Raises StudyError without an order, or for fewer than two
    recordings."""
    roles, rows = results.roles, results.metadata
    if roles.order is None:
        raise StudyError("A path through development needs a column with an order, such as age; name one with --order.")
    rows = rows if roles.replicate is None else rows[rows[roles.replicate].astype(str) == str(replicate)]
    rows = rows.dropna(subset=[roles.order]).sort_values(roles.order, kind="stable")
    recordings = [int(str(row)) for row in rows.index if len(results.draws_of(int(str(row))))]
    if len(recordings) < 2:
        raise StudyError(
            f"{replicate or 'The study'} has fewer than two recordings that the model can be asked about, so there is no path."
        )
    confirmed = all(len(results.circuits_of(one)) >= ENOUGH_CIRCUITS for one in recordings)
    rng = np.random.default_rng(seed)

    def some(theta: Floats) -> Floats:
        return to_unit(theta[np.sort(rng.permutation(len(theta))[:MOST])], prior)

    points = follow([some(results.circuits_of(one) if confirmed else results.draws_of(one)) for one in recordings])
    ages = {int(str(row)): float(age) for row, age in rows[roles.order].items()}
    steps = np.diff(points, axis=1)
    shift = steps.mean(axis=0)
    halves = [_halves(results, one, prior, len(points)) for one in recordings]
    pairs = list(pairwise(halves))
    return Chains(
        str(replicate or ""), tuple(recordings), tuple(ages[one] for one in recordings), points,
        np.linalg.norm(steps, axis=2).mean(axis=0), np.array([max(a[0], b[0]) for a, b in pairs]), shift,
        np.array([np.maximum(a[1], b[1]) for a, b in pairs]), (np.sign(steps) != np.sign(shift)).mean(axis=0), confirmed,
    )  # fmt: skip


def _halves(results: StudyResults, recording: int, prior: Prior, n: int) -> tuple[float, Floats]:
    """Return the mean distance between matched draws given either half, and by how much the halves' means differ (28,); 0 without draws
    of a half."""
    first, second = (to_unit(results.draws_of(recording, part), prior) for part in (FIRST, SECOND))
    if not len(first) or not len(second):
        return 0.0, np.zeros(len(NAMES))
    return matched(first[:n], second[:n])[2], np.abs(first.mean(axis=0) - second.mean(axis=0))
