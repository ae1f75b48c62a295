"""Equivalent configurations give the same spikes."""

import numpy as np

from automind_dash.circuit.equivalence import draw_equivalent
from automind_dash.circuit.parameters import HIGH, INDEX, LOW
from automind_dash.circuit.simulate import simulate

CLUSTERS = INDEX["params_net.n_clusters"]


def test_equivalent_configurations_are_the_same_circuit():
    rng = np.random.default_rng(3)
    theta = LOW + rng.random((6, 28)) * (HIGH - LOW)
    theta[:, 24] = 4.0
    theta[:3, CLUSTERS] = [0.3, 1.9, 1.2]
    other = draw_equivalent(theta, LOW, HIGH, rng)
    assert not np.array_equal(other, theta)
    for before, after in zip(theta, other, strict=True):
        first, second = (simulate(values, 0.3, seed=5, n_neurons=300) for values in (before, after))
        assert first.n_spikes
        np.testing.assert_array_equal(first.spike_times, second.spike_times)
        np.testing.assert_array_equal(first.spike_units, second.spike_units)


def test_draws_stay_inside_the_ranges_and_on_their_floor():
    rng = np.random.default_rng(0)
    theta = LOW + rng.random((5000, 28)) * (HIGH - LOW)
    theta[0, CLUSTERS] = HIGH[CLUSTERS]
    other = draw_equivalent(theta, LOW, HIGH, rng)
    assert ((other >= LOW) & (other <= HIGH)).all()
    clustered = theta[:, CLUSTERS] >= 2
    np.testing.assert_array_equal(np.floor(other[clustered, CLUSTERS]), np.floor(theta[clustered, CLUSTERS]))
    assert (other[~clustered, CLUSTERS] < 2).all()
