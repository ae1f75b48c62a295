"""`python -m benchmarks.study`: studies with a known truth.

Does a study find the changed mechanism, claim nothing where nothing changed, and find trends?

    python -m benchmarks.study          # a few minutes
    python -m benchmarks.study --circuits 10 --mechanisms 6 --prove 3 --null 100 --studies 100 --engine reference --keep kept.jsonl

The second command may be ended at any moment and goes on when it is run again. --engine simulates the truths; the
search uses the fast engine.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from automind_dash import cluster
from automind_dash.circuit.parameters import INDEX, NAMES, PARAMETERS
from automind_dash.errors import UserError
from automind_dash.features import yield_interval
from automind_dash.inference.asking.posterior import sample
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.inference.asking.target import Target
from automind_dash.inference.asking.verification import run_items, run_on_cluster
from automind_dash.inference.estimators.conditions import is_condition
from automind_dash.inference.estimators.estimator import Estimator, load_estimator
from automind_dash.inference.making.kept_results import KeptResults
from automind_dash.inference.spending.ensembles import fit
from automind_dash.invariance.scaling import to_unit
from automind_dash.recording import Recording
from automind_dash.study.carrying import carry_over, predictor
from automind_dash.study.effects import circuits_of_the_kind, effects
from automind_dash.study.mechanisms import screen
from automind_dash.study.results import StudyResults

MECHANISMS = ("E_poisson_rate", "E_tau_w", "E_Q_gi", "E_g_L", "E_b", "E_Q_ge")
"""The changed parameters, one at a time."""

DOSES = (0.15, -0.15, 0.3, -0.3, 0.5, -0.5)
"""Fractions of the prior's range, tried in this order until the dynamics have moved by 3 to 10 thresholds."""

MOVED = (3.0, 10.0)
N_UNITS = 5000
"""More units than exist: all excitatory units are seen."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--estimator", default="bursts")
    parser.add_argument("--circuits", type=int, default=2, help="baseline circuits")
    parser.add_argument("--mechanisms", type=int, default=2, help="changes of each circuit, from the list of six")
    parser.add_argument("--confirmed", type=int, default=4, help="matching circuits in which a change is sought")
    parser.add_argument(
        "--prove", type=int, default=0, help="mechanisms to simulate on each of these; 0: screened only"
    )
    parser.add_argument("--null", type=int, default=10, help="circuits run twice, in which nothing changed")
    parser.add_argument(
        "--studies", type=int, default=10, help="studies of four cultures at five ages, without a trend and with one"
    )
    parser.add_argument("--engine", default="fast", choices=["fast", "reference"])
    parser.add_argument("--scheduler", default=None)
    parser.add_argument("--keep", type=Path, default=None, help="file that keeps the results so far")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    estimator = load_estimator(options.estimator)
    kept = KeptResults(options.keep, estimator)
    cluster.connect(options.scheduler)
    found = {
        "trends": list(trends(estimator, kept, options.studies)),
        "null": list(nulls(estimator, kept, options.null, options.engine)),
        "mechanisms": list(mechanisms(estimator, kept, options)),
    }
    told = summed(found)
    print(
        json.dumps(told | found, indent=1)
        if options.json
        else "\n".join(f"{name:>28}  {value}" for name, value in told.items())
    )


def runs(estimator: Estimator, theta: np.ndarray, seeds: list[int], engine: str) -> list[Simulated]:
    """Simulate circuits as for the estimator's training, in their order."""
    items = run_items(theta, seeds, estimator.card, n_units=N_UNITS, engine=engine)
    return [run for _, run in sorted(run_on_cluster(items), key=lambda one: one[0])]


def apart(estimator: Estimator, one: np.ndarray, other: np.ndarray) -> float:
    """Return the distance in thresholds."""
    return float(estimator.card.distance(one, other)[0]) / estimator.card.threshold


def nulls(estimator: Estimator, kept: KeptResults, n: int, engine: str) -> Iterator[dict[str, Any]]:
    """Yield the distance between two runs of each circuit with two seeds. Beyond a threshold, a change would be claimed."""
    theta, _ = estimator.reference(held_out=True)
    for number in range(min(n, len(theta))):
        found = kept.get("null", number, engine)
        if found is None:
            first, second = runs(estimator, theta[[number, number]], [number, 10_000 + number], engine)
            both = np.isfinite(first.vector).all() and np.isfinite(second.vector).all()
            found = {"number": number, "apart": apart(estimator, first.vector, second.vector) if both else None}
            kept.put(found, "null", number, engine)
        yield found


def mechanisms(estimator: Estimator, kept: KeptResults, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield the rank of the changed parameter among all, for each circuit and each changed parameter."""
    theta, _ = estimator.reference(held_out=True)
    done = 0
    for number in range(len(theta)):
        if done == options.circuits:
            return
        what = ("circuit", number, options.engine, options.confirmed)
        baseline = kept.get(*what)
        if baseline is None:
            baseline = _baseline(estimator, theta[number], number, options)
            kept.put(baseline, *what)
        if len(baseline["theta"]) < 2:
            continue
        done += 1
        for name in MECHANISMS[: options.mechanisms]:
            key = ("mechanism", number, name, options.engine, options.confirmed, options.prove)
            found = kept.get(*key)
            if found is None:
                found = _mechanism(estimator, theta[number], number, name, baseline, options)
                kept.put(found, *key)
            yield found


def _baseline(estimator: Estimator, theta: np.ndarray, number: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return a circuit's features and the circuits that match it."""
    run = runs(estimator, theta[None], [number], options.engine)[0]
    if not np.isfinite(run.vector).all():
        return {"vector": [], "theta": [], "vectors": []}
    found = fit(
        _target(run.vector),
        estimator,
        want=options.confirmed,
        budget=10 * options.confirmed,
        seed=number + 1,
        run_many=run_on_cluster,
    )
    chosen = [found.runs[i] for i in found.configurations["run"]]
    return {
        "vector": run.vector.tolist(), "theta": [one.theta.tolist() for one in chosen], "vectors": [one.vector.tolist() for one in chosen]
    }  # fmt: skip


def _target(vector: np.ndarray) -> Target:
    return Target(vector, {}, 0.0, 10.0, N_UNITS, Recording.from_spikes([0.5], [0], duration=10.0, n_units=1))


def _mechanism(
    estimator: Estimator, theta: np.ndarray, number: int, name: str, baseline: dict[str, Any], options: argparse.Namespace
) -> dict[str, Any]:  # fmt: skip
    """Return the rank of the changed parameter after screening, and after proof where that is asked for."""
    j, prior = INDEX[name], estimator.card.prior
    told: dict[str, Any] = {"circuit": number, "mechanism": name, "dose": None}
    dose, treated = _dosed(estimator, theta, number, j, np.array(baseline["vector"]), options.engine)
    if treated is None:
        return told
    kept = estimator.card.compared & ~is_condition(estimator.card.feature_set)
    unit = estimator.card.noise_scale[kept] * estimator.card.threshold
    circuits, vectors = np.array(baseline["theta"]), np.array(baseline["vectors"])
    looked_at = screen(
        to_unit(circuits, prior), vectors[:, kept], treated[kept], unit, predictor(estimator, treated), most=1
    )
    ranked = looked_at.ranked()
    told |= {
        "dose": dose,
        "moved": apart(estimator, treated, np.array(baseline["vector"])),
        "screened": ranked.index((j,)) + 1,
    }
    told["reached"] = int(sum(one.expected <= 1 for one in looked_at.changed[(j,)]))
    if options.prove:
        found = carry_over(
            circuits,
            vectors,
            estimator,
            treated,
            run_many=run_on_cluster,
            n_units=N_UNITS,
            most=1,
            prove=options.prove,
            seed=number + 1,
        )
        names = [one.columns for one in found.mechanisms]
        told["proved"] = names.index((j,)) + 1 if (j,) in names else None
        told["carried"] = {PARAMETERS[one.columns[0]].key: [one.carried, one.tried] for one in found.mechanisms}
    return told


def _dosed(
    estimator: Estimator, theta: np.ndarray, number: int, j: int, vector: np.ndarray, engine: str
) -> tuple[float, np.ndarray | None]:  # fmt: skip
    """Return the first dose within the prior that moves the dynamics by 3 to 10 thresholds, and the features at that dose."""
    prior = estimator.card.prior
    for place, dose in enumerate(DOSES):
        changed = theta.copy()
        changed[j] += dose * (prior.high - prior.low)[j]
        if not prior.contains(changed)[0]:
            continue
        run = runs(estimator, changed[None], [20_000 + 10 * number + place], engine)[0]
        if np.isfinite(run.vector).all() and MOVED[0] <= apart(estimator, run.vector, vector) <= MOVED[1]:
            return dose, run.vector
    return float("nan"), None


def trends(estimator: Estimator, kept: KeptResults, n: int) -> Iterator[dict[str, Any]]:
    """Yield the claims of studies of held-out circuits: in random order of age, and in the order of their τ_w with noise."""
    for number in range(n):
        for kind in ("null", "trend"):
            found = kept.get("study of the kind", kind, number)
            if found is None:
                found = _study(estimator, number, kind)
                kept.put(found, "study of the kind", kind, number)
            yield found


def _study(estimator: Estimator, number: int, kind: str, cultures: int = 4, ages: int = 5) -> dict[str, Any]:
    theta, features = estimator.reference(held_out=True)
    rng = np.random.default_rng([number, kind == "trend"])
    j = INDEX["E_tau_w"]
    rows, draws = [], []
    for culture in range(cultures):
        chosen = rng.choice(len(theta), ages, replace=False)
        if kind == "trend":
            chosen = chosen[np.argsort(theta[chosen, j] + 0.1 * np.ptp(theta[:, j]) * rng.standard_normal(ages))]
        for age, one in zip((7, 14, 21, 28, 35), chosen, strict=True):
            row = len(rows) + 1
            rows.append({"meta.culture": f"c{culture}", "meta.age_div": age, "status": "done", "truth": theta[one, j]})
            table = sample(estimator, features[one], 300, seed=1000 * number + row).to_frame()[list(NAMES)]
            table.insert(0, "part", "whole")
            table.insert(0, "recording", row)
            draws.append(table)
    recordings = pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="recording"))
    none = pd.DataFrame({"recording": [], "part": [], "feature": [], "value": []})
    roles = {"replicate": "culture", "order": "age_div", "conditions": []}
    results = StudyResults(
        recordings,
        none,
        none,
        pd.concat(draws, ignore_index=True),
        none,
        none,
        {"roles": roles, "n_neurons": estimator.card.plan.n_neurons},
    )
    found = effects(results, circuits_of_the_kind(estimator))
    row = found.table[found.table["quantity"] == NAMES[j]].iloc[0]
    slope = np.mean([np.polyfit(np.arange(ages), one["truth"], 1)[0] for _, one in recordings.groupby("meta.culture")])
    return {
        "kind": kind, "number": number, "claimed": sorted(found.claimed["label"]), "tested": int(found.table["p"].notna().sum()),
        "tau_w": {name: None if not np.isfinite(row[name]) else float(row[name]) for name in ("estimate", "low", "high", "p", "bits")},
        "truth": float(slope),
    }  # fmt: skip


def summed(found: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Return the figures in words."""
    null = [one["apart"] for one in found["null"] if one["apart"] is not None]
    told = {"nothing changed, claimed": _of(sum(x > 1 for x in null), len(null))}
    for kind in ("null", "trend"):
        studies = [one for one in found["trends"] if one["kind"] == kind]
        told[f"{kind} studies, any claim"] = _of(sum(bool(one["claimed"]) for one in studies), len(studies))
    tested = [one for one in found["trends"] if one["tau_w"]["p"] is not None]
    told["τ_w's slope covered"] = _of(
        sum(one["tau_w"]["low"] <= one["truth"] <= one["tau_w"]["high"] for one in tested), len(tested)
    )
    sloped = [one for one in tested if one["kind"] == "trend"]
    told["τ_w rises, p ≤ 0.05 alone"] = _of(
        sum(one["tau_w"]["p"] <= 0.05 and one["tau_w"]["estimate"] > 0 for one in sloped), len(sloped)
    )
    dosed = [one for one in found["mechanisms"] if one["dose"] is not None]
    told["changes with a dose"] = f"{len(dosed)} of {len(found['mechanisms'])}"
    for most in (1, 3):
        told[f"screened, true in first {most}"] = (
            f"{_of(sum(one['screened'] <= most for one in dosed), len(dosed))}; by chance {most / 28:.0%}"
        )
    proved = [one for one in dosed if "proved" in one]
    if proved:
        told["proved, true first"] = _of(sum(one["proved"] == 1 for one in proved), len(proved))
    return told


def _of(k: int, n: int) -> str:
    low, high = yield_interval(k, n)
    return f"{k} of {n}" + (f" (95 %: {low:.0%} to {high:.0%})" if n else "")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        raise SystemExit(str(error)) from None
