"""Values outside the model's domain are refused, naming the parameter, its value and its allowed range."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.circuit import as_configuration, check_configuration, oddities, simulate, stream
from automind_dash.circuit.parameters import HIGH, INDEX, LOW, PARAMETERS
from automind_dash.errors import ConfigurationError


def refused(middle, match, n_neurons=100, dt=2e-4, duration=0.1, **changed):
    """Assert that simulate and stream refuse the middle of the prior with some values changed."""
    for name, value in changed.items():
        middle[INDEX[name]] = value
    with pytest.raises(ConfigurationError, match=match):
        simulate(middle, duration, n_neurons=n_neurons, dt=dt, seed=0)
    with pytest.raises(ConfigurationError, match=match):
        stream(middle, chunk=duration, n_neurons=n_neurons, dt=dt, seed=0)


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("E_C", -5.0, r"params_Epop\.C = -5 pF \(membrane capacitance, E\) .* allowed range \(0, inf\] pF"),
        ("E_C", 0.0, r"params_Epop\.C = 0 pF"),
        ("E_g_L", -1.0, r"params_Epop\.g_L = -1 nS .* \(0, inf\]"),
        ("E_delta_T", -0.5, r"params_Epop\.delta_T = -0\.5 mV .* \[0, 100\] mV"),
        ("E_tau_ge", 0.0, r"params_Epop\.tau_ge = 0 ms .* \(0, inf\]"),
        ("E_v_reset", -39.9, r"params_Epop\.v_reset = -39\.9 mV .* \[-200, -40\] mV"),
        ("E_t_refrac", -1.0, r"params_Epop\.t_refrac = -1 ms"),
        ("E_Q_gi", -0.1, r"params_Epop\.Q_gi = -0\.1 nS"),
        ("I_poisson_rate", -2.0, r"params_Ipop\.poisson_rate = -2 Hz"),
        ("net_p_i2e", 1.01, r"params_net\.p_i2e = 1\.01 .* \[0, 1\]"),
        ("net_exc_prop", 1.5, r"params_net\.exc_prop = 1\.5 .* \[0, 1\]"),
        ("E_p_igniters", -0.2, r"params_Epop\.p_igniters = -0\.2"),
        ("net_n_clusters", -1.0, r"params_net\.n_clusters = -1"),
        ("E_tau_w", np.nan, r"params_Epop\.tau_w = nan ms .* \(0, inf\]"),
        ("E_v_rest", np.inf, r"params_Epop\.v_rest = inf mV"),
        ("E_a", -np.inf, r"params_Epop\.a = -inf nS"),
    ],
)
def test_a_value_outside_its_range(key, value, match, middle):
    refused(middle, match, **{key: value})


def test_not_a_number_is_refused_for_every_parameter(middle):
    for spec in PARAMETERS:
        changed = middle.copy()
        changed[INDEX[spec.name]] = np.nan
        with pytest.raises(ConfigurationError, match=spec.name.replace(".", r"\.") + " = nan"):
            check_configuration(changed)


def test_the_whole_prior_lies_within_the_domain():
    rng = np.random.default_rng(0)
    for theta in (LOW, HIGH, *(LOW + rng.random((100, len(LOW))) * (HIGH - LOW))):
        np.testing.assert_array_equal(check_configuration(theta), theta)
        np.testing.assert_array_equal(check_configuration(as_configuration(theta)), theta)


def test_a_probability_over_one_within_clusters(middle):
    refused(middle, r"p_e2e · params_net\.R_pe2e = 1\.2 .* \[0, 1\]", net_p_e2e=0.4, net_R_pe2e=3.0)


def test_the_same_product_without_clusters_is_none_of_its_business(middle):
    middle[[INDEX["net_p_e2e"], INDEX["net_R_pe2e"], INDEX["net_n_clusters"]]] = 0.4, 3.0, 1.0
    check_configuration(middle)


@pytest.mark.parametrize("n_neurons", [0, -3, 65_536, 10.5, 2000.0, np.nan])
def test_a_number_of_neurons_that_cannot_be(n_neurons, middle):
    refused(middle, r"n_neurons = .* allowed range: whole numbers in \[1, 65535\]", n_neurons=n_neurons)


@pytest.mark.parametrize("dt", [0.0, -1e-4, np.nan, np.inf])
def test_a_time_step_that_cannot_be(dt, middle):
    refused(middle, r"dt = .* s is outside its allowed range \(0, ∞\)", dt=dt)


@pytest.mark.parametrize(
    ("changed", "dt", "match"),
    [
        ({"E_tau_ge": 1.0}, 1.5e-3, r"params_Epop\.tau_ge = 1 ms is shorter than .* dt = 1\.5 ms, .* \[1\.5, ∞\) ms"),
        ({"E_tau_gi": 0.1}, 2e-4, r"params_Epop\.tau_gi = 0\.1 ms"),
        ({"E_tau_w": 5.0}, 5.2e-3, r"params_Epop\.tau_w = 5 ms"),
        ({"E_C": 1.0, "E_g_L": 50.0}, 2e-4, r"params_Epop\.C / params_Epop\.g_L = 0\.02 ms"),
        ({}, 5.1e-3, r"tau_ge = tau_gi of the inhibitory neurons = 5 ms"),
    ],
)
def test_a_time_step_longer_than_a_time_constant(changed, dt, match, middle):
    refused(middle, match, dt=dt, **changed)


@pytest.mark.parametrize("duration", [0.0, -1.0, 1e-5, 3601.0, np.nan, np.inf])
def test_a_duration_that_cannot_be(duration, middle):
    refused(middle, r"(duration|chunk) = .* s is outside its allowed range \[0\.0002, 3600\] s", duration=duration)


@pytest.mark.parametrize("seed", [-1, 1.5, None, "3"])
def test_a_seed_that_is_no_whole_number(seed, middle):
    with pytest.raises(ConfigurationError, match=r"seed = .* whole numbers from 0"):
        simulate(middle, 0.1, seed=seed)


@pytest.mark.parametrize("values", [[1.0, 2.0], np.zeros((28, 2)), "middle", [None] * 28, {"params_Epop.C": 1.0}])
def test_what_is_no_configuration(values):
    with pytest.raises(ConfigurationError):
        simulate(values, 0.1, seed=0)


def test_oddities_are_told_but_not_refused(middle):
    assert oddities(as_configuration(middle)) == []
    odd = as_configuration(middle) | {
        "params_Epop.E_gi": -66.0, "params_Epop.v_rest": -70.0, "params_Epop.v_reset": -60.0,
        "params_Epop.v_thresh": -35.0, "params_Epop.a": -10.0, "params_Epop.g_L": 5.0, "params_net.n_clusters": 1.5,
    }  # fmt: skip
    check_configuration(odd)
    sentences = oddities(odd)
    assert len(sentences) == 5
    for word in ("E_i lies above", "V_reset lies above", "V_th lies above -40 mV", "a lies below", "two clusters"):
        assert sum(word in sentence for sentence in sentences) == 1
