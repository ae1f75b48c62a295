"""Rows for training and rows kept from it."""

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit.parameters import NAMES
from automind_dash.errors import EstimatorError
from automind_dash.features import SPECTRUM_FEATURES, FeatureSet
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.inference.estimators.card import SimulationPlan
from automind_dash.inference.estimators.conditions import is_condition
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.making import building
from automind_dash.inference.making.building import (
    HELD_OUT_EVERY,
    Rows,
    build_estimator,
    measure_noise,
    training_rows,
    useless_configurations,
)


def test_a_configuration_that_was_simulated_twice_is_not_on_both_sides():
    theta = np.repeat(Prior().draw(200, 0), 2, axis=0)
    seeds = np.arange(400) + 1
    rows = Rows(theta, np.zeros((400, 1)), seeds, np.ones(400, bool))
    held = rows.held_out
    assert held[seeds % HELD_OUT_EVERY == 0].all()
    np.testing.assert_array_equal(held[::2], held[1::2])
    assert 0 < held.mean() < 0.2


def test_what_was_drawn_around_targets_is_never_held_out():
    theta, seeds = Prior().draw(200, 0), np.arange(200) * HELD_OUT_EVERY
    of_prior = np.arange(200) % 2 == 0
    rows = Rows(theta, np.zeros((200, 1)), seeds, of_prior)
    np.testing.assert_array_equal(rows.held_out, of_prior)


class Told(Exception):
    """What the surrogate is trained on."""


def rows(n, of_each=1):
    """n simulations of a prior, each seen `of_each` times."""
    theta = np.repeat(Prior().draw(n, 0), of_each, axis=0)
    return Rows(
        theta,
        np.zeros((len(theta), len(SPECTRUM_FEATURES))),
        np.repeat(np.arange(n), of_each),
        np.ones(len(theta), bool),
    )


@pytest.mark.parametrize("few_units", [None, (15, 500)])
def test_useless_circuits_count_as_often_as_useful_ones(monkeypatch, tmp_path, few_units):
    def look(theta, useful, features, conditions, *rest, **options):
        raise Told(theta, useful, conditions)

    monkeypatch.setattr(building, "fit_surrogate", look)
    monkeypatch.setattr(building, "measure_noise", lambda *args, **options: (np.ones(len(SPECTRUM_FEATURES)), 1.0))
    seen = 1 if few_units is None else 2
    useless = Prior().draw(50, 1)
    with pytest.raises(Told) as told:
        build_estimator(
            "own", "Own", rows(250, seen), SPECTRUM_FEATURES, SimulationPlan(), tmp_path, useless=useless, n_pairs=10, few_units=few_units
        )  # fmt: skip
    _, useful, conditions = told.value.args
    taught = int((~rows(250, seen).held_out).sum())
    assert useful.sum() == taught
    assert (~useful).sum() == seen * 50
    if is_condition(SPECTRUM_FEATURES).any() and few_units is not None:
        units = 10 ** conditions[~useful, 0]
        assert (units <= 500).sum() == (units > 1000).sum() == 50


def test_without_circuits_held_out_nothing_is_trained(tmp_path):
    own = rows(50)
    own = Rows(own.theta, own.features, own.seeds + 1, own.of_prior, 10_000)
    with pytest.raises(EstimatorError, match="None of the 50 simulations is held out"):
        build_estimator("own", "Own", own, SPECTRUM_FEATURES, SimulationPlan(), tmp_path)
    assert not list(tmp_path.iterdir())


def test_too_few_simulations_are_refused_before_the_noise_is_measured(monkeypatch, tmp_path):
    monkeypatch.setattr(building, "measure_noise", lambda *args, **options: pytest.fail("simulated first"))
    with pytest.raises(EstimatorError, match="too few to train on"):
        build_estimator("own", "Own", rows(90), SPECTRUM_FEATURES, SimulationPlan(), tmp_path)
    with pytest.raises(EstimatorError, match="--pairs 0"):
        build_estimator(
            "own", "Own", rows(150), SPECTRUM_FEATURES, SimulationPlan(), tmp_path, useless=Prior().draw(50, 1), n_pairs=10
        )  # fmt: skip


def test_features_whose_noise_cannot_be_measured_are_named():
    """They were told by their numbers, or not at all."""
    features = FeatureSet("own", ("mean_rate", "duration"))
    theta = Prior().draw(6, 0)

    def simulated(vector):
        return lambda items: [Simulated(item["theta"], item["seed"], "active", vector(item)) for item in items]

    with pytest.raises(EstimatorError, match=r"^duration: the same in all runs"):
        measure_noise(
            theta, features, SimulationPlan(), simulate_many=simulated(lambda item: np.array([item["seed"], 10.0]))
        )
    with pytest.raises(EstimatorError, match=r"None of 6 held-out circuits has mean_rate in two of 4"):
        measure_noise(
            theta, features, SimulationPlan(), simulate_many=simulated(lambda item: np.array([np.nan, item["seed"]]))
        )


def test_active_circuits_without_a_feature_are_useless():
    """They were neither learned from nor told apart, and features were made up for them in the training pairs."""
    own = FeatureSet("own", ("mean_rate", "burst_interval_mean"))
    shards = pd.DataFrame(Prior().draw(4, 0), columns=list(NAMES))
    shards = shards.assign(seed=range(4), kind="prior", outcome=["active", "active", "silent", "failed"])
    shards = shards.assign(
        **{"own:mean_rate": [1.0, 2.0, np.nan, np.nan], "own:burst_interval_mean": [3.0, np.nan, np.nan, np.nan]}
    )
    useful = training_rows(shards, own, 2000, ("own",))
    useless = useless_configurations(shards, own, 2000, "own")
    np.testing.assert_allclose(useful.theta, shards[list(NAMES)][:1])
    np.testing.assert_allclose(useless, shards[list(NAMES)][1:])
