"""SGD: stochastic gradient descent with momentum, as TMVA writes it."""

from __future__ import annotations

from tmvalite.optimizers.base import MOMENTUM, Example, Optimizer, register


@register("SGD")
class Sgd(Optimizer):
    text = "gradient descent with momentum"
    formula = "V = momentum V + g; theta -= lr V"
    tmva = True
    numbers = (MOMENTUM,)
    moments = ("velocity",)
    examples = (Example(1.0, (0.5, 1.0), (0.75, 0.125), {"learning_rate": 0.5, "momentum": 0.5}),)

    def prepared(self, m, s, t):
        return s.learning_rate, s.momentum

    def step(self, m, numbers, theta, g, velocity):
        rate, momentum = numbers
        velocity = momentum * velocity + g
        return theta - rate * velocity, velocity
