"""The power spectrum: shot noise, peaks, bands, agreement with scipy, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import welch

from automind_dash.errors import FeatureError
from automind_dash.features import (
    SpectrumSettings,
    band_average,
    population_rate,
    shot_noise_floor,
    spectrum,
    spectrum_features,
)
from automind_dash.features.spectrum import band_edges
from automind_dash.recording import Recording


def test_defaults_give_990_frequencies_from_half_a_hertz_to_495(poisson):
    frequencies, power = spectrum(poisson(10, 5, 4.0))
    assert len(frequencies) == len(power) == 990
    assert frequencies == pytest.approx(0.5 * np.arange(1, 991))


@pytest.mark.parametrize(("n_units", "rate"), [(1, 20), (50, 5), (1000, 3)])
def test_poisson_spikes_have_a_flat_spectrum_of_twice_rate_over_units(poisson, n_units, rate):
    recording = poisson(n_units, rate, 300.0)
    frequencies, power = spectrum(recording)
    assert shot_noise_floor(recording) == pytest.approx(2 * rate / n_units, rel=0.05)
    assert power.mean() == pytest.approx(shot_noise_floor(recording), rel=0.03)
    low, high = power[frequencies < 100].mean(), power[frequencies > 400].mean()
    assert low == pytest.approx(high, rel=0.1)


@pytest.mark.parametrize("frequency", [4.0, 8.0, 40.0, 120.0])
def test_a_modulated_rate_peaks_at_its_frequency_with_its_power(poisson, frequency):
    recording = poisson(500, 20, 60.0, modulation=lambda t: 0.5 + 0.5 * np.sin(2 * np.pi * frequency * t))
    frequencies, power = spectrum(recording)
    assert frequencies[np.argmax(power)] == frequency
    near = np.abs(frequencies - frequency) < 2
    # A sine of amplitude 10 Hz carries 10² / 2 of variance; averaging over a 1 ms bin lowers it by sinc².
    expected = 50 * np.sinc(frequency * 0.001) ** 2
    assert (power[near] - shot_noise_floor(recording)).sum() * 0.5 == pytest.approx(expected, rel=0.1)


def test_power_is_welchs_of_the_unsmoothed_rate(poisson):
    recording = poisson(30, 8, 20.0)
    rate, _ = population_rate(recording, 0.001)
    frequencies, power = welch(rate, fs=1000, nperseg=2000, noverlap=1500)
    kept = (frequencies >= 0.5) & (frequencies <= 495)
    ours = spectrum(recording)
    assert ours[0] == pytest.approx(frequencies[kept])
    assert ours[1] == pytest.approx(power[kept])


def test_other_ranges_and_windows(poisson):
    frequencies, _ = spectrum(
        poisson(10, 5, 10.0), SpectrumSettings(bin_width=0.002, window=4.0, low=1.0, high=100.0, bands=None)
    )
    assert frequencies == pytest.approx(np.arange(1.0, 100.01, 0.25))


def test_twice_the_spikes_at_the_same_times_have_four_times_the_power(poisson):
    recording = poisson(20, 5, 10.0)
    twice = Recording.from_spikes(
        np.repeat(recording.spike_times, 2), np.repeat(recording.spike_units, 2), n_units=20, duration=10.0
    )
    assert spectrum(twice)[1] == pytest.approx(4 * spectrum(recording)[1])


@given(st.integers(1, 1200).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))))
def test_bands_cover_every_frequency_once_and_none_is_empty(sizes):
    n_frequencies, n_bands = sizes
    edges = band_edges(n_frequencies, n_bands)
    assert edges[0] == 0
    assert edges[-1] == n_frequencies
    assert len(edges) == n_bands + 1
    assert (np.diff(edges) >= 1).all()
    widths = band_average(np.ones(n_frequencies), n_bands)
    assert widths == pytest.approx(np.ones(n_bands))


def test_bands_widen_towards_high_frequencies_and_keep_the_power(poisson):
    frequencies, power = spectrum(poisson(10, 5, 10.0))
    edges = band_edges(990, 40)
    assert (np.diff(edges, 2) >= -1).all()
    assert (band_average(power, 40) * np.diff(edges)).sum() == pytest.approx(power.sum())
    assert band_average(frequencies, 40)[0] == 0.5
    assert band_average(np.stack([power, 2 * power]), 40)[1] == pytest.approx(2 * band_average(power, 40))


def test_features_are_named_by_frequency(poisson):
    recording = poisson(10, 5, 10.0)
    features = spectrum_features(recording)
    assert list(features)[:3] == ["psd_0.5", "psd_1", "psd_1.5"]
    assert len(features) == 40
    full = spectrum_features(recording, SpectrumSettings(bands=None))
    assert list(full)[-1] == "psd_495"
    assert full["psd_0.5"] == features["psd_0.5"]
    assert len(full) == 990


def test_silence_and_short_recordings():
    silent = Recording.from_spikes([], [], n_units=3, duration=10.0)
    with pytest.raises(FeatureError, match="no spike"):
        spectrum(silent)
    assert all(np.isnan(value) for value in spectrum_features(silent).values())
    short = Recording.from_spikes([0.5], [0], duration=1.5)
    for function in (spectrum, spectrum_features):
        with pytest.raises(FeatureError, match="less than the 2 s window"):
            function(short)


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"high": 600.0}, "high"), ({"low": 500.0}, "low"), ({"overlap": 1.0}, "overlap"), ({"window": 0.0}, "window"),
     ({"bands": 991}, "bands"), ({"bands": 0}, "bands"), ({"bands": 3.5}, "bands"),
     ({"low": 10.1, "high": 10.2, "bands": None}, "No frequency")],
)  # fmt: skip
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(FeatureError, match=message):
        SpectrumSettings(**settings)


def test_the_recording_in_vivo_stands_above_its_shot_noise_at_low_frequencies(real):
    recording = real("neuropixels_alf/ibl_ephys_test_120s.npz")
    frequencies, power = spectrum(recording)
    floor = shot_noise_floor(recording)
    assert power[frequencies < 5].mean() > 5 * floor
    assert power[frequencies > 300].mean() == pytest.approx(floor, rel=0.3)
