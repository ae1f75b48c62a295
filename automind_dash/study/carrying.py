"""Simulated proof of a mechanism: how many of one recording's circuits turn into the other's when the same parameters are changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..circuit.parameters import PARAMETERS
from ..errors import StudyError
from ..features import yield_interval
from ..inference.asking.consistency import Judge
from ..inference.asking.posterior import target_conditions
from ..inference.asking.verification import RunMany, run_items
from ..inference.estimators.conditions import is_condition
from ..inference.estimators.estimator import Estimator
from ..invariance.scaling import from_unit, to_unit
from .mechanisms import Changed, Predict, Screen, distances, screen, smallest_change

Floats = NDArray[np.float64]

ATTEMPTS = 2
"""Simulations for a circuit and a mechanism, at most. The second is corrected by the result of the first."""

USELESS = 0.5
"""With a lower probability of use, a circuit is expected to have no features."""


@dataclass(frozen=True, eq=False)
class Carried:
    """A mechanism after simulation. names: of its parameters; tried, carried: circuits; size: median length of the changes that carried a
    circuit over, in ranges, NaN without one; directions: share of those in which each parameter rose; changes: (carried, k) in table
    units; circuits: numbers of those carried.
    """

    columns: tuple[int, ...]
    tried: int
    carried: int
    size: float
    directions: tuple[float, ...]
    changes: Floats
    circuits: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' published names."""
        return tuple(PARAMETERS[j].name for j in self.columns)

    @property
    def share(self) -> float:
        """Share of the tried circuits that were carried over."""
        return self.carried / self.tried if self.tried else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share (Wilson). Circuits of one family are not independent draws, so the true interval is at least this
        wide."""
        return yield_interval(self.carried, self.tried)

    @property
    def words(self) -> str:
        """The parameters with their directions: "b ↑, τ_w ↓"; ↕ where circuits differ."""
        signs = ["↑" if up > 0.8 else "↓" if up < 0.2 else "↕" for up in self.directions] or [""] * len(self.columns)
        return ", ".join(f"{PARAMETERS[j].symbol} {sign}".strip() for j, sign in zip(self.columns, signs, strict=True))


@dataclass(frozen=True, eq=False)
class Carrying:
    """Mechanisms, best first. unchanged: how many of the circuits match as they are; simulated: runs that were spent."""

    mechanisms: tuple[Carried, ...]
    n: int
    unchanged: int
    simulated: int

    def table(self) -> pd.DataFrame:
        """Return a row for each mechanism, best first."""
        rows = [
            {"mechanism": one.words, "parameters": ", ".join(one.names), "carried": one.carried, "tried": one.tried, "share": one.share,
             "low": one.interval[0], "high": one.interval[1], "size": one.size}
            for one in self.mechanisms
        ]  # fmt: skip
        return pd.DataFrame(rows)


def predictor(estimator: Estimator, target: Floats) -> Predict:
    """Return the estimator's surrogate as a function of shares of ranges. Raises StudyError where it ships none."""
    surrogate, card = estimator.surrogate, estimator.card
    if surrogate is None:
        raise StudyError(
            f"{estimator.name} ships no surrogate, and changes of circuits are screened by one; choose another estimator."
        )

    def predict(points: Floats) -> Floats:
        theta = from_unit(points, card.prior)
        useful, expected = surrogate.predict(theta, target_conditions(card, target, theta))
        return np.where(useful[:, None] >= USELESS, expected, np.nan)

    return predict


def carry_over(
    theta: Floats, vectors: Floats, estimator: Estimator, target: Floats, *, run_many: RunMany, n_units: int | None = None, most: int = 3,
    mechanisms: Sequence[tuple[int, ...]] | None = None, prove: int = 6, seed: int = 1, tolerance: float = 1.0,
    progress: Callable[[float], None] | None = None,
) -> Carrying:  # fmt: skip
    """Screen mechanisms, and simulate the best `prove` of them on every circuit.

    theta: (n, 28) circuits that match one recording; vectors: (n, n_features) as they were simulated; target: (n_features,) of the other
    recording; n_units: at which both are seen; mechanisms: those to prove, without screening others. At most n · prove · ATTEMPTS
    simulations.
    """
    card = estimator.card
    kept = card.compared & ~is_condition(card.feature_set)
    unit = card.noise_scale[kept] * Judge.of(card, tolerance).bound
    aim, seen, points = target[kept], vectors[:, kept], to_unit(theta, card.prior)
    predict = predictor(estimator, target)
    if not len(theta):
        raise StudyError("No circuit is known to match the first recording: find some with a larger budget.")
    looked_at = (
        _only(points, seen, aim, unit, predict, mechanisms)
        if mechanisms
        else screen(points, seen, aim, unit, predict, most=most)
    )
    chosen = looked_at.ranked()[:prove]
    run = partial(_run, estimator=estimator, n_units=n_units, run_many=run_many)
    before = predict(points)
    found, spent = [], 0
    for number, mechanism in enumerate(chosen):
        carried, n = _prove(
            mechanism,
            looked_at.changed[mechanism],
            points,
            seen,
            before,
            aim,
            unit,
            kept,
            predict,
            run,
            seed + 1000 * number,
        )
        found.append(_summed(mechanism, carried, points, estimator))
        spent += n
        if progress is not None:
            progress((number + 1) / len(chosen))
    order = sorted(found, key=lambda one: (-one.share, len(one.columns), one.size))
    return Carrying(tuple(order), len(points), int((looked_at.unchanged <= 1).sum()), spent)


def _only(
    points: Floats, seen: Floats, aim: Floats, unit: Floats, predict: Predict, mechanisms: Sequence[tuple[int, ...]]
) -> Screen:
    before = predict(points)
    changed = {
        mechanism: [
            smallest_change(point, own, expected, mechanism, aim, unit, predict)
            for point, own, expected in zip(points, seen, before, strict=True)
        ]
        for mechanism in mechanisms
    }
    return Screen(changed, distances(seen, aim, unit))


def _run(
    points: Floats, seeds: Sequence[int], *, estimator: Estimator, n_units: int | None, run_many: RunMany
) -> Floats:
    """(n, n_features) of simulated circuits, in shares of ranges."""
    card = estimator.card
    items = run_items(from_unit(points, card.prior), seeds, card, n_units=n_units)
    out = np.full((len(items), len(card.feature_set)), np.nan)
    for index, found in run_many(items):
        out[index] = found.vector
    return out


def _prove(
    mechanism: tuple[int, ...], changed: Sequence[Changed], points: Floats, seen: Floats, before: Floats, aim: Floats, unit: Floats,
    kept: NDArray[np.bool_], predict: Predict, run: Callable[[Floats, Sequence[int]], Floats], seed: int,
) -> tuple[dict[int, Floats], int]:  # fmt: skip
    """Return, for each circuit that was carried over, the point it was carried to; and how many simulations it took."""
    at = {i: one.point for i, one in enumerate(changed) if np.isfinite(one.expected)}
    carried: dict[int, Floats] = {}
    spent = 0
    for attempt in range(ATTEMPTS):
        if not at:
            break
        numbers = list(at)
        tried = np.array([at[i] for i in numbers])
        vectors = run(tried, [seed + 100 * attempt + i for i in numbers])[:, kept]
        spent += len(numbers)
        apart = distances(vectors, aim, unit)
        at = {}
        for i, point, vector, distance in zip(numbers, tried, vectors, apart, strict=True):
            if distance <= 1:
                carried[i] = point
            elif np.isfinite(distance):
                at[i] = _again(points[i], point, vector, mechanism, aim, unit, predict)
    return carried, spent


def _again(
    origin: Floats, point: Floats, vector: Floats, mechanism: tuple[int, ...], aim: Floats, unit: Floats, predict: Predict
) -> Floats:  # fmt: skip
    """(d,) the next point to try after a near miss, now that its simulated features are known."""
    next_ = smallest_change(point, vector, predict(point[None])[0], mechanism, aim, unit, predict)
    return np.where(np.isin(np.arange(len(origin)), mechanism), next_.point, origin)


def _summed(mechanism: tuple[int, ...], carried: dict[int, Floats], points: Floats, estimator: Estimator) -> Carried:
    numbers = sorted(carried)
    columns = list(mechanism)
    moved = np.array([carried[i] - points[i] for i in numbers]).reshape(len(numbers), points.shape[1])
    size = float(np.median(np.linalg.norm(moved, axis=1))) if numbers else float("nan")
    ranges = (estimator.card.prior.high - estimator.card.prior.low)[columns]
    directions = tuple((moved[:, columns] > 0).mean(axis=0).tolist()) if numbers else ()
    return Carried(mechanism, len(points), len(numbers), size, directions, moved[:, columns] * ranges, tuple(numbers))
