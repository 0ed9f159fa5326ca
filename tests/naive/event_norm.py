"""LAYERNORM, INSTNORM and GROUPNORM in plain numpy, as naive/layers.py describes it."""

import numpy as np


def _layer(at, x):
    """x as (rows, groups, channels, values), every (row, group) being normalised."""
    return (1, x.shape[-1], 1) if x.ndim == 3 else (1, x[0].size, 1)


def _instance(at, x):
    return x.shape[1], 1, x[0, 0].size


def _group(at, x):
    return at["groups"], x.shape[1] // at["groups"], x[0, 0].size


def _hat(at, x, sizes):
    rows = np.reshape(x, (-1, *sizes(at, x)))
    mean = rows.mean(axis=(2, 3), keepdims=True)
    inverse = 1 / np.sqrt(((rows - mean) ** 2).mean(axis=(2, 3), keepdims=True) + at["epsilon"])
    return (rows - mean) * inverse, inverse


def _pair(sizes):
    def forward(at, parameters, inputs):
        hat, _ = _hat(at, inputs[0], sizes)
        shape = (1, *hat.shape[1:3], 1)
        y = hat * parameters["Gamma"].reshape(shape) + parameters["Beta"].reshape(shape)
        return y.reshape(inputs[0].shape)

    def backward(at, parameters, inputs, grad):
        hat, inverse = _hat(at, inputs[0], sizes)
        g = np.reshape(grad, hat.shape)
        gamma, beta = (g * hat).sum(axis=(0, 3)).reshape(1, -1), g.sum(axis=(0, 3)).reshape(1, -1)
        h = g * parameters["Gamma"].reshape(1, *hat.shape[1:3], 1)
        mean, slope = h.mean(axis=(2, 3), keepdims=True), (h * hat).mean(axis=(2, 3), keepdims=True)
        return [((h - mean - hat * slope) * inverse).reshape(inputs[0].shape)], {"Gamma": gamma, "Beta": beta}

    return forward, backward


LAYERS = {"LAYERNORM": _pair(_layer), "INSTNORM": _pair(_instance), "GROUPNORM": _pair(_group)}
