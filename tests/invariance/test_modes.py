"""One piece or several: curved and ring-shaped sets are one, separated modes are not."""

import numpy as np
import pytest

from automind_dash.invariance.modes import humps, pieces
from tests.invariance.conftest import draw_banana, draw_torus, draw_two_modes


@pytest.mark.parametrize(
    "points",
    [
        draw_banana(300, 0),
        draw_torus(400, 1),
        np.random.default_rng(2).random((300, 28)),
        np.random.default_rng(3).standard_normal((300, 2)) * [10, 0.1],
    ],
    ids=["banana", "torus", "prior", "flat Gaussian"],
)
def test_connected_sets_are_one_piece(points):
    found = pieces(points)
    assert found.n == 1
    assert not found.labels.any()


def test_two_modes_are_found_with_their_members():
    points = draw_two_modes(300, 0)
    found = pieces(points)
    assert found.n == 2
    assert found.p_value == 0.01
    assert found.gap > found.critical
    assert (found.labels[:150] == found.labels[0]).all()
    assert (found.labels[150:] != found.labels[0]).all()


def test_more_points_than_are_tested_join_their_nearest_piece(monkeypatch):
    from automind_dash.invariance import modes

    monkeypatch.setattr(modes, "MAX_POINTS", 200)
    found = pieces(draw_two_modes(600, 1))
    assert np.bincount(found.labels).tolist() == [300, 300]


def test_false_alarms_are_rare():
    rng = np.random.default_rng(5)
    alarms = sum(pieces(rng.standard_normal((80, 3)), level=0.05, n_null=39, seed=i).n > 1 for i in range(30))
    assert alarms <= 5  # 1.5 expected; more than 5 have a chance of 0.3 %


def test_a_split_parameter_is_found_among_broad_ones():
    """Too narrow a gap for distances in 28 dimensions, yet plain in its own."""
    rng = np.random.default_rng(0)
    points = rng.random((400, 28))
    points[:, 7] = np.where(rng.random(400) < 0.5, 0.25, 0.7) + 0.06 * rng.standard_normal(400)
    found = humps(points, [str(i) for i in range(28)])
    assert np.flatnonzero(found.several).tolist() == [7]
    assert 0.35 < found.valley[7] < 0.6
    assert np.isnan(found.valley[6])


def test_skewed_bounded_and_constant_parameters_have_one_mode():
    rng = np.random.default_rng(1)
    columns = [rng.random(300), rng.random(300) ** 4, rng.exponential(size=300), rng.standard_normal(300), np.ones(300)]
    assert not humps(np.column_stack(columns), list("abcde")).several.any()
