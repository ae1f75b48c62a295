"""Spike for spike: both engines run in float64 with the same synapses, input and initial state until their spikes part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from automind_dash.circuit.engine.chunk import Chunk
from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.parameters import DT, FIXED, INDEX

from .configurations import varied_circuits
from .report import Rows, in_processes, markdown, write_page

N_CIRCUITS, N_NEURONS, DURATION = 24, 2000, 20.0
KINDS = ("between", "within", "e2i", "i2e", "i2i")


def external_events(network: Network, seed: int) -> NDArray[np.uint16]:
    """(steps, neurons) numbers of external events."""
    rates = np.zeros(network.n_neurons)
    n_excitatory = network.connectivity.n_excitatory
    driven = int(network.vector[INDEX["E_p_igniters"]] * n_excitatory)
    rates[:driven] = network.vector[INDEX["E_poisson_rate"]]
    rates[n_excitatory:] = network.vector[INDEX["I_poisson_rate"]]
    shape = round(DURATION / DT), network.n_neurons
    return np.random.default_rng(seed).poisson(FIXED.n_sources * rates * DT, shape).astype(np.uint16)


def ordered(times: NDArray[np.float64], neurons: NDArray[np.integer]) -> NDArray[np.int64]:
    """(n_spikes, 2) step and neuron."""
    steps = np.round(times / DT).astype(np.int64)
    order = np.lexsort((neurons, steps))
    return np.column_stack([steps, neurons])[order]


def run(network: Network, external: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Return the network's spikes. It runs in pieces of 1 s, so that memory never holds all events as floats at once."""
    per_piece = round(1 / DT)
    chunks = [network.advance(1.0, external=piece) for piece in np.split(external, len(external) // per_piece)]
    return ordered(np.concatenate([c.spike_times for c in chunks]), np.concatenate([c.spike_neurons for c in chunks]))


def parting(a: NDArray[np.int64], b: NDArray[np.int64]) -> float:
    """Return when two spike lists first differ, s; inf when they do not."""
    n = min(len(a), len(b))
    differing = np.flatnonzero((a[:n] != b[:n]).any(axis=1))
    if len(differing):
        return float(min(a[differing[0], 0], b[differing[0], 0]) * DT)
    return np.inf if len(a) == len(b) else float((a if len(a) > n else b)[n, 0] * DT)


def compare(job: tuple[int, NDArray[np.float64]]) -> dict[str, object]:
    """Return one row: the spikes of both engines, when they part, and when the fast engine parts from itself after one rounding error."""
    from automind_dash.circuit.reference import simulate_reference

    number, theta = job
    network = Network(theta, n_neurons=N_NEURONS, seed=number, precision="double")
    external, initial_v, connectivity = external_events(network, number), network.v.copy(), network.connectivity
    fast = run(network, external)
    chunks: list[Chunk] = []
    simulate_reference(
        theta, DURATION, look=chunks.append, look_every=DURATION, n_neurons=N_NEURONS,
        pairs={kind: connectivity.pairs(kind) for kind in KINDS}, initial_v=initial_v, external=external,
    )  # fmt: skip
    reference = ordered(chunks[0].spike_times, chunks[0].spike_neurons)
    nudged_v = initial_v.copy()
    nudged_v[0] = np.nextafter(nudged_v[0], 0)
    nudged = Network(
        theta, n_neurons=N_NEURONS, seed=number, precision="double", connectivity=connectivity, initial_v=nudged_v
    )
    shown = {key: float(theta[INDEX[key]]) for key in ("net_n_clusters", "E_delta_T", "E_a", "E_p_igniters")}
    return {
        "circuit": number, **shown, "spikes_fast": len(fast), "spikes_brian2": len(reference),
        "engines_part_s": parting(fast, reference),
        "one_ulp_parts_s": parting(fast, run(nudged, external)),
    }  # fmt: skip


def main(*, again: bool, processes: int) -> None:
    """Compare and write docs/truth/spikes.{csv,md}."""
    rows = Rows("spikes", ["circuit"], again=again)
    circuits = varied_circuits(N_CIRCUITS)
    jobs = [(number, circuits[number]) for (number,) in rows.missing((i,) for i in range(N_CIRCUITS))]
    in_processes(compare, jobs, rows, processes)
    table = sorted(rows.rows, key=lambda row: int(row["circuit"]))
    times = np.array([float(row["engines_part_s"]) for row in table])
    nudges = np.array([float(row["one_ulp_parts_s"]) for row in table])
    both = np.isfinite(times) & np.isfinite(nudges)
    write_page(
        "spikes", "Spike for spike",
        "The fast engine's float64 build and brian2 (Cython) with the same synapses, the same external events and the "
        f"same initial state, {N_NEURONS} neurons, {DURATION:g} s, {N_CIRCUITS} active draws from the prior (every "
        "fourth with ΔT = 0, every fifth without clusters, every third with a < -1 nS).",
        f"**Identical (neuron, step) spikes for at least 1 s in {int((times >= 1).sum())} of {len(times)}; to the end "
        f"of {DURATION:g} s in {int(np.isinf(times).sum())}.**",
        "Where the engines part, the cause is rounding: they evaluate the same sums in another order, which differs by an ulp "
        "(1e-14 mV). The last column moves the initial potential of one neuron by one ulp in the fast engine alone, "
        "and nothing else. The spikes then part after a comparable time, since the networks are chaotic"
        + (f" (medians: {np.median(times[both]):.2f} s and {np.median(nudges[both]):.2f} s)." if both.any() else "."),
        markdown(list(table[0]), [list(row.values()) for row in table]),
    )  # fmt: skip
