"""Adds the circuits that a search simulated to the table, apart from the posterior's draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import param

from ....inference.asking.consistency import Judge, is_consistent, numbers_of
from ....inference.asking.provenance import Search
from ....inference.asking.target import Target
from ....inference.estimators.card import Card
from ....inference.spending.ensembles import Ensemble
from ....inference.spending.lessons import Repetition
from ....version import __version__
from ...state.examined import Examined
from ...state.run_curves import RunCurves
from ...state.run_words import Rerun


@dataclass(frozen=True)
class Asked:
    """The settings of a search at its start, since the fields can change while it runs."""

    seed: int
    oversampling: int
    tolerance: float
    want: int
    budget: int
    digest: str
    confirm: int = 0

    @classmethod
    def of(cls, examined: Examined, want: int, budget: int, confirm: int = 0) -> Asked:
        """Return what is asked now. Each search of the same circuits has a seed of its own: the same one would find the same again."""
        seed = (examined.seed + len(examined.provenance.searches)) % 2**31
        return cls(seed, examined.oversampling, examined.tolerance, want, budget, examined.digest, confirm)


def search_of(found: Ensemble, aimed: Target, card: Card, how: Asked, *, cancelled: bool = False) -> Search:
    """Return the record of how circuits were found."""
    return Search(
        estimator=card.name, digest=how.digest, n_neurons=card.plan.n_neurons, version=__version__, target=tuple(aimed.vector.tolist()),
        seed=how.seed, oversampling=how.oversampling, n=found.simulated, want=how.want, budget=how.budget, tolerance=how.tolerance,
        consistent=found.consistent, simulated=found.simulated, rejected_early=found.rejected_early, drawn=found.drawn,
        hardest_oversampling=found.oversampling, of_the_posterior=(found.fresh.consistent, found.fresh.n),
        drawn_near=(found.near.consistent, found.near.n), step=found.step, model_seconds=round(found.model_seconds),
        seconds=round(found.seconds), parents=tuple(found.parents), confirm=how.confirm, tested=found.tally.tested,
        confirmed=found.confirmed, repeated=(found.repeated.consistent, found.repeated.n),
        seeds_again=tuple((place, one.run.seed) for place, some in found.repetitions.items() for one in some), cancelled=cancelled,
    )  # fmt: skip


def confirmed_of(found: Ensemble) -> list[int]:
    """Return the places of the circuits that matched in the search and in each repetition."""
    return sorted(
        place for place, some in found.repetitions.items() if is_consistent([one.state for one in some]).all()
    )


def _rerun(again: Repetition) -> Rerun:
    """Return a repetition as the page keeps it, without a spectrum, since hundreds of them are never viewed."""
    run = again.run
    return Rerun(
        run.seed, "fast", run.outcome, again.distance, np.empty(0), np.empty(0), run.vector, run.rejected_after
    )


def take_ensemble(
    examined: Examined,
    aimed: Target,
    card: Card,
    found: Ensemble,
    how: Asked,
    curves: Mapping[int, RunCurves] | None = None,
    *,
    cancelled: bool = False,
) -> list[int]:
    """Put all circuits that a search simulated into the table, with what became of them; select and return those that it was for: the
    confirmed ones, or the consistent ones where it confirmed none.

    curves: what is drawn of them, by their places. Circuits that answer another question give way, unless the search was cancelled.
    """
    theta, density = np.array([run.theta for run in found.runs]), np.array(found.log_density)
    search = search_of(found, aimed, card, how, cancelled=cancelled)
    matched = numbers_of(
        Judge.of(card, how.tolerance).state_of(run, distance)
        for run, distance in zip(found.runs, found.distances, strict=True)
    )
    with param.parameterized.batch_call_watchers(examined):
        numbers = examined.take_search(theta, density, search, keep=cancelled)
        drawn = {numbers[place]: one for place, one in (curves or {}).items()}
        examined.take_simulations(dict(zip(numbers, found.runs, strict=True)), card, drawn)
        again = {numbers[place]: [_rerun(one) for one in some] for place, some in found.repetitions.items()}
        if again:
            examined.take_reruns(again, card)
        examined.selection = [numbers[place] for place in confirmed_of(found) or matched]
    return examined.selection
