"""Instructions that numba does not offer: comparing 64 neurons at once, finding a set bit, logic on 512 bits at once."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

LANES = 64
"""Number of neurons compared together: four AVX-512 or eight AVX2 registers of float32, and the bits of one word."""


@intrinsic
def above(typingctx, values, start, threshold):
    """Return a word whose bit k says whether values[start + k] > threshold. values: 1-d C array of at least start + 64 elements."""
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


WORDS = 8
"""Number of 64-bit words handled together: one cache line, one AVX-512 register or two of AVX2."""


class Words(types.Type):
    """Eight words of 64 bits in a register: 512 neurons, one bit each."""

    def __init__(self) -> None:
        super().__init__(name="Words")


words_type = Words()
_WORDS = ir.VectorType(ir.IntType(64), WORDS)


@register_model(Words)
class _WordsModel(models.PrimitiveModel):
    def __init__(self, manager, numba_type) -> None:
        super().__init__(manager, numba_type, _WORDS)


def _words_at(context, builder, array_type, array, start):
    """Return the LLVM pointer to eight words of an array of uint64."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [start]), _WORDS.as_pointer())


@intrinsic
def load_words(typingctx, array, start):
    """Return array[start : start + 8] in a register. array: 1-d C array of uint64."""
    if not isinstance(array, types.Array) or array.ndim != 1 or array.layout != "C" or array.dtype != types.uint64:
        return None

    def codegen(context, builder, signature, args):
        return builder.load(_words_at(context, builder, signature.args[0], *args), align=8)

    return words_type(array, types.int64), codegen


@intrinsic
def store_words(typingctx, array, start, words):
    """Set array[start : start + 8] from a register. array: 1-d C array of uint64."""
    if not isinstance(array, types.Array) or array.ndim != 1 or array.layout != "C" or array.dtype != types.uint64:
        return None

    def codegen(context, builder, signature, args):
        builder.store(args[2], _words_at(context, builder, signature.args[0], *args[:2]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.int64, words_type), codegen


@intrinsic
def parity(typingctx, a, b, c):
    """Return a ^ b ^ c, the low digit of the sum of three bits, for 512 of them."""

    def codegen(context, builder, signature, args):
        return builder.xor(builder.xor(args[0], args[1]), args[2])

    return words_type(words_type, words_type, words_type), codegen


@intrinsic
def majority(typingctx, a, b, c):
    """Return the bits that at least two of a, b, c have set, the high digit of the sum of three, for 512 of them."""

    def codegen(context, builder, signature, args):
        either = builder.and_(builder.or_(args[0], args[1]), args[2])
        return builder.or_(builder.and_(args[0], args[1]), either)

    return words_type(words_type, words_type, words_type), codegen


@intrinsic
def exclusive(typingctx, a, b):
    """Return a ^ b, the low digit of the sum of two bits, for 512 of them."""

    def codegen(context, builder, signature, args):
        return builder.xor(*args)

    return words_type(words_type, words_type), codegen


@intrinsic
def both(typingctx, a, b):
    """Return a & b, the high digit of the sum of two bits, for 512 of them."""

    def codegen(context, builder, signature, args):
        return builder.and_(*args)

    return words_type(words_type, words_type), codegen


@intrinsic
def add_where(typingctx, values, start, word, amount):
    """Add the amount to values[start + k] wherever bit k of the word is set. values: 1-d C array of uint16."""
    if not isinstance(values, types.Array) or values.ndim != 1 or values.layout != "C" or values.dtype != types.uint16:
        return None

    def codegen(context, builder, signature, args):
        vector = ir.VectorType(ir.IntType(16), LANES)
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer = builder.bitcast(builder.gep(data, [args[1]]), vector.as_pointer())
        single = builder.insert_element(ir.Constant(vector, ir.Undefined), args[3], ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        amounts = builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), zeros)
        chosen = builder.bitcast(args[2], ir.VectorType(ir.IntType(1), LANES))
        added = builder.select(chosen, amounts, ir.Constant(vector, [0] * LANES))
        builder.store(builder.add(builder.load(pointer, align=2), added), pointer, align=2)
        return context.get_dummy_value()

    return types.void(values, types.int64, types.uint64, types.uint16), codegen
