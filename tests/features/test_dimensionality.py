"""Principal components of unit rates: known dimensions, agreement with scikit-learn, bounds."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.errors import FeatureError
from automind_dash.features import DimensionalitySettings, dimensionality_features
from automind_dash.features import dimensionality as module
from automind_dash.features.dimensionality import principal_variances, unit_rates
from automind_dash.recording import Recording


def repeated(trains, copies):
    """Each train fired by `copies` units."""
    times = np.concatenate([np.tile(train, copies) for train in trains])
    units = np.concatenate([np.repeat(np.arange(copies) + k * copies, len(train)) for k, train in enumerate(trains)])
    return Recording.from_spikes(times, units, n_units=copies * len(trains), duration=100.0)


def test_units_that_fire_together_have_one_dimension():
    train = np.sort(np.random.default_rng(0).uniform(0, 100, 500))
    features = dimensionality_features(repeated([train], 30))
    assert features["pca_participation_ratio"] == pytest.approx(1, abs=1e-3)
    assert features["pca_components_90"] == 1
    assert features["pca_1"] == pytest.approx(1, abs=1e-3)
    assert features["pca_10"] == 0 or features["pca_10"] < 1e-3


def test_independent_groups_are_counted():
    rng = np.random.default_rng(1)
    features = dimensionality_features(repeated([np.sort(rng.uniform(0, 100, 400)) for _ in range(4)], 10))
    assert features["pca_participation_ratio"] == pytest.approx(4, rel=0.05)
    assert features["pca_components_90"] == 4
    assert features["pca_5"] < 1e-3


def test_variances_are_those_of_scikit_learn_whichever_side_is_longer(poisson):
    decomposition = pytest.importorskip("sklearn.decomposition", reason="scikit-learn is needed for the comparison")
    for n_units, duration in ((20, 30.0), (200, 5.0)):
        rates = unit_rates(poisson(n_units, 8, duration), DimensionalitySettings())
        pca = decomposition.PCA(svd_solver="full").fit(rates.T.astype(np.float64))
        ours = principal_variances(rates)
        shares = ours / ours.sum()
        n = min(len(shares), len(pca.explained_variance_ratio_)) - 1
        assert shares[:n] == pytest.approx(pca.explained_variance_ratio_[:n], abs=1e-5)


def test_rates_are_spikes_per_second():
    recording = Recording.from_spikes(np.arange(0.0125, 10, 0.025), np.zeros(400, int), n_units=2, duration=10.0)
    rates = unit_rates(recording, DimensionalitySettings())
    assert rates.shape == (2, 200)
    assert rates[0] == pytest.approx(np.full(200, 40.0))
    assert not rates[1].any()


def test_neither_the_numbering_of_units_nor_a_silent_one_matters(poisson):
    recording = poisson(12, 6, 30.0, modulation=lambda t: 0.5 + 0.5 * np.sin(t))
    expected = dimensionality_features(recording)
    order = np.random.default_rng(0).permutation(12)
    assert dimensionality_features(recording.select_units(order)) == pytest.approx(expected, rel=1e-3)
    more = Recording.from_spikes(recording.spike_times, recording.spike_units, n_units=13, duration=30.0)
    ratio = "pca_participation_ratio"
    assert dimensionality_features(more)[ratio] == pytest.approx(expected[ratio], rel=1e-3)


def test_large_recordings_are_cut_to_what_can_be_decomposed(poisson, monkeypatch):
    monkeypatch.setattr(module, "MAX_ENTRIES", 1000)
    assert unit_rates(poisson(10, 5, 20.0), DimensionalitySettings()).shape == (10, 100)
    monkeypatch.setattr(module, "MAX_SIDE", 6)
    rates = unit_rates(poisson(10, 5, 20.0), DimensionalitySettings())
    assert rates.shape == (6, 166)


def test_undefined_and_refused():
    silent = Recording.from_spikes([], [], n_units=3, duration=5.0)
    assert all(np.isnan(value) for value in dimensionality_features(silent).values())
    with pytest.raises(FeatureError, match="too short"):
        dimensionality_features(Recording.from_spikes([0.01], [0], duration=0.06))
    with pytest.raises(FeatureError, match="bin_width"):
        DimensionalitySettings(bin_width=0)
