"""The update of sixteen neurons at a time: its arithmetic, what it leaves out, and what it tells of blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from automind_dash.circuit import constants as k
from automind_dash.circuit.engine.exponential import exp2
from automind_dash.circuit.engine.floats import (
    WIDTH,
    draw_targets,
    exp2_floats,
    fused,
    larger,
    load_floats,
    places_above,
    spread,
    store_floats,
)
from automind_dash.circuit.engine.lanes import LANES
from automind_dash.circuit.engine.tables import kernel_constants, set_limits
from automind_dash.circuit.engine.update import CONTRACTED, _update_few, mark_near, update
from automind_dash.circuit.parameters import DT, HIGH, INDEX, LOW


@njit(fastmath=CONTRACTED)
def arithmetic(a, b, c, out):
    x, y, z = load_floats(a, 0), load_floats(b, 0), load_floats(c, 0)
    store_floats(out[0], 0, x + y)
    store_floats(out[1], 0, x - y)
    store_floats(out[2], 0, x * y)
    store_floats(out[3], 0, larger(x, y))
    store_floats(out[4], 0, exp2_floats(x))
    store_floats(out[5], 0, fused(x, y, z))
    store_floats(out[6], 0, spread(c[3]))
    for i in range(len(a)):
        out[7, i] = exp2(a[i])
    return places_above(x, y)


@njit
def targets_of(events, key_1, key_2, n_targets, first):
    drawn = np.zeros(events + WIDTH, np.uint16)
    for at in range(0, events, WIDTH):
        draw_targets(drawn, at, np.uint32(at), key_1, key_2, n_targets, first)
    return drawn[:events]


@njit
def run_update(vs, ws, ges, gis, near, high, c):
    update(vs, ws, ges, gis, near, high, c)


def test_sixteen_at_once_are_sixteen_alone():
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(0, 20, (3, WIDTH)).astype(np.float32)
    a[:3] = -300, 300, b[2]
    out = np.empty((8, WIDTH), np.float32)
    places = arithmetic(a, b, c, out)
    np.testing.assert_array_equal(out[:4], [a + b, a - b, a * b, np.maximum(a, b)])
    np.testing.assert_array_equal(out[4], out[7])
    np.testing.assert_allclose(out[5], a.astype(float) * b + c, rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(out[6], c[3])
    assert [places >> i & 1 for i in range(WIDTH)] == (a > b).tolist()


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(1, 65_535), st.integers(0, 100))
@settings(max_examples=30, deadline=None)
def test_targets_of_events_are_the_hash_of_their_numbers(key_1, key_2, n_targets, first):
    first = min(first, 65_535 - n_targets)
    drawn = targets_of(45, *(np.uint32(x) for x in (key_1, key_2, n_targets, first)))
    for number, target in enumerate(drawn.tolist()):
        h = (number * 0x9E3779B9 + key_1) % 2**32
        h = (h ^ h >> 16) * 0x21F0AAAD % 2**32
        h = (h ^ h >> 15 ^ key_2) * 0x735A2D97 % 2**32
        h ^= h >> 15
        assert target == first + (h * n_targets >> 32)


def row_of_constants(theta, population=0):
    constants = kernel_constants(theta, DT, clustered=True).astype(np.float32)
    set_limits(constants)
    return constants[population]


@pytest.mark.parametrize("n", [1, 15, 16, 17, 63, 64, 65, 79, 80, 81, 128, 200])
@pytest.mark.parametrize(
    "changes", [{}, {"E_delta_T": 0.0}, {"E_delta_T": 0.4}, {"E_delta_T": 5.0, "E_C": 20.0, "E_g_L": 40.0}]
)
def test_the_same_state_as_one_neuron_at_a_time(n, changes):
    rng = np.random.default_rng(n)
    theta = (LOW + HIGH) / 2
    for key, value in changes.items():
        theta[INDEX[key]] = value
    c = row_of_constants(theta)
    blocks = n // LANES + 1
    state = [
        rng.uniform(-90, -40, n), rng.normal(100, 200, n), rng.exponential(5, n) * (rng.random(n) < 0.5), rng.exponential(5, n),
    ]  # fmt: skip
    ours, alone = ([x.astype(np.float32) for x in state] for _ in range(2))
    near, high = np.zeros(blocks, np.uint8), np.zeros(blocks, np.uint8)
    mark_near(ours[0], near, c[k.EXP_FROM])
    for _ in range(30):
        was_near = near.copy()
        run_update(*ours, near, high, c)
        _update_few(*alone, was_near.copy(), high.copy(), c)
        for one, other in zip(ours, alone, strict=True):
            np.testing.assert_array_equal(one, other)
        for block in range(-(-n // LANES)):
            inside = ours[0][block * LANES : (block + 1) * LANES]
            assert near[block] or not (inside > c[k.EXP_FROM]).any()
            assert high[block] or not (inside > c[k.V_CUT]).any()
        ours[0][ours[0] > c[k.V_CUT]] = alone[0][alone[0] > c[k.V_CUT]] = c[k.V_RESET]
        if c[k.V_RESET] > c[k.EXP_FROM]:
            near[:] = 1


def test_blocks_are_told_apart():
    c = row_of_constants((LOW + HIGH) / 2)
    v, w, g_e, g_i = np.zeros((4, 3 * LANES), np.float32)
    v[:] = c[k.EXP_FROM] - 20
    v[LANES + 5], v[2 * LANES + 7] = c[k.EXP_FROM] + 1, c[k.V_CUT] + 5
    near, high = np.zeros(4, np.uint8), np.zeros(4, np.uint8)
    mark_near(v, near, c[k.EXP_FROM])
    assert near.tolist() == [0, 1, 1, 0]
    run_update(v, w, g_e, g_i, near, high, c)
    assert near[:3].tolist() == [0, 1, 1]
    assert high[:3].tolist() == [0, 0, 1]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_the_exponential_adds_nothing_below_its_limit(seed):
    rng = np.random.default_rng(seed)
    theta = LOW + rng.random(len(LOW)) * (HIGH - LOW)
    if seed % 3 == 0:  # also outside the prior
        theta[INDEX["E_v_rest"]] = rng.uniform(-200, 0)
        theta[INDEX["E_delta_T"]] = 10 ** rng.uniform(-6, 2)
        theta[INDEX["E_v_thresh"]] = rng.uniform(-200, 50)
    for population in range(2):
        c = row_of_constants(theta, population)
        below = np.float32(c[k.EXP_FROM]) - np.concatenate([[0], 10 ** rng.uniform(-6, 4, 200)]).astype(np.float32)
        without = below + (c[k.LEAK_REST] - c[k.LEAK] * below)
        exponent = np.clip(c[k.SLOPE].astype(float) * below + c[k.OFFSET], -125, 126)
        added = (2.0**exponent * (1 + 1e-6)).astype(np.float32)
        np.testing.assert_array_equal(without + added, without)


def test_a_circuit_without_an_exponential_never_needs_it():
    theta = (LOW + HIGH) / 2
    theta[INDEX["E_delta_T"]] = 0
    assert row_of_constants(theta)[k.EXP_FROM] == np.inf
