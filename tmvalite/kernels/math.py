"""exp, log, tanh and friends for loops that LLVM vectorises: polynomials with explicit fused multiply-adds.

One formula for both precisions, two sets of constants. Every function gives the same bits wherever an element lies in
an array, since nothing is left to the compiler: no library call, no reassociation, no approximate division.

Argument reduction: x = n ln 2 + r with |r| <= ln(2)/2, exp(r) - 1 = r + r^2 q(r); q interpolates the exact function at the
Chebyshev points, so that exp(r) is off by less than 0.1 units in the last place.
log: x = 2^e (1 + f) with 1 + f in [1/sqrt2, sqrt2); log(1 + f) = 2 atanh(s), s = f/(2 + f), |s| < 0.172 (remainder s^12, s^24).
"""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic, overload

from ._jit import _OPTIONS

# q(r), highest power first; tests/kernels/test_elementwise.py holds the functions against longer arithmetic
TAIL = {
    "float32": (0.0013926213, 0.008363203, 0.041666556, 0.16666577, 0.5),
    "float64": (
        2.5100424157005067e-08,
        2.7620138719733994e-07,
        2.7557268378684192e-06,
        2.480152119021773e-05,
        0.00019841269863105968,
        0.0013888888917281794,
        0.008333333333330051,
        0.04166666666662399,
        0.16666666666666669,
        0.5000000000000001,
    ),
}
LOG_TERMS = {"float32": 5, "float64": 11}  # powers of s^2 in atanh(s)/s - 1


def _unary(name):
    @intrinsic
    def operation(typingctx, x):
        def codegen(context, builder, signature, args):
            kind = args[0].type
            suffix = "f32" if isinstance(kind, ir.FloatType) else "f64"
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind]), f"llvm.{name}.{suffix}")
            return builder.call(function, args)

        return x(x), codegen

    return operation


nearest_integer = _unary("rint")  # ties to even
square_root = _unary("sqrt")


def _fused(builder, a, b, c):
    kind = a.type
    suffix = "f32" if isinstance(kind, ir.FloatType) else "f64"
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 3), f"llvm.fma.{suffix}")
    return builder.call(function, [a, b, c])


@intrinsic
def fma(typingctx, a, b, c):
    """a * b + c with one rounding."""

    def codegen(context, builder, signature, args):
        return _fused(builder, *args)

    return a(a, a, a), codegen


@intrinsic
def horner(typingctx, x, coefficients):
    """The polynomial with these coefficients, a tuple with the highest power first: a fused multiply-add each."""

    def codegen(context, builder, signature, args):
        total, *rest = cgutils.unpack_tuple(builder, args[1])
        for coefficient in rest:
            total = _fused(builder, total, args[0], coefficient)
        return total

    return x(x, coefficients), codegen


@intrinsic
def choose(typingctx, condition, yes, no):
    """`yes if condition else no` without a branch, so that loops with it are vectorised; both sides are computed.

    Not for y[i] = choose(.., .., y[i]): LLVM makes that a masked store, which takes 20 cycles on some machines.
    """

    def codegen(context, builder, signature, args):
        return builder.select(args[0], args[1], args[2])

    return yes(types.boolean, yes, yes), codegen


def _binary(name):
    @intrinsic
    def operation(typingctx, x, y):
        def codegen(context, builder, signature, args):
            kind = args[0].type
            suffix = "f32" if isinstance(kind, ir.FloatType) else "f64"
            function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * 2), f"llvm.{name}.{suffix}")
            return builder.call(function, args)

        return x(x, x), codegen

    return operation


larger = _binary("maximum")  # NaN where one of them is NaN
smaller = _binary("minimum")
with_sign = _binary("copysign")  # size of the first, sign of the second


@intrinsic
def power_of_two(typingctx, n):
    """2^n for an integral floating-point n within the range of exponents of normal numbers."""

    def codegen(context, builder, signature, args):
        single = isinstance(args[0].type, ir.FloatType)
        integer, bias, place = (ir.IntType(32), 127, 23) if single else (ir.IntType(64), 1023, 52)
        exponent = builder.add(builder.fptosi(args[0], integer), ir.Constant(integer, bias))
        return builder.bitcast(builder.shl(exponent, ir.Constant(integer, place)), args[0].type)

    return n(n), codegen


def _binary_parts(take):
    """An intrinsic of one number x = 2^e m with m in [1/sqrt2, sqrt2); `take` chooses m or e from their bits."""

    @intrinsic
    def operation(typingctx, x):
        def codegen(context, builder, signature, args):
            kind = args[0].type
            single = isinstance(kind, ir.FloatType)
            integer, place, root = (ir.IntType(32), 23, 0x3F3504F3) if single else (ir.IntType(64), 52, 0x3FE6A09E667F3BCD)
            bits, place = builder.bitcast(args[0], integer), ir.Constant(integer, place)
            exponent = builder.ashr(builder.sub(bits, ir.Constant(integer, root)), place)
            return take(builder, kind, bits, exponent, place)

        return x(x), codegen

    return operation


mantissa = _binary_parts(
    lambda builder, kind, bits, exponent, place: builder.bitcast(builder.sub(bits, builder.shl(exponent, place)), kind)
)
binary_exponent = _binary_parts(lambda builder, kind, bits, exponent, place: builder.sitofp(exponent, kind))


class _Constants:
    """The constants of one precision, as scalars of that precision."""

    def __init__(self, kind):
        number = np.float32 if kind == types.float32 else np.float64
        self.log2e = number(1 / math.log(2))
        self.ln2 = self.ln2_high = number(math.log(2))
        # the rest of ln 2 beyond the leading part, from its decimal expansion
        rest = {np.float32: -1.904654299957768e-09, np.float64: 2.3190468138462996e-17}[number]
        self.ln2_low = number(rest)
        self.tail = tuple(number(value) for value in TAIL[str(kind)])
        # of half of exp(2 h) - 1
        self.half_tail = tuple(number(value * 2.0 ** (len(self.tail) - i)) for i, value in enumerate(TAIL[str(kind)]))
        self.two_log2e, self.half_ln2 = number(2 / math.log(2)), number(math.log(2) / 2)
        self.atanh = tuple(number(2 / (2 * k + 1)) for k in range(LOG_TERMS[str(kind)], 0, -1))
        self.root_less_one = number(math.sqrt(2) - 1)
        self.one, self.two, self.half, self.zero = number(1), number(2), number(0.5), number(0)
        # beyond these exp is inf or 0, tanh is +-1, all to the last bit
        self.exp_high, self.exp_low = (number(89), number(-104)) if number is np.float32 else (number(710), number(-746))
        self.tanh_limit = number(10) if number is np.float32 else number(20)
        self.small_limit = number(50)
        self.sigmoid_limit = number(80) if number is np.float32 else number(700)


SINGLE, DOUBLE = _Constants(types.float32), _Constants(types.float64)


def _of(kind):
    return SINGLE if kind == types.float32 else DOUBLE


def _overload(stub):
    return overload(stub, jit_options=_OPTIONS, inline="never")


def exp(x):
    """e^x; inf and 0 beyond the range, NaN stays NaN."""
    raise NotImplementedError


@_overload(exp)
def _exp(x):
    c = _of(x)
    log2e, high, low, tail = c.log2e, c.ln2_high, c.ln2_low, c.tail
    top, bottom, half, one = c.exp_high, c.exp_low, c.half, c.one

    def impl(x):
        y = top if x > top else x
        y = bottom if y < bottom else y
        n = nearest_integer(y * log2e)
        r = fma(-n, low, fma(-n, high, y))
        p = one + fma(r * r, horner(r, tail), r)
        first = nearest_integer(n * half)  # two factors, so that results near the ends of the range are right
        return p * power_of_two(first) * power_of_two(n - first)

    return impl


def log(x):
    """Natural logarithm of a positive normal number; nothing else is asked for."""
    raise NotImplementedError


@_overload(log)
def _log(x):
    c = _of(x)
    high, low, atanh, one, two = c.ln2_high, c.ln2_low, c.atanh, c.one, c.two

    def impl(x):
        e, f = binary_exponent(x), mantissa(x) - one
        s = f / (two + f)
        return fma(e, high, fma(e, low, f - s * (f - horner(s * s, atanh) * (s * s))))

    return impl


def log1p_of_fraction(x):
    """log(1 + x) for 0 <= x <= 1, to the last digits near 0 too: 2 atanh(x/(2 + x))."""
    raise NotImplementedError


@_overload(log1p_of_fraction)
def _log1p_of_fraction(x):
    c = _of(x)
    atanh, one, two, half, ln2, root = c.atanh, c.one, c.two, c.half, c.ln2, c.root_less_one

    def impl(x):
        # above sqrt2 - 1 it is ln 2 + log((1 + x)/2), so that the series is short
        far = x > root
        f = (x - one) * half if far else x
        s = f / (two + f)
        value = f - s * (f - horner(s * s, atanh) * (s * s))
        return value + ln2 if far else value

    return impl


def expm1_bounded(x):
    """e^x - 1 for |x| <= 50, accurate near 0; the caller has clamped x."""
    raise NotImplementedError


@_overload(expm1_bounded)
def _expm1_bounded(x):
    c = _of(x)
    log2e, high, low, tail, one = c.log2e, c.ln2_high, c.ln2_low, c.tail, c.one

    def impl(x):
        n = nearest_integer(x * log2e)
        r = fma(-n, low, fma(-n, high, x))
        scale = power_of_two(n)
        return fma(scale, fma(r * r, horner(r, tail), r), scale - one)

    return impl


def expm1(x):
    """e^x - 1 for x <= 50 (larger values are taken as 50), accurate near 0."""
    raise NotImplementedError


@_overload(expm1)
def _expm1(x):
    limit = _of(x).small_limit

    def impl(x):
        y = limit if x > limit else x
        y = -limit if y < -limit else y
        return expm1_bounded(y)

    return impl


def tanh(x):
    """tanh x = t/(t + 1) with t = (e^(2x) - 1)/2: no cancellation near 0, exact +-1 far out."""
    raise NotImplementedError


@_overload(tanh)
def _tanh(x):
    c = _of(x)
    limit, one, half, tail, log2e, ln2 = c.tanh_limit, c.one, c.half, c.half_tail, c.two_log2e, c.half_ln2

    def impl(x):
        y = limit if x > limit else x
        y = -limit if y < -limit else y
        n = nearest_integer(y * log2e)
        h = fma(-n, ln2, y)  # where the rest of ln 2 would count, tanh hardly changes any more
        scale = power_of_two(n)
        t = fma(scale, fma(h * h, horner(h, tail), h), fma(scale, half, -half))
        return t / (t + one)

    return impl


def sigmoid(x):
    """1/(1 + e^-x)."""
    raise NotImplementedError


@_overload(sigmoid)
def _sigmoid(x):
    c = _of(x)
    one, two, limit = c.one, c.two, c.sigmoid_limit

    def impl(x):
        y = limit if x > limit else x
        y = -limit if y < -limit else y
        return one / (two + expm1_bounded(-y))

    return impl
