"""Which neurons are connected: at random between populations, and by two independent partitions within the excitatory one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigurationError
from ..domain import is_clustered, population_sizes
from .bit_planes import bit_rows
from .compiled import compiled

NONE = 1e-15
"""A smaller connection probability gives no synapse. 65 535² pairs would expect 4e-6 synapses, and the geometric skip would overflow."""

MAX_SYNAPSES = 1_500_000_000
"""3 GB of targets; 50 000 neurons at 10 % would need 250 million."""


COUNTED_SYNAPSES = 1500
"""When one population's spikes of one step reach this many synapses or more, counting is faster than adding one by one.

Measured with 2000 neurons: counting costs 0.8 µs and 5 to 10 ns per spike, and adding costs 0.5 to 0.8 ns per synapse.
Limits between 700 and 3000 hardly differ. The limit is 16 spikes at 100 synapses per neuron, and 6 spikes at 300.
"""


@dataclass(frozen=True, eq=False)
class Connectivity:
    """Synapses as compressed rows, one per presynaptic neuron, excitatory neurons first.

    targets: (n_synapses,) uint16. The targets of neuron j lie in row_start[j]:row_end[j]. Up to row_cluster[j] they are
    excitatory neurons that share no cluster with j, up to row_inhibitory[j] excitatory neurons that do, then inhibitory
    neurons.
    labels: (2, n_excitatory) int32, first and second cluster label; empty columns of zeros when there are no clusters.
    """

    n_excitatory: int
    n_neurons: int
    row_start: NDArray[np.int64]
    row_cluster: NDArray[np.int64]
    row_inhibitory: NDArray[np.int64]
    row_end: NDArray[np.int64]
    targets: NDArray[np.uint16]
    labels: NDArray[np.int32]

    @property
    def n_synapses(self) -> int:
        """Synapses of all kinds."""
        return len(self.targets)

    @cached_property
    def bits(self) -> NDArray[np.uint64]:
        """The same synapses as rows of bits (see `bit_rows`); (0, 0) where there are no rows."""
        edges = (self.row_start, self.row_cluster, self.row_inhibitory, self.row_end)
        return bit_rows(self.n_excitatory, edges, self.targets)

    @cached_property
    def count_from(self) -> tuple[int, int]:
        """The numbers of excitatory and inhibitory spikes in a step from which spikes are counted instead of delivered singly."""
        if not self.bits.size:
            return self.n_neurons + 1, self.n_neurons + 1
        lengths = np.split(self.row_end - self.row_start, [self.n_excitatory])
        excitatory, inhibitory = (int(COUNTED_SYNAPSES / max(row.sum() / max(len(row), 1), 1)) + 1 for row in lengths)
        return excitatory, inhibitory

    def pairs(self, kind: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (sources, targets) of one kind: "between", "within", "e2i", "i2e" or "i2i"; neuron numbers from 0."""
        excitatory = np.arange(self.n_neurons) < self.n_excitatory
        low, high, rows = {
            "between": (self.row_start, self.row_cluster, excitatory),
            "within": (self.row_cluster, self.row_inhibitory, excitatory),
            "e2i": (self.row_inhibitory, self.row_end, excitatory),
            "i2e": (self.row_start, self.row_inhibitory, ~excitatory),
            "i2i": (self.row_inhibitory, self.row_end, ~excitatory),
        }[kind]
        lengths = np.where(rows, high - low, 0)
        sources = np.repeat(np.arange(self.n_neurons), lengths)
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return sources, self.targets[np.repeat(low, lengths) + offsets].astype(np.int64)


@compiled()
def _skip(inverse_log):
    """Draw how many pairs are passed over before the next connected one (geometric; Batagelj & Brandes 2005)."""
    return np.int64(np.log(1.0 - np.random.random()) * inverse_log)  # noqa: NPY002 - numba's own, one per thread


@compiled()
def _uniform_row(probability, first, last, source, label_1, label_2, clustered, targets, at):
    """Append each target in [first, last) with the given probability, but neither the source nor (if clustered) its cluster mates."""
    if probability < NONE:
        return at
    inverse_log = -1e300 if probability >= 1 else 1.0 / np.log1p(-probability)
    j = first if probability >= 1 else first + _skip(inverse_log)
    while j < last:
        if j != source and not (clustered and (label_1[j] == label_1[source] or label_2[j] == label_2[source])):
            targets[at] = j
            at += 1
        j += 1 if probability >= 1 else 1 + _skip(inverse_log)
    return at


@compiled()
def _mates_row(probability, mates, source, own, other, targets, at):
    """Append each cluster mate with the given probability. Mates whose `other` label also agrees are left to the other partition."""
    if probability < NONE:
        return at
    inverse_log = -1e300 if probability >= 1 else 1.0 / np.log1p(-probability)
    k = 0 if probability >= 1 else _skip(inverse_log)
    while k < len(mates):
        j = mates[k]
        if j != source and not (own and other[j] == other[source]):
            targets[at] = j
            at += 1
        k += 1 if probability >= 1 else 1 + _skip(inverse_log)
    return at


@compiled()
def _build(seed, n_excitatory, n_neurons, p, label_1, label_2, order_1, edges_1, order_2, edges_2, clustered, capacity):
    """Fill the rows; p: (5,) between, within, e2i, i2e, i2i. Return the row edges and the targets (empty when they do not fit)."""
    np.random.seed(seed)  # noqa: NPY002 - as above
    edges = np.zeros((4, n_neurons), np.int64)
    targets = np.empty(capacity, np.uint16)
    at = 0
    for j in range(n_neurons):
        if at + n_neurons > capacity:
            return edges, targets[:0], False
        edges[0, j] = at
        if j < n_excitatory:
            at = _uniform_row(p[0], 0, n_excitatory, j, label_1, label_2, clustered, targets, at)
            edges[1, j] = at
            if clustered:
                mates_1 = order_1[edges_1[label_1[j]] : edges_1[label_1[j] + 1]]
                mates_2 = order_2[edges_2[label_2[j]] : edges_2[label_2[j] + 1]]
                at = _mates_row(p[1], mates_1, j, False, label_1, targets, at)
                at = _mates_row(p[1], mates_2, j, True, label_1, targets, at)
            edges[2, j] = at
            at = _uniform_row(p[2], n_excitatory, n_neurons, j, label_1, label_2, False, targets, at)
        else:
            at = _uniform_row(p[3], 0, n_excitatory, j, label_1, label_2, False, targets, at)
            edges[1, j] = at
            edges[2, j] = at
            at = _uniform_row(p[4], n_excitatory, n_neurons, j, label_1, label_2, False, targets, at)
        edges[3, j] = at
    return edges, targets[:at], True


def connect(vector: NDArray[np.float64], n_neurons: int, seed: np.random.SeedSequence) -> Connectivity:
    """Draw the synapses of a configuration.

    vector: (28,) in table order; seed: the same seed gives the same synapses on every machine and thread.
    Raises ConfigurationError for networks too large to store. `check_configuration` finds values outside the domain.
    """
    exc_prop, p_e2e, p_e2i, p_i2e, p_i2i, R_pe2e, _, _, n_clusters = vector[:9]
    n_excitatory, n_inhibitory = population_sizes(n_neurons, exc_prop)
    clustered = is_clustered(n_clusters, R_pe2e)
    label_seed, pair_seed = seed.spawn(2)
    labels = np.zeros((2, n_excitatory), np.int32)
    if clustered:
        labels = np.random.default_rng(label_seed).integers(0, int(n_clusters), (2, n_excitatory), dtype=np.int32)
    within = p_e2e * R_pe2e if clustered else p_e2e
    k = int(n_clusters) if clustered else 1
    orders = [np.argsort(row, kind="stable") for row in labels]
    edges = [np.searchsorted(row[order], np.arange(k + 1)) for row, order in zip(labels, orders, strict=True)]
    sharing = 1 - (1 - 1 / k) ** 2 if clustered else 0.0
    expected = (
        n_excitatory**2 * (p_e2e * (1 - sharing) + within * sharing)
        + n_excitatory * n_inhibitory * (p_e2i + p_i2e)
        + n_inhibitory**2 * p_i2i
    )
    if expected > MAX_SYNAPSES:
        raise ConfigurationError(
            f"{n_neurons} neurons would have {expected:.2g} synapses; at most {MAX_SYNAPSES:.2g} fit. "
            "Take fewer neurons or lower connection probabilities."
        )
    capacity = int(expected * 1.1 + 10 * np.sqrt(expected) + 2 * n_neurons)
    p = np.array([p_e2e, within, p_e2i, p_i2e, p_i2i])
    number = int(pair_seed.generate_state(1)[0])
    complete = False
    while not complete:
        rows, targets, complete = _build(
            number,
            n_excitatory,
            n_neurons,
            p,
            labels[0],
            labels[1],
            orders[0],
            edges[0],
            orders[1],
            edges[1],
            clustered,
            capacity,
        )
        capacity *= 2
    return Connectivity(n_excitatory, n_neurons, rows[0], rows[1], rows[2], rows[3], targets.copy(), labels)
