"""Observation times: a recording with gaps is one in which nothing is measured across them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automind_dash.errors import RecordingError
from automind_dash.features import (
    AnalysisSettings,
    all_features,
    burst_features,
    detect_bursts,
    inter_spike_intervals,
    spectrum,
)
from automind_dash.inference.asking.target import make_target
from automind_dash.inference.estimators.estimator import load_estimator
from automind_dash.recording import Recording, read_recording, save_recording
from automind_dash.recording.observed import gaps, intervals, normalised, stretches
from automind_dash.recording.standards.nwb_export import to_nwb

GAP = np.array([[0.0, 60.0], [1500.0, 1560.0]])


def epoch(seed=0, n_units=12, duration=60.0):
    """Spikes of one epoch: background, and a burst every 7.5 s."""
    rng = np.random.default_rng(seed)
    peaks = np.arange(5.0, duration - 1, 7.5)
    times = np.concatenate([rng.uniform(0, duration, 20 * n_units), rng.normal(np.repeat(peaks, 5 * n_units), 0.05)])
    return np.clip(times, 0, duration), rng.integers(0, n_units, len(times))


def two_epochs(**fields):
    (a, ua), (b, ub) = epoch(0), epoch(1)
    return Recording.from_spikes(
        np.concatenate([a, b + 1500]), np.concatenate([ua, ub]), duration=1560.0, n_units=12, observed=(GAP,), **fields
    )


def apart():
    """Units 0 to 5 seen for the first minute, 6 to 11 for the second."""
    (a, ua), (b, ub) = epoch(0, 6), epoch(1, 6)
    seen = (np.array([[0.0, 60.0]]),) * 6 + (np.array([[60.0, 120.0]]),) * 6
    return Recording.from_spikes(
        np.concatenate([a, b + 60]), np.concatenate([ua, ub + 6]), duration=120.0, n_units=12, observed=seen
    )


def test_rates_are_over_observed_time():
    recording = two_epochs()
    assert recording.mean_rate == pytest.approx(recording.n_spikes / (120 * 12))
    assert recording.observed_duration == 120
    assert recording.gaps.tolist() == [[60.0, 1500.0]]
    units = apart()
    assert units.mean_rate == pytest.approx(units.n_spikes / (60 * 12))
    np.testing.assert_allclose(units.unit_rates, np.bincount(units.spike_units, minlength=12) / 60)


def test_no_interval_spans_a_gap():
    recording = two_epochs()
    assert inter_spike_intervals(recording)[0].max() < 60
    bursts = detect_bursts(recording)
    assert len(bursts) == 16
    assert bursts.intervals == pytest.approx(np.full(14, 7.5), abs=0.3)
    features = burst_features(bursts)
    assert features["burst_interval_mean"] == pytest.approx(7.5, abs=0.1)
    assert features["burst_interval_cv"] < 0.1
    whole = burst_features(detect_bursts(replace(recording, observed=())))
    assert whole["burst_interval_mean"] > 90, "which is what was measured across the gap"
    assert features["burst_time_share"] > 10 * whole["burst_time_share"]


def test_features_of_two_epochs_are_those_of_the_epochs():
    recording = two_epochs()
    parts = recording.stretches()
    assert [part.duration for part in parts] == [60, 60]
    assert all(not part.observed for part in parts)
    _, power = spectrum(recording)
    np.testing.assert_allclose(power, np.mean([spectrum(part)[1] for part in parts], axis=0))
    features = all_features(recording)
    assert features["duration"] == 120
    assert all(np.isfinite(value) for name, value in features.items() if name.startswith(("isi_mean", "psd", "pca_1")))


def test_units_seen_at_different_times_are_populations_of_their_own():
    parts = apart().stretches()
    assert [(part.n_units, part.duration) for part in parts] == [(6, 60), (6, 60)]
    assert len(detect_bursts(apart())) == 16


@pytest.mark.parametrize(("make", "units"), [(two_epochs, 12), (apart, 6)])
def test_a_target_lies_within_what_was_observed(make, units):
    for name in ("bursts", "spectrum"):
        target = make_target(make(), load_estimator(name).card)
        assert not target.recording.observed
        assert target.n_units == target.recording.n_units == units
        assert target.stop - target.start <= 60 + 1e-6
        assert make().observed_intervals[0][0] <= target.start


def test_windows_cut_observation_times():
    recording = two_epochs()
    assert recording.window(10, 50).observed == ()
    (seen,) = recording.window(50, 1510).observed
    assert seen.tolist() == [[0, 10], [1450, 1460]]
    assert recording.window(100, 200).observed_duration == 0
    assert recording.window(100, 200).mean_rate == 0
    half = apart().select_units([0, 7])
    assert [one.tolist() for one in half.observed] == [[[0, 60]], [[60, 120]]]
    assert AnalysisSettings(start=20, stop=40).apply(recording).observed == ()


def test_spikes_outside_are_refused_with_their_number():
    with pytest.raises(RecordingError, match="1 spikes lie outside the times at which their units were observed"):
        Recording.from_spikes([1.0, 5.0], [0, 0], duration=10.0, observed=([[0.0, 4.0]],))


@pytest.mark.parametrize("bad", [[[0.0]], [[2.0, 1.0]], [[np.nan, 1.0]], [1.0, 2.0]])
def test_observation_times_that_make_no_sense_are_refused(bad):
    with pytest.raises(RecordingError):
        intervals(bad, 10.0)


def test_as_many_observation_times_as_units():
    with pytest.raises(RecordingError, match="observation times of 2 units for 3 units"):
        normalised(([[0.0, 1.0]], [[0.0, 2.0]]), 3, 10.0)


def test_seen_throughout_is_no_observation_time_at_all():
    plain = Recording.from_spikes([1.0], [0], duration=10.0, n_units=2)
    same = Recording.from_spikes([1.0], [0], duration=10.0, n_units=2, observed=([[0.0, 4.0], [4.0, 10.0]],))
    assert same.observed == ()
    assert same.content_hash == plain.content_hash
    assert plain.stretches() == [plain]
    assert len(plain.gaps) == 0


@pytest.mark.parametrize("make", [two_epochs, apart])
def test_saved_and_read_again(make, tmp_path):
    recording = make()
    again = read_recording(save_recording(recording, tmp_path / "saved"))
    assert again.content_hash == recording.content_hash
    assert len(again.observed) == len(recording.observed)
    for one, other in zip(again.observed, recording.observed, strict=True):
        np.testing.assert_array_equal(one, other)


def test_nwb_says_when_each_unit_was_seen(tmp_path):
    import pynwb

    with pynwb.NWBHDF5IO(str(to_nwb(apart(), tmp_path / "apart.nwb")), mode="r") as file:
        table = file.read().units
        assert [table["obs_intervals"][i].tolist() for i in (0, 11)] == [[[0, 60]], [[60, 120]]]


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), max_size=20))
def test_intervals_and_gaps_fill_the_recording(pairs):
    given_ = np.array([sorted(pair) for pair in pairs]).reshape(-1, 2)
    seen = intervals(given_, 100.0)
    assert (np.diff(seen.ravel()) > 0).all()
    missing = gaps((seen,), 100.0) if len(seen) else np.array([[0.0, 100.0]])
    covered = np.diff(seen, axis=1).sum() + np.diff(missing, axis=1).sum()
    assert covered == pytest.approx(100.0, abs=1e-3)
    assert sum(stop - start for start, stop, _ in stretches((seen,), 3, 100.0)) == pytest.approx(
        np.diff(seen, axis=1).sum()
    )


def test_a_file_that_says_when_its_units_were_seen_is_read_so(tmp_path):
    """As NWB has it; spikes outside are left out, and a note says so."""
    import h5py

    path = to_nwb(two_epochs(), tmp_path / "epochs.nwb")
    recording = read_recording(path)
    assert recording.observed[0].tolist() == GAP.tolist()
    assert recording.mean_rate == pytest.approx(two_epochs().mean_rate)
    with h5py.File(path, "a") as file:
        seen = file["units/obs_intervals"]
        values = seen[:]
        values[values[:, 1] == 1560.0] = [1500.0, 1530.0]
        seen[:] = values
    cut = read_recording(path)
    assert cut.n_spikes < recording.n_spikes
    assert any("lie outside the times at which the file says" in note.text for note in cut.report.notes)
