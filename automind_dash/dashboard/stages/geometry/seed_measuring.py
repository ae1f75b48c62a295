"""Simulates one circuit with new seeds beside its neighbours, and splits the variance of their features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....errors import UserError
from ....features.registry import feature
from ....inference.asking.target import Target
from ....inference.asking.verification import RunMany, run_items
from ....inference.estimators.card import Card
from ....invariance.seed_variance import OwnAgainstNeighbours, VarianceParts, own_against_neighbours, variance_parts
from .geometry_part import Circuits

MORE_SEEDS = 2
"""Runs of each neighbour; a second one tells its own noise from what sets it apart."""


@dataclass(frozen=True, eq=False)
class SeedFound:
    """own: (k, n_features) of the circuit in units of the noise scale; neighbours: (k, 2, n_features); NaN where undefined."""

    circuits: Circuits
    circuit: int
    labels: list[str]
    own: NDArray[np.float64]
    neighbours: NDArray[np.float64]
    against: OwnAgainstNeighbours
    parts: VarianceParts
    active: int


def nearest(circuits: Circuits, circuit: int, k: int) -> NDArray[np.int64]:
    """(k,) rows of the nearest other circuits of the ensemble on the common scale; fewer where it has fewer."""
    distance = np.linalg.norm(circuits.u - circuits.u[circuits.row(circuit)], axis=1)
    distance[~circuits.taken] = np.inf
    distance[circuits.row(circuit)] = np.inf
    return np.argsort(distance, kind="stable")[: min(k, int(np.isfinite(distance).sum()))]


def seed_against_parameter(
    circuits: Circuits, circuit: int, k: int, seed: int, card: Card, target: Target, run_many: RunMany, *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> SeedFound | None:  # fmt: skip
    """Simulate k seeds of a circuit and two of each of k neighbours, and split the variance; None when stopped."""
    rows = nearest(circuits, circuit, k)
    theta = np.vstack([
        np.repeat(circuits.theta[[circuits.row(circuit)]], k, axis=0), np.repeat(circuits.theta[rows], MORE_SEEDS, axis=0)
    ])  # fmt: skip
    items = run_items(theta, range(seed, seed + len(theta)), card, target)
    vectors = np.full((len(items), len(card.feature_set)), np.nan)
    results, done, active = run_many(items), 0, 0
    try:
        for index, run in results:
            vectors[index] = run.vector
            active += run.outcome == "active"
            done += 1
            progress(done / len(items))
            if should_stop():
                return None
    finally:
        close = getattr(results, "close", None)
        if close is not None:
            close()
    if active < 4:
        raise UserError(
            f"Only {active} of {len(items)} runs were active: there is no spread to take apart. Choose another circuit."
        )
    scaled = vectors[:, card.compared] / card.noise_scale[card.compared]
    own, others = scaled[:k], scaled[k:].reshape(len(rows), MORE_SEEDS, -1)
    repeats = np.full((1 + len(rows), max(k, MORE_SEEDS), scaled.shape[1]), np.nan)
    repeats[0, :k], repeats[1:, :MORE_SEEDS] = own, others
    names = [name for name, used in zip(card.feature_set.features, card.compared, strict=True) if used]
    return SeedFound(
        circuits, circuit, [feature(name).label for name in names], own, others, own_against_neighbours(own, others[:, 0]),
        variance_parts(repeats), active,
    )  # fmt: skip
