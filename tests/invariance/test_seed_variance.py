"""The circuit's own noise against the spread between circuits, with known variances."""

import numpy as np
import pytest

from automind_dash.invariance.errors import SubspaceError
from automind_dash.invariance.seed_variance import own_against_neighbours, variance_parts


def repeats(between, own, n_circuits=200, n_seeds=5, seed=0):
    rng = np.random.default_rng(seed)
    return between * rng.standard_normal((n_circuits, 1, 1)) + own * rng.standard_normal((n_circuits, n_seeds, 1))


@pytest.mark.parametrize(("between", "own"), [(2.0, 1.0), (0.5, 1.0), (0.0, 1.0)])
def test_known_shares(between, own):
    found = variance_parts(repeats(between, own))
    truth = own**2 / (own**2 + between**2)
    assert found.own[0] == pytest.approx(own**2, rel=0.1)
    assert found.own_share[0] == pytest.approx(truth, abs=0.07)
    assert found.low[0] - 0.02 <= truth <= found.high[0] + 0.02


def test_seeds_that_failed_are_left_out():
    values = repeats(1.0, 1.0)
    rng = np.random.default_rng(1)
    values[rng.random(values.shape) < 0.3] = np.nan
    values[:5] = np.nan
    found = variance_parts(np.concatenate([values, np.full_like(values, np.nan)], axis=2))
    assert found.own_share[0] == pytest.approx(0.5, abs=0.1)
    assert found.n_circuits[0] < 196
    assert np.isnan(found.own_share[1])
    assert np.isnan(found.low[1])


def test_intervals_cover():
    covered = 0
    for seed in range(40):
        found = variance_parts(repeats(1.0, 1.0, n_circuits=40, seed=seed), n_bootstrap=200)
        covered += found.low[0] <= 0.5 <= found.high[0]
    assert covered >= 32


def test_own_seeds_beside_neighbours():
    rng = np.random.default_rng(0)
    same = own_against_neighbours(rng.standard_normal((40, 1)), rng.standard_normal((60, 1)))
    assert same.low[0] < 1 < same.high[0]
    quiet = own_against_neighbours(0.2 * rng.standard_normal((40, 1)), rng.standard_normal((60, 1)))
    assert quiet.high[0] < 0.2
    assert quiet.ratio[0] == pytest.approx(0.04, rel=0.6)
    assert np.isnan(own_against_neighbours(np.full((9, 1), np.nan), rng.standard_normal((9, 1))).ratio[0])


def test_shapes_are_checked():
    with pytest.raises(SubspaceError, match="circuits × seeds"):
        variance_parts(np.zeros((5, 3)))
    with pytest.raises(SubspaceError, match="do not fit"):
        own_against_neighbours(np.zeros((5, 3)), np.zeros((5, 2)))
