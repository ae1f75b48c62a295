"""Finders among configurations placed by hand."""

import numpy as np
import pytest

from automind_dash.invariance import finders
from automind_dash.invariance.errors import SubspaceError
from automind_dash.invariance.finders import ends, most_different_pair, sloppiest_neighbour

POINTS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 0.9], [0.5, 0.5], [0.9, 0.95]])


def test_farthest_pair_among_candidates_and_with_the_same_dynamics():
    assert {most_different_pair(POINTS).first, most_different_pair(POINTS).second} == {1, 2}
    allowed = np.array([True, True, False, True, False])
    found = most_different_pair(POINTS, candidates=allowed)
    assert (found.first, found.second, found.distance) == (0, 1, 1.0)
    assert np.isnan(found.difference)
    features = np.array([[0.0], [5.0], [0.1], [5.1], [np.nan]])
    found = most_different_pair(POINTS, features=features, tolerance=0.5)
    assert (found.first, found.second) == (0, 2)
    assert found.difference == pytest.approx(0.1)
    np.testing.assert_allclose(found.change, [0, 0.9])
    with pytest.raises(SubspaceError, match="No two"):
        most_different_pair(POINTS, features=features, tolerance=0.01)


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    points, features = rng.random((150, 5)), rng.random((150, 3))
    whole = most_different_pair(points, features=features, tolerance=0.3)
    monkeypatch.setattr(finders, "_BLOCK", 40)
    parts = most_different_pair(points, features=features, tolerance=0.3)
    assert (whole.first, whole.second) == (parts.first, parts.second)
    brute = max(
        np.linalg.norm(points[i] - points[j])
        for i in range(150) for j in range(i) if np.sqrt(((features[i] - features[j]) ** 2).mean()) <= 0.3
    )  # fmt: skip
    assert whole.distance == pytest.approx(brute)


def test_sloppiest_neighbour_lies_along_the_ridge():
    def ridge(points):
        return -0.5 * ((points[:, 0] - points[:, 1]) / 0.02) ** 2

    points = np.array([[0.1, 0.1], [0.4, 0.4], [0.7, 0.7], [0.1, 0.9], [0.9, 0.1]])
    found = sloppiest_neighbour(ridge, points, 0)
    assert found.row == 2
    assert found.lowest == 0
    assert found.distance == pytest.approx(0.6 * np.sqrt(2))
    with pytest.raises(SubspaceError, match="every direction"):
        sloppiest_neighbour(
            lambda x: -1e4 * np.abs(np.hypot(*(x.T - 0.5)) - 0.2), np.array([[0.3, 0.5], [0.7, 0.5]]), 0
        )


def test_ends_are_the_outermost_of_an_ellipse():
    rng = np.random.default_rng(0)
    points = np.vstack([rng.standard_normal((200, 3)) * [1.0, 0.3, 0.05], [[5, 0, 0], [-6, 0, 0], [0, 2, 0]]])
    found = ends(points, n_components=2)
    assert {end.row for end in found[:2]} == {200, 201}
    assert 202 in {end.row for end in found[2:]}
    assert len({end.row for end in found}) == 4
    assert [end.side for end in found] == [-1, 1, -1, 1]
    without = ends(points, n_components=1, candidates=np.arange(203) < 200)
    assert all(end.row < 200 for end in without)


def test_of_a_circuit_without_density_nothing_is_said():
    """Every circuit was as dense as it, and any could be gone to."""
    with pytest.raises(SubspaceError, match="no posterior density"):
        sloppiest_neighbour(lambda x: np.where(x[:, 0] > 0.2, 0.0, -np.inf), POINTS, 0)
