"""The reference engine: brian2 runs equations that can be read against the model's description (`brian2_model`).

brian2 keeps global state and is not thread-safe, so a lock lets one simulation run at a time in a process.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import brian2_model
from .domain import check_state, population_sizes
from .engine.chunk import Chunk
from .parameters import DT, INDEX, as_configuration, fixed_values

log = logging.getLogger(__name__)

_one_at_a_time = threading.Lock()


def codegen_target() -> str:
    """Return "cython" where a C++ compiler is found, else "numpy" with a warning: same results, about ten times slower."""
    if importlib.util.find_spec("Cython") and any(shutil.which(compiler) for compiler in ("g++", "clang++", "cl")):
        return "cython"
    log.warning("No C++ compiler or no Cython: the reference engine runs on numpy, some ten times slower.")
    return "numpy"


def _import_brian2() -> Any:
    """Return brian2, imported by whichever thread asks first.

    On import brian2 sets a handler for Ctrl-C. Python allows that only in a process's first thread, so a job's thread
    goes without.
    """
    me, set_handler = threading.current_thread(), signal.signal
    if me is threading.main_thread() or "brian2" in sys.modules:
        return importlib.import_module("brian2")
    signal.signal = lambda *given: None if threading.current_thread() is me else set_handler(*given)  # type: ignore[assignment]
    try:
        return importlib.import_module("brian2")
    finally:
        signal.signal = set_handler


class _Observer:
    """Hands over brian2's spikes while it runs, and ends the run when told to or when an error is raised."""

    def __init__(self, objects: dict, look: Callable[[Chunk], bool], n_excitatory: int) -> None:
        self.objects, self.look, self.n_excitatory = objects, look, n_excitatory
        self.time = 0.0
        self.seen = [0, 0]
        self.ended = False
        self.error: Exception | None = None

    def hand_over(self, stop: float) -> None:
        """Hand over the spikes from the last look to `stop`, s."""
        if self.ended or stop <= self.time:
            return
        times, neurons = brian2_model.spikes(self.objects, self.seen)
        excitatory = int((neurons < self.n_excitatory).sum())
        self.seen = [self.seen[0] + excitatory, self.seen[1] + len(neurons) - excitatory]
        nothing = np.empty((0, 0))
        try:
            check_state(_state(self.objects), stop)
            chunk = Chunk(
                self.time, stop, self.n_excitatory, times, neurons, np.empty(0), nothing, nothing, nothing, nothing
            )
            self.ended = self.look(chunk)
        except Exception as error:  # noqa: BLE001 - brian2 leaves its run in order first, then the error is raised
            self.error, self.ended = error, True
        self.time = stop

    def operation(self, every: float) -> object:
        """Return the brian2 object that hands over spikes at regular intervals, at the start of a step."""
        import brian2

        looks = count()

        def at():
            self.hand_over(next(looks) * every)
            if self.ended:
                brian2.stop()

        return brian2.NetworkOperation(at, dt=every * brian2.second, when="start", name="observer")


def _state(objects: dict) -> dict[str, NDArray[np.float64]]:
    """Return v, w, g_e, g_i of all neurons, mV, pA, nS."""
    groups = [objects[name] for name in ("excitatory", "inhibitory") if name in objects]
    scales = {"v": 1e3, "w": 1e12, "g_e": 1e9, "g_i": 1e9}
    return {
        name: np.concatenate([getattr(group, f"{name}_")[:] for group in groups]) * scale
        for name, scale in scales.items()
    }


def simulate_reference(
    vector: NDArray[np.float64],
    duration: float,
    *,
    look: Callable[[Chunk], bool],
    look_every: float = 1.0,
    n_neurons: int = 2000,
    seed: int = 0,
    dt: float = DT,
    target: str | None = None,
    pairs: Mapping[str, tuple[NDArray[np.int64], NDArray[np.int64]]] | None = None,
    initial_v: NDArray[np.float64] | None = None,
    external: NDArray[np.floating] | None = None,
) -> None:
    """Run a circuit on brian2, handing over a chunk every look_every, s, until `look` returns True.

    vector: (28,) in table order; duration, dt: s; target: brian2's code generation (None: the best one installed).
    pairs, initial_v, external: given synapses, potentials (mV) and events, to compare engines spike for spike.
    Raises SimulationError when the state is no longer finite, and any error that `look` raises.
    """
    with _one_at_a_time:
        brian2 = _import_brian2()
        brian2.prefs.codegen.target = target or codegen_target()
        objects = brian2_model.build(
            as_configuration(vector), fixed_values(), n_neurons=n_neurons, seed=seed % 2**32, dt=dt * 1e3,
            pairs=pairs, initial_v=initial_v, external=external,
        )  # fmt: skip
        observer = _Observer(objects, look, population_sizes(n_neurons, vector[INDEX["params_net.exc_prop"]])[0])
        brian2_model.run({**objects, "observer": observer.operation(max(round(look_every / dt), 1) * dt)}, duration)
        observer.hand_over(duration)
        if observer.error is not None:
            raise observer.error
