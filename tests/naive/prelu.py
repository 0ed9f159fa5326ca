"""PRELU, as naive/layers.py describes it."""

import numpy as np


def _slopes(at, parameters, x):
    """The slope of every value of an event."""
    axis = 1 if x.ndim == 4 else x.ndim - 1
    shape = [1] * x.ndim
    if at["each"] == "CHANNEL":
        shape[axis] = -1
    return np.broadcast_to(parameters["Slopes"].reshape(shape), x.shape), axis


def forward(at, parameters, inputs):
    slopes, _ = _slopes(at, parameters, inputs[0])
    return np.where(inputs[0] > 0, inputs[0], slopes * inputs[0])


def backward(at, parameters, inputs, grad):
    x, grad = inputs[0], np.reshape(grad, inputs[0].shape)
    slopes, axis = _slopes(at, parameters, x)
    found = np.where(x > 0, 0, x * grad)
    others = tuple(i for i in range(x.ndim) if i != axis or at["each"] == "ALL")
    return [grad * np.where(x > 0, 1, slopes)], {"Slopes": found.sum(axis=others).reshape(1, -1)}


LAYERS = {"PRELU": (forward, backward)}
