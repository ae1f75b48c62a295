"""A running network of the fast engine. Its state is in arrays, it advances in chunks, and parameters may change between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import ConfigurationError
from .. import constants as k
from ..domain import check_configuration, check_duration, check_spikes, check_state
from ..parameters import DT, FIXED, INDEX, PARAMETERS, Configuration
from .chunk import Chunk
from .connectivity import Connectivity, connect
from .kernel import run_double, run_single, working_room
from .tables import kernel_constants, poisson_tables, refractory_steps, set_limits

CHUNK_SPIKES = 1_000_000
"""Most spikes that one call of the kernel may return: 10 MB of buffers, about 2 s of a saturated network."""

MAX_SAMPLED_VALUES = 100_000_000
"""Most samples of one chunk, neurons times moments. With four variables each they take 1.6 GB in float32."""

_REWIRING = [INDEX[spec.name] for spec in PARAMETERS if spec.change == "rewire"]
_NEVER = -(2**62)


class Network:
    """One circuit of the fast engine, drawn from a seed and advanced in chunks.

    The seed is split into independent streams for connectivity, initial state and input, so changing a parameter
    between chunks leaves the other streams alone. A network belongs to one thread; separate networks may run in
    separate threads. connectivity, initial_v (mV): given instead of drawn, to compare engines spike for spike.
    """

    def __init__(
        self,
        vector: NDArray[np.float64],
        *,
        n_neurons: int = 2000,
        seed: int = 0,
        dt: float = DT,
        precision: str = "single",
        connectivity: Connectivity | None = None,
        initial_v: NDArray[np.float64] | None = None,
    ) -> None:
        self.vector = check_configuration(vector, dt=dt, n_neurons=n_neurons, seed=seed)
        if precision not in ("single", "double"):
            raise ConfigurationError(f"precision = {precision!r}; it must be 'single' or 'double'.")
        self.n_neurons, self.seed, self.dt = n_neurons, seed, dt
        double = precision == "double"
        self.dtype: Any = np.float64 if double else np.float32
        self._run = run_double if double else run_single
        self.step = 0
        wiring, state, drive = np.random.SeedSequence(seed).spawn(3)
        self.connectivity = connectivity or connect(self.vector, n_neurons, wiring)
        n_excitatory = self.connectivity.n_excitatory
        rest = np.full(n_neurons, FIXED.v_rest)
        rest[:n_excitatory] = self.vector[INDEX["params_Epop.v_rest"]]
        if initial_v is None:
            initial_v = rest + FIXED.v_initial_sd * np.random.default_rng(state).standard_normal(n_neurons)
        if np.shape(initial_v) != (n_neurons,) or self.connectivity.n_neurons != n_neurons:
            raise ConfigurationError(f"initial_v and connectivity must be for {n_neurons} neurons.")
        self.v, self.w, self.g_e, self.g_i = _state(n_neurons, self.dtype)
        self.v[:] = initial_v
        self._key = drive.generate_state(1, np.uint64)
        self._last_spike = np.full(n_neurons, _NEVER)
        self._spike_steps = np.empty(max(CHUNK_SPIKES, 2 * n_neurons), np.int64)
        self._spike_neurons = np.empty(len(self._spike_steps), np.uint16)
        self._no_external = np.zeros((0, 0), self.dtype)
        self._take_parameters()

    def _take_parameters(self) -> None:
        """Recompute the kernel's tables from the parameter vector."""
        n_excitatory = self.connectivity.n_excitatory
        clustered = bool(np.any(self.connectivity.row_cluster < self.connectivity.row_inhibitory))
        self._constants = kernel_constants(self.vector, self.dt, clustered).astype(self.dtype)
        set_limits(self._constants)
        driven = (int(self.vector[INDEX["params_Epop.p_igniters"]] * n_excitatory), self.n_neurons - n_excitatory)
        held = [refractory_steps(t, self.dt) for t in (self.vector[INDEX["params_Epop.t_refrac"]], FIXED.t_refrac)]
        counted = self.connectivity.count_from
        self._whole = np.array(
            [
                [0, n_excitatory, driven[0], held[0], counted[0]],
                [n_excitatory, self.n_neurons, driven[1], held[1], counted[1]],
            ],
            dtype=np.int64,
        )
        self._list_held()
        rates = self.vector[INDEX["params_Epop.poisson_rate"]], self.vector[INDEX["params_Ipop.poisson_rate"]]
        means = tuple(FIXED.n_sources * rate * n * self.dt for rate, n in zip(rates, driven, strict=True))
        self._poisson = poisson_tables(means)
        self._room = working_room(self.n_neurons, self._poisson[0].shape[1], self.connectivity.bits)

    def _list_held(self) -> None:
        """List the neurons that are refractory at this moment, as the kernel does while it runs."""
        held = self._whole[:, k.HELD_STEPS]
        slots = max(64, int(held.max()) + 2)
        self._ring = np.zeros((2, self.n_neurons), np.uint16)
        self._ring_start = np.zeros(2, np.int64)
        self._ring_count = np.zeros((2, slots), np.int64)
        self._ring_held = np.zeros(2, np.int64)
        for row in range(2):
            first, last = self._whole[row, [k.FIRST, k.LAST]]
            spiked = self._last_spike[first:last]
            # the next step adds the spikes of the step before it, and releases those of `held` steps earlier
            listed = np.flatnonzero(spiked >= self.step - 1 - held[row])
            listed = listed[np.argsort(spiked[listed], kind="stable")]
            self._ring[row, : len(listed)] = listed + first
            self._ring_start[row] = len(listed) % self.n_neurons
            np.add.at(self._ring_count[row], spiked[listed] % slots, 1)
            self._ring_held[row] = np.count_nonzero(spiked[listed] <= self.step - 2)

    @property
    def time(self) -> float:
        """Model time since the network began, s."""
        return self.step * self.dt

    def change(self, configuration: Configuration | ArrayLike) -> bool:
        """Take new parameters and keep the state; return whether the network had to be rewired.

        Neuron, synapse and input parameters take effect at once. Connectivity parameters draw new synapses from the
        same stream. When the excitatory fraction changes, neurons that change population start from rest.
        """
        vector = check_configuration(configuration, dt=self.dt, n_neurons=self.n_neurons)
        rewire = bool(np.any(vector[_REWIRING] != self.vector[_REWIRING]))
        if rewire:
            before = self.connectivity.n_excitatory
            wiring = np.random.SeedSequence(self.seed).spawn(3)[0]
            self.connectivity = connect(vector, self.n_neurons, wiring)
            after = self.connectivity.n_excitatory
            moved = slice(min(before, after), max(before, after))
            self.v[moved] = vector[INDEX["params_Epop.v_rest"]] if after > before else FIXED.v_rest
            self._last_spike[moved] = _NEVER
            for values in (self.w, self.g_e, self.g_i):
                values[moved] = 0
        self.vector = vector
        self._take_parameters()
        return rewire

    def advance(
        self,
        duration: float,
        *,
        external: NDArray[np.floating] | None = None,
        sampled: Sequence[int] | NDArray[np.integer] | None = None,
        sample_interval: float = 1e-3,
    ) -> Chunk:
        """Run for a duration, s, and return what happened.

        external: (steps, n_neurons) numbers of external events to use instead of random ones.
        sampled: neurons whose state is returned every sample_interval, s.
        Raises SimulationError when the state is no longer finite and for more than `MAX_RECORDED_SPIKES` spikes.
        """
        check_duration(duration, self.dt)
        n_steps = round(duration / self.dt)
        every, sampled, samples = self._room_for_samples(n_steps, sampled, sample_interval)
        given = self._no_external if external is None else np.ascontiguousarray(external, dtype=self.dtype)
        if external is not None and given.shape != (n_steps, self.n_neurons):
            raise ConfigurationError(
                f"external has shape {given.shape}; {n_steps} steps of {self.n_neurons} neurons are run."
            )
        began, times, neurons, kept = self.step, [], [], 0
        while self.step < began + n_steps:
            done, n_spikes = self._run(
                began + n_steps - self.step, self.step, self._constants, self._whole,
                self.v, self.w, self.g_e, self.g_i,
                self.connectivity.row_start, self.connectivity.row_cluster, self.connectivity.row_inhibitory,
                self.connectivity.row_end, self.connectivity.targets, self.connectivity.bits,
                *self._poisson, self._key, given[self.step - began :],
                self._ring, self._ring_start, self._ring_count, self._ring_held, self._last_spike,
                self._spike_steps, self._spike_neurons, 0, every, sampled, samples, self._room,
            )  # fmt: skip
            self.step += done
            times.append(self._spike_steps[:n_spikes] * self.dt)
            neurons.append(self._spike_neurons[:n_spikes].copy())
            kept += n_spikes
            check_spikes(kept, self.time)
        check_state({"v": self.v, "w": self.w, "g_e": self.g_e, "g_i": self.g_i}, self.time)
        sample_steps = np.arange(-(-began // every) * every, self.step, every) if every else np.empty(0, np.int64)
        rows = sample_steps // max(every, 1) % samples.shape[1]
        return Chunk(
            began * self.dt, self.time, self.connectivity.n_excitatory,
            _joined(times), _joined(neurons), sample_steps.astype(np.float64) * self.dt,
            *(samples[variable, rows] for variable in range(4)),
        )  # fmt: skip

    def _room_for_samples(
        self, n_steps: int, sampled: Sequence[int] | NDArray[np.integer] | None, interval: float
    ) -> tuple[int, NDArray[np.int64], NDArray[np.floating]]:
        """Return the number of steps between samples (0: no samples), the neurons, and an array for the samples (4, moments, neurons)."""
        if sampled is None or len(sampled) == 0:
            return 0, np.empty(0, np.int64), np.zeros((4, 1, 0), self.dtype)
        chosen = np.array(sampled, dtype=np.int64)
        if chosen.min() < 0 or chosen.max() >= self.n_neurons:
            raise ConfigurationError(f"sampled neurons {chosen.tolist()} must lie between 0 and {self.n_neurons - 1}.")
        if not 0 < interval < np.inf:
            raise ConfigurationError(f"sample_interval = {interval:g} s is outside its allowed range (0, ∞).")
        every = max(round(interval / self.dt), 1)
        moments = n_steps // every + 1
        if moments * len(sampled) > MAX_SAMPLED_VALUES:
            raise ConfigurationError(
                f"{len(sampled)} neurons at {moments} moments are {moments * len(sampled):.2g} sampled values per "
                f"variable; at most {MAX_SAMPLED_VALUES:.0e} fit a chunk. Take a shorter chunk, a longer "
                "sample_interval or fewer neurons."
            )
        return every, chosen, np.zeros((4, moments, len(sampled)), self.dtype)


def _state(n_neurons: int, dtype: Any) -> list[NDArray[np.floating]]:
    """Return four zero arrays, (n_neurons,), that each start on a cache line, at different offsets from the start of a page.

    Instructions that straddle two lines take twice as long, and a load waits for a store at the same offset in another
    page.
    """
    size = np.dtype(dtype).itemsize * n_neurons
    stride = -(-size // 4096) * 4096 + 1024
    room = np.zeros(4 * stride + 4096, np.uint8)
    first = -room.ctypes.data % 4096
    return [room[at : at + size].view(dtype) for at in range(first, first + 4 * stride, stride)]


def _joined(pieces: list[NDArray]) -> NDArray:
    """Return one array of all pieces. A single piece is not copied, and most chunks fit the buffer."""
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def simulate_fast(
    vector: NDArray[np.float64],
    duration: float,
    *,
    look: Callable[[Chunk], bool],
    look_every: float,
    n_neurons: int,
    seed: int,
    dt: float,
    precision: str,
) -> None:
    """Run a circuit on the fast engine, handing over a chunk every look_every, s, until `look` returns True."""
    network = Network(vector, n_neurons=n_neurons, seed=seed, dt=dt, precision=precision)
    n_steps, per_look = round(duration / dt), max(round(look_every / dt), 1)
    while network.step < n_steps:
        if look(network.advance(min(per_look, n_steps - network.step) * dt)):
            return
