"""The kernel's inputs beside the state: the constants of each population, the Poisson tables, the steps of the refractory period."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .. import constants as k
from ..parameters import FIXED, PARAMETERS, V_CUT

_LOG2E = 1.4426950408889634

SHARPEST = 1e-6
"""mV; an exponential sharper than this is a step at v_thresh, and its slope overflows float32."""


def refractory_steps(t_refrac: float, dt: float) -> int:
    """Return the number of steps after a spike in which v is held. t_refrac: ms; dt: s.

    brian2 releases a neuron when `timestep(t - lastspike) >= timestep(t_refrac)`, so v is held for one step less than
    fits into t_refrac.
    """
    return max(int(t_refrac * 1e-3 / dt + 1e-3) - 1, 0)


def kernel_constants(vector: NDArray[np.float64], dt: float, clustered: bool) -> NDArray[np.float64]:
    """Return the (2, N_CONSTANTS) constants of the kernel, excitatory row first. vector: (28,) in table order; dt: s."""
    p = dict(zip((spec.key for spec in PARAMETERS), vector, strict=True))
    step = dt * 1e3
    cells = (
        (
            p["E_C"],
            p["E_g_L"],
            p["E_v_rest"],
            p["E_v_thresh"],
            p["E_v_reset"],
            p["E_delta_T"],
            p["E_a"],
            p["E_b"],
            p["E_tau_w"],
        ),
        (FIXED.C, FIXED.g_L, FIXED.v_rest, FIXED.v_thresh, FIXED.v_reset, FIXED.delta_T, FIXED.a, FIXED.b, FIXED.tau_w),
    )
    synapses = (
        (
            p["E_tau_ge"],
            p["E_tau_gi"],
            p["E_E_gi"],
            p["E_Q_ge"],
            p["E_Q_gi"],
            p["E_Q_ge"] * (p["net_R_Qe2e"] if clustered else 1),
        ),
        (FIXED.tau_ge, FIXED.tau_gi, FIXED.E_gi, p["I_Q_ge"], p["I_Q_gi"], p["I_Q_ge"]),
    )
    out = np.zeros((2, k.N_CONSTANTS))
    for row, (cell, synapse) in enumerate(zip(cells, synapses, strict=True)):
        C, g_L, v_rest, v_thresh, v_reset, delta_T, a, b, tau_w = cell
        tau_ge, tau_gi, E_i, q_e, q_i, q_cluster = synapse
        out[row, k.LEAK] = step * g_L / C
        out[row, k.LEAK_REST] = step * g_L / C * v_rest
        if delta_T > 0:
            delta_T = max(delta_T, SHARPEST)
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


_NOTHING = -20.0
"""log2 of an exponential, mV, that adds nothing to a v below -32 mV: the next float32 is 2^-18 mV away, half of that is 2^-19."""


def set_limits(constants: NDArray) -> None:
    """Fill in TRACE and EXP_FROM of the kernel's constants, (2, N_CONSTANTS), for the precision of the array."""
    constants[:, k.TRACE] = np.finfo(constants.dtype).tiny ** 0.75  # 4e-29 nS in float32, 2e-231 in float64
    for row in constants:
        leak, leak_rest, slope, offset = (float(row[column]) for column in (k.LEAK, k.LEAK_REST, k.SLOPE, k.OFFSET))
        if slope == 0:
            row[k.EXP_FROM] = np.inf
            continue
        # v + leak stays below -33 mV, and the exponential below 2^-20 mV
        limit = min((_NOTHING - offset) / slope, (-33.0 - leak_rest) / (1 - leak) if leak < 1 else -np.inf)
        row[k.EXP_FROM] = np.nextafter(constants.dtype.type(limit), constants.dtype.type(-np.inf))


def poisson_tables(means: tuple[float, float]) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the cumulative probabilities of two Poisson numbers from their offsets on, and a guide to where a search begins.

    Returns: table (2, width); guide (2, 256), the first column that a uniform number in [i/256, (i+1)/256) can reach;
    offset (2,).
    """
    spread = [10 * np.sqrt(mean) + 30 for mean in means]  # at 53 bits, nothing is left beyond 10 SD
    offsets = np.array([max(int(mean - s), 0) for mean, s in zip(means, spread, strict=True)], dtype=np.int64)
    width = max(int(mean + s) - offset for mean, s, offset in zip(means, spread, offsets, strict=True))
    table = np.ones((2, width))
    guide = np.zeros((2, 256), dtype=np.int64)
    for row, (mean, offset) in enumerate(zip(means, offsets, strict=True)):
        if mean > 0:
            # not scipy's: importing scipy.special would take a third of the first call's time in a new process
            numbers = int(offset) + np.arange(1, width)
            ratios = np.concatenate([[0.0], np.cumsum(np.log(mean / numbers))])  # log p(n) / p(offset)
            table[row] = np.cumsum(np.exp(ratios - ratios.max()))
            table[row] = np.minimum(table[row] / table[row, -1], 1.0)
            guide[row] = np.searchsorted(table[row], np.arange(256) / 256)
    return table, guide, offsets
