"""Looks for extreme circuits among those at hand, and for one that is not among them: the answers to the finders' buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....circuit.parameters import PARAMETERS
from ....errors import UserError
from ....inference.asking.consistency import Judge, is_consistent
from ....inference.estimators.card import Card
from ....invariance.density import posterior_density
from ....invariance.finders import ends, most_different_pair, sloppiest_neighbour
from ....invariance.local import curvature
from ....invariance.scaling import INSIDE, from_unit
from ...widgets.quantities import number
from .geometry_part import Circuits

DROP = 1.0
"""Nats that the density may fall on the way to a neighbour."""

SHOWN = 10
STEP = 0.01
DEAD = ("silent", "saturated", "failed")


@dataclass(frozen=True, eq=False)
class Extremes:
    """What a finder found: a sentence, its caption, the numbers of the circuits, and a circuit (28,) that is not in the table yet."""

    sentence: str
    caption: str
    numbers: list[int]
    names: list[str]
    thetas: NDArray[np.float64]
    new: NDArray[np.float64] | None = None
    log_density: float = float("nan")


def candidates(circuits: Circuits) -> tuple[NDArray[np.bool_], str]:
    """Return which circuits are searched: confirmed ones where they are the ensemble, consistent ones when there are two; and words."""
    if not circuits.taken.all() and circuits.taken.sum() >= 2:
        return circuits.taken, f"the {int(circuits.taken.sum())} that were confirmed"
    consistent = is_consistent(circuits.states)
    if consistent.sum() >= 2:
        return consistent, f"the {int(consistent.sum())} that were simulated and found consistent"
    kept = ~np.isin(circuits.states, DEAD)
    return (
        kept,
        f"the {int(kept.sum())} that are not known to be silent or saturated (fewer than two are verified: simulate some first)",
    )


def find_pair(
    circuits: Circuits, vectors: NDArray[np.float64], card: Card, judge: Judge, *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> Extremes:  # fmt: skip
    """Return the most different pair with the same dynamics. vectors: (n, n_features), NaN where not simulated."""
    kept, who = candidates(circuits)
    verified = bool(is_consistent(circuits.states[kept]).all())
    scaled = vectors[:, card.compared] / card.noise_scale[card.compared] if verified else None
    pair = most_different_pair(circuits.u, candidates=kept, features=scaled, tolerance=judge.bound)
    rows = [pair.first, pair.second]
    a, b = (int(circuits.numbers[i]) for i in rows)
    same = (
        f"their dynamics differ by {number(pair.difference)} of the circuit's own variability"
        if verified
        else "whether their dynamics are the same is not verified yet"
    )
    return Extremes(
        f"Circuits {a} and {b} are the most different: {number(pair.distance)} prior ranges apart; {same}.",
        f"Exact search over {who}, of {circuits.source}.", [a, b], [f"circuit {a}", f"circuit {b}"], circuits.theta[rows],
    )  # fmt: skip


def find_neighbour(
    circuits: Circuits,
    circuit: int,
    estimator: Any,
    *,
    progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> Extremes:
    """Return the drawn circuit that this one can be moved farthest to."""
    kept, who = candidates(circuits)
    at = circuits.row(circuit)
    found = sloppiest_neighbour(
        posterior_density(estimator, circuits.target), circuits.u, at, candidates=kept, drop=DROP
    )
    other = int(circuits.numbers[found.row])
    return Extremes(
        f"From circuit {circuit} one can go straight to circuit {other}, {number(found.distance)} prior ranges away, and the log-density "
        f"never falls by more than {number(DROP)} nat.",
        f"Farthest among {who}, of {circuits.source}; the density is looked at in 7 places between the two.",
        [circuit, other], [f"circuit {circuit}", f"circuit {other}"], circuits.theta[[at, found.row]],
    )  # fmt: skip


def walk(
    circuits: Circuits,
    circuit: int,
    estimator: Any,
    *,
    progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> Extremes:
    """Return the circuit at the end of a straight walk along the sloppiest direction: at a bound, or where the density has fallen."""
    density = posterior_density(estimator, circuits.target)
    start = np.clip(circuits.u[circuits.row(circuit)], INSIDE, 1 - INSIDE)
    along = curvature(density, start).sloppy(1)[0]
    level = float(density(start[None])[0]) - DROP
    best, far, height = start, 0.0, level
    for side in (-1, 1):
        way = start + side * np.arange(1, round(1.5 / STEP))[:, None] * STEP * along
        way = way[((way >= INSIDE) & (way <= 1 - INSIDE)).all(axis=1)]
        heights = np.asarray(density(way)) if len(way) else np.empty(0)
        below = np.flatnonzero(heights < level)
        steps = int(below[0]) if len(below) else len(way)
        if steps * STEP > far:
            best, far, height = way[steps - 1], steps * STEP, float(heights[steps - 1])
    if far == 0:
        raise UserError(
            f"Circuit {circuit} cannot be moved along its sloppiest direction: a bound, or the density, is too near."
        )
    theta = from_unit(best, estimator.card.prior)
    volume = float(np.log(estimator.card.prior.high - estimator.card.prior.low).sum())
    return Extremes(
        f"Along its sloppiest direction, circuit {circuit} can be moved by {number(far)} prior ranges, to a circuit that was not drawn: "
        "add it to the table to simulate it.",
        f"A straight walk in steps of {100 * STEP:.0f} % along the eigenvector of least curvature, until the log-density has "
        f"fallen by {number(DROP)} nat or a bound is met; circuit {circuit} is one of {circuits.source}.",
        [circuit], [f"circuit {circuit}", "new circuit"], np.vstack([circuits.theta[circuits.row(circuit)], theta]), theta, height - volume,
    )  # fmt: skip


def find_ends(circuits: Circuits, *, progress: Callable[[float], None], should_stop: Callable[[], bool]) -> Extremes:
    """Return the circuits at the ends of the widest three components; the table shows the ends of the widest."""
    kept, who = candidates(circuits)
    n = 3 if kept.sum() >= 7 else 1
    found = ends(circuits.u, n_components=n, candidates=kept)
    numbers = [int(circuits.numbers[end.row]) for end in found]
    told = "; ".join(
        f"{a} and {b} of component {i + 1}" for i, (a, b) in enumerate(zip(numbers[::2], numbers[1::2], strict=True))
    )
    return Extremes(
        f"The ends of the subspace are circuits {told}. The table compares the ends of the widest.",
        f"Outermost along the principal components of {who}, of {circuits.source}.",
        numbers, [f"circuit {one}" for one in numbers[:2]], circuits.theta[[end.row for end in found[:2]]],
    )  # fmt: skip


def differences(found: Extremes, card: Card) -> pd.DataFrame:
    """Return the parameters in which two circuits differ most, as shares of the prior's range."""
    change = (found.thetas[1] - found.thetas[0]) / (card.prior.high - card.prior.low)
    most = np.argsort(-np.abs(change), kind="stable")[:SHOWN]
    return pd.DataFrame({
        "Parameter": [PARAMETERS[i].label for i in most],
        found.names[0]: [number(float(found.thetas[0, i])) for i in most],
        found.names[1]: [number(float(found.thetas[1, i])) for i in most],
        "Change (% of the prior's range)": [f"{100 * change[i]:+.0f}".replace("-", "−") for i in most],
        "Meaning": [PARAMETERS[i].meaning for i in most],
    })  # fmt: skip
