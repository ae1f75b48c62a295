"""The fast engine's inner loop: forward Euler over both populations, threshold, delivery, reset.

One source is compiled twice. Everything uses `run_single` (float32, contracted multiply-adds). `run_double` (float64,
strict IEEE arithmetic) is compared spike for spike with brian2. Both are compiled at install and cached on disk.

Five things make it fast. The update takes sixteen neurons at a time and leaves out exponentials that add nothing (see
`update`). External events are drawn per step, not per neuron: a table gives their Poisson number, and a counter-based
hash that vectorises gives their targets. Held (refractory) neurons are few, so they are listed and put back after the
update instead of being masked in it. When many neurons spike in a step, their spikes are counted per target before any
conductance changes (see `bit_planes`). Conductances are kept from decaying into subnormal numbers (`keep_traces`).
`benchmarks/plain_kernel.py` does all the work without these savings and emits the same spikes.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from ..constants import (
    COUNT_FROM,
    EXP_FROM,
    FIRST,
    HELD_STEPS,
    LAST,
    N_DRIVEN,
    Q_E,
    Q_E_CLUSTER,
    Q_EXTERNAL,
    Q_I,
    TRACE,
    V_CUT,
    V_RESET,
    W_GAIN,
    W_JUMP,
)
from .bit_planes import BLOCK, MAX_PLANES, ROWS, add_counts, aligned_words, count_spikes
from .compiled import compiled
from .floats import WIDTH, draw_targets
from .lanes import LANES, WORDS, above, lowest_bit
from .update import CONTRACTED, mark_near, update

FLOOR_EVERY = 32
"""Steps between checks for conductances that have decayed to a trace. None passes the smallest normal number in between."""


@njit(nogil=True)
def keep_traces(values, trace):
    """Raise every value that is nearer to 0 than the trace, but not 0, to the trace, and keep its sign.

    Subnormal numbers cost an Intel processor some hundred cycles each. A trace of conductance acts on v as any smaller
    one would. Beside a current it can only decide how an exact tie is rounded, for which its sign is enough. Alone it
    is far below the last bit of v.
    """
    for i in range(len(values)):
        x = values[i]
        if x > 0 and x < trace:
            values[i] = trace
        elif x < 0 and x > -trace:
            values[i] = -trace


def working_room(n_neurons, n_events, bits):
    """Return the kernel's working arrays, `room`. n_events: most events that a step may bring; bits: from `bit_rows`."""
    blocks = n_neurons // LANES + 1
    return (
        np.zeros(2 * max(n_events, 1) + WIDTH, np.uint16),  # targets of external events
        np.zeros(n_neurons + ROWS, np.int64),  # for `count_spikes`: rows, planes and counts
        aligned_words(MAX_PLANES * bits.shape[1]),
        aligned_words(bits.shape[1] * LANES // 4).view(np.uint16),
        np.ones((2, blocks), np.uint8),  # for `update`: near and high
        np.ones((2, blocks), np.uint8),
    )


def _run(
    n_steps,
    step,
    constants,
    whole,
    v,
    w,
    g_e,
    g_i,
    row_start,
    row_cluster,
    row_inhibitory,
    row_end,
    targets,
    bits,
    poisson_table,
    poisson_guide,
    poisson_offset,
    key,
    external,
    ring,
    ring_start,
    ring_count,
    ring_held,
    last_spike,
    spike_steps,
    spike_neurons,
    n_spikes,
    sample_every,
    sampled,
    samples,
    room,
):
    """Advance the network by up to n_steps and return (steps done, spikes in the buffer).

    It stops early when the next step's spikes might not fit into the buffer. All arrays but the tables are changed in
    place.
    v, w, g_e, g_i: (n,) mV, pA, nS. targets of neuron j: [row_start, row_cluster) get Q, [row_cluster, row_inhibitory)
    get the within-cluster Q, [row_inhibitory, row_end) are inhibitory.
    bits: the same synapses from `bit_rows`, or (0, 0).
    external: (steps, n) counts to use instead of random ones, or (0, 0).
    ring: (2, n) held neurons in order of their spikes; ring_count: (2, slots) number of spikes in each of the last
    steps, with more slots than held steps; ring_held: (2,) number of neurons held in the last step. last_spike: (n,)
    steps.
    sampled: (k,) neurons whose (v, w, g_e, g_i) go to samples[:, row, :] every sample_every steps. room: from
    `working_room`.
    """
    n = len(v)
    slots = ring_count.shape[1]
    given = external.shape[0] > 0
    drawn, listed_rows, planes, counts, near, high = room
    n_drawn = len(drawn) - WIDTH
    n_excitatory = whole[0, LAST]
    every_words = (n + BLOCK - 1) // BLOCK * WORDS
    for population in range(2):
        inside = v[whole[population, FIRST] : whole[population, LAST]]
        mark_near(inside, near[population], constants[population, EXP_FROM])
    done = 0
    while done < n_steps and n_spikes + n <= len(spike_steps):
        if step % FLOOR_EVERY == 0:
            for population in range(2):
                first, last = whole[population, FIRST], whole[population, LAST]
                trace = constants[population, TRACE]
                keep_traces(g_e[first:last], trace)
                keep_traces(g_i[first:last], trace)
                if constants[population, W_GAIN] == 0:  # otherwise adaptation does not decay to nothing
                    keep_traces(w[first:last], trace)

        # 1. update state
        for population in range(2):
            first, last = whole[population, FIRST], whole[population, LAST]
            c = constants[population]
            # slices tell the compiler that indices are not negative: a loop with a wrap-around test does not vectorise
            vs, ws, ges, gis = v[first:last], w[first:last], g_e[first:last], g_i[first:last]
            update(vs, ws, ges, gis, near[population], high[population], c)

            # neurons that spiked within the refractory period are held at reset
            position = ring_start[population]
            held = ring_held[population] + ring_count[population, (step - 1) % slots]
            held -= ring_count[population, (step - 1 - whole[population, HELD_STEPS]) % slots]
            ring_held[population] = held
            at = position - held
            if at < 0:
                at += n
            v_reset, v_cut, exp_from = c[V_RESET], c[V_CUT], c[EXP_FROM]
            listed = ring[population]
            for r in listed[at : min(at + held, n)]:
                v[r] = v_reset
            for r in listed[: max(at + held - n, 0)]:
                v[r] = v_reset
            if held > 0 and v_reset > exp_from:
                near[population] = 1

            # 2. find threshold crossings
            began = n_spikes
            whole_blocks = len(vs) // LANES * LANES
            for low in range(0, whole_blocks, LANES):
                if not high[population, low // LANES]:
                    continue
                crossed = above(vs, low, v_cut)
                while crossed != 0:
                    spike_steps[n_spikes] = step
                    spike_neurons[n_spikes] = first + low + lowest_bit(crossed)
                    n_spikes += 1
                    crossed &= crossed - np.uint64(1)
            if high[population, whole_blocks // LANES]:
                for i in range(whole_blocks, len(vs)):
                    if vs[i] > v_cut:
                        spike_steps[n_spikes] = step
                        spike_neurons[n_spikes] = first + i
                        n_spikes += 1
            for s in range(began, n_spikes):
                ring[population, position] = spike_neurons[s]
                last_spike[spike_neurons[s]] = step
                position += 1
                if position == n:
                    position = 0
            ring_start[population] = position
            ring_count[population, step % slots] = n_spikes - began

        # 3. deliver external input
        if given:
            for population in range(2):
                q = constants[population, Q_EXTERNAL]
                for i in range(whole[population, FIRST], whole[population, LAST]):
                    g_e[i] += q * external[done, i]
        else:
            for population in range(2):
                n_driven = np.uint64(whole[population, N_DRIVEN])
                if n_driven == 0:
                    continue
                # splitmix64 of a counter: one word for the number of events, one as the key of their targets
                key[0] += np.uint64(0x9E3779B97F4A7C15)
                z = key[0]
                z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                z = z ^ (z >> np.uint64(31))
                key[0] += np.uint64(0x9E3779B97F4A7C15)
                y = key[0]
                y = (y ^ (y >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                y = (y ^ (y >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                y = y ^ (y >> np.uint64(31))
                uniform = np.float64(z >> np.uint64(11)) * 1.1102230246251565e-16
                column = poisson_guide[population, np.int64(uniform * poisson_guide.shape[1])]
                while poisson_table[population, column] < uniform:
                    column += 1
                events = poisson_offset[population] + column
                key_1, key_2 = np.uint32(y), np.uint32(y >> np.uint64(32))
                first_neuron = np.uint32(whole[population, FIRST])
                q = constants[population, Q_EXTERNAL]
                for start in range(0, events, n_drawn):
                    block = min(events - start, n_drawn)
                    for k in range(0, block, WIDTH):
                        number = np.uint32(start + k)
                        draw_targets(drawn, k, number, key_1, key_2, np.uint32(n_driven), first_neuron)
                    for k in range(block):
                        g_e[drawn[k]] += q

        # 4. deliver recurrent spikes, then reset
        last = n_spikes - ring_count[0, step % slots] - ring_count[1, step % slots]
        for population in range(2):
            spiked = spike_neurons[last : last + ring_count[population, step % slots]]
            last += len(spiked)
            g, q_cluster = (g_e, constants[0, Q_E_CLUSTER]) if population == 0 else (g_i, constants[0, Q_I])
            q, q_inhibitory = constants[0, Q_E + population], constants[1, Q_E + population]
            if len(spiked) < whole[population, COUNT_FROM]:
                for j in spiked:
                    row = targets[row_start[j] : row_cluster[j]]
                    for k in range(len(row)):
                        g[row[k]] += q
                    row = targets[row_cluster[j] : row_inhibitory[j]]
                    for k in range(len(row)):
                        g[row[k]] += q_cluster
                    row = targets[row_inhibitory[j] : row_end[j]]
                    for k in range(len(row)):
                        g[row[k]] += q_inhibitory
            else:
                n_words = every_words if population == 1 else bits.shape[1]
                count_spikes(bits, spiked, n_words, listed_rows, planes, counts)
                add_counts(g[:n_excitatory], q, counts)
                add_counts(g[n_excitatory:], q_inhibitory, counts[n_excitatory:])
                if n_words > every_words:
                    add_counts(g[:n_excitatory], q_cluster, counts[LANES * every_words :])
            v_reset, w_jump = constants[population, V_RESET], constants[population, W_JUMP]
            for j in spiked:
                v[j] = v_reset
                w[j] += w_jump

        if sample_every > 0 and step % sample_every == 0:
            row = step // sample_every % samples.shape[1]
            for k in range(len(sampled)):
                samples[0, row, k] = v[sampled[k]]
                samples[1, row, k] = w[sampled[k]]
                samples[2, row, k] = g_e[sampled[k]]
                samples[3, row, k] = g_i[sampled[k]]
        step += 1
        done += 1
    return done, n_spikes


# no reference counts (_nrt): the loop makes no array, and counting references to slices took up to half of a quiet step
run_single = compiled(fastmath=CONTRACTED, error_model="numpy", _nrt=False)(_run)
run_double = compiled(error_model="numpy", _nrt=False)(_run)
