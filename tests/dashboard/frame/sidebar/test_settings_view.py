"""SettingsView: what the fields say is what the recording is analysed with, for each recording its own."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import replace

import numpy as np
import pytest

from automind_dash.dashboard.frame.sidebar import settings_view
from automind_dash.dashboard.frame.sidebar.settings_fields import EVERY_UNIT
from automind_dash.dashboard.frame.sidebar.settings_view import SettingsView
from automind_dash.dashboard.state.analysed import OF_RECORDINGS, analyse
from automind_dash.dashboard.state.detection import with_other_detection
from automind_dash.features import AnalysisSettings, BurstSettings
from automind_dash.recording import read_recording
from tests.dashboard.made_up import bursting, steady, until, workspace
from tests.shared_data import SHARED


@pytest.fixture
def view():
    return SettingsView(workspace=workspace())


def loaded(view, *recordings):
    return [asyncio.run(view.workspace.add(recording)) for recording in recordings]


def change(view, examined, **values):
    """Set fields as a user would, and wait until the recording is analysed anew."""

    async def main():
        before = examined.analysed
        for name, value in values.items():
            getattr(view.fields, name).value = value
        await until(lambda: examined.analysed is not before and not view._at_work)

    asyncio.run(main())


def test_nothing_is_shown_without_a_recording(view):
    assert not view._layout.visible
    loaded(view, bursting())
    assert view._layout.visible


def test_a_field_changes_the_analysis_and_the_marks(view):
    (examined,) = loaded(view, bursting())
    assert len(examined.analysed.bursts) == 15
    change(view, examined, minimum_interval=5.0)
    assert examined.settings.bursts.minimum_interval == 5.0
    assert len(examined.analysed.bursts) < 15
    assert examined.analysed.features["burst_num"] == len(examined.analysed.bursts)
    assert examined.target is not None


def test_units_and_window_are_chosen(view):
    groups = ("good",) * 12 + ("mua",) * 8
    (examined,) = loaded(view, bursting(unit_groups=groups))
    assert view.fields.groups.visible
    assert not view.fields.population.visible
    change(view, examined, groups=["good"], window=(5.0, 20.0))
    assert (examined.analysed.recording.n_units, examined.analysed.recording.duration) == (12, 15.0)
    change(view, examined, groups=[], window=(0.0, 30.0))
    assert examined.settings.stop is None
    assert examined.analysed.recording.n_units == 20


def test_a_simulated_recording_offers_its_populations(view):
    groups = ("excitatory",) * 15 + ("inhibitory",) * 5
    (examined,) = loaded(view, bursting(unit_groups=groups))
    assert view.fields.population.visible
    assert view.fields.population.value == "excitatory"
    assert examined.analysed.recording.n_units == 15
    change(view, examined, population=EVERY_UNIT)
    assert examined.analysed.recording.n_units == 20


def test_milliseconds_and_back_lose_nothing(view):
    (examined,) = loaded(view, bursting())
    for smoothing in (0.005, 0.0123, 0.1):
        settings = replace(examined.settings, bursts=BurstSettings(smoothing=smoothing, refractory=0.0015))
        view.fields.show(examined.recording, settings)
        assert view.fields.settings(examined.recording, settings) == settings


def test_each_recording_keeps_its_own_settings(view):
    first, second = loaded(view, bursting("first"), bursting("second", seed=3))
    change(view, second, prominence=0.3)
    view.workspace.current = first
    assert view.fields.prominence.value == 0.5
    assert first.settings.bursts.prominence == 0.5
    view.workspace.current = second
    assert view.fields.prominence.value == 0.3
    assert second.settings.bursts.prominence == 0.3


def test_settings_that_leave_nothing_are_refused_and_the_fields_go_back(view):
    (examined,) = loaded(view, bursting())
    before = examined.analysed

    async def main():
        view.fields.minimum_rate.value = 5000.0
        await until(lambda: view.fields.minimum_rate.value == 0.0)

    asyncio.run(main())
    assert examined.analysed is before
    assert examined.settings == OF_RECORDINGS


def test_of_many_changes_in_a_row_the_last_one_holds_and_not_all_are_measured(view, monkeypatch):
    (examined,) = loaded(view, bursting())
    measured = []
    real = settings_view.with_other_detection

    def slowly(analysed, settings):
        measured.append(settings.bursts.prominence)
        return real(analysed, settings)

    monkeypatch.setattr(settings_view, "with_other_detection", slowly)

    async def main():
        for value in np.linspace(0.1, 0.9, 41):
            view.fields.prominence.value = round(float(value), 3)
        await until(lambda: examined.settings.bursts.prominence == 0.9 and not view._at_work)

    asyncio.run(main())
    assert measured[-1] == 0.9
    assert len(measured) < 10
    assert view.fields.prominence.value == 0.9


@pytest.fixture
def measuring(monkeypatch):
    """Measuring waits until this is set."""
    go = threading.Event()
    real = settings_view.with_other_detection

    def waiting(analysed, settings):
        assert go.wait(20)
        return real(analysed, settings)

    monkeypatch.setattr(settings_view, "with_other_detection", waiting)
    return go


def test_fields_are_the_current_recordings_while_another_is_measured(view, measuring):
    """Those of the recording at work stayed in the fields, and the next field touched gave them to the other one."""
    first, second = loaded(view, bursting("first"), steady("second"))
    view.workspace.current = first

    async def main():
        view.fields.window.value = (5.0, 15.0)
        await until(lambda: view._at_work)
        view.workspace.current = second
        assert view.fields.window.value == (0.0, second.recording.duration)
        view.fields.minimum_rate.value = 0.1
        await asyncio.sleep(0.1)
        view.workspace.current = first
        assert view.fields.window.value == (5.0, 15.0), "what was asked of it, though it is not done"
        measuring.set()
        await until(lambda: first.settings.stop == 15.0 and second.settings.minimum_rate == 0.1 and not view._at_work)

    asyncio.run(main())
    assert (second.settings.start, second.settings.stop) == (0.0, None)
    assert first.settings.minimum_rate == 0.0


def test_a_change_that_is_taken_back_while_it_is_measured_is_taken_back(view, measuring):
    (examined,) = loaded(view, bursting())

    async def main():
        view.fields.prominence.value = 0.9
        await until(lambda: view._at_work)
        view.fields.prominence.value = 0.5
        await asyncio.sleep(0.1)
        measuring.set()
        await until(lambda: not view._at_work)

    asyncio.run(main())
    assert examined.settings.bursts.prominence == view.fields.prominence.value == 0.5


def test_suggest_finds_the_bursts_of_few_units_and_as_in_training_goes_back(view):
    (examined,) = loaded(view, bursting(n_units=6))
    examined.estimator = "spectrum"  # which may be asked with any detection

    asyncio.run(press(view.suggest, lambda: examined.settings.bursts.smoothing > 0.005 and not view._at_work))
    assert view.fields.smoothing.value == pytest.approx(examined.settings.bursts.smoothing * 1e3)
    asyncio.run(press(view.as_trained, lambda: examined.settings.bursts == OF_RECORDINGS.bursts and not view._at_work))
    assert view.fields.smoothing.value == 5.0


async def press(button, condition):
    button.clicks += 1
    await until(condition)


def test_suggest_sets_nothing_that_the_page_would_warn_of(view, monkeypatch):
    (examined,) = loaded(view, bursting(n_units=6))
    said = []
    monkeypatch.setattr(settings_view, "notify", lambda text, *_: said.append(text))
    asyncio.run(press(view.suggest, lambda: said and not view._at_work))
    assert re.search(r"Smoothing is \d+ ms, in training it was 5 ms", said[0])
    assert examined.settings.bursts == OF_RECORDINGS.bursts
    assert not view.alert.lines


def test_an_alert_says_what_differs_from_training_and_what_that_means(view):
    (examined,) = loaded(view, bursting())
    assert examined.estimator == "bursts"
    assert not view.alert.lines
    change(view, examined, prominence=0.3)
    said = " ".join(view.alert.lines)
    assert "0.3" in said
    assert "shorter intervals" in said
    examined.estimator = "spectrum"  # which does not look at bursts
    assert not view.alert.lines


def test_other_detection_alone_gives_what_a_full_analysis_does():
    recording = bursting(unit_groups=("excitatory",) * 15 + ("inhibitory",) * 5)
    first = analyse(recording, AnalysisSettings(start=1.0))
    for bursts in (BurstSettings(prominence=0.2), BurstSettings(smoothing=0.05, minimum_interval=4.0, window=5.0)):
        settings = AnalysisSettings(start=1.0, bursts=bursts)
        quick, whole = with_other_detection(first, settings), analyse(recording, settings)
        assert quick.settings == whole.settings
        assert np.array_equal(quick.bursts.peak_times, whole.bursts.peak_times)
        assert list(quick.features) == list(whole.features)
        np.testing.assert_array_equal(list(quick.features.values()), list(whole.features.values()))


@pytest.mark.parametrize(
    "settings",
    [
        AnalysisSettings(start=2.0),
        AnalysisSettings(minimum_rate=1.0),
        AnalysisSettings(bursts=BurstSettings(refractory=0.002)),
    ],
)
def test_other_spikes_need_a_full_analysis(settings):
    assert with_other_detection(analyse(steady(), AnalysisSettings()), settings) is None
    assert with_other_detection(None, settings) is None


def test_double_detections_of_a_real_recording_can_be_dropped(view):
    path = SHARED / "mea_human_ipsc/hiPSN_tc72_d41_spikes6sd.h5"
    if not path.exists():
        pytest.skip("the real recording (../shared/data) is not here")
    (examined,) = loaded(view, read_recording(path))
    spikes = examined.analysed.recording.n_spikes
    change(view, examined, refractory=1.0)
    assert 0.9 * spikes < examined.analysed.recording.n_spikes < spikes
