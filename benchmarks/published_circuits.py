"""`python -m benchmarks.published_circuits FILE [--circuits 1 4 --budget 120 --seed 1 --keep FOLDER --json]`: Find on known circuits.

FILE is JSON with `models`, each with the `parameters` of a circuit whose bursts were published. Each circuit is simulated for 200 s and
asked about as a recording would be. The result counts the simulations of *Find* that match, of the posterior's draws and of circuits
near others, and the matches that match again with one new seed, which are paid for apart.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from automind_dash.circuit.parameters import NAMES, as_vector
from automind_dash.features import AnalysisSettings, recordings_detection
from automind_dash.inference.asking.circuit_run import run_circuit
from automind_dash.inference.asking.consistency import Judge
from automind_dash.inference.asking.target import Target, make_target
from automind_dash.inference.asking.verification import run_in_process, run_items
from automind_dash.inference.estimators.card import SimulationPlan
from automind_dash.inference.estimators.estimator import Estimator, load_estimator
from automind_dash.inference.spending.ensembles import fit
from automind_dash.study.journal import Journal

SECONDS = 200.0


def target_of(parameters: dict[str, float], estimator: Estimator, seed: int) -> Target:
    """Return the target that a run of a circuit gives, all excitatory neurons recorded."""
    warm_up = estimator.card.plan.warm_up
    run = run_circuit(
        as_vector(parameters), seed, SimulationPlan(warm_up, SECONDS - warm_up, estimator.card.plan.n_neurons)
    )
    if run.stretch is None:
        raise SystemExit(f"The circuit is {run.outcome}: there is nothing to ask about.")
    detection = recordings_detection(estimator.card.feature_set.analysis.bursts)
    return make_target(run.stretch, estimator.card, AnalysisSettings(bursts=detection))


def measure(target: Target, estimator: Estimator, budget: int, seed: int, journal: Path | None) -> dict[str, Any]:
    """Return counts, and s of processor time. journal: file of the runs so far."""
    run_many, began = (
        run_in_process if journal is None else Journal(journal).around(run_in_process),
        time.process_time(),
    )
    found = fit(target, estimator, want=budget + 1, budget=budget, seed=seed, run_many=run_many)
    searched, card = time.process_time() - began, estimator.card
    again = found.configurations
    seeds = np.random.default_rng([seed, 0xA6A1]).integers(0, 2**31, len(again))
    items = run_items(again[list(NAMES)].to_numpy(), seeds.tolist(), card, target)
    vectors = np.array([run.vector for _, run in sorted(run_many(items), key=lambda pair: pair[0])])
    matched = Judge.of(card).within(card.distance(vectors, target.vector)) if len(again) else np.zeros(0, bool)
    return {
        "features": {name: float(value) for name, value in target.features.items()}, "simulated": found.simulated,
        "consistent": found.consistent, "draws": [found.fresh.consistent, found.fresh.n], "near": [found.near.consistent, found.near.n],
        "again": [int(matched.sum()), len(again)], "rejected_early": found.rejected_early, "processor_seconds": round(searched, 1),
        "load": [round(one, 1) for one in os.getloadavg()],
    }  # fmt: skip


def main() -> None:
    """Measure and print, circuit by circuit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.published_circuits", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--estimator", default="bursts")
    parser.add_argument("--circuits", type=int, nargs="*", help="numbers in the file, from 1; all if not given")
    parser.add_argument("--budget", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    estimator, models = load_estimator(asked.estimator), json.loads(asked.file.read_text())["models"]
    if asked.keep is not None:
        asked.keep.mkdir(parents=True, exist_ok=True)
    for number in asked.circuits or range(1, len(models) + 1):
        journal = None if asked.keep is None else asked.keep / f"{asked.estimator}-{number}-{asked.seed}.jsonl"
        target = target_of(models[number - 1]["parameters"], estimator, asked.seed)
        one = measure(target, estimator, asked.budget, asked.seed, journal)
        print(
            json.dumps({"circuit": number, **one})
            if asked.json
            else f"circuit {number}: {one['consistent']} of {one['simulated']} match; {one['draws'][0]} of {one['draws'][1]} draws, "
            f"{one['near'][0]} of {one['near'][1]} near others; {one['again'][0]} of {one['again'][1]} match again; "
            f"{one['processor_seconds']} s of processor time (load {one['load'][0]})",
            flush=True,
        )


if __name__ == "__main__":
    main()
