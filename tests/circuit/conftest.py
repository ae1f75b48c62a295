"""Configurations to simulate: one that bursts, active draws from the prior, the published ones where they are at
hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.parameters import DT, FIXED, HIGH, INDEX, LOW, NAMES
from tests.shared_data import SHARED

GOLDEN = SHARED / "golden/organoid_models.json"


@pytest.fixture(scope="session")
def golden_circuits() -> list[dict]:
    """The six published circuits with their burst features; skips where the file is not there."""
    if not GOLDEN.exists():
        pytest.skip("the published circuits (../shared/data) are not here")
    return json.loads(GOLDEN.read_text())["models"]


@pytest.fixture
def middle() -> NDArray[np.float64]:
    """(28,) the middle of the prior."""
    return (LOW + HIGH) / 2


@cache
def active_configuration(number: int, n_neurons: int) -> tuple[NDArray[np.float64], int]:
    """A prior draw that fires in its first second, and its seed; every fourth has ΔT = 0, every fifth no clusters,
    every third a < 0."""
    rng = np.random.default_rng([2026, number])
    for seed in range(100):
        theta = LOW + rng.random(len(LOW)) * (HIGH - LOW)
        if number % 4 == 0:
            theta[INDEX["params_Epop.delta_T"]] = 0
        if number % 5 == 0:
            theta[INDEX["params_net.n_clusters"]] = rng.uniform(0, 2)
        if number % 3 == 0:
            theta[INDEX["params_Epop.a"]] = rng.uniform(-10, -1)
        chunk = Network(theta, n_neurons=n_neurons, seed=seed).advance(1.0)
        rate = (chunk.spike_neurons < chunk.n_excitatory).sum() / chunk.n_excitatory
        if 1 < rate < 120:
            return theta, seed
    raise AssertionError(f"no active configuration among 100 draws for number {number}")


@pytest.fixture
def active() -> Callable[[int, int], tuple[NDArray[np.float64], int]]:
    """active(number, n_neurons): a configuration that fires, (28,), and its seed."""
    return active_configuration


@pytest.fixture
def given_events() -> Callable[..., NDArray[np.uint16]]:
    """given_events(network, duration, seed): (steps, neurons) numbers of external events as the network would draw
    them."""

    def make(network: Network, duration: float, seed: int) -> NDArray[np.uint16]:
        rates = np.zeros(network.n_neurons)
        n_excitatory = network.connectivity.n_excitatory
        driven = int(network.vector[INDEX["params_Epop.p_igniters"]] * n_excitatory)
        rates[:driven] = network.vector[INDEX["params_Epop.poisson_rate"]]
        rates[n_excitatory:] = network.vector[INDEX["params_Ipop.poisson_rate"]]
        steps = round(duration / DT)
        counts = np.random.default_rng(seed).poisson(FIXED.n_sources * rates * DT, (steps, network.n_neurons))
        return counts.astype(np.uint16)

    return make


BURSTING = dict(
    zip(
        NAMES,
        (0.78, 0.02, 0.048, 0.1, 0.1, 2.4, 1.8, 0.83, 7.9, 430, 27, -58, -47, -61,
         4.5, 4.2, 0.3, 180, 665, -79, 4.9, 2.4, 11.7, 8.7, 4.4, 4, 7.5, 1.1),
        strict=True,
    )
)  # fmt: skip
"""Found by drawing from the prior: 2000 of its neurons burst for 0.7 s, very regularly every 2.4 s, with silence in
between."""


@pytest.fixture
def bursting() -> dict[str, float]:
    """A configuration of this project's own that bursts very regularly."""
    return dict(BURSTING)
