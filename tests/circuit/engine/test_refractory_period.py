"""The refractory period: v is held at reset, w and conductances go on, and changes of t_refrac apply to running
neurons."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.engine.tables import refractory_steps
from automind_dash.circuit.parameters import DT, INDEX


def hard_driven(middle, t_refrac, n_neurons=50, rate=500):
    """A network whose excitatory neurons fire as soon as they may."""
    theta = middle.copy()
    theta[INDEX["params_Epop.t_refrac"]] = t_refrac
    theta[INDEX["params_Epop.poisson_rate"]] = rate
    theta[INDEX["params_Epop.p_igniters"]] = 1
    theta[INDEX["params_Epop.C"]] = 20
    theta[INDEX["params_Epop.b"]] = 0
    theta[INDEX["params_Epop.a"]] = 2
    theta[INDEX["params_Epop.v_reset"]] = -70
    return Network(theta, n_neurons=n_neurons, seed=1)


def excitatory_intervals(chunk):
    """Steps between successive spikes of the same excitatory neuron."""
    steps = np.round(chunk.spike_times / DT).astype(int)
    return np.concatenate([np.diff(steps[chunk.spike_neurons == j]) for j in range(chunk.n_excitatory)])


@pytest.mark.parametrize(
    ("t_refrac", "steps"), [(0, 0), (0.2, 0), (0.39, 0), (0.4, 1), (1.0, 4), (4.79, 22), (5.0, 24), (1000, 4999)]
)
def test_steps_held(t_refrac, steps):
    assert refractory_steps(t_refrac, DT) == steps


@pytest.mark.parametrize("t_refrac", [0.0, 0.5, 1.0, 4.6])
def test_neurons_that_are_driven_hard_fire_once_per_refractory_period(t_refrac, middle):
    intervals = excitatory_intervals(hard_driven(middle, t_refrac).advance(0.2))
    assert intervals.min() == refractory_steps(t_refrac, DT) + 1
    assert np.median(intervals) <= refractory_steps(t_refrac, DT) + 3


def test_v_is_held_at_reset_while_w_and_conductances_go_on(middle):
    network = hard_driven(middle, 5.0, rate=5)
    chunk = network.advance(0.05, sampled=np.arange(10), sample_interval=DT)
    steps = np.round(chunk.spike_times / DT).astype(int)
    spiked = steps[chunk.spike_neurons == 3][0]
    reset = np.float32(network.vector[INDEX["params_Epop.v_reset"]])
    assert np.all(chunk.v[spiked : spiked + 25, 3] == reset)
    assert chunk.v[spiked + 25, 3] != reset
    assert len(np.unique(chunk.w[spiked : spiked + 25, 3])) == 25
    assert len(np.unique(chunk.g_e[spiked : spiked + 25, 3])) == 25


@pytest.mark.parametrize(
    ("before", "after"), [(5.0, 1.0), (1.0, 5.0), (0.0, 20.0), (0.2, 13.0), (20.0, 0.0), (3.0, 3.0)]
)
def test_a_new_refractory_period_applies_to_neurons_that_have_just_fired(before, after, middle):
    network = hard_driven(middle, before)
    first = network.advance(0.0511)
    vector = network.vector.copy()
    vector[INDEX["params_Epop.t_refrac"]] = after
    network.change(vector)
    second = network.advance(0.1)
    assert excitatory_intervals(second).min() == refractory_steps(after, DT) + 1
    # across the change: nobody fires sooner after its last spike than the new period allows
    changed_at = round(first.stop / DT)
    for j in range(first.n_excitatory):
        last = np.round(first.spike_times[first.spike_neurons == j] / DT).astype(int)[-1]
        following = np.round(second.spike_times[second.spike_neurons == j] / DT).astype(int)[0]
        assert following >= max(last + refractory_steps(after, DT) + 1, changed_at)
        assert following <= max(last + refractory_steps(after, DT) + 1, changed_at) + 6


def test_changing_nothing_changes_nothing(middle):
    touched, untouched = hard_driven(middle, 4.2), hard_driven(middle, 4.2)
    for _ in range(20):
        a = touched.advance(0.0034)
        b = untouched.advance(0.0034)
        np.testing.assert_array_equal(a.spike_times, b.spike_times)
        np.testing.assert_array_equal(a.spike_neurons, b.spike_neurons)
        assert touched.change(touched.vector) is False
