"""Activations and their derivatives, one number (SOFTMAX: one event) at a time.

f(u) is written as in TMVA's ActivationFunctions and in the definitions of PyTorch. Where a derivative jumps, the value at
the jump is that of the right-hand column: RELU'(0) = 0, LEAKYRELU'(0) = 0.01, SYMMRELU'(0) = +1.
"""

import math

LEAK = 0.01  # slope of LEAKYRELU below zero
ALPHA = 1.0  # limit of -ELU far below zero


def sigmoid(u):
    if math.isnan(u):
        return u
    if u >= 0:
        return 1.0 / (1.0 + math.exp(-u))
    e = math.exp(u)
    return e / (1.0 + e)


def softplus(u):
    if math.isnan(u):
        return u
    return max(u, 0.0) + math.log1p(math.exp(-abs(u)))


def normal_density(u):
    return math.exp(-0.5 * u * u) / math.sqrt(2.0 * math.pi)


def normal_distribution(u):
    return 0.5 * math.erfc(-u / math.sqrt(2.0))


def linear(u):
    return u


def linear_prime(u):
    return 1.0


def relu(u):
    return 0.0 if u <= 0 else u


def relu_prime(u):
    return 0.0 if u <= 0 else 1.0


def sigmoid_prime(u):
    s = sigmoid(u)
    return s * (1.0 - s)


def tanh(u):
    return math.tanh(u)


def tanh_prime(u):
    return 1.0 - math.tanh(u) ** 2


def symmrelu(u):
    return abs(u)


def symmrelu_prime(u):
    return -1.0 if u < 0 else 1.0


def softsign(u):
    return u / (1.0 + abs(u))


def softsign_prime(u):
    return 1.0 / (1.0 + abs(u)) ** 2


def gauss(u):
    return math.exp(-u * u)


def gauss_prime(u):
    return -2.0 * u * math.exp(-u * u)


def leakyrelu(u):
    return u if u > 0 else LEAK * u


def leakyrelu_prime(u):
    return 1.0 if u > 0 else LEAK


def elu(u):
    return u if u > 0 else ALPHA * math.expm1(u)


def elu_prime(u):
    return 1.0 if u > 0 else ALPHA * math.exp(u)


def gelu(u):
    return u * normal_distribution(u)


def gelu_prime(u):
    return normal_distribution(u) + u * normal_density(u)


def softplus_prime(u):
    return sigmoid(u)


def swish(u):
    return u * sigmoid(u)


def swish_prime(u):
    s = sigmoid(u)
    return s + u * s * (1.0 - s)


ELEMENTWISE = {
    "LINEAR": (linear, linear_prime),
    "RELU": (relu, relu_prime),
    "SIGMOID": (sigmoid, sigmoid_prime),
    "TANH": (tanh, tanh_prime),
    "SYMMRELU": (symmrelu, symmrelu_prime),
    "SOFTSIGN": (softsign, softsign_prime),
    "GAUSS": (gauss, gauss_prime),
    "FTANH": (tanh, tanh_prime),  # TMVA's fast approximation of tanh; the exact function is the twin of both
    "LEAKYRELU": (leakyrelu, leakyrelu_prime),
    "ELU": (elu, elu_prime),
    "GELU": (gelu, gelu_prime),
    "SOFTPLUS": (softplus, softplus_prime),
    "SWISH": (swish, swish_prime),
}
NAMES = (*ELEMENTWISE, "SOFTMAX")


def softmax(u):
    """Softmax of one event: list of D numbers -> list of D numbers that sum to one."""
    top = max(u)
    e = [math.exp(v - top) for v in u]
    total = sum(e)
    return [v / total for v in e]


def forward(name, u):
    """f(u) for one event, list of D numbers -> list of D numbers."""
    if name == "SOFTMAX":
        return softmax(u)
    f = ELEMENTWISE[name][0]
    return [f(v) for v in u]


def backward(name, u, grad_y):
    """Gradient with respect to the pre-activation u of one event, from the gradient with respect to f(u)."""
    if name == "SOFTMAX":
        s = softmax(u)
        mean = sum(s[j] * grad_y[j] for j in range(len(s)))
        return [s[i] * (grad_y[i] - mean) for i in range(len(s))]
    f_prime = ELEMENTWISE[name][1]
    return [f_prime(u[i]) * grad_y[i] for i in range(len(u))]
