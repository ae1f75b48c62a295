"""The live bench below its pictures: pace, measures, dials."""

import math

import numpy as np
import pytest

from automind_dash.dashboard.stages.live.dials import dial_svg, dials_html
from automind_dash.dashboard.stages.live.live_measures import DIALS, Dial, Measures, dials, measure, place, settled
from automind_dash.dashboard.stages.live.pacing import FRAME, FULL, LONGEST_LAG, MOST_WORK, Pace
from automind_dash.dashboard.widgets.colours import DARK, LIGHT
from automind_dash.features import BurstSettings
from automind_dash.recording import Recording

T_REFRAC = 0.004


@pytest.mark.parametrize("speed", [0.1, 1.0, 10.0])
def test_model_time_keeps_up_with_the_clock(speed):
    pace = Pace(speed)
    pace.due(100.0)
    passed = sum(pace.due(100.0 + 0.05 * (k + 1)) for k in range(20))
    assert passed == pytest.approx(speed)


def test_a_late_frame_is_made_good_in_part_and_a_pause_not_at_all():
    pace = Pace(1.0)
    pace.due(0.0)
    assert pace.due(10.0) == pytest.approx(LONGEST_LAG)
    pace.begin()
    assert pace.due(100.0) == pytest.approx(FRAME)


def test_full_speed_bounds_the_work_of_a_frame():
    pace = Pace(FULL)
    for _ in range(50):
        pace.took(1.0, 0.5)  # computing takes half of real time
        pace.passed(1.0, 0.6)
    assert pace.due(0.0) == pytest.approx(MOST_WORK / 0.5, rel=0.01)
    assert pace.actual == pytest.approx(1 / 0.6, rel=0.01)
    pace.speed = 100.0
    assert pace.due(1.0) == pytest.approx(MOST_WORK / 0.5, rel=0.01)


def poisson(rate, n_units=50, duration=5.0):
    rng = np.random.default_rng(3)
    times = np.sort(rng.uniform(0, duration, int(rate * n_units * duration)))
    return Recording(times, rng.integers(0, n_units, len(times)).astype(np.int32), n_units, duration)


def test_measures_of_a_poisson_circuit():
    found = measure(poisson(8.0), BurstSettings(), None, None, T_REFRAC)
    assert found.features["mean_rate"] == pytest.approx(8.0)
    assert found.features["isi_cv_mu"] == pytest.approx(1.0, abs=0.15)
    assert len(found.frequencies) == len(found.power) > 10
    assert math.isnan(found.distance)


def test_what_is_too_short_or_silent_is_undefined_and_says_nothing_wrong():
    silent = Recording(np.empty(0), np.empty(0, np.int32), 10, 3.0)
    found = measure(silent, BurstSettings(), None, None, T_REFRAC)
    assert found.features["mean_rate"] == 0
    assert set(found.features) == set(DIALS)
    assert all(math.isnan(found.features[name]) for name in DIALS if name != "mean_rate")
    assert len(found.power) == 0
    assert found.outcome == "silent"


def test_a_circuit_whose_neurons_do_nothing_but_fire_is_saturated():
    times = np.repeat(np.arange(0.002, 2.0, 0.004), 10)
    regular = Recording(times, np.tile(np.arange(10, dtype=np.int32), len(times) // 10), 10, 2.0)
    assert measure(regular, BurstSettings(), None, None, T_REFRAC).outcome == "saturated"
    assert measure(regular, BurstSettings(), None, None, T_REFRAC / 2).outcome == "active"


def test_the_warm_up_is_left_out_once_there_is_enough_behind_it():
    past = poisson(4.0, duration=5.0)
    assert settled(past, 5.0, 2.0).duration == pytest.approx(3.0)
    assert settled(past, 9.0, 2.0) is past  # the warm-up is forgotten already
    assert settled(past, 5.0, 4.5) is past  # too early


def test_places_on_a_dial():
    assert place(2.0, 2.0) == 0
    assert place(8.0, 2.0) == 1
    assert place(1.0, 2.0) == pytest.approx(-0.5)
    assert place(1000.0, 2.0) == 1
    assert place(0.0, 2.0) == -1
    assert place(math.nan, 2.0) is None
    assert place(0.0, 0.0) == 0


def test_dials_name_value_target_and_unit():
    nothing = np.empty(0)
    live = Measures(5.0, dict.fromkeys(DIALS, 4.0), nothing, nothing, 2.0)
    shown = dials(live, dict.fromkeys(DIALS, 4.0), live, 2.0)
    assert [dial.place for dial in shown] == [0] * (len(DIALS) + 1)
    assert [dial.other for dial in shown] == [0] * (len(DIALS) + 1)
    assert [dial.less_is_better for dial in shown] == [False] * len(DIALS) + [True]
    html = dials_html(shown, LIGHT)
    assert "A 4.00 Hz" in html
    assert "mean rate: 4.00 Hz; target 4.00 Hz" in html
    assert html.count("<svg") == len(DIALS) + 1
    undefined = dial_svg(Dial("a < b", "s", math.nan, 1.0, None), DARK)
    assert "–; target 1.00 s" in undefined
    assert "a &lt; b" in undefined
    assert "<line" not in undefined
