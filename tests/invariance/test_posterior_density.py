"""An estimator's density as plain functions: the three ways of asking agree, and the geometry can be computed from them."""

from pathlib import Path

import numpy as np
import pytest

from automind_dash.features import BURST_FEATURES
from automind_dash.inference.asking.posterior import log_density, sample
from automind_dash.inference.estimators.card import Card, SimulationPlan
from automind_dash.inference.estimators.estimator import Estimator
from automind_dash.inference.estimators.prior import Prior
from automind_dash.invariance import (
    condition,
    posterior_density,
    posterior_gradient,
    to_unit,
    torch_posterior_density,
)
from automind_dash.invariance.scaling import central_gradient

TARGET = np.array([0.1, -0.2, 0.3, 0.0])


@pytest.fixture(scope="module")
def estimator():
    """A small untrained flow: any density will do."""
    import torch

    from automind_dash.inference.estimators.density import build_density

    n = len(BURST_FEATURES)
    assert n == len(TARGET)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        density = build_density({"n_features": n, "hidden_features": 16, "num_transforms": 2, "embedding_hidden": 8})
    card = Card(
        "untrained", "Untrained", BURST_FEATURES, Prior(), SimulationPlan(), {}, np.ones(n), 1.0, np.zeros((n, 101))
    )  # fmt: skip
    return Estimator(Path("nowhere"), card, density)


def test_the_density_over_the_unit_scale(estimator):
    drawn = sample(estimator, TARGET, 50, seed=0)
    u = to_unit(drawn.theta)
    values = posterior_density(estimator, TARGET)(u)
    prior = Prior()
    np.testing.assert_allclose(values, log_density(estimator, TARGET, drawn.theta) - prior.log_density, rtol=1e-6)
    assert posterior_density(estimator, TARGET)(u[:1] + 2.0)[0] == -np.inf


def test_autograd_agrees_with_differences(estimator):
    import torch

    u = to_unit(sample(estimator, TARGET, 20, seed=1).theta)
    u = np.clip(u, 0.1, 0.9)
    density = posterior_density(estimator, TARGET)
    values, slopes = posterior_gradient(estimator, TARGET)(u)
    np.testing.assert_allclose(values, density(u), atol=1e-3)
    apart = np.abs(slopes - central_gradient(density, 1e-3)(u)[1])
    assert np.quantile(apart, 0.97) < 0.05  # the flow has kinks, over which a difference sees the mean of both sides
    with torch.inference_mode():
        given = torch_posterior_density(estimator, TARGET)(torch.as_tensor(u, dtype=torch.float32))
    np.testing.assert_allclose(given.numpy(), values, atol=1e-3)


def test_mass_of_a_pin_is_that_of_the_samples_around_it(estimator):
    """A normalised density: the mass told for a pinned value is the share of samples within its window."""
    u = to_unit(sample(estimator, TARGET, 20_000, seed=2).theta)
    found = condition(posterior_density(estimator, TARGET), u, {18: 0.6}, n=300)
    share = (np.abs(u[:, 18] - 0.6) < 0.025).mean()
    assert found.mass == pytest.approx(share, rel=0.12)
    assert found.n_effective > 200
