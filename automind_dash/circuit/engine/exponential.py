"""An exponential that a compiler can vectorise without a vector maths library.

Inside numba code, `exp2(x)` uses a bit trick for float32: x is rounded to n, a polynomial gives 2^(x-n) on [-1/2, 1/2],
and n is added to the exponent bits (relative error below 3e-7). For float64 it uses `math.exp(x ln 2)`, so that the
float64 build agrees with brian2 to rounding.
"""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

ROUNDING = np.float32(12582912.0)  # 1.5 · 2^23: adding it leaves the rounded integer in the low mantissa bits
LOWEST, HIGHEST = np.float32(-125.0), np.float32(126.0)  # the exponents that a float32 can hold
# Chebyshev fit of 2^r on [-1/2, 1/2]
COEFFICIENTS = tuple(
    np.float32(c) for c in (1.0000000749347952, 0.693146967, 0.240221197, 0.0555071327, 0.00967554172, 0.00132764739)
)
_C0, _C1, _C2, _C3, _C4, _C5 = COEFFICIENTS


@intrinsic
def float_bits(typingctx, value):
    """Reinterpret a float32 as int32."""
    if value != types.float32:
        return None

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], ir.IntType(32))

    return types.int32(types.float32), codegen


@intrinsic
def bits_float(typingctx, value):
    """Reinterpret an int32 as float32."""
    if value != types.int32:
        return None

    def codegen(context, builder, signature, args):
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.int32), codegen


def exp2(x):
    """Return 2**x (plain Python; inside compiled code the overload below is used)."""
    return 2.0**x


@overload(exp2, inline="always")
def _exp2(x):
    if x == types.float32:

        def single(x):
            bounded = max(LOWEST, min(HIGHEST, x))
            shifted = bounded + ROUNDING
            r = bounded - (shifted - ROUNDING)
            p = _C0 + r * (_C1 + r * (_C2 + r * (_C3 + r * (_C4 + r * _C5))))
            return bits_float(np.int32(float_bits(p) + np.int32(float_bits(shifted) << np.int32(23))))

        return single

    def double(x):
        return math.exp(x * 0.6931471805599453)

    return double
