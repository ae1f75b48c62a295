"""Feature sets, the registry and the analysis settings: names, transforms, JSON, selection of spikes."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from automind_dash.errors import FeatureError
from automind_dash.features import (
    BUILT_IN,
    BURST_FEATURES,
    FEATURES,
    FULL_SPECTRUM_FEATURES,
    SPECTRUM_FEATURES,
    AnalysisSettings,
    BurstSettings,
    FeatureSet,
    Observation,
    SpectrumSettings,
    all_features,
    feature,
    spectrum,
)
from automind_dash.recording import Recording


def bursts(t):
    return np.where(np.abs(t % 3 - 1.5 - 0.1 * (t // 3 % 2)) < 0.2, 1.0, 0.01)


@pytest.fixture(scope="module")
def simulation(poisson):
    labels = ("excitatory",) * 160 + ("inhibitory",) * 40
    return poisson(200, 40, 30.0, modulation=bursts, unit_groups=labels)


def test_the_published_burst_posterior_sees_the_logarithm_of_four_features(simulation):
    raw = BURST_FEATURES.compute(simulation)
    assert list(raw) == ["burst_interval_mean", "burst_interval_cv", "burst_width_mean", "burst_offset_time_mean"]
    assert raw["burst_interval_mean"] == pytest.approx(3, rel=0.05)
    assert BURST_FEATURES.vector(simulation) == pytest.approx(np.log10(list(raw.values())))


def test_the_spectrum_is_logarithmic_with_its_mean_removed(simulation):
    vector = FULL_SPECTRUM_FEATURES.vector(simulation)
    _, power = spectrum(simulation.population("excitatory"))
    assert vector == pytest.approx(np.log10(power) - np.log10(power).mean())
    assert len(vector) == 990
    assert len(SPECTRUM_FEATURES) == 40
    assert SPECTRUM_FEATURES.vector(simulation).mean() == pytest.approx(0, abs=1e-12)


def test_only_the_excitatory_population_is_analysed_where_there_is_one(simulation, poisson):
    assert all_features(simulation)["n_units"] == 160
    assert all_features(simulation, AnalysisSettings(population=None))["n_units"] == 200
    assert all_features(poisson(7, 5, 10.0))["n_units"] == 7


def test_every_feature_of_the_registry_is_computed_and_the_other_way_round(simulation):
    values = all_features(simulation)
    power = [name for name in values if name.startswith("psd_")]
    assert set(values) - set(power) == set(FEATURES)
    assert tuple(power) == SpectrumSettings().feature_names
    assert all(isinstance(value, float) for value in values.values())
    assert sum(np.isnan(list(values.values()))) <= 2


def test_descriptions_are_complete():
    for name, described in FEATURES.items():
        assert described.name == name
        assert described.meaning.endswith(".")
        assert all((described.label, described.unit, described.reference))


def test_power_at_any_frequency_is_a_feature():
    assert feature("psd_10.0") == feature("psd_10")
    assert feature("psd_12.5").unit == "Hz²/Hz"
    assert feature("psd_12.5").transform == "log10 centred"
    for name in ("psd_", "psd_x", "burst", "", None):
        with pytest.raises(FeatureError, match="no feature"):
            feature(name)


@pytest.mark.parametrize("chosen", BUILT_IN.values(), ids=BUILT_IN)
def test_a_set_survives_json(chosen):
    changed = replace(
        chosen,
        observation=Observation(n_units=60, duration=20.0),
        analysis=replace(chosen.analysis, groups=("good",), bursts=BurstSettings(smoothing=0.02)),
    )
    for one in (chosen, changed):
        assert FeatureSet.from_dict(json.loads(json.dumps(one.to_dict()))) == one
    assert changed.duration == 20.0


def test_what_json_cannot_mean_is_refused():
    good = BURST_FEATURES.to_dict()
    for bad, message in (
        ({**good, "colour": "red"}, "no setting 'colour'"),
        ({"features": ["n_units"]}, "lacks name"),
        ({**good, "analysis": {"bursts": {"smothing": 1}}}, "no setting 'smothing'"),
        ({**good, "analysis": {"bursts": {"smoothing": "wide"}}}, "smoothing"),
        ({**good, "analysis": 3}, "mapping"),
        ({**good, "transforms": ["log10"]}, "4 features and 1 transforms"),
        ({**good, "transforms": ["cube"] * 4}, "cube is unknown"),
        ({**good, "features": ["burst_num", "burst_num"], "transforms": []}, "twice"),
        ({**good, "features": [], "transforms": []}, "no feature"),
        ({**good, "features": ["psd_0.7"], "transforms": []}, "do not give psd_0.7"),
    ):
        with pytest.raises(FeatureError, match=message):
            FeatureSet.from_dict(bad)


def test_a_labs_own_set_mixes_families_and_measures_only_those(simulation):
    own = FeatureSet("own", ("isi_cv_mu", "mean_rate", "psd_10", "burst_num", "pca_participation_ratio"))
    assert own.transforms == ("identity", "log10", "log10 centred", "identity", "log10")
    raw = own.compute(simulation)
    everything = all_features(simulation)
    assert raw == {name: everything[name] for name in own.features}
    vector = own.vector(simulation)
    assert vector[[0, 3]] == pytest.approx([raw["isi_cv_mu"], raw["burst_num"]])
    assert vector[1] == pytest.approx(np.log10(raw["mean_rate"]))
    assert vector[2] == 0
    assert FeatureSet("rate", ("mean_rate",)).families == ("recording",)


def test_undefined_features_are_nan_and_tables_are_transformed_like_vectors(simulation):
    raw = np.array([list(BURST_FEATURES.compute(simulation).values()), [0.0, -1.0, np.nan, 10.0]])
    table = BURST_FEATURES.transform(raw)
    assert table[0] == pytest.approx(BURST_FEATURES.vector(simulation))
    assert np.isnan(table[1, :3]).all()
    assert table[1, 3] == 1
    with pytest.raises(FeatureError, match="4 features"):
        BURST_FEATURES.transform(np.zeros((2, 3)))
    silent = Recording.from_spikes([], [], n_units=5, duration=10.0)
    assert np.isnan(BURST_FEATURES.vector(silent)).all()
    assert np.isnan(SPECTRUM_FEATURES.vector(silent)).all()


def test_a_recording_too_short_for_the_spectrum_is_said_to_be():
    with pytest.raises(FeatureError, match="2 s window"):
        SPECTRUM_FEATURES.vector(Recording.from_spikes([0.5], [0], duration=1.0))


def test_a_set_observes_a_simulation_as_its_training_simulations_were_seen(simulation):
    chosen = replace(SPECTRUM_FEATURES, observation=Observation(n_units=30, duration=20.0))
    seen = chosen.observe(simulation, seed=1)
    assert (seen.n_units, seen.duration) == (30, 20.0)
    assert set(seen.unit_groups) == {"excitatory"}
    assert np.isfinite(chosen.vector(seen)).all()


def test_selection_by_label_rate_window_and_double_detections():
    times = np.concatenate([np.arange(0.05, 10, 0.1), np.arange(0.05, 10, 0.1) + 0.0005, [1.0, 6.0]])
    units = np.concatenate([np.zeros(100), np.zeros(100), [1, 2]]).astype(int)
    recording = Recording.from_spikes(times, units, n_units=3, duration=10.0, unit_groups=("good", "mua", "good"))
    assert AnalysisSettings(groups=("good",)).apply(recording).n_units == 2
    assert AnalysisSettings(minimum_rate=1.0).apply(recording).n_units == 1
    window = AnalysisSettings(start=2.0, stop=7.0).apply(recording)
    assert window.duration == 5.0
    assert window.n_spikes == 101
    filtered = AnalysisSettings(bursts=BurstSettings(refractory=0.001)).apply(recording)
    assert filtered.n_spikes == 102
    assert AnalysisSettings().apply(recording) is recording


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"groups": ("noise",)}, "its labels: good"), ({"minimum_rate": 99.0}, "lower the minimum rate"),
     ({"start": 20.0}, "lasts 10 s")],
)  # fmt: skip
def test_a_selection_that_leaves_nothing_is_refused(settings, message, poisson):
    recording = poisson(3, 5, 10.0, unit_groups=("good",) * 3)
    with pytest.raises(FeatureError, match=message):
        AnalysisSettings(**settings).apply(recording)


def test_contradictory_settings_are_refused(poisson):
    with pytest.raises(FeatureError, match="empty"):
        AnalysisSettings(start=5.0, stop=5.0)
    with pytest.raises(FeatureError, match="groups"):
        AnalysisSettings(groups="good")
    with pytest.raises(FeatureError, match="family"):
        all_features(poisson(3, 5, 10.0), families=("bursts",))


def test_importing_features_loads_no_heavy_library():
    heavy = ("scipy.signal", "scipy.stats", "torch")
    code = f"import sys, automind_dash.features; print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_misspelled_name_is_answered_with_those_like_it():
    with pytest.raises(FeatureError, match=r"'burst_interval_men'\. Did you mean burst_interval_mean"):
        feature("burst_interval_men")
    with pytest.raises(FeatureError, match=r"'Peak_FR_mean'\. Did you mean burst_peak_fr_mean"):
        feature("Peak_FR_mean")
    with pytest.raises(FeatureError, match=r"'qqqq'\. There are .*psd_<frequency>\."):
        feature("qqqq")
