"""`python -m benchmarks.seed_noise ESTIMATOR [--circuits 120 --repeats 3 --seed 1 --keep FILE --json]`: what no surrogate can explain.

Circuits that were held out of an estimator's training are simulated again with new seeds. Per feature the result gives the share of the
variance over circuits that is noise of the seed, so the R² that a perfect surrogate would reach, and the R² of the estimator's own
surrogate on the same runs. It also counts how often two runs of one circuit are consistent with each other: a circuit that matches can
match again no more often than that.
"""

from __future__ import annotations

import argparse
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from automind_dash.features import pooled_sd
from automind_dash.inference.asking.consistency import Judge
from automind_dash.inference.asking.posterior import target_conditions
from automind_dash.inference.asking.simulated import simulate_item
from automind_dash.inference.estimators.estimator import Estimator, load_estimator

REGULAR = 0.05
"""Coefficient of variation of the intervals below which a circuit bursts like a clock."""


def repeated(
    estimator: Estimator, n: int, repeats: int, seed: int, keep: Path | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return theta (n, 28) of held-out circuits and their features (n, repeats, n_features), NaN where undefined.

    keep: file of runs so far, one a line, to which new ones are added.
    """
    theta, _ = estimator.reference(held_out=True)
    rng = np.random.default_rng([seed, 0x5EED])
    chosen = theta[rng.permutation(len(theta))[:n]]
    seeds = rng.integers(0, 2**31, (len(chosen), repeats))
    card = estimator.card
    lines = keep.read_text().splitlines() if keep is not None and keep.is_file() else []
    known = {(place, number): vector for place, number, vector in map(json.loads, lines)}
    for place, number in np.ndindex(seeds.shape):
        if (place, int(seeds[place, number])) in known:
            continue
        run = simulate_item(
            {
                "theta": chosen[place],
                "seed": int(seeds[place, number]),
                "feature_set": card.feature_set,
                "plan": card.plan,
            }
        )
        vector = [float(value) if np.isfinite(value) else None for value in run.vector]
        known[place, int(seeds[place, number])] = vector
        if keep is not None:
            with keep.open("a") as file:
                file.write(json.dumps([place, int(seeds[place, number]), vector]) + "\n")
    vectors = [[known[place, int(number)] for number in row] for place, row in enumerate(seeds)]
    return chosen, np.array(vectors, dtype=np.float64)


def measure(estimator: Estimator, theta: NDArray[np.float64], vectors: NDArray[np.float64]) -> dict[str, Any]:
    """Return the share of noise and both R² of each feature, and the share of consistent pairs: of all circuits and by irregularity."""
    card = estimator.card
    compared, names = card.compared, list(np.array(card.feature_set.features)[card.compared])
    whole = np.isfinite(vectors[:, :, compared]).all(axis=2)
    often = whole.sum(axis=1) >= 2
    seen = np.where(whole[..., None], vectors[:, :, compared], np.nan)[often]
    noise = pooled_sd(seen) ** 2
    runs, owner = seen[np.isfinite(seen).all(axis=2)], np.nonzero(np.isfinite(seen).all(axis=2))[0]
    total = runs.var(axis=0, ddof=1)
    explained: dict[str, float] = {}
    if estimator.surrogate is not None:
        conditions = target_conditions(card, np.nanmean(vectors, axis=(0, 1)), theta[often])
        _, expected = estimator.surrogate.predict(theta[often], conditions)
        explained = dict(zip(names, (1 - ((runs - expected[owner]) ** 2).mean(axis=0) / total).tolist(), strict=True))
    groups = {"all": np.ones(len(seen), dtype=bool)}
    if "burst_interval_cv" in names:
        cv = 10 ** np.nanmedian(seen[:, :, names.index("burst_interval_cv")], axis=1)
        groups |= {
            f"interval CV below {REGULAR:g}": cv < REGULAR,
            f"interval CV of {REGULAR:g} and more": cv >= REGULAR,
        }
    shares = [_consistent_pairs(vectors[often][i], whole[often][i], estimator) for i in range(len(seen))]
    return {
        "estimator": card.name, "circuits": len(theta), "repeated": int(often.sum()), "runs": len(runs), "undefined": int((~whole).sum()),
        "features": {
            name: {"noise_share": float(n / t), "ceiling": float(1 - n / t), "surrogate": explained.get(name, float("nan"))}
            for name, n, t in zip(names, noise, total, strict=True)
        },
        "consistent_pairs": {
            label: {"circuits": int(own.sum()), "share": float(np.mean([s for s, o in zip(shares, own, strict=True) if o]))}
            for label, own in groups.items() if own.any()
        },
    }  # fmt: skip


def _consistent_pairs(vectors: NDArray[np.float64], whole: NDArray[np.bool_], estimator: Estimator) -> float:
    """Return the share of pairs of one circuit's runs that are consistent; a run without features is consistent with none."""
    judge, pairs = Judge.of(estimator.card), [
        (i, j) for i, j in combinations(range(len(vectors)), 2) if whole[i] or whole[j]
    ]  # fmt: skip
    return float(np.mean([
        whole[i] and whole[j] and bool(judge.within(estimator.card.distance(vectors[i], vectors[j]))[0]) for i, j in pairs
    ]))  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seed_noise", description=__doc__)
    parser.add_argument("estimator")
    parser.add_argument("--circuits", type=int, default=120)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    estimator = load_estimator(asked.estimator)
    found = measure(estimator, *repeated(estimator, asked.circuits, asked.repeats, asked.seed, asked.keep))
    if asked.json:
        print(json.dumps(found))
        return
    print(
        f"{found['repeated']} of {found['circuits']} circuits of {found['estimator']} with two runs and more, {found['runs']} runs"
    )
    print(f"{'feature':>28}  noise of the variance  ceiling of R²  surrogate's R²")
    for name, one in found["features"].items():
        print(f"{name:>28}  {one['noise_share']:21.1%}  {one['ceiling']:13.3f}  {one['surrogate']:14.3f}")
    for label, one in found["consistent_pairs"].items():
        print(
            f"pairs of one circuit's runs that are consistent, {label}: {one['share']:.1%} ({one['circuits']} circuits)"
        )


if __name__ == "__main__":
    main()
