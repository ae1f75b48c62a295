"""Trains with known statistics, and the real recordings where they are at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from automind_dash.recording import Recording
from tests.shared_data import SHARED


@pytest.fixture(scope="session")
def poisson() -> Callable[..., Recording]:
    """Units that fire at random: poisson(n_units, rate, duration, seed, modulation) with modulation(t) in 0 … 1."""

    def make(n_units, rate, duration, seed=0, modulation=None, **fields) -> Recording:
        rng = np.random.default_rng(seed)
        n = rng.poisson(n_units * rate * duration)
        times, units = rng.uniform(0, duration, n), rng.integers(0, n_units, n)
        kept = slice(None) if modulation is None else rng.random(n) < modulation(times)
        return Recording.from_spikes(times[kept], units[kept], n_units=n_units, duration=duration, **fields)

    return make


@pytest.fixture(scope="session")
def real() -> Callable[[str], Recording]:
    """Load a converted real recording by its path below the shared data; skips where the data are not there."""

    def load(path: str) -> Recording:
        if not (SHARED / path).exists():
            pytest.skip(f"the real recording {path} (../shared/data) is not here")
        with np.load(SHARED / path, allow_pickle=False) as data:
            return Recording.from_spikes(
                data["spike_times"], data["spike_units"], duration=float(data["duration_s"]), name=Path(path).stem
            )

    return load
