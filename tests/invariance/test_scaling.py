"""The common scale, and what is loaded to use it."""

import subprocess
import sys

import numpy as np
import pytest

import automind_dash.invariance as invariance
from automind_dash.inference.estimators.prior import Prior
from automind_dash.invariance.errors import SubspaceError
from automind_dash.invariance.scaling import central_gradient, check_points, from_unit, to_unit, unit_density


def test_unit_scale_round_trip_and_flat_prior():
    prior = Prior()
    theta = prior.draw(20, 0)
    u = to_unit(theta)
    assert (u >= 0).all()
    assert (u <= 1).all()
    np.testing.assert_allclose(from_unit(u), theta)
    density = unit_density(lambda theta: np.full(len(theta), prior.log_density))
    np.testing.assert_allclose(density(u), 0, atol=1e-9)


def test_central_gradient_at_and_away_from_a_wall():
    def density(x):
        return np.where(x[:, 0] <= 1, 3 * x[:, 0] + x[:, 1] ** 2, -np.inf)

    values, slopes = central_gradient(density)(np.array([[0.5, 0.2], [1.0, 0.2]]))
    np.testing.assert_allclose(values, [1.54, 3.04])
    np.testing.assert_allclose(slopes, [[3, 0.4], [3, 0.4]], atol=1e-6)


def test_points_are_checked():
    with pytest.raises(SubspaceError, match="rows × columns"):
        check_points(np.zeros(3), 1)
    with pytest.raises(SubspaceError, match="1 of 2 samples contain undefined"):
        check_points([[0, 1], [np.nan, 1]], 1)


def test_every_public_name_resolves_and_unknown_ones_do_not():
    for name in dir(invariance):
        assert getattr(invariance, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        invariance.nonsense  # noqa: B018


def test_composites_load_no_heavy_library():
    code = (
        "import sys; from automind_dash.invariance import columns; "
        "print([m for m in ('torch', 'sklearn', 'sbi', 'panel', 'numba') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_upper_end_of_a_prior_is_inside_it():
    """0.06 + (0.57 - 0.06) is more than 0.57, where there is no density."""
    low, high = Prior().low.copy(), Prior().high.copy()
    low[1], high[1] = 0.06, 0.57
    prior = Prior(low, high)
    assert prior.contains(from_unit(np.ones((1, 28)), prior)).all()
    assert (from_unit(np.full((1, 28), 1.5), prior) > high).all(), "beyond the end is beyond it"
