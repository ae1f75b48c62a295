"""Computes a walk, off the event loop: the path, one simulated step, and the check of all its points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....inference.asking.simulated import Simulated
from ....inference.asking.target import distance_to
from ....inference.asking.verification import RunMany, run_in_process, run_items
from ....invariance.paths import Path, path_between
from ....invariance.scaling import from_unit
from ...state.run_curves import RunCurves, curves_of
from .landscape import Landscape

N_POINTS = 20
"""Of a path and of its line: what is verified, and the steps of a walk."""

SEED = 1
"""Seed of every step, so that what changes on the way is the circuit and not its noise."""


@dataclass(frozen=True, eq=False)
class Step:
    """One simulated point: the run, its distance to the target, and its curves; a `Judge` says what its state is."""

    run: Simulated
    distance: float
    curves: RunCurves


@dataclass(frozen=True)
class Reached:
    """The result at a point of a path: the outcome of its run, empty if it was not simulated, and the distance to the target."""

    outcome: str = ""
    distance: float = float("inf")


def find_path(landscape: Landscape, start: NDArray, end: NDArray, *, should_stop: Callable[[], bool], **_: Any) -> Path:
    """Return the path between two configurations (28,) in table units. Raises SubspaceError."""
    first, last = landscape.unit(np.stack([start, end]))
    return path_between(
        landscape.density,
        first,
        last,
        samples=landscape.samples,
        gradient=landscape.gradient,
        n_points=N_POINTS,
        should_stop=should_stop,
    )


def simulate_point(u: NDArray[np.float64], landscape: Landscape, shown: float) -> Step:
    """Simulate one point (28,) as the estimator's training did; shown: s of its curves."""
    card, target = landscape.estimator.card, landscape.target
    items = run_items(from_unit(u[None], card.prior), [SEED], card, target, keep_recording=True)
    _, run = next(iter(run_in_process(items)))
    return Step(run, distance_to(target, run.outcome, run.vector, card), curves_of(run, card.plan.warm_up, shown))


def verify(
    path: Path,
    landscape: Landscape,
    run_many: RunMany,
    *,
    progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> tuple[list[Reached], list[Reached]]:
    """Simulate all points of the path and of the line, and return the result at each."""
    card, target = landscape.estimator.card, landscape.target
    points = np.vstack([path.points, path.line])
    items = run_items(from_unit(points, card.prior), [SEED + 1] * len(points), card, target)
    reached = [Reached()] * len(points)
    results = run_many(items)
    try:
        for done, (index, run) in enumerate(results, 1):
            reached[index] = Reached(run.outcome, distance_to(target, run.outcome, run.vector, card))
            progress(done / len(items))
            if should_stop():
                break
    finally:
        close = getattr(results, "close", None)
        if close is not None:
            close()
    return reached[: len(path.points)], reached[len(path.points) :]
