"""Transposition in register blocks, and the conversions between memory formats that it makes."""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES, family, kernel, shift
from .family import ROWS, descriptor, operand
from .vector import I64, Vectors, i64, lanes_of, new_function


def _transpose_block(module, element):
    """void(A, lda, B, ldb): one lanes x lanes block, B = A^T."""
    name = f"transpose_{element}_{VECTOR_BYTES}"
    p = element.as_pointer()
    function = new_function(module, __name__, name, [p, I64, p, I64])
    if function.blocks:
        return function
    a, lda, b, ldb = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    vectors = Vectors(builder, element)
    rows = [vectors.load(builder.gep(a, [builder.mul(lda, i64(r))])) for r in range(vectors.lanes)]
    for r, row in enumerate(vectors.transpose(rows)):
        vectors.store(row, builder.gep(b, [builder.mul(ldb, i64(r))]))
    builder.ret_void()
    return function


@intrinsic
def _transpose_block_call(typingctx, a, lda, b, ldb):
    def codegen(context, builder, signature, args):
        builder.call(_transpose_block(builder.module, args[0].type.pointee), args)
        return context.get_dummy_value()

    return types.none(a, types.int64, a, types.int64), codegen


@kernel
def transpose(rows, columns, a, lda, b, ldb):
    """B[columns, rows] = A[rows, columns]^T. Overwrites B."""
    lanes = lanes_of(a)
    whole_rows, whole_columns = rows // lanes * lanes, columns // lanes * lanes
    for i in range(0, whole_rows, lanes):
        for j in range(0, whole_columns, lanes):
            _transpose_block_call(shift(a, i * lda + j), lda, shift(b, j * ldb + i), ldb)
    for i in range(rows):
        for j in range(whole_columns if i < whole_rows else 0, columns):
            b[j * ldb + i] = a[i * lda + j]


CONVERT = descriptor("x y", writes="y")


@family(CONVERT)
def rows_to_features(d, run, arena, theta, copies, grad):
    """(events, elements) -> (elements, events): x y."""
    transpose(
        run[ROWS],
        d[CONVERT.x_size],
        operand(d, CONVERT.x, run, arena),
        d[CONVERT.x_size],
        operand(d, CONVERT.y, run, arena),
        run[ROWS],
    )
    return 0.0


@family(CONVERT)
def features_to_rows(d, run, arena, theta, copies, grad):
    """(elements, events) -> (events, elements): x y."""
    transpose(
        d[CONVERT.x_size],
        run[ROWS],
        operand(d, CONVERT.x, run, arena),
        run[ROWS],
        operand(d, CONVERT.y, run, arena),
        d[CONVERT.x_size],
    )
    return 0.0
