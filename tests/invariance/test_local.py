"""Curvature, stiff and sloppy directions, and their turning, where the answer can be written down."""

import numpy as np
import pytest

from automind_dash.invariance.errors import SubspaceError
from automind_dash.invariance.local import (
    curvature,
    in_names,
    principal_angles,
    random_angle,
    torch_curvature,
    turning,
)


def test_curvature_of_a_gaussian_is_its_precision(gaussian):
    found = curvature(gaussian, np.full(8, 0.47))
    precision = np.linalg.inv(gaussian.covariance)
    np.testing.assert_allclose(found.hessian, precision, rtol=1e-6, atol=1e-6 * precision.max())
    assert (np.diff(found.eigenvalues) <= 0).all()
    stiffest = np.linalg.eigh(precision)[1][:, -1]
    assert abs(found.stiff(1)[0] @ stiffest) == pytest.approx(1)
    np.testing.assert_allclose(found.reach**-2, found.eigenvalues)


def test_autograd_agrees():
    import torch

    def density(u):
        return -(u[:, 0] ** 2) * 3 - torch.exp(u[:, 1]) * u[:, 0]

    found = torch_curvature(density, np.array([0.5, 0.2]))
    np.testing.assert_allclose(found.hessian, [[6, np.exp(0.2)], [np.exp(0.2), 0.5 * np.exp(0.2)]], rtol=1e-5)

    def plain(u):
        return -(u[:, 0] ** 2) * 3 - np.exp(u[:, 1]) * u[:, 0]

    np.testing.assert_allclose(curvature(plain, [0.5, 0.2], step=1e-3).hessian, found.hessian, rtol=1e-4)


def test_a_point_at_the_wall_is_measured_just_inside(gaussian):
    def walled(points):
        return np.where(((points >= 0) & (points <= 1)).all(1), gaussian(points), -np.inf)

    found = curvature(walled, np.r_[0.0, np.full(7, 0.5)])
    assert found.centre[0] == pytest.approx(0.06)
    with pytest.raises(SubspaceError, match="zero within a step"):
        curvature(lambda points: np.full(len(points), -np.inf), np.full(3, 0.5))


def test_directions_read_as_names():
    assert in_names([0.1, -0.9, 0.3], ("C", "g_L", "b"), 2) == [("g_L", -0.9), ("b", 0.3)]
    with pytest.raises(SubspaceError, match="names"):
        in_names([0.1, 0.2], ("C",))


def test_principal_angles():
    plane, tilted = np.eye(4)[:2], np.array([[1, 0, 0, 0], [0, np.cos(0.4), np.sin(0.4), 0]])
    np.testing.assert_allclose(principal_angles(plane, tilted), [0, 0.4], atol=1e-7)
    middle, low, high = random_angle(2, 28)
    assert low < middle < high < np.pi / 2
    assert middle > 1.1


def test_directions_turn_around_a_ring_and_not_in_a_gaussian(gaussian):
    def ring(points):
        return -0.5 * ((np.hypot(points[:, 0] - 0.5, points[:, 1] - 0.5) - 0.3) / 0.05) ** 2

    places = 0.5 + 0.3 * np.array([[1, 0], [np.cos(0.5), np.sin(0.5)], [0, 1]])
    found = turning(ring, places, k=1, step=1e-3)
    assert found.angle[0, 1] == pytest.approx(0.5, abs=0.01)
    assert found.angle[0, 2] == pytest.approx(np.pi / 2, abs=0.01)
    assert found.distance[0, 2] == pytest.approx(0.3 * np.sqrt(2))
    assert turning(gaussian, gaussian.draw(3, 0), k=2).angle.max() < 1e-3
