"""Conditional samples and masses against a Gaussian's formula and against rejection."""

import time

import numpy as np
import pytest
from scipy import stats

from automind_dash.errors import ConfigurationError
from automind_dash.invariance.conditional import WINDOW, condition, held_at
from automind_dash.invariance.errors import SubspaceError


def analytic(gaussian, held):
    """Mean and covariance of the free columns, and the density at the pins."""
    pins = np.array(sorted(held))
    free = np.setdiff1d(np.arange(8), pins)
    s = gaussian.covariance
    slopes = s[np.ix_(free, pins)] @ np.linalg.inv(s[np.ix_(pins, pins)])
    values = np.array([held[pin] for pin in pins])
    mean = gaussian.mean[free] + slopes @ (values - gaussian.mean[pins])
    covariance = s[np.ix_(free, free)] - slopes @ s[np.ix_(pins, free)]
    return free, mean, covariance, stats.multivariate_normal(gaussian.mean[pins], s[np.ix_(pins, pins)]).pdf(values)


@pytest.mark.parametrize("held", [{0: 0.55}, {0: 0.53, 3: 0.46}, {1: 0.65}])
def test_pinned_gaussian_is_the_analytic_one(gaussian, held):
    found = condition(gaussian, gaussian.draw(2000, 0), held, n=1000)
    free, mean, covariance, density = analytic(gaussian, held)
    sd = np.sqrt(np.diag(covariance))
    assert (found.points[:, list(held)] == list(held.values())).all()
    np.testing.assert_allclose((found.points[:, free].mean(0) - mean) / sd, 0, atol=0.15)
    np.testing.assert_allclose(found.points[:, free].std(0) / sd, 1, atol=0.12)
    np.testing.assert_allclose(np.corrcoef(found.points[:, free].T), covariance / np.outer(sd, sd), atol=0.15)
    assert found.mass == pytest.approx(density * WINDOW ** len(held), rel=0.1)
    assert found.n_effective > 300
    np.testing.assert_allclose(found.log_density, gaussian(found.points))


def test_range_and_its_mass(gaussian):
    truth = stats.norm(0.5, 0.05)
    draws = gaussian.draw(2000, 1)
    for low, high in ((0.45, 0.6), (0.55, 0.6), (0.62, 0.7)):
        found = condition(gaussian, draws, {2: (low, high)}, n=400)
        mass = truth.cdf(high) - truth.cdf(low)
        assert found.mass == pytest.approx(mass, rel=0.15)
        assert ((found.points[:, 2] >= low) & (found.points[:, 2] <= high)).all()
        expected = stats.truncnorm((low - 0.5) / 0.05, (high - 0.5) / 0.05, 0.5, 0.05)
        assert found.points[:, 2].mean() == pytest.approx(expected.mean(), abs=0.3 * expected.std())
        assert found.prior_mass == pytest.approx(high - low)


def test_pin_and_range_together(gaussian):
    draws = gaussian.draw(200_000, 2)
    near = draws[(np.abs(draws[:, 0] - 0.53) < 0.004) & (draws[:, 4] > 0.52) & (draws[:, 4] < 0.58)]
    found = condition(gaussian, draws[:3000], {0: 0.53, 4: (0.52, 0.58)}, n=800)
    np.testing.assert_allclose(found.points[:, 1:].mean(0), near[:, 1:].mean(0), atol=0.012)
    assert found.mass == pytest.approx(len(near) / 200_000 / 0.008 * WINDOW, rel=0.15)


def test_curved_density_is_followed():
    """u₁ − 0.3 = 2 (u₀ − 0.5)²: pinning u₁ leaves two separate values of u₀."""

    def density(u):
        a, b = u[:, 0], u[:, 1]
        inside = ((u > 0) & (u < 1)).all(1)
        return np.where(
            inside, stats.norm.logpdf(a, 0.5, 0.15) + stats.norm.logpdf(b, 0.3 + 2 * (a - 0.5) ** 2, 0.02), -np.inf
        )

    rng = np.random.default_rng(0)
    a = np.clip(rng.normal(0.5, 0.15, 4000), 0.01, 0.99)
    samples = np.column_stack([a, np.clip(0.3 + 2 * (a - 0.5) ** 2 + 0.02 * rng.standard_normal(4000), 0.01, 0.99)])
    found = condition(density, samples, {1: 0.38}, n=600)
    offset = np.abs(found.points[:, 0] - 0.5)
    grid = np.linspace(0, 1, 4001)
    weight = np.exp(density(np.column_stack([grid, np.full(4001, 0.38)])))
    weight /= weight.sum()
    mean = weight @ np.abs(grid - 0.5)
    assert offset.mean() == pytest.approx(mean, abs=0.004)
    assert offset.std() == pytest.approx(np.sqrt(weight @ (grid - 0.5) ** 2 - mean**2), rel=0.15)
    assert 0.4 < (found.points[:, 0] > 0.5).mean() < 0.6


def test_impossible_conditions_are_called_so(gaussian):
    draws = gaussian.draw(2000, 0)
    assert condition(gaussian, draws, {0: 0.5}, n=100).verdict == "possible"
    assert condition(gaussian, draws, {0: 0.66}, n=100).verdict == "unlikely"
    far = condition(gaussian, draws, {0: 0.85}, n=100)
    assert far.verdict == "nearly impossible"
    assert far.plausibility < 1e-6

    def walled(u):
        return np.where(u[:, 0] < 0.7, gaussian(u), -np.inf)

    nothing = condition(walled, draws, {0: 0.9}, n=100)
    assert nothing.verdict == "nearly impossible"
    assert len(nothing.points) == 0
    assert nothing.mass == 0


def test_same_seed_same_samples_and_few_evaluations(gaussian):
    calls = []

    def counted(points):
        calls.append(len(points))
        return gaussian(points)

    draws = gaussian.draw(2000, 0)
    started = time.perf_counter()
    first = condition(counted, draws, {0: 0.55}, n=500, seed=3, samples_log_density=gaussian(draws))
    assert time.perf_counter() - started < 2  # 0.05 s where nothing else runs
    assert sum(calls) <= 10_000
    assert len(calls) < 60
    second = condition(gaussian, draws, {0: 0.55}, n=500, seed=3)
    np.testing.assert_array_equal(first.points, second.points)


def test_refusals(gaussian):
    draws = gaussian.draw(100, 0)
    with pytest.raises(SubspaceError, match="within 0 and 1"):
        condition(gaussian, draws, {0: 1.2})
    with pytest.raises(SubspaceError, match="nothing is left"):
        condition(gaussian, draws, dict.fromkeys(range(8), 0.5))
    with pytest.raises(SubspaceError, match="too few"):
        condition(gaussian, draws[:20], {0: 0.5})


def test_names_and_units_become_columns_and_shares():
    assert held_at({"params_Epop.C": 260.0, "E_tau_w": (5.0, 20000.0)}) == {9: 0.5, 18: (0.0, 1.0)}
    with pytest.raises(SubspaceError, match=r"params_Epop.C cannot be held at 600.0 pF"):
        held_at({"params_Epop.C": 600.0})
    with pytest.raises(ConfigurationError, match="nonsense"):
        held_at({"nonsense": 1.0})
