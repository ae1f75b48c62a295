"""The answers of the Move stage, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....circuit.parameters import NAMES, PARAMETERS
from ....inference.asking.consistency import Judge
from ....inference.estimators.prior import Prior
from ....invariance.compensation import Compensation
from ....invariance.conditional import Conditional
from ....invariance.correlation import Correlations, correlation_change
from ....invariance.paths import Path, consistent_share
from ...widgets.colours import OUTCOME_WORDS
from ...widgets.quantities import number

MOST_CHANGED = 8
"""Rows of a table of changes that can be read at a glance."""

NOTICED = 0.02
"""Share of a prior's range; smaller changes are not worth a row."""


def ran(outcome: str, distance: float, judge: Judge) -> str:
    """Return the outcome of one run, and its distance to the target. distance: infinite if undefined."""
    state = judge.state(outcome, distance)
    far = f", distance {distance:.2f} (consistent up to {judge.bound:.2f})" if np.isfinite(distance) else ""
    return f"{OUTCOME_WORDS.get(state, state)}{far}"


def share(value: float) -> str:
    """Return a share as a percentage: 12 %, 0.3 %, 1.2×10⁻⁵ %."""
    return f"{number(100 * value, 2)} %"


def condition_answer(found: Conditional) -> str:
    """Say whether the dynamics allow a condition, and how much of the posterior it has."""
    opening = {
        "possible": "The dynamics allow it",
        "unlikely": "Unlikely with these dynamics",
        "nearly impossible": "Nearly impossible with these dynamics",
    }[found.verdict]
    if not len(found.points):
        return f"{opening}: the estimator finds no circuit there that could be drawn."
    times = found.plausibility
    than = f"{number(times, 2)} times as" if times >= 1 else f"1/{number(1 / times, 2)} as"
    text = (
        f"{opening}: the condition holds {share(found.mass)} of the posterior and {share(found.prior_mass)} of the prior, so the "
        f"recording makes it {than} plausible as it was before."
    )
    if found.n_effective < 0.2 * len(found.points):
        text += f" Read with care: the {len(found.points)} circuits are worth {found.n_effective:.0f} independent ones."
    return text


def shifts(before: NDArray[np.float64], after: NDArray[np.float64], held: Sequence[int], prior: Prior) -> pd.DataFrame:
    """Return the free parameters whose median moves most: before and after, and the shift in shares of the prior's range.

    before, after: (n, 28) configurations in table units.
    """
    first, second = np.median(before, axis=0), np.median(after, axis=0)
    moved = (second - first) / (prior.high - prior.low)
    moved[list(held)] = 0
    best = [i for i in np.argsort(-np.abs(moved), kind="stable")[:MOST_CHANGED] if abs(moved[i]) >= NOTICED]
    return pd.DataFrame(
        {
            "Parameter": [PARAMETERS[i].label for i in best],
            "Median": [number(first[i]) for i in best],
            "Under the condition": [number(second[i]) for i in best],
            "Shift (share of prior)": [f"{moved[i]:+.2f}".replace("-", "−") for i in best],
        }
    )


def changed_correlations(before: Correlations, after: Correlations, held: Sequence[int]) -> pd.DataFrame:
    """Return the pairs of free parameters whose correlation changes significantly under the condition, largest change first."""
    change = correlation_change(before, after)
    flags = np.triu(change.changed | change.flipped, 1)
    flags[list(held)] = flags[:, list(held)] = False
    rows, columns = np.nonzero(flags)
    order = np.argsort(-np.abs(change.difference[rows, columns]), kind="stable")[:MOST_CHANGED]
    pairs = [(rows[k], columns[k]) for k in order]
    return pd.DataFrame(
        {
            "Pair": [f"{PARAMETERS[i].symbol} – {PARAMETERS[j].symbol}" for i, j in pairs],
            "ρ": [f"{before.rho[i, j]:+.2f}".replace("-", "−") for i, j in pairs],
            "Under the condition": [f"{after.rho[i, j]:+.2f}".replace("-", "−") for i, j in pairs],
        }
    )


def path_answer(path: Path, first: int, second: int) -> str:
    """Say how the path compares with the straight line."""
    if path.line_log_density.min() >= path.level - 1:
        return (
            f"The straight line from circuit {first} to circuit {second} stays in the subspace, too: its density falls no more than "
            f"{number(max(path.level - path.line_log_density.min(), 0), 2)} nats below the ends'. One line does not show this for others."
        )
    lowest = path.level - path.log_density.min()
    kept = "never leaves the density of its ends" if lowest < 1 else f"falls to {number(lowest, 2)} nats below its ends"
    return (
        f"The path {kept}; the straight line falls {number(path.level - path.line_log_density.min(), 3)} nats below them. "
        f"The path is {path.length / max(path.line_length, 1e-12):.2f} times as long as the line."
    )


def verified(what: str, flags: Sequence[bool]) -> str:
    """Say what share of the simulated points was consistent."""
    value, low, high = consistent_share(flags)
    return f"{what}: {sum(flags)} of {len(flags)} consistent ({value:.0%}, 95 %: {low:.0%} to {high:.0%})"


def compensation_answer(found: Compensation, moved: int) -> str:
    """Say whether the other parameters can make up for the change."""
    label = PARAMETERS[moved].symbol
    fall = found.before - found.perturbed
    if found.restored and found.distance == 0:
        return f"Nothing to make up for: the posterior is as dense there as it was ({number(-fall, 2)} nats higher)."
    if found.restored:
        return (
            f"Changing {label} alone costs {number(fall, 2)} nats of log-density. It can be made up for: the others move by "
            f"{number(found.distance, 2)} of the prior's range in all."
        )
    return (
        f"Changing {label} alone costs {number(fall, 2)} nats of log-density, and no change of the others that was found makes up "
        f"for all of it: the best leaves {number(found.level - found.after, 2)} nats."
    )


def changes(before: NDArray[np.float64], after: NDArray[np.float64], moved: int, prior: Prior) -> pd.DataFrame:
    """Return what changes between two circuits (28,): the moved parameter first, then the others by size."""
    by = (after - before) / (prior.high - prior.low)
    order = [moved, *(i for i in np.argsort(-np.abs(by), kind="stable") if i != moved and abs(by[i]) >= 0.005)]
    order = order[: MOST_CHANGED + 1]
    return pd.DataFrame(
        {
            "Parameter": [PARAMETERS[i].label + (" (by hand)" if i == moved else "") for i in order],
            "From": [number(before[i]) for i in order],
            "To": [number(after[i]) for i in order],
            "Share of prior": [f"{by[i]:+.3f}".replace("-", "−") for i in order],
            "Meaning": [PARAMETERS[i].meaning for i in order],
        }
    )


def held_words(held: dict[str, tuple[float, float]]) -> str:
    """Say what is held: "τ_w = 300 ms, b 10 to 20 pA"."""
    parts = []
    for name, (low, high) in held.items():
        spec = PARAMETERS[NAMES.index(name)]
        unit = "" if spec.unit == "1" else f" {spec.unit}"
        parts.append(
            f"{spec.symbol} = {number(low)}{unit}"
            if low == high
            else f"{spec.symbol} {number(low)} to {number(high)}{unit}"
        )
    return ", ".join(parts)
