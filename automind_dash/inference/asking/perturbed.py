"""Circuits before and after a perturbation, with the same seeds: which runs are made, and what is kept of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...circuit.perturbation import Perturbation
from ...errors import SimulationError
from ...features import SPECTRUM_FEATURES, FeatureSet
from ..estimators.card import Card
from .simulated import Simulated
from .target import Target
from .verification import RunMany, units_seen

SCALARS = ("mean_rate", "burst_interval_mean", "burst_width_mean", "burst_interval_cv", "burst_num")
"""Measured of every run besides its spectrum; names from the registry."""

MAX_RUNS = 20_000
"""At ten seconds each, this many take over an hour on two cores. For more, a script on a cluster is the better place."""


def response_features(card: Card) -> FeatureSet:
    """Return the features to measure before and after, the same for circuits of every estimator, with the estimator's burst detection."""
    analysis = replace(card.feature_set.analysis, spectrum=SPECTRUM_FEATURES.analysis.spectrum)
    return FeatureSet(
        "responses", SCALARS + SPECTRUM_FEATURES.features, analysis=analysis, observation=card.feature_set.observation
    )


@dataclass(frozen=True, eq=False)
class PerturbedRuns:
    """The circuits of one experiment before and after a perturbation, each with the same seeds.

    numbers: (n,) of the configurations; theta: (n, 28) unperturbed; features: (n, n_seeds, 2, n_features) named by `response_features`,
    raw for the SCALARS, log10 and centred for the spectrum, axis 2 before and after, NaN where undefined; outcomes: (n, n_seeds, 2)
    strings, "" where not run; seeds: (n, n_seeds); who: what the circuits have in common, in words.
    """

    perturbation: Perturbation
    numbers: NDArray[np.int64]
    theta: NDArray[np.float64]
    features: NDArray[np.float64]
    outcomes: NDArray[np.str_]
    seeds: NDArray[np.int64]
    estimator: str
    duration: float
    who: str = "these circuits"

    @property
    def complete(self) -> NDArray[np.bool_]:
        """(n,) which circuits have all their runs."""
        return (self.outcomes != "").all(axis=(1, 2))

    def finished(self) -> PerturbedRuns:
        """Return the circuits that have all their runs."""
        kept = self.complete
        return replace(
            self, numbers=self.numbers[kept], theta=self.theta[kept], features=self.features[kept],
            outcomes=self.outcomes[kept], seeds=self.seeds[kept],
        )  # fmt: skip


def run_seeds(numbers: NDArray[np.int64], n_seeds: int, seed: int) -> NDArray[np.int64]:
    """(n, n_seeds) seeds of an experiment. A circuit gets the same seeds whichever others run beside it."""
    return np.array([np.random.default_rng([seed, int(n), 0xE9]).integers(0, 2**31, n_seeds) for n in numbers])


def perturb(
    theta: NDArray[np.float64],
    numbers: list[int],
    perturbation: Perturbation,
    card: Card,
    target: Target | None = None,
    *,
    n_seeds: int = 2,
    seed: int = 1,
    who: str = "these circuits",
    run_many: RunMany,
    arrived: Callable[[PerturbedRuns], None] | None = None,
    progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> PerturbedRuns:
    """Run circuits (n, 28) before and after a perturbation, by the estimator's plan, with n_seeds seeds each.

    All runs of a circuit are made together, so that `arrived`, called after each circuit, sees whole circuits. When cancelled, the whole
    circuits so far are returned. Raises SimulationError for no runs, for more than MAX_RUNS, or when the plan sees circuits too briefly.
    """
    theta = np.asarray(theta, dtype=np.float64)
    n = len(theta)
    if not 0 < 2 * n * n_seeds <= MAX_RUNS:
        raise SimulationError(
            f"{n} circuits × {n_seeds} seeds × 2 are {2 * n * n_seeds} runs; choose between 1 and {MAX_RUNS} runs."
        )
    chosen = response_features(card)
    seen = min(card.plan.duration, chosen.observation.duration or card.plan.duration)
    needed = chosen.analysis.spectrum.window
    if seen < needed:
        raise SimulationError(
            f"This estimator's circuits are seen for {seen:g} s; their responses take {needed:g} s at least."
        )
    kept = np.array(numbers, dtype=np.int64)
    runs = PerturbedRuns(
        perturbation, kept, theta, np.full((n, n_seeds, 2, len(chosen)), np.nan), np.full((n, n_seeds, 2), "", "U12"),
        run_seeds(kept, n_seeds, seed), card.name, card.plan.duration, who,
    )  # fmt: skip
    both = np.stack([theta, perturbation.apply(theta)], axis=1)
    places = list(np.ndindex(n, n_seeds, 2))
    common = {"feature_set": chosen, "plan": card.plan, "n_units": None if target is None else units_seen(target)}
    items: list[dict[str, Any]] = [
        {"theta": both[i, when], "seed": int(runs.seeds[i, k]), **common} for i, k, when in places
    ]
    results = run_many(items)
    try:
        for done, (index, run) in enumerate(results, start=1):
            _take(runs, places[index], run)
            if progress is not None:
                progress(done / len(items))
            if arrived is not None and runs.complete[places[index][0]]:
                arrived(runs.finished())
            if should_stop is not None and should_stop():
                break
    finally:
        close = getattr(results, "close", None)
        if close is not None:
            close()
    return runs.finished()


def _take(runs: PerturbedRuns, place: tuple[int, ...], run: Simulated) -> None:
    """Write one run into its place."""
    runs.outcomes[place] = run.outcome
    if len(run.features):
        runs.features[place] = run.vector
        runs.features[place][: len(SCALARS)] = [run.features[name] for name in SCALARS]
