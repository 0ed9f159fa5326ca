"""ADAGRAD: a learning rate for every parameter, smaller the more it has moved. Source: Duchi et al., JMLR 12 (2011) 2121."""

from __future__ import annotations

from tmvalite.optimizers.base import Example, Optimizer, epsilon, register


@register("ADAGRAD")
class Adagrad(Optimizer):
    text = "gradient over the root of the sum of all squared gradients"
    formula = "V += g^2; theta -= lr g/sqrt(V + eps)"
    tmva = True
    numbers = (epsilon("ADAGRAD", 1e-8),)
    moments = ("square",)
    examples = (Example(1.0, (3.0, 4.0), (0.0, -0.8), {"learning_rate": 1.0, "epsilon": 1e-12}),)

    def prepared(self, m, s, t):
        return s.learning_rate, s.epsilon

    def step(self, m, numbers, theta, g, square):
        rate, epsilon = numbers
        square = square + g * g
        return theta - rate * g / m.sqrt(square + epsilon), square
