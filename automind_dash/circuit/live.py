"""A circuit that runs in frames, takes new parameters between them, and remembers its recent past."""

from __future__ import annotations

import copy
import threading
from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..recording import Recording
from .engine.chunk import Chunk
from .engine.stream import Stream, stream
from .parameters import HIGH, LOW, Configuration, as_configuration

RATE_BIN = 0.005
"""s; frames last a whole number of bins."""

SAMPLE_INTERVAL = 1e-3
"""s between samples of the watched neuron."""

MAX_DRAWN_RATE = 200_000.0
"""Most spikes per s of model time that are handed on to be drawn. They are chosen evenly, and rates count all spikes. A
screen has no more dots to give, and a share that varied between frames would show as stripes."""

MAX_PAST_SPIKES = 3_000_000
"""Most spikes of the past that are kept, 30 MB. A saturated circuit has a shorter past."""

_engine = threading.Event()
"""Set once this process has loaded the engine."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A stretch of a running circuit, ready to be drawn.

    start, stop: s since the circuit began; times: (n,) s after `start`; rows: (n,) rows of the raster, from 0:
    excitatory neurons ordered by cluster, then inhibitory neurons from row n_excitatory on; n_spikes: all spikes of the
    stretch (times holds at most MAX_DRAWN_RATE per s of them); rate_e, rate_i: (bins,) Hz per neuron in RATE_BIN; v, w:
    (samples,) mV and pA of the watched neuron.
    """

    start: float
    stop: float
    n_neurons: int
    n_excitatory: int
    n_spikes: int
    times: NDArray[np.float32]
    rows: NDArray[np.uint16]
    rate_e: NDArray[np.float32]
    rate_i: NDArray[np.float32]
    v: NDArray[np.float32]
    w: NDArray[np.float32]


class LiveCircuit:
    """One running circuit, for one thread at a time. `past`: s that `recording` looks back; `watched`: neuron whose state is sampled.

    Raises ConfigurationError for a configuration or seed outside the model's domain.
    """

    def __init__(
        self, configuration: Configuration | ArrayLike, *, seed: int, n_neurons: int = 2000, past: float = 10.0
    ) -> None:
        self.seed, self.past, self.watched = seed, past, 0
        self._stream: Stream = stream(
            configuration, chunk=RATE_BIN, n_neurons=n_neurons, seed=seed, sampled=[0], sample_interval=SAMPLE_INTERVAL
        )
        self._kept: deque[Chunk] = deque()
        self._since = 0.0
        self._order_rows()

    def _order_rows(self) -> None:
        """Give every neuron its row. Clusters stand together, ordered by first and then second label."""
        wiring = self._stream.network.connectivity
        self._rows = np.arange(wiring.n_neurons, dtype=np.uint16)
        if wiring.labels.shape[1] == wiring.n_excitatory:
            first, second = wiring.labels
            self._rows[np.lexsort((second, first))] = np.arange(wiring.n_excitatory, dtype=np.uint16)

    @property
    def time(self) -> float:
        """Model time since the circuit began, s."""
        return self._stream.time

    @property
    def vector(self) -> NDArray[np.float64]:
        """(28,) the current parameters."""
        return self._stream.network.vector

    @property
    def n_neurons(self) -> int:
        """Number of neurons of both populations."""
        return self._stream.network.n_neurons

    @property
    def configuration(self) -> dict[str, float]:
        """The current parameters by their published names."""
        return as_configuration(self.vector)

    def change(self, configuration: Configuration | ArrayLike) -> bool:
        """Take new parameters and keep the state; return whether the network was rewired. Raises ConfigurationError."""
        rewired = self._stream.change_to(configuration)
        if rewired:
            self._order_rows()
            self.forget()  # neuron numbers mean other neurons now
        return rewired

    def forget(self) -> None:
        """Let the remembered past begin now."""
        self._kept.clear()
        self._since = self.time

    def advance(self, duration: float) -> Frame:
        """Run for about this long, s (rounded to at least one whole rate bin), and return what happened. Raises SimulationError."""
        bins = max(round(duration / RATE_BIN), 1)
        self._stream.chunk = bins * RATE_BIN
        self._stream.sampled = [min(self.watched, self.n_neurons - 1)]
        chunk = next(self._stream)
        self._keep(chunk)
        times = chunk.spike_times - chunk.start
        excitatory = chunk.spike_neurons < chunk.n_excitatory
        at = np.minimum((times / RATE_BIN).astype(np.int64), bins - 1)
        rates = [
            (np.bincount(at[kind], minlength=bins) / (max(n, 1) * RATE_BIN)).astype(np.float32)
            for kind, n in ((excitatory, chunk.n_excitatory), (~excitatory, self.n_neurons - chunk.n_excitatory))
        ]
        n_spikes = len(times)
        drawn = slice(None)
        most = round(MAX_DRAWN_RATE * bins * RATE_BIN)
        if n_spikes > most:
            drawn = np.linspace(0, n_spikes - 1, most).astype(np.int64)  # type: ignore[assignment]
        return Frame(
            chunk.start, chunk.stop, self.n_neurons, chunk.n_excitatory, n_spikes, times[drawn].astype(np.float32),
            self._rows[chunk.spike_neurons[drawn]], *rates, *(x[:, 0].astype(np.float32) for x in (chunk.v, chunk.w)),
        )  # fmt: skip

    def _keep(self, chunk: Chunk) -> None:
        self._kept.append(chunk)
        kept = sum(len(one.spike_times) for one in self._kept)
        while len(self._kept) > 1 and (self._kept[0].stop < chunk.stop - self.past or kept > MAX_PAST_SPIKES):
            gone = self._kept.popleft()
            kept -= len(gone.spike_times)
            self._since = gone.stop

    def recording(self, *, ordered: bool = False) -> Recording:
        """Return the remembered past of at most `past` s. Time counts from its start.

        Units are the excitatory neurons. With `ordered`, units are all neurons in the order of the raster's rows.
        """
        n_excitatory = self._stream.network.connectivity.n_excitatory
        start = max(self._since, self.time - self.past)
        times = np.concatenate([one.spike_times for one in self._kept] or [np.empty(0)])
        neurons = np.concatenate([one.spike_neurons for one in self._kept] or [np.empty(0, np.uint16)])
        kept = times >= start
        if not ordered:
            kept &= neurons < n_excitatory
        times, neurons = times[kept] - start, neurons[kept]
        return Recording(
            spike_times=np.maximum(times, 0.0), spike_units=(self._rows[neurons] if ordered else neurons).astype(np.int64),
            n_units=self.n_neurons if ordered else n_excitatory, duration=max(self.time - start, RATE_BIN), name="live circuit",
        )  # fmt: skip

    def copy(self) -> LiveCircuit:
        """Return an independent copy of the circuit as it is now, with its state and past."""
        twin: LiveCircuit = copy.copy(self)
        twin._kept = self._kept.copy()
        twin._stream = copy.copy(self._stream)
        network, shared = self._stream.network, {}
        shared[id(network.connectivity)] = network.connectivity  # these are replaced, never changed in place
        twin._stream.network = copy.deepcopy(network, shared)
        return twin


def engine_loaded() -> bool:
    """Tell whether this process has loaded the fast engine."""
    return _engine.is_set()


def load_engine() -> None:
    """Import the fast engine and its compiled code. This takes a second or more, so call it off the event loop."""
    LiveCircuit((LOW + HIGH) / 2, seed=0, n_neurons=100).advance(RATE_BIN)
    _engine.set()


def began_again(circuit: LiveCircuit) -> LiveCircuit:
    """Return the same circuit with the same seed, at its beginning."""
    other = LiveCircuit(circuit.vector, seed=circuit.seed, n_neurons=circuit.n_neurons, past=circuit.past)
    other.watched = circuit.watched
    return other
