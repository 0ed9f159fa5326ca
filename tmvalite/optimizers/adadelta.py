"""ADADELTA: steps in the units of the parameter, as large as the steps before. Source: Zeiler, arXiv:1212.5701."""

from __future__ import annotations

import math

from tmvalite.optimizers.base import Example, Optimizer, epsilon, fraction, register


@register("ADADELTA")
class Adadelta(Optimizer):
    text = "root of the mean squared step over that of the mean squared gradient, times the gradient"
    formula = "V = rho V + (1-rho) g^2; d = sqrt(D + eps)/sqrt(V + eps) g; theta -= lr d; D = rho D + (1-rho) d^2"
    tmva = True
    self_scaled = True
    numbers = (fraction("rho", 0.95, "memory of the mean squared gradient and step"), epsilon("ADADELTA", 1e-8))
    moments = ("steps", "square")
    # V = 8, d = 4/3; then D = 8/9, V = 12
    examples = (
        Example(1.0, (4.0, 4.0), (-3.0, -3.0 - 4.0 * math.sqrt(17 / 13)), {"learning_rate": 3.0, "rho": 0.5, "epsilon": 1.0}),
    )

    def prepared(self, m, s, t):
        return s.learning_rate, s.rho, s.epsilon

    def step(self, m, numbers, theta, g, steps, square):
        rate, rho, epsilon = numbers
        square = rho * square + (1.0 - rho) * (g * g)
        d = m.sqrt(steps + epsilon) / m.sqrt(square + epsilon) * g
        return theta - rate * d, rho * steps + (1.0 - rho) * (d * d), square
