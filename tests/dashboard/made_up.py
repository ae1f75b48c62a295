"""Recordings and estimators made up for the tests of the views: small, seeded, known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np

from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.features import BURST_FEATURES, SPECTRUM_FEATURES, FeatureSet
from automind_dash.inference.estimators.card import Card, SimulationPlan
from automind_dash.inference.estimators.estimator import Estimator
from automind_dash.inference.estimators.prior import Prior
from automind_dash.recording import Recording


def bursting(name="bursting", n_units=20, every=2.0, duration=30.0, seed=0, **fields) -> Recording:
    """Units that fire at 2 Hz, and ten times each within 0.1 s around 1 s, 1 s + every, …"""
    rng = np.random.default_rng(seed)
    peaks = np.arange(1.0, duration, every)
    times = np.concatenate(
        [rng.uniform(0, duration, int(2 * duration * n_units)), rng.normal(np.repeat(peaks, 10 * n_units), 0.03)]
    )
    times = np.clip(times, 0, duration)
    units = rng.integers(0, n_units, len(times))
    return Recording.from_spikes(times, units, duration=duration, n_units=n_units, name=name, **fields)


def steady(name="steady", n_units=200, rate=0.5, duration=30.0, seed=1, **fields) -> Recording:
    """Units that fire at random."""
    rng = np.random.default_rng(seed)
    times = rng.uniform(0, duration, int(rate * duration * n_units))
    units = rng.integers(0, n_units, len(times))
    return Recording.from_spikes(times, units, duration=duration, n_units=n_units, name=name, **fields)


def estimator(features: FeatureSet, name: str, low: float = -3.0, high: float = 3.0) -> Estimator:
    """A card without weights; every feature was uniform between low and high in its training."""
    n = len(features)
    quantiles = np.tile(np.linspace(low, high, 101), (n, 1))
    card = Card(
        name, name.title(), features, Prior(), SimulationPlan(duration=10.0), {}, np.full(n, 0.1), 1.5, quantiles
    )
    return Estimator(Path("nowhere"), card)


def workspace(*, bursts: bool = True, spectrum: bool = True, **fields) -> Workspace:
    """A session's workspace with made-up estimators; fields: of the workspace."""
    space = Workspace(**fields)
    chosen = [estimator(BURST_FEATURES, "bursts")] * bursts + [estimator(SPECTRUM_FEATURES, "spectrum")] * spectrum
    space.estimators = {item.name: item for item in chosen}
    return space


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for what the page does in its own time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        if loop.time() > end:
            raise AssertionError("It did not happen in time.")
        await asyncio.sleep(0.01)
