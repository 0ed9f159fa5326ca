"""One step of TMVA's optimizers over a slice of the flat parameter vector, and the sum of the shares' gradients.

theta: parameters, g: gradient of the loss; the gradient of the regularisation is added here (L1: decay sign(theta) with
sign(0) = 1, L2: 2 decay theta). Updates in place. Formulas as TMVA writes them:
SGD       V = momentum V + g;                 theta -= lr V
ADAM      M = b1 M + (1-b1) g; V = b2 V + (1-b2) g^2; theta -= lr sqrt(1-b2^t)/(1-b1^t) M/(sqrt(V) + eps)
ADAGRAD   V += g^2;                           theta -= lr g/sqrt(V + eps)
RMSPROP   V = rho V + (1-rho) g^2; U = momentum U + lr g/sqrt(V + eps); theta -= U
ADADELTA  V = rho V + (1-rho) g^2; d = sqrt(D + eps)/sqrt(V + eps) g; theta -= lr d; D = rho D + (1-rho) d^2
"""

from __future__ import annotations

import math

from numba.core import types
from numba.extending import intrinsic

from . import context as c
from ._jit import doubles_at, kernel, library, number, pointer_at, shift
from .math import square_root

CODES = {"SGD": 0, "ADAM": 1, "ADAGRAD": 2, "RMSPROP": 3, "ADADELTA": 4}
# run-time scalars, float64
LEARNING_RATE, MOMENTUM, BETA1, BETA2, EPSILON, RHO, DECAY = range(7)
SCALARS = 7


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


def _update_signature(element):
    integer, numbers = types.int64, types.CPointer(element)
    return types.void(integer, types.CPointer(types.float64), integer, integer, numbers, numbers, numbers, numbers)


@library(_update_signature)
def update(code, scalars, t, n, theta, g, first, second):
    """theta, first and second moments after one step; t counts steps from 1."""
    one = number(theta[0], 1.0)
    rate = number(theta[0], scalars[LEARNING_RATE])
    momentum = number(theta[0], scalars[MOMENTUM])
    epsilon = number(theta[0], scalars[EPSILON])
    if code == 0:
        for i in range(n):
            v = momentum * first[i] + g[i]
            first[i] = v
            theta[i] -= rate * v
    elif code == 1:
        b1, b2 = number(theta[0], scalars[BETA1]), number(theta[0], scalars[BETA2])
        c1, c2 = number(theta[0], 1.0 - scalars[BETA1]), number(theta[0], 1.0 - scalars[BETA2])
        correction = math.sqrt(1.0 - math.pow(scalars[BETA2], t)) / (1.0 - math.pow(scalars[BETA1], t))
        step = number(theta[0], scalars[LEARNING_RATE] * correction)
        for i in range(n):
            m = b1 * first[i] + c1 * g[i]
            v = b2 * second[i] + c2 * (g[i] * g[i])
            first[i] = m
            second[i] = v
            theta[i] -= step * m / (square_root(v) + epsilon)
    elif code == 2:
        for i in range(n):
            v = second[i] + g[i] * g[i]
            second[i] = v
            theta[i] -= rate * g[i] / square_root(v + epsilon)
    elif code == 3:
        rho = number(theta[0], scalars[RHO])
        for i in range(n):
            v = rho * second[i] + (one - rho) * (g[i] * g[i])
            u = momentum * first[i] + rate * g[i] / square_root(v + epsilon)
            second[i] = v
            first[i] = u
            theta[i] -= u
    elif code == 4:
        rho = number(theta[0], scalars[RHO])
        for i in range(n):
            v = rho * second[i] + (one - rho) * (g[i] * g[i])
            d = square_root(first[i] + epsilon) / square_root(v + epsilon) * g[i]
            second[i] = v
            theta[i] -= rate * d
            first[i] = rho * first[i] + (one - rho) * (d * d)


@intrinsic
def _update_call(typingctx, code, scalars, t, n, theta, g, first, second):
    def codegen(context, builder, signature, args):
        update.call(builder, args[4].type.pointee, args)
        return context.get_dummy_value()

    i = types.int64
    return types.none(i, scalars, i, i, theta, theta, theta, theta), codegen


@kernel
def update_range(context, t, start, n, decays, g, theta):
    """One step on the n parameters from `start` on with their gradient g; `decays`: whether the regularisation acts on them."""
    scalars, parameters = doubles_at(context[c.SCALARS]), shift(theta, start)
    first, second = pointer_at(context[c.FIRST_MOMENT], theta), pointer_at(context[c.SECOND_MOMENT], theta)
    if decays:
        add_decay(context[c.REGULARIZATION], number(theta[0], scalars[DECAY]), n, parameters, g)
    _update_call(context[c.OPTIMIZER], scalars, t, n, parameters, g, shift(first, start), shift(second, start))
