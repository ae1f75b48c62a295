"""Inter-spike interval statistics: known answers, agreement with elephant and numpy, invariances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automind_dash.features import inter_spike_intervals, isi_features, unit_isi_statistics
from automind_dash.recording import Recording

trains = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 3)), min_size=1, max_size=60)


def recording_of(spikes, shift=0.0, n_units=4):
    return Recording.from_spikes(
        [t / 1000 + shift for t, _ in spikes], [u for _, u in spikes], n_units=n_units, duration=9
    )


def test_poisson_intervals_have_a_cv_of_one(poisson):
    features = isi_features(poisson(200, 10, 100.0))
    assert features["isi_cv_mu"] == pytest.approx(1, abs=0.02)
    assert features["isi_mean_mu"] == pytest.approx(0.1, rel=0.02)
    assert features["isi_50q_mu"] == pytest.approx(0.1 * np.log(2), rel=0.02)
    assert features["isi_numspks_mu"] == pytest.approx(1000, rel=0.02)


def test_a_clock_has_no_spread():
    times = np.arange(0.1, 10, 0.25)
    features = isi_features(Recording.from_spikes(times, np.zeros(len(times), int), duration=10.0))
    assert features["isi_mean_mu"] == pytest.approx(0.25)
    assert features["isi_cv_mu"] == pytest.approx(0, abs=1e-9)
    assert features["isi_25q_mu"] == pytest.approx(0.25)
    assert np.isnan(features["isi_mean_sigma"])


def test_units_with_two_spikes_do_not_count():
    recording = Recording.from_spikes([0, 1, 2, 3, 0.5, 9.5], [0, 0, 0, 0, 1, 1], n_units=3, duration=10.0)
    statistics = unit_isi_statistics(recording)
    assert statistics["mean"][0] == pytest.approx(1)
    assert all(np.isnan(values[1:]).all() for values in statistics.values())
    assert isi_features(recording)["isi_numspks_mu"] == 4


def test_silent_recordings_give_nan():
    for recording in (
        Recording.from_spikes([], [], n_units=5, duration=1.0),
        Recording.from_spikes([], [], duration=1.0),
    ):
        assert all(np.isnan(value) for value in isi_features(recording).values())


@settings(max_examples=60, deadline=None)
@given(trains)
def test_statistics_are_those_of_numpy_unit_by_unit(spikes):
    recording = recording_of(spikes)
    statistics = unit_isi_statistics(recording)
    for unit, train in enumerate(recording.trains()):
        if len(train) < 3:
            assert np.isnan(statistics["mean"][unit])
            continue
        intervals = np.diff(train)
        assert statistics["mean"][unit] == pytest.approx(intervals.mean())
        assert statistics["std"][unit] == pytest.approx(intervals.std(), abs=1e-9)
        quartiles = np.percentile(intervals, [25, 50, 75])
        assert [statistics[name][unit] for name in ("25q", "50q", "75q")] == pytest.approx(quartiles, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(trains, st.permutations(range(4)), st.floats(0, 3))
def test_neither_shift_in_time_nor_the_numbering_of_units_matters(spikes, order, shift):
    expected = isi_features(recording_of(spikes))
    renumbered = [(t, order[u]) for t, u in spikes]
    assert isi_features(recording_of(renumbered, shift)) == pytest.approx(expected, abs=1e-9, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(trains, st.integers(2, 5))
def test_slower_trains_have_longer_intervals_and_the_same_cv(spikes, factor):
    expected = isi_features(recording_of(spikes))
    slow = Recording.from_spikes([t / 1000 * factor for t, _ in spikes], [u for _, u in spikes], n_units=4, duration=30)
    features = isi_features(slow)
    assert features["isi_mean_mu"] == pytest.approx(expected["isi_mean_mu"] * factor, nan_ok=True)
    assert features["isi_cv_mu"] == pytest.approx(expected["isi_cv_mu"], abs=1e-9, nan_ok=True)


def test_agreement_with_elephant(poisson):
    statistics = pytest.importorskip("elephant.statistics", reason="elephant is needed for the comparison")
    recording = poisson(20, 5, 20.0, modulation=lambda t: np.where(t % 3 < 1, 1.0, 0.2))
    ours = unit_isi_statistics(recording)
    for unit, train in enumerate(recording.trains()):
        intervals = statistics.isi(train)
        assert ours["mean"][unit] == pytest.approx(intervals.mean())
        assert ours["cv"][unit] == pytest.approx(statistics.cv(intervals))
    assert len(inter_spike_intervals(recording)[0]) == recording.n_spikes - 20
