"""Correlations: sign, significance after correction, order, and what changes between two sets."""

import numpy as np
import pytest

from automind_dash.invariance.correlation import correlation_change, correlations
from automind_dash.invariance.errors import SubspaceError

NAMES = ("a", "b", "c", "d", "e")


def table(slope, seed, n=400):
    """a and b depend by slope, c and d by -exp, e on nothing."""
    x = np.random.default_rng(seed).standard_normal((n, 5))
    x[:, 1] = slope * x[:, 0] + 0.3 * x[:, 1]
    x[:, 3] = -np.exp(x[:, 2])
    return x


def test_known_signs_are_found_and_only_those():
    found = correlations(table(1.0, 0), NAMES)
    assert found.rho[0, 1] > 0.9
    assert found.rho[2, 3] == pytest.approx(-1)
    assert {frozenset(pair[:2]) for pair in found.strongest()} == {frozenset("ab"), frozenset("cd")}
    assert not found.significant.diagonal().any()


def test_false_discoveries_are_kept_rare():
    x = np.random.default_rng(1).standard_normal((200, 30))
    assert correlations(x, [str(i) for i in range(30)]).significant.sum() <= 4  # of 870; uncorrected some 43


def test_order_puts_similar_quantities_side_by_side():
    order = correlations(table(1.0, 0), NAMES).order.tolist()
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert abs(order.index(0) - order.index(1)) == 1
    assert abs(order.index(2) - order.index(3)) == 1


def test_flipped_sign_is_the_only_change():
    change = correlation_change(correlations(table(1.0, 0), NAMES), correlations(table(-1.0, 1), NAMES))
    assert [pair[:2] for pair in change.pairs(change.flipped)] == [("a", "b")]
    assert [pair[:2] for pair in change.pairs(change.changed)] == [("a", "b")]
    assert change.difference[0, 1] < -1.8


def test_equal_distributions_change_nothing():
    change = correlation_change(correlations(table(1.0, 0), NAMES), correlations(table(1.0, 1), NAMES))
    assert not change.changed.any()
    assert not change.flipped.any()


def test_undefined_rows_are_left_out_and_constant_columns_undefined():
    x = table(1.0, 0)
    x[:7, 4], x[:, 2] = np.nan, 1.0
    found = correlations(x, NAMES)
    assert found.n == 393
    assert np.isnan(found.rho[2]).all()
    assert not found.significant[2].any()
    assert found.rho[0, 1] > 0.9


def test_too_few_samples_are_refused():
    with pytest.raises(SubspaceError, match="too few"):
        correlations(table(1.0, 0, n=6), NAMES)
