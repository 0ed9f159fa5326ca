"""Means over one axis of a value: an event is outer x n x inner elements, its mean outer x inner.

inner = 1: the n elements are added in 16 chains (element i in chain i mod 16) and one tree, whatever the host's vectors.
Otherwise one row of `inner` elements after the other.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from ._jit import family, kernel, number, shift
from .combine import add, copy
from .family import ROWS, descriptor, operand
from .vector import I32, I64, Vectors, counted_loop, i64, new_function

CHAINS = 16


def _sum_function(module, element):
    """void(n, x, y): y[0] = sum of x[0], ..., x[n - 1]."""
    p = element.as_pointer()
    function = new_function(module, __name__, f"sum_{element}", [I64, p, p])
    if function.blocks:
        return function
    n, x, y = function.args
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    # one logical vector of CHAINS lanes; LLVM splits it over as many registers as the host needs
    vectors = Vectors(builder, element, CHAINS)

    def one(index, sums, mask=None):
        return [builder.fadd(sums[0], vectors.load(builder.gep(x, [index]), mask))]

    index, sums = counted_loop(builder, i64(0), n, CHAINS, [vectors.zero], one)
    (total,) = one(index, sums, vectors.first(builder.sub(n, index)))
    width = CHAINS
    while width > 1:
        width //= 2
        total = builder.fadd(total, vectors.shuffle(total, total, [(i + width) % CHAINS for i in range(CHAINS)]))
    builder.store(builder.extract_element(total, ir.Constant(I32, 0)), y)
    builder.ret_void()
    return function


@intrinsic
def sum_into(typingctx, n, x, y):
    """y[0] = sum of the n elements of x."""

    def codegen(context, builder, signature, args):
        builder.call(_sum_function(builder.module, args[1].type.pointee), args)
        return context.get_dummy_value()

    return types.none(types.int64, x, y), codegen


@kernel
def _share(n, like):
    return number(like[0], n)


MEAN_BACK = descriptor("grad_y grad_x", "outer count inner", writes="grad_x")


@family(MEAN_BACK)
def mean_axis_backward(d, run, arena, theta, copies, grad):
    """grad_x = grad_y / n for each of the n; overwrites: grad_y grad_x outer n inner."""
    gradient, result, n = operand(d, MEAN_BACK.grad_y, run, arena), operand(d, MEAN_BACK.grad_x, run, arena), d[MEAN_BACK.count]
    inner = d[MEAN_BACK.inner]
    count = _share(n, gradient)
    for o in range(run[ROWS] * d[MEAN_BACK.outer]):
        given, out = shift(gradient, o * inner), shift(result, o * n * inner)
        if inner == 1:
            value = given[0] / count
            for k in range(n):
                out[k] = value
        else:
            for i in range(inner):
                out[i] = given[i] / count
            for k in range(1, n):
                copy(inner, out, shift(out, k * inner))
    return 0.0


MEAN = descriptor("x y", "outer count inner", writes="y")


@family(MEAN, backward=[mean_axis_backward], flops=(1, "x"))
def mean_axis(d, run, arena, theta, copies, grad):
    """y = mean over the middle axis: x y outer n inner."""
    x, y, n, inner = operand(d, MEAN.x, run, arena), operand(d, MEAN.y, run, arena), d[MEAN.count], d[MEAN.inner]
    count = _share(n, x)
    for o in range(run[ROWS] * d[MEAN.outer]):
        block, out = shift(x, o * n * inner), shift(y, o * inner)
        if inner == 1:
            sum_into(n, block, out)
        else:
            copy(inner, block, out)
            for k in range(1, n):
                add(inner, shift(block, k * inner), out)
        for i in range(inner):
            out[i] = out[i] / count
    return 0.0
