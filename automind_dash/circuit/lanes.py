"""Two instructions that numba does not offer: compare 64 neurons with a threshold at once, and find the lowest set bit."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 64
"""Neurons compared together: four AVX-512 or eight AVX2 registers of float32, and the bits of one word."""


@intrinsic
def above(typingctx, values, start, threshold):
    """Return a word whose bit k tells whether values[start + k] > threshold. values: 1-d C array with start + 64 elements at least."""
    if not isinstance(values, types.Array) or values.ndim != 1 or values.layout != "C":
        return None
    scalar = values.dtype

    def codegen(context, builder, signature, args):
        array = context.make_array(signature.args[0])(context, builder, args[0])
        vector = ir.VectorType(context.get_value_type(scalar), LANES)
        pointer = builder.gep(array.data, [args[1]])
        lanes = builder.load(builder.bitcast(pointer, vector.as_pointer()), align=scalar.bitwidth // 8)
        single = builder.insert_element(ir.Constant(vector, ir.Undefined), args[2], ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        limit = builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), zeros)
        return builder.bitcast(builder.fcmp_ordered(">", lanes, limit), ir.IntType(LANES))

    return types.uint64(values, types.int64, scalar), codegen


@intrinsic
def lowest_bit(typingctx, word):
    """Return the position of the lowest set bit of a uint64 that is not 0."""
    if word != types.uint64:
        return None

    def codegen(context, builder, signature, args):
        count = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.IntType(64), [ir.IntType(64), ir.IntType(1)]), "llvm.cttz.i64"
        )
        return builder.call(count, [args[0], ir.Constant(ir.IntType(1), 1)])

    return types.int64(types.uint64), codegen
