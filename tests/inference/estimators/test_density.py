"""A density is whatever keeps the protocol: the family that ships, and another one that is a file of its own."""

import numpy as np
import pytest
import torch
from torch import nn

from automind_dash.errors import EstimatorError
from automind_dash.features import BURST_FEATURES
from automind_dash.inference.asking.posterior import log_density, sample
from automind_dash.inference.estimators import density as families
from automind_dash.inference.estimators.card import Card, SimulationPlan
from automind_dash.inference.estimators.density import build_density
from automind_dash.inference.estimators.estimator import Estimator, load_estimator, save_estimator
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.making.training import TrainingSettings, train
from automind_dash.invariance import posterior_density, posterior_gradient, to_unit
from automind_dash.invariance.scaling import central_gradient
from tests.inference.toy_simulator import NOISE, toy_features

TARGET = np.array([0.3, 0.6, 0.5, 0.2])

AS_IN_0_1 = {
    "spectrum": ([[9654.739, 51.488], [11421.032, 133.929], [16345.487, 127.381]], [-50.075, -50.493, -45.95]),
    "bursts": ([[12272.094, 38.977], [11151.374, 167.715], [15968.371, 115.365]], [-49.05, -48.997, -47.646]),
}
"""τ_w and b of three draws, and their log-densities."""


class LinearGaussian(nn.Module):
    """z is Gaussian, its mean linear in x and its spread fixed: as small as a family can be."""

    def __init__(self, architecture):
        super().__init__()
        self.architecture = dict(architecture)
        self.mean = nn.Linear(architecture["n_features"], 28)
        self.log_sd = nn.Parameter(torch.zeros(28))

    def members(self):
        return [self]

    def standardise(self, z, x):
        with torch.no_grad():
            self.log_sd.copy_(torch.as_tensor(np.log(z.std(0))))

    def _log_prob(self, z, x):
        return torch.distributions.Normal(self.mean(x), self.log_sd.exp()).log_prob(z).sum(-1)

    def loss(self, z, x):
        return -self._log_prob(z, x)

    def draw(self, n, x, rng):
        with torch.no_grad():
            mean, sd = self.mean(torch.as_tensor(x, dtype=torch.float32)).numpy(), self.log_sd.exp().numpy()
        z = mean + sd * rng.standard_normal((n, 28))
        return z, self.log_prob(z, x)

    def log_prob(self, z, x):
        return self.gradient(z, x)[0]

    def gradient(self, z, x):
        points = torch.as_tensor(z, dtype=torch.float32).requires_grad_(True)
        values = self._log_prob(points, torch.as_tensor(x, dtype=torch.float32))
        (slopes,) = torch.autograd.grad(values.sum(), points)
        return values.detach().numpy().astype(float), slopes.numpy().astype(float)

    def weights(self):
        return {name: tensor.numpy() for name, tensor in self.state_dict().items()}

    def load(self, weights):
        self.load_state_dict({name: torch.as_tensor(values) for name, values in weights.items()})


@pytest.fixture
def another_family(monkeypatch):
    """Another family, known as an own file would make it known: by a row of the table."""
    monkeypatch.setattr(families, "FAMILIES", {**families.FAMILIES, "linear": f"{__name__}:LinearGaussian"})
    return {"family": "linear", "n_features": 4}


def test_another_family_is_trained_saved_loaded_drawn_from_and_differentiated(another_family, tmp_path):
    rng = np.random.default_rng(0)
    theta = Prior().draw(800, rng)
    features = toy_features(theta, rng)
    result = train(theta, features, Prior(), architecture=another_family, settings=TrainingSettings(max_epochs=20))
    card = Card(
        "linear", "Linear", BURST_FEATURES, Prior(), SimulationPlan(), dict(result.density.architecture), np.full(4, NOISE), 1.5,
        np.zeros((4, 101)),
    )  # fmt: skip
    part = (theta[:20], features[:20])
    save_estimator(
        tmp_path / "linear", card, result.density, *part, held_theta=part[0], held_features=part[1]
    )  # fmt: skip
    loaded = Estimator.load(tmp_path / "linear")
    drawn = sample(loaded, TARGET, 200, seed=3)
    np.testing.assert_array_equal(drawn.theta, sample(loaded, TARGET, 200, seed=3).theta)
    np.testing.assert_allclose(log_density(loaded, TARGET, drawn.theta), drawn.log_density, atol=1e-2)
    u = np.clip(to_unit(drawn.theta[:10]), 0.05, 0.95)
    slopes = posterior_gradient(loaded, TARGET)(u)[1]
    np.testing.assert_allclose(slopes, central_gradient(posterior_density(loaded, TARGET), 1e-3)(u)[1], atol=0.3)


def test_an_unknown_family_is_named():
    with pytest.raises(
        EstimatorError, match="belongs to the family 'diffusion', but this version knows only spline flow"
    ):
        build_density({"family": "diffusion", "n_features": 4})


def test_cards_that_name_no_family_are_spline_flows():
    assert build_density({"n_features": 4, "hidden_features": 8, "num_transforms": 1}).architecture["n_features"] == 4


def test_the_gradient_is_that_of_the_log_density(toy):
    z, _ = toy.density.draw(30, TARGET, np.random.default_rng(0))
    values, slopes = toy.density.gradient(z, TARGET)
    np.testing.assert_allclose(values, toy.density.log_prob(z, TARGET), rtol=1e-4, atol=1e-3)
    assert slopes.shape == (30, 28)


def test_draws_in_parts_are_those_of_one_call(toy):
    whole, _ = toy.density.draw(7, TARGET, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    parts = [toy.density.draw(n, TARGET, rng)[0] for n in (3, 4)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5)


@pytest.mark.parametrize("name", ["spectrum", "bursts"])
def test_a_shipped_estimator_draws_what_it_drew_in_0_1(name):
    estimator = load_estimator(name)
    drawn = sample(estimator, estimator.reference(held_out=True)[1][3], 3, seed=5)
    np.testing.assert_allclose(drawn.theta[:, [18, 17]], AS_IN_0_1[name][0], rtol=1e-3)
    np.testing.assert_allclose(drawn.log_density, AS_IN_0_1[name][1], atol=2e-2)
