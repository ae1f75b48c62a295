"""What is a network burst: more units together than chance brings, and no artefact."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automind_dash.features import BurstSettings, detect_bursts, is_bursting, recordings_detection
from automind_dash.features.coincidence import Guard, artefacts, far_above, number_by_chance
from automind_dash.recording import Recording

PUBLISHED = BurstSettings()
LOW = BurstSettings(prominence=0.25)
"""Threshold under which all of the made-up bursts, which vary, count."""
GUARDED = recordings_detection(PUBLISHED)


def independent(n_units, rate, duration, seed):
    rng = np.random.default_rng(seed)
    times = rng.uniform(0, duration, rng.poisson(n_units * rate * duration))
    return Recording.from_spikes(times, rng.integers(0, n_units, len(times)), duration=duration, n_units=n_units)


def culture(seed=0, n_units=12, duration=120.0, every=7.5, extra=()):
    """Units of 0.3 Hz, and bursts of five spikes each within some 0.1 s. extra: (time, unit) pairs."""
    rng = np.random.default_rng(seed)
    peaks = np.arange(5.0, duration, every)
    burst_times = rng.normal(np.repeat(peaks, 5 * n_units), 0.05)
    burst_units = np.tile(np.repeat(np.arange(n_units), 5), len(peaks))
    n = rng.poisson(0.3 * n_units * duration)
    times = np.concatenate([burst_times, rng.uniform(0, duration, n), [time for time, _ in extra]])
    units = np.concatenate([burst_units, rng.integers(0, n_units, n), [unit for _, unit in extra]]).astype(int)
    return Recording.from_spikes(np.clip(times, 0, duration), units, duration=duration, n_units=n_units), len(peaks)


def shock(at, n_units=12, each=6):
    return [(at + 1e-4 * (i % 7), unit) for unit in range(n_units) for i in range(each)]


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.3, 2.0, 10.0, 40.0])
@pytest.mark.parametrize("n_units", [8, 30, 150])
def test_independent_units_hardly_ever_burst(n_units, rate):
    """At most one recording in a hundred has a burst by design; of 10 for each of 18 kinds at most a few."""
    found = sum(len(detect_bursts(independent(n_units, rate, 60.0, seed), GUARDED)) > 0 for seed in range(10))
    assert found <= 1


def test_without_the_guard_a_sparse_young_culture_bursts():
    sparse = independent(8, 0.03, 600.0, 1)
    assert len(detect_bursts(sparse, PUBLISHED)) > 50
    guarded = detect_bursts(sparse, GUARDED)
    assert len(guarded) == 0
    assert guarded.alone > 50
    assert not is_bursting(guarded)


@given(st.integers(0, 10_000), st.sampled_from([12, 40, 100]))
@settings(max_examples=20)
def test_real_bursts_are_all_found(seed, n_units):
    recording, n = culture(seed, n_units)
    found = detect_bursts(recording, recordings_detection(LOW))
    assert all(np.abs(found.peak_times - time).min() < 0.2 for time in np.arange(5.0, 120.0, 7.5)), n


def test_one_unit_that_fires_fast_is_no_network():
    alone = [(16.0 + 0.002 * i, 3) for i in range(60)]
    recording, n = culture(extra=alone)
    found = detect_bursts(recording, recordings_detection(LOW))
    assert len(found) == n
    assert np.abs(found.peak_times - 16.06).min() > 1


@pytest.mark.parametrize("each", [1, 6])
def test_an_artefact_neither_hides_the_bursts_nor_counts(each):
    recording, n = culture(extra=shock(30.0, each=each))
    found = detect_bursts(recording, GUARDED)
    assert len(found) == n
    assert found.artefacts == pytest.approx([30.0], abs=0.01)


def test_a_burst_far_above_the_rest_does_not_hide_them():
    rng = np.random.default_rng(3)
    huge = [(time, unit) for unit in range(12) for time in rng.normal(61.0, 0.03, 80)]
    recording, n = culture(extra=huge)
    assert len(detect_bursts(recording, PUBLISHED)) < 3
    found = detect_bursts(recording, GUARDED)
    assert len(found) == n
    assert len(found.artefacts) == 1


def test_a_burst_that_a_shock_evokes_is_a_burst():
    evoked = [*shock(62.4, each=1), *((62.42 + 0.01 * i, unit) for unit in range(12) for i in range(8))]
    recording, _ = culture(extra=evoked)
    assert len(artefacts(recording)) == 0


def test_the_published_detection_is_what_it_was():
    """Off by default: training features and published values do not change."""
    recording, _ = culture(extra=shock(30.0))
    assert PUBLISHED.chance_level == 0
    off = detect_bursts(recording, replace(PUBLISHED, least_share=0.9))
    np.testing.assert_array_equal(off.peak_times, detect_bursts(recording).peak_times)
    assert off.alone == 0
    assert len(off.artefacts) == 0


def test_number_by_chance_is_the_binomials():
    from scipy.stats import binom

    for n, p, level in ((20, 0.1, 1e-3), (50, 0.3, 1e-8), (5, 0.01, 0.01)):
        assert number_by_chance(np.full(n, p), level) == int((binom.sf(np.arange(n + 1) - 1, n, p) > level).sum())


def test_far_above_wants_a_few_among_many():
    assert far_above(np.array([10.0, 11, 9, 10, 100])) == 11
    assert far_above(np.array([10.0, 100])) == np.inf
    assert far_above(np.array([10.0, 11, 9, 10, 12])) == np.inf
    assert far_above(np.array([10.0] * 5 + [100.0] * 5)) == np.inf
    assert far_above(np.empty(0)) == np.inf


def test_a_guard_of_a_silent_recording_lets_nothing_through():
    silent = Recording.from_spikes([], [], duration=10.0, n_units=3)
    guard = Guard.of(silent, 0.01, 0.005, 0.1)
    assert not guard.passes(silent, np.array([1.0])).any()
    assert len(detect_bursts(silent, GUARDED)) == 0


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_independent_units_that_fire_for_a_part_of_the_time_do_not_burst(share):
    """Their mean rate over the whole says little of how often they come together while they fire."""
    found = 0
    for seed in range(5):
        busy = independent(60, 5.0, 600.0 * share, seed)
        recording = replace(busy, duration=600.0)
        found += len(detect_bursts(recording, GUARDED)) > 2
    assert found == 0
