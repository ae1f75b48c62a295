"""Synapses as bits, from which the spikes that each neuron receives are counted: for steps in which many neurons spike.

Adding conductances synapse by synapse costs about 0.8 ns each, or 110 ns per spike in a network of 2000. Here a spike
is a row of bits, one per target. Sixteen rows at a time are added in carry-save arithmetic, 512 targets per instruction
(Harley & Seal; Muła, Kurz & Lemire 2018, "Faster population counts using AVX2 instructions"). The counts come out in
binary digits: plane k holds bit k of every count.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from .compiled import compiled
from .lanes import LANES, WORDS, add_where, both, exclusive, load_words, majority, parity, store_words

MAX_BYTES = 2**24
"""Limit for one network's bit rows, enough for 8192 clustered neurons. Larger rows leave the processor's cache and gain little."""

ROWS = 16
"""Number of rows that are added together."""

MAX_PLANES = 16
"""Binary digits of a count: neuron numbers have 16 bits."""

BLOCK = LANES * WORDS
"""Number of targets that are counted together."""


@compiled()
def aligned_words(n):
    """Return (n,) zeros, uint64, that start on a cache line, since a block that straddles two lines takes longer."""
    room = np.zeros(n + WORDS - 1, np.uint64)
    first = -(room.ctypes.data // 8) % WORDS
    return room[first : first + n]


def bit_rows(
    n_excitatory: int, row_edges: tuple[NDArray[np.int64], ...], targets: NDArray[np.uint16]
) -> NDArray[np.uint64]:
    """Return the synapses as rows of bits, (n_neurons + 1, n_words) uint64, or (0, 0) when there can be none.

    row_edges: (4 of (n_neurons,)) start, cluster, inhibitory and end of each neuron's targets, as in `Connectivity`.
    A row has one bit per neuron for synapses between clusters and onto inhibitory neurons. In a network with clusters,
    one bit per excitatory neuron follows for synapses within clusters. Both parts are padded to whole blocks. The last
    row is empty. Networks over `MAX_BYTES`, and those with several synapses between the same two neurons, have no bit
    rows.
    """
    start, cluster, inhibitory, end = row_edges
    n = len(start)
    every = -(-n // BLOCK) * WORDS
    within = -(-n_excitatory // BLOCK) * WORDS if np.any(cluster < inhibitory) else 0
    if (n + 1) * (every + within) * 8 > MAX_BYTES:
        return np.zeros((0, 0), np.uint64)
    rows = aligned_words((n + 1) * (every + within)).reshape(n + 1, every + within)
    single = _fill(rows, start, cluster, inhibitory, end, targets, every * LANES)
    return rows if single else np.zeros((0, 0), np.uint64)


@compiled()
def _fill(rows, start, cluster, inhibitory, end, targets, within):
    """Set the bits and return whether every synapse came once. within: where the bits of synapses within clusters begin."""
    for j in range(len(start)):
        for s in range(start[j], end[j]):
            at = np.uint64(targets[s]) + np.uint64(within if cluster[j] <= s < inhibitory[j] else 0)
            bit = np.uint64(1) << (at & np.uint64(63))
            if rows[j, at >> np.uint64(6)] & bit:
                return False
            rows[j, at >> np.uint64(6)] |= bit
    return True


@njit(nogil=True, forceinline=True)
def _add_eight(flat, listed, k, word, ones, twos, fours):
    """Add the blocks at `word` of rows listed[k : k + 8] to three planes; return the planes and the carry to the next."""
    # each sum of three bits leaves one digit in place and carries one to the next plane
    a, b = load_words(flat, listed[k] + word), load_words(flat, listed[k + 1] + word)
    twos_a, ones = majority(ones, a, b), parity(ones, a, b)
    a, b = load_words(flat, listed[k + 2] + word), load_words(flat, listed[k + 3] + word)
    twos_b, ones = majority(ones, a, b), parity(ones, a, b)
    fours_a, twos = majority(twos, twos_a, twos_b), parity(twos, twos_a, twos_b)
    a, b = load_words(flat, listed[k + 4] + word), load_words(flat, listed[k + 5] + word)
    twos_a, ones = majority(ones, a, b), parity(ones, a, b)
    a, b = load_words(flat, listed[k + 6] + word), load_words(flat, listed[k + 7] + word)
    twos_b, ones = majority(ones, a, b), parity(ones, a, b)
    fours_b, twos = majority(twos, twos_a, twos_b), parity(twos, twos_a, twos_b)
    return ones, twos, parity(fours, fours_a, fours_b), majority(fours, fours_a, fours_b)


@njit(nogil=True)
def count_spikes(rows, spiked, n_words, listed, planes, counts):
    """Count the spikes that arrive at each target.

    rows: from `bit_rows`, with the empty last row; spiked: (k,) neurons, k < 65 536; n_words: words of a row to count,
    a multiple of 8. listed: (k + 15,) int64 and planes: (16 * n_words,) uint64 are working room. counts: (64 *
    n_words,) uint16, written here.
    """
    flat = rows.reshape(rows.size)
    n_listed = (len(spiked) + ROWS - 1) // ROWS * ROWS
    for k in range(len(spiked)):
        listed[k] = spiked[k] * rows.shape[1]
    for k in range(len(spiked), n_listed):
        listed[k] = (rows.shape[0] - 1) * rows.shape[1]
    n_planes = 4
    while len(spiked) >> n_planes:
        n_planes += 1
    planes[: n_planes * n_words] = 0
    for k in range(0, n_listed, ROWS):
        for word in range(0, n_words, WORDS):
            ones, twos = load_words(planes, word), load_words(planes, n_words + word)
            fours, eights = load_words(planes, 2 * n_words + word), load_words(planes, 3 * n_words + word)
            ones, twos, fours, eights_a = _add_eight(flat, listed, k, word, ones, twos, fours)
            ones, twos, fours, eights_b = _add_eight(flat, listed, k + 8, word, ones, twos, fours)
            carry, eights = majority(eights, eights_a, eights_b), parity(eights, eights_a, eights_b)
            store_words(planes, word, ones)
            store_words(planes, n_words + word, twos)
            store_words(planes, 2 * n_words + word, fours)
            store_words(planes, 3 * n_words + word, eights)
            for plane in range(4, n_planes):
                digit = load_words(planes, plane * n_words + word)
                store_words(planes, plane * n_words + word, exclusive(digit, carry))
                carry = both(digit, carry)
    counts[: n_words * LANES] = 0
    for plane in range(n_planes):
        for word in range(n_words):
            add_where(counts, word * LANES, planes[plane * n_words + word], np.uint16(1 << plane))


@njit(nogil=True)
def add_counts(g, q, counts):
    """Add the counts times q to g. counts: as long as g, or longer."""
    counts = counts[: len(g)]
    for i in range(len(g)):
        g[i] += q * g.dtype.type(counts[i])
