"""Recordings of few units and simulations of many are made comparable by drawing as many units."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.errors import FeatureError
from automind_dash.features import (
    SPECTRUM_FEATURES,
    Observation,
    burst_features,
    detect_bursts,
    shot_noise_floor,
    spectrum,
    subsample_units,
    thin_spikes,
)


def wave(t):
    return 0.3 + 0.25 * np.sin(2 * np.pi * 7 * t)


def test_drawn_units_keep_their_trains_and_order(poisson):
    recording = poisson(50, 5, 10.0)
    drawn = subsample_units(recording, 8, seed=3)
    again, other = subsample_units(recording, 8, seed=3), subsample_units(recording, 8, seed=4)
    assert drawn.n_units == 8
    assert drawn.content_hash == again.content_hash != other.content_hash
    trains = [tuple(train) for train in recording.trains()]
    positions = [trains.index(tuple(train)) for train in drawn.trains()]
    assert positions == sorted(set(positions))


def test_silent_units_are_left_out_on_request(poisson):
    recording = poisson(50, 0.05, 10.0)
    firing = int((recording.unit_rates > 0).sum())
    drawn = subsample_units(recording, firing, seed=0, minimum_rate=0.1)
    assert (drawn.unit_rates > 0).all()
    with pytest.raises(FeatureError, match=f"has {firing} units"):
        subsample_units(recording, firing + 1, seed=0, minimum_rate=0.1)


def test_thinning_keeps_the_share(poisson):
    recording = poisson(50, 20, 10.0)
    thinned = thin_spikes(recording, 0.3, seed=1)
    assert thinned.n_spikes / recording.n_spikes == pytest.approx(0.3, abs=0.03)
    assert set(thinned.spike_times) <= set(recording.spike_times)
    with pytest.raises(FeatureError, match="detected"):
        thin_spikes(recording, 1.5, seed=1)


def test_the_floor_of_the_spectrum_is_set_by_how_many_units_are_seen(poisson):
    circuit = poisson(1500, 10, 60.0, modulation=wave)
    seen = Observation(n_units=60).observe(circuit, seed=1)
    for recording in (circuit, seen):
        frequencies, power = spectrum(recording)
        assert power[frequencies > 100].mean() == pytest.approx(shot_noise_floor(recording), rel=0.05)
        assert frequencies[np.argmax(power)] == 7
    assert shot_noise_floor(seen) == pytest.approx(shot_noise_floor(circuit) * 1500 / 60, rel=0.1)


def test_a_circuit_and_a_culture_of_the_same_dynamics_agree_once_as_many_units_are_seen(poisson):
    culture = poisson(60, 10, 30.0, seed=1, modulation=wave)
    circuit = poisson(1500, 10, 45.0, seed=2, modulation=wave)
    target = SPECTRUM_FEATURES.vector(culture)
    unmatched = SPECTRUM_FEATURES.vector(circuit)
    matched = SPECTRUM_FEATURES.vector(Observation.of(culture).observe(circuit, seed=0))
    repeat = SPECTRUM_FEATURES.vector(poisson(60, 10, 30.0, seed=5, modulation=wave))
    chance = np.sqrt(np.mean((repeat - target) ** 2))
    assert np.sqrt(np.mean((matched - target) ** 2)) < 1.5 * chance
    assert np.sqrt(np.mean((unmatched - target) ** 2)) > 3 * chance


def test_bursts_of_many_units_look_narrower_and_higher_when_few_are_seen(poisson):
    def bursts(t):
        return np.maximum(np.exp(-((t % 4 - 2) ** 2) / (2 * 0.2**2)), 0.002)

    circuit = poisson(1500, 30, 60.0, modulation=bursts)
    culture = poisson(40, 30, 60.0, seed=1, modulation=bursts)
    whole, few = (burst_features(detect_bursts(one)) for one in (circuit, culture))
    matched = burst_features(detect_bursts(Observation.of(culture).observe(circuit, seed=0)))
    for name in ("burst_peak_fr_mean", "burst_width_mean"):
        assert abs(matched[name] - few[name]) < 0.5 * abs(whole[name] - few[name])
    assert few["burst_peak_fr_mean"] > whole["burst_peak_fr_mean"]
    assert few["burst_width_mean"] < whole["burst_width_mean"]


def test_observing_cuts_to_the_duration_and_changes_nothing_it_was_not_asked_to(poisson):
    recording = poisson(20, 5, 10.0)
    assert Observation().observe(recording, seed=0) is recording
    assert Observation.of(recording).observe(recording, seed=0) is recording
    assert Observation(duration=4.0).observe(recording, seed=0).duration == 4.0
    assert Observation(detected=0.5).observe(recording, seed=0).n_spikes < 0.7 * recording.n_spikes


def test_too_little_to_observe_is_refused(poisson):
    recording = poisson(20, 5, 10.0)
    with pytest.raises(FeatureError, match="lasts 10 s; 20 s are needed"):
        Observation(duration=20.0).observe(recording, seed=0)
    with pytest.raises(FeatureError, match="30 cannot be drawn"):
        Observation(n_units=30).observe(recording, seed=0)


@pytest.mark.parametrize("fields", [{"n_units": 0}, {"n_units": 2.5}, {"duration": -1.0}, {"detected": 2.0}])
def test_impossible_observations_are_refused(fields):
    with pytest.raises(FeatureError, match="Observation"):
        Observation(**fields)
