"""The fast engine's inner loop: forward Euler over both populations, threshold, delivery, reset.

One source, compiled twice: `run_single` (float32, contracted multiply-adds) is the one that everything uses,
`run_double` (float64, strict IEEE arithmetic) is the one that is compared spike for spike with brian2. Both are
compiled at install and cached on disk.

Four things make it fast. The exponential is arithmetic (see `exponential`), so the update vectorises. External events
are drawn per step, not per neuron: their number is Poisson by table look-up, their targets come from a counter-based
hash that vectorises. Held (refractory) neurons are few, so they are listed and put back after the update instead of
being masked in it. When many neurons spike in a step, their spikes are counted per target before any conductance is
touched (see `bit_planes`).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .bit_planes import BLOCK, MAX_PLANES, ROWS, add_counts, aligned_words, count_spikes
from .compiled import compiled
from .exponential import exp2
from .lanes import LANES, WORDS, above, lowest_bit

# Columns of `constants`, one row per population (0 excitatory, 1 inhibitory).
(
    LEAK,  # dt g_L / C
    LEAK_REST,  # dt g_L v_rest / C
    SLOPE,  # log2(e) / ΔT, 0 when there is no exponential
    OFFSET,  # log2(dt g_L ΔT / C) - v_thresh log2(e) / ΔT
    INVERSE_C,  # dt / C
    E_EXC,  # reversal potentials
    E_INH,
    W_DECAY,  # 1 - dt / tau_w
    W_GAIN,  # dt a / tau_w
    V_REST,
    GE_DECAY,  # 1 - dt / tau_ge
    GI_DECAY,
    V_RESET,
    W_JUMP,  # b
    Q_E,  # conductance per excitatory spike on this population
    Q_I,
    Q_E_CLUSTER,  # the same within a cluster (equal to Q_E on inhibitory neurons)
    Q_EXTERNAL,
    V_CUT,
    TRACE,  # a conductance below this moves nothing; it is kept from decaying further
) = range(20)
N_CONSTANTS = 20

FLOOR_EVERY = 32
"""Steps between looks at conductances that have decayed to a trace: none decays past the smallest normal number between."""

# Columns of `whole`, integers, one row per population.
FIRST, LAST, N_DRIVEN, HELD_STEPS, COUNT_FROM = range(
    5
)  # the last: spikes of a step that are counted, not delivered singly


@njit(nogil=True)
def keep_traces(values, trace):
    """Raise what is nearer to 0 than the trace, and not 0, to the trace, with its sign.

    Subnormal numbers cost an Intel processor some hundred cycles each. A trace of conductance acts on v as any smaller
    one does: beside a current it decides at most to which side an exact tie is rounded, for which its sign is enough,
    and alone it is far below the last bit of v.
    """
    for i in range(len(values)):
        x = values[i]
        if x > 0 and x < trace:
            values[i] = trace
        elif x < 0 and x > -trace:
            values[i] = -trace


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
):
    """Advance the network by up to n_steps; returns (steps done, spikes in the buffer).

    Stops early when the next step's spikes might not fit into the buffer. All arrays but the tables are changed in
    place.
    v, w, g_e, g_i: (n,) mV, pA, nS. targets of neuron j: [row_start, row_cluster) get Q, [row_cluster, row_inhibitory)
    get the within-cluster Q, [row_inhibitory, row_end) are inhibitory.
    bits: the same synapses as `bit_rows` gives them, or (0, 0).
    external: (steps, n) counts to use instead of random ones, or (0, 0).
    ring: (2, n) neurons that are held, in order of their spikes; ring_count: (2, slots) spikes of each of
    the last steps, with more slots than held steps; ring_held: (2,) neurons held in the last step. last_spike: (n,)
    steps.
    sampled: (k,) neurons whose (v, w, g_e, g_i) go to samples[:, row, :] every sample_every steps.
    """
    n = len(v)
    slots = ring_count.shape[1]
    given = external.shape[0] > 0
    drawn = np.empty(max(poisson_table.shape[1], 1) * 2, np.uint16)
    n_excitatory = whole[0, LAST]
    every_words = (n + BLOCK - 1) // BLOCK * WORDS
    listed_rows = np.empty(n + ROWS, np.int64)
    planes = aligned_words(MAX_PLANES * bits.shape[1])
    counts = aligned_words(bits.shape[1] * LANES // 4).view(np.uint16)
    done = 0
    while done < n_steps and n_spikes + n <= len(spike_steps):
        if step % FLOOR_EVERY == 0:
            for population in range(2):
                first, last = whole[population, FIRST], whole[population, LAST]
                trace = constants[population, TRACE]
                keep_traces(g_e[first:last], trace)
                keep_traces(g_i[first:last], trace)
                if constants[population, W_GAIN] == 0:  # else adaptation does not decay to nothing
                    keep_traces(w[first:last], trace)

        # 1. update state
        for population in range(2):
            first, last = whole[population, FIRST], whole[population, LAST]
            c = constants[population]
            leak, leak_rest, slope, offset = c[LEAK], c[LEAK_REST], c[SLOPE], c[OFFSET]
            inverse_c, e_exc, e_inh, v_rest = c[INVERSE_C], c[E_EXC], c[E_INH], c[V_REST]
            w_decay, w_gain, ge_decay, gi_decay = c[W_DECAY], c[W_GAIN], c[GE_DECAY], c[GI_DECAY]
            v_cut = c[V_CUT]
            # slices, so that indices are known not to be negative: a loop with a wrap-around test does not vectorise
            vs, ws, ges, gis = v[first:last], w[first:last], g_e[first:last], g_i[first:last]
            if slope > 0:
                for i in range(len(vs)):
                    x = vs[i]
                    ge, gi, adaptation = ges[i], gis[i], ws[i]
                    current = ge * (e_exc - x) + gi * (e_inh - x) - adaptation
                    new = x + (leak_rest - leak * x) + exp2(x * slope + offset) + inverse_c * current
                    vs[i] = new
                    ws[i] = adaptation * w_decay + w_gain * (x - v_rest)
                    ges[i] = ge * ge_decay
                    gis[i] = gi * gi_decay
            else:
                for i in range(len(vs)):
                    x = vs[i]
                    ge, gi, adaptation = ges[i], gis[i], ws[i]
                    current = ge * (e_exc - x) + gi * (e_inh - x) - adaptation
                    new = x + (leak_rest - leak * x) + inverse_c * current
                    vs[i] = new
                    ws[i] = adaptation * w_decay + w_gain * (x - v_rest)
                    ges[i] = ge * ge_decay
                    gis[i] = gi * gi_decay

            # neurons that spiked within the refractory period are held at reset
            position = ring_start[population]
            held = ring_held[population] + ring_count[population, (step - 1) % slots]
            held -= ring_count[population, (step - 1 - whole[population, HELD_STEPS]) % slots]
            ring_held[population] = held
            at = position - held
            if at < 0:
                at += n
            v_reset = c[V_RESET]
            listed = ring[population]
            for r in listed[at : min(at + held, n)]:
                v[r] = v_reset
            for r in listed[: max(at + held - n, 0)]:
                v[r] = v_reset

            # 2. find threshold crossings
            began = n_spikes
            whole_blocks = len(vs) // LANES * LANES
            for low in range(0, whole_blocks, LANES):
                crossed = above(vs, low, v_cut)
                while crossed != 0:
                    spike_steps[n_spikes] = step
                    spike_neurons[n_spikes] = first + low + lowest_bit(crossed)
                    n_spikes += 1
                    crossed &= crossed - np.uint64(1)
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
                for start in range(0, events, len(drawn)):
                    block = min(events - start, len(drawn))
                    for k in range(block):
                        # numba widens products of uint32; the casts narrow them again
                        h = np.uint32(np.uint32(start + k) * np.uint32(0x9E3779B9) + key_1)
                        h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x21F0AAAD))
                        h = np.uint32((h ^ (h >> np.uint32(15)) ^ key_2) * np.uint32(0x735A2D97))
                        h = np.uint32(h ^ (h >> np.uint32(15)))
                        drawn[k] = np.uint16(((np.uint64(h) * n_driven) >> np.uint64(32)) + first_neuron)
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


run_single = compiled(fastmath={"contract", "nsz", "arcp"}, error_model="numpy")(_run)
run_double = compiled(error_model="numpy")(_run)
