"""RMSPROP: the gradient over the root of its mean square, with momentum, as TMVA writes it.

Source: Tieleman and Hinton, Neural Networks for Machine Learning, lecture 6.5 (2012).
"""

from __future__ import annotations

from tmvalite.optimizers.base import MOMENTUM, Example, Optimizer, epsilon, fraction, register


@register("RMSPROP")
class RmsProp(Optimizer):
    text = "gradient over the root of the mean squared gradient, with momentum"
    formula = "V = rho V + (1-rho) g^2; U = momentum U + lr g/sqrt(V + eps); theta -= U"
    tmva = True
    numbers = (fraction("rho", 0.9, "memory of the mean squared gradient"), MOMENTUM, epsilon("RMSPROP", 1e-7))
    moments = ("step", "square")
    # V = U = 1 after both steps
    examples = (Example(1.0, (2.0, 1.0), (0.0, -1.0), {"learning_rate": 0.5, "rho": 0.75, "momentum": 0.5, "epsilon": 1e-12}),)

    def prepared(self, m, s, t):
        return s.learning_rate, s.rho, s.momentum, s.epsilon

    def step(self, m, numbers, theta, g, step, square):
        rate, rho, momentum, epsilon = numbers
        square = rho * square + (1.0 - rho) * (g * g)
        step = momentum * step + rate * g / m.sqrt(square + epsilon)
        return theta - step, step, square
