"""Circuits before and after a perturbation, with the same seeds: what is run, and what is kept of it."""

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
"""What is measured of every run besides its spectrum, by the registry's names."""

MAX_RUNS = 20_000
"""An hour and more of two cores at ten seconds each: beyond it a script on a cluster is the better place."""


def response_features(card: Card) -> FeatureSet:
    """Return what is measured before and after, for circuits of any estimator, with its detection of bursts."""
    analysis = replace(card.feature_set.analysis, spectrum=SPECTRUM_FEATURES.analysis.spectrum)
    return FeatureSet(
        "responses", SCALARS + SPECTRUM_FEATURES.features, analysis=analysis, observation=card.feature_set.observation
    )


@dataclass(frozen=True, eq=False)
class PerturbedRuns:
    """The circuits of one experiment before and after, each with the same seeds.

    numbers: (n,) of the configurations; theta: (n, 28) unperturbed; features: (n, n_seeds, 2, n_features) as `response_features`
    names them, raw for the SCALARS, log10 and centred for the spectrum, axis 2 before and after, NaN where undefined;
    outcomes: (n, n_seeds, 2) strings, "" where not run; seeds: (n, n_seeds);
    who: what the circuits have in common, in words.
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
    """(n, n_seeds) seeds of an experiment; the same for a circuit whichever others are run beside it."""
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
    """Run circuits (n, 28) before and after a perturbation, by the estimator's plan, with n_seeds seeds of each.

    A circuit's runs come together, so that `arrived`, called after each circuit, sees whole ones; cancelled, what is whole is
    returned. Raises SimulationError when the runs are none, or more than MAX_RUNS, or seen too briefly.
    """
    theta = np.asarray(theta, dtype=np.float64)
    n = len(theta)
    if not 0 < 2 * n * n_seeds <= MAX_RUNS:
        raise SimulationError(
            f"{n} circuits × {n_seeds} seeds × 2 are {2 * n * n_seeds} runs; from 1 to {MAX_RUNS} can be run."
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
