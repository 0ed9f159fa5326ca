"""ADAM: steps of about the learning rate, along the mean gradient. Source: Kingma and Ba, arXiv:1412.6980, end of section 2."""

from __future__ import annotations

from tmvalite.optimizers.base import Example, Optimizer, epsilon, fraction, register


@register("ADAM")
class Adam(Optimizer):
    text = "mean gradient over the root of the mean squared gradient"
    formula = (
        "M = beta1 M + (1-beta1) g; V = beta2 V + (1-beta2) g^2; "
        "theta -= lr sqrt(1-beta2^t)/(1-beta1^t) M/(sqrt(V) + eps), t counting the steps"
    )
    tmva = True
    numbers = (
        fraction("beta1", 0.9, "memory of the mean gradient"),
        fraction("beta2", 0.999, "memory of the mean squared gradient"),
        epsilon("ADAM", 1e-7),
    )
    moments = ("mean", "square")
    # beta1 = beta2 = 1/2: M = 1, V = 2, rate sqrt(1/2)/(1/2); then M = -1/2, V = 3, rate sqrt(3/4)/(3/4)
    examples = (Example(1.0, (2.0, -2.0), (0.0, 1 / 3), {"learning_rate": 1.0, "beta1": 0.5, "beta2": 0.5, "epsilon": 1e-12}),)

    def prepared(self, m, s, t):
        rate = s.learning_rate * (m.sqrt(1.0 - m.power(s.beta2, t)) / (1.0 - m.power(s.beta1, t)))
        return s.beta1, 1.0 - s.beta1, s.beta2, 1.0 - s.beta2, rate, s.epsilon

    def step(self, m, numbers, theta, g, mean, square):
        beta1, rest1, beta2, rest2, rate, epsilon = numbers
        mean = beta1 * mean + rest1 * g
        square = beta2 * square + rest2 * (g * g)
        return theta - rate * mean / (m.sqrt(square) + epsilon), mean, square
