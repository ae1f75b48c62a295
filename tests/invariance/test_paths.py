"""Paths stay where the density is while the straight line leaves it."""

import numpy as np
import pytest

from automind_dash.invariance.errors import SubspaceError
from automind_dash.invariance.paths import consistent_share, path_between
from tests.invariance.conftest import banana, draw_banana

FREE = {"low": -np.inf, "high": np.inf}
ENDS = np.array([[-1.2, 2.88], [1.2, 2.88]])


@pytest.mark.parametrize("samples", [None, draw_banana(500, 0)], ids=["from the line", "through samples"])
def test_along_a_banana(samples):
    found = path_between(banana, *ENDS, samples=samples, **FREE)
    assert found.log_density.min() > found.level - 0.3
    assert found.line_log_density.min() < found.level - 100
    assert found.gain > 100
    np.testing.assert_allclose(found.points[[0, -1]], ENDS)
    steps = np.linalg.norm(np.diff(found.points, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-3)
    assert found.length == pytest.approx(6.33, abs=0.15)  # arc of y = 2x² from −1.2 to 1.2, corners cut


def test_around_the_hole_of_a_ring():
    def ring(points):
        return -0.5 * ((np.hypot(points[:, 0], points[:, 1]) - 1) / 0.1) ** 2

    found = path_between(ring, [1, 0], [-1, 0.02], n_points=25, **FREE)
    assert found.log_density.min() > -0.5
    assert found.line_log_density.min() < -40
    assert found.length == pytest.approx(np.pi, rel=0.05)


def test_a_gaussian_needs_no_detour(gaussian):
    ends = gaussian.draw(2, 1)
    found = path_between(gaussian, *ends)
    assert found.length == pytest.approx(found.line_length, rel=0.05)
    assert found.log_density.min() >= found.level - 0.05
    np.testing.assert_allclose(found.line, ends[0] + np.linspace(0, 1, 20)[:, None] * (ends[1] - ends[0]))


def test_given_gradient_gives_the_same_path(gaussian):
    precision = np.linalg.inv(gaussian.covariance)

    def both(points):
        return gaussian(points), -(points - gaussian.mean) @ precision

    ends = gaussian.draw(2, 1)
    np.testing.assert_allclose(
        path_between(gaussian, *ends, gradient=both).points, path_between(gaussian, *ends).points, atol=2e-3
    )


def test_walls_are_kept_and_dead_ends_refused():
    def wall(points):
        return np.where((points >= 0).all(1) & (points <= 1).all(1), 5 * points.sum(1), -np.inf)

    found = path_between(wall, [0.1, 0.9], [0.9, 0.1])
    assert np.isfinite(found.log_density).all()
    with pytest.raises(SubspaceError, match="no posterior density"):
        path_between(wall, [0.1, 1.9], [0.9, 0.1])


def test_same_circuit_twice_and_stopping():
    found = path_between(banana, ENDS[0], ENDS[0], **FREE)
    assert found.length == 0
    assert len(found.points) == 20
    stopped = path_between(banana, *ENDS, should_stop=lambda: True, **FREE)
    assert stopped.log_density.min() < found.level


def test_share_with_its_interval():
    share, low, high = consistent_share([True] * 15 + [False] * 5)
    assert share == 0.75
    assert 0.5 < low < 0.6
    assert 0.85 < high < 0.95
