"""A running network of the fast engine: state in arrays, advanced in chunks, parameters changeable between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr

from ..errors import ConfigurationError, SimulationError
from . import kernel as k
from .connectivity import Connectivity, connect
from .domain import check_configuration
from .parameters import DT, FIXED, INDEX, PARAMETERS, V_CUT

CHUNK_SPIKES = 1_000_000
"""Spikes that one call of the kernel may return: 10 MB of buffers, some 2 s of a saturated network."""

_LOG2E = 1.4426950408889634
_REWIRING = [INDEX[spec.name] for spec in PARAMETERS if spec.change == "rewire"]


@dataclass(frozen=True, eq=False)
class Chunk:
    """What happened between two moments of a running network.

    start, stop: s since the network began; spike_times: (n_spikes,) s since then; spike_neurons: (n_spikes,) uint16,
    excitatory first; sample_times: (n_samples,) s; v, w, g_e, g_i: (n_samples, n_sampled) mV, pA, nS.
    """

    start: float
    stop: float
    n_excitatory: int
    spike_times: NDArray[np.float64]
    spike_neurons: NDArray[np.uint16]
    sample_times: NDArray[np.float64]
    v: NDArray[np.floating]
    w: NDArray[np.floating]
    g_e: NDArray[np.floating]
    g_i: NDArray[np.floating]


def refractory_steps(t_refrac: float, dt: float) -> int:
    """Steps after a spike in which v is held. t_refrac: ms; dt: s.

    brian2 lets a neuron go when `timestep(t - lastspike) >= timestep(t_refrac)`, so it is held for one step less than fit in.
    """
    return max(int(t_refrac * 1e-3 / dt + 1e-3) - 1, 0)


def kernel_constants(vector: NDArray[np.float64], dt: float, clustered: bool) -> NDArray[np.float64]:
    """(2, N_CONSTANTS) constants of the kernel, excitatory row first. vector: (28,) in table order; dt: s."""
    p = dict(zip((spec.key for spec in PARAMETERS), vector, strict=True))
    step = dt * 1e3
    cells = (
        (p["E_C"], p["E_g_L"], p["E_v_rest"], p["E_v_thresh"], p["E_v_reset"], p["E_delta_T"], p["E_a"], p["E_b"], p["E_tau_w"]),
        (FIXED.C, FIXED.g_L, FIXED.v_rest, FIXED.v_thresh, FIXED.v_reset, FIXED.delta_T, FIXED.a, FIXED.b, FIXED.tau_w),
    )
    synapses = (
        (p["E_tau_ge"], p["E_tau_gi"], p["E_E_gi"], p["E_Q_ge"], p["E_Q_gi"], p["E_Q_ge"] * (p["net_R_Qe2e"] if clustered else 1)),
        (FIXED.tau_ge, FIXED.tau_gi, FIXED.E_gi, p["I_Q_ge"], p["I_Q_gi"], p["I_Q_ge"]),
    )
    out = np.zeros((2, k.N_CONSTANTS))
    for row, (cell, synapse) in enumerate(zip(cells, synapses, strict=True)):
        C, g_L, v_rest, v_thresh, v_reset, delta_T, a, b, tau_w = cell
        tau_ge, tau_gi, E_i, q_e, q_i, q_cluster = synapse
        out[row, k.LEAK] = step * g_L / C
        out[row, k.LEAK_REST] = step * g_L / C * v_rest
        if delta_T > 0:
            out[row, k.SLOPE] = _LOG2E / delta_T
            out[row, k.OFFSET] = np.log2(step * g_L * delta_T / C) - v_thresh * _LOG2E / delta_T
        out[row, k.INVERSE_C] = step / C
        out[row, k.E_EXC], out[row, k.E_INH], out[row, k.V_REST] = FIXED.E_e, E_i, v_rest
        out[row, k.W_DECAY], out[row, k.W_GAIN] = 1 - step / tau_w, step * a / tau_w
        out[row, k.GE_DECAY], out[row, k.GI_DECAY] = 1 - step / tau_ge, 1 - step / tau_gi
        out[row, k.V_RESET], out[row, k.W_JUMP], out[row, k.V_CUT] = v_reset, b, V_CUT
        out[row, k.Q_E], out[row, k.Q_I], out[row, k.Q_E_CLUSTER] = q_e, q_i, q_cluster
        out[row, k.Q_EXTERNAL] = FIXED.Q_external
    return out


def poisson_tables(means: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Cumulative probabilities of two Poisson numbers, from their offsets on, with a guide to where a search begins.

    Returns table (2, width), guide (2, 256): the first column that a uniform number in [i/256, (i+1)/256) can reach, offset (2,).
    """
    spread = [10 * np.sqrt(mean) + 30 for mean in means]  # beyond 10 SD nothing is left at the resolution of 53 bits
    offsets = np.array([max(int(mean - s), 0) for mean, s in zip(means, spread, strict=True)], dtype=np.int64)
    width = max(int(mean + s) - offset for mean, s, offset in zip(means, spread, offsets, strict=True))
    table = np.ones((2, width))
    guide = np.zeros((2, 256), dtype=np.int64)
    for row, (mean, offset) in enumerate(zip(means, offsets, strict=True)):
        if mean > 0:
            table[row] = pdtr(offset + np.arange(width), mean)
            table[row, -1] = 1.0
            guide[row] = np.searchsorted(table[row], np.arange(256) / 256)
    return table, guide, offsets


class Network:
    """One circuit of the fast engine, drawn from a seed and advanced in chunks.

    The seed is split into independent streams for connectivity, initial state and input, so that changing a parameter
    between chunks leaves the others' randomness alone. Not shared between threads; separate networks may run in separate threads.
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
        check_configuration(vector, dt=dt, n_neurons=n_neurons)
        self.vector = np.array(vector, dtype=np.float64)
        self.n_neurons, self.seed, self.dt = n_neurons, seed, dt
        self.dtype, self._run = (np.float64, k.run_double) if precision == "double" else (np.float32, k.run_single)
        self.step = 0
        wiring, state, drive = np.random.SeedSequence(seed).spawn(3)
        self.connectivity = connectivity or connect(self.vector, n_neurons, wiring)
        n_excitatory = self.connectivity.n_excitatory
        rest = np.full(n_neurons, FIXED.v_rest)
        rest[:n_excitatory] = self.vector[INDEX["params_Epop.v_rest"]]
        if initial_v is None:
            initial_v = rest + FIXED.v_initial_sd * np.random.default_rng(state).standard_normal(n_neurons)
        self.v = np.asarray(initial_v, dtype=self.dtype).copy()
        self.w, self.g_e, self.g_i = (np.zeros(n_neurons, self.dtype) for _ in range(3))
        self._key = drive.generate_state(1, np.uint64)
        self._ring = np.zeros((2, n_neurons), np.uint16)
        self._ring_start = np.zeros(2, np.int64)
        self._ring_count = np.zeros((2, 64), np.int64)
        self._ring_held = np.zeros(2, np.int64)
        self._spike_steps = np.empty(max(CHUNK_SPIKES, 2 * n_neurons), np.int64)
        self._spike_neurons = np.empty(len(self._spike_steps), np.uint16)
        self._no_external = np.zeros((0, 0), self.dtype)
        self._take_parameters()

    def _take_parameters(self) -> None:
        """Recompute what the kernel is given from the parameter vector."""
        n_excitatory = self.connectivity.n_excitatory
        clustered = bool(np.any(self.connectivity.row_cluster < self.connectivity.row_inhibitory))
        self._constants = kernel_constants(self.vector, self.dt, clustered).astype(self.dtype)
        driven = (int(self.vector[INDEX["params_Epop.p_igniters"]] * n_excitatory), self.n_neurons - n_excitatory)
        held = [
            refractory_steps(t, self.dt) for t in (self.vector[INDEX["params_Epop.t_refrac"]], FIXED.t_refrac)
        ]
        self._keep_history(max(held) + 2)
        self._whole = np.array(
            [[0, n_excitatory, driven[0], held[0]], [n_excitatory, self.n_neurons, driven[1], held[1]]], dtype=np.int64
        )
        slots = self._ring_count.shape[1]
        for row in range(2):  # who is still held may change with t_refrac
            # the kernel adds the last step's spikes and drops those of `held` steps before it
            recent = (self.step - 2 - np.arange(held[row])) % slots
            self._ring_held[row] = self._ring_count[row, recent].sum()
        rates = self.vector[INDEX["params_Epop.poisson_rate"]], self.vector[INDEX["params_Ipop.poisson_rate"]]
        means = tuple(FIXED.n_sources * rate * n * self.dt for rate, n in zip(rates, driven, strict=True))
        self._poisson = poisson_tables(means)

    def _keep_history(self, slots: int) -> None:
        """Make room for the spike counts of so many steps."""
        have = self._ring_count.shape[1]
        if slots <= have:
            return
        grown = np.zeros((2, 2 * slots), np.int64)
        for back in range(1, min(have, self.step) + 1):
            grown[:, (self.step - back) % (2 * slots)] = self._ring_count[:, (self.step - back) % have]
        self._ring_count = grown

    @property
    def time(self) -> float:
        """Model time since the network began, s."""
        return self.step * self.dt

    def change(self, vector: NDArray[np.float64]) -> bool:
        """Take new parameters; returns whether the network had to be rewired. The state carries on.

        Neuron, synapse and input parameters take effect at once. Connectivity parameters draw new synapses from the same
        stream. When the excitatory fraction moves, neurons that change population start from rest.
        """
        check_configuration(vector, dt=self.dt, n_neurons=self.n_neurons)
        vector = np.array(vector, dtype=np.float64)
        rewire = bool(np.any(vector[_REWIRING] != self.vector[_REWIRING]))
        if rewire:
            before = self.connectivity.n_excitatory
            wiring = np.random.SeedSequence(self.seed).spawn(3)[0]
            self.connectivity = connect(vector, self.n_neurons, wiring)
            after = self.connectivity.n_excitatory
            if after != before:
                moved = slice(min(before, after), max(before, after))
                self.v[moved] = vector[INDEX["params_Epop.v_rest"]] if after > before else FIXED.v_rest
                for values in (self.w, self.g_e, self.g_i):
                    values[moved] = 0
                self._ring_count[:] = 0  # the refractory lists are by population; those few are let go early
        self.vector = vector
        self._take_parameters()
        return rewire

    def advance(
        self,
        duration: float,
        *,
        external: NDArray[np.floating] | None = None,
        sampled: NDArray[np.int64] | None = None,
        sample_interval: float = 1e-3,
    ) -> Chunk:
        """Run for a duration, s, and return what happened; raises SimulationError when the state is no longer finite.

        external: (steps, n_neurons) numbers of external events to use instead of random ones.
        sampled: neurons whose state is returned every sample_interval, s.
        """
        n_steps = round(duration / self.dt)
        if n_steps < 1:
            raise ConfigurationError(f"A chunk of {duration:g} s is shorter than the time step of {self.dt:g} s.")
        every = max(round(sample_interval / self.dt), 1) if sampled is not None and len(sampled) else 0
        sampled = np.asarray(sampled if every else [], dtype=np.int64)
        samples = np.zeros((4, n_steps // every + 1 if every else 1, len(sampled)), self.dtype)
        began, steps, neurons = self.step, [], []
        given = self._no_external if external is None else np.ascontiguousarray(external, dtype=self.dtype)
        while self.step < began + n_steps:
            done, n_spikes = self._run(
                began + n_steps - self.step, self.step, self._constants, self._whole,
                self.v, self.w, self.g_e, self.g_i,
                self.connectivity.row_start, self.connectivity.row_cluster, self.connectivity.row_inhibitory,
                self.connectivity.row_end, self.connectivity.targets,
                *self._poisson, self._key, given[self.step - began :],
                self._ring, self._ring_start, self._ring_count, self._ring_held,
                self._spike_steps, self._spike_neurons, 0, every, sampled, samples,
            )  # fmt: skip
            self.step += done
            steps.append(self._spike_steps[:n_spikes].copy())
            neurons.append(self._spike_neurons[:n_spikes].copy())
        if not (np.isfinite(self.v).all() and np.isfinite(self.g_e).all() and np.isfinite(self.w).all()):
            raise SimulationError(
                f"The network blew up numerically before {self.time:.3g} s of model time (a membrane potential, adaptation or "
                "conductance is no longer finite); check the parameters far outside the prior, or take a smaller dt."
            )
        sample_steps = np.arange(began, self.step)
        sample_steps = sample_steps[sample_steps % every == 0] if every else sample_steps[:0]
        rows = sample_steps // every % samples.shape[1] if every else sample_steps
        return Chunk(
            began * self.dt, self.time, self.connectivity.n_excitatory,
            np.concatenate(steps) * self.dt, np.concatenate(neurons), sample_steps * self.dt,
            *(samples[variable, rows] for variable in range(4)),
        )  # fmt: skip

