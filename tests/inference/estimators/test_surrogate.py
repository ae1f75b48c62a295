"""The surrogate on a made-up simulator whose answer is known: one parameter decides usefulness, two decide the features."""

import itertools

import numpy as np
import pytest
import torch

from automind_dash.errors import EstimatorError
from automind_dash.inference.estimators import surrogate as surrogates
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.estimators.surrogate import Surrogate, SurrogateSettings, fit_surrogate

PRIOR = Prior()
SETTINGS = SurrogateSettings(members=2, hidden=64, epochs=30, dropout=0.0)


def unit(theta):
    return (theta - PRIOR.low) / (PRIOR.high - PRIOR.low)


def made_up(theta, rng):
    """Useful above the middle of parameter 3; features: parameters 5 and 7, and noise."""
    u = unit(theta)
    features = np.column_stack([4 * u[:, 5], u[:, 7] - u[:, 5]]) + 0.05 * rng.standard_normal((len(theta), 2))
    return u[:, 3] > 0.5, features


@pytest.fixture(scope="module")
def surrogate():
    rng = np.random.default_rng(0)
    theta = PRIOR.draw(3000, rng)
    useful, features = made_up(theta, rng)
    return fit_surrogate(
        theta, useful, features, np.empty((3000, 0)), np.arange(3000), PRIOR, n_neurons=200, settings=SETTINGS
    )


def test_it_predicts_circuits_that_it_has_not_seen(surrogate):
    theta = PRIOR.draw(500, 99)
    useful, features = made_up(theta, np.random.default_rng(1))
    said, expected = surrogate.predict(theta, np.empty((500, 0)))
    assert ((said > 0.5) == useful).mean() > 0.9
    assert np.corrcoef(expected[useful, 0], features[useful, 0])[0, 1] > 0.95
    assert surrogate.report["surrogate_explained"] > 0.8
    assert surrogate.report["surrogate_auc"] > 0.95


def test_on_a_slow_machine_training_comes_to_its_small_steps_all_the_same(monkeypatch):
    rates = []

    class Watched(torch.optim.AdamW):
        def step(self, *arguments):
            rates.append(self.param_groups[0]["lr"])
            return super().step(*arguments)

    seconds = itertools.count()
    monkeypatch.setattr(torch.optim, "AdamW", Watched)
    monkeypatch.setattr(surrogates.time, "monotonic", lambda: float(next(seconds)))  # a second for each step
    rng = np.random.default_rng(0)
    theta = PRIOR.draw(1500, rng)
    useful, features = made_up(theta, rng)
    settings = SurrogateSettings(members=2, hidden=16, epochs=100, max_seconds=80.0)
    fit_surrogate(theta, useful, features, np.empty((1500, 0)), np.arange(1500), PRIOR, settings=settings)
    assert len(rates) == 80
    for member in (rates[:40], rates[40:]):
        assert max(member) == pytest.approx(settings.learning_rate, rel=0.05)
        assert member[-1] < 0.01 * settings.learning_rate


def test_pairs_are_useful_circuits_with_their_features_and_their_noise(surrogate):
    theta, features, conditions = surrogate.pairs(2000, lambda t, rng: np.empty((len(t), 0)), np.random.default_rng(2))
    u = unit(theta)
    assert theta.shape == (2000, 28)
    assert conditions.shape == (2000, 0)
    assert (u[:, 3] > 0.45).mean() > 0.93
    error = features - np.column_stack([4 * u[:, 5], u[:, 7] - u[:, 5]])
    assert (error.std(axis=0) > 0.03).all()
    assert (error.std(axis=0) < 0.35).all()
    assert PRIOR.contains(theta).all()


def test_unlikeliness_ranks_what_matches_before_what_does_not_and_the_useful_before_the_useless(surrogate):
    theta = PRIOR.draw(400, 5)
    useful, features = made_up(theta, np.random.default_rng(3))
    target = np.array([2.0, 0.0])
    order = np.argsort(surrogate.unlikeliness(theta, target, np.array([0.2, 0.2]), 1.5, np.empty((400, 0))))
    far = np.abs((features - target) / 0.2).max(axis=1)
    assert useful[order[:20]].mean() > 0.8
    assert np.median(far[order[:20]]) < 0.5 * np.median(far[useful])


def test_it_comes_back_from_its_tensors_as_it_was(surrogate):
    again = Surrogate.from_tensors(surrogate.tensors(), PRIOR, 200)
    theta = PRIOR.draw(50, 7)
    for old, new in zip(
        surrogate.predict(theta, np.empty((50, 0))), again.predict(theta, np.empty((50, 0))), strict=True
    ):
        np.testing.assert_allclose(new, old, rtol=1e-4, atol=1e-4)
    with pytest.raises(EstimatorError, match="no errors"):
        again.pairs(10, lambda t, rng: np.empty((len(t), 0)), np.random.default_rng(0))


def test_what_is_no_surrogate_is_refused(surrogate):
    tensors = surrogate.tensors()
    with pytest.raises(EstimatorError, match="not a surrogate"):
        Surrogate.from_tensors({name: value for name, value in tensors.items() if "scales" in name}, PRIOR, 200)
    renamed = {name.replace("scales.input_sd", "scales.sd"): value for name, value in tensors.items()}
    with pytest.raises(EstimatorError, match="not a surrogate"):
        Surrogate.from_tensors(renamed, PRIOR, 200)
    tensors["members.0.head.bias"] = tensors["members.0.head.bias"][:-1]
    with pytest.raises(EstimatorError, match="not a surrogate"):
        Surrogate.from_tensors(tensors, PRIOR, 200)


def test_too_few_simulations_are_refused():
    theta = PRIOR.draw(100, 0)
    useful, features = made_up(theta, np.random.default_rng(0))
    with pytest.raises(EstimatorError, match="too few"):
        fit_surrogate(theta, useful, features, np.empty((100, 0)), np.arange(100), PRIOR)
