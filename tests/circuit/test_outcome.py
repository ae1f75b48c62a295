"""Silent, active or saturated, by excitatory rate times refractory period."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.circuit import as_configuration, outcome, simulate
from automind_dash.circuit.parameters import INDEX
from automind_dash.recording import Recording


def fired(rate, *, start=0.1, stop=10.1, duration=12.0, n=100, inhibitory_rate=0.0):
    """A recording whose n excitatory units fire at a rate, Hz, from start to stop only."""
    per_unit = round(rate * (stop - start))
    times = np.tile(np.linspace(start, stop, per_unit, endpoint=False), n)
    neurons = np.repeat(np.arange(n), per_unit)
    n_inhibitory = round(inhibitory_rate * duration) * n
    times = np.concatenate([times, np.linspace(0, duration, n_inhibitory, endpoint=False)])
    neurons = np.concatenate([neurons, np.arange(n_inhibitory) % n + n])
    order = np.argsort(times, kind="stable")
    groups = ("excitatory",) * n + ("inhibitory",) * n
    return Recording.from_spikes(times[order], neurons[order], duration=duration, n_units=2 * n, unit_groups=groups)


@pytest.fixture
def configuration(middle):
    middle[INDEX["params_Epop.t_refrac"]] = 4.0
    return as_configuration(middle)


@pytest.mark.parametrize(
    ("rate", "expected"), [(0, "silent"), (0.1, "active"), (20, "active"), (240, "active"), (249, "saturated")]
)
def test_by_rate(rate, expected, configuration):
    assert outcome(fired(rate), configuration) == expected


def test_inhibitory_spikes_do_not_count(configuration):
    assert outcome(fired(0, inhibitory_rate=50), configuration) == "silent"


def test_an_opening_burst_is_not_saturation_nor_activity_when_it_lies_before_the_window(configuration):
    opening = fired(200, start=0.0, stop=0.09)
    assert outcome(opening, configuration) == "silent"
    assert outcome(fired(250, start=0.1, stop=1.1), configuration) == "active"
    assert outcome(fired(100, start=0.2, stop=1.0), configuration, start=2.0, stop=12.0) == "silent"


def test_a_recording_that_is_shorter_than_the_window(configuration):
    assert outcome(fired(30, start=0.0, stop=2.0, duration=2.0), configuration) == "active"
    assert outcome(fired(30, start=0.0, stop=0.05, duration=0.05, n=100), configuration) == "active"


def test_of_simulations(middle, active):
    theta, seed = active(1, 400)
    assert outcome(simulate(theta, 3, n_neurons=400, seed=seed), as_configuration(theta)) == "active"
    middle[[INDEX["E_poisson_rate"], INDEX["I_poisson_rate"]]] = 0
    assert outcome(simulate(middle, 3, n_neurons=100, seed=0), as_configuration(middle)) == "silent"


@pytest.mark.parametrize("t_refrac", [0.0, 0.01, 1.0])
def test_a_refractory_period_shorter_than_any_of_the_prior_makes_no_circuit_silent(middle, t_refrac):
    middle[INDEX["params_Epop.t_refrac"]] = t_refrac
    assert outcome(fired(1.0), as_configuration(middle)) == "active"
