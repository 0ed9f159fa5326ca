"""TMVA's five optimizers and its L1/L2 terms, parameter by parameter.

g gradient with the regularisation term, t number of the step, from 1; all state starts at zero.

SGD       V = momentum V + g                         theta -= lr V
ADAM      M = b1 M + (1-b1) g, V = b2 V + (1-b2) g^2  theta -= lr sqrt(1-b2^t)/(1-b1^t) M / (sqrt(V) + eps)
ADAGRAD   V += g^2                                    theta -= lr g / sqrt(V + eps)
RMSPROP   V = rho V + (1-rho) g^2                     U = momentum U + lr g / sqrt(V + eps), theta -= U
ADADELTA  V = rho V + (1-rho) g^2                     d = sqrt(D+eps)/sqrt(V+eps) g, theta -= lr d, D = rho D + (1-rho) d^2
"""

import math

import numpy as np

DEFAULTS = {
    "SGD": {"momentum": 0.3},
    "ADAM": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-7},
    "ADAGRAD": {"eps": 1e-8},
    "RMSPROP": {"rho": 0.9, "eps": 1e-7, "momentum": 0.3},
    "ADADELTA": {"rho": 0.95, "eps": 1e-8},
}


class Optimizer:
    """State of one training phase for a flat vector of `size` parameters."""

    def __init__(self, name, size, learning_rate, **settings):
        self.name, self.learning_rate = name, learning_rate
        self.settings = {**DEFAULTS[name], **settings}
        self.first, self.second = [0.0] * size, [0.0] * size
        self.steps = 0

    def step(self, theta, gradient):
        """The parameters after one step, as a new array; `theta` and `gradient` are vectors of the same length."""
        self.steps += 1
        return np.array([self._one(i, float(theta[i]), float(gradient[i])) for i in range(len(theta))])

    def _one(self, i, theta, g):
        lr, at = self.learning_rate, self.settings
        first, second = self.first, self.second
        if self.name == "SGD":
            first[i] = at["momentum"] * first[i] + g
            return theta - lr * first[i]
        if self.name == "ADAM":
            b1, b2, t = at["beta1"], at["beta2"], self.steps
            first[i] = b1 * first[i] + (1.0 - b1) * g
            second[i] = b2 * second[i] + (1.0 - b2) * g * g
            rate = lr * math.sqrt(1.0 - b2**t) / (1.0 - b1**t)
            return theta - rate * first[i] / (math.sqrt(second[i]) + at["eps"])
        if self.name == "ADAGRAD":
            second[i] += g * g
            return theta - lr * g / math.sqrt(second[i] + at["eps"])
        if self.name == "RMSPROP":
            second[i] = at["rho"] * second[i] + (1.0 - at["rho"]) * g * g
            first[i] = at["momentum"] * first[i] + lr * g / math.sqrt(second[i] + at["eps"])
            return theta - first[i]
        second[i] = at["rho"] * second[i] + (1.0 - at["rho"]) * g * g
        d = math.sqrt(first[i] + at["eps"]) / math.sqrt(second[i] + at["eps"]) * g
        first[i] = at["rho"] * first[i] + (1.0 - at["rho"]) * d * d
        return theta - lr * d


def penalty(kind, decay, weights):
    """decay * sum |w| (L1) or decay * sum w^2 (L2) of one weight matrix; biases are never counted."""
    if kind == "NONE":
        return 0.0
    return decay * sum(abs(w) if kind == "L1" else w * w for w in np.ravel(weights).tolist())


def penalty_gradient(kind, decay, weights):
    """Gradient of the penalty; the sign of zero is +1, as in TMVA."""
    out = np.zeros(np.shape(weights))
    if kind == "NONE":
        return out
    for index in np.ndindex(out.shape):
        w = float(weights[index])
        out[index] = decay * (-1.0 if w < 0 else 1.0) if kind == "L1" else 2.0 * decay * w
    return out
