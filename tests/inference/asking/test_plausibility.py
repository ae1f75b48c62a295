"""Targets inside and outside what the toy makes."""

from dataclasses import replace

import numpy as np

from automind_dash.features import feature
from automind_dash.inference.asking.plausibility import checked, plausibility
from automind_dash.inference.asking.target import Target
from automind_dash.inference.estimators.estimator import Estimator
from automind_dash.recording import Recording


def test_held_out_circuits_are_plausible_as_often_as_they_should_be(toy):
    _, held = toy.reference(held_out=True)
    shares = np.array([plausibility(toy, vector).share for vector in held])
    assert abs(np.median(shares) - 0.5) < 0.05
    assert np.mean([bool(plausibility(toy, vector).sentence) for vector in held]) <= 0.06


def test_what_no_circuit_makes_is_called_so_with_the_feature_that_differs(toy):
    _, held = toy.reference(held_out=True)
    vector = held[0].copy()
    vector[2] += 40 * toy.card.noise_scale[2]
    found = plausibility(toy, vector)
    assert found.beyond_all
    assert found.differing[0] == toy.card.feature_set.features[2]
    assert found.sentence.startswith("This recording lies beyond all simulations")
    assert "make" not in found.sentence  # that is the verdict's to say: a circuit that matches proves the contrary
    assert f"mostly in {feature(found.differing[0]).label}" in found.sentence
    theta, _ = toy.reference()
    assert (theta == found.nearest).all(axis=1).any()


def test_an_undefined_target_or_a_folder_without_simulations_says_nothing(toy, tmp_path):
    assert plausibility(toy, np.array([0.1, np.nan, 0.1, 0.1])) is None
    assert plausibility(Estimator(tmp_path, toy.card), np.full(4, 0.3)) is None


def test_the_warning_comes_first(toy):
    recording = Recording.from_spikes(np.array([0.1, 0.2]), np.array([0, 1]), duration=1.0, name="two")
    far = Target(np.full(4, 9.0), {}, 0.0, 1.0, 2, recording, ("another",))
    warned = checked(toy, far).warnings
    assert len(warned) == 2
    assert warned[1] == "another"
    _, held = toy.reference(held_out=True)
    usual = max(held, key=lambda vector: plausibility(toy, vector).share)
    assert checked(toy, replace(far, vector=usual)).warnings == ("another",)
