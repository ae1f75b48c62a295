"""Refute my hypothesis: with some parameters pinned or kept within ranges, does any circuit still match?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..circuit.parameters import NAMES, parameter
from ..errors import StudyError
from ..inference.asking.consistency import Judge, is_consistent
from ..inference.asking.posterior import sample, target_conditions
from ..inference.asking.rejection import EarlyRejection
from ..inference.asking.target import Target
from ..inference.asking.verification import RunMany, Tally, run_items, tally
from ..inference.estimators.conditions import is_condition
from ..inference.estimators.estimator import Estimator
from ..invariance.conditional import Conditional, condition, held_at
from ..invariance.density import posterior_density
from ..invariance.scaling import INSIDE, from_unit, to_unit

Floats = NDArray[np.float64]

Held = Mapping[str, float | tuple[float, float]]

N_JOINT = 3000
"""Draws of the posterior that are carried to the condition."""

PRUNING = 15
"""Draws for each one kept, in the part of the search that looks for the likeliest."""

RERUNS = 2
"""Further seeds with which a counterexample is run again."""


@dataclass(frozen=True, eq=False)
class Refutation:
    """The result of a search. held: the hypothesis, names and table units; plain: outcomes of draws of the conditional posterior; sought:
    outcomes of the likeliest of more such draws; counterexamples: circuits that matched, with distance, seed and `again` (how many of
    RERUNS further seeds matched), best first; conditional: how plausible the condition is by the density.
    """

    held: dict[str, float | tuple[float, float]]
    plain: Tally
    sought: Tally
    counterexamples: pd.DataFrame
    conditional: Conditional

    @property
    def refuted(self) -> bool:
        """Whether a circuit matched that also matches with other seeds."""
        return bool(len(self.counterexamples) and self.counterexamples["again"].max() > 0)

    @property
    def at_most(self) -> float:
        """Upper 95 % bound of the share of the conditional posterior that matches (exact, Clopper & Pearson 1934)."""
        return upper_bound(self.plain.consistent, self.plain.n)

    def sentences(self) -> list[str]:
        """Return the answer in words, and what the search could not reach."""
        what = ", ".join(_held_words(name, value) for name, value in self.held.items())
        runs = self.plain.n + self.sought.n
        told = []
        if self.refuted:
            best = self.counterexamples.iloc[0]
            told.append(
                f"Refuted: with {what} {len(self.counterexamples)} of {runs} simulated circuits match the recording; the "
                f"best is {best['distance']:.2g} "
                f"away and matches again with {best['again']:.0f} of {RERUNS} other seeds."
            )
        elif len(self.counterexamples):
            told.append(
                f"Not refuted for sure: with {what} {len(self.counterexamples)} of {runs} simulated circuits matched once, "
                f"and with no other seed."
            )
        else:
            told.append(f"Not refuted: with {what} none of {runs} simulated circuits matches the recording.")
        told.append(
            f"{self.plain.consistent} of {self.plain.n} simulated draws of the conditional posterior match: at most "
            f"{percent(self.at_most)} of it (95 %)."
        )
        told.append(self._reach())
        return told

    def _reach(self) -> str:
        lost = self.plain.silent + self.plain.saturated + self.plain.failed + self.plain.non_bursting
        return (
            f"The search could not reach circuits that the estimator's density leaves out, circuits outside the prior's "
            f"ranges, or other models. The condition's posterior mass is {self.conditional.plausibility:.2g} times its prior "
            f"mass ({self.conditional.verdict}); its draws are worth {self.conditional.n_effective:.0f} independent ones; "
            f"{lost} of {self.plain.n} had no features to compare."
        )


def upper_bound(k: int, n: int, level: float = 0.95) -> float:
    """Return the one-sided upper bound of a share, k of n; 1 when n is 0. For k = 0 it is 1 − (1 − level)^(1/n), about 3 / n."""
    from scipy.stats import beta

    return float(beta.ppf(level, k + 1, n - k)) if k < n else 1.0


def percent(share: float) -> str:
    """Return a share as percent with two digits."""
    return f"{100 * share:.2g} %"


def _held_words(name: str, value: float | tuple[float, float]) -> str:
    spec = parameter(name)
    unit = "" if spec.unit == "1" else f" {spec.unit}"
    if isinstance(value, tuple):
        return f"{spec.symbol} from {value[0]:g} to {value[1]:g}{unit}"
    return f"{spec.symbol} = {value:g}{unit}"


def refute(
    target: Target, estimator: Estimator, held: Held, *, budget: int = 200, seed: int = 1, tolerance: float = 1.0, run_many: RunMany,
    progress: Callable[[float], None] | None = None, should_stop: Callable[[], bool] | None = None,
) -> Refutation:  # fmt: skip
    """Search for circuits that match a target while parameters are held.

    held: names (published or keys) → value, or (low, high), in table units. budget: simulations. Half of them go to draws of the
    conditional posterior as they are, which give the share. The other half go to the likeliest of many draws, which find a counterexample
    sooner. Reruns come on top. Raises StudyError for budgets below 2, and SubspaceError for values outside the prior.
    """
    if budget < 2:
        raise StudyError("A search needs a budget of two simulations or more.")
    prior = estimator.card.prior
    wanted = held_at(held, prior)
    n_plain, n_sought = budget - budget // 2, budget // 2
    joint = to_unit(sample(estimator, target.vector, N_JOINT, seed=seed).theta, prior)
    # a flow learned in logit space extrapolates at the bounds: ask it a little inside, and give the circuits the wanted values
    asked = {j: _inside(value) for j, value in wanted.items()}
    found = condition(
        posterior_density(estimator, target.vector), joint, asked, n=max(n_plain + PRUNING * n_sought, 200), seed=seed
    )
    points = found.points.copy()
    for j, value in wanted.items():
        if isinstance(value, float):
            points[:, j] = value
    if not len(points):
        return Refutation(dict(held), Tally(), Tally(), _no_circuits(), found)
    theta = from_unit(points, prior)
    plain, rest = theta[:n_plain], theta[n_plain:]
    sought = rest[_likeliest(estimator, target, rest, n_sought)]
    run = _Runs(target, estimator, seed, tolerance, run_many, len(plain) + len(sought), progress, should_stop)
    first, second = run(plain), run(sought)
    matched = sorted((*first[1], *second[1]), key=lambda circuit: circuit["distance"])
    counterexamples = [circuit | {"again": run.again(circuit)} for circuit in matched[:5]] + [
        c | {"again": np.nan} for c in matched[5:]
    ]
    counterexamples.sort(key=lambda c: (-np.nan_to_num(c["again"], nan=-1.0), c["distance"]))
    table = pd.DataFrame(counterexamples) if counterexamples else _no_circuits()
    return Refutation(dict(held), first[0], second[0], table, found)


def _no_circuits() -> pd.DataFrame:
    return pd.DataFrame({name: np.array([], dtype=np.float64) for name in (*NAMES, "distance", "seed", "again")})


def _inside(value: float | tuple[float, float]) -> float | tuple[float, float]:
    if isinstance(value, float):
        return float(np.clip(value, INSIDE, 1 - INSIDE))
    return (
        (max(value[0], INSIDE), min(max(value[1], value[0] + 1e-6), 1 - INSIDE))
        if value[1] - value[0] > 2 * INSIDE
        else value
    )


def _likeliest(estimator: Estimator, target: Target, theta: Floats, n: int) -> NDArray[np.int64]:
    """(n,) which circuits to simulate: those that the surrogate expects to match; without a surrogate, the first n."""
    surrogate, card = estimator.surrogate, estimator.card
    if surrogate is None:
        return np.arange(min(n, len(theta)))
    kept = ~is_condition(card.feature_set)
    unlikely = surrogate.unlikeliness(
        theta,
        target.vector[kept],
        card.noise_scale[kept],
        card.threshold,
        target_conditions(card, target.vector, theta),
    )
    return np.argsort(unlikely, kind="stable")[:n]


class _Runs:
    """Simulations of one search, with seeds of their own."""

    def __init__(
        self, target: Target, estimator: Estimator, seed: int, tolerance: float, run_many: RunMany, total: int,
        progress: Callable[[float], None] | None, should_stop: Callable[[], bool] | None,
    ) -> None:  # fmt: skip
        self.target, self.estimator, self.run_many, self.progress, self.should_stop = (
            target,
            estimator,
            run_many,
            progress,
            should_stop,
        )
        self.judge, self.total, self.done = Judge.of(estimator.card, tolerance), total, 0
        self.rejection = EarlyRejection.of(estimator.card, target.vector, self.judge)
        self.rng = np.random.default_rng([seed, 0x2EF])

    def __call__(self, theta: Floats) -> tuple[Tally, list[dict[str, float]]]:
        """Return the outcomes of circuits, and the circuits that match."""
        seeds = self.rng.integers(0, 2**31, len(theta))
        states: list[str] = []
        distances: list[float] = []
        matches: list[dict[str, float]] = []
        results = self.run_many(run_items(theta, seeds, self.estimator.card, self.target, rejection=self.rejection))
        for index, run in results:
            distance = float(self.estimator.card.distance(run.vector, self.target.vector)[0])
            states.append(self.judge.state_of(run, distance))
            distances.append(distance)
            if is_consistent(states[-1:]).any():
                matches.append(
                    {
                        **dict(zip(NAMES, theta[index].tolist(), strict=True)),
                        "distance": distance,
                        "seed": float(seeds[index]),
                    }
                )
            self.done += 1
            if self.progress is not None:
                self.progress(min(self.done / self.total, 1.0))
            if self.should_stop is not None and self.should_stop():
                break
        close = getattr(results, "close", None)
        if close is not None:
            close()
        return tally(states, distances), matches

    def again(self, circuit: dict[str, float]) -> float:
        """Return circuits with the number of RERUNS further seeds with which each matches."""
        theta = np.array([[circuit[name] for name in NAMES]] * RERUNS)
        return float(self(theta)[0].consistent)
