"""The kernel as one would write it if time did not matter. `kernel.run_single` is measured and tested against it.

It takes the same steps in the same order, with the same arithmetic and the same draws, but it treats every neuron alike
in every step. The engine's kernel leaves out work that provably changes no spike. In float32 both emit the same spikes,
bit for bit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from automind_dash.circuit.constants import (
    COUNT_FROM,
    E_EXC,
    E_INH,
    FIRST,
    GE_DECAY,
    GI_DECAY,
    HELD_STEPS,
    INVERSE_C,
    LAST,
    LEAK,
    LEAK_REST,
    N_DRIVEN,
    OFFSET,
    Q_E,
    Q_E_CLUSTER,
    Q_EXTERNAL,
    Q_I,
    SLOPE,
    V_CUT,
    V_RESET,
    V_REST,
    W_DECAY,
    W_GAIN,
    W_JUMP,
)
from automind_dash.circuit.engine.bit_planes import BLOCK, MAX_PLANES, ROWS, add_counts, aligned_words, count_spikes
from automind_dash.circuit.engine.exponential import exp2
from automind_dash.circuit.engine.lanes import LANES, WORDS, above, lowest_bit
from automind_dash.circuit.engine.network import Network


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
    _room,
):
    """Do the same as `kernel._run`, in the most readable way."""
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
        # 1. update state
        for population in range(2):
            first, last = whole[population, FIRST], whole[population, LAST]
            c = constants[population]
            leak, leak_rest, slope, offset = c[LEAK], c[LEAK_REST], c[SLOPE], c[OFFSET]
            inverse_c, e_exc, e_inh, v_rest = c[INVERSE_C], c[E_EXC], c[E_INH], c[V_REST]
            w_decay, w_gain, ge_decay, gi_decay = c[W_DECAY], c[W_GAIN], c[GE_DECAY], c[GI_DECAY]
            v_cut = c[V_CUT]
            # slices tell the compiler that indices are not negative: a loop with a wrap-around test does not vectorise
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


_run_single = njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp"}, error_model="numpy")(_run)


class PlainNetwork(Network):
    """A float32 network that the plain kernel runs."""

    def __init__(self, *args, **keywords) -> None:
        super().__init__(*args, **keywords)
        self._run = _run_single
