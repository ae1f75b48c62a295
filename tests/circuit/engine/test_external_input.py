"""External input: Poisson numbers of events from tables, spread evenly over the driven neurons."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.engine.tables import poisson_tables
from automind_dash.circuit.parameters import DT, FIXED, INDEX


@pytest.mark.parametrize("mean", [1e-9, 0.01, 0.7, 12.0, 850.0, 40_000.0])
def test_tables_hold_the_poisson_distribution(mean):
    table, _, offset = poisson_tables((mean, 0.0))
    numbers = offset[0] + np.arange(table.shape[1])
    np.testing.assert_allclose(table[0], stats.poisson(mean).cdf(numbers), rtol=0, atol=1e-11)
    assert np.all(np.diff(table[0]) >= 0)
    assert table[0, -1] == 1


@pytest.mark.parametrize("mean", [0.5, 300.0, 6e7])
def test_tables_have_the_poisson_mean_and_variance(mean):
    table, _, offset = poisson_tables((0.0, mean))
    numbers, p = offset[1] + np.arange(table.shape[1]), np.diff(table[1], prepend=0)
    assert np.dot(numbers, p) == pytest.approx(mean, rel=1e-9)
    assert np.dot((numbers - mean) ** 2, p) == pytest.approx(mean, rel=1e-7)


@pytest.mark.parametrize("means", [(0.3, 700.0), (900.0, 2.0), (0.0, 5.0)])
def test_the_guide_never_points_past_the_number(means):
    table, guide, _ = poisson_tables(means)
    for row in range(2):
        for cell in range(256):
            for uniform in (cell / 256, np.nextafter((cell + 1) / 256, 0)):
                assert guide[row, cell] <= np.searchsorted(table[row], uniform)


def driven_only(middle, *, rate_e, rate_i=0.0, p_igniters=1.0, n_neurons=200):
    """A network without synapses whose conductance only ever sums up external events of the last step."""
    theta = middle.copy()
    for name in ("p_e2e", "p_e2i", "p_i2e", "p_i2i"):
        theta[INDEX[f"params_net.{name}"]] = 0
    theta[INDEX["params_Epop.tau_ge"]] = DT * 1e3  # decays by all of itself in each step
    theta[INDEX["params_Epop.p_igniters"]] = p_igniters
    theta[INDEX["params_Epop.poisson_rate"]] = rate_e
    theta[INDEX["params_Ipop.poisson_rate"]] = rate_i
    return Network(theta, n_neurons=n_neurons, seed=3, precision="double")


def counted(network, n_steps, n_excitatory):
    """(n_steps, n_excitatory) external events."""
    chunk = network.advance(n_steps * DT, sampled=np.arange(n_excitatory), sample_interval=DT)
    return np.round(chunk.g_e / FIXED.Q_external).astype(int)


@pytest.mark.parametrize("rate", [0.1, 4.0, 60.0])
def test_events_per_step_and_per_neuron_are_poisson(rate, middle):
    network = driven_only(middle, rate_e=rate)
    n_e = network.connectivity.n_excitatory
    events = counted(network, 20_000, n_e)
    for numbers, mean in ((events.sum(axis=1), 500 * rate * DT * n_e), (events[:, 0], 500 * rate * DT)):
        law = stats.poisson(mean)
        values = np.arange(law.ppf(1e-3), law.ppf(1 - 1e-3) + 1)
        expected = np.concatenate([[law.cdf(values[0] - 1)], law.pmf(values), [law.sf(values[-1])]]) * len(numbers)
        edges = np.concatenate([[-np.inf], values - 0.5, [values[-1] + 0.5, np.inf]])
        found = np.histogram(numbers, edges)[0]
        keep = expected > 5
        statistic = np.sum((found[keep] - expected[keep]) ** 2 / expected[keep])
        assert stats.chi2(keep.sum() - 1).sf(statistic) > 1e-3


def test_events_fall_on_all_driven_neurons_alike_and_independently(middle):
    network = driven_only(middle, rate_e=20.0)
    events = counted(network, 20_000, network.connectivity.n_excitatory)
    totals = events.sum(axis=0)
    assert stats.chisquare(totals).pvalue > 1e-3
    # no correlation between neurons, nor in time beyond chance
    correlations = np.corrcoef(events[:, :40].T)[np.triu_indices(40, 1)]
    assert np.abs(correlations).max() < 5 / np.sqrt(len(events))
    total = events.sum(axis=1) - events.sum(axis=1).mean()
    lagged = [np.dot(total[:-lag], total[lag:]) / np.dot(total, total) for lag in (1, 2, 3, 10)]
    assert np.abs(lagged).max() < 4 / np.sqrt(len(total))


def test_only_the_first_igniters_are_driven(middle):
    network = driven_only(middle, rate_e=40.0, p_igniters=0.25)
    n_e = network.connectivity.n_excitatory
    totals = counted(network, 2000, n_e).sum(axis=0)
    n_driven = int(0.25 * n_e)
    assert np.all(totals[:n_driven] > 0)
    assert np.all(totals[n_driven:] == 0)


def test_all_inhibitory_neurons_are_driven(middle):
    network = driven_only(middle, rate_e=0.0, rate_i=30.0)
    n_e = network.connectivity.n_excitatory
    network.advance(0.02)
    assert np.all(network.g_e[:n_e] == 0)
    assert np.all(network.g_e[n_e:] > 0)


def test_many_events_per_step_are_all_delivered(middle):
    # more than one block of drawn targets in a step
    network = driven_only(middle, rate_e=9000.0, n_neurons=100)
    n_e = network.connectivity.n_excitatory
    events = counted(network, 400, n_e)
    mean = 500 * 9000 * DT
    assert events.mean() == pytest.approx(mean, rel=6 / np.sqrt(mean * events.size))
    assert events.sum(axis=1).var() == pytest.approx(mean * n_e, rel=0.35)
