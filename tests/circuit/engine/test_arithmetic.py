"""The kernel's own arithmetic: the vectorised exponential, comparing 64 neurons at once, the constants."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from automind_dash.circuit.engine.exponential import exp2
from automind_dash.circuit.engine.lanes import LANES, above, lowest_bit
from automind_dash.circuit.engine.tables import SHARPEST, kernel_constants
from automind_dash.circuit.parameters import DT, FIXED, INDEX


@njit
def powers(x):
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = exp2(x[i])
    return out


@njit
def above_words(values, starts, threshold):
    out = np.empty(len(starts), np.uint64)
    for i in range(len(starts)):
        out[i] = above(values, starts[i], threshold)
    return out


@njit
def lowest_bits(words):
    out = np.empty(len(words), np.int64)
    for i in range(len(words)):
        out[i] = lowest_bit(words[i])
    return out


def test_float32_powers_of_two_are_right_to_3e_7():
    x = np.linspace(-124, 125, 2_000_001).astype(np.float32)
    exact = 2.0 ** x.astype(np.float64)
    assert np.max(np.abs(powers(x) / exact - 1)) < 3e-7


def test_float32_powers_saturate_beyond_what_a_float32_holds():
    x = np.array([-1e30, -200, -125.5, 126.5, 500, 1e30], np.float32)
    out = powers(x)
    assert np.all(np.isfinite(out))
    assert np.all(out[:3] < 1e-37)
    assert np.all(out[3:] > 8e37)


def test_float32_powers_never_fall():
    out = powers(np.linspace(-20, 20, 1_000_001).astype(np.float32))
    assert np.all(np.diff(out.astype(np.float64)) >= -3e-7 * out[1:])


def test_float64_powers_are_those_of_exp():
    x = np.linspace(-600, 600, 100_001)
    assert np.max(np.abs(powers(x) / np.exp(x * np.log(2)) - 1)) < 1e-13


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_above_gives_a_bit_per_neuron(dtype, data):
    length = data.draw(st.integers(LANES, 4 * LANES))
    values = np.random.default_rng(length).normal(0, 1, length).astype(dtype)
    special = data.draw(st.lists(st.sampled_from([np.nan, np.inf, -np.inf, 0.5, -0.0]), max_size=5))
    values[: len(special)] = special
    threshold = dtype(0.5)
    starts = np.arange(length - LANES + 1)
    for start, word in zip(starts, above_words(values, starts, threshold), strict=True):
        bits = [(int(word) >> k) & 1 for k in range(LANES)]
        np.testing.assert_array_equal(bits, values[start : start + LANES] > threshold)


@settings(deadline=None)
@given(st.integers(1, 2**64 - 1))
def test_the_lowest_bit(word):
    assert lowest_bits(np.array([word], np.uint64))[0] == (word & -word).bit_length() - 1


def test_constants_are_those_of_one_euler_step(middle):
    c = kernel_constants(middle, DT, clustered=True)
    step, p = DT * 1e3, dict(zip(INDEX, middle, strict=False))
    from automind_dash.circuit import constants as k

    C, g_L, rest = p["params_Epop.C"], p["params_Epop.g_L"], p["params_Epop.v_rest"]
    thresh, delta_T = p["params_Epop.v_thresh"], p["params_Epop.delta_T"]
    v, w, g_e, g_i = -52.0, 30.0, 4.0, 7.0
    slope = g_L * (rest - v) + g_L * delta_T * np.exp((v - thresh) / delta_T) - w
    slope += g_e * (FIXED.E_e - v) + g_i * (p["params_Epop.E_gi"] - v)
    e = c[0]
    after = v + e[k.LEAK_REST] - e[k.LEAK] * v + 2 ** (v * e[k.SLOPE] + e[k.OFFSET])
    after += e[k.INVERSE_C] * (g_e * (e[k.E_EXC] - v) + g_i * (e[k.E_INH] - v) - w)
    assert after == pytest.approx(v + step * slope / C, rel=1e-12)
    assert w * e[k.W_DECAY] + e[k.W_GAIN] * (v - rest) == pytest.approx(
        w + step * (p["params_Epop.a"] * (v - rest) - w) / p["params_Epop.tau_w"], rel=1e-12
    )
    assert e[k.Q_E_CLUSTER] == pytest.approx(p["params_Epop.Q_ge"] * p["params_net.R_Qe2e"])
    assert kernel_constants(middle, DT, clustered=False)[0, k.Q_E_CLUSTER] == p["params_Epop.Q_ge"]
    assert c[1, k.Q_E_CLUSTER] == c[1, k.Q_E] == p["params_Ipop.Q_ge"]


def test_no_exponential_without_delta_T_and_a_step_for_a_tiny_one(middle):
    from automind_dash.circuit import constants as k

    middle[INDEX["params_Epop.delta_T"]] = 0
    assert kernel_constants(middle, DT, False)[0, k.SLOPE] == 0
    middle[INDEX["params_Epop.delta_T"]] = 1e-300
    tiny = kernel_constants(middle, DT, False)[0]
    middle[INDEX["params_Epop.delta_T"]] = SHARPEST
    np.testing.assert_array_equal(tiny, kernel_constants(middle, DT, False)[0])
    assert np.all(np.isfinite(tiny.astype(np.float32)))
