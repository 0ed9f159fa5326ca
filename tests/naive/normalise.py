"""Batch normalisation in plain loops, group by group."""

import math

import numpy as np


def groups(x):
    """Index of the group of every element of an event: channel of an image, else last axis."""
    index = np.zeros(x.shape[1:], int)
    for place in np.ndindex(index.shape):
        index[place] = place[0] if len(place) == 3 else place[-1]
    return index


def statistics(x, k, index):
    values = [float(x[(b, *place)]) for b in range(len(x)) for place in np.ndindex(index.shape) if index[place] == k]
    mean = sum(values) / len(values)
    return mean, sum((v - mean) ** 2 for v in values) / len(values), len(values)


def _apply(at, parameters, x, means, variances):
    index, y = groups(x), np.zeros(x.shape)
    for b in range(len(x)):
        for place in np.ndindex(index.shape):
            k = index[place]
            hat = (x[(b, *place)] - means[k]) / math.sqrt(variances[k] + at["epsilon"])
            y[(b, *place)] = parameters["Gamma"][0, k] * hat + parameters["Beta"][0, k]
    return y


def scored(at, parameters, inputs):
    return _apply(at, parameters, inputs[0], parameters["Training-mu"][0], parameters["Training-variance"][0])


def trained(at, parameters, inputs):
    x, index = inputs[0], groups(inputs[0])
    found = [statistics(x, k, index) for k in range(index.max() + 1)]
    return _apply(at, parameters, x, [f[0] for f in found], [f[1] for f in found])


def running(at, parameters, inputs, step, steps_of_phase):
    """Running mean and variance after the batch number `step` of an epoch."""
    index, momentum = groups(inputs[0]), at["momentum"]
    if momentum < 0:
        before = step if at["running"] == "TMVA" else steps_of_phase
        momentum = before / (before + 1)
    elif steps_of_phase == 0 and at["running"] == "TMVA":
        momentum = 0.0
    means, variances = [], []
    for k in range(index.max() + 1):
        mean, variance, n = statistics(inputs[0], k, index)
        means.append(momentum * parameters["Training-mu"][0, k] + (1 - momentum) * mean)
        factor = {"TMVA": n / (n - 1 + at["epsilon"]), "PYTORCH": n / (n - 1), "KERAS": 1.0}[at["running"]]
        unbiased = variance * factor
        variances.append(momentum * parameters["Training-variance"][0, k] + (1 - momentum) * unbiased)
    return np.array(means), np.array(variances)


def backward(at, parameters, inputs, grad):
    x, index = inputs[0], groups(inputs[0])
    grad, grad_x = np.reshape(grad, x.shape), np.zeros(x.shape)
    gamma, beta = np.zeros(index.max() + 1), np.zeros(index.max() + 1)
    for k in range(index.max() + 1):
        mean, variance, n = statistics(x, k, index)
        inverse = 1 / math.sqrt(variance + at["epsilon"])
        places = [(b, *place) for b in range(len(x)) for place in np.ndindex(index.shape) if index[place] == k]
        for p in places:
            beta[k] += grad[p]
            gamma[k] += grad[p] * (x[p] - mean) * inverse
        for p in places:
            hat = (x[p] - mean) * inverse
            grad_x[p] = parameters["Gamma"][0, k] * inverse * (grad[p] - beta[k] / n - hat * gamma[k] / n)
    return [grad_x], {"Gamma": gamma[None], "Beta": beta[None]}
