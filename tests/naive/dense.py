"""The dense layer y = f(x W^T + b), event by event and element by element. W is (outputs, inputs) as in TMVA's files."""

import numpy as np

from . import activations


def dense_forward(x, weights, biases, activation="LINEAR"):
    """x (N, D), weights (K, D), biases (K,) -> pre-activations u (N, K) and outputs y (N, K), float64."""
    n, d, k = len(x), len(weights[0]), len(weights)
    u, y = np.empty((n, k)), np.empty((n, k))
    for event in range(n):
        for out in range(k):
            total = float(biases[out])
            for i in range(d):
                total += float(x[event][i]) * float(weights[out][i])
            u[event, out] = total
        y[event] = activations.forward(activation, [float(v) for v in u[event]])
    return u, y


def dense_backward(x, weights, u, grad_y, activation="LINEAR"):
    """Gradients (grad_x (N, D), grad_weights (K, D), grad_biases (K,)) from grad_y (N, K)."""
    n, d, k = len(x), len(weights[0]), len(weights)
    grad_x, grad_weights, grad_biases = np.zeros((n, d)), np.zeros((k, d)), np.zeros(k)
    for event in range(n):
        grad_u = activations.backward(activation, [float(v) for v in u[event]], [float(v) for v in grad_y[event]])
        for out in range(k):
            grad_biases[out] += grad_u[out]
            for i in range(d):
                grad_weights[out, i] += grad_u[out] * float(x[event][i])
                grad_x[event, i] += grad_u[out] * float(weights[out][i])
    return grad_x, grad_weights, grad_biases


def activation_forward(u, activation):
    """f applied to every event of u (N, D)."""
    return np.array([activations.forward(activation, [float(v) for v in row]) for row in u])


def activation_backward(u, grad_y, activation):
    """Gradient with respect to u (N, D)."""
    rows = [activations.backward(activation, [float(v) for v in a], [float(v) for v in g]) for a, g in zip(u, grad_y)]
    return np.array(rows)
