"""Compensation where the answer can be written down."""

import numpy as np
import pytest

from automind_dash.invariance.compensation import compensate
from automind_dash.invariance.errors import SubspaceError


def ridge(points):
    """A Gaussian across x + y = 1, width 0.02: any x is fine when y follows. A third column does nothing."""
    return -0.5 * ((points[:, 0] + points[:, 1] - 1) / 0.02) ** 2


def test_on_a_ridge_the_other_parameter_follows():
    found = compensate(ridge, [0.5, 0.5, 0.5], {0: 0.6}, level=-0.5)
    assert found.restored
    assert found.before == 0
    assert found.perturbed == pytest.approx(-12.5)
    np.testing.assert_allclose(found.point, [0.6, 0.42, 0.5], atol=1e-3)  # −0.5 nats are one width from the ridge
    np.testing.assert_allclose(found.change, found.point - 0.5)
    assert found.distance == pytest.approx(0.08, abs=1e-3)


def test_on_a_gaussian_it_is_the_nearest_point_of_the_level_set(gaussian):
    from scipy.optimize import brentq

    start = gaussian.mean
    found = compensate(gaussian, start, {0: 0.56}, level=float(gaussian(start[None])[0]) - 1)
    s = np.linalg.inv(gaussian.covariance)

    # nearest y with ½ (x − m)ᵀ S (x − m) = 1 and x₀ given: (S_ff λ + I) f = −λ S_f0 x₀, λ by the level
    def f(multiplier):
        return -np.linalg.solve(multiplier * s[1:, 1:] + np.eye(7), multiplier * s[1:, 0] * 0.06)

    def excess(log_multiplier):
        x = np.r_[0.06, f(np.exp(log_multiplier))]
        return 0.5 * x @ s @ x - 1

    expected = f(np.exp(brentq(excess, -20, 20)))
    assert found.restored
    assert found.distance == pytest.approx(np.linalg.norm(expected), rel=1e-2)
    np.testing.assert_allclose(found.change[1:], expected, atol=2e-3)


def test_held_parameters_stay_and_samples_help_out_of_a_dead_end():
    def two_hills(points):
        x, y = points[:, 0], points[:, 1]
        return np.logaddexp(
            -0.5 * ((x - 0.2) ** 2 + (y - 0.2) ** 2) / 0.03**2, -0.5 * ((x - 0.8) ** 2 + (y - 0.8) ** 2) / 0.03**2
        )

    samples = np.array([[0.8, 0.8], [0.79, 0.81], [0.2, 0.2]])
    found = compensate(two_hills, [0.2, 0.2], {0: 0.8}, level=-0.5, samples=samples)
    assert found.restored
    assert found.point[1] == pytest.approx(0.77, abs=5e-3)
    held = compensate(ridge, [0.5, 0.5, 0.5], {0: 0.6}, held=(1,))
    assert not held.restored
    assert held.point[1] == 0.5
    assert held.after == pytest.approx(-12.5)


def test_nothing_to_do_within_the_level():
    found = compensate(ridge, [0.5, 0.5, 0.5], {2: 0.9})
    assert found.restored
    assert found.distance == 0
    assert found.change.tolist() == [0, 0, 0.4]


def test_refusals():
    with pytest.raises(SubspaceError, match="Move at least one"):
        compensate(ridge, [0.5, 0.5, 0.5], {})
    with pytest.raises(SubspaceError, match="Move at least one"):
        compensate(ridge, [0.5, 0.5, 0.5], {0: 0.1}, held=(1, 2))
