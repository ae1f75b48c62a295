"""Simulations for the compare board: batches whose results stream in, the runs of a search, and reruns of one circuit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...inference.asking.circuit_run import analysed_part
from ...inference.asking.simulated import Simulated
from ...inference.asking.target import Target
from ...inference.asking.verification import RunMany, run_items
from ...inference.estimators.card import Card, SimulationPlan
from ...recording import Recording
from ..widgets.quantities import spoken
from .examined import MAX_KEPT_SPIKES
from .run_curves import RunCurves, curves_of, spectrum_curve
from .run_words import Rerun

BATCH_SECONDS = 1.0
"""s between updates of the page while results arrive; drawing six strips takes a tenth of that."""

OTHER_SEEDS = 5
"""Reruns that show a circuit's own variability; five give its range to within a factor of two."""

LONGEST = 600.0
"""The longest that a circuit can be asked to run, in s after the warm-up."""

Arrived = Callable[[dict[int, Simulated], dict[int, RunCurves]], None]


def run_and_report(
    items: list[dict[str, Any]], numbers: list[int], arrived: Arrived, run_many: RunMany, warm_up: float, shown: float, *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> int:  # fmt: skip
    """Simulate items, hand on results and curves in small batches, and return how many there were.

    numbers: of the configurations; warm_up, shown: s, for the curves.
    """
    batch: dict[int, Simulated] = {}
    curves: dict[int, RunCurves] = {}
    done, last = 0, time.monotonic()
    results = run_many(items)
    try:
        for index, run in results:
            batch[numbers[index]] = run
            curves[numbers[index]] = curves_of(run, warm_up, shown)
            done += 1
            progress(done / len(items))
            if time.monotonic() - last > BATCH_SECONDS:
                arrived(batch, curves)
                batch, curves, last = {}, {}, time.monotonic()
            if should_stop():
                break
    finally:
        close = getattr(results, "close", None)
        if close is not None:
            close()
        if batch:
            arrived(batch, curves)
    return done


class SearchRuns:
    """Runs of a search as they arrive, in the search's thread. Their curves are worked out at once, and the spikes of the last runs are
    kept. `again` runs the repetitions of matches, `confirm` in a row for each circuit, of which only the results are kept.

    The search holds its runs until it ends, so it gets them without spikes; `rejoined` puts the spikes back.
    """

    def __init__(
        self, run_many: RunMany, warm_up: float, shown: float, matches: Callable[[Simulated], bool] = lambda _: False, confirm: int = 0
    ) -> None:  # fmt: skip
        self._run_many, self._warm_up, self._shown, self._matches = run_many, warm_up, shown, matches
        self._confirm = confirm
        self.simulated = self.matched = self.repeated = self.tested = self.confirmed = 0
        self._began = time.monotonic()
        self.curves: dict[Simulated, RunCurves] = {}
        self._recordings: dict[Simulated, Recording] = {}
        self._spikes = 0

    def __call__(self, items: list[dict[str, Any]]) -> Iterator[tuple[int, Simulated]]:
        """Run items, as `run_many` does."""
        results = self._run_many(items)
        try:
            for index, run in results:
                self.simulated += 1
                self.matched += self._matches(run)
                yield index, self._without_its_spikes(run)
        finally:
            close = getattr(results, "close", None)
            if close is not None:
                close()

    def again(self, items: list[dict[str, Any]]) -> Iterator[tuple[int, Simulated]]:
        """Run the repetitions of circuits, and count the circuits that match every time."""
        done: dict[int, list[bool]] = {}
        results = self._run_many(items)
        try:
            for index, run in results:
                self.repeated += 1
                matches = done.setdefault(index // self._confirm, [])
                matches.append(self._matches(run))
                if len(matches) == self._confirm:
                    self.tested += 1
                    self.confirmed += all(matches)
                yield index, run
        finally:
            close = getattr(results, "close", None)
            if close is not None:
                close()

    def so_far(self, want: int, budget: int) -> str:
        """Return in two lines what was found, confirmed and simulated, how quickly, and how long the rest takes at this pace."""
        spent, there = self.simulated + self.repeated, self.confirmed if self._confirm else self.matched
        found = f"{self.matched} found, {self.confirmed} confirmed" if self._confirm else f"{there} found"
        told = f"{found}\n{spent:,} of {budget:,} simulations"
        if not spent:
            return told
        rate = spent / max(time.monotonic() - self._began, 1e-9)
        each = spent / there if there else float("inf")
        left = min(budget - spent, (want - there) * each)
        return f"{told}  ·  {rate:.2g}/s  ·  at most {spoken(max(left, 0) / rate)} left"

    def _without_its_spikes(self, run: Simulated) -> Simulated:
        kept = replace(run, recording=None)
        self.curves[kept] = curves_of(run, self._warm_up, self._shown)
        if run.recording is not None:
            self._recordings[kept] = run.recording
            self._spikes += run.recording.n_spikes
        while self._spikes > MAX_KEPT_SPIKES:  # the page would drop the oldest as well
            self._spikes -= self._recordings.pop(next(iter(self._recordings))).n_spikes
        return kept

    def rejoined(self, runs: Sequence[Simulated]) -> list[Simulated]:
        """Return runs with their spikes, as far as the spikes are kept."""
        return [replace(run, recording=self._recordings.get(run)) for run in runs]


def rerun(
    run: Simulated, card: Card, target: Target, engine: str, run_many: RunMany, *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> list[Rerun]:  # fmt: skip
    """Run a circuit again for as long: with OTHER_SEEDS new seeds on the fast engine, or with its own seed on the reference engine."""
    seeds = [run.seed] if engine == "reference" else [run.seed + 100_003 * (k + 1) for k in range(OTHER_SEEDS)]
    theta = np.tile(run.theta, (len(seeds), 1))
    items = run_items(theta, seeds, card, target, keep_recording=True, engine=engine, plan=plan_of(run, card))
    found = []
    for _, again in run_many(items):
        found.append(_without_spikes(again, engine, card, target))
        progress(len(found) / len(items))
        if should_stop():
            break
    return found


def plan_of(run: Simulated, card: Card) -> SimulationPlan:
    """Return the plan that a circuit was run by, with the duration that the user chose; the card's where that is not known."""
    asked = None if run.recording is None else run.recording.provenance.get("asked_s")  # may come from a session file
    if not isinstance(asked, int | float) or not 0 < asked - card.plan.warm_up <= LONGEST:
        return card.plan
    return replace(card.plan, duration=asked - card.plan.warm_up)


def _without_spikes(run: Simulated, engine: str, card: Card, target: Target) -> Rerun:
    """Return what is kept of a rerun."""
    distance, curve = float("inf"), (np.empty(0), np.empty(0))
    if run.outcome == "active":
        distance = float(card.distance(run.vector, target.vector)[0])
    if run.recording is not None and run.recording.n_spikes:
        curve = spectrum_curve(analysed_part(run.recording, card.plan.warm_up))
    return Rerun(run.seed, engine, run.outcome, distance, *curve, run.vector)
