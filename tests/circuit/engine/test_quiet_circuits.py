"""What the kernel leaves out while a circuit is quiet changes no spike: the plain kernel emits the same, bit for bit."""

from __future__ import annotations

from hashlib import sha256

import numpy as np
import pytest
from llvmlite.binding import get_host_cpu_features

from automind_dash.circuit import as_vector
from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.parameters import HIGH, INDEX, LOW
from benchmarks.circuits import resized
from benchmarks.plain_kernel import PlainNetwork

N_NEURONS = 400
SMALLEST = np.finfo(np.float32).tiny

KINDS = {
    "as it is": {},
    "few are driven": {"E_p_igniters": 0.1},
    "no inhibitory neuron is driven": {"I_poisson_rate": 0.0},
    "neither": {"E_p_igniters": 0.1, "I_poisson_rate": 0.0},
    "nobody is driven": {"E_poisson_rate": 0.0, "I_poisson_rate": 0.0},
    "without an exponential": {"E_delta_T": 0.0, "I_poisson_rate": 0.0},
    "a sharp exponential": {"E_delta_T": 0.3, "E_v_thresh": -45.0},
    "adaptation that decays to nothing": {"E_a": 0.0, "E_tau_w": 5.0, "E_poisson_rate": 0.5},
    "adaptation that never changes": {"E_a": 0.0, "E_b": 0.0, "E_poisson_rate": 0.5},
    "strong adaptation": {"E_b": 200.0, "E_tau_w": 8000.0, "I_poisson_rate": 0.0},
    "long conductances": {"E_tau_ge": 20.0, "E_tau_gi": 20.0, "I_poisson_rate": 0.0},
    "no clusters": {"net_n_clusters": 0.0, "I_poisson_rate": 0.0},
    "few inhibitory neurons": {"net_exc_prop": 0.98},
    "excitatory neurons alone": {"net_exc_prop": 1.0},
    "inhibitory neurons alone": {"net_exc_prop": 0.0, "I_poisson_rate": 3.0},
}


def changed(theta, changes):
    theta = np.array(theta)
    for key, value in changes.items():
        theta[INDEX[key]] = value
    return theta


def opened(theta, seed, n_neurons=N_NEURONS):
    """The circuit on the engine's kernel and on the plain one, with excitation for a burst to begin with."""
    networks = [kind(theta, n_neurons=n_neurons, seed=seed) for kind in (Network, PlainNetwork)]
    for network in networks:
        network.g_e[:] = 20.0
    return networks


@pytest.fixture
def burster(bursting):
    """(28,) the circuit that bursts, for fewer neurons."""
    return as_vector(resized(bursting, N_NEURONS))


def assert_same_course(one, other, durations):
    """Both networks give the same spikes in every chunk, and are left with the same potentials."""
    n_spikes = 0
    for duration in durations:
        ours, plain = one.advance(duration), other.advance(duration)
        np.testing.assert_array_equal(ours.spike_times, plain.spike_times)
        np.testing.assert_array_equal(ours.spike_neurons, plain.spike_neurons)
        n_spikes += len(plain.spike_times)
    for ours, plain in ((one.v, other.v), (one.w, other.w)):
        np.testing.assert_array_equal(ours, plain)
    return n_spikes


@pytest.mark.parametrize("changes", KINDS.values(), ids=KINDS)
def test_the_same_spikes_as_the_plain_kernel(changes, burster):
    theta = changed(burster, changes)
    ours, plain = opened(theta, seed=7)
    n_spikes = assert_same_course(ours, plain, (0.3, 2.7, 1.0, 0.0002, 1.0))
    assert n_spikes > 0


@pytest.mark.parametrize("number", range(8))
def test_the_same_spikes_for_draws_of_the_prior(number, active):
    theta, seed = active(number, 500)
    ours, plain = opened(theta, seed, 500)
    assert assert_same_course(ours, plain, (1.0, 1.0)) > 500


def test_the_same_spikes_for_draws_of_any_kind():
    rng = np.random.default_rng(19)
    for theta in LOW + rng.random((12, len(LOW))) * (HIGH - LOW):
        ours, plain = opened(theta, 3, 130)
        assert_same_course(ours, plain, (2.5,))


SPIKES = {
    1: (44915, "0796157f4976870f"), 2: (2076, "d5e18bd668659b23"), 5: (2217, "5281f278ac4bf65f"),
    7: (1781, "86635a3daa06861c"), 8: (13972, "fc394cc2c2fe7490"), 10: (1712, "7e200bd21cab434e"),
    12: (1051, "26aa530ee228a300"), 13: (2373, "d5cbc64f32a81db1"), 15: (44400, "0dc8229bc65a2a85"),
    17: (2938, "8b65e502cf6fd2d2"),
}  # fmt: skip
"""Spikes in 3 s of the first draws of the prior that fire, their number and the digest of (step, neuron), by the kernel of
24 November 2026, which left nothing out."""


@pytest.mark.skipif(
    not get_host_cpu_features().get("fma"), reason="without fused multiply-add float32 takes another course"
)
def test_the_spikes_that_these_seeds_always_gave():
    rng = np.random.default_rng(2026)
    for seed, theta in enumerate(LOW + rng.random((17, len(LOW))) * (HIGH - LOW), 1):
        if seed in SPIKES:
            network = Network(theta, n_neurons=300, seed=seed)
            network.g_e[:] = 20.0
            chunk = network.advance(3.0)
            steps = np.round(chunk.spike_times / network.dt).astype("<i8")
            digest = sha256(steps.tobytes() + chunk.spike_neurons.astype("<u2").tobytes()).hexdigest()[:16]
            assert (len(steps), digest) == SPIKES[seed], seed


def test_no_conductance_decays_past_the_smallest_normal_number(burster):
    # each one that does costs some hundred cycles per step; the plain kernel shows that this circuit has them
    theta = changed(burster, {"E_p_igniters": 0.1, "E_poisson_rate": 0.1, "I_poisson_rate": 0.0})
    ours, plain = opened(theta, seed=1)
    assert_same_course(ours, plain, (6.0,))
    subnormal = [((abs(g) < SMALLEST) & (g != 0)).sum() for g in (plain.g_e, plain.g_i, ours.g_e, ours.g_i)]
    assert min(subnormal[:2]) > N_NEURONS / 4
    assert subnormal[2:] == [0, 0]


def test_the_same_course_while_parameters_are_turned(burster):
    ours, plain = opened(burster, seed=4)
    for key, value in (
        ("E_p_igniters", 0.2), ("I_poisson_rate", 0.0), ("E_delta_T", 0.0), ("E_a", 0.0), ("net_exc_prop", 0.9),
        ("E_t_refrac", 1.0), ("E_a", 3.0), ("E_delta_T", 2.0), ("E_p_igniters", 1.0), ("E_v_rest", -57.0), ("I_poisson_rate", 4.0),
    ):  # fmt: skip
        theta = changed(ours.vector, {key: value})
        assert ours.change(theta) == plain.change(theta)
        assert_same_course(ours, plain, (0.7,))
