"""What the compare board says about a run: its state, its distance, its features beside the target's, and its reruns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...circuit.domain import oddities
from ...circuit.parameters import as_configuration
from ...features import feature
from ...inference.asking.consistency import Judge, is_consistent
from ...inference.asking.simulated import Simulated
from ...inference.asking.target import Target
from ...inference.estimators.card import Card
from ..widgets.colours import OUTCOME_WORDS
from .marks import NO_MARKS, Mark, Marks

MAX_TOLD = 5
"""Features told in words; the bands of a spectrum are drawn instead."""


@dataclass(frozen=True, eq=False)
class Rerun:
    """One more run of a circuit, without its spikes: with another seed or on another engine.

    frequencies, power: (n,) of its spectrum; empty where it is not drawn. vector: (n_features,) as the estimator sees them, to measure
    the distance to another target; empty where not known. rejected_after: s after which it was given up as no match.
    """

    seed: int
    engine: str
    outcome: str
    distance: float
    frequencies: NDArray[np.float64]
    power: NDArray[np.float64]
    vector: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    rejected_after: float | None = None


def why_far(run: Simulated, card: Card) -> str:
    """Return why an active run has no distance to a target, in words."""
    undefined = [
        name for name, value in zip(card.feature_set.features, run.vector, strict=True) if not np.isfinite(value)
    ]
    return "does not burst" if any(name.startswith("burst_") for name in undefined) else "features undefined"


def title(number: int, run: Simulated, state: str, distance: float, card: Card, marks: Marks = NO_MARKS) -> str:
    """Return a run's heading."""
    parts = [f"Circuit {number} — {OUTCOME_WORDS.get(state, state)}"]
    if np.isfinite(distance):
        parts.append(f"distance {distance:.2f}")
    elif run.outcome == "active":
        parts.append(why_far(run, card))
    parts.append(f"seed {run.seed}")
    if Mark.PINNED in marks:
        parts.append("pinned")
    if Mark.REJECTED in marks:
        parts.append("✗ rejected by you")
    return ", ".join(parts)


def notes(run: Simulated, card: Card, target: Target | None, reruns: list[Rerun], judge: Judge) -> str:
    """Return the lines below a heading: features beside the target's, reruns, and what is odd about the circuit."""
    lines = [run.error] * bool(run.error)
    names = [name for name, kept in zip(card.feature_set.features, card.compared, strict=True) if kept]
    if run.features and target is not None and len(names) <= MAX_TOLD:
        told = [
            f"{feature(name).label} {_value(run.features.get(name), feature(name).unit)} (target {_value(target.features.get(name), '')})"
            for name in names
        ]
        lines.append(" · ".join(told))
    lines += rerun_lines(reruns, judge)
    lines += [f"⚠ {line}" for line in oddities(as_configuration(run.theta))]
    return "\n".join(lines)


def _value(value: float | None, unit: str) -> str:
    if value is None or not np.isfinite(value):
        return "–"
    return f"{value:.3g}" + (f" {unit}" if unit not in ("", "1") else "")


def rerun_lines(reruns: list[Rerun], judge: Judge) -> list[str]:
    """Return one line for all reruns with other seeds, and one for each rerun on the reference engine."""
    lines = []
    others = [one for one in reruns if one.engine == "fast"]
    if others:
        finite = [one.distance for one in others if np.isfinite(one.distance) and one.rejected_after is None]
        near = int(is_consistent([judge.state_of(one, one.distance) for one in others]).sum())
        span = f"distances {min(finite):.2f} to {max(finite):.2f}, " if finite else ""
        lines.append(f"↻ {len(others)} other seeds: {span}{near} of {len(others)} consistent")
    for one in reruns:
        if one.engine == "reference":
            far = f"distance {one.distance:.2f}" if np.isfinite(one.distance) else "no distance"
            lines.append(
                f"⚖ reference engine, seed {one.seed}: {OUTCOME_WORDS.get(one.outcome, OUTCOME_WORDS['alive'])}, {far}"
            )
    return lines
