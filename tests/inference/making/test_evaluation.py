"""Measuring an estimator: the shipped ones on held-out circuits."""

from dataclasses import replace

import numpy as np
import pytest

from automind_dash.errors import EstimatorError
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.inference.estimators.estimator import list_estimators
from automind_dash.inference.making.calibrating import measure_calibration
from automind_dash.inference.making.evaluation import evaluate, held_out_targets
from automind_dash.inference.making.kept_results import KeptResults
from tests.inference.toy_simulator import toy_features

ESTIMATORS = list_estimators()


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_shipped_estimators_reproduce_themselves(name):
    """A posterior that lost a weight still returns the right shape: the gain on held-out circuits does not survive that."""
    from automind_dash.inference.asking.posterior import log_density

    estimator = ESTIMATORS[name]
    theta, features = estimator.reference(held_out=True)
    gained = [
        log_density(estimator, x, values[None])[0] - estimator.card.prior.log_density
        for values, x in zip(theta[:60], features[:60], strict=True)
    ]
    assert np.mean(gained) > 0.3 * estimator.card.metrics["held_out_log_prob_gain"]


def test_evaluation_reports_what_it_promises():
    estimator = ESTIMATORS["spectrum"]
    found = evaluate(
        estimator, n_targets=2, n_draws=2, seed=1, calibration=measure_calibration(estimator, n_targets=10, n_draws=50)
    )
    assert {"alive", "yield", "yield_pruned", "coverage_error", "n_targets", "n_draws", "samples_per_s"} <= set(found)
    assert (found["n_targets"], found["n_draws"]) == (2, 2)
    assert 0 <= found["yield"] <= found["alive"] <= 1


def test_an_evaluation_that_was_ended_goes_on_from_what_it_kept(toy, tmp_path):
    asked, keep = [], tmp_path / "kept.jsonl"

    def simulate_many(items):
        asked.append(len(items))
        rng = np.random.default_rng(1)
        return [
            Simulated(item["theta"], item["seed"], "active", toy_features(item["theta"][None], rng)[0])
            for item in items
        ]

    def ended(items):
        if len(asked) == 3:
            raise KeyboardInterrupt
        return simulate_many(items)

    calibration = measure_calibration(toy, n_targets=10, n_draws=50)
    asked_for = {"n_targets": 4, "n_draws": 5, "seed": 1, "calibration": calibration}
    with pytest.raises(KeyboardInterrupt):
        evaluate(toy, **asked_for, simulate_many=ended, keep=keep)
    keep.write_text(keep.read_text() + '{"of": "cut o')
    first = sum(asked)
    found = evaluate(toy, **asked_for, simulate_many=simulate_many, keep=keep)
    assert first == 4 + 2 * 5
    assert sum(asked) == 4 + 2 * 4 * 5
    evaluate(toy, **asked_for, simulate_many=simulate_many, keep=keep)
    assert sum(asked) == 4 + 2 * 4 * 5  # what came after the line that was cut off was kept, too
    whole = evaluate(toy, **asked_for, simulate_many=simulate_many)
    same = [name for name in whole if name != "samples_per_s"]
    assert {name: found[name] for name in same} == {name: whole[name] for name in same}
    other = replace(toy, card=replace(toy.card, threshold=9.0))
    assert KeptResults(keep, toy).get("target", "fast", 0) is None
    assert other.digest != toy.digest
    keep.write_text('{"no": "result"}\n')
    with pytest.raises(EstimatorError, match=r"kept\.jsonl"):
        KeptResults(keep, toy)


def test_held_out_targets_were_not_trained_on():
    estimator = ESTIMATORS["spectrum"]
    held, _ = estimator.reference(held_out=True)
    trained, _ = estimator.reference()
    assert not {tuple(row) for row in held} & {tuple(row) for row in trained}
    first, second = (held_out_targets(estimator, 1, seed=3)[0] for _ in range(2))
    np.testing.assert_array_equal(first.vector, second.vector)
