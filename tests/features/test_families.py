"""A family of features is one row: what is in the table is measured, listed and asked for, and nothing else has to know."""

import numpy as np
import pytest

from automind_dash.dashboard.stages.features.feature_table import FAMILY_TITLES
from automind_dash.errors import FeatureError
from automind_dash.features import FAMILIES, FEATURES, AnalysisSettings, all_features, families, feature, that_fit
from automind_dash.features.families import Family


@pytest.fixture
def recording(poisson):
    return poisson(20, 5.0, 30.0)


def test_each_family_measures_the_features_that_are_listed_for_it(recording):
    for name, family in FAMILIES.items():
        measured = family.measure(recording, AnalysisSettings())
        assert measured, name
        assert all(feature(key).family == name for key in measured), name
        listed = {spec.name for spec in FEATURES.values() if spec.family == name}
        assert listed <= set(measured), name


def test_every_listed_feature_has_a_family_and_every_family_a_heading():
    assert {spec.family for spec in FEATURES.values()} <= set(FAMILIES)
    assert set(FAMILY_TITLES) == set(FAMILIES)


def test_a_new_family_is_measured_without_another_line(recording, monkeypatch):
    def largest_gap(part, settings):
        return {"pause_longest": float(np.diff(part.spike_times).max())}

    monkeypatch.setattr(families, "FAMILIES", {**FAMILIES, "pause": Family("Pauses", largest_gap)})
    found = all_features(recording, families=("recording", "pause"))
    assert found["pause_longest"] == pytest.approx(np.diff(recording.spike_times).max())
    assert "mean_rate" in found


def test_families_that_a_recording_is_too_short_for():
    settings = AnalysisSettings()
    assert that_fit(FAMILIES, settings, 60.0) == tuple(FAMILIES)
    assert "psd" not in that_fit(FAMILIES, settings, 1.0)
    assert that_fit(FAMILIES, settings, 0.01) == ("recording", "isi", "burst")


def test_an_unknown_family_is_named(recording):
    with pytest.raises(
        FeatureError, match=r"no family of features wavelets; there are recording, isi, burst, psd, pca"
    ):
        all_features(recording, families=("wavelets",))
