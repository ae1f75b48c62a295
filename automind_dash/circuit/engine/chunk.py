"""A stretch of a running circuit, in the form that both engines hand over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Chunk:
    """What happened between two moments of a running network.

    start, stop: s since the network began; spike_times: (n_spikes,) s since then; spike_neurons: (n_spikes,) integers,
    excitatory first; sample_times: (n_samples,) s; v, w, g_e, g_i: (n_samples, n_sampled) mV, pA, nS.
    A sample at time t is the state at the end of the step that a spike at t belongs to.
    """

    start: float
    stop: float
    n_excitatory: int
    spike_times: NDArray[np.float64]
    spike_neurons: NDArray[np.integer]
    sample_times: NDArray[np.float64]
    v: NDArray[np.floating]
    w: NDArray[np.floating]
    g_e: NDArray[np.floating]
    g_i: NDArray[np.floating]
