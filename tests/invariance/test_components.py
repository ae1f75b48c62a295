"""Principal components and numbers of dimensions of distributions whose dimension is known."""

import numpy as np
import pytest

from automind_dash.invariance.components import (
    against_prior_and_shuffled,
    components,
    effective_dimension,
    participation_ratio,
    shuffled,
)
from automind_dash.invariance.errors import SubspaceError


def test_definitions():
    assert participation_ratio([2, 2, 2, 2]) == pytest.approx(4) == pytest.approx(effective_dimension([2, 2, 2, 2]))
    assert participation_ratio([5, 0, 0]) == 1 == effective_dimension([5, 0, 0])
    assert participation_ratio([3, 1]) == pytest.approx(16 / 10)
    assert effective_dimension([0, 0]) == participation_ratio([0, 0]) == 0


def test_degenerate_gaussian_has_its_dimension():
    rng = np.random.default_rng(0)
    points = rng.standard_normal((600, 3)) @ np.linalg.qr(rng.standard_normal((10, 10)))[0][:3]
    found = components(points)
    np.testing.assert_allclose(found.variance[3:], 0, atol=1e-20)
    assert found.participation_band[0] <= 3.0 <= found.participation_band[1] + 1e-9
    assert found.participation_ratio == pytest.approx(3, abs=0.05)
    assert found.effective_dimension == pytest.approx(3, abs=0.05)
    assert found.share.sum() == pytest.approx(1)


def test_bias_of_few_samples_is_corrected():
    """28 equal variances from 300 samples: the plain participation ratio would be 28 / (1 + 28 / 300) = 25.6."""
    points = np.random.default_rng(1).standard_normal((300, 28))
    found = components(points)
    assert participation_ratio(found.variance) < 26
    assert found.participation_ratio > 27


def test_bands_cover_the_truth_as_often_as_they_say():
    spread = np.array([3.0, 2.0, 1.0, 0.5])
    truth = participation_ratio(spread**2)
    covered = 0
    for seed in range(40):
        found = components(np.random.default_rng(seed).standard_normal((150, 4)) * spread, n_bootstrap=100)
        covered += found.participation_band[0] <= truth <= found.participation_band[1]
    assert covered >= 33  # 38 expected; fewer than 33 have a chance of 0.5 % at 95 %


def test_axes_and_scores():
    rng = np.random.default_rng(2)
    points = rng.standard_normal((500, 1)) * [[3.0, 4.0, 0.0]] + 0.01 * rng.standard_normal((500, 3))
    found = components(points)
    np.testing.assert_allclose(found.axes[0], [0.6, 0.8, 0], atol=0.01)
    assert found.scores(points, 1).var(ddof=1) == pytest.approx(found.variance[0])


def test_dependence_shows_against_the_shuffled_samples():
    rng = np.random.default_rng(3)
    prior = rng.random((400, 6))
    points = rng.random((400, 6))
    points[:, 1] = points[:, 0]
    found = against_prior_and_shuffled(points, prior, n_bootstrap=50)
    assert found.samples.participation_band[1] < found.shuffled.participation_band[0]
    assert found.prior.participation_ratio > 5.7
    np.testing.assert_array_equal(np.sort(shuffled(points), axis=0), np.sort(points, axis=0))


def test_too_few_prior_draws_are_refused():
    points = np.random.default_rng(0).random((20, 3))
    with pytest.raises(SubspaceError, match="at least as many"):
        against_prior_and_shuffled(points, points[:10])
    with pytest.raises(SubspaceError, match="same circuit"):
        components(np.ones((5, 3)))
