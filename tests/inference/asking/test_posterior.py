"""Posterior samples of an estimator whose truth is known."""

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW
from automind_dash.errors import EstimatorError
from automind_dash.inference.asking.posterior import MAX_SAMPLES, log_density, sample
from automind_dash.inference.estimators.density import build_density

TARGET = np.array([0.3, 0.6, 0.5, 0.2])


def test_samples_lie_in_the_prior_and_know_what_the_features_say(toy):
    draws = sample(toy, TARGET, 800, seed=1)
    assert toy.card.prior.contains(draws.theta).all()
    u = (draws.theta - LOW) / (HIGH - LOW)
    assert abs(u[:, 0].mean() - 0.3) < 0.06
    assert u[:, 0].std() < 0.15  # seen through noise of 0.05; the prior's is 0.29
    assert np.corrcoef(u[:, 10], u[:, 11])[0, 1] > 0.5  # only their difference is seen
    assert abs(u[:, 20].std() - 0.289) < 0.05  # not seen at all


def test_same_seed_same_samples_after_loading_again(toy):
    from automind_dash.inference.estimators.estimator import Estimator

    first = sample(toy, TARGET, 100, seed=7)
    again = sample(Estimator.load(toy.folder), TARGET, 100, seed=7)
    np.testing.assert_array_equal(first.theta, again.theta)
    assert first.provenance == again.provenance
    assert not np.array_equal(first.theta, sample(toy, TARGET, 100, seed=8).theta)


def test_density_of_samples_is_the_density_function(toy):
    draws = sample(toy, TARGET, 50, seed=2)
    np.testing.assert_allclose(draws.log_density, log_density(toy, TARGET, draws.theta), atol=0.02)


def test_density_integrates_to_one_over_the_prior(toy):
    # importance sampling the other way round: the mean of prior / posterior density over posterior draws is the share of
    # the box that the posterior covers, at most 1
    draws = sample(toy, TARGET, 4000, seed=3)
    share = np.exp(toy.card.prior.log_density - draws.log_density).mean()
    assert 0.2 < share < 1.5


def test_oversampling_keeps_the_densest(toy):
    plain, pruned = sample(toy, TARGET, 400, seed=4), sample(toy, TARGET, 100, seed=4, oversampling=4)
    np.testing.assert_allclose(np.sort(pruned.log_density), np.sort(plain.log_density)[-100:])


def test_outside_the_prior_the_density_is_nothing(toy):
    theta = sample(toy, TARGET, 2, seed=0).theta
    theta[0, 0] = HIGH[0] + 0.01
    assert np.isneginf(log_density(toy, TARGET, theta)).tolist() == [True, False]


def test_stop_returns_what_was_drawn(toy):
    assert len(sample(toy, TARGET, 5000, seed=0, should_stop=lambda: True)) < 5000


@pytest.mark.parametrize(
    ("target", "n", "message"),
    [
        (np.array([0.1, 0.2]), 10, "takes 4 features"),
        (np.array([0.1, np.nan, 0.2, 0.3]), 10, "inter-burst interval, CV"),
        (TARGET, 0, "between 1 and"),
        (TARGET, MAX_SAMPLES + 1, "between 1 and"),
    ],
)
def test_bad_requests_say_what_is_wrong(toy, target, n, message):
    with pytest.raises(EstimatorError, match=message):
        sample(toy, target, n, seed=0)


def test_fewer_draws_than_flows_in_a_mixture():
    density = build_density({"n_features": 2, "hidden_features": 8, "num_transforms": 1, "members": 3})
    z, log_q = density.draw(1, np.zeros(2), np.random.default_rng(0))
    assert z.shape == (1, 28)
    assert log_q == pytest.approx(density.log_prob(z, np.zeros(2)), rel=1e-4)
