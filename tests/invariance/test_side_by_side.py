"""The whole comparison: it finds what was put in, and can be stopped."""

import numpy as np
import pytest

from automind_dash.invariance import SubspaceError, compare, joint_matrix

NAMES = tuple("abcd")
WIDE_A, WIDE_B = np.diag([1.0, 0.1, 0.05, 0.05]), np.diag([0.05, 0.05, 0.1, 1.0])


def density(scales):
    return lambda u: -0.5 * (((u - 0.5) / np.diag(scales)) ** 2).sum(axis=1)


def draws(seed, scales, n=200):
    return 0.5 + np.random.default_rng(seed).standard_normal((n, 4)) @ scales


def test_turned_posteriors_differ_in_every_respect():
    progress = []
    found = compare(
        draws(0, WIDE_A), draws(1, WIDE_B), NAMES, densities=(density(WIDE_A), density(WIDE_B)), k=1, n_curvatures=4,
        progress=progress.append,
    )  # fmt: skip
    assert found.marginals.differs[[0, 3]].all()
    assert found.marginals.statistic[0] > 0.3
    assert found.joint.value > 0.8
    assert found.discrepancy.p_value < 0.05
    assert found.principal.mean == pytest.approx(np.pi / 2, abs=0.2)
    assert found.principal.own < 0.1
    assert progress == sorted(progress)
    assert progress[-1] == 1


def test_stiff_directions_of_one_density_agree():
    same = density(np.diag([0.05, 0.5, 0.5, 0.5]))
    found = compare(draws(0, WIDE_A), draws(1, WIDE_A), NAMES, densities=(same, same), k=1, n_curvatures=4)
    assert found.stiff.mean == pytest.approx(0, abs=1e-3)
    assert not found.change.flipped.any()
    assert found.joint.p_value > 0.05


def test_without_densities_there_are_no_stiff_directions_and_it_can_be_stopped():
    assert compare(draws(0, WIDE_A, 40), draws(1, WIDE_A, 40), NAMES).stiff is None
    assert compare(draws(0, WIDE_A, 40), draws(1, WIDE_A, 40), NAMES, should_stop=lambda: True) is None


def test_matrix_of_three():
    found = joint_matrix([draws(0, WIDE_A), draws(1, WIDE_A), draws(2, WIDE_B)])
    np.testing.assert_array_equal(found.value, found.value.T)
    assert found.p_value[0, 1] > 0.05
    assert found.p_value[0, 2] < 0.05
    assert found.value[0, 2] > found.null[0, 2] > found.value[0, 1]
    assert np.isnan(np.diag(found.p_value)).all()
    assert joint_matrix([draws(0, WIDE_A), draws(1, WIDE_A)], should_stop=lambda: True) is None
    with pytest.raises(SubspaceError, match="two"):
        joint_matrix([draws(0, WIDE_A)])
