"""What page and report open with: one verdict, in which simulations outweigh expectations."""

from dataclasses import replace

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.features import BURST_FEATURES
from automind_dash.inference.asking.among_simulations import Plausibility
from automind_dash.inference.asking.narrowing import information_gain, most_narrowed
from automind_dash.inference.asking.target import make_target
from automind_dash.inference.asking.verdict import SIGNS, Light, verdict
from automind_dash.inference.asking.verification import Tally
from automind_dash.inference.asking.yields import Yields
from automind_dash.inference.estimators.prior import Prior
from tests.dashboard.made_up import bursting, estimator

CARD = estimator(BURST_FEATURES, "bursts").card


def near(share, beyond=False):
    return Plausibility(3.0, 1.0, share, beyond, np.zeros(28), np.zeros(4), tuple(BURST_FEATURES.features[:3]))


@pytest.fixture(scope="module")
def target():
    return make_target(bursting(), CARD)


def draws(narrow, n=500):
    theta = LOW + np.random.default_rng(0).random((n, 28)) * (HIGH - LOW)
    place = NAMES.index(narrow)
    theta[:, place] = LOW[place] + 0.1 * (theta[:, place] - LOW[place])
    return theta


def of(consistent, alive, **more):
    return Yields(draws=Tally(consistent=consistent, alive=alive), **more)


def test_a_circuit_that_matches_outweighs_an_unusual_place_among_the_simulations(target):
    odd = replace(target, near=near(0.01))
    assert verdict(odd, CARD).light is Light.HARDLY
    found = verdict(odd, CARD, of(34, 66))
    assert found.light is Light.YES
    assert "hardly" not in found.sentence
    assert "34 of 100 (34%, 95 % interval" in found.match


@pytest.mark.parametrize(
    ("place", "counts", "light"),
    [
        (near(0.5), Yields(), Light.LIKELY),
        (near(0.01), Yields(), Light.HARDLY),
        (near(0.005, beyond=True), Yields(), Light.NO),
        (near(0.005, beyond=True), of(0, 0, searched=Tally(consistent=1)), Light.YES),
        (near(0.5), of(0, 4), Light.LIKELY),
        (near(0.5), of(0, 200), Light.HARDLY),
        (near(0.5), of(1, 400), Light.HARDLY),
        (None, Yields(), Light.UNKNOWN),
    ],
)
def test_the_light_follows_the_evidence(target, place, counts, light):
    found = verdict(replace(target, near=place), CARD, counts)
    assert found.light is light
    assert found.sign == SIGNS[light]


def test_features_that_are_usual_one_by_one_do_not_contradict_a_rare_combination(target):
    within = replace(target, vector=np.zeros(len(BURST_FEATURES.features)), near=near(0.01))
    assert not CARD.outside(within.vector).any()
    assert "each feature is usual by itself, their combination is not" in verdict(within, CARD).can


def test_few_runs_are_told_as_counts_with_their_wide_interval(target):
    found = verdict(replace(target, near=near(0.5)), CARD, of(1, 3))
    assert "1 of 4 (95 % interval 5 to 70%)" in found.match


def test_the_narrowed_parameters_are_told_in_words_and_only_where_there_are_some(target):
    found = verdict(target, CARD, draws=draws("params_Epop.tau_w"))
    assert "adaptation time constant τ_w" in found.narrowed
    assert found.narrowed.count("bit") == 1
    assert verdict(target, CARD, draws=LOW + np.random.default_rng(1).random((500, 28)) * (HIGH - LOW)).narrowed == ""


def test_without_a_target_nothing_is_promised(target):
    assert verdict(None, CARD).light is Light.UNKNOWN
    assert verdict(None, None).light is Light.UNKNOWN
    undefined = replace(target, vector=np.full(len(BURST_FEATURES.features), np.nan))
    assert "This recording lacks" in verdict(undefined, CARD).can


def test_the_most_narrowed_come_first():
    theta = draws("params_Epop.b")
    assert [spec.name for spec, _ in most_narrowed(theta, Prior())] == ["params_Epop.b"]
    assert most_narrowed(theta, Prior())[0][1] == pytest.approx(information_gain(theta, Prior()).max())
    assert most_narrowed(theta[:0], Prior()) == []
