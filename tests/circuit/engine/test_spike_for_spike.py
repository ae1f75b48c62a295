"""The fast engine in float64 and brian2 emit the same (neuron, step) spikes from the same synapses, input and initial
state."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.parameters import DT, INDEX
from automind_dash.circuit.reference import simulate_reference

N_NEURONS = 500
KINDS = ("between", "within", "e2i", "i2e", "i2i")


def both_engines(theta, seed, duration, given_events, *, n_neurons=N_NEURONS, dt=DT):
    """Return [(step, neuron), …] of the fast engine and of brian2, sorted."""
    network = Network(theta, n_neurons=n_neurons, seed=seed, dt=dt, precision="double")
    external = given_events(network, duration * DT / dt, seed)
    initial_v = network.v.copy()
    fast, reference = network.advance(duration, external=external), []
    simulate_reference(
        theta, duration, look=reference.append, look_every=duration, n_neurons=n_neurons, dt=dt, target="numpy",
        pairs={kind: network.connectivity.pairs(kind) for kind in KINDS}, initial_v=initial_v, external=external,
    )  # fmt: skip
    spikes = []
    for times, neurons in [(c.spike_times, c.spike_neurons) for c in (fast, *reference)]:
        steps = np.round(times / dt).astype(int)
        order = np.lexsort((neurons, steps))
        spikes.append(np.column_stack([steps, neurons])[order])
    return spikes


@pytest.mark.parametrize("number", range(20))
def test_identical_spikes_for_a_second(number, active, given_events):
    theta, seed = active(number, N_NEURONS)
    fast, reference = both_engines(theta, seed, 1.0, given_events)
    assert len(fast) > 0.5 * N_NEURONS
    np.testing.assert_array_equal(fast, reference)


def test_the_twenty_cover_what_the_model_can_do(active):
    drawn = np.array([active(number, N_NEURONS)[0] for number in range(20)])
    clustered = drawn[:, INDEX["params_net.n_clusters"]] >= 2
    assert 0 < clustered.sum() < 20
    assert 0 < (drawn[:, INDEX["params_Epop.delta_T"]] == 0).sum() < 20
    assert (drawn[:, INDEX["params_Epop.a"]] < 0).sum() >= 5
    assert (drawn[:, INDEX["params_Epop.p_igniters"]] < 0.5).sum() >= 3


@pytest.mark.parametrize(
    "changed",
    [
        {"params_net.exc_prop": 1.0},
        {"params_net.exc_prop": 0.0},
        {"params_Epop.p_igniters": 0.0},
        {"params_net.p_e2e": 0.0, "params_net.p_i2i": 1.0},
        {"params_net.p_e2e": 0.5, "params_net.R_pe2e": 2.0},
        {"params_Epop.poisson_rate": 0.0, "params_Ipop.poisson_rate": 0.0},
        {"params_Epop.t_refrac": 0.0},
    ],
    ids=lambda changed: ",".join(f"{key.split('.')[1]}={value:g}" for key, value in changed.items()),
)
def test_identical_at_the_edges_of_the_domain(changed, active, given_events):
    theta, seed = active(1, N_NEURONS)
    theta = theta.copy()
    for name, value in changed.items():
        theta[INDEX[name]] = value
    fast, reference = both_engines(theta, seed, 0.1, given_events, n_neurons=100)
    np.testing.assert_array_equal(fast, reference)


@pytest.mark.parametrize("n_neurons", [1, 2, 10])
def test_identical_in_tiny_networks(n_neurons, active, given_events):
    theta, seed = active(2, N_NEURONS)
    fast, reference = both_engines(theta, seed, 0.3, given_events, n_neurons=n_neurons)
    np.testing.assert_array_equal(fast, reference)


@pytest.mark.parametrize("t_refrac", [0.0, 0.1, 0.2, 0.3, 0.6, 1.0, 3.9999, 4.0, 4.0001, 4.1, 5.0, 13.0])
def test_refractory_steps_are_counted_as_brian2_counts_them(t_refrac, active, given_events):
    # driven so hard that each neuron fires as soon as it may
    theta, seed = active(1, N_NEURONS)
    theta = theta.copy()
    theta[INDEX["params_Epop.t_refrac"]] = t_refrac
    theta[INDEX["params_Epop.poisson_rate"]] = 200
    theta[INDEX["params_Epop.p_igniters"]] = 1
    fast, reference = both_engines(theta, seed, 0.05, given_events, n_neurons=20)
    assert len(fast) > 20
    np.testing.assert_array_equal(fast, reference)


def test_identical_at_a_smaller_step(active, given_events):
    theta, seed = active(3, N_NEURONS)
    fast, reference = both_engines(theta, seed, 0.05, given_events, n_neurons=200, dt=DT / 4)
    np.testing.assert_array_equal(fast, reference)
