"""A study's results as a session file, which opens on the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ...circuit.parameters import NAMES
from ...inference.asking.provenance import Draws, Provenance
from ...inference.asking.simulated import Simulated
from ...inference.estimators.estimator import Estimator
from ...study.batch import Reader
from ...study.measuring import Asked
from ...study.results import DONE, RECORDING, StudyResults
from ..state.examined import Examined
from .session_file import MAX_TARGETS, SUFFIX, write_session


def write_study_session(
    results: StudyResults, estimator: Estimator, asked: Asked, read: Reader, out: Path
) -> tuple[Path, int]:
    """Write the study's recordings, each with its matching circuits or, if it has none, its draws. Return the file and
    the number of recordings in it.

    A session holds MAX_TARGETS recordings, so a larger study gives its first ones. It holds the study's results, too.
    """
    rows = [int(str(row)) for row in results.recordings.index[results.recordings["status"] == DONE]][:MAX_TARGETS]
    examined = [_examined(results, row, estimator, asked, read) for row in rows]
    path = out / f"study{SUFFIX}"
    write_session(examined, examined[0] if examined else None, "Overview", {}, path, study=results)
    return path, len(examined)


def _examined(results: StudyResults, row: int, estimator: Estimator, asked: Asked, read: Reader) -> Examined:
    found = Examined(read(row), settings=asked.analysis(estimator))
    circuits = results.circuits[results.circuits[RECORDING] == row]
    runs = results.runs[results.runs[RECORDING] == row].set_index("run") if len(results.runs) else results.runs
    if len(circuits):
        table, state = circuits.reset_index(drop=True), "consistent"
    else:
        drawn = results.draws[results.draws[RECORDING] == row] if len(results.draws) else results.draws
        table, state = drawn[drawn["part"] == "whole"].reset_index(drop=True) if len(drawn) else drawn, ""
    found.estimator, found.seed = estimator.name, asked.seed
    if not len(table):
        return found
    configurations = table[[*NAMES, "log_density"]].astype(np.float64)
    configurations["distance"] = table["distance"].astype(np.float64) if state else np.nan
    configurations["seed"] = table["seed"].astype(np.float64) if state else np.nan
    configurations["state"] = state
    found.param.update(
        configurations=configurations,
        provenance=Provenance(Draws(
            estimator.name, estimator.digest, estimator.card.plan.n_neurons, tuple(results.target_of(row).tolist()), asked.seed,
            len(table), asked.oversampling if state else 1, str(results.about["version"]),
        )),
        generation=1,
        simulations={
            number: _simulated(one, runs, estimator) for number, one in enumerate(table.to_dict("records")) if state
        },
    )  # fmt: skip
    return found


def _simulated(circuit: dict, runs: pd.DataFrame, estimator: Estimator) -> Simulated:
    """Return a circuit's run without its spikes. Its seed gives the spikes back."""
    names = estimator.card.feature_set.features
    run = runs.loc[circuit["run"]]
    vector = np.array([run[f"transformed.{name}"] for name in names], dtype=np.float64)
    return Simulated(np.array([circuit[name] for name in NAMES]), int(circuit["seed"]), circuit["outcome"], vector)
