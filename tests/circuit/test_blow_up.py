"""A network whose state runs away is reported as such by both engines; it is never a quiet recording."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from automind_dash.circuit import as_configuration, simulate, stream
from automind_dash.circuit.domain import STATE_LIMIT
from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.parameters import HIGH, INDEX, LOW, PARAMETERS
from automind_dash.errors import ConfigurationError, SimulationError


@pytest.fixture
def runaway(middle):
    """Without input, adaptation that is stronger than the leak and of the wrong sign: v leaves its rest
    exponentially."""
    configuration = as_configuration(middle) | {
        "params_Epop.a": -10.0, "params_Epop.g_L": 1.0, "params_Epop.C": 20.0, "params_Epop.tau_w": 5.0,
        "params_Epop.poisson_rate": 0.1, "params_Epop.p_igniters": 0.05, "params_Ipop.poisson_rate": 0.0,
    }  # fmt: skip
    return configuration | {f"params_net.{name}": 0.0 for name in ("p_e2e", "p_e2i", "p_i2e", "p_i2i")}


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("duration", [0.15, 1.0, 4.0])
def test_exponential_growth_is_reported(precision, duration, runaway):
    with pytest.raises(SimulationError, match=r"blew up numerically before .* s of model time: v of \d+ of 200 n"):
        simulate(runaway, duration, n_neurons=200, seed=0, precision=precision)


def test_the_reference_reports_it_too(runaway, monkeypatch):
    monkeypatch.setattr("automind_dash.circuit.reference.codegen_target", lambda: "numpy")
    with pytest.raises(SimulationError, match=r"blew up numerically before .* v of \d+ of 50 neurons"):
        simulate(runaway, 0.15, n_neurons=50, seed=0, engine="reference")


def test_a_stream_reports_it(runaway):
    running = stream(runaway, n_neurons=200, seed=0, chunk=0.05)
    with pytest.raises(SimulationError, match="blew up numerically"):
        list(islice(running, 20))


def test_conductances_that_pile_up_are_reported(middle):
    configuration = as_configuration(middle) | {
        "params_net.R_Qe2e": 1e9, "params_Epop.Q_ge": 1e4, "params_Epop.tau_ge": 1e6, "params_Epop.poisson_rate": 50.0,
    }  # fmt: skip
    with pytest.raises(SimulationError, match=r"blew up numerically .* g_e of"):
        simulate(configuration, 1.0, n_neurons=200, seed=0)


def test_an_infinite_value_that_a_reset_hides_is_still_found(middle):
    network = Network(middle, n_neurons=200)
    network.g_i[3] = np.inf
    with pytest.raises(SimulationError, match="blew up"):
        network.advance(2e-4)


def test_deep_hyperpolarisation_by_adaptation_is_no_blow_up(middle):
    # after saturated firing v lies thousands of mV below rest for seconds; that is the model, and finite
    network = Network(middle, n_neurons=200)
    network.w[:] = 1e6
    network.advance(1.0)
    assert -1e6 < network.v.min() < -1e4


def wide_draw(rng):
    """A configuration from the whole domain, orders of magnitude included, half of its values from the prior."""
    theta = LOW + rng.random(len(LOW)) * (HIGH - LOW)
    for i, spec in enumerate(PARAMETERS):
        if rng.random() < 0.5 or spec.name == "params_net.n_clusters":
            continue
        low, high = spec.domain_low, min(spec.domain_high, 1e6)
        if low < 0 and high > 200:
            theta[i] = rng.choice([-1, 1]) * 10 ** rng.uniform(-2, np.log10(high))
        else:
            theta[i] = 10 ** rng.uniform(-3, np.log10(high)) if high > 200 else rng.uniform(low, high)
    return theta


@pytest.mark.parametrize("seed", range(4))
def test_anywhere_in_the_domain_a_run_is_finite_or_an_error(seed):
    rng = np.random.default_rng([7, seed])
    ended = {"finite": 0, "blew up": 0}
    while sum(ended.values()) < 60:
        theta = wide_draw(rng)
        try:
            network = Network(theta, n_neurons=50, seed=seed)
        except ConfigurationError:
            continue
        try:
            chunk = network.advance(0.3)
            ended["finite"] += 1
        except SimulationError as error:
            ended["blew up"] += str(error).startswith("The network blew up")
            continue
        for values in (network.v, network.w, network.g_e, network.g_i):
            assert np.all(np.abs(values) <= STATE_LIMIT)
        counts = np.bincount(chunk.spike_neurons, minlength=50)
        held = np.where(np.arange(50) < chunk.n_excitatory, theta[INDEX["params_Epop.t_refrac"]], 5.0) * 1e-3
        assert np.all(counts <= 0.3 / np.maximum(held - 2 * network.dt, network.dt) + 1)
    assert ended["finite"] > 20
