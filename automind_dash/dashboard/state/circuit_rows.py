"""The rows of the table of circuits: how they are made, how they are judged, and how often each circuit matched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...circuit.parameters import NAMES
from ...inference.asking.consistency import Judge, is_confirmed, is_consistent
from .run_words import Rerun

NEVER_SIMULATED: dict[str, Any] = {"state": "", "distance": np.nan, "seed": -1, "seeds": 0, "matched": 0}
"""The columns of the table that simulations fill, and what stands in them before."""

Reruns = Mapping[int, list[Rerun]]
"""Configuration number → its runs with other seeds or on the reference engine."""


def rows(theta: NDArray[np.float64], log_density: NDArray[np.float64], first: int) -> pd.DataFrame:
    """Return configurations (n, 28) that have not been simulated as rows of the table, numbered from the first on."""
    table = pd.DataFrame(theta, columns=list(NAMES), index=pd.RangeIndex(first, first + len(theta)))
    return table.assign(log_density=log_density, **NEVER_SIMULATED)


def judged(table: pd.DataFrame, judge: Judge, denied: Iterable[int], reruns: Reruns) -> pd.DataFrame:
    """Return the table with the state of each circuit, with how many seeds it was simulated, and with how many of them it matched.

    denied: numbers of circuits that are alive at most; reruns: of these, those on the fast engine count.
    """
    outcomes, distances = table["state"].to_numpy(dtype=str), table["distance"].to_numpy(dtype=float)
    states = judge.states(outcomes, distances, table.index.isin(list(denied)))
    seeds, matched = (states != "").astype(np.int64), is_consistent(states).astype(np.int64)
    places = dict(zip(table.index.tolist(), range(len(table)), strict=True)) if reruns else {}
    for number, runs in reruns.items():
        place = places.get(number, -1)
        if place >= 0 and seeds[place]:
            again = [judge.state_of(run, run.distance) for run in runs if run.engine == "fast"]
            seeds[place] += len(again)
            matched[place] += int(is_consistent(again).sum())
    return table.assign(state=pd.array(states.tolist(), dtype=table["state"].dtype), seeds=seeds, matched=matched)


def confirmed_in(table: pd.DataFrame) -> NDArray[np.bool_]:
    """(n,) which circuits of a table matched with every seed, two or more."""
    return is_confirmed(table["seeds"], table["matched"])


def with_reruns(reruns: Reruns, found: Reruns) -> dict[int, list[Rerun]]:
    """Return reruns with further ones; of those with one seed on one engine the newest counts."""
    together = dict(reruns)
    for number, some in found.items():
        fresh = {(run.engine, run.seed) for run in some}
        together[number] = [run for run in reruns.get(number, []) if (run.engine, run.seed) not in fresh] + list(some)
    return together
