"""Perturbations: what they change, what they refuse, what they say."""

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, INDEX, LOW
from automind_dash.circuit.perturbation import PRESETS, Change, Perturbation, single
from automind_dash.errors import ConfigurationError

MIDDLE = (LOW + HIGH) / 2


@pytest.mark.parametrize(
    ("how", "value", "expected"), [("set", 30.0, 30.0), ("multiply", 0.5, 50.0), ("add", -20.0, 80.0)]
)
def test_a_change_touches_its_parameter_alone(how, value, expected):
    changed = single("params_Epop.b", how, value).apply(np.stack([MIDDLE, MIDDLE]))
    column = INDEX["params_Epop.b"]
    np.testing.assert_allclose(changed[:, column], expected)
    np.testing.assert_array_equal(np.delete(changed, column, 1), np.delete(np.stack([MIDDLE, MIDDLE]), column, 1))


def test_what_was_given_is_left_as_it_was():
    theta = MIDDLE.copy()
    PRESETS["Block inhibition"].at(1.0).apply(theta)
    np.testing.assert_array_equal(theta, MIDDLE)


def test_full_block_silences_both_inhibitory_synapses():
    changed = PRESETS["Block inhibition"].at(1.0).apply(MIDDLE)
    assert changed[INDEX["params_Epop.Q_gi"]] == changed[INDEX["params_Ipop.Q_gi"]] == 0
    half = PRESETS["Block inhibition"].at(0.5).apply(MIDDLE)
    assert half[INDEX["params_Epop.Q_gi"]] == MIDDLE[INDEX["params_Epop.Q_gi"]] / 2


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_every_preset_makes_circuits_that_can_be_run(preset):
    for strength in (preset.low, preset.strength, preset.high):
        perturbation = preset.at(strength)
        assert perturbation.impossible(np.stack([LOW, MIDDLE, HIGH])) == {}
        assert preset.name in perturbation.written
    with pytest.raises(ConfigurationError, match=preset.name):
        preset.at(preset.high + 1)


def test_beyond_the_prior_is_said_and_beyond_the_domain_is_a_reason():
    up = single("params_Epop.tau_w", "multiply", 3.0)
    assert up.outside_prior(np.stack([LOW, HIGH])) == {"τ_w": 1}
    assert up.impossible(np.stack([LOW, HIGH])) == {}
    gone = single("params_Epop.C", "add", -30.0)
    reasons = gone.impossible(np.stack([LOW, HIGH]))
    assert list(reasons) == [0]
    assert "membrane capacitance" in reasons[0]


def test_nonsense_is_refused_in_a_sentence():
    with pytest.raises(ConfigurationError, match="There is no parameter"):
        single("params_Epop.Q", "set", 1)
    with pytest.raises(ConfigurationError, match="give a number"):
        single("params_Epop.b", "set", float("nan"))
    with pytest.raises(ConfigurationError, match="twice"):
        Perturbation("twice", (Change("E_b", "set", 0), Change("params_Epop.b", "set", 1)))
    with pytest.raises(ConfigurationError, match="28 values"):
        single("params_Epop.b", "set", 0).apply(np.zeros(5))


def test_drugs_stand_beside_the_changes_that_they_come_near_to():
    assert PRESETS["Block inhibition"].title == "Block inhibition (gabazine, bicuculline)"
    assert PRESETS["Scale E→E synapses"].title == "Scale E→E synapses"
    changed = PRESETS["Block excitation"].at(1.0).apply(MIDDLE)
    assert changed[INDEX["E_Q_ge"]] == changed[INDEX["I_Q_ge"]] == 0
