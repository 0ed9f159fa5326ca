"""The losses of a batch and their gradients: o (B, C) raw outputs, y (B, C) targets, w (B,) event weights.

SUMOFSQUARES          1/(B C) sum_b w_b sum_j (y - o)^2
SUMOFSQUARES_SIGMOID  the same of s = sigmoid(o): what SUMOFSQUARES means in a classification
CROSSENTROPY          1/(B C) sum_b w_b sum_j [-y log s - (1 - y) log(1 - s)], s = sigmoid(o)
MUTUALEXCLUSIVE       1/B     sum_b w_b [-sum_j y_j log softmax(o)_j]

B is the number of events that the batch really has. The logarithms are taken of the raw outputs, so that large
outputs give large, finite losses.
"""

import math

import numpy as np

from .activations import sigmoid, softmax, softplus

NAMES = ("CROSSENTROPY", "SUMOFSQUARES", "SUMOFSQUARES_SIGMOID", "MUTUALEXCLUSIVE")


def log_softmax(row):
    top = max(row)
    return [v - top - math.log(sum(math.exp(u - top) for u in row)) for v in row]


def event_loss(name, o, y):
    """Loss of one event, before its weight and before the division by B (and C): lists of C numbers -> number."""
    if name == "SUMOFSQUARES":
        return sum((y[j] - o[j]) ** 2 for j in range(len(o)))
    if name == "SUMOFSQUARES_SIGMOID":
        return sum((y[j] - sigmoid(o[j])) ** 2 for j in range(len(o)))
    if name == "CROSSENTROPY":  # -log s = softplus(-o), -log(1 - s) = softplus(o)
        return sum(y[j] * softplus(-o[j]) + (1.0 - y[j]) * softplus(o[j]) for j in range(len(o)))
    if name == "MUTUALEXCLUSIVE":
        logs = log_softmax(o)
        return -sum(y[j] * logs[j] for j in range(len(o)))
    raise KeyError(name)


def event_gradient(name, o, y):
    """Gradient of event_loss with respect to o."""
    if name == "SUMOFSQUARES":
        return [-2.0 * (y[j] - o[j]) for j in range(len(o))]
    if name == "SUMOFSQUARES_SIGMOID":
        s = [sigmoid(v) for v in o]
        return [-2.0 * (y[j] - s[j]) * s[j] * (1.0 - s[j]) for j in range(len(o))]
    if name == "CROSSENTROPY":
        return [sigmoid(o[j]) - y[j] for j in range(len(o))]
    if name == "MUTUALEXCLUSIVE":
        s, total = softmax(o), sum(y)
        return [s[j] * total - y[j] for j in range(len(o))]
    raise KeyError(name)


def divisor(name, batch, outputs):
    return batch if name == "MUTUALEXCLUSIVE" else batch * outputs


def loss_and_gradient(name, o, y, w=None):
    """(loss, gradient (B, C)) of a batch."""
    o, y = np.asarray(o, dtype=float), np.asarray(y, dtype=float)
    batch, outputs = o.shape
    scale = divisor(name, batch, outputs)
    total, gradient = 0.0, np.empty((batch, outputs))
    for b in range(batch):
        weight = 1.0 if w is None else float(w[b])
        row, target = [float(v) for v in o[b]], [float(v) for v in y[b]]
        total += weight * event_loss(name, row, target)
        gradient[b] = [weight * g / scale for g in event_gradient(name, row, target)]
    return total / scale, gradient
