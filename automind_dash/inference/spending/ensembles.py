"""From a target to circuits that are known to match: draw, simulate, learn from the results, until there are enough.

What is the ensemble a sample of? The posterior proposes circuits, and each round prunes them: of `oversampling` times as many fresh draws
it keeps those that are likeliest to match, by a surrogate that has learned from the rounds before. A circuit is accepted when its
simulation is within the threshold. Every round draws anew from the whole posterior, so the ensemble does not collapse onto the first
match. Pruning narrows it, as it does on the page. Where few circuits match, rounds prune harder: that costs draws, which are cheap,
instead of simulations. Most of each round is then drawn near circuits that matched or, while these are few, near those that came nearest
(`resampling`). This makes families of relatives, which `parent` tells apart. With oversampling 1 nothing is pruned or drawn near, and the
ensemble is the consistent part of the posterior's draws.

A circuit that matches once may have been lucky with its seed. With `confirm`, each match is simulated again with so many more seeds, and
the search goes on until enough circuits have matched every time.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ...circuit.parameters import NAMES
from ...errors import ClusterError, EstimatorError
from ..asking.consistency import numbers_of
from ..asking.posterior import DEFAULT_OVERSAMPLING, MAX_SAMPLES
from ..asking.simulated import Simulated
from ..asking.target import Target
from ..asking.verification import RunMany, Tally, run_in_process, tally
from ..estimators.estimator import Estimator
from .lessons import Lessons, Repetition

ROUND, EASY_ROUND = 20, 40
"""Simulations between lessons, at most: a few seconds of two cores, and enough to learn from; more when most circuits match anyhow."""

SPARE = 1.15
"""A last round is larger by this factor than the yield so far suggests, so that another round is seldom needed."""

MOST = 0.5
"""While a smaller share of all runs matches, rounds prune harder and draw near the circuits that came nearest."""

HARDER, HARDEST = 2, 16
"""Each round prunes harder than the one before by the first factor, and harder than the first round by at most the second."""

NEAR = 0.75
"""Share of each round after the first that is drawn near matches and nearest misses; the rest comes from the whole posterior."""

MOST_REPETITIONS = 100
"""Seeds that a match can be confirmed with, at most."""

INTERRUPTED = "The search was stopped."
"""The text of `Ensemble.lost` after Ctrl-C."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Verified circuits, and what they cost.

    configurations: the consistent ones: published names, log_density, seed, outcome, distance, run (its number), parent (the run that it
    was drawn near, which need not have matched; -1 for a draw of the posterior), seeds (how many it was simulated with) and matched (with
    how many of these it matched); drawn, simulated, alive, consistent: counts; rejected_early: of the simulated, those given up before
    their time; model_seconds: s simulated, at most, repetitions among them; seconds: of wall time; oversampling: of the last round, the
    hardest; tally: of all simulated; fresh, near: of the posterior's draws among them, and of those drawn near others; step: how near, in
    the end; confirm: repetitions asked for of each match; repeated: what became of them; confirmed: circuits that matched every time, 0
    where none was repeated; repetitions: of each run whose circuit was simulated again, by its number; runs: all of them in the order of
    their draws, with distances, log_density and parents; lost: why there are no more, when the cluster was lost or Ctrl-C pressed
    (INTERRUPTED), else empty.
    """

    configurations: pd.DataFrame
    drawn: int
    simulated: int
    alive: int
    consistent: int
    rejected_early: int
    model_seconds: float
    seconds: float
    oversampling: int
    tally: Tally
    fresh: Tally
    near: Tally
    step: float
    runs: list[Simulated]
    distances: list[float]
    log_density: list[float]
    parents: list[int]
    lost: str = ""
    confirm: int = 0
    confirmed: int = 0
    repeated: Tally = field(default_factory=Tally)
    repetitions: dict[int, list[Repetition]] = field(default_factory=dict)

    @property
    def yield_(self) -> float:
        """Share of consistent runs among all simulated, including those given up early."""
        return self.tally.share

    @property
    def confirmed_yield(self) -> float | None:
        """The yield of circuits that match every time (`Tally.confirmed_share`); None where none was simulated again."""
        return self.tally.confirmed_share if self.tally.tested else None


def fit(
    target: Target,
    estimator: Estimator,
    *,
    want: int,
    budget: int = 1000,
    oversampling: int = DEFAULT_OVERSAMPLING,
    seed: int = 1,
    tolerance: float = 1.0,
    learn: bool = True,
    resample: bool = True,
    confirm: int = 0,
    run_many: RunMany = run_in_process,
    fields: dict[str, Any] | None = None,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    run_again: RunMany | None = None,
) -> Ensemble:
    """Find `want` consistent circuits, or as many as `budget` simulations give; with `confirm`, circuits that match so many times more.

    oversampling: of the first round; above 1 it rises, at most HARDEST-fold, while fewer than half match. tolerance: the factor on the
    estimator's threshold; learn: let each round prune by what the rounds before have shown; resample: draw most of each round near matches
    and nearest misses, while few match; confirm: seeds that each match is simulated with again, paid from the budget; run_many: runs items
    and yields results as they come; run_again: does so for the repetitions, `confirm` in a row for each circuit, where they are to be told
    apart; fields: of the items, such as keep_recording. Raises EstimatorError when the target cannot be asked about, and ClusterError when
    the cluster is lost before anything ran. When it is lost later, or on Ctrl-C, the runs so far are returned.
    """
    if want < 1 or budget < 1:
        raise EstimatorError(
            f"Cannot look for {want} circuits within {budget} simulations; both numbers must be at least 1."
        )
    if not 0 <= confirm <= MOST_REPETITIONS:
        raise EstimatorError(f"A match is confirmed with 0 to {MOST_REPETITIONS} more seeds, not {confirm}.")
    began = time.monotonic()
    lessons = Lessons(target, estimator, seed=seed, tolerance=tolerance, run_many=run_many, fields=fields)

    def count() -> int:
        return len(lessons.confirmed()) if confirm else lessons.consistent

    def done(spent: int) -> None:
        if progress is not None:
            progress(min(max(count() / want, spent / budget), 1.0))

    def stopped() -> bool:
        return should_stop is not None and should_stop()

    drawn_for_one, lost = oversampling, ""
    while count() < want and lessons.spent < budget and not stopped():
        try:
            if untested := _to_confirm(lessons, want, confirm, budget):
                lessons.repeat(untested, confirm, done, should_stop, run_again)
                continue
            missing = math.ceil((want - count()) / _share_confirmed(lessons))
            n = min(_round_size(missing, lessons.tally()), _payable(budget - lessons.spent, confirm, lessons.tally()))
            drawn_for_one = _oversampling(drawn_for_one, oversampling, lessons.tally())
            near = int(NEAR * n) if resample and _pays_to_resample(lessons, oversampling) else 0
            draws, parents = (
                lessons.draw(n - near, min(drawn_for_one, MAX_SAMPLES // (n - near))),
                np.full(n - near, -1),
            )
            if near:
                more, their_parents = lessons.draw_near(near)
                draws, parents = draws.joined(more), np.concatenate([parents, their_parents])
            lessons.run(draws, done, should_stop, parents)
            if learn and oversampling > 1 and count() < want:
                lessons.learn()
        except (ClusterError, KeyboardInterrupt) as error:
            if not lessons.runs:
                raise
            lost = INTERRUPTED if isinstance(error, KeyboardInterrupt) else str(error)
            break
    return _ensemble(lessons, want, drawn_for_one, time.monotonic() - began, lost, confirm)


def _to_confirm(lessons: Lessons, want: int, confirm: int, budget: int) -> list[int]:
    """Return the matches to simulate again next: in their order, as many as seem to be needed and can be paid."""
    if not confirm:
        return []
    untested = [number for number in numbers_of(lessons.states) if number not in lessons.again]
    needed = math.ceil((want - len(lessons.confirmed())) / _share_confirmed(lessons))
    return untested[: min(needed, (budget - lessons.spent) // confirm)]


def _payable(left: int, confirm: int, so_far: Tally) -> int:
    """Return how many circuits can be simulated such that their matches can be simulated again, too, by the yield so far."""
    share = (so_far.consistent + 1) / (so_far.n + 2)
    return max(int(left / (1 + confirm * share)), 1)


def _share_confirmed(lessons: Lessons) -> float:
    """Return the share of matches that will be confirmed, going by those tested so far (rule of succession; 1 before any)."""
    return (len(lessons.confirmed()) + 1) / (len(lessons.again) + 1)


def _round_size(missing: int, so_far: Tally) -> int:
    """Return how many circuits to simulate next, given how many consistent ones are missing."""
    if not so_far.consistent:
        return ROUND
    largest = EASY_ROUND if so_far.share >= MOST else ROUND
    return int(min(largest, max(math.ceil(SPARE * missing / so_far.share), 2)))


def _oversampling(last: int, first: int, so_far: Tally) -> int:
    """Return how many draws the next round makes for each one that it keeps."""
    if first == 1 or not so_far.n or so_far.share >= MOST:
        return last
    return min(HARDER * last, HARDEST * first, max(MAX_SAMPLES // ROUND, first))


def _pays_to_resample(lessons: Lessons, oversampling: int) -> bool:
    """Tell whether there are runs to start from, and too few matches to do without."""
    return (
        oversampling > 1
        and lessons.surrogate is not None
        and len(lessons.nearest(1)) > 0
        and lessons.tally().share < MOST
    )


def _ensemble(lessons: Lessons, want: int, oversampling: int, seconds: float, lost: str, confirm: int) -> Ensemble:
    runs, counts, confirmed = lessons.runs, lessons.tally(), lessons.confirmed()
    kept = numbers_of(lessons.states)
    if not confirm:
        kept = kept[:want]
    seeds, matched = lessons.times_matched(kept)
    repeated = [one for some in lessons.again.values() for one in some]
    table = pd.DataFrame([runs[i].theta for i in kept], columns=list(NAMES))
    table["log_density"] = [lessons.log_density[i] for i in kept]
    table["seed"] = [runs[i].seed for i in kept]
    table["outcome"] = [runs[i].outcome for i in kept]
    table["distance"] = [lessons.distances[i] for i in kept]
    table["run"] = kept
    table["parent"] = [lessons.parents[i] for i in kept]
    table["seeds"], table["matched"] = seeds, matched
    parents = np.array(lessons.parents, dtype=np.int64)
    plan = lessons.estimator.card.plan
    every = [*runs, *(one.run for one in repeated)]
    spent = float(np.sum([plan.total if run.rejected_after is None else run.rejected_after for run in every]))
    return Ensemble(
        table, lessons.drawn, len(runs), counts.consistent + counts.alive + counts.non_bursting, counts.consistent,
        lessons.rejected_early, spent, seconds, oversampling, counts,
        lessons.tally_of(np.flatnonzero(parents < 0)), lessons.tally_of(np.flatnonzero(parents >= 0)), lessons.step,
        runs, lessons.distances, lessons.log_density, lessons.parents, lost,
        confirm, len(confirmed), tally([one.state for one in repeated], [one.distance for one in repeated]), lessons.again,
    )  # fmt: skip
