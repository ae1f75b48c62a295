"""The prior's box and the logit space over it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.errors import ConfigurationError
from automind_dash.inference.estimators.prior import Prior


def test_draws_fill_the_box_and_are_seeded():
    prior = Prior()
    theta = prior.draw(4000, 3)
    assert prior.contains(theta).all()
    np.testing.assert_array_equal(theta, prior.draw(4000, 3))
    np.testing.assert_allclose(theta.mean(0), (LOW + HIGH) / 2, atol=0.05 * (HIGH - LOW).max(), rtol=0.05)


@given(st.integers(0, 2**31))
def test_logit_round_trip(seed):
    prior = Prior()
    theta = prior.draw(20, seed)
    np.testing.assert_allclose(
        prior.from_logit(prior.to_logit(theta)), theta, rtol=1e-4, atol=2e-6 * (HIGH - LOW).max()
    )


@given(st.lists(st.floats(-50, 50), min_size=28, max_size=28))
def test_every_z_lies_inside_the_prior(z):
    assert Prior().contains(Prior().from_logit(np.array(z)[None])).all()


def test_log_jacobian_is_the_derivative():
    prior = Prior()
    z = np.random.default_rng(0).normal(size=(5, 28))
    step = 1e-5
    slope = (prior.from_logit(z + step) - prior.from_logit(z - step)) / (2 * step)
    np.testing.assert_allclose(prior.log_jacobian(z), -np.log(slope).sum(1), rtol=1e-6)


def test_bounds_outside_and_nan_are_not_contained():
    prior = Prior()
    theta = prior.draw(3, 0)
    theta[0, 3], theta[1, 5] = HIGH[3] + 1, np.nan
    assert prior.contains(theta).tolist() == [False, False, True]


def test_ranges_survive_json_and_unknown_names_are_refused():
    prior = Prior.from_dict({NAMES[2]: [0.02, 0.03]})
    assert prior.low[2] == 0.02
    assert Prior.from_dict(prior.to_dict()).high[2] == 0.03
    with pytest.raises(ConfigurationError, match=r"params_net\.nonsense"):
        Prior.from_dict({"params_net.nonsense": [0, 1]})
    with pytest.raises(ConfigurationError, match="low < high"):
        Prior.from_dict({NAMES[0]: [0.9, 0.8]})


@pytest.mark.parametrize(
    ("ranges", "says"),
    [
        (5, "got 5"),
        ([], r"got \[\]"),
        ({NAMES[17]: [0]}, "lowest, highest"),
        ({NAMES[17]: 5}, "lowest, highest"),
        ({NAMES[17]: [0, 1, 2]}, "lowest, highest"),
        ({NAMES[17]: ["0", "many"]}, "lowest, highest"),
        ({NAMES[17]: "ab"}, "lowest, highest"),
        ({NAMES[17]: None}, "lowest, highest"),
        ({NAMES[17]: {"low": 0, "high": 1}}, "lowest, highest"),
        ({NAMES[17]: [0, float("inf")]}, "finite"),
        ({NAMES[17]: [float("nan"), 1]}, "finite"),
        ({NAMES[17]: [0, 10**400]}, "finite"),
        ({NAMES[17]: [5, 5]}, "low < high"),
        ({NAMES[17]: [0, 1e6]}, "domain"),
    ],
)
def test_ranges_that_are_none_are_named(ranges, says):
    with pytest.raises(ConfigurationError, match=says) as raised:
        Prior.from_dict(ranges)
    assert not isinstance(ranges, dict) or NAMES[17] in str(raised.value)


def test_rounding_to_single_precision_takes_nothing_out_of_a_narrow_prior():
    """Of shards of a parameter that was all but fixed, some were said to be of another campaign."""
    low, high = LOW.copy(), HIGH.copy()
    step = 2.0**-17  # between single-precision numbers here; those next to the ends lie outside
    low[11], high[11] = -65 - 20.7 * step, -65 + 20.7 * step
    prior = Prior(low, high)
    shards = prior.draw(5000, 1).astype(np.float32).astype(np.float64)
    assert not prior.contains(shards).all()
    assert prior.contains(shards, rounded=True).all()
    shards[:, 11] = -64.99
    assert not prior.contains(shards, rounded=True).any()
