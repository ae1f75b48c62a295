"""Simulate draws as an estimator's training simulations were made, and count the outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ClusterError, SimulationError
from ...features import yield_interval
from ..estimators.card import Card
from .consistency import CONSISTENT, is_confirmed
from .simulated import Simulated, simulate_item
from .target import Target

ALL_FAIL = 3
"""If this many items raise before any succeeds, the workers cannot simulate."""

FEW_UNITS = 1000
"""A target with fewer units is compared with simulations seen at its own number of units; from this number on, the number makes no
difference."""

RunMany = Callable[[list[dict[str, Any]]], Iterator[tuple[int, Simulated]]]


def units_seen(target: Target) -> int | None:
    """Return the number of units at which a simulation is analysed, to be compared with a target; None for all."""
    return target.n_units if target.n_units < FEW_UNITS else None


def run_items(
    theta: NDArray[np.float64], seeds: Iterable[int], card: Card, target: Target | None = None, **fields: Any
) -> list[dict[str, Any]]:
    """Return the job items that simulate configurations (n, 28) as for an estimator's training and analyse them as the target was seen."""
    seen = None if target is None else units_seen(target)
    common = {"feature_set": card.feature_set, "plan": card.plan, "n_units": seen} | fields
    return [{"theta": values, "seed": int(seed), **common} for values, seed in zip(theta, seeds, strict=True)]


def run_in_process(
    items: list[dict[str, Any]], *, should_stop: Callable[[], bool] | None = None
) -> Iterator[tuple[int, Simulated]]:
    """Yield (index, result) of each item, one after the other in this process, until should_stop says so, even within a simulation."""
    for index, item in enumerate(items):
        try:
            found = simulate_item(item if should_stop is None else item | {"should_stop": should_stop})
        except SimulationError:
            if should_stop is not None and should_stop():
                return
            raise
        yield index, found


def run_on_cluster(
    items: list[dict[str, Any]],
    *,
    label: str = "simulate",
    owner: str = "",
    started: Callable[[Any], None] | None = None,
) -> Iterator[tuple[int, Simulated]]:
    """Yield (index, result) of each item as the cluster finishes them; an item that raised is a failed simulation.

    started: gets the job, to pause it or to read its rate. Raises ClusterError when the first items all raise. A circuit's own failure is
    told in its result, so such errors mean that the workers cannot simulate at all (another version, a missing package).
    """
    from ... import jobs

    job = jobs.submit(simulate_item, items, label=label, owner=owner)
    if started is not None:
        started(job)
    try:
        waiting: list[tuple[int, Simulated]] | None = []
        for index, result in job.results():
            if not isinstance(result, jobs.Failure):
                yield from waiting or ()
                waiting = None
                yield index, result
            elif waiting is None:
                yield index, failed(items[index], result.error)
            else:
                waiting.append((index, failed(items[index], result.error)))
                if len(waiting) == ALL_FAIL:
                    raise ClusterError(f"The workers cannot run simulations: {result.error}")
        yield from waiting or ()
    finally:
        job.cancel()  # when the caller stops early; does nothing to a finished job


def failed(item: dict[str, Any], error: str) -> Simulated:
    """Return the result of an item that could not be simulated."""
    nothing = np.full(len(item["feature_set"]), np.nan)
    return Simulated(np.asarray(item["theta"]), item["seed"], "failed", nothing, error=error)


@dataclass(frozen=True)
class Tally:
    """Counts of circuits by outcome. non_bursting: active, but without the burst features that the estimator needs.

    tested: of the consistent ones, those that were simulated again with other seeds; confirmed: of these, those that matched every time.
    """

    consistent: int = 0
    alive: int = 0
    non_bursting: int = 0
    silent: int = 0
    saturated: int = 0
    failed: int = 0
    tested: int = 0
    confirmed: int = 0

    @property
    def n(self) -> int:
        """Circuits simulated."""
        return self.consistent + self.alive + self.non_bursting + self.silent + self.saturated + self.failed

    @property
    def share(self) -> float:
        """The yield: consistent circuits of all simulated ones; NaN before the first."""
        return self.consistent / self.n if self.n else float("nan")

    @property
    def confirmed_share(self) -> float:
        """The confirmed yield: the yield times the share of tested matches that matched every time; NaN before the first test."""
        return self.share * self.confirmed / self.tested if self.tested else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the yield (Wilson)."""
        return yield_interval(self.consistent, self.n)


def tally(
    states: Iterable[str], distances: Iterable[float], seeds: Sequence[int] = (), matched: Sequence[int] = ()
) -> Tally:
    """Count circuits as they were judged (`consistency.Judge`), with their distances; circuits that were not simulated are left out.

    seeds, matched: (n,) with how many seeds each was simulated and with how many of them it matched; none where all had one.
    """
    counts = {part.name: 0 for part in fields(Tally)}
    states = list(states)
    for state, distance in zip(states, distances, strict=True):
        if state:
            counts["non_bursting" if state == "alive" and not np.isfinite(distance) else state] += 1
    if len(seeds):
        tested = (np.array(states, dtype=np.str_) == CONSISTENT) & (np.asarray(seeds) > 1)
        counts |= {"tested": int(tested.sum()), "confirmed": int((tested & is_confirmed(seeds, matched)).sum())}
    return Tally(**counts)
