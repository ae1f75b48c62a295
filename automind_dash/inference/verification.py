"""From draws to circuits that are known to match: simulate, compare, keep the consistent ones, count honestly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..circuit.parameters import NAMES
from ..errors import EstimatorError, SimulationError
from ..features import yield_interval
from .card import Card
from .estimator import Estimator
from .posterior import DEFAULT_OVERSAMPLING, sample
from .simulated import Simulated, simulate_item
from .target import Target

FEW_UNITS = 1000
"""Targets with fewer units are compared with simulations that are seen at the target's number of units; above it all are alike."""

ROUND = 40
"""Simulations between looks at whether there are enough: a few seconds of two cores."""

RunMany = Callable[[list[dict[str, Any]]], Iterator[tuple[int, Simulated]]]


def units_seen(target: Target) -> int | None:
    """Return at how many units a simulation is analysed to be compared with a target; None for all."""
    return target.n_units if target.n_units < FEW_UNITS else None


def run_items(
    theta: NDArray[np.float64], seeds: Iterable[int], card: Card, target: Target | None = None, **fields: Any
) -> list[dict[str, Any]]:
    """Return the job items that simulate configurations (n, 28) as an estimator's training did and a target was seen."""
    seen = None if target is None else units_seen(target)
    common = {"feature_set": card.feature_set, "plan": card.plan, "n_units": seen} | fields
    return [{"theta": values, "seed": int(seed), **common} for values, seed in zip(theta, seeds, strict=True)]


def run_in_process(
    items: list[dict[str, Any]], *, should_stop: Callable[[], bool] | None = None
) -> Iterator[tuple[int, Simulated]]:
    """Yield (index, result) of each item, one after the other in this process, until should_stop says so: within a simulation, too."""
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

    started: gets the job, to pause it or to read its rate.
    """
    from .. import jobs

    job = jobs.submit(simulate_item, items, label=label, owner=owner)
    if started is not None:
        started(job)
    try:
        for index, result in job.results():
            yield index, failed(items[index], result.error) if isinstance(result, jobs.Failure) else result
    finally:
        job.cancel()  # when the caller stops early; does nothing to a finished job


def failed(item: dict[str, Any], error: str) -> Simulated:
    """Return the result of an item that could not be simulated."""
    nothing = np.full(len(item["feature_set"]), np.nan)
    return Simulated(np.asarray(item["theta"]), item["seed"], "failed", nothing, error=error)


@dataclass(frozen=True)
class Tally:
    """How many circuits came to what. non_bursting: active, but without the burst features that the estimator needs."""

    consistent: int = 0
    alive: int = 0
    non_bursting: int = 0
    silent: int = 0
    saturated: int = 0
    failed: int = 0

    @property
    def n(self) -> int:
        """Circuits simulated."""
        return self.consistent + self.alive + self.non_bursting + self.silent + self.saturated + self.failed

    @property
    def share(self) -> float:
        """The yield: consistent of all simulated; NaN before the first."""
        return self.consistent / self.n if self.n else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the yield (Wilson)."""
        return yield_interval(self.consistent, self.n)


def tally(outcomes: Iterable[str], distances: Iterable[float], threshold: float) -> Tally:
    """Count outcomes ("active", "silent", "saturated", "failed") with their distances (infinite where a feature is undefined)."""
    counts = dict.fromkeys(("consistent", "alive", "non_bursting", "silent", "saturated", "failed"), 0)
    for became, distance in zip(outcomes, distances, strict=True):
        if became != "active":
            counts[became] += 1
        elif not np.isfinite(distance):
            counts["non_bursting"] += 1
        else:
            counts["consistent" if distance <= threshold else "alive"] += 1
    return Tally(**counts)


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Verified circuits, and what they cost.

    configurations: the consistent ones: published names, log_density, seed, outcome, distance; drawn, simulated, alive,
    consistent: counts; seconds: of wall time; tally: of all simulated.
    """

    configurations: pd.DataFrame
    drawn: int
    simulated: int
    alive: int
    consistent: int
    seconds: float
    tally: Tally

    @property
    def yield_(self) -> float:
        """Consistent of all simulated."""
        return self.tally.share


def fit(
    target: Target,
    estimator: Estimator,
    *,
    want: int,
    budget: int = 1000,
    oversampling: int = DEFAULT_OVERSAMPLING,
    seed: int = 1,
    tolerance: float = 1.0,
    run_many: RunMany = run_in_process,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Ensemble:
    """Sample, simulate and keep the consistent circuits, until there are `want` or `budget` simulations are spent.

    tolerance: times the estimator's threshold; run_many: runs items and yields results as they come. Circuits are simulated in the order in
    which they were drawn, each with a seed derived from `seed` and its number, so that a rerun finds the same ones.
    Raises EstimatorError when the target cannot be asked about.
    """
    if want < 1 or budget < 1:
        raise EstimatorError(f"{want} circuits within {budget} simulations cannot be looked for; both are at least 1.")
    card, began = estimator.card, time.monotonic()
    draws = sample(estimator, target.vector, budget, seed=seed, oversampling=oversampling, should_stop=should_stop)
    seeds = np.random.default_rng([seed, 0xF17]).integers(0, 2**31, len(draws))
    runs: dict[int, Simulated] = {}
    distance: dict[int, float] = {}
    for start in range(0, len(draws), ROUND):
        stop = min(start + ROUND, len(draws))
        items = run_items(draws.theta[start:stop], seeds[start:stop], card, target)
        for index, run in run_many(items):
            runs[start + index] = run
            distance[start + index] = float(card.distance(run.vector, target.vector)[0])
            found = sum(value <= tolerance * card.threshold for value in distance.values())
            if progress is not None:
                progress(min(max(found / want, len(runs) / budget), 1.0))
            if should_stop is not None and should_stop():
                break
        if found >= want or (should_stop is not None and should_stop()):
            break
    return _ensemble(draws, runs, distance, tolerance * card.threshold, want, oversampling, time.monotonic() - began)


def _ensemble(
    draws: Any,
    runs: dict[int, Simulated],
    distance: dict[int, float],
    threshold: float,
    want: int,
    oversampling: int,
    seconds: float,
) -> Ensemble:
    numbers = sorted(runs)
    counts = tally((runs[i].outcome for i in numbers), (distance[i] for i in numbers), threshold)
    kept = [i for i in numbers if distance[i] <= threshold][:want]
    table = pd.DataFrame(draws.theta[kept], columns=list(NAMES))
    table["log_density"] = draws.log_density[kept]
    table["seed"] = [runs[i].seed for i in kept]
    table["outcome"] = [runs[i].outcome for i in kept]
    table["distance"] = [distance[i] for i in kept]
    alive = counts.consistent + counts.alive + counts.non_bursting
    return Ensemble(table, len(draws) * oversampling, len(runs), alive, counts.consistent, seconds, counts)
