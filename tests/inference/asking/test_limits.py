"""Where an estimator cannot answer, it names the feature, the range that is known, and what to do."""

import numpy as np
import pytest

from automind_dash.features import BURST_FEATURES
from automind_dash.features.double_detections import double_sentence, mending_refractory
from automind_dash.features.rate import remove_double_detections
from automind_dash.inference.asking.limits import FEW, beyond_sentence, missed_sentence, undefined_sentence
from automind_dash.inference.estimators.card import Card, SimulationPlan
from automind_dash.inference.estimators.prior import Prior
from automind_dash.recording import Recording

N = len(BURST_FEATURES)
MEAN = BURST_FEATURES.features.index("burst_interval_mean")
KNOWN = np.tile(np.linspace(0.0, 1.0, 101), (N, 1))  # log10: 1 to 10 s
CARD = Card("bursts", "Bursts", BURST_FEATURES, Prior(), SimulationPlan(), {}, np.full(N, 0.1), 2.0, KNOWN)


def vector(**changed):
    found = np.full(N, 0.5)
    for place, value in changed.items():
        found[int(place[1:])] = value
    return found


def test_a_feature_beyond_the_training_is_told_with_its_value_the_known_range_and_the_way_out():
    assert beyond_sentence(vector(), CARD) == ""
    said = beyond_sentence(vector(**{f"_{MEAN}": np.log10(41.0)}), CARD)
    assert f"1 of {N} features lies beyond" in said
    assert "41 s, known from 1 s to 10 s" in said
    assert "--estimator" in said
    assert "longer simulations (automind-dash campaign --duration)" in said
    assert "longer simulations" not in beyond_sentence(vector(**{f"_{MEAN}": -1.0}), CARD)


def test_what_a_recording_lacks_is_named_with_the_reason_and_the_setting():
    assert undefined_sentence(vector(), CARD) == ""
    said = undefined_sentence(vector(**{f"_{MEAN}": np.nan}), CARD)
    assert "inter-burst interval, mean" in said
    assert "bursts too seldom" in said
    assert "--window" in said
    whole = undefined_sentence(vector(**{f"_{MEAN}": np.nan}), CARD, CARD.plan.duration)
    assert "--window" not in whole, "it would not help"
    assert "longer simulations" in whole


def test_features_that_no_draw_recovers_are_named_with_where_the_draws_lie():
    rng = np.random.default_rng(1)
    drawn = 0.5 + 0.01 * rng.standard_normal((FEW, N))
    target = vector(**{f"_{MEAN}": 0.9})
    said = missed_sentence(drawn, target, CARD, "draws")
    assert "inter-burst interval, mean (7.94 s here, " in said
    assert said.count(" here, ") == 1
    assert missed_sentence(drawn[1:], target, CARD) == "", "too few"
    wide = 0.5 + 0.4 * rng.standard_normal((50, N))
    assert missed_sentence(wide, target, CARD) == ""


@pytest.mark.parametrize(("apart", "mends"), [(0.0004, 1.0), (0.0013, 1.5)])
def test_double_detections_are_told_with_the_refractory_period_that_mends_them(apart, mends):
    rng = np.random.default_rng(2)
    once = np.sort(rng.uniform(0, 300, 1500))
    again = once[:700] + apart * rng.uniform(0.3, 1.0, 700)
    times = np.sort(np.concatenate([once, again]))
    twice = Recording(times, np.zeros(len(times), dtype=np.int32), 1, 301.0)
    assert f"Set Refractory to {mends:g} ms" in double_sentence(twice)
    mended = remove_double_detections(twice, mending_refractory(twice))
    assert abs(mended.n_spikes - 1500) < 30
    assert double_sentence(mended) == ""
    assert double_sentence(Recording(once, np.zeros(1500, dtype=np.int32), 1, 301.0)) == ""
