"""Distances between posteriors: null where they are alike, plain where they are not."""

import numpy as np
import pytest

from automind_dash.invariance.comparison import (
    c2st,
    marginal_distances,
    mmd,
    principal_subspace_angles,
    stiff_subspace_angles,
)
from automind_dash.invariance.errors import SubspaceError


def draws(seed, shift=0.0, correlation=0.0, n=300):
    points = np.random.default_rng(seed).standard_normal((n, 4))
    points[:, 1] = correlation * points[:, 0] + np.sqrt(1 - correlation**2) * points[:, 1]
    points[:, 3] += shift
    return points


@pytest.mark.parametrize("test", [c2st, mmd])
def test_alike_is_null(test):
    found = test(draws(0), draws(1))
    assert found.p_value > 0.05
    if found.method == "C2ST":
        assert found.value == pytest.approx(0.5, abs=0.06)
        assert found.null.mean() == pytest.approx(0.5, abs=0.03)
    else:
        assert abs(found.value) < 0.02
        assert abs(found.null.mean()) < 0.005


@pytest.mark.parametrize("test", [c2st, mmd])
@pytest.mark.parametrize("change", [{"shift": 1.0}, {"correlation": 0.95}], ids=["marginal", "dependence only"])
def test_apart_is_seen(test, change):
    found = test(draws(0), draws(1, **change))
    assert found.p_value <= 0.05
    assert found.value > found.null.max()


def test_unequal_numbers_are_balanced():
    assert c2st(draws(0, n=60), draws(1, n=300), n_null=5).value < 0.65


def test_p_values_of_mmd_are_uniform_under_the_null():
    p = [mmd(draws(i, n=40), draws(1000 + i, n=40), n_null=99).p_value for i in range(40)]
    assert 0.3 < np.mean(p) < 0.7
    assert np.sum(np.array(p) <= 0.05) <= 6


def test_mmd_is_the_textbook_estimate():
    """Against the double sum, written out."""
    a, b = draws(0, n=25), draws(1, shift=0.5, n=25)
    both = np.vstack([a, b])
    squared = ((both[:, None] - both) ** 2).sum(-1)
    scale = np.median(squared[squared > 0])
    k = sum(np.exp(-squared / (2 * scale * f**2)) for f in (0.5, 1, 2))
    inside = sum((k[s, s].sum() - np.trace(k[s, s])) / (25 * 24) for s in (slice(0, 25), slice(25, 50)))
    assert mmd(a, b, n_null=2).value == pytest.approx(inside - 2 * k[:25, 25:].mean())


def test_marginals_differ_where_they_were_shifted():
    found = marginal_distances(draws(0, n=500), draws(1, shift=0.7, n=500), list("abcd"))
    assert found.differs.tolist() == [False, False, False, True]
    assert found.distance[3] == pytest.approx(0.7, abs=0.15)
    assert found.shift[3] == pytest.approx(0.7, abs=0.2)
    assert found.interval[3, 0] < found.shift[3] < found.interval[3, 1]


def test_more_draws_make_no_difference_that_is_too_small_to_name():
    few, many = (marginal_distances(draws(0, n=n), draws(1, shift=0.03, n=n), list("abcd")) for n in (500, 5000))
    assert not few.differs.any()
    assert not many.differs.any()


def test_principal_angles_between_posteriors():
    a = np.random.default_rng(0).standard_normal((500, 5)) * [5, 4, 0.5, 0.5, 0.5]
    turn = np.eye(5)
    turn[:, [1, 2]] = turn[:, [2, 1]]
    same, other = principal_subspace_angles(a[:250], a[250:], k=2), principal_subspace_angles(a, a @ turn, k=2)
    assert same.mean < 0.1
    assert same.own < 0.1 < same.random
    np.testing.assert_allclose(other.angles, [0, np.pi / 2], atol=0.1)
    with pytest.raises(SubspaceError, match="between 1 and 4"):
        principal_subspace_angles(a, a, k=5)


def test_stiff_angles_between_posteriors():
    rng = np.random.default_rng(1)

    def hessians(stiff):
        noise = rng.standard_normal((10, 4, 4))
        return np.diag(stiff) + 0.5 * (noise + noise.transpose(0, 2, 1))

    found = stiff_subspace_angles(hessians([100, 1, 1, 1]), hessians([1, 100, 1, 1]), k=1)
    assert found.mean == pytest.approx(np.pi / 2, abs=0.1)
    assert found.own < 0.1
    alike = stiff_subspace_angles(hessians([100, 1, 1, 1]), hessians([100, 1, 1, 1]), k=1)
    assert alike.mean < 0.1
    with pytest.raises(SubspaceError, match="four or more"):
        stiff_subspace_angles(hessians([1, 1, 1, 1])[:3], hessians([1, 1, 1, 1]))
