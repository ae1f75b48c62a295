"""Counting spikes by bit planes: equal to adding them one by one."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.circuit import constants
from automind_dash.circuit.engine import bit_planes, connectivity
from automind_dash.circuit.engine.connectivity import Connectivity, connect
from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.parameters import HIGH, INDEX, LOW

N_SPIKES = (1, 2, 7, 8, 15, 16, 17, 31, 33, 100, 255, 256, 2000)


def circuit(*, clustered: bool, exc_prop: float = 0.8) -> np.ndarray:
    """Return a configuration in the middle of the prior, with or without clusters."""
    vector = (LOW + HIGH) / 2
    vector[INDEX["params_net.exc_prop"]] = exc_prop
    vector[INDEX["params_net.n_clusters"]] = 8 if clustered else 1
    vector[INDEX["params_net.R_pe2e"]] = 4.0 if clustered else 1.0
    return vector


def wired(n_neurons: int, *, clustered: bool, exc_prop: float = 0.8) -> Connectivity:
    """Draw synapses; the same for the same arguments."""
    return connect(circuit(clustered=clustered, exc_prop=exc_prop), n_neurons, np.random.SeedSequence(3))


def delivered(
    wiring: Connectivity, spiking: np.ndarray, precision: str, count_from: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return (g_e, g_i) after one step in which these neurons alone spike, with whole numbers for conductances."""
    clustered = bool(np.any(wiring.row_cluster < wiring.row_inhibitory))
    vector = circuit(clustered=clustered, exc_prop=wiring.n_excitatory / wiring.n_neurons)
    initial = np.where(np.isin(np.arange(wiring.n_neurons), spiking), 1e3, -60.0)
    network = Network(vector, n_neurons=wiring.n_neurons, precision=precision, connectivity=wiring, initial_v=initial)
    for column, whole in ((constants.Q_E, (3, 5)), (constants.Q_I, (2, 9)), (constants.Q_E_CLUSTER, (7, 5))):
        network._constants[:, column] = whole
    # no exponential: 1 V would not survive it
    network._constants[:, [constants.SLOPE, constants.EXP_FROM]] = 0, np.inf
    network._whole[:, constants.COUNT_FROM] = count_from
    chunk = network.advance(network.dt, external=np.zeros((1, wiring.n_neurons)))
    assert chunk.spike_neurons.tolist() == spiking.tolist()
    return network.g_e.copy(), network.g_i.copy()


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize(
    ("n_neurons", "exc_prop"), [(2000, 0.8), (2000, 0.95), (1000, 0.77), (130, 0.5), (64, 0.8), (512, 0.5)]
)
def test_counting_delivers_what_single_spikes_do(n_neurons, exc_prop, clustered, precision):
    wiring = wired(n_neurons, clustered=clustered, exc_prop=exc_prop)
    random = np.random.default_rng(n_neurons)
    for n_spikes in N_SPIKES:
        spiking = np.sort(random.choice(n_neurons, min(n_spikes, n_neurons), replace=False))
        counted = delivered(wiring, spiking, precision, 1)
        single = delivered(wiring, spiking, precision, n_neurons + 1)
        assert np.array_equal(counted[0], single[0])
        assert np.array_equal(counted[1], single[1])
    assert single[0].any()
    assert single[1].any()


@pytest.mark.parametrize("n_neurons", [64, 100, 2000])
@pytest.mark.parametrize("clustered", [False, True])
def test_bits_are_the_synapses(n_neurons, clustered):
    wiring = wired(n_neurons, clustered=clustered)
    assert wiring.bits.ctypes.data % 64 == 0
    bits = np.unpackbits(wiring.bits.view(np.uint8), axis=1, bitorder="little")
    within = -(-n_neurons // bit_planes.BLOCK) * bit_planes.BLOCK
    assert bits.sum() == wiring.n_synapses
    assert not bits[-1].any()
    for kind in ("between", "e2i", "i2e", "i2i"):
        assert bits[wiring.pairs(kind)].all()
    sources, targets = wiring.pairs("within")
    assert bits[sources, targets + within].all() if clustered else len(sources) == 0


@pytest.mark.parametrize("n_rows", [1, 15, 16, 17, 300, 5000])
def test_counts_are_sums_of_rows(n_rows):
    random = np.random.default_rng(n_rows)
    rows = bit_planes.aligned_words(9 * 16).reshape(9, 16)
    rows[:8] = random.integers(0, 2**64, (8, 16), dtype=np.uint64)
    spiked = random.integers(0, 8, n_rows).astype(np.uint16)
    counts = np.full(16 * 64, 7, np.uint16)
    room = np.empty(n_rows + bit_planes.ROWS, np.int64), np.empty(bit_planes.MAX_PLANES * 16, np.uint64)
    bit_planes.count_spikes(rows, spiked, 16, *room, counts)
    bits = np.unpackbits(rows.view(np.uint8), axis=1, bitorder="little")
    assert np.array_equal(counts, bits[spiked].sum(axis=0))


def test_no_bits_for_large_networks_and_for_repeated_synapses(monkeypatch):
    wiring = wired(200, clustered=False)
    targets = wiring.targets.copy()
    targets[wiring.row_start[0] + 1] = targets[wiring.row_start[0]]
    edges = (wiring.row_start, wiring.row_cluster, wiring.row_inhibitory, wiring.row_end)
    assert bit_planes.bit_rows(wiring.n_excitatory, edges, wiring.targets).size
    assert not bit_planes.bit_rows(wiring.n_excitatory, edges, targets).size
    monkeypatch.setattr(bit_planes, "MAX_BYTES", 200 * 8 * 8)
    assert not bit_planes.bit_rows(wiring.n_excitatory, edges, wiring.targets).size
    large = wired(200, clustered=False)
    assert large.count_from == (201, 201)
    assert len(Network(circuit(clustered=False), n_neurons=200, connectivity=large).advance(0.1).spike_times)


def test_counting_starts_at_a_number_of_synapses():
    wiring = wired(2000, clustered=False)
    lengths = wiring.row_end - wiring.row_start
    for n_spikes, row in zip(wiring.count_from, np.split(lengths, [wiring.n_excitatory]), strict=True):
        assert (n_spikes - 1) * row.mean() <= connectivity.COUNTED_SYNAPSES < n_spikes * row.mean()
