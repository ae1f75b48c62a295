"""How good an estimator is: yields on circuits it never saw, calibration, speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimatorError
from ..asking.consistency import Judge
from ..asking.posterior import DEFAULT_OVERSAMPLING, sample
from ..asking.simulated import Simulated
from ..estimators.calibration import CALIBRATION, Calibration
from ..estimators.card import Card
from ..estimators.estimator import Estimator, write_card
from .building import SimulateMany, simulate_serially, with_metrics
from .calibrating import measure_calibration
from .kept_results import KeptResults

AT_ONCE = 8
"""Targets that the reference engine simulates before their results are kept; one can take minutes."""


def held_out_targets(
    estimator: Estimator, n: int, seed: int, *, engine: str = "fast", simulate_many: SimulateMany = simulate_serially,
    kept: KeptResults | None = None,
) -> list[Simulated]:  # fmt: skip
    """Simulate n held-out configurations with new seeds; one with an undefined feature is replaced by the next.

    kept: results so far, which are not simulated again. Raises EstimatorError when there are not enough configurations.
    """
    theta, _ = estimator.reference(held_out=True)
    order = np.random.default_rng([seed, 0x7A6]).permutation(len(theta))
    found: list[Simulated] = []
    card, kept = estimator.card, kept or KeptResults(None, estimator)
    step = min(n, AT_ONCE) if engine == "reference" else n
    for start in range(0, len(order), step):
        numbers = [int(i) for i in order[start : start + step]]
        seeds = {i: 900_000_000 + seed * 10_000 + i for i in numbers}
        missing = [i for i in numbers if kept.get("target", engine, seeds[i]) is None]
        items = [
            {"theta": theta[i], "seed": seeds[i], "engine": engine, "plan": card.plan, "feature_set": card.feature_set}
            for i in missing
        ]
        for i, run in zip(missing, simulate_many(items) if items else [], strict=True):
            vector = [float(value) if np.isfinite(value) else None for value in run.vector]
            kept.put([run.outcome, vector], "target", engine, seeds[i])
        for i in numbers:
            outcome, vector = kept.get("target", engine, seeds[i])
            run = Simulated(theta[i], seeds[i], outcome, np.array(vector, dtype=np.float64))
            found += [run] * bool(np.isfinite(run.vector).all())
        if len(found) >= n:
            return found[:n]
    raise EstimatorError(
        f"{estimator.name} holds out {len(theta)} configurations, of which {len(found)} have all features; {n} were asked for."
    )


def yields(
    estimator: Estimator,
    targets: Iterable[Simulated],
    n_draws: int,
    seed: int,
    *,
    oversampling: int = 1,
    simulate_many: SimulateMany = simulate_serially,
    kept: KeptResults | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Return, per target, the shares of drawn circuits that are alive and consistent: {"alive": (n,), "yield": (n,)}.

    kept: results so far; targets in it are not asked about again.
    """
    card, kept = estimator.card, kept or KeptResults(None, estimator)
    alive, consistent = [], []
    for number, target in enumerate(targets):
        what = ("yield", target.vector.tolist(), n_draws, seed + number, oversampling)
        known = kept.get(*what)
        if known is not None:
            alive.append(known[0])
            consistent.append(known[1])
            continue
        draws = sample(estimator, target.vector, n_draws, seed=seed + number, oversampling=oversampling)
        items = [
            {"theta": theta, "seed": int(seed * 1_000_003 + number * 10_007 + i) % 2**31, "plan": card.plan,
             "feature_set": card.feature_set}
            for i, theta in enumerate(draws.theta)
        ]  # fmt: skip
        runs = simulate_many(items)
        vectors = np.array([run.vector for run in runs])
        alive.append(np.mean([run.outcome == "active" for run in runs]))
        consistent.append(np.mean(Judge.of(card).within(card.distance(vectors, target.vector))))
        kept.put([float(alive[-1]), float(consistent[-1])], *what)
        if progress is not None:
            progress(number + 1)
    return {"alive": np.array(alive), "yield": np.array(consistent)}


def summary(values: NDArray[np.float64]) -> dict[str, float]:
    """Return mean and quartiles."""
    q25, q50, q75 = np.quantile(values, [0.25, 0.5, 0.75])
    return {"mean": float(values.mean()), "q25": float(q25), "median": float(q50), "q75": float(q75)}


def _share_of(report: Callable[[str, float], None], what: str, total: int) -> Callable[[int], None]:
    """Return a function that reports how many of the total are done."""
    return lambda done: report(what, done / total)


def evaluate(
    estimator: Estimator,
    *,
    n_targets: int = 50,
    n_draws: int = 100,
    seed: int = 0,
    engine: str = "fast",
    calibration: Calibration | None = None,
    simulate_many: SimulateMany = simulate_serially,
    keep: Path | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Measure an estimator on held-out configurations; `automind-dash evaluate` prints the result.

    engine: simulates the targets; calibration: measured when not given; keep: file of results so far, to which new ones are added. Keys:
    alive, yield, alive_pruned, yield_pruned (means), …_quartiles, coverage_error, n_targets, n_draws, samples_per_s, threshold.
    """
    report = progress or (lambda what, share: None)
    kept = KeptResults(keep, estimator)
    targets = held_out_targets(estimator, n_targets, seed, engine=engine, simulate_many=simulate_many, kept=kept)
    out: dict[str, Any] = {
        "estimator": estimator.name,
        "n_targets": len(targets),
        "n_draws": n_draws,
        "seed": seed,
        "engine": engine,
    }
    for suffix, oversampling in (("", 1), ("_pruned", DEFAULT_OVERSAMPLING)):
        found = yields(
            estimator, targets, n_draws, seed, oversampling=oversampling, simulate_many=simulate_many, kept=kept,
            progress=_share_of(report, f"yield{suffix}", len(targets)),
        )  # fmt: skip
        for key, values in found.items():
            out[f"{key}{suffix}"] = float(values.mean())
            out[f"{key}{suffix}_quartiles"] = summary(values)
    calibration = calibration or measure_calibration(estimator, seed=seed)
    out |= {
        "coverage_error": calibration.coverage_error, "tarp_area": calibration.tarp_area, "n_calibration": calibration.n_targets,
    }  # fmt: skip
    began = time.perf_counter()
    sample(estimator, targets[0].vector, 1000, seed=seed)
    out["samples_per_s"] = 1000 / (time.perf_counter() - began)
    out["oversampling"] = DEFAULT_OVERSAMPLING
    out["threshold"] = estimator.card.threshold
    return out


KEPT = (
    "alive", "yield", "alive_pruned", "yield_pruned", "alive_quartiles", "yield_quartiles", "alive_pruned_quartiles",
    "yield_pruned_quartiles", "n_targets", "n_draws",
)  # fmt: skip
"""The yields as a card keeps them; with targets of the reference engine, under names of their own."""


def record(estimator: Estimator, found: dict[str, Any], calibration: Calibration, limits: str = "") -> Card:
    """Write the results of `evaluate` into an estimator's card and README, and its calibration beside them; returns the new card.

    Yields on targets of the reference engine stand beside those of the fast one, as `reference_engine_…`.
    """
    prefix = "reference_engine_" if found["engine"] == "reference" else ""
    metrics = {f"{prefix}{name}": found[name] for name in KEPT}
    same = ("coverage_error", "tarp_area", "n_calibration", "oversampling", "samples_per_s")
    metrics |= {name: found[name] for name in same} | {f"{prefix}seed": found["seed"]}
    card = with_metrics(estimator.card, limits, **metrics)
    write_card(estimator.folder, card, {CALIBRATION: calibration.to_json().encode()})
    return card
