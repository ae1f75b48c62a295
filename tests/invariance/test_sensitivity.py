"""Which parameters move a feature: slopes that are known."""

import numpy as np
import pytest

from automind_dash.invariance.errors import SubspaceError
from automind_dash.invariance.sensitivity import active_directions, local_sensitivity


def test_slopes_differ_from_place_to_place():
    rng = np.random.default_rng(0)
    points = rng.random((2000, 4))
    features = np.column_stack([points[:, 0] ** 2, 3 * points[:, 1] - points[:, 2]]) + 0.01 * rng.standard_normal(
        (2000, 2)
    )
    low, high = (local_sensitivity(points, features, np.r_[x, 0.5, 0.5, 0.5], n_neighbours=400) for x in (0.25, 0.75))
    assert low.gradient[0, 0] == pytest.approx(0.5, abs=0.1)
    assert high.gradient[0, 0] == pytest.approx(1.5, abs=0.1)
    np.testing.assert_allclose(low.gradient[1], [0, 3, -1, 0], atol=0.03)
    assert (low.r_squared > 0.9).all()
    assert (low.error > 0).all()
    assert abs(low.gradient[1, 0]) < 4 * low.error[1, 0]


def test_errors_are_those_of_repetition():
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        points = rng.random((300, 3))
        found.append(local_sensitivity(points, (points[:, :1] + 0.2 * rng.standard_normal((300, 1))), [0.5] * 3))
    spread = np.std([one.gradient[0, 0] for one in found], ddof=1)
    assert np.mean([one.error[0, 0] for one in found]) == pytest.approx(spread, rel=0.3)


def test_missing_features_are_left_out():
    rng = np.random.default_rng(1)
    points = rng.random((200, 3))
    features = np.column_stack([points[:, 0], np.full(200, np.nan)])
    features[::3, 0] = np.nan
    found = local_sensitivity(points, features, [0.5] * 3)
    np.testing.assert_allclose(found.gradient[0], [1, 0, 0], atol=0.01)
    assert np.isnan(found.gradient[1]).all()
    assert found.n.tolist() == [40, 0]
    with pytest.raises(SubspaceError, match="too few"):
        local_sensitivity(points[:6], features[:6], [0.5] * 3)


def test_active_direction_of_a_density_and_of_a_feature():
    points = np.random.default_rng(2).random((400, 5))
    known = np.array([0.6, 0, -0.8, 0, 0])

    def density(u):
        import torch

        return (u @ torch.as_tensor(known, dtype=u.dtype) - 0.1) ** 2

    found = active_directions(points, log_density=density)
    assert abs(found.directions[0] @ known) == pytest.approx(1, abs=1e-4)
    assert found.eigenvalues[0] == pytest.approx(np.mean((2 * (points @ known - 0.1)) ** 2), rel=0.02)
    learned = active_directions(points, feature=3 * points @ known, max_epochs=60)
    assert abs(learned.directions[0] @ known) > 0.97
    assert learned.eigenvalues[0] > 10 * learned.eigenvalues[1]


def test_either_a_feature_or_a_density():
    with pytest.raises(SubspaceError, match="exactly one of the two"):
        active_directions(np.random.default_rng(0).random((60, 3)))
