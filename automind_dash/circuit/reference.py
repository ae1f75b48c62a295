"""The reference engine: brian2, from equations that can be read against the model's description (`brian2_model`).

brian2 keeps process-global state and is not thread-safe, so a lock lets one simulation run at a time in a process.
"""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from . import brian2_model
from .parameters import DT, FIXED, V_CUT, as_configuration

log = logging.getLogger(__name__)

_one_at_a_time = threading.Lock()


def fixed_values() -> dict[str, float]:
    """Return what is not free as the numbers that `brian2_model` takes."""
    return {**asdict(FIXED), "v_cut": V_CUT}


def codegen_target() -> str:
    """Return "cython" where a C++ compiler is found, else "numpy" with a warning: same results, some ten times slower."""
    import importlib.util

    if importlib.util.find_spec("Cython") and any(shutil.which(compiler) for compiler in ("g++", "clang++", "cl")):
        return "cython"
    log.warning("No C++ compiler or no Cython: the reference engine runs on numpy, some ten times slower.")
    return "numpy"


def simulate_reference(
    vector: NDArray[np.float64],
    duration: float,
    *,
    n_neurons: int = 2000,
    seed: int = 0,
    dt: float = DT,
    target: str | None = None,
    pairs: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]] | None = None,
    initial_v: NDArray[np.float64] | None = None,
    external: NDArray[np.floating] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """Run a circuit on brian2; returns spike times (s, ascending), neurons (excitatory first) and the number of excitatory neurons.

    vector: (28,) in table order; duration, dt: s; target: brian2's code generation, chosen by what is installed when None.
    pairs, initial_v, external: given synapses, potentials (mV) and events, to compare engines spike for spike.
    """
    with _one_at_a_time:
        import brian2

        brian2.prefs.codegen.target = target or codegen_target()
        objects = brian2_model.build(
            as_configuration(vector), fixed_values(), n_neurons=n_neurons, seed=seed % 2**32, dt=dt * 1e3,
            pairs=pairs, initial_v=initial_v, external=external,
        )  # fmt: skip
        return brian2_model.run(objects, duration)
