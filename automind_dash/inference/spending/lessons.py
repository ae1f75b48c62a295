"""Rounds of simulations for one target: draw, simulate, learn, draw better. Both finding circuits and refining a posterior work so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimatorError
from ..asking.consistency import Judge, is_consistent, numbers_of
from ..asking.limits import undefined_sentence
from ..asking.posterior import Samples, sample, target_conditions
from ..asking.rejection import EarlyRejection
from ..asking.simulated import Simulated
from ..asking.target import Target
from ..asking.verification import RunMany, Tally, run_items, tally
from ..estimators.conditions import is_condition
from ..estimators.estimator import Estimator
from .resampling import STARTS, STEP, TRIES, Starts, adapted_step, draw_near

if TYPE_CHECKING:
    from ..estimators.surrogate import Surrogate


@dataclass(frozen=True, eq=False)
class Repetition:
    """One more run of a circuit that matched, with another seed, its distance to the target, and how it is judged."""

    run: Simulated
    distance: float
    state: str


class Lessons:
    """The runs made for a target so far, and the surrogate that has learned from them. parents: run that each was drawn near, -1 for
    none.

    again: for each run whose circuit was simulated again, those repetitions, each with a seed of its own.
    Each draw and each run has a seed derived from `seed` and its number, so that a rerun finds the same circuits.
    """

    def __init__(
        self, target: Target, estimator: Estimator, *, seed: int, tolerance: float, run_many: RunMany, fields: dict[str, Any] | None = None
    ) -> None:  # fmt: skip
        if not np.isfinite(target.vector).all():
            raise EstimatorError(undefined_sentence(target.vector, estimator.card, target.stop - target.start))
        self.target, self.estimator, self.seed, self.run_many = target, estimator, seed, run_many
        self.judge = Judge.of(estimator.card, tolerance)
        self.rejection = EarlyRejection.of(estimator.card, target.vector, self.judge)
        self.surrogate: Surrogate | None = estimator.surrogate
        self.fields = fields or {}
        self.runs: list[Simulated] = []
        self.distances: list[float] = []
        self.states: list[str] = []
        self.log_density: list[float] = []
        self.parents: list[int] = []
        self.again: dict[int, list[Repetition]] = {}
        self.drawn = self.rounds = 0
        self.step = STEP

    @property
    def consistent(self) -> int:
        """Number of consistent runs so far."""
        return len(numbers_of(self.states))

    @property
    def rejected_early(self) -> int:
        """Number of runs that were given up early."""
        return sum(run.rejected_after is not None for run in self.runs)

    def tally(self, first: int = 0, last: int | None = None) -> Tally:
        """Count the outcomes of the runs from `first` up to, not including, `last`, in their order."""
        return self.tally_of(np.arange(len(self.runs))[first:last])

    def tally_of(self, numbers: NDArray[np.signedinteger[Any]]) -> Tally:
        """Count the outcomes of the runs with these numbers."""
        return tally(
            (self.states[i] for i in numbers), (self.distances[i] for i in numbers), *self.times_matched(numbers)
        )

    def times_matched(self, numbers: Iterable[int]) -> tuple[list[int], list[int]]:
        """Return with how many seeds the circuits of these runs were simulated, and with how many of them they matched."""
        again = [(number, self.again.get(number, [])) for number in map(int, numbers)]
        own = is_consistent([self.states[number] for number, _ in again]).astype(int).tolist()
        matched = [
            one + int(is_consistent([r.state for r in some]).sum()) for one, (_, some) in zip(own, again, strict=True)
        ]
        return [1 + len(some) for _, some in again], matched

    def draw(self, n: int, oversampling: int) -> Samples:
        """Return n circuits that have not been drawn yet, pruned by what is known now."""
        self.rounds += 1
        self.drawn += n * oversampling
        number = int(np.random.default_rng([self.seed, self.rounds, 0xF17]).integers(2**31))
        return sample(
            self.estimator, self.target.vector, n, seed=number, oversampling=oversampling, surrogate=self.surrogate
        )

    def draw_near(self, n: int) -> tuple[Samples, NDArray[np.int64]]:
        """Return at most n circuits near those of `nearest`, and the number of the run that each was drawn near. Needs a surrogate."""
        if self.surrogate is None:
            raise EstimatorError(
                f"{self.estimator.name} ships no surrogate, and circuits near others cannot be judged without one."
            )
        self.rounds += 1
        number = int(np.random.default_rng([self.seed, self.rounds, 0xF17]).integers(2**31))
        starting = self.nearest(STARTS)
        runs = [self.runs[i] for i in starting]
        starts = Starts(np.array([run.theta for run in runs]), np.array([run.vector for run in runs]))
        draws, parents = draw_near(
            self.estimator, self.surrogate, self.target.vector, starts, n, seed=number, step=self.step
        )
        self.drawn += n * TRIES
        return draws, starting[parents]

    def nearest(self, n: int) -> NDArray[np.int64]:
        """Return the numbers of all runs that matched and, where these are fewer than n, of the runs that came nearest.

        Runs without features are left out.
        """
        distances = np.array(self.distances)
        near = np.argsort(distances, kind="stable")[: max(n, self.consistent)]
        return np.sort(near[np.isfinite(distances[near])])

    def run(
        self, draws: Samples, done: Callable[[int], None] | None = None, should_stop: Callable[[], bool] | None = None,
        parents: NDArray[np.int64] | None = None,
    ) -> None:  # fmt: skip
        """Simulate draws and keep the runs in the order of the draws; when stopped, the finished ones. parents: (n,) of `draw_near`.

        Raises ClusterError when the cluster is lost; the finished runs are kept.
        """
        seeds = np.random.default_rng([self.seed, self.rounds, 0x5EED]).integers(0, 2**31, len(draws))
        items = run_items(draws.theta, seeds, self.estimator.card, self.target, rejection=self.rejection, **self.fields)
        found: dict[int, Simulated] = {}
        results = self.run_many(items)
        try:
            for index, run in results:
                found[index] = run
                if done is not None:
                    done(len(self.runs) + len(found))
                if should_stop is not None and should_stop():
                    break
        finally:
            close = getattr(results, "close", None)
            if close is not None:
                close()
            self._keep(found, draws, parents)

    def repeat(
        self, numbers: Sequence[int], times: int, done: Callable[[int], None] | None = None,
        should_stop: Callable[[], bool] | None = None, run_many: RunMany | None = None,
    ) -> None:  # fmt: skip
        """Simulate the circuits of some runs again, so many times each, and keep how each repetition is judged.

        run_many: runs them, in the order of the circuits; as the first runs by default. A circuit counts in `again` only when all of its
        repetitions have run. Raises ClusterError when the cluster is lost.
        """
        theta = np.repeat([self.runs[number].theta for number in numbers], times, axis=0)
        seeds = [
            seed
            for number in numbers
            for seed in np.random.default_rng([self.seed, number, 0xA6A1]).integers(0, 2**31, times)
        ]
        run_again = run_many or self.run_many
        results = run_again(run_items(theta, seeds, self.estimator.card, self.target, rejection=self.rejection))
        found: dict[int, Repetition] = {}
        try:
            for index, run in results:
                distance = float(self.estimator.card.distance(run.vector, self.target.vector)[0])
                found[index] = Repetition(run, distance, self.judge.state_of(run, distance))
                if done is not None:
                    done(self.spent + len(found))
                if should_stop is not None and should_stop():
                    break
        finally:
            close = getattr(results, "close", None)
            if close is not None:
                close()
            for place, number in enumerate(numbers):
                own = range(place * times, (place + 1) * times)
                if all(index in found for index in own):
                    self.again[number] = [found[index] for index in own]

    def confirmed(self) -> list[int]:
        """Return the numbers of the runs whose circuit matched in every repetition as well."""
        return sorted(number for number, some in self.again.items() if is_consistent([r.state for r in some]).all())

    @property
    def spent(self) -> int:
        """Simulations so far, repetitions among them."""
        return len(self.runs) + sum(map(len, self.again.values()))

    def _keep(self, found: dict[int, Simulated], draws: Samples, parents: NDArray[np.int64] | None) -> None:
        """Keep a round's runs in the order of their draws, and adapt the step to them."""
        for index in sorted(found):
            self.runs.append(found[index])
            self.log_density.append(float(draws.log_density[index]))
            self.parents.append(-1 if parents is None else int(parents[index]))
            self.distances.append(float(self.estimator.card.distance(found[index].vector, self.target.vector)[0]))
            self.states.append(self.judge.state_of(found[index], self.distances[-1]))
        first = len(self.runs) - len(found)
        near = is_consistent([s for s, p in zip(self.states[first:], self.parents[first:], strict=True) if p >= 0])
        if len(near):
            self.step = adapted_step(self.step, float(np.mean(near)))

    def learn(self) -> None:
        """Teach the estimator's surrogate all runs so far, of those given up early only whether they were useful; nothing without a
        surrogate."""
        from .adaptation import adapted

        if self.estimator.surrogate is None or not self.runs:
            return
        card = self.estimator.card
        theta = np.array([run.theta for run in self.runs])
        vectors = np.array([run.vector for run in self.runs])
        useful = np.isfinite(vectors).all(axis=1)
        vectors[[run.rejected_after is not None for run in self.runs]] = np.nan
        kept = ~is_condition(card.feature_set)
        conditions: NDArray[np.float64] = target_conditions(card, self.target.vector, theta)
        self.surrogate = adapted(self.estimator.surrogate, theta, useful, vectors[:, kept], conditions)
