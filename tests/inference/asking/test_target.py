"""From recordings to targets: the typical stretch, the warnings, the default estimator."""

from dataclasses import replace

import numpy as np
import pytest

from automind_dash.errors import FeatureError
from automind_dash.features import (
    BURST_FEATURES,
    SPECTRUM_FEATURES,
    AnalysisSettings,
    BurstSettings,
    DimensionalitySettings,
    FeatureSet,
    Observation,
)
from automind_dash.inference.asking.target import default_estimator, make_target, settings_that_differ
from automind_dash.inference.estimators.card import Card, SimulationPlan
from automind_dash.inference.estimators.prior import Prior
from automind_dash.recording import Recording

rng = np.random.default_rng(0)


def card(features, plan) -> Card:
    n = len(features)
    wide = np.tile(np.linspace(-8, 8, 101), (n, 1))
    return Card(features.name, features.name, features, Prior(), plan, {}, np.full(n, 0.1), 1.5, wide)


SPECTRUM = card(SPECTRUM_FEATURES, SimulationPlan(2, 10))
BURSTS = card(BURST_FEATURES, SimulationPlan(3, 120, enough_bursts=12))


def poisson(rate=5.0, n_units=40, duration=65.0, name="poisson") -> Recording:
    n = rng.poisson(rate * n_units * duration)
    return Recording.from_spikes(
        rng.random(n) * duration, rng.integers(0, n_units, n), duration=duration, n_units=n_units, name=name
    )


def bursting(interval=5.0, duration=100.0, n_units=40) -> Recording:
    starts = np.arange(2, duration - 2, interval)
    times = (starts[:, None] + rng.random((len(starts), 60 * n_units)) * 0.3).ravel()
    return Recording.from_spikes(
        times, rng.integers(0, n_units, len(times)), duration=duration, n_units=n_units, name="bursting"
    )


def test_the_recording_chooses_its_estimator():
    cards = {"spectrum": SPECTRUM, "bursts": BURSTS}
    assert default_estimator(poisson(), cards) == "spectrum"
    assert default_estimator(bursting(), cards) == "bursts"
    with pytest.raises(FeatureError, match="no pretrained estimators"):
        default_estimator(poisson(), {})


def test_a_target_lasts_as_long_as_a_simulation():
    target = make_target(poisson(), SPECTRUM)
    assert target.stop - target.start == pytest.approx(10)
    assert target.recording.duration == pytest.approx(10)
    assert np.isfinite(target.vector).all()
    assert not target.warnings


def test_a_target_lasts_as_long_as_a_feature_set_of_ones_own_sees_a_circuit():
    own = replace(SPECTRUM_FEATURES, observation=replace(SPECTRUM_FEATURES.observation, duration=5.0))
    target = make_target(poisson(), card(own, SimulationPlan(2, 10)))
    assert target.stop - target.start == pytest.approx(5)


def test_the_typical_stretch_is_not_the_odd_one():
    usual, odd = poisson(), poisson(rate=40, duration=10)
    times = np.concatenate([odd.spike_times, usual.spike_times + 10])
    units = np.concatenate([odd.spike_units, usual.spike_units])
    loud_first = Recording.from_spikes(times, units, duration=75.0, n_units=40)
    # an oscillation in the first stretch makes its centred spectrum different
    keep = (loud_first.spike_times > 10) | (np.sin(2 * np.pi * 8 * loud_first.spike_times) > 0.5)
    recording = Recording.from_spikes(
        loud_first.spike_times[keep], loud_first.spike_units[keep], duration=75.0, n_units=40
    )
    assert make_target(recording, SPECTRUM).start >= 10


def test_the_window_counts_from_the_recording():
    target = make_target(poisson(), SPECTRUM, AnalysisSettings(start=30, stop=50))
    assert 30 <= target.start <= 40
    assert target.stop <= 50


def test_burst_targets_hold_enough_bursts():
    target = make_target(bursting(), BURSTS)
    assert target.features["burst_interval_mean"] == pytest.approx(5, rel=0.01)
    assert 12 * 5 <= target.stop - target.start <= 75


def test_warnings_are_given_where_they_are_due():
    few = make_target(poisson(n_units=3), SPECTRUM)
    assert any("Only 3 units" in warning for warning in few.warnings)
    short = make_target(poisson(duration=6), SPECTRUM)
    assert any("lasts 6 s" in warning for warning in short.warnings)
    narrow = replace(SPECTRUM, quantiles=np.tile(np.linspace(5, 6, 101), (len(SPECTRUM_FEATURES), 1)))
    said = [
        warning for warning in make_target(poisson(), narrow).warnings if "beyond all training simulations" in warning
    ]
    assert "power at" in said[0]
    assert "psd_" not in said[0]
    undefined = make_target(poisson(rate=0.05), BURSTS)
    assert any("bursts too seldom" in warning for warning in undefined.warnings)


def test_detection_settings_that_differ_are_named():
    changed = AnalysisSettings(bursts=replace(BURST_FEATURES.analysis.bursts, prominence=0.2, refractory=0.005))
    text = " ".join(settings_that_differ(BURSTS, changed))
    assert "Prominence is 0.2, in training it was 0.5" in text
    assert "Refractory is 5 ms, in training it was 0 ms" in text
    assert settings_that_differ(SPECTRUM, changed) == []
    strict = AnalysisSettings(bursts=replace(BURST_FEATURES.analysis.bursts, chance_level=0.001))
    assert "Chance level is 0.001" in " ".join(settings_that_differ(BURSTS, strict))
    assert settings_that_differ(BURSTS, AnalysisSettings()) == []


def test_nothing_left_to_analyse_is_said():
    with pytest.raises(FeatureError, match="minimum rate"):
        make_target(poisson(), SPECTRUM, AnalysisSettings(minimum_rate=1000))
    silent = Recording.from_spikes([], [], duration=20.0, n_units=10, name="silent")
    with pytest.raises(FeatureError, match="no spikes"):
        make_target(silent, SPECTRUM)


def test_a_target_is_measured_as_the_estimators_training_was():
    """Settings of a feature set of one's own were those of the shipped ones where a recording was measured."""
    settings = AnalysisSettings(
        minimum_spikes=50, bursts=BurstSettings(smoothing=0.05), dimensionality=DimensionalitySettings(bin_width=0.5)
    )
    own = FeatureSet("own", ("isi_cv_mu", "burst_width_mean", "pca_1"), analysis=settings)
    recording = bursting(duration=60.0)
    trained = own.vector(recording)
    asked = make_target(recording, card(own, SimulationPlan(2.0, 60.0)))
    np.testing.assert_allclose(asked.vector, trained)
    assert not asked.warnings or "Smoothing" not in " ".join(asked.warnings)
    of_the_page = make_target(recording, card(own, SimulationPlan(2.0, 60.0)), AnalysisSettings())
    assert of_the_page.vector[2] == trained[2]
    assert "Smoothing" in " ".join(of_the_page.warnings)


def test_another_number_of_units_than_trained_for_is_said():
    own = replace(SPECTRUM_FEATURES, observation=Observation(n_units=59))
    assert "seen by 59 units, asked about 40" in " ".join(make_target(poisson(), card(own, SimulationPlan())).warnings)
    own = replace(SPECTRUM_FEATURES, observation=Observation(n_units=40))
    assert "seen by" not in " ".join(make_target(poisson(), card(own, SimulationPlan())).warnings)
