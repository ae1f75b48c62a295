"""The map of curved subspaces and intrinsic dimensions that are known."""

import numpy as np
import pytest

from automind_dash.invariance import embedding
from automind_dash.invariance.embedding import embed, levina_bickel, two_nn
from automind_dash.invariance.errors import SubspaceError
from tests.invariance.conftest import draw_torus


def rolled_sheet(n, seed):
    """A flat strip (2 long, 0.5 wide) rolled up; returns the points and the place along it."""
    rng = np.random.default_rng(seed)
    s, t = rng.uniform(0, 2, n), rng.uniform(0, 0.5, n)
    return np.column_stack([np.cos(2.5 * s), np.sin(2.5 * s), 2.5 * t]) / 2.5, s


def test_a_rolled_sheet_is_unrolled():
    points, along = rolled_sheet(500, 0)
    found = embed(points)
    assert abs(np.corrcoef(found.coordinates[:, 0], along)[0, 1]) > 0.99
    assert found.residual < 0.02 < 0.1 < found.linear_residual
    assert found.pieces == 1


def test_points_beyond_the_landmarks_are_placed_among_them(monkeypatch):
    monkeypatch.setattr(embedding, "MAX_LANDMARKS", 300)
    points, along = rolled_sheet(500, 1)
    found = embed(points)
    assert found.coordinates.shape == (500, 2)
    assert abs(np.corrcoef(found.coordinates[:, 0], along)[0, 1]) > 0.99
    np.testing.assert_array_equal(found.coordinates, embed(points).coordinates)


def test_pieces_of_the_neighbour_graph_are_told():
    rng = np.random.default_rng(0)
    apart = np.vstack([rng.random((60, 3)), 50 + rng.random((60, 3))])
    assert embed(apart).pieces == 2


@pytest.mark.parametrize("estimate", [two_nn, levina_bickel])
def test_intrinsic_dimension_of_known_sets(estimate):
    rng = np.random.default_rng(0)
    plane = rng.random((1500, 5)) @ np.linalg.qr(rng.standard_normal((12, 12)))[0][:5]
    assert estimate(plane).dimension == pytest.approx(5, rel=0.15)
    assert estimate(draw_torus(1500, 1, ambient=8)).dimension == pytest.approx(2, rel=0.1)
    angle = rng.uniform(0, 6, 800)
    assert estimate(np.column_stack([np.cos(angle), np.sin(angle)])).dimension == pytest.approx(1, rel=0.1)


def test_interval_covers_a_plane():
    covered = 0
    for seed in range(30):
        found = two_nn(np.random.default_rng(seed).standard_normal((400, 2)))
        covered += found.low <= 2 <= found.high
    assert covered >= 24


def test_duplicates_do_not_count_and_grids_are_refused():
    points = np.random.default_rng(0).random((200, 3))
    assert two_nn(np.vstack([points, points])).dimension == pytest.approx(two_nn(points).dimension)
    with pytest.raises(SubspaceError, match="too few"):
        two_nn(np.ones((50, 3)))
    with pytest.raises(SubspaceError, match="equally far"):
        two_nn(np.eye(30))
