"""One step of an optimizer over a slice of the flat parameter vector, and the sum of the shares' gradients.

theta: parameters, g: gradient of the loss; the gradient of the regularisation is added here (L1: decay sign(theta) with
sign(0) = 1, L2: 2 decay theta). Updates in place. The formulas are those that each optimizer declares; `update_of` makes one
compiled function of them, whose address stands in the context, so that only the optimizer in use is compiled.
"""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from . import context as c
from ._jit import Addressed, doubles_at, kernel, number, pointer_at, shift
from .recording import Recorded, Recording, instance

# run-time scalars, float64; the optimizer's own numbers stand behind them
LEARNING_RATE, DECAY, OWN = range(3)


@kernel
def add_shares(shares, stride, n, g):
    """Sum the gradients of 1, 2, 4 or 8 shares (`stride` elements apart) over n elements into the first, by a binary tree."""
    b, c, d = shift(g, stride), shift(g, 2 * stride), shift(g, 3 * stride)
    if shares == 2:
        for i in range(n):
            g[i] = g[i] + b[i]
    elif shares == 4:
        for i in range(n):
            g[i] = (g[i] + b[i]) + (c[i] + d[i])
    elif shares == 8:
        p, q, r, s = shift(g, 4 * stride), shift(g, 5 * stride), shift(g, 6 * stride), shift(g, 7 * stride)
        for i in range(n):
            g[i] = ((g[i] + b[i]) + (c[i] + d[i])) + ((p[i] + q[i]) + (r[i] + s[i]))


@kernel
def add_decay(kind, decay, n, theta, g):
    """g += gradient of the regularisation; kind 1 is L1, 2 is L2."""
    if kind == 1:
        for i in range(n):
            g[i] += -decay if theta[i] < number(theta[0], 0.0) else decay
    elif kind == 2:
        twice = decay + decay
        for i in range(n):
            g[i] += twice * theta[i]


# ---------------------------------------------------------------------------------------------------- updates


class Update(Addressed):
    """void(scalars, t, n, theta, g, moments, stride) over a slice; the moments of a parameter lie `stride` elements apart."""

    def signature(self, element):
        integer, numbers = types.int64, types.CPointer(element)
        return (types.CPointer(types.float64), integer, integer, numbers, numbers, numbers, integer), types.void


def step_numbers(scalars, t, like):
    """Stands for the numbers of one step in the template below, computed in float64, as a tuple in the type of `like`."""
    raise NotImplementedError


def step_element(i, numbers, theta, g, moments, stride):
    """Stands for the step of parameter i."""
    raise NotImplementedError


def _update(scalars, t, n, theta, g, moments, stride):
    """theta and its moments after one step; t counts steps from 1."""
    numbers = step_numbers(scalars, t, theta)
    for i in range(n):
        step_element(i, numbers, theta, g, moments, stride)


class _Settings:
    """The run-time scalars, and with them t, as the attributes that a formula asks for."""

    def __init__(self, values: dict[str, Recorded]):
        self.__dict__.update(values)


def update_of(name: str, fields: tuple[str, ...], moments: int, prepared, step) -> Update:
    """The update of an optimizer.

    Parameters
    ----------
    fields : names of its own numbers, in the order in which they stand in the scalars
    moments : how many numbers it remembers of every parameter
    prepared : function(m, settings, t) -> numbers of one step, in float64
    step : function(m, numbers, theta, g, *moments) -> (theta, *moments)
    """
    names = ("learning_rate", *fields)
    columns = [LEARNING_RATE, *range(OWN, OWN + len(fields))]

    def of_scalars(m, t, *scalars):
        return tuple(prepared(m, _Settings(dict(zip(names, scalars))), t))

    first = Recording(of_scalars, 1 + len(names))
    count = len(first.results)

    def of_element(m, *given):
        return tuple(step(m, given[:count], *given[count:]))

    second = Recording(of_element, count + 2 + moments)
    if len(second.results) != 1 + moments:
        raise TypeError(f"the step of {name} gives {len(second.results)} numbers; it has a parameter and {moments} moments")

    @intrinsic
    def step_numbers(typingctx, scalars, t, like):
        result = types.UniTuple(like.dtype, count)

        def codegen(context, builder, signature, args):
            given = [args[1]] + [builder.load(builder.gep(args[0], [ir.Constant(ir.IntType(64), k)])) for k in columns]
            kinds = [types.int64] + [types.float64] * len(columns)
            values = first.emit(context, builder, types.float64, given, kinds)
            values = [context.cast(builder, v, types.float64, like.dtype) for v in values]
            return context.make_tuple(builder, signature.return_type, values)

        return result(scalars, t, like), codegen

    @intrinsic
    def step_element(typingctx, i, numbers, theta, g, moments, stride):
        def codegen(context, builder, signature, args):
            at, given, theta_at, g_at, memory, apart = args
            places = [builder.gep(theta_at, [at])]
            for k in range(second.arguments - count - 2):
                row = builder.mul(apart, ir.Constant(apart.type, k)) if k else None
                start = builder.gep(memory, [row]) if k else memory
                places.append(builder.gep(start, [at]))
            values = cgutils.unpack_tuple(builder, given)
            loaded = [builder.load(place) for place in places]
            loaded.insert(1, builder.load(builder.gep(g_at, [at])))
            results = second.emit(context, builder, signature.args[2].dtype, [*values, *loaded])
            for place, value in zip(places, results):
                builder.store(value, place)
            return context.get_dummy_value()

        return types.none(types.int64, numbers, theta, g, moments, types.int64), codegen

    return Update(instance(_update, f"{name}_update", (first, second), step_numbers=step_numbers, step_element=step_element))


@intrinsic
def _call_update(typingctx, address, scalars, t, n, theta, g, moments, stride):
    """Call the update at `address`."""

    def codegen(context, builder, signature, args):
        function = ir.FunctionType(ir.VoidType(), [a.type for a in args[1:]])
        builder.call(builder.inttoptr(args[0], function.as_pointer()), args[1:])
        return context.get_dummy_value()

    i = types.int64
    return types.none(i, scalars, i, i, theta, theta, theta, i), codegen


@kernel
def update_range(context, t, start, n, decays, g, theta):
    """One step on the n parameters from `start` on with their gradient g; `decays`: whether the regularisation acts on them."""
    scalars, parameters = doubles_at(context[c.SCALARS]), shift(theta, start)
    moments = shift(pointer_at(context[c.MOMENTS], theta), start)
    if decays:
        add_decay(context[c.REGULARIZATION], number(theta[0], scalars[DECAY]), n, parameters, g)
    _call_update(context[c.OPTIMIZER], scalars, t, n, parameters, g, moments, context[c.MOMENT_STRIDE])
