"""Simulations for the compare board: a batch whose results stream in, and reruns of one circuit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..inference.card import Card
from ..inference.simulated import Simulated
from ..inference.target import Target
from ..inference.verification import RunMany, run_items
from .run_curves import RunCurves, after_warm_up, curves_of, spectrum_curve
from .run_words import Rerun

BATCH_SECONDS = 1.0
"""s between updates of the page while results arrive: drawing six strips takes a tenth of that."""

OTHER_SEEDS = 5
"""Reruns that show a circuit's own variability; five tell its range to a factor of two."""

Arrived = Callable[[dict[int, Simulated], dict[int, RunCurves]], None]


def run_and_report(
    items: list[dict[str, Any]], numbers: list[int], arrived: Arrived, run_many: RunMany, warm_up: float, shown: float, *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> int:  # fmt: skip
    """Simulate items, hand results on with their curves in small batches, and return how many there were.

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


def rerun(
    run: Simulated, card: Card, target: Target, engine: str, run_many: RunMany, *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> list[Rerun]:  # fmt: skip
    """Run a circuit again: with OTHER_SEEDS new seeds on the fast engine, or with its own seed on the reference engine."""
    seeds = [run.seed] if engine == "reference" else [run.seed + 100_003 * (k + 1) for k in range(OTHER_SEEDS)]
    theta = np.tile(run.theta, (len(seeds), 1))
    items = run_items(theta, seeds, card, target, keep_recording=True, engine=engine)
    found = []
    for _, again in run_many(items):
        found.append(_without_spikes(again, engine, card, target))
        progress(len(found) / len(items))
        if should_stop():
            break
    return found


def _without_spikes(run: Simulated, engine: str, card: Card, target: Target) -> Rerun:
    """Return what is kept of a rerun."""
    distance, curve = float("inf"), (np.empty(0), np.empty(0))
    if run.outcome == "active":
        distance = float(card.distance(run.vector, target.vector)[0])
    if run.recording is not None and run.recording.n_spikes:
        curve = spectrum_curve(after_warm_up(run.recording, card.plan.warm_up).population("excitatory"))
    return Rerun(run.seed, engine, run.outcome, distance, *curve, run.vector)
