"""A posterior sharpened for one target by simulations of its own (sequential neural estimation, truncated).

Draws of the amortised posterior are simulated in rounds. The results of each round correct the surrogate near the target (`adaptation`).
The next round is drawn where the corrected surrogate expects matches. Half of it comes from a wider choice, so that the surrogate does
not learn only about circuits that it already favours. Proposals never leave the amortised posterior's support: the prior is truncated to
it, as in Deistler et al. 2022, and no importance weights are needed. The flow itself is not trained again, and the amortised estimator
stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimatorError
from ..asking.posterior import DEFAULT_OVERSAMPLING, Samples, sample
from ..asking.provenance import Refined
from ..asking.target import Target
from ..asking.verification import RunMany, Tally, run_in_process
from ..estimators.estimator import Estimator
from ..estimators.surrogate import Surrogate
from .lessons import Lessons

MINIMUM_SIMULATIONS = 60
"""Fewer simulations can measure the yield neither before nor after."""

MEASURED_BY, MEASURED_SHARE = 100, 0.25
"""Simulations that measure the yield before and again after: a quarter of all for each, at most this many."""

ROUNDS, WIDE = 4, 4
"""Rounds of learning; the wider half of each round keeps one draw of this many."""


@dataclass(frozen=True, eq=False)
class Refinement:
    """What was learned for one target.

    surrogate: prunes by it; before, after: outcomes of equally many pruned draws of each; simulated: all simulations spent, of which
    rejected_early ended early; seconds: of wall time.
    """

    estimator: str
    target: NDArray[np.float64]
    surrogate: Surrogate
    before: Tally
    after: Tally
    simulated: int
    rejected_early: int
    oversampling: int
    seed: int
    seconds: float
    tolerance: float = 1.0

    @property
    def pays(self) -> bool:
        """Whether more draws matched after than before."""
        return self.after.share > self.before.share

    @property
    def provenance(self) -> Refined:
        """The part of the draws' provenance that tells of the refinement."""
        return Refined(
            self.simulated, self.rejected_early, self.seed, self.oversampling, (self.before.consistent, self.before.n),
            (self.after.consistent, self.after.n), self.tolerance,
        )  # fmt: skip

    @property
    def sentence(self) -> str:
        """Yield before and after, in words."""
        return (
            f"Yield before {_share(self.before)}, after {_share(self.after)}, at {self.oversampling} draws for one kept; "
            f"{self.simulated} simulations spent, {self.rejected_early} of them given up early."
        )

    def sample(self, estimator: Estimator, n: int, *, seed: int, oversampling: int, **control: Any) -> Samples:
        """Draw from the refined posterior; control: progress and should_stop. Raises EstimatorError for another estimator."""
        if estimator.name != self.estimator:
            raise EstimatorError(f"This refinement belongs to {self.estimator}, not to {estimator.name}: refine again.")
        return sample(
            estimator, self.target, n, seed=seed, oversampling=oversampling, surrogate=self.surrogate, learned=self.provenance,
            **control,
        )  # fmt: skip


def _share(counts: Tally) -> str:
    low, high = counts.interval
    return f"{counts.consistent} of {counts.n} ({low:.0%} to {high:.0%})"


def refine(
    target: Target,
    estimator: Estimator,
    *,
    simulations: int,
    oversampling: int = DEFAULT_OVERSAMPLING,
    seed: int = 1,
    tolerance: float = 1.0,
    run_many: RunMany = run_in_process,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Refinement | None:
    """Spend simulations on one target's posterior and return a sharper one, with its yield before and after; None when stopped.

    A quarter of the simulations measures each yield. Raises EstimatorError for an estimator without a surrogate, or too few simulations.
    """
    if estimator.surrogate is None:
        raise EstimatorError(
            f"{estimator.name} ships no surrogate of the simulator, and refining needs one: train it with --pairs."
        )
    if simulations < MINIMUM_SIMULATIONS or oversampling < 2:
        raise EstimatorError(
            f"{simulations} simulations, {oversampling} draws for each one kept: refining needs at least {MINIMUM_SIMULATIONS} and 2."
        )
    began = time.monotonic()
    lessons = Lessons(target, estimator, seed=seed, tolerance=tolerance, run_many=run_many)
    measured = min(int(simulations * MEASURED_SHARE), MEASURED_BY)

    def simulate(draws: Samples) -> bool:
        lessons.run(draws, lambda n: None if progress is None else progress(n / simulations), should_stop)
        return should_stop is not None and should_stop()

    if simulate(lessons.draw(measured, oversampling)):
        return None
    for n in _split(simulations - 2 * measured, ROUNDS):
        lessons.learn()
        if simulate(lessons.draw(n - n // 2, oversampling)) or simulate(lessons.draw(max(n // 2, 1), WIDE)):
            return None
    lessons.learn()
    if simulate(lessons.draw(measured, oversampling)) or lessons.surrogate is None:
        return None
    n = len(lessons.runs)
    return Refinement(
        estimator.name, target.vector, lessons.surrogate, lessons.tally(0, measured), lessons.tally(n - measured), n,
        lessons.rejected_early, oversampling, seed, time.monotonic() - began, tolerance,
    )  # fmt: skip


def _split(total: int, parts: int) -> list[int]:
    """Split a number into equal parts, none below 2."""
    parts = max(min(parts, total // 2), 1)
    return [total // parts + (i < total % parts) for i in range(parts)]
