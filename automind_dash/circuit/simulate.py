"""Run a circuit to its end and return a Recording."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ConfigurationError, SimulationError
from ..recording import Recording
from ..version import __version__
from .domain import check_configuration, check_duration, check_spikes, population_sizes
from .outcome import occupied
from .parameters import DT, INDEX, Configuration, as_configuration

if TYPE_CHECKING:
    from .engine.network import Chunk

Engine = Literal["fast", "reference"]
Precision = Literal["single", "double"]
Population = Literal["all", "excitatory", "inhibitory"]

LOOK_EVERY = 1.0
"""s of model time between checks of `should_stop` and of the spike count: about 10 ms of the fast engine's work."""

CHUNKS_PER_QUESTION = 5
"""Checks between two calls of `enough`, which analyses the recording so far."""


@dataclass(frozen=True)
class StopRule:
    """When a run is not worth finishing.

    silent_after: s without one excitatory spike after which a circuit counts as silent
    saturated_after: s; a circuit counts as saturated when excitatory t_refrac × rate from 0.1 s until then lies above
    `saturation`. The publication decides at 10.1 s. Every circuit opens with a burst, so no earlier rate says anything.
    """

    silent_after: float = 10.1
    saturated_after: float = 10.1
    saturation: float = 0.99


def simulate(
    configuration: Configuration | ArrayLike,
    duration: float,
    *,
    n_neurons: int = 2000,
    seed: int,
    engine: Engine = "fast",
    record: Population = "all",
    dt: float = DT,
    precision: Precision = "single",
    stop_rule: StopRule | None = None,
    should_stop: Callable[[], bool] | None = None,
    enough: Callable[[Recording], bool] | None = None,
    name: str = "simulation",
) -> Recording:
    """Simulate a circuit and return its spikes as a Recording.

    configuration: the 28 published names and values, or (28,) in table order; duration, dt: s; engine: "fast" (numba)
    or "reference" (brian2); record: the population whose spikes are kept; precision: of the fast engine's arithmetic
    (brian2's is always double). stop_rule: ends the run early, with a shorter recording, when the circuit is silent or
    saturated. should_stop: called once per second of model time; when it returns True the run ends with
    SimulationError. enough: called every 5 s of model time with the recording so far; when it returns True the run ends
    and returns this recording. The provenance holds configuration, seed, engine, network size, step, requested duration
    and version: enough to run it again. Raises ConfigurationError for values outside the model's domain and
    SimulationError for blow-up or too many spikes.
    """
    vector = check_configuration(configuration, dt=dt, n_neurons=n_neurons, seed=seed)
    check_duration(duration, dt)
    for label, value, allowed in (
        ("record", record, Population),
        ("engine", engine, Engine),
        ("precision", precision, Precision),
    ):
        if value not in get_args(allowed):
            raise ConfigurationError(f"{label} = {value!r}; there are {', '.join(map(repr, get_args(allowed)))}.")
    if engine == "reference":
        precision = "double"
    provenance = {
        "kind": "simulation", "configuration": as_configuration(vector), "seed": int(seed), "engine": engine,
        "n_neurons": n_neurons, "dt_s": dt, "precision": precision, "version": __version__,
        "asked_s": float(duration),
    }  # fmt: skip
    kept = _Kept(vector, n_neurons, record, name, provenance, duration=duration)

    def look(chunk: Chunk) -> bool:
        kept.take(chunk)
        if should_stop is not None and should_stop():
            raise SimulationError(f"{name} was cancelled after {chunk.stop:.3g} s of model time.")
        if stop_rule is not None and kept.decided(stop_rule):
            return True
        return enough is not None and kept.n_chunks % CHUNKS_PER_QUESTION == 0 and enough(kept.recording())

    # imported here because importing an engine takes longer than everything else
    if engine == "reference":
        from .reference import simulate_reference

        simulate_reference(
            vector, duration, look=look, look_every=LOOK_EVERY, n_neurons=n_neurons, seed=seed, dt=dt
        )  # fmt: skip
    else:
        from .engine.network import simulate_fast

        simulate_fast(
            vector,
            duration,
            look=look,
            look_every=LOOK_EVERY,
            n_neurons=n_neurons,
            seed=seed,
            dt=dt,
            precision=precision,
        )
    return kept.whole()


class _Kept:
    """The spikes kept so far, and whether the run is still worth its time."""

    def __init__(
        self,
        vector: NDArray[np.float64],
        n_neurons: int,
        record: Population,
        name: str,
        provenance: dict,
        *,
        duration: float,
    ) -> None:
        self.n_neurons, self.record = n_neurons, record
        self.name, self.provenance, self.duration = name, provenance, duration
        self.n_excitatory, _ = population_sizes(n_neurons, vector[INDEX["params_net.exc_prop"]])
        self.t_refrac = float(vector[INDEX["params_Epop.t_refrac"]])
        self.first, self.last = _range_of(record, self.n_excitatory, n_neurons)
        self.times, self.units = np.empty(4096), np.empty(4096, dtype=np.int32)  # the first n_kept places are filled
        self.time = 0.0
        self.n_chunks = self.n_kept = self.excitatory_spikes = self.opening_spikes = 0

    def take(self, chunk: Chunk) -> None:
        """Keep a chunk's spikes of the recorded population."""
        excitatory = chunk.spike_neurons < self.n_excitatory
        self.excitatory_spikes += int(np.count_nonzero(excitatory))
        if chunk.start < 0.1:
            self.opening_spikes += int(excitatory[chunk.spike_times < 0.1].sum())
        times, neurons = chunk.spike_times, chunk.spike_neurons
        if self.record != "all":
            chosen = excitatory if self.record == "excitatory" else ~excitatory
            times, neurons = times[chosen], neurons[chosen]
        before, self.n_kept = self.n_kept, self.n_kept + len(times)
        self.time, self.n_chunks = chunk.stop, self.n_chunks + 1
        check_spikes(self.n_kept, self.time)
        if self.n_kept > len(self.times):  # recordings that were handed out keep the old array
            room = max(self.n_kept, 2 * len(self.times)) - before
            self.times = np.concatenate([self.times[:before], np.empty(room)])
            self.units = np.concatenate([self.units[:before], np.empty(room, dtype=np.int32)])
        self.times[before : self.n_kept] = times
        np.subtract(neurons, self.first, out=self.units[before : self.n_kept], dtype=np.int32)

    def decided(self, rule: StopRule) -> bool:
        """Tell whether the rule calls the circuit silent or saturated."""
        if self.time >= rule.silent_after and self.excitatory_spikes == 0:
            return True
        if self.time < rule.saturated_after or not self.n_excitatory:
            return False
        rate = (self.excitatory_spikes - self.opening_spikes) / (self.n_excitatory * (self.time - 0.1))
        return occupied(rate, self.t_refrac) > rule.saturation

    def recording(self) -> Recording:
        """Return the recording so far. Its spikes are views of arrays that only grow."""
        dt = self.provenance["dt_s"]
        complete = round(self.time / dt) >= round(
            self.duration / dt
        )  # the duration need not be a multiple of the step length
        return Recording(
            self.times[: self.n_kept], self.units[: self.n_kept], self.last - self.first, float(self.duration if complete else self.time),
            self.name, unit_groups=_groups(self.n_excitatory, self.n_neurons)[self.first : self.last], provenance=dict(self.provenance),
        )  # fmt: skip

    def whole(self) -> Recording:
        """Return the whole recording after the run, without unused room."""
        self.times, self.units = self.times[: self.n_kept].copy(), self.units[: self.n_kept].copy()
        return self.recording()


def _range_of(population: Population, n_excitatory: int, n_neurons: int) -> tuple[int, int]:
    """Return the number of a population's first neuron and the number after its last."""
    ends = {"all": (0, n_neurons), "excitatory": (0, n_excitatory), "inhibitory": (n_excitatory, n_neurons)}
    return ends[population]


def _groups(n_excitatory: int, n_neurons: int) -> tuple[str, ...]:
    return ("excitatory",) * n_excitatory + ("inhibitory",) * (n_neurons - n_excitatory)
