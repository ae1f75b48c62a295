"""Burst settings for few units, and whether a recording bursts at all; real recordings and synthetic ones."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.features import (
    BurstSettings,
    burst_features,
    bursts_in_rate,
    detect_bursts,
    is_bursting,
    suggest_burst_settings,
)
from automind_dash.recording import Recording

TC89 = "mea_culture_mouse/TC89_DIV25_A.npz"
CTX = "mea_culture_mouse/CTX_TC51_G2CEPHYS3_DIV14_C.npz"
HIPSN = "mea_human_ipsc/hiPSN_tc72_d41_spikes6sd.npz"


def test_the_most_organoid_like_culture_needs_no_other_settings(real):
    recording = real(TC89)
    assert suggest_burst_settings(recording) == BurstSettings()
    features = burst_features(detect_bursts(recording))
    assert features["burst_num"] == 56
    assert features["burst_interval_mean"] == pytest.approx(16.5, abs=0.1)


@pytest.mark.parametrize(("path", "count", "interval"), [(CTX, 277, 3.3), (HIPSN, 64, 4.7)])
def test_few_units_and_uneven_bursts_are_counted_with_the_suggested_settings(real, path, count, interval):
    recording = real(path)
    suggested = suggest_burst_settings(recording)
    features = burst_features(detect_bursts(recording, suggested))
    assert features["burst_num"] == pytest.approx(count, rel=0.1)
    assert features["burst_interval_mean"] == pytest.approx(interval, rel=0.1)
    # With the trained settings the largest rate, one extreme value, sets a threshold that skips bursts.
    assert len(detect_bursts(recording)) < 0.9 * count
    assert suggested.prominence < 0.5


@pytest.mark.parametrize("path", [TC89, CTX, HIPSN, "axion_csv/plate1_DIV4_E5.npz", "axion_csv/plate1_DIV4_C3.npz"])
def test_cultures_burst(real, path):
    assert is_bursting(detect_bursts(real(path)))


@pytest.mark.parametrize(
    "path", ["neuropixels_alf/ibl_ephys_test_120s.npz", "nwb/A2929-200711_all.npz", "matlab/linear_track.npz"]
)
def test_recordings_in_vivo_do_not_burst(real, path):
    assert not is_bursting(detect_bursts(real(path)))


def test_poisson_and_silence_do_not_burst(poisson):
    for recording in (
        poisson(50, 5, 60.0),
        poisson(1000, 5, 60.0),
        Recording.from_spikes([], [], n_units=5, duration=9.0),
    ):
        assert not is_bursting(detect_bursts(recording))
        assert not is_bursting(detect_bursts(recording, suggest_burst_settings(recording)))


def made_of(poisson, n_units, heights):
    """Bursts of 0.5 s every 3 s, the k-th with its own height, 0 … 1, of 40 Hz per unit."""

    def modulation(t):
        return np.where(
            np.abs(t % 3 - 1.5) < 0.25, np.asarray(heights)[np.minimum((t // 3).astype(int), len(heights) - 1)], 0.002
        )

    return poisson(n_units, 40, 3.0 * len(heights), modulation=modulation)


def test_well_recorded_even_bursts_keep_the_settings(poisson):
    recording = made_of(poisson, 1000, np.full(20, 0.8))
    assert suggest_burst_settings(recording) == BurstSettings()


def test_uneven_bursts_lower_the_threshold_and_few_units_raise_the_smoothing(poisson):
    heights = np.tile([0.4, 0.35, 0.45, 0.3, 1.0], 5)
    many = made_of(poisson, 1000, heights)
    suggested = suggest_burst_settings(many)
    assert suggested.smoothing == BurstSettings().smoothing
    assert 0.1 < suggested.prominence < 0.3
    assert len(detect_bursts(many)) < 25
    assert len(detect_bursts(many, suggested)) == 25
    few = suggest_burst_settings(made_of(poisson, 20, heights))
    assert few.smoothing > 3 * BurstSettings().smoothing


def test_a_rate_without_bursts_keeps_the_threshold():
    recording = Recording.from_spikes([1.0, 2.0], [0, 1], n_units=2, duration=5.0)
    assert suggest_burst_settings(recording).prominence == BurstSettings().prominence
    assert not is_bursting(bursts_in_rate(np.zeros(100), BurstSettings()))
