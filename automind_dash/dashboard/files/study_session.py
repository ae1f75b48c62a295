"""A study's results as a session file, which opens on the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...circuit.parameters import NAMES
from ...inference.asking.consistency import CONSISTENT, Judge
from ...inference.asking.provenance import Added, Draws, Provenance, Search
from ...inference.asking.simulated import Simulated
from ...inference.estimators.estimator import Estimator
from ...study.batch import Reader
from ...study.measuring import WHOLE, Asked
from ...study.results import DONE, RECORDING, StudyResults
from ..state.circuit_rows import confirmed_in, judged, rows
from ..state.examined import Examined
from ..state.run_words import Rerun
from .session_file import MAX_TARGETS, SUFFIX, write_session

MOST_SIMULATIONS = 50_000
"""A session's file holds three arrays for each, a quarter less than it may; further recordings have their matching circuits alone."""


def write_study_session(
    results: StudyResults, estimator: Estimator, asked: Asked, read: Reader, out: Path
) -> tuple[Path, int]:
    """Write the study's recordings, each with the circuits that its search simulated or, without a search, its draws. Return the file
    and the number of recordings in it.

    A session holds MAX_TARGETS recordings, so a larger study gives its first ones. It holds the study's results, too.
    """
    done = [int(str(row)) for row in results.recordings.index[results.recordings["status"] == DONE]][:MAX_TARGETS]
    examined, room = [], MOST_SIMULATIONS
    for row in done:
        room -= len(_of(results.runs, row)) + len(_of(results.repetitions, row))
        examined.append(_examined(results, row, estimator, asked, read, searched=room >= 0))
    path = out / f"study{SUFFIX}"
    write_session(examined, examined[0] if examined else None, "Overview", {}, path, study=results)
    return path, len(examined)


def _examined(
    results: StudyResults, row: int, estimator: Estimator, asked: Asked, read: Reader, *, searched: bool
) -> Examined:
    """Return a recording with its circuits. searched: whether all that its search simulated are wanted."""
    found = Examined(read(row), settings=asked.analysis(estimator))
    found.param.update(estimator=estimator.name, seed=asked.seed, tolerance=asked.tolerance)
    runs = _of(results.runs, row).set_index("run") if len(_of(results.runs, row)) else pd.DataFrame()
    question: dict[str, Any] = {
        "estimator": estimator.name, "digest": estimator.digest, "n_neurons": estimator.card.plan.n_neurons,
        "target": tuple(results.target_of(row).tolist()), "seed": asked.seed, "version": str(results.about["version"]),
    }  # fmt: skip
    if searched and "log_density" in runs and runs["log_density"].notna().all():
        _take_search(found, results, row, runs, estimator, asked, question)
    elif len(results.circuits_of(row)):
        _take_circuits(found, _of(results.circuits, row), results.number(row, "simulated"), estimator)
    elif len(drawn := _of(results.draws, row)):
        drawn = drawn[drawn["part"] == WHOLE]
        found.param.update(
            configurations=rows(drawn[list(NAMES)].to_numpy(), drawn["log_density"].to_numpy(), 0),
            provenance=Provenance(Draws(**question, n=len(drawn))), generation=1,
        )  # fmt: skip
    return found


def _of(table: pd.DataFrame, row: int) -> pd.DataFrame:
    return table[table[RECORDING] == row] if len(table) else table


def _take_search(
    found: Examined, results: StudyResults, row: int, runs: pd.DataFrame, estimator: Estimator, asked: Asked, question: dict[str, Any]
) -> None:  # fmt: skip
    """Let a recording have all circuits that its search simulated, as if it had been made on the page, the confirmed ones selected."""
    again = _of(results.repetitions, row)
    reruns = {
        int(str(number)): [_rerun(one, estimator) for one in some.to_dict("records")]
        for number, some in (again.groupby("run") if len(again) else ())
    }
    table = rows(runs[list(NAMES)].to_numpy(dtype=np.float64), runs["log_density"].to_numpy(dtype=np.float64), 0)
    table = table.assign(
        **{name: runs[name].to_numpy() for name in ("distance", "seed")}, state=runs["outcome"].to_numpy(dtype=str)
    )
    given_up = runs.index[runs["rejected_after"].notna()]
    table = judged(table, Judge.of(estimator.card, asked.tolerance), given_up, reruns)
    confirmed = table.index[confirmed_in(table)].tolist()

    def counted(column: str) -> int:
        return int(np.nan_to_num(results.number(row, column)))

    drawn = counted("fresh_consistent"), counted("fresh_simulated")
    search = Search(
        **question, n=len(runs), oversampling=asked.oversampling, want=asked.circuits, budget=asked.budget, tolerance=asked.tolerance,
        consistent=counted("consistent"), simulated=len(runs), rejected_early=len(given_up), drawn=counted("drawn"),
        hardest_oversampling=asked.oversampling, of_the_posterior=drawn,
        drawn_near=(counted("consistent") - drawn[0], len(runs) - drawn[1]),
        model_seconds=counted("model_seconds"), seconds=counted("seconds"), parents=tuple(runs["parent"].astype(int).tolist()),
        confirm=asked.confirm, tested=len(reruns), confirmed=len(confirmed), repeated=(counted("matched_again"), counted("repeated")),
        seeds_again=tuple((number, one.seed) for number, some in reruns.items() for one in some),
    )  # fmt: skip
    found.param.update(
        configurations=table, provenance=Provenance(searches=(search,)), generation=1, reruns=reruns, selection=confirmed,
        simulations={number: _simulated(one, estimator) for number, one in enumerate(runs.to_dict("records"))},
    )  # fmt: skip


def _take_circuits(found: Examined, circuits: pd.DataFrame, simulated: float, estimator: Estimator) -> None:
    """Let a recording have its matching circuits alone, which say nothing of the yield, where results are an earlier version's."""
    table = rows(
        circuits[list(NAMES)].to_numpy(dtype=np.float64), circuits["log_density"].to_numpy(dtype=np.float64), 0
    )
    seeds = {name: circuits[name].to_numpy() if name in circuits else 1 for name in ("seeds", "matched")}
    table = table.assign(
        distance=circuits["distance"].to_numpy(dtype=np.float64),
        seed=circuits["seed"].to_numpy(),
        state=CONSISTENT,
        **seeds,
    )
    origin = f"found by a study's search with {estimator.name}, {len(table)} of {simulated:.0f} circuits simulated"
    found.param.update(
        configurations=table, provenance=Provenance(added=(Added((0, len(table) - 1), origin),)), generation=1
    )


def _simulated(run: dict[Any, Any], estimator: Estimator) -> Simulated:
    """Return a run without its spikes. Its seed gives the spikes back."""
    theta = np.array([run[name] for name in NAMES], dtype=np.float64)
    return Simulated(
        theta, int(run["seed"]), run["outcome"], _vector(run, estimator), rejected_after=_known(run["rejected_after"])
    )


def _rerun(run: dict[Any, Any], estimator: Estimator) -> Rerun:
    """Return a run with another seed as the page keeps it, without a spectrum."""
    return Rerun(
        int(run["seed"]), "fast", run["outcome"], float(run["distance"]), np.empty(0), np.empty(0), _vector(run, estimator),
        _known(run["rejected_after"]),
    )  # fmt: skip


def _vector(run: dict[Any, Any], estimator: Estimator) -> NDArray[np.float64]:
    return np.array([run[f"transformed.{name}"] for name in estimator.card.feature_set.features], dtype=np.float64)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
