"""Sixteen float32 at once, written like a single number: the arithmetic of the kernel's update, with explicit rounding.

numba vectorises loops to half the width of AVX-512, and its loops cannot skip a part of their work. `Floats` is an LLVM
vector: one AVX-512 register, two of AVX2, or four of NEON. `+`, `-` and `*` round once each. `fused(a, b, c)` is
a * b + c. It rounds once where the processor can do so (as contraction would), and twice where it cannot.
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

from .exponential import COEFFICIENTS, HIGHEST, LOWEST, ROUNDING

WIDTH = 16
"""Count of numbers in a `Floats`."""


class FloatsType(types.Type):
    """Sixteen float32 in registers."""

    def __init__(self) -> None:
        super().__init__(name="Floats")


floats = FloatsType()
_FLOATS = ir.VectorType(ir.FloatType(), WIDTH)
_INTS = ir.VectorType(ir.IntType(32), WIDTH)
_LONGS = ir.VectorType(ir.IntType(64), WIDTH // 2)


@register_model(FloatsType)
class _FloatsModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type) -> None:
        super().__init__(manager, numba_type, _FLOATS)


def _is_row(array, dtype) -> bool:
    return isinstance(array, types.Array) and array.ndim == 1 and array.layout == "C" and array.dtype == dtype


def _pointer(context, builder, array_type, array, start, vector):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), vector.as_pointer())


def _splat(builder, scalar, vector):
    """Return the LLVM vector that holds a scalar in every place."""
    single = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), zeros)


def _constant(value, vector=_FLOATS):
    return ir.Constant(vector, [value] * vector.count)


def _fused(builder, a, b, c):
    kind = ir.FunctionType(_FLOATS, [_FLOATS] * 3)
    function = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{WIDTH}f32")
    return builder.call(function, [a, b, c])


@intrinsic
def load_floats(typingctx, array, start):
    """Return array[start : start + 16]. array: 1-d C array of float32."""
    if not _is_row(array, types.float32):
        return None

    def codegen(context, builder, signature, args):
        return builder.load(_pointer(context, builder, signature.args[0], *args, _FLOATS), align=4)

    return floats(array, types.int64), codegen


@intrinsic
def store_floats(typingctx, array, start, values):
    """Set array[start : start + 16]. array: 1-d C array of float32."""
    if not _is_row(array, types.float32) or values != floats:
        return None

    def codegen(context, builder, signature, args):
        builder.store(args[2], _pointer(context, builder, signature.args[0], *args[:2], _FLOATS), align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, floats), codegen


@intrinsic
def spread(typingctx, value):
    """Return a float32 in all sixteen places."""
    if value != types.float32:
        return None

    def codegen(context, builder, signature, args):
        return _splat(builder, args[0], _FLOATS)

    return floats(types.float32), codegen


@intrinsic
def fused(typingctx, a, b, c):
    """Return a * b + c, rounded once if the processor multiplies and adds in one instruction."""
    if (a, b, c) != (floats,) * 3:
        return None

    def codegen(context, builder, signature, args):
        return _fused(builder, *args)

    return floats(floats, floats, floats), codegen


@intrinsic
def larger(typingctx, a, b):
    """Return the larger of two, place by place."""
    if (a, b) != (floats,) * 2:
        return None

    def codegen(context, builder, signature, args):
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return floats(floats, floats), codegen


@intrinsic
def places_above(typingctx, a, b):
    """Return a number whose bit k says whether a > b in place k."""
    if (a, b) != (floats,) * 2:
        return None

    def codegen(context, builder, signature, args):
        places = builder.bitcast(builder.fcmp_ordered(">", *args), ir.IntType(WIDTH))
        return builder.zext(places, ir.IntType(64)) if WIDTH < 64 else places

    return types.uint64(floats, floats), codegen


@intrinsic
def exp2_floats(typingctx, x):
    """Return 2**x for sixteen numbers, as `exponential.exp2` does for one."""
    if x != floats:
        return None

    def codegen(context, builder, signature, args):
        lowest, highest, rounding = (_constant(float(value)) for value in (LOWEST, HIGHEST, ROUNDING))
        x = builder.select(builder.fcmp_ordered("<", args[0], highest), args[0], highest)
        x = builder.select(builder.fcmp_ordered(">", x, lowest), x, lowest)
        shifted = builder.fadd(x, rounding)
        r = builder.fsub(x, builder.fsub(shifted, rounding))
        *rest, p = (_constant(float(value)) for value in COEFFICIENTS)
        for coefficient in reversed(rest):
            p = _fused(builder, r, p, coefficient)
        exponent = builder.shl(builder.bitcast(shifted, _INTS), _constant(23, _INTS))
        return builder.bitcast(builder.add(builder.bitcast(p, _INTS), exponent), _FLOATS)

    return floats(floats), codegen


def _operation(name):
    @intrinsic
    def operation(typingctx, a, b):
        def codegen(context, builder, signature, args):
            return getattr(builder, name)(*args)

        return floats(floats, floats), codegen

    return operation


_add, _subtract, _multiply = (_operation(name) for name in ("fadd", "fsub", "fmul"))


def _both_floats(a, b) -> bool:
    return isinstance(a, FloatsType) and isinstance(b, FloatsType)


@overload(operator.add, inline="always")
def _plus(a, b):
    return (lambda a, b: _add(a, b)) if _both_floats(a, b) else None


@overload(operator.sub, inline="always")
def _minus(a, b):
    return (lambda a, b: _subtract(a, b)) if _both_floats(a, b) else None


@overload(operator.mul, inline="always")
def _times(a, b):
    return (lambda a, b: _multiply(a, b)) if _both_floats(a, b) else None


@intrinsic
def draw_targets(typingctx, drawn, start, number, key_1, key_2, n_targets, first):
    """Set drawn[start : start + 16] to the targets of a step's events `number` to `number + 15`.

    Each event's number and the step's two keys are hashed to 32 bits; times n_targets and over 2^32, that is a uniform
    draw from first to first + n_targets - 1. drawn: 1-d C array of uint16; the other numbers are taken modulo 2^32.
    """
    if not _is_row(drawn, types.uint16):
        return None
    signature = types.void(drawn, types.int64, *(types.uint32,) * 5)

    def codegen(context, builder, signature, args):
        number, key_1, key_2, first = (_splat(builder, args[k], _INTS) for k in (2, 3, 4, 6))
        n_targets = _splat(builder, builder.zext(args[5], ir.IntType(64)), _LONGS)

        def folded(h, bits):
            return builder.xor(h, builder.lshr(h, _constant(bits, _INTS)))

        h = builder.add(number, ir.Constant(_INTS, list(range(WIDTH))))
        h = builder.add(builder.mul(h, _constant(0x9E3779B9, _INTS)), key_1)
        h = builder.mul(folded(h, 16), _constant(0x21F0AAAD, _INTS))
        h = builder.mul(builder.xor(folded(h, 15), key_2), _constant(0x735A2D97, _INTS))
        # 64-bit products of every other place, of which the upper halves are kept
        pairs = builder.bitcast(folded(h, 15), _LONGS)
        low, half = _constant(0xFFFFFFFF, _LONGS), _constant(32, _LONGS)
        even = builder.lshr(builder.mul(builder.and_(pairs, low), n_targets), half)
        odd = builder.mul(builder.lshr(pairs, half), n_targets)
        odd = builder.and_(odd, _constant(0xFFFFFFFF00000000, _LONGS))
        targets = builder.add(builder.bitcast(builder.or_(even, odd), _INTS), first)
        shorts = ir.VectorType(ir.IntType(16), WIDTH)
        pointer = _pointer(context, builder, signature.args[0], args[0], args[1], shorts)
        builder.store(builder.trunc(targets, shorts), pointer, align=2)
        return context.get_dummy_value()

    return signature, codegen
