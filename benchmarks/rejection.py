"""`python -m benchmarks.rejection ESTIMATOR [--targets 40 --draws 6 --seed 1 --json]`: the costs and savings of giving runs up early.

Pruned draws for held-out targets are simulated to their end, and again with the rule of `inference/rejection.py`. The
result counts the consistent runs that the rule would have given up, the other runs that it would have, and the
processor time of all runs, one after the other.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from automind_dash.features import yield_interval
from automind_dash.inference.asking.consistency import Judge
from automind_dash.inference.asking.posterior import DEFAULT_OVERSAMPLING, sample
from automind_dash.inference.asking.rejection import EarlyRejection
from automind_dash.inference.asking.verification import run_in_process, run_items
from automind_dash.inference.estimators.estimator import Estimator, load_estimator
from automind_dash.inference.making.evaluation import held_out_targets


def measure(estimator: Estimator, n_targets: int, n_draws: int, seed: int) -> dict[str, Any]:
    """Return the counts of consistent and other runs, of those given up among each, and s of processor time with and without the rule."""
    card = estimator.card
    matching, given_up, seconds = [], [], {"whole": 0.0, "with the rule": 0.0}
    for number, target in enumerate(held_out_targets(estimator, n_targets, seed)):
        draws = sample(estimator, target.vector, n_draws, seed=seed + number, oversampling=DEFAULT_OVERSAMPLING)
        seeds = np.random.default_rng([seed, number]).integers(0, 2**31, n_draws)
        rule = EarlyRejection.of(card, target.vector)
        for fields, label in (({}, "whole"), ({"rejection": rule}, "with the rule")):
            began = time.process_time()
            runs = [run for _, run in run_in_process(run_items(draws.theta, seeds, card, **fields))]
            seconds[label] += time.process_time() - began
            if label == "whole":
                vectors = np.array([run.vector for run in runs])
                matching.append(Judge.of(card).within(card.distance(vectors, target.vector)))
            else:
                given_up.append([run.rejected_after is not None for run in runs])
    consistent, rejected = np.concatenate(matching), np.concatenate(given_up)
    lost = int(np.sum(consistent & rejected))
    return {
        "estimator": card.name, "targets": n_targets, "draws": n_draws, "seed": seed, "runs": len(consistent),
        "consistent": int(consistent.sum()), "consistent_given_up": lost, "lost_interval": yield_interval(lost, int(consistent.sum())),
        "others_given_up": int(np.sum(~consistent & rejected)), "seconds": {label: round(s, 1) for label, s in seconds.items()},
        "time_ratio": round(seconds["with the rule"] / seconds["whole"], 3),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rejection", description=__doc__)
    parser.add_argument("estimator")
    parser.add_argument("--targets", type=int, default=40)
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(load_estimator(asked.estimator), asked.targets, asked.draws, asked.seed)
    if asked.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:>22}  {value}")


if __name__ == "__main__":
    main()
