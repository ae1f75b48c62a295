"""Do circuits with the same dynamics answer a perturbation alike? Responses, their spread against seed noise, and what
explains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..circuit.parameters import NAMES
from ..inference.asking.perturbed import SCALARS, PerturbedRuns
from .seed_variance import variance_parts

MINIMUM = 10
"""With fewer circuits, a rank correlation of 0.6 can be chance."""

ENOUGH_CIRCUITS = 8
"""Circuits from which it is said that they answer alike or not."""

ALIKE = 0.8
"""Circuits are called alike when at least this share of them answers in one way."""


@dataclass(frozen=True)
class Measure:
    """A number that describes a response. fold: a change is log2(after / before), otherwise after − before."""

    name: str
    label: str
    unit: str
    fold: bool


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("mean_rate", "mean rate", "Hz", True),
        Measure("burst_interval_mean", "inter-burst interval", "s", True),
        Measure("burst_width_mean", "burst width", "s", True),
        Measure("burst_interval_cv", "interval CV", "1", False),
        Measure("spectrum", "spectrum's shape", "1", False),
    )
}
"""Measures by name. The spectrum's change is the root mean square difference of the centred log10 powers, over its bands."""


def _pairs(first: NDArray, second: NDArray, measure: Measure) -> NDArray[np.float64]:
    """Return the change from first to second, (..., n_features) arrays that broadcast; NaN where either is undefined."""
    if measure.name == "spectrum":
        return np.sqrt(((second - first)[..., len(SCALARS) :] ** 2).mean(axis=-1))
    before, after = np.broadcast_arrays(*(values[..., SCALARS.index(measure.name)] for values in (first, second)))
    if not measure.fold:
        return after - before
    positive = (before > 0) & (after > 0)
    return np.log2(after, out=np.full(after.shape, np.nan), where=positive) - np.log2(
        before, out=np.full(before.shape, np.nan), where=positive
    )


def levels(runs: PerturbedRuns, name: str) -> NDArray[np.float64]:
    """(n, 2) a measure before and after, with the first seed; the spectrum's starts at 0."""
    if name == "spectrum":
        change = _pairs(runs.features[:, 0, 0], runs.features[:, 0, 1], MEASURES[name])
        return np.stack([np.where(np.isfinite(change), 0.0, np.nan), change], axis=1)
    return runs.features[:, 0, :, SCALARS.index(name)]


def changes(runs: PerturbedRuns, name: str) -> NDArray[np.float64]:
    """(n, n_seeds) each circuit's response with each seed; before and after have the same seed."""
    return _pairs(runs.features[:, :, 0], runs.features[:, :, 1], MEASURES[name])


def seed_noise(runs: PerturbedRuns, name: str) -> NDArray[np.float64]:
    """(n · (n_seeds − 1),) changes that another seed alone makes: the unperturbed circuit with its first seed and with
    its others."""
    before = runs.features[:, :, 0]
    return _pairs(before[:, :1], before[:, 1:], MEASURES[name]).ravel()


OUTCOMES = ("bursts on", "begins to burst", "stops bursting", "active, no bursts", "silent", "saturated", "failed")
"""Possible outcomes for a circuit, with the first seed."""


def outcomes(runs: PerturbedRuns) -> list[str]:
    """Return one of OUTCOMES for each circuit."""
    bursting = np.isfinite(runs.features[:, 0, :, SCALARS.index("burst_interval_mean")])
    words = {(True, True): 0, (False, True): 1, (True, False): 2, (False, False): 3}
    return [
        OUTCOMES[words[bool(before), bool(after)]] if became == "active" else str(became)
        for became, (before, after) in zip(runs.outcomes[:, 0, 1], bursting, strict=True)
    ]


@dataclass(frozen=True)
class Answer:
    """How the circuits of an experiment answer in one measure; changes as `Measure.fold` says.

    n: circuits with a defined response; undefined: circuits that were active before, but have none (silent after, for
    example); median, low, high: of the responses, 5 and 95 %; noise: the 95th percentile of the size of a change by
    another seed alone, NaN without reruns; up, down, same: how many lie above, below and within it; between: share of
    the responses' variance that lies between circuits (seed_variance), NaN without reruns.
    """

    measure: Measure
    n: int
    median: float
    low: float
    high: float
    noise: float
    up: int
    down: int
    same: int
    undefined: int
    between: float

    @property
    def alike(self) -> bool:
        """Whether at least ALIKE of the circuits answer in one way: more, less, or not at all. Undefined responses
        count as another way."""
        return bool(self.n) and max(self.up, self.down, self.same) >= ALIKE * (self.n + self.undefined)


def answer(runs: PerturbedRuns, name: str) -> Answer:
    """Return how the circuits answer in one measure; a circuit's response is the mean over its seeds."""
    repeated = changes(runs, name)
    response = mean_change(repeated)
    active, defined = (runs.outcomes[:, :, 0] == "active").any(axis=1), np.isfinite(response)
    response = response[defined]
    null = np.abs(seed_noise(runs, name))
    null = null[np.isfinite(null)]
    noise = float(np.quantile(null, 0.95)) if len(null) else float("nan")
    bound = noise if len(null) else 0.0
    low, median, high = np.quantile(response, [0.05, 0.5, 0.95]) if len(response) else [float("nan")] * 3
    up, down = int((response > bound).sum()), int((response < -bound).sum())
    between = float("nan")
    if len(repeated) > 1 and repeated.shape[1] > 1:
        between = 1 - float(variance_parts(repeated[..., None], n_bootstrap=1).own_share[0])
    return Answer(
        MEASURES[name], len(response), float(median), float(low), float(high), noise, up, down,
        len(response) - up - down, int((active & ~defined).sum()), between,
    )  # fmt: skip


def mean_change(repeated: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) mean of a response (n, n_seeds) over the seeds in which it is defined, NaN where it is defined in none."""
    defined = np.isfinite(repeated)
    count = defined.sum(axis=1)
    return np.where(count > 0, np.where(defined, repeated, 0).sum(axis=1) / np.maximum(count, 1), np.nan)


def explained_by(theta: ArrayLike, response: ArrayLike, names: Sequence[str] = NAMES) -> pd.DataFrame:
    """Return Spearman's rank correlation of a response (n,) with each parameter (n, k): name, rho, p, adjusted, n.

    adjusted: by Benjamini & Hochberg 1995 over the parameters (scipy.stats.false_discovery_control); strongest first.
    Parameters that do not vary are left out. Empty below MINIMUM circuits with a defined response, or when the response
    does not vary.
    """
    measured: NDArray[np.float64] = np.asarray(response, dtype=np.float64)
    kept = np.isfinite(measured)
    values, measured = np.asarray(theta, dtype=np.float64)[kept], measured[kept]
    columns = ["name", "rho", "p", "adjusted", "n"]
    varies = [i for i in range(values.shape[1]) if len(values) and np.ptp(values[:, i]) > 0]
    if len(measured) < MINIMUM or np.ptp(measured) == 0 or not varies:
        return pd.DataFrame(columns=columns)
    found = [stats.spearmanr(values[:, i], measured) for i in varies]
    p = np.array([one.pvalue for one in found])
    table = pd.DataFrame(
        {"name": [names[i] for i in varies], "rho": [one.statistic for one in found], "p": p,
         "adjusted": stats.false_discovery_control(p), "n": len(measured)}
    )  # fmt: skip
    return table.sort_values("p", kind="stable", ignore_index=True)


def verdict(runs: PerturbedRuns, name: str) -> str:
    """Return the answer in plain words: do the circuits answer alike in this measure, and what are their outcomes?"""
    n = len(runs.numbers)
    if not n:
        return "No circuit has been perturbed yet."
    became = pd.Series(outcomes(runs)).value_counts()
    others = ", ".join(f"{count} {_became(str(word))}" for word, count in became.items() if word != "bursts on")
    told = answer(runs, name)
    name_ = told.measure.label
    if not told.n:
        return f"The {name_} is defined both before and after in none of the {n} circuits. Their outcomes: {others}."
    ways = {
        "more": told.up, "less": told.down, "no change beyond seed noise": told.same,
        "none that could be measured": told.undefined,
    }  # fmt: skip
    seeds = runs.features.shape[1]
    on_what = f"{n} circuit{'s' * (n > 1)}, {seeds} seed{'s' * (seeds > 1)} each"
    fate = f" Of all {n}: {others}." if others else ""
    if n < ENOUGH_CIRCUITS or not np.isfinite(told.noise):
        why = (
            f"fewer than {ENOUGH_CIRCUITS} circuits say little about all that match"
            if n < ENOUGH_CIRCUITS
            else "with one seed nobody knows how much another seed alone changes"
        )
        return f"Nothing can be said yet ({on_what}): {why}. So far, {name_}: {_size(told)}.{fate}"
    main = max(ways, key=lambda way: ways[way])
    shown = ", ".join(f"{count} {way}" for way, count in ways.items() if count)
    judged = (
        f"Yes: {runs.who} answer alike: {ways[main]} of {told.n + told.undefined} show {main}"
        if told.alike
        else f"No: {runs.who} answer differently: {shown}"
    )
    spread = ""
    if np.isfinite(told.between):
        spread = f" {told.between:.0%} of the spread of responses lies between circuits; the rest is seed noise."
    return f"{judged} ({name_}: {_size(told)}; {on_what}; seed noise {_noise(told)}).{spread}{fate}"


def _became(word: str) -> str:
    words = {"begins to burst": "began to burst", "stops bursting": "stopped bursting", "silent": "fell silent",
             "saturated": "saturated", "failed": "failed numerically", "active, no bursts": "active without bursts as before"}  # fmt: skip
    return words[word]


def _noise(told: Answer) -> str:
    """Return how large a change another seed alone makes, in words."""
    return f"up to ×{2.0**told.noise:.3g}" if told.measure.fold else f"up to {told.noise:.3g}"


def _size(told: Answer) -> str:
    """Return median and 5–95 % of the responses, in words."""
    if told.measure.fold:
        low, median, high = (2.0**value for value in (told.low, told.median, told.high))
        return f"median ×{median:.3g}, 5–95 %: ×{low:.3g} to ×{high:.3g}"
    return f"median change {told.median:+.3g}, 5–95 %: {told.low:+.3g} to {told.high:+.3g}"
