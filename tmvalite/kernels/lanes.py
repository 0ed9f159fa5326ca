"""Formulas over whole vectors of explicit code: `h = o * m.tanh(c)` emits vector instructions.

A `GatePass` turns such a formula into a function that runs over the rows and columns of a tile. Arithmetic is exact
IEEE, element by element, as in kernels/math.py: same constants, same order, same bits. A multiply-add is one rounding
only where the formula says `m.fma`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from ._jit import VECTOR_BYTES
from .math import DOUBLE, SINGLE
from .vector import I64, Vectors, counted_loop, i64, new_function


class Lanes:
    """One vector value; arithmetic with other vectors and with Python numbers."""

    def __init__(self, math: LaneMath, value):
        self.math, self.value = math, value

    def _emit(self, operation, a, b):
        return Lanes(self.math, operation(self.math.of(a).value, self.math.of(b).value))

    def __add__(self, other):
        return self._emit(self.math.builder.fadd, self, other)

    def __sub__(self, other):
        return self._emit(self.math.builder.fsub, self, other)

    def __rsub__(self, other):
        return self._emit(self.math.builder.fsub, other, self)

    def __mul__(self, other):
        return self._emit(self.math.builder.fmul, self, other)

    def __neg__(self):
        return Lanes(self.math, self.math.builder.fneg(self.value))

    def __truediv__(self, other):
        return self._emit(self.math.builder.fdiv, self, other)


class LaneMath:
    """fma, sigmoid and tanh of Lanes, with the polynomials of kernels/math.py."""

    def __init__(self, vectors: Vectors):
        self.vectors, self.builder = vectors, vectors.builder
        self.single = vectors.size == 4
        self.constants = SINGLE if self.single else DOUBLE

    def of(self, value) -> Lanes:
        """A Python number in all lanes; Lanes as they are."""
        if isinstance(value, Lanes):
            return value
        return Lanes(self, ir.Constant(self.vectors.type, [float(value)] * self.vectors.lanes))

    def fma(self, a, b, c) -> Lanes:
        """a * b + c with one rounding."""
        return Lanes(self, self.vectors.fma(*(self.of(v).value for v in (a, b, c))))

    def clamp(self, x: Lanes, limit: float) -> Lanes:
        """x within +-limit; NaN stays NaN."""
        for bound, sign in ((self.of(limit), ">"), (self.of(-limit), "<")):
            outside = self.builder.fcmp_ordered(sign, x.value, bound.value)
            x = Lanes(self, self.builder.select(outside, bound.value, x.value))
        return x

    def power_of_two(self, n: Lanes) -> Lanes:
        """2^n for integral n within the exponents of normal numbers."""
        integer, bias, place = (ir.IntType(32), 127, 23) if self.single else (I64, 1023, 52)
        kind = ir.VectorType(integer, self.vectors.lanes)
        exponent = self.builder.add(self.builder.fptosi(n.value, kind), ir.Constant(kind, [bias] * self.vectors.lanes))
        shifted = self.builder.shl(exponent, ir.Constant(kind, [place] * self.vectors.lanes))
        return Lanes(self, self.builder.bitcast(shifted, self.vectors.type))

    def sigmoid(self, *x: Lanes) -> list[Lanes]:
        """1/(1 + e^-x) of several x."""
        return self.gates(x, ())

    def tanh(self, x: Lanes) -> Lanes:
        """t/(t + 1) with t = (e^(2x) - 1)/2."""
        return self.gates((), (x,))[0]

    def gates(self, sigmoids: tuple[Lanes, ...], tanhs: tuple[Lanes, ...]) -> list[Lanes]:
        """sigmoid of the first and tanh of the second, as in kernels/math.py.

        All go through every operation together: one alone would wait for each result before the next operation.
        """
        c, first, second = self.constants, len(sigmoids), len(tanhs)

        def of_each(a, b):
            return [a] * first + [b] * second

        x = [-self.clamp(v, c.sigmoid_limit) for v in sigmoids] + [self.clamp(v, c.tanh_limit) for v in tanhs]
        factors = of_each(c.log2e, c.two_log2e)
        n = [Lanes(self, self.vectors.unary("rint", (v * factor).value)) for v, factor in zip(x, factors)]
        r = [self.fma(-m, ln2, v) for m, v, ln2 in zip(n, x, of_each(c.ln2_high, c.half_ln2))]
        r[:first] = [self.fma(-m, c.ln2_low, v) for m, v in zip(n[:first], r)]
        steps = zip(*of_each(c.tail, c.half_tail))
        q = [self.of(coefficient) for coefficient in next(steps)]
        for coefficients in steps:
            q = [self.fma(a, v, coefficient) for a, v, coefficient in zip(q, r, coefficients)]
        q = [self.fma(v * v, a, v) for a, v in zip(q, r)]
        scale = [self.power_of_two(m) for m in n]
        less = [s - 1.0 for s in scale[:first]] + [self.fma(s, 0.5, -0.5) for s in scale[first:]]
        t = [self.fma(s, a, b) for s, a, b in zip(scale, q, less)]
        above = of_each(self.of(1.0), None)
        above[first:] = t[first:]
        return [a / (v + b) for a, v, b in zip(above, t, of_each(2.0, 1.0))]


@dataclass(frozen=True)
class GatePass:
    """An elementwise formula over the `width` columns of every row of a tile.

    arrays : names of the arrays, in the order of the call; element (r, j) of block b of one is at
        pointer + r * leading + b * width + j, so that gates side by side are the blocks of one array
    reads, writes : (array, block) of every argument and result of the formula
    formula : function(m, *reads) -> writes, on Lanes

    An array may be read and written: the vector that ends a row whose width is not a multiple of the lanes overlaps
    the one before; it is loaded before anything is stored, and stored last.
    """

    name: str
    arrays: tuple[str, ...]
    reads: tuple[tuple[str, int], ...]
    writes: tuple[tuple[str, int], ...]
    formula: Callable

    def function(self, module, element):
        """void(rows, width, pointer and leading dimension of every array)."""
        name = f"gates_{self.name}_{element}_{VECTOR_BYTES}"
        made = new_function(module, __name__, name, [I64, I64, *[element.as_pointer(), I64] * len(self.arrays)])
        if made.blocks:
            return made
        rows, width, *operands = made.args
        starts, leadings = dict(zip(self.arrays, operands[::2])), dict(zip(self.arrays, operands[1::2]))
        builder = ir.IRBuilder(made.append_basic_block("entry"))
        vectors = Vectors(builder, element)
        math, lanes = LaneMath(vectors), i64(vectors.lanes)

        def row_pointers(row):
            return {a: builder.gep(starts[a], [builder.mul(row, leadings[a])]) for a in self.arrays}

        def place(at, operand, column):
            array, block = operand
            return builder.gep(at[array], [builder.add(builder.mul(width, i64(block)), column)])

        def values(at, column, mask=None):
            loaded = [Lanes(math, vectors.load(place(at, operand, column), mask)) for operand in self.reads]
            return [v.value for v in self.formula(math, *loaded)]

        def store(at, column, results, mask=None):
            for operand, value in zip(self.writes, results):
                vectors.store(value, place(at, operand, column), mask)

        def whole_vectors(at):
            def one(column, carried):
                store(at, column, values(at, column))
                return []

            counted_loop(builder, i64(0), width, vectors.lanes, [], one)

        def narrow(row, carried):
            at, mask = row_pointers(row), vectors.first(width)
            store(at, i64(0), values(at, i64(0), mask), mask)
            return []

        def overlapping(row, carried):
            at, last = row_pointers(row), builder.sub(width, lanes)
            ending = values(at, last)
            whole_vectors(at)
            store(at, last, ending)
            return []

        def even(row, carried):
            whole_vectors(row_pointers(row))
            return []

        def every_row(body):
            counted_loop(builder, i64(0), rows, 1, [], body)
            builder.ret_void()

        with builder.if_then(builder.icmp_signed("<", width, lanes)):
            every_row(narrow)
        with builder.if_then(builder.icmp_signed("!=", builder.srem(width, lanes), i64(0))):
            every_row(overlapping)
        every_row(even)
        return made

    def intrinsic(self):
        """The function as numba code calls it: (rows, width, pointers, leading dimensions), both tuples."""
        count = len(self.arrays)

        @intrinsic
        def run(typingctx, rows, width, pointers, leadings):
            if len(pointers) != count or len(leadings) != count:
                raise TypeError(f"{self.name} takes {count} arrays: {', '.join(self.arrays)}")

            def codegen(context, builder, signature, args):
                given = zip(cgutils.unpack_tuple(builder, args[2]), cgutils.unpack_tuple(builder, args[3]))
                element = signature.args[2].dtype.dtype
                kind = ir.FloatType() if element == types.float32 else ir.DoubleType()
                function = self.function(builder.module, kind)
                builder.call(function, [*args[:2], *(value for pair in given for value in pair)])
                return context.get_dummy_value()

            return types.none(types.int64, types.int64, pointers, leadings), codegen

        return run
