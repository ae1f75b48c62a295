"""Network bursts: known intervals, widths and correlations, invariances, and what cannot be measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automind_dash.errors import FeatureError
from automind_dash.features import (
    FEATURES,
    BurstSettings,
    burst_features,
    burst_shape,
    bursts_in_rate,
    detect_bursts,
)
from automind_dash.recording import Recording

RISE, FALL = 0.04, 0.15
FOOT = np.sqrt(2 * np.log(20))
"""SDs from the peak of a Gaussian to where it has fallen by 95 %."""


def bump(times, peak, height=100.0):
    sd = np.where(times < peak, RISE, FALL)
    return height * np.exp(-((times - peak) ** 2) / (2 * sd**2))


def rate_with(peaks, heights=None, duration=40.0):
    times = (np.arange(round(duration / 0.001)) + 0.5) * 0.001
    heights = np.full(len(peaks), 100.0) if heights is None else heights
    return sum(bump(times, peak, height) for peak, height in zip(peaks, heights, strict=True))


def test_periodic_bursts_have_the_interval_and_width_they_were_made_with():
    features = burst_features(bursts_in_rate(rate_with(2.0005 + 3 * np.arange(12)), BurstSettings()))
    assert features["burst_num"] == 12
    assert features["burst_interval_mean"] == pytest.approx(3)
    assert features["burst_interval_cv"] == pytest.approx(0, abs=1e-9)
    assert features["burst_peak_fr_mean"] == pytest.approx(100)
    assert features["burst_onset_time_mean"] == pytest.approx(FOOT * RISE, rel=0.01)
    assert features["burst_offset_time_mean"] == pytest.approx(FOOT * FALL, rel=0.01)
    assert features["burst_width_mean"] == pytest.approx(FOOT * (RISE + FALL), rel=0.01)
    assert features["burst_corr_mean"] == pytest.approx(1)
    assert features["burst_numsubpeaks_mean"] == 0
    assert features["burst_spike_share"] == pytest.approx(0.985, abs=0.01)
    assert features["burst_time_share"] == pytest.approx(FOOT * (RISE + FALL) * 12 / 40, rel=0.02)


def test_bursts_of_spikes_are_found_at_their_times(poisson):
    recording = poisson(500, 50, 30.0, modulation=lambda t: rate_at(t) / 100)
    bursts = detect_bursts(recording)
    assert bursts.peak_times == pytest.approx(np.arange(2, 30, 4), abs=0.05)
    features = burst_features(bursts)
    assert features["burst_interval_mean"] == pytest.approx(4, rel=0.01)
    assert features["burst_width_mean"] == pytest.approx(FOOT * (RISE + FALL), rel=0.1)


def rate_at(t):
    return bump(t % 4, 2.0)


def test_longer_intervals_before_higher_bursts_show_in_the_rank_correlations():
    intervals = np.array([2.0, 3.0, 2.5, 4.0, 3.5])
    peaks = 2.0005 + np.concatenate([[0], np.cumsum(intervals)])
    heights = np.concatenate([[90.0], 60 + 10 * intervals])
    features = burst_features(bursts_in_rate(rate_with(peaks, heights), BurstSettings()))
    assert features["burst_corr_interval2nextpeak"] == pytest.approx(1)
    assert -1 <= features["burst_corr_interval2prevpeak"] < 0.5
    assert features["burst_interval_std"] == pytest.approx(intervals.std())


def test_subpeaks_are_counted_besides_the_main_one():
    peaks = 2.0005 + 3 * np.arange(5)
    rate = rate_with(peaks) + rate_with(peaks[:4] + 0.35, np.full(4, 60.0))
    bursts = bursts_in_rate(rate, BurstSettings())
    assert bursts.n_subpeaks.tolist() == [1, 1, 1, 1, 0]
    assert burst_features(bursts)["burst_numsubpeaks_mean"] == pytest.approx(0.8)


def test_threshold_interval_and_minimum_rate():
    rate = rate_with(2.0005 + 3 * np.arange(6), [100, 60, 100, 40, 100, 60])
    assert len(bursts_in_rate(rate, BurstSettings())) == 5
    assert len(bursts_in_rate(rate, BurstSettings(prominence=0.3))) == 6
    assert bursts_in_rate(rate, BurstSettings(minimum_interval=4)).intervals.min() >= 4
    assert len(bursts_in_rate(rate * 0.049, BurstSettings())) == 0
    assert len(bursts_in_rate(rate * 0.051, BurstSettings())) == 5
    assert bursts_in_rate(rate * 0.049, BurstSettings()).threshold == np.inf


def test_a_burst_longer_than_half_the_window_needs_a_wider_window():
    times = (np.arange(60_000) + 0.5) * 0.001
    plateau = np.where((times > 20) & (times < 32), 100 - (times - 20), 0.0)
    assert len(bursts_in_rate(plateau, BurstSettings())) == 0
    wide = bursts_in_rate(plateau, BurstSettings(window=40))
    assert wide.widths == pytest.approx([12], abs=0.01)


@pytest.mark.parametrize("decay", [0.2, 0.5, 1.0, 1.5])
def test_a_tail_beyond_half_the_window_raises_the_foot_and_narrows_the_burst(decay):
    times = (np.arange(60_000) + 0.5) * 0.001
    slow = np.where(times > 20, np.exp(-(times - 20) / decay), 0.0) * 100
    # Prominence is measured against the rate 5 s after the peak, so the foot lies 95 % of the way down to that.
    foot = 0.05 + 0.95 * np.exp(-5 / decay)
    assert bursts_in_rate(slow, BurstSettings()).widths == pytest.approx([-decay * np.log(foot)], rel=0.01)
    assert bursts_in_rate(slow, BurstSettings(window=40)).widths == pytest.approx([decay * np.log(20)], rel=0.01)


@pytest.mark.parametrize(
    ("n", "defined"),
    [
        (0, {"burst_num", "burst_time_share", "burst_spike_share"}),
        (1, {"burst_width_mean", "burst_peak_fr_mean", "burst_offset_time_mean"}),
        (2, {"burst_interval_mean", "burst_width_std", "burst_corr_mean"}),
        (3, {"burst_interval_cv", "burst_interval_std", "burst_corr_std"}),
        (4, {"burst_corr_interval2nextpeak", "burst_corr_interval2prevpeak"}),
    ],
)
def test_what_too_few_bursts_cannot_say_is_nan(n, defined):
    peaks = 2.0005 + np.cumsum([0, 3.0, 3.5, 4.0])[:n]
    rate = rate_with(peaks, [90.0, 100, 95, 85][:n]) if n else np.full(40_000, 1.0)
    features = burst_features(bursts_in_rate(rate, BurstSettings()))
    assert all(np.isfinite(features[name]) for name in defined)
    fewer = (
        burst_features(bursts_in_rate(rate_with(peaks[:-1], [90.0, 100, 95][: n - 1]), BurstSettings()))
        if n > 1
        else {}
    )
    assert all(np.isnan(fewer[name]) for name in defined if fewer)


def test_silent_and_single_unit_recordings_have_no_bursts():
    for recording in (
        Recording.from_spikes([], [], n_units=3, duration=5.0),
        Recording.from_spikes([], [], duration=5.0),
        Recording.from_spikes([1.0], [0], n_units=50, duration=5.0),
    ):
        bursts = detect_bursts(recording)
        assert len(bursts) == 0
        assert burst_features(bursts)["burst_num"] == 0
        assert burst_shape(bursts).n_bursts == 0


bursty = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 3)), min_size=5, max_size=120)


def recording_of(spikes, shift=0, copies=1, order=range(4)):
    times = [(t + shift + 2000.5) / 1000 for t, _ in spikes for _ in range(copies)]
    units = [order[u] + 4 * copy for _, u in spikes for copy in range(copies)]
    return Recording.from_spikes(times, units, n_units=4 * copies, duration=10.0)


COARSE = BurstSettings(minimum_interval=0.2, smoothing=0.02)


@settings(max_examples=40, deadline=None)
@given(bursty, st.integers(0, 1500), st.permutations(range(4)))
def test_shift_in_time_and_numbering_of_units_leave_bursts_alone(spikes, shift, order):
    expected = burst_features(detect_bursts(recording_of(spikes), COARSE))
    features = burst_features(detect_bursts(recording_of(spikes, shift, order=order), COARSE))
    assert features == pytest.approx(expected, rel=1e-6, abs=1e-9, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(bursty)
def test_twice_the_units_doing_the_same_are_the_same_bursts(spikes):
    expected = burst_features(detect_bursts(recording_of(spikes), COARSE))
    assert burst_features(detect_bursts(recording_of(spikes, copies=2), COARSE)) == pytest.approx(expected, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(50, 100), min_size=4, max_size=9), st.floats(1, 20))
def test_higher_rates_change_peaks_and_nothing_else(heights, factor):
    rate = rate_with(2.0005 + 3 * np.arange(len(heights)), heights)
    expected, features = (burst_features(bursts_in_rate(r, BurstSettings())) for r in (rate, rate * factor))
    scaled = {name: expected[name] * factor for name in ("burst_peak_fr_mean", "burst_peak_fr_std")}
    assert features == pytest.approx(expected | scaled, rel=1e-6, abs=1e-6, nan_ok=True)


def test_mean_shape_is_the_bump_and_leaves_out_cut_bursts():
    bursts = bursts_in_rate(rate_with([0.2005, 5.0005, 10.0005, 39.5005]), BurstSettings())
    shape = burst_shape(bursts, (-0.5, 1.0))
    assert shape.n_bursts == 2
    assert shape.mean == pytest.approx(bump(shape.times, 0.0), abs=0.1)
    assert shape.sd == pytest.approx(0, abs=0.1)
    assert shape.times[np.argmax(shape.mean)] == pytest.approx(0)


def test_double_detections_are_left_out_of_the_rate(poisson):
    recording = poisson(100, 20, 20.0, modulation=lambda t: rate_at(t) / 100)
    doubled = Recording.from_spikes(
        np.concatenate([recording.spike_times, np.minimum(recording.spike_times + 0.0004, 20.0)]),
        np.tile(recording.spike_units, 2), n_units=100, duration=20.0,
    )  # fmt: skip
    filtered = detect_bursts(doubled, BurstSettings(refractory=0.001))
    assert filtered.rate.max() == pytest.approx(detect_bursts(recording).rate.max(), rel=0.05)
    assert detect_bursts(doubled).rate.max() > 1.8 * filtered.rate.max()


@pytest.mark.parametrize(
    ("name", "value"),
    [("prominence", 0.0), ("prominence", 1.5), ("bin_width", 0.0), ("smoothing", -1.0), ("window", 0.001),
     ("minimum_rate", np.nan), ("refractory", 1.0), ("relative_height", "0.95"), ("minimum_interval", None)],
)  # fmt: skip
def test_settings_outside_their_range_are_refused(name, value):
    with pytest.raises(FeatureError, match=f"BurstSettings.{name}"):
        replace(BurstSettings(), **{name: value})


def test_every_feature_is_described_and_every_description_is_a_feature():
    names = {name for name, described in FEATURES.items() if described.family == "burst"}
    assert names == set(burst_features(bursts_in_rate(rate_with([5.0]), BurstSettings())))


def test_bursts_that_come_like_clockwork_have_no_variability():
    """Rounding of their times gave a CV of 1e-16, whose logarithm is -15."""
    rate = rate_with(np.arange(1.0, 39.0, 2.3))
    bursts = bursts_in_rate(rate, BurstSettings())
    assert burst_features(bursts)["burst_interval_std"] == burst_features(bursts)["burst_interval_cv"] == 0
