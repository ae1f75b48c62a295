"""One step of a population's v, w, g_e and g_i from their old values. A quiet circuit spends its time here.

In float64 (`run_double`) this is a plain loop. In float32 it takes sixteen neurons at a time, with the same arithmetic
in the same order. It skips the exponential where that adds nothing: below `EXP_FROM` it is less than half of v's last
bit. The step before says this for 64 neurons at once, and also where to look for spikes.
"""

from __future__ import annotations

from numba import njit, types
from numba.extending import overload

from ..constants import (
    E_EXC,
    E_INH,
    EXP_FROM,
    GE_DECAY,
    GI_DECAY,
    INVERSE_C,
    LEAK,
    LEAK_REST,
    OFFSET,
    SLOPE,
    V_CUT,
    V_REST,
    W_DECAY,
    W_GAIN,
)
from .exponential import exp2
from .floats import WIDTH, exp2_floats, fused, larger, load_floats, places_above, spread, store_floats
from .lanes import LANES

CONTRACTED = {"contract", "nsz", "arcp"}
"""The compiler may multiply and add in one rounding in float32. It may never reorder."""


def update(vs, ws, ges, gis, near, high, c):
    """Advance a population's state by a step (inside compiled code only).

    vs, ws, ges, gis: (n,); c: the population's row of the kernel's constants. near, high: (blocks,) uint8, for 64
    neurons each. near says whether a neuron of the block may lie above EXP_FROM; it is read, then written for the next
    step. high says whether one may lie above V_CUT now.
    """
    raise NotImplementedError


@overload(update)
def _update(vs, ws, ges, gis, near, high, c):
    chosen = _update_single if vs.dtype == types.float32 else _update_double
    return lambda vs, ws, ges, gis, near, high, c: chosen(vs, ws, ges, gis, near, high, c)


def _update_plain(vs, ws, ges, gis, near, high, c):
    leak, leak_rest, slope, offset = c[LEAK], c[LEAK_REST], c[SLOPE], c[OFFSET]
    inverse_c, e_exc, e_inh, v_rest = c[INVERSE_C], c[E_EXC], c[E_INH], c[V_REST]
    w_decay, w_gain, ge_decay, gi_decay = c[W_DECAY], c[W_GAIN], c[GE_DECAY], c[GI_DECAY]
    high[:] = 1
    for i in range(len(vs)):
        x = vs[i]
        ge, gi, adaptation = ges[i], gis[i], ws[i]
        current = ge * (e_exc - x) + gi * (e_inh - x) - adaptation
        new = x + (leak_rest - leak * x)
        if slope > 0:
            new += exp2(x * slope + offset)
        vs[i] = new + inverse_c * current
        ws[i] = adaptation * w_decay + w_gain * (x - v_rest)
        ges[i] = ge * ge_decay
        gis[i] = gi * gi_decay


_update_double = njit(nogil=True, error_model="numpy")(_update_plain)
_update_few = njit(nogil=True, fastmath=CONTRACTED, error_model="numpy")(_update_plain)


@njit(nogil=True, forceinline=True)
def _next(vs, ws, ges, gis, at, constants, exponential):
    """Return v, w, g_e and g_i after the step for the sixteen neurons from `at` on."""
    minus_leak, leak_rest, slope, offset, inverse_c, e_exc, e_inh, v_rest, w_decay, w_gain, ge_decay, gi_decay = (
        constants
    )
    x, w = load_floats(vs, at), load_floats(ws, at)
    ge, gi = load_floats(ges, at), load_floats(gis, at)
    current = fused(ge, e_exc - x, gi * (e_inh - x)) - w
    new = x + fused(minus_leak, x, leak_rest)
    if exponential:
        new = new + exp2_floats(fused(x, slope, offset))
    return fused(inverse_c, current, new), fused(w_gain, x - v_rest, w * w_decay), ge * ge_decay, gi * gi_decay


@njit(nogil=True, forceinline=True)
def _store(vs, ws, ges, gis, at, state):
    """Store the values that `_next` returned."""
    store_floats(vs, at, state[0])
    store_floats(ws, at, state[1])
    store_floats(ges, at, state[2])
    store_floats(gis, at, state[3])


@njit(nogil=True, forceinline=True)
def _advance(vs, ws, ges, gis, low, stop, constants, exponential):
    """Advance neurons low to stop, a multiple of sixteen and at least one; return the largest v, place by place."""
    state = _next(vs, ws, ges, gis, low, constants, exponential)
    _store(vs, ws, ges, gis, low, state)
    top = state[0]
    for at in range(low + WIDTH, stop, WIDTH):
        state = _next(vs, ws, ges, gis, at, constants, exponential)
        _store(vs, ws, ges, gis, at, state)
        top = larger(top, state[0])
    return top


@njit(nogil=True, fastmath=CONTRACTED, error_model="numpy")
def _update_single(vs, ws, ges, gis, near, high, c):
    n = len(vs)
    if n < WIDTH:
        _update_few(vs, ws, ges, gis, near, high, c)
        return
    constants = (
        spread(-c[LEAK]), spread(c[LEAK_REST]), spread(c[SLOPE]), spread(c[OFFSET]), spread(c[INVERSE_C]), spread(c[E_EXC]),
        spread(c[E_INH]), spread(c[V_REST]), spread(c[W_DECAY]), spread(c[W_GAIN]), spread(c[GE_DECAY]), spread(c[GI_DECAY]),
    )  # fmt: skip
    exp_from, v_cut = spread(c[EXP_FROM]), spread(c[V_CUT])
    # the last sixteen overlap others: they are computed first and stored last, which writes the same values twice
    rest = n - WIDTH
    rest_near = (near[rest // LANES] | near[(n - 1) // LANES]) != 0
    last = _next(vs, ws, ges, gis, rest, constants, rest_near)
    for block in range((n + LANES - 1) // LANES):
        low = block * LANES
        stop = min(low + LANES, n // WIDTH * WIDTH)
        if low == stop:
            top = last[0]
        elif near[block]:
            top = _advance(vs, ws, ges, gis, low, stop, constants, True)
        else:
            top = _advance(vs, ws, ges, gis, low, stop, constants, False)
        if low + LANES > n:
            top = larger(top, last[0])
        near[block] = places_above(top, exp_from) != 0
        high[block] = places_above(top, v_cut) != 0
    _store(vs, ws, ges, gis, rest, last)


@njit(nogil=True)
def mark_near(vs, near, exp_from):
    """Set near, (blocks,) uint8, to whether any of each 64 potentials lies above EXP_FROM."""
    near[:] = 0
    for i in range(len(vs)):
        if vs[i] > exp_from:
            near[i // LANES] = 1
