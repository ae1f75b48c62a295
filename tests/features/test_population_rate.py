"""The population rate, smoothing, and the double-detection filter."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d

from automind_dash.errors import FeatureError
from automind_dash.features import BurstSettings, burst_features, detect_bursts, inter_spike_intervals, spectrum
from automind_dash.features.rate import population_rate, remove_double_detections, smooth
from automind_dash.recording import Recording


def test_rate_counts_spikes_per_unit_and_second():
    recording = Recording.from_spikes([0.05, 0.06, 0.15, 0.95], [0, 1, 0, 1], n_units=4, duration=1.0)
    rate, centres = population_rate(recording, 0.1)
    assert rate == pytest.approx([5, 2.5, 0, 0, 0, 0, 0, 0, 0, 2.5])
    assert centres == pytest.approx(np.arange(0.05, 1, 0.1))


def test_spikes_on_a_time_step_fall_into_the_bin_that_starts_there():
    steps = np.arange(50_000)
    recording = Recording.from_spikes(steps * 0.0002, np.zeros(50_000, int), duration=10.0)
    rate, _ = population_rate(recording, 0.001)
    assert set(np.rint(rate * 0.001)) == {5}


def test_spike_at_the_very_end_is_counted_and_a_partial_bin_is_not():
    whole = Recording.from_spikes([0.2, 1.0], [0, 0], duration=1.0)
    assert population_rate(whole, 0.1)[0].sum() * 0.1 == pytest.approx(2)
    partial = Recording.from_spikes([0.2, 1.02], [0, 0], duration=1.05)
    rate, _ = population_rate(partial, 0.1)
    assert len(rate) == 10
    assert rate.sum() * 0.1 == pytest.approx(1)


def test_silent_and_empty_recordings_have_a_rate_of_zero():
    for n_units in (0, 3):
        assert not population_rate(Recording.from_spikes([], [], n_units=n_units, duration=1.0), 0.1)[0].any()


@pytest.mark.parametrize("bin_width", [0.0, -1.0, np.nan, 2.0, 1e-9])
def test_impossible_bins_are_refused(bin_width):
    with pytest.raises(FeatureError, match="bin"):
        population_rate(Recording.from_spikes([0.5], [0], duration=1.0), bin_width)


def test_smoothing_keeps_a_constant_rate_and_the_number_of_spikes():
    assert smooth(np.full(100, 3.0), 0.001, 0.005) == pytest.approx(np.full(100, 3.0))
    impulse = np.zeros(1001)
    impulse[500] = 1.0
    smoothed = smooth(impulse, 0.001, 0.02)
    assert smoothed.sum() == pytest.approx(1)
    assert np.sqrt(smoothed @ (np.arange(1001) - 500.0) ** 2) == pytest.approx(20, rel=0.01)
    assert smooth(impulse, 0.001, 0.0) == pytest.approx(impulse)


def one_by_one(recording, refractory):
    last, kept = {}, []
    for spike, unit in zip(recording.spike_times, recording.spike_units, strict=True):
        keep = unit not in last or spike - last[unit] >= refractory - 1e-9
        kept.append(keep)
        if keep:
            last[unit] = spike
    return np.array(kept, dtype=bool)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=80),
    st.sampled_from([0.0005, 0.001, 0.0025, 0.01]),
)
def test_refractory_filter_agrees_with_taking_spikes_one_by_one(spikes, refractory):
    times = [milliseconds / 1000 for milliseconds, _ in spikes]
    recording = Recording.from_spikes(times, [unit for _, unit in spikes], n_units=4, duration=0.1)
    filtered = remove_double_detections(recording, refractory)
    kept = one_by_one(recording, refractory)
    assert np.array_equal(filtered.spike_times, recording.spike_times[kept])
    assert np.array_equal(filtered.spike_units, recording.spike_units[kept])
    assert remove_double_detections(filtered, refractory).n_spikes == filtered.n_spikes


def test_refractory_filter_takes_the_last_kept_spike_not_the_last_one():
    recording = Recording.from_spikes([0.1, 0.1008, 0.1016, 0.5], [0, 0, 0, 0], duration=1.0)
    assert remove_double_detections(recording, 0.001).spike_times == pytest.approx([0.1, 0.1016, 0.5])


@pytest.mark.parametrize("refractory", [-0.001, 1.0, np.nan])
def test_refractory_outside_its_range_is_refused(refractory):
    with pytest.raises(FeatureError, match="refractory"):
        remove_double_detections(Recording.from_spikes([0.5], [0], duration=1.0), refractory)


def test_double_detections_of_the_human_culture(real):
    recording = real("mea_human_ipsc/hiPSN_tc72_d41_spikes6sd.npz")
    filtered = remove_double_detections(recording, 0.001)
    intervals, _ = inter_spike_intervals(recording)
    assert (intervals < 0.001).mean() == pytest.approx(0.067, abs=0.002)
    assert 1 - filtered.n_spikes / recording.n_spikes == pytest.approx(0.067, abs=0.002)
    assert inter_spike_intervals(filtered)[0].min() >= 0.001 - 1e-9


def fastest(function, repeats=5):
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def test_a_simulation_of_20_s_is_analysed_in_a_few_hundredths_of_a_second(poisson):
    recording = poisson(2000, 10, 20.0, modulation=lambda t: np.where(t % 2 < 0.3, 1.0, 0.05))
    dense = poisson(2000, 10, 20.0)
    # About 10 ms each on a free core; the bound leaves room for a busy one.
    assert fastest(lambda: burst_features(detect_bursts(recording, BurstSettings()))) < 0.1
    assert fastest(lambda: spectrum(dense)) < 0.1
    assert fastest(lambda: remove_double_detections(dense, 0.001)) < 0.5


@pytest.mark.parametrize("rate", [5_000, 12_500, 30_000])
def test_intervals_as_long_as_the_filter_are_kept(rate):
    """On a sampling grid a third to a half of them went, by how they were rounded."""
    times = 2.0 + np.arange(0, rate, rate // 1000) / rate
    recording = Recording.from_spikes(times, np.zeros(len(times), int), duration=4.0)
    exact = round(np.diff(times).min() * 1e6) / 1e6
    assert remove_double_detections(recording, exact).n_spikes >= 0.99 * recording.n_spikes


@settings(max_examples=20, deadline=None)
@given(st.integers(10, 3000), st.floats(401, 900), st.integers(0, 5))
def test_a_long_kernel_gives_what_a_short_one_would(n, bins, seed):
    rate = np.random.default_rng(seed).poisson(0.2, n).astype(np.float64)
    expected = gaussian_filter1d(rate, bins, mode="reflect")
    np.testing.assert_allclose(smooth(rate, 0.001, bins * 0.001), expected, atol=1e-12)
