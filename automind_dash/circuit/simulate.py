"""Run a circuit: `simulate` returns a Recording, `stream` hands over chunks and takes changes on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..errors import ConfigurationError, SimulationError
from ..recording import Recording
from .domain import check_configuration
from .network import Chunk, Network
from .parameters import DT, Configuration, as_configuration, as_vector

Engine = Literal["fast", "reference"]
Population = Literal["all", "excitatory", "inhibitory"]

MAX_RECORDED_SPIKES = 100_000_000
"""1.2 GB as kept (8 + 4 bytes a spike), some 4 GB while it is put together: ten minutes of 2000 neurons at 80 Hz."""

MAX_DURATION = 3600.0
"""s; an hour of model time is the longest recording that the page's analyses are made for."""

_CHUNK = 1.0
"""s of model time between looks at `should_stop` and at the spike count: about 10 ms of work."""


@dataclass(frozen=True)
class StopRule:
    """When a run is not worth finishing.

    silent_after: s without one excitatory spike after which a circuit counts as silent
    saturated_after: s; excitatory t_refrac × rate above `saturation` from 0.1 s to then counts as saturated. The original decides
    at 10.1 s; every circuit opens with a burst, so no earlier rate says anything.
    """

    silent_after: float = 10.1
    saturated_after: float = 10.1
    saturation: float = 0.99


def _checked(configuration: Configuration | NDArray[np.float64], duration: float, dt: float, n_neurons: int) -> NDArray[np.float64]:
    if isinstance(configuration, Mapping):
        vector = as_vector(configuration)
    else:
        vector = as_vector(as_configuration(np.asarray(configuration)))
    check_configuration(vector, dt=dt, n_neurons=n_neurons)
    if not dt <= duration <= MAX_DURATION:
        raise ConfigurationError(f"duration = {duration:g} s is outside its allowed range [{dt:g}, {MAX_DURATION:g}] s.")
    return vector


def as_recording(
    times: NDArray[np.float64],
    neurons: NDArray[np.integer],
    *,
    duration: float,
    n_excitatory: int,
    n_neurons: int,
    population: Population = "all",
    name: str = "simulation",
    provenance: Mapping | None = None,
) -> Recording:
    """Return simulated spikes as a Recording whose units are labelled "excitatory" and "inhibitory".

    times: (n_spikes,) s, ascending; neurons: (n_spikes,) excitatory first.
    """
    first, last = {"all": (0, n_neurons), "excitatory": (0, n_excitatory), "inhibitory": (n_excitatory, n_neurons)}[population]
    if population != "all":
        kept = (neurons >= first) & (neurons < last)
        times, neurons = times[kept], neurons[kept]
    groups = ("excitatory",) * n_excitatory + ("inhibitory",) * (n_neurons - n_excitatory)
    return Recording(
        np.asarray(times, dtype=np.float64),
        neurons.astype(np.int32) - np.int32(first),
        last - first,
        float(duration),
        name,
        unit_groups=groups[first:last],
        provenance=dict(provenance or {}),
    )


def simulate(
    configuration: Configuration | NDArray[np.float64],
    duration: float,
    *,
    n_neurons: int = 2000,
    seed: int,
    engine: Engine = "fast",
    record: Population = "all",
    dt: float = DT,
    precision: Literal["single", "double"] = "single",
    stop_rule: StopRule | None = None,
    should_stop: Callable[[], bool] | None = None,
    enough: Callable[[Recording], bool] | None = None,
    name: str = "simulation",
) -> Recording:
    """Simulate a circuit and return its spikes as a Recording.

    configuration: the 28 published names and values, or (28,) in table order; duration, dt: s; engine: "fast" (numba) or
    "reference" (brian2); record: the population whose spikes are kept; precision: of the fast engine's arithmetic.
    stop_rule: end early, with a shorter recording, when the circuit is silent or saturated. should_stop: asked
    once per second of model time; when it returns True the run ends with SimulationError. enough: asked every 5 s of model
    time with the recording so far; when it returns True the run ends with what it has.
    The provenance holds configuration, seed, engine, network size, step and version: enough to run it again.
    Raises ConfigurationError for values outside the model's domain and SimulationError for blow-up or too many spikes.
    """
    vector = _checked(configuration, duration, dt, n_neurons)
    provenance = {
        "kind": "simulation", "configuration": as_configuration(vector), "seed": int(seed), "engine": engine,
        "n_neurons": n_neurons, "dt_s": dt, "precision": precision, "version": __version__,
    }  # fmt: skip
    if engine == "reference":
        from .reference import simulate_reference

        times, neurons, n_excitatory = simulate_reference(vector, duration, n_neurons=n_neurons, seed=seed, dt=dt)
        if len(times) > MAX_RECORDED_SPIKES:
            raise _too_many(len(times), duration)
        return as_recording(
            times, neurons, duration=duration, n_excitatory=n_excitatory, n_neurons=n_neurons,
            population=record, name=name, provenance=provenance,
        )  # fmt: skip
    if engine != "fast":
        raise ConfigurationError(f"engine = {engine!r}; there are 'fast' and 'reference'.")
    network = Network(vector, n_neurons=n_neurons, seed=seed, dt=dt, precision=precision)
    spikes = _Collected(network.connectivity.n_excitatory, n_neurons, record, float(vector[14]))
    n_steps, asked = round(duration / dt), round(5.0 / dt)

    def so_far(time: float) -> Recording:
        return as_recording(
            np.concatenate(spikes.times), np.concatenate(spikes.neurons), duration=time,
            n_excitatory=network.connectivity.n_excitatory, n_neurons=n_neurons, population=record, name=name,
            provenance=provenance,
        )  # fmt: skip

    while network.step < n_steps:
        spikes.take(network.advance(min(_CHUNK, (n_steps - network.step) * dt)))
        if should_stop is not None and should_stop():
            raise SimulationError(f"{name} was cancelled after {network.time:.3g} s of model time.")
        if stop_rule is not None and spikes.decided(stop_rule, network.time):
            break
        if enough is not None and network.step < n_steps and network.step % asked == 0 and enough(so_far(network.time)):
            break
    return so_far(network.time if network.step < n_steps else duration)


def _too_many(n_spikes: int, time: float) -> SimulationError:
    return SimulationError(
        f"The run was stopped after {n_spikes:.3g} spikes in {time:.4g} s of model time; at most {MAX_RECORDED_SPIKES:.0e} are kept. "
        "Take a shorter duration, or record the excitatory population only."
    )


class _Collected:
    """Spikes kept so far, and whether the run is still worth its time."""

    def __init__(self, n_excitatory: int, n_neurons: int, record: Population, t_refrac: float) -> None:
        self.n_excitatory, self.n_neurons, self.record, self.t_refrac = n_excitatory, n_neurons, record, t_refrac
        self.times: list[NDArray[np.float64]] = []
        self.neurons: list[NDArray[np.uint16]] = []
        self.n_kept = 0
        self.excitatory_spikes = 0
        self.opening_spikes = 0

    def take(self, chunk: Chunk) -> None:
        """Keep a chunk's spikes of the recorded population."""
        excitatory = chunk.spike_neurons < self.n_excitatory
        self.excitatory_spikes += int(excitatory.sum())
        if chunk.start < 0.1:
            self.opening_spikes += int(excitatory[chunk.spike_times < 0.1].sum())
        if self.record == "all":
            times, neurons = chunk.spike_times, chunk.spike_neurons
        else:
            kept = excitatory if self.record == "excitatory" else ~excitatory
            times, neurons = chunk.spike_times[kept], chunk.spike_neurons[kept]
        self.times.append(times)
        self.neurons.append(neurons)
        self.n_kept += len(times)
        if self.n_kept > MAX_RECORDED_SPIKES:
            raise _too_many(self.n_kept, chunk.stop)

    def decided(self, rule: StopRule, time: float) -> bool:
        """Tell whether the circuit is silent or saturated by the rule."""
        if time >= rule.silent_after and self.excitatory_spikes == 0:
            return True
        if time < rule.saturated_after or not self.n_excitatory:
            return False
        rate = (self.excitatory_spikes - self.opening_spikes) / (self.n_excitatory * (time - 0.1))
        return rate * self.t_refrac * 1e-3 > rule.saturation


class Stream:
    """A running circuit as an iterator of chunks; parameters may be changed between them.

    Iterating never ends by itself. `change` takes effect with the next chunk; the state carries on.
    """

    def __init__(self, network: Network, chunk: float, sampled: NDArray[np.int64], sample_interval: float) -> None:
        self.network = network
        self.chunk = chunk
        self.sampled = sampled
        self.sample_interval = sample_interval

    def __iter__(self) -> Iterator[Chunk]:
        return self

    def __next__(self) -> Chunk:
        return self.network.advance(self.chunk, sampled=self.sampled, sample_interval=self.sample_interval)

    @property
    def configuration(self) -> dict[str, float]:
        """The parameters in force."""
        return as_configuration(self.network.vector)

    def change(self, **or_names: float) -> bool:
        """Set parameters by key (`E_b=40`); returns whether the network was rewired. Raises ConfigurationError, changing nothing."""
        return self.change_to({**self.configuration, **{_name(key): value for key, value in or_names.items()}})

    def change_to(self, configuration: Configuration) -> bool:
        """Set all parameters; returns whether the network was rewired. Raises ConfigurationError, changing nothing."""
        return self.network.change(as_vector(configuration))


def _name(key: str) -> str:
    from .parameters import parameter

    return parameter(key).name


def stream(
    configuration: Configuration | NDArray[np.float64],
    *,
    chunk: float = 0.05,
    n_neurons: int = 2000,
    seed: int,
    sampled: tuple[int, ...] = (),
    sample_interval: float = 1e-3,
    dt: float = DT,
) -> Stream:
    """Start a circuit on the fast engine and return the iterator of its chunks.

    chunk: s of model time per chunk; sampled: neurons whose potential, adaptation and conductances come with every chunk,
    one value per sample_interval, s. Raises ConfigurationError for values outside the model's domain.
    """
    vector = _checked(configuration, chunk, dt, n_neurons)
    if any(not 0 <= neuron < n_neurons for neuron in sampled):
        raise ConfigurationError(f"sampled neurons {sampled} must lie between 0 and {n_neurons - 1}.")
    network = Network(vector, n_neurons=n_neurons, seed=seed, dt=dt)
    return Stream(network, chunk, np.array(sampled, dtype=np.int64), sample_interval)
