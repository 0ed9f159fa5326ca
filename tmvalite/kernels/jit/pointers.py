"""Pointers, C-like, for kernels: typed addresses of array elements, offsets, null, memory in the frame of a function."""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, overload

from .flags import VECTOR_BYTES
from .inner import OPTIONS


@intrinsic
def pointer(typingctx, array, offset):
    """Typed pointer to element `offset` of the data of an array."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.gep(data, [args[1]])

    return types.CPointer(array.dtype)(array, types.int64), codegen


@intrinsic
def shift(typingctx, base, offset):
    """Pointer `offset` elements behind `base`."""

    def codegen(context, builder, signature, args):
        return builder.gep(args[0], [args[1]])

    return base(base, types.int64), codegen


@intrinsic
def null(typingctx, like):
    """The null pointer of the type of `like`."""

    def codegen(context, builder, signature, args):
        return ir.Constant(args[0].type, None)

    return like(like), codegen


@intrinsic
def address_of(typingctx, p):
    """Address (int64) of a pointer."""

    def codegen(context, builder, signature, args):
        return builder.ptrtoint(args[0], ir.IntType(64))

    return types.int64(p), codegen


@intrinsic
def is_null(typingctx, p):
    """Whether the pointer is null."""

    def codegen(context, builder, signature, args):
        return builder.icmp_unsigned("==", args[0], ir.Constant(args[0].type, None))

    return types.boolean(p), codegen


@intrinsic
def pointer_at(typingctx, address, like):
    """Typed pointer to an address (int64); `like` is a pointer of the type that is wanted."""

    def codegen(context, builder, signature, args):
        return builder.inttoptr(args[0], args[1].type)

    return like(types.int64, like), codegen


def _address_of(kind):
    @intrinsic
    def at(typingctx, address):
        def codegen(context, builder, signature, args):
            element = ir.IntType(64) if kind == types.int64 else ir.DoubleType()
            return builder.inttoptr(args[0], element.as_pointer())

        return types.CPointer(kind)(types.int64), codegen

    return at


integers_at = _address_of(types.int64)  # pointer to int64 at an address
doubles_at = _address_of(types.float64)  # pointer to float64 at an address


@intrinsic
def stack(typingctx, size, like):
    """Memory of `size` bytes, a constant, in the frame of the function, for elements like those of a pointer."""
    if not isinstance(size, types.IntegerLiteral):
        return None  # numba then asks with the constant
    count = size.literal_value

    def codegen(context, builder, signature, args):
        with builder.goto_entry_block():  # not numba's alloca_once, which stores a zero into every byte
            block = builder.alloca(ir.ArrayType(ir.IntType(8), count))
        block.align = VECTOR_BYTES
        return builder.bitcast(block, args[1].type)

    return like(size, like), codegen


def number(like, value):
    """A Python constant in the type of `like`, so that float32 code stays float32."""
    raise NotImplementedError


@overload(number, jit_options=OPTIONS)
def _number(like, value):
    if like == types.float32:
        return lambda like, value: np.float32(value)
    return lambda like, value: np.float64(value)
