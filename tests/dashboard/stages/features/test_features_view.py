"""FeaturesView: its table, its figures, and what it says where there is nothing to show."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automind_dash.dashboard.frame.target_view import TargetView
from automind_dash.dashboard.stages.features.distributions import distributions, log_histogram, training_band
from automind_dash.dashboard.stages.features.feature_table import (
    ABOVE,
    BELOW,
    TYPICAL,
    feature_table,
    verdicts,
    word_style,
)
from automind_dash.dashboard.stages.features.features_view import SEEN, FeaturesView
from automind_dash.dashboard.state.analysed import analyse
from automind_dash.dashboard.widgets.colours import DARK, LIGHT
from automind_dash.dashboard.widgets.quantities import number, quantity
from automind_dash.features import (
    BURST_FEATURES,
    SPECTRUM_FEATURES,
    AnalysisSettings,
    BurstSettings,
    FeatureSet,
    band_average,
)
from automind_dash.inference.asking.target import make_target
from automind_dash.recording import read_recording
from tests.dashboard.made_up import bursting, estimator, steady, until, workspace
from tests.shared_data import SHARED

FAMILIES = ["Network bursts", "Recording", "Inter-spike intervals", "Dimensionality", "Spectrum"]


def shown(*recordings, **which):
    """A view with these recordings loaded, the last of them shown."""
    view = FeaturesView(workspace=workspace(**which))

    async def main():
        for recording in recordings:
            await view.workspace.add(recording)
        await view.refresh()

    asyncio.run(main())
    return view


def test_an_empty_session_says_what_to_do():
    view = FeaturesView(workspace=workspace())
    assert "drop a recording" in view.empty.object
    assert view.empty.visible
    assert not view.body.visible


def test_the_table_holds_every_feature_by_family_with_its_unit():
    view = shown(bursting())
    table = view.table.value
    assert list(dict.fromkeys(table["Group"])) == FAMILIES
    assert table.loc["burst_num", "Value"] == "15"
    assert table.loc["burst_interval_mean", "Value"] == "2.00 s"
    assert table.loc["mean_rate", "Value"].endswith(" Hz")
    assert len(table) == len(view.workspace.current.analysed.features)


def test_what_the_estimator_sees_has_a_percentile_and_all_else_has_none():
    view = shown(bursting())
    examined = view.workspace.current
    assert examined.estimator == "bursts"
    table = view.table.value
    seen = table[table["Estimator sees"] != ""]
    assert set(seen.index) == set(BURST_FEATURES.features)
    assert seen.loc["burst_interval_mean", "Estimator sees"].startswith(number(examined.target.vector[0]))
    value = examined.target.vector[0]
    assert seen.loc["burst_interval_mean", "Percentile"] == f"{(value + 3) / 6 * 100:.0f} %"
    assert seen.loc["burst_interval_mean", "In training"] == TYPICAL
    assert (table.loc[~table.index.isin(BURST_FEATURES.features), "Percentile"] == "").all()


def test_the_table_can_be_narrowed():
    view = shown(bursting())
    view.show_what.value = SEEN
    assert set(view.table.value.index) == set(BURST_FEATURES.features)
    view.show_what.value = "Spectrum"
    assert set(view.table.value["Group"]) == {"Spectrum"}


def test_values_beyond_training_are_flagged_by_word_and_colour():
    card = estimator(BURST_FEATURES, "bursts", low=-0.4, high=0.1).card
    target = make_target(bursting(), card)
    words = dict(zip(BURST_FEATURES.features, verdicts(card, target.vector), strict=True))
    assert words["burst_interval_mean"] == ABOVE  # log10 2 s
    assert words["burst_interval_cv"] == BELOW
    table = feature_table({"burst_num": 15.0}, target, card)
    assert table.loc["burst_interval_mean", "Percentile"] == "> 100 %"
    assert LIGHT.selected in word_style(ABOVE, LIGHT)
    assert DARK.selected in word_style(ABOVE, DARK)
    assert word_style(TYPICAL, LIGHT) == ""


def test_undefined_features_say_so():
    card = estimator(BURST_FEATURES, "bursts").card
    recording = steady()
    table = feature_table(analyse(recording, AnalysisSettings()).features, make_target(recording, card), card)
    assert table.loc["burst_interval_mean", ["Value", "Estimator sees", "In training"]].tolist() == ["undefined"] * 3


def test_the_targets_warnings_stand_on_top_and_go_with_the_target():
    view = shown(bursting("many"), bursting("few", n_units=3))
    assert "Only 3 units" in " ".join(view.alert.lines)
    view.workspace.current = view.workspace.recordings[0]
    asyncio.run(view.refresh())
    assert "Only 3 units" not in " ".join(view.alert.lines)


def test_a_recording_without_bursts_says_why_and_keeps_its_other_figures():
    view = shown(steady())
    assert view.captions["shape"].object.startswith("No bursts found")
    assert view.captions["intervals"].object == view.captions["shape"].object
    assert len(view.shape.source.data["t"]) == 0
    assert len(view.intervals.source.data["top"]) == 0
    assert len(view.spectrum.line.data["f"]) > 100
    assert sum(view.isi.source.data["top"]) == pytest.approx(1)


@pytest.mark.parametrize(
    ("recording", "said"),
    [
        (steady("silent", rate=0.0), "no spikes"),
        (steady("quiet"), "reaches"),
        (bursting("high", duration=30.0), "stands out"),
    ],
)
def test_the_reason_for_no_bursts_names_what_to_change(recording, said):
    strict = AnalysisSettings(bursts=BurstSettings(prominence=1.0, window=0.05)) if said == "stands out" else None
    assert said in distributions(analyse(recording, strict or AnalysisSettings())).why_no_bursts


def test_a_silent_recording_leaves_every_figure_empty_without_an_error():
    view = shown(steady("silent", rate=0.0))
    for source in (view.spectrum.line, view.isi.source, view.intervals.source, view.shape.source):
        assert all(len(column) == 0 for column in source.data.values())
    assert view.captions["isi"].object.startswith("No intervals")
    assert view.captions["spectrum"].object.startswith("No spectrum")
    assert view.body.visible


def test_another_recording_empties_what_it_does_not_have():
    view = shown(bursting(), steady())
    assert len(view.intervals.source.data["top"]) == 0
    view.workspace.current = view.workspace.recordings[0]
    asyncio.run(view.refresh())
    assert sum(view.intervals.source.data["top"]) == 14
    assert view.intervals.mark.location == pytest.approx(2.0, rel=0.01)


def test_the_band_is_shifted_to_the_target_which_then_lies_where_its_percentiles_say():
    card = estimator(SPECTRUM_FEATURES, "spectrum", low=-1.0, high=1.0).card
    target = make_target(bursting(), card)
    frequencies, low, high, power = training_band(card, target)
    assert np.allclose(high / low, 10**1.8)
    percentiles = card.percentiles(target.vector)
    inside = (percentiles > 5) & (percentiles < 95)
    assert np.array_equal((power > low) & (power < high), inside)
    assert np.allclose(frequencies, SPECTRUM_FEATURES.analysis.spectrum.feature_frequencies)


def test_the_spectrum_shows_what_the_spectrum_estimator_sees():
    view = shown(steady(), bursts=False)
    assert view.workspace.current.estimator == "spectrum"
    assert len(view.spectrum.band.data["f"]) == 40
    assert "Dots" in view.captions["spectrum"].object
    whole = view.workspace.current.analysed
    averaged = band_average(whole.power, 40)
    assert np.median(view.spectrum.band.data["p"] / averaged) == pytest.approx(1, rel=0.3)
    floor = whole.features["shot_noise_floor"]
    assert view.spectrum.floor.location == floor


def test_the_burst_estimator_shows_no_band():
    view = shown(bursting())
    assert training_band(view._card(), view.workspace.current.target) is None
    assert len(view.spectrum.band.data["f"]) == 0
    assert "does not use it" in view.captions["spectrum"].object


def test_hidden_work_waits_until_it_is_seen():
    view = shown(bursting())
    space = view.workspace
    before = view.table.value
    space.stage = "Posterior"
    asyncio.run(space.add(steady("new")))
    assert view.stale
    assert view.table.value is before

    async def back():
        space.stage = "Features"
        await until(lambda: view.table.value is not before)

    asyncio.run(back())
    assert not view.stale


def test_what_was_measured_is_not_measured_again():
    view = shown(bursting("a"), steady("b"))
    first = view.workspace.recordings[0]
    view.workspace.current = first
    asyncio.run(view.refresh())
    kept = view._measured[first.analysed]
    view.workspace.current = view.workspace.recordings[1]
    view.workspace.current = first
    asyncio.run(view.refresh())
    assert view._measured[first.analysed] is kept


def test_a_clicked_row_is_explained():
    view = shown(bursting())
    row = list(view.table.value.index).index("burst_interval_cv")
    view._explain(SimpleNamespace(row=row))
    assert "0 for a clock" in view.meaning.object
    assert "burst_interval_cv" in view.meaning.object


def test_dark_recolours_every_figure():
    view = shown(bursting())
    view.workspace.dark = True
    assert view.spectrum._line.glyph.line_color == DARK.ink
    assert view.isi._bars.glyph.fill_color == DARK.ink
    assert view.shape._line.glyph.line_color == DARK.ink
    assert DARK.ink in view.spectrum.key.object


@given(st.lists(st.floats(1e-6, 1e4), min_size=1, max_size=50))
def test_the_histogram_of_intervals_loses_none(intervals):
    edges, shares = log_histogram(np.array(intervals))
    assert shares.sum() == pytest.approx(1)
    assert len(edges) == len(shares) + 1
    assert edges[-1] > max(intervals) * (1 - 1e-9)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_can_be_written(value):
    text = number(value)
    assert text
    if math.isfinite(value) and 1e-3 <= abs(value) < 1e5:
        assert float(text.replace("−", "-")) == pytest.approx(value, rel=0.006)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, "s", "12.3 ms"),
        (16.5, "s", "16.5 s"),
        (15.0, "1", "15"),
        (0.273, "1", "0.273"),
        (0.0000481, "Hz²/Hz", "4.81×10⁻⁵ Hz²/Hz"),
        (-0.254, "1", "−0.254"),
        (float("nan"), "s", "undefined"),
        (999.9, "Hz", "1000 Hz"),
    ],
)
def test_quantities_have_a_unit_and_sensible_digits(value, unit, text):
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    "path",
    [
        "mea_culture_mouse/TC89_DIV25_A.h5",
        "mea_human_ipsc/hiPSN_tc72_d41_tidy.csv",
        "nwb/A8604-211122.nwb",
        "axion_csv/one_well_E5_spike_list.csv",
        "matlab/linear-track_spikes.mat",
        "neuropixels_alf",
    ],
)
def test_real_recordings_are_shown_whole(path):
    if not (SHARED / path).exists():
        pytest.skip(f"the real recording {path} (../shared/data) is not here")
    view = shown(read_recording(SHARED / path))
    table = view.table.value
    assert list(dict.fromkeys(table["Group"])) == FAMILIES
    assert (table["Estimator sees"] != "").any()
    assert all(caption.object for caption in view.captions.values())
    assert len(view.spectrum.line.data["f"]) > 900
    assert sum(view.isi.source.data["top"]) == pytest.approx(1)


def test_the_strip_follows_a_window_that_is_widened():
    """It could neither be panned nor zoomed to what was taken in again."""
    space = workspace()
    examined = asyncio.run(space.add(bursting()))
    view = TargetView(workspace=space)
    asyncio.run(space.reanalyse(examined, replace(examined.settings, stop=10.0)))
    assert (view.x_range.start, view.x_range.end, view.x_range.reset_end) == (0, 10.0, 10.0)
    asyncio.run(space.reanalyse(examined, replace(examined.settings, stop=None)))
    whole = examined.recording.duration
    assert (view.x_range.end, view.x_range.bounds, view.x_range.reset_end) == (whole, (0, whole), whole)
    view.x_range.update(start=2.0, end=4.0)
    asyncio.run(space.reanalyse(examined, replace(examined.settings, stop=20.0)))
    assert (view.x_range.start, view.x_range.end, view.x_range.reset_end) == (2.0, 4.0, 20.0), "what is looked at stays"
    space.current = None
    assert not view.threshold.visible


def test_a_peak_rate_stands_with_the_smoothing_that_it_was_measured_with():
    card = estimator(FeatureSet("peaks", ("burst_peak_fr_mean", "burst_interval_mean")), "bursts").card
    recording = bursting()
    settings = AnalysisSettings(bursts=BurstSettings(smoothing=0.08))
    table = feature_table(analyse(recording, settings).features, make_target(recording, card), card, settings.bursts)
    assert table.loc["burst_peak_fr_mean", "Value"].endswith("Hz, smoothed by 80 ms")
    assert table.loc["burst_peak_fr_mean", "Estimator sees"].endswith(", smoothed by 5 ms)")
    assert "smoothed" not in table.loc["burst_interval_mean", "Value"]
