"""Measuring an estimator: the shipped ones on held-out circuits."""

import numpy as np
import pytest

from automind_dash.inference.calibration import measure_calibration
from automind_dash.inference.estimator import list_estimators
from automind_dash.inference.evaluation import evaluate, held_out_targets

ESTIMATORS = list_estimators()


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_shipped_estimators_reproduce_themselves(name):
    """A posterior that lost a weight still returns the right shape: the gain on held-out circuits does not survive that."""
    from automind_dash.inference.posterior import log_density

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


def test_held_out_targets_were_not_trained_on():
    estimator = ESTIMATORS["spectrum"]
    held, _ = estimator.reference(held_out=True)
    trained, _ = estimator.reference()
    assert not {tuple(row) for row in held} & {tuple(row) for row in trained}
    first, second = (held_out_targets(estimator, 1, seed=3)[0] for _ in range(2))
    np.testing.assert_array_equal(first.vector, second.vector)
