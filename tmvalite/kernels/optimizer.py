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

from ._jit import kernel, number, shift
from .math import square_root

CODES = {"SGD": 0, "ADAM": 1, "ADAGRAD": 2, "RMSPROP": 3, "ADADELTA": 4}
# run-time scalars, float64
LEARNING_RATE, MOMENTUM, BETA1, BETA2, EPSILON, RHO, DECAY = range(7)
SCALARS = 7


@kernel
def add_shares(shares, stride, n, g):
    """Sum the gradients of `shares` shares (`stride` elements apart) over n elements into the first, by a fixed binary tree."""
    width = 1
    while width < shares:
        for s in range(0, shares - width, 2 * width):
            target, source = shift(g, s * stride), shift(g, (s + width) * stride)
            for i in range(n):
                target[i] += source[i]
        width *= 2


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


@kernel
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
