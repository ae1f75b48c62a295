"""Active draws from the prior, the same in every run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from automind_dash.circuit import as_configuration, outcome, simulate
from automind_dash.circuit.parameters import HIGH, INDEX, LOW
from automind_dash.errors import SimulationError

DURATION = 10.0
"""Duration of the compared simulations, s."""


def prior_draws(seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield (28,) draws without end."""
    rng = np.random.default_rng(seed)
    while True:
        yield LOW + rng.random(len(LOW)) * (HIGH - LOW)


def active_circuits(n: int, seed: int = 100) -> list[NDArray[np.float64]]:
    """Return the first n prior draws that are active over `DURATION` and still fire in its last half."""
    found = []
    for theta in prior_draws(seed):
        try:
            recording = simulate(theta, DURATION, seed=0, record="excitatory")
        except SimulationError:
            continue
        late = recording.window(DURATION / 2, DURATION)
        if outcome(recording, as_configuration(theta)) == "active" and late.mean_rate > 0.1:
            found.append(theta)
            if len(found) == n:
                return found
    raise AssertionError("the draws do not end")


def varied_circuits(n: int, seed: int = 200) -> list[NDArray[np.float64]]:
    """Return active draws, every fourth with ΔT = 0, every fifth without clusters, every third with a below -1 nS."""
    rng, found = np.random.default_rng(seed), []
    for theta in prior_draws(seed):
        number = len(found)
        if number % 4 == 0:
            theta[INDEX["params_Epop.delta_T"]] = 0
        if number % 5 == 0:
            theta[INDEX["params_net.n_clusters"]] = rng.uniform(0, 2)
        if number % 3 == 0:
            theta[INDEX["params_Epop.a"]] = rng.uniform(-10, -1)
        rate = simulate(theta, 1.0, seed=number, record="excitatory").mean_rate
        if 0.5 < rate < 150:
            found.append(theta)
            if len(found) == n:
                return found
    raise AssertionError("the draws do not end")
