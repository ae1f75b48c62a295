"""The classifier that restricts the prior."""

import numpy as np
import pytest

from automind_dash.circuit.parameters import NAMES
from automind_dash.errors import EstimatorError
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.estimators.restriction import drive_summary, fit_restriction


def test_it_finds_where_use_lies_and_loses_what_it_says():
    prior = Prior()
    theta = prior.draw(3000, 0)
    useful = theta[:, 24] * theta[:, 22] > 45  # rate times decay: a drive
    restriction = fit_restriction(theta, useful, lost=0.02)
    fresh = prior.draw(4000, 1)
    truth = fresh[:, 24] * fresh[:, 22] > 45
    kept = restriction.probability(fresh) > restriction.threshold
    assert truth[kept].mean() > 2 * truth.mean()
    assert (~kept[truth]).mean() < 0.06
    proposed = restriction.propose(prior, 50, np.random.default_rng(2))
    assert proposed.shape == (50, 28)
    assert prior.contains(proposed).all()


def test_too_little_to_learn_from_is_said():
    theta = Prior().draw(100, 0)
    with pytest.raises(EstimatorError, match="too few"):
        fit_restriction(theta, np.zeros(100, bool))


def test_summary_is_finite_all_over_the_prior():
    assert np.isfinite(drive_summary(Prior().draw(5000, 3))).all()


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("params_Epop.b", -50, 200),
        ("params_Epop.v_rest", -60, -40),
        ("params_Epop.v_thresh", -60, -40),
        ("params_Epop.a", -40, 10),
    ],
)
def test_summary_is_finite_for_priors_of_ones_own(name, low, high):
    """These were NaN, and with them all inputs of a surrogate."""
    theta = Prior().draw(2000, 3)
    theta[:, NAMES.index(name)] = np.linspace(low, high, 2000)
    assert np.isfinite(drive_summary(theta)).all()
