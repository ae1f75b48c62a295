"""Distance, noise scale, threshold, yield and equal durations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automind_dash.errors import FeatureError
from automind_dash.features import consistency_threshold, feature_distance, pooled_sd, yield_interval


def test_distance_is_the_root_mean_square_in_units_of_noise():
    x = [[1.0, 2.0], [4.0, 2.0], [1.0, np.nan], [1.0, np.inf]]
    assert feature_distance(x, [1.0, 2.0], [1.0, 5.0]) == pytest.approx([0, 3 / np.sqrt(2), np.inf, np.inf])
    assert feature_distance([2.0, 12.0], [1.0, 2.0], [1.0, 5.0]) == pytest.approx([np.sqrt(2.5)])


def test_a_target_without_a_feature_is_refused_with_its_number():
    with pytest.raises(FeatureError, match=r"1 of 3 features \(numbers 1\)"):
        feature_distance(np.zeros((2, 3)), [0, np.nan, 0], np.ones(3))


@pytest.mark.parametrize("scale", [[1.0, 0.0], [1.0, -1.0], [np.nan, 1.0]])
def test_scales_must_be_positive(scale):
    with pytest.raises(FeatureError, match="positive noise scale"):
        feature_distance(np.zeros((2, 2)), [0, 0], scale)


def test_sizes_must_fit():
    with pytest.raises(FeatureError, match="do not fit"):
        feature_distance(np.zeros((2, 3)), np.zeros(2), np.ones(2))


def test_pooled_sd_is_that_of_the_repeats_not_of_the_configurations():
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 50, (400, 1, 2))
    repeats = centres + rng.normal(0, 1, (400, 5, 2)) * [0.5, 2.0]
    assert pooled_sd(repeats) == pytest.approx([0.5, 2.0], rel=0.05)
    with_gaps = repeats.copy()
    with_gaps[::3, 2:, 0] = np.nan
    with_gaps[1::3, 1:, 1] = np.nan
    assert pooled_sd(with_gaps) == pytest.approx([0.5, 2.0], rel=0.1)


def test_pooled_sd_of_two_known_configurations():
    assert pooled_sd([[[1.0], [3.0]], [[0.0], [0.0]]]) == pytest.approx([1.0])


def test_pooled_sd_needs_repeats_of_every_feature():
    with pytest.raises(FeatureError, match="for features 1"):
        pooled_sd([[[1.0, np.nan], [2.0, 3.0]]])
    with pytest.raises(FeatureError, match="shape"):
        pooled_sd(np.zeros((2, 2)))


def test_threshold_keeps_the_given_share_of_repeats():
    rng = np.random.default_rng(0)
    repeats = rng.normal(0, 10, (100, 1, 30)) + rng.normal(0, 1, (100, 4, 30))
    threshold = consistency_threshold(repeats, np.ones(30))
    # Two runs differ by √2 SD in each of 30 features; the 95th percentile lies above that.
    assert np.sqrt(2) < threshold < 2.0
    assert consistency_threshold(repeats, np.ones(30), level=0.5) == pytest.approx(np.sqrt(2), rel=0.03)
    repeats[:, 1:] = np.nan
    with pytest.raises(FeatureError, match="two runs"):
        consistency_threshold(repeats, np.ones(30))


def test_yield_interval_is_wilsons():
    k, n, z = 42, 120, 1.959964
    centre = (k / n + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(k / n * (1 - k / n) / n + z**2 / (4 * n**2))
    assert yield_interval(k, n) == pytest.approx((centre - half, centre + half), abs=1e-6)
    assert yield_interval(0, 0) == (0.0, 1.0)
    with pytest.raises(FeatureError, match="not a count"):
        yield_interval(3, 2)


@given(st.integers(0, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_yield_interval_holds_the_share_and_narrows_with_the_level(counts):
    k, n = counts
    low, high = yield_interval(k, n)
    assert 0 <= low <= (k / n if n else 0.5) + 1e-9
    assert (k / n if n else 0.5) - 1e-9 <= high <= 1
    narrow = yield_interval(k, n, level=0.5)
    assert low - 1e-9 <= narrow[0]
    assert narrow[1] <= high + 1e-9
