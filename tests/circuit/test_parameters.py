"""The table of the 28 free parameters, and configurations by name and by position."""

from __future__ import annotations

import re

import numpy as np
import pytest

from automind_dash.circuit import PARAMETERS, as_configuration, as_vector
from automind_dash.circuit.parameters import HIGH, INDEX, LOW, N_PARAMETERS, NAMES, parameter
from automind_dash.errors import ConfigurationError


def test_names_order_and_ranges_are_the_published_ones():
    assert N_PARAMETERS == 28
    assert NAMES[:3] == ("params_net.exc_prop", "params_net.p_e2e", "params_net.p_e2i")
    assert NAMES[8:10] == ("params_net.n_clusters", "params_Epop.C")
    assert NAMES[-1] == "params_Ipop.poisson_rate"
    assert parameter("params_Epop.tau_w").low == 5
    assert parameter("params_Epop.tau_w").high == 20_000
    assert parameter("params_Ipop.poisson_rate").low == 0
    assert np.all(LOW < HIGH)


def test_keys_are_unique_names_that_python_and_html_take():
    keys = [spec.key for spec in PARAMETERS]
    assert len(set(keys)) == 28
    assert all(key.isidentifier() for key in keys)
    assert [INDEX[key] for key in keys] == list(range(28))
    assert parameter("E_tau_w") is parameter("params_Epop.tau_w")


def test_what_is_shown_has_symbol_and_unit():
    assert parameter("E_tau_w").label == "τ_w (ms)"
    assert parameter("net_exc_prop").label == "f_E"
    assert len({spec.symbol for spec in PARAMETERS}) == 28


def test_the_prior_lies_within_each_domain():
    for spec in PARAMETERS:
        assert spec.domain_low <= spec.low < spec.high <= spec.domain_high


def test_only_connectivity_parameters_rewire():
    rewiring = {spec.key for spec in PARAMETERS if spec.change == "rewire"}
    names = ("exc_prop", "p_e2e", "p_e2i", "p_i2e", "p_i2i", "R_pe2e", "n_clusters")
    assert rewiring == {f"net_{name}" for name in names}


def test_vector_and_names_are_two_ways_to_say_the_same():
    values = LOW + 0.3 * (HIGH - LOW)
    np.testing.assert_array_equal(as_vector(as_configuration(values)), values)
    shuffled = dict(sorted(as_configuration(values).items()))
    np.testing.assert_array_equal(as_vector(shuffled), values)


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (lambda c: c.pop("params_Epop.C"), r"missing: params_Epop\.C"),
        (lambda c: c.update({"params_Epop.c": 1.0}), r"unknown: params_Epop\.c"),
        (lambda c: c.update({"params_Epop.C": "large"}), "values are numbers"),
        (lambda c: c.update({"params_Epop.C": None}), "values are numbers"),
    ],
)
def test_names_that_are_missing_unknown_or_no_numbers(edit, match):
    configuration = as_configuration(LOW)
    edit(configuration)
    with pytest.raises(ConfigurationError, match=match):
        as_vector(configuration)


def test_an_unknown_parameter_is_answered_with_what_was_meant_or_all():
    for asked, meant in (
        ("a", "params_Epop.a"),
        ("tau_w", "params_Epop.tau_w"),
        ("params_Epop.taw_w", "params_Epop.tau_w"),
    ):
        with pytest.raises(ConfigurationError, match=rf"no parameter '{asked}'\. Did you mean {re.escape(meant)}"):
            parameter(asked)
    with pytest.raises(ConfigurationError, match=r"no parameter '☃'\. There are params_net\.exc_prop, "):
        parameter("☃")


def test_a_vector_of_the_wrong_length():
    with pytest.raises(ConfigurationError, match=r"28 values; got an array of shape \(27,\)"):
        as_configuration(LOW[:-1])
