"""Mechanisms of a change, and refuted hypotheses: found in toys whose truth is known, proved by simulation, not claimed where
nothing changed."""

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit.parameters import HIGH, INDEX, LOW, NAMES
from automind_dash.errors import StudyError
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.inference.asking.target import Target
from automind_dash.inference.estimators.estimator import load_estimator
from automind_dash.recording import Recording
from automind_dash.study.carrying import carry_over
from automind_dash.study.change import what_changed
from automind_dash.study.mechanisms import screen, smallest_change
from automind_dash.study.refutation import percent, refute, upper_bound
from automind_dash.study.results import StudyResults

B, TAU_W, G_L = INDEX["params_Epop.b"], INDEX["params_Epop.tau_w"], INDEX["params_Epop.g_L"]


def toy(theta):
    """(n, 4) features: interval with τ_w, CV with ν_E, width with b, offset with g_L; other parameters do nothing."""
    u = (np.atleast_2d(theta) - LOW) / (HIGH - LOW)
    return np.column_stack(
        [u[:, TAU_W], 0.3 * u[:, INDEX["params_Epop.poisson_rate"]], 0.5 * u[:, B] - 0.5, 0.5 * u[:, G_L] - 0.5]
    )


class ToySurrogate:
    """Knows the toy but for an error that changes slowly: half of every effect is exaggerated by a tenth."""

    def predict(self, theta, conditions):
        return np.ones(len(theta)), 1.1 * toy(theta) + 0.05

    def unlikeliness(self, theta, target, scale, threshold, conditions):
        return (((toy(theta) - target) / (scale * threshold)) ** 2).mean(axis=1)


class ToySimulator:
    def __init__(self):
        self.n = 0

    def __call__(self, items):
        for index, item in enumerate(items):
            self.n += 1
            rng = np.random.default_rng(item["seed"])
            yield (
                index,
                Simulated(
                    item["theta"], item["seed"], "active", toy(item["theta"])[0] + 0.002 * rng.standard_normal(4)
                ),
            )


@pytest.fixture
def toy_estimator():
    """The burst estimator with a surrogate of the toy, and noise as small as the toy's."""
    from dataclasses import replace

    found = load_estimator("bursts")
    found.card = replace(found.card, noise_scale=np.full(4, 0.02), threshold=1.0)
    found._surrogate = ToySurrogate()
    return found


def points(n, seed=0):
    return 0.3 + 0.4 * np.random.default_rng(seed).random((n, 28))


def theta_of(u):
    return LOW + u * (HIGH - LOW)


def test_the_smallest_change_that_is_expected_to_match():
    point = np.full(3, 0.5)
    found = smallest_change(
        point,
        np.array([0.5, 0.5]),
        np.array([0.5, 0.5]),
        (1,),
        np.array([0.5, 0.8]),
        np.full(2, 0.05),
        lambda u: u[:, :2],
    )
    assert found.expected <= 0.7
    assert found.point[1] == pytest.approx(0.75, abs=0.01)  # the near end of what matches
    assert found.size == pytest.approx(abs(found.point[1] - 0.5))


def test_the_parameter_that_changed_is_ranked_first():
    u = points(6)
    seen, changed = u[:, :4], (2,)
    target = np.array([0.5, 0.5, 0.9, 0.5])
    u[:, [0, 1, 3]] = 0.5
    found = screen(u, seen, target, np.full(4, 0.03), lambda v: v[:, :4], columns=range(6))
    assert found.ranked()[0] == changed
    assert all(one.expected <= 1 for one in found.changed[changed])
    assert all(one.expected > 1 for one in found.changed[(0,)])


def test_two_parameters_where_one_is_not_enough():
    u = points(4)
    u[:, :4] = 0.5
    found = screen(u, u[:, :4], np.array([0.8, 0.5, 0.2, 0.5]), np.full(4, 0.03), lambda v: v[:, :4], columns=range(6))
    assert found.ranked()[0] == (0, 2)


def test_a_mechanism_is_proved_by_simulation_though_the_surrogate_errs(toy_estimator):
    u = points(6)
    u[:, B] = 0.35
    u[:, [TAU_W, G_L, INDEX["params_Epop.poisson_rate"]]] = 0.5
    vectors = toy(theta_of(u))
    treated = u.copy()
    treated[:, B] = 0.75
    simulator = ToySimulator()
    found = carry_over(
        theta_of(u), vectors, toy_estimator, toy(theta_of(treated))[0], run_many=simulator, most=1, prove=3
    )
    best = found.mechanisms[0]
    assert best.names == ("params_Epop.b",)
    assert best.carried == best.tried == 6
    assert best.words == "b ↑"
    assert best.size == pytest.approx(0.4, abs=0.06)
    assert np.median(best.changes) == pytest.approx(80, abs=12)  # pA
    assert found.unchanged == 0
    assert found.simulated == simulator.n
    assert found.mechanisms[1].carried == 0
    assert found.table()["share"].iloc[0] == 1


def study_of(before, after, estimator, *, half_noise=0.005):
    """Results of two recordings with confirmed circuits whose toys are at two places."""
    rng = np.random.default_rng(0)
    names = estimator.card.feature_set.features
    runs, features, recordings = [], [], []
    for number, u in ((1, before), (2, after)):
        vectors = toy(theta_of(u))
        middle = vectors.mean(axis=0)
        table = pd.DataFrame(theta_of(u), columns=list(NAMES))
        table["distance"] = 0.1
        table[[f"transformed.{name}" for name in names]] = vectors
        table.insert(0, "recording", number)
        runs.append(table)
        for part in ("whole", "first half", "second half"):
            noise = 0 if part == "whole" else half_noise * rng.standard_normal(4)
            features += [(number, part, name, 10**value) for name, value in zip(names, middle + noise, strict=True)]
        recordings.append(
            {"status": "done", "verdict": "can", "threshold": 1.0, "n_units": 59.0, "target": middle.tolist()}
        )
    empty = pd.DataFrame({"recording": []})
    told = pd.DataFrame(features, columns=["recording", "part", "feature", "value"])
    return StudyResults(
        pd.DataFrame(recordings, index=pd.RangeIndex(1, 3, name="recording")), told,
        empty, empty, empty, pd.concat(runs, ignore_index=True), {"digest": estimator.digest, "format": 1},
    )  # fmt: skip


def alike(n=5):
    u = points(n)
    u[:, [TAU_W, G_L, B, INDEX["params_Epop.poisson_rate"]]] = 0.4
    return u


def test_what_the_drug_changed_there_and_back(toy_estimator):
    before, after = alike(), alike()
    after[:, TAU_W] = 0.8
    found = what_changed(
        study_of(before, after, toy_estimator), 1, 2, toy_estimator, run_many=ToySimulator(), most=2, prove=3
    )
    assert found.changed
    assert found.there.mechanisms[0].names == ("params_Epop.tau_w",)
    assert found.back.mechanisms[0].words.startswith("τ_w ↓")
    told = found.sentences()
    assert any(one.startswith("τ_w ↑: carries 5 of 5 circuits over") and "back, 5 of 5" in one for one in told)


def test_where_nothing_changed_nothing_is_simulated_or_claimed(toy_estimator):
    simulator = ToySimulator()
    found = what_changed(study_of(alike(), alike(), toy_estimator), 1, 2, toy_estimator, run_many=simulator)
    assert not found.changed
    assert simulator.n == 0
    assert "No change can be told" in found.sentences()[0]
    shaky, moved = alike(), alike()
    moved[:, TAU_W] += 0.06  # more than a threshold, less than what halves differ by
    found = what_changed(study_of(shaky, moved, toy_estimator, half_noise=0.2), 1, 2, toy_estimator, run_many=simulator)
    assert not found.changed


def test_recordings_that_are_none_and_other_estimators_are_refused(toy_estimator):
    results = study_of(alike(), alike(), toy_estimator)
    with pytest.raises(StudyError, match="no analysed recording 7"):
        what_changed(results, 1, 7, toy_estimator, run_many=ToySimulator())
    results.about["digest"] = "other"
    with pytest.raises(StudyError, match="another estimator"):
        what_changed(results, 1, 2, toy_estimator, run_many=ToySimulator())


def target_at(vector):
    empty = Recording.from_spikes([0.5], [0], duration=10.0, n_units=59)
    return Target(np.asarray(vector), {}, 0.0, 10.0, 59, empty)


def held_out_target():
    estimator = load_estimator("bursts")
    return estimator.reference(held_out=True)[1][0]


class NearTarget:
    """Circuits match where τ_w lies in the upper half, whatever else: the interval is the target's there."""

    def __init__(self, vector, scale):
        self.vector, self.scale = vector, scale

    def __call__(self, items):
        for index, item in enumerate(items):
            u = (item["theta"][TAU_W] - LOW[TAU_W]) / (HIGH - LOW)[TAU_W]
            yield (
                index,
                Simulated(item["theta"], item["seed"], "active", self.vector + (0 if u > 0.5 else 50) * self.scale),
            )


def test_a_counterexample_is_shown_and_runs_again():
    estimator, vector = load_estimator("bursts"), held_out_target()
    simulator = NearTarget(vector, estimator.card.noise_scale)
    found = refute(
        target_at(vector),
        estimator,
        {"params_Epop.b": 0.0, "E_tau_w": (12_000.0, 20_000.0)},
        budget=12,
        run_many=simulator,
    )
    assert found.refuted
    assert (found.counterexamples["params_Epop.b"] == 0).all()
    assert (found.counterexamples["params_Epop.tau_w"] >= 12_000).all()
    assert found.counterexamples["again"].iloc[0] == 2
    assert found.sentences()[0].startswith("Refuted: with b = 0 pA, τ_w from 12000 to 20000 ms")


def test_none_found_is_said_with_what_it_means():
    estimator, vector = load_estimator("bursts"), held_out_target()
    simulator = NearTarget(vector, estimator.card.noise_scale)
    found = refute(target_at(vector), estimator, {"params_Epop.tau_w": (5.0, 9_000.0)}, budget=20, run_many=simulator)
    assert not found.refuted
    assert found.plain.n == found.sought.n == 10
    told = found.sentences()
    assert told[0].startswith("Not refuted: with τ_w from 5 to 9000 ms none of 20")
    assert "0 of 10 simulated draws of the conditional posterior match: at most 26 % of it (95 %)." in told[1]
    assert "could not reach" in told[2]
    with pytest.raises(StudyError, match="two simulations"):
        refute(target_at(vector), estimator, {"params_Epop.b": 0.0}, budget=1, run_many=simulator)


def test_bounds_of_shares():
    assert upper_bound(0, 2000) == pytest.approx(0.0015, abs=1e-4)
    assert percent(upper_bound(0, 2000)) == "0.15 %"
    assert upper_bound(5, 5) == 1
    assert upper_bound(0, 0) == 1
