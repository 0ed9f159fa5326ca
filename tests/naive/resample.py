"""UPSAMPLE, GRIDSAMPLE, SLICE and MEAN over an axis: plain loops from the formulas.

Images are (N, C, H, W). Backward functions give the gradients of the inputs.
"""

import math

import numpy as np


def nearest_forward(x, factors):
    n, channels, height, width = x.shape
    y = np.zeros((n, channels, height * factors[0], width * factors[1]))
    for index in np.ndindex(y.shape):
        y[index] = x[index[0], index[1], index[2] // factors[0], index[3] // factors[1]]
    return y


def nearest_backward(x, grad, factors):
    out = np.zeros(x.shape)
    for index in np.ndindex(grad.shape):
        out[index[0], index[1], index[2] // factors[0], index[3] // factors[1]] += grad[index]
    return out


def _neighbours(place, factor, pixels, corners):
    """The two pixels that an output mixes, with their weights: its centre lies at (place + 1/2) / factor - 1/2.

    With corners: at the same part of the way from the first centre to the last one.
    """
    if corners:
        position = place * (pixels - 1) / (factor * pixels - 1) if pixels > 1 else 0.0
    else:
        position = min(max((place + 0.5) / factor - 0.5, 0.0), pixels - 1.0)
    low = math.floor(position)
    return [(low, 1.0 - (position - low)), (min(low + 1, pixels - 1), position - low)]


def bilinear_forward(x, factors, corners=False):
    n, channels, height, width = x.shape
    y = np.zeros((n, channels, height * factors[0], width * factors[1]))
    for i, c, p, q in np.ndindex(y.shape):
        for row, a in _neighbours(p, factors[0], height, corners):
            for column, b in _neighbours(q, factors[1], width, corners):
                y[i, c, p, q] += a * b * x[i, c, row, column]
    return y


def bilinear_backward(x, grad, factors, corners=False):
    out = np.zeros(x.shape)
    for i, c, p, q in np.ndindex(grad.shape):
        for row, a in _neighbours(p, factors[0], x.shape[2], corners):
            for column, b in _neighbours(q, factors[1], x.shape[3], corners):
                out[i, c, row, column] += a * b * grad[i, c, p, q]
    return out


def _coordinate(place, places, edges):
    if edges:
        return (2.0 * place + 1.0) / places - 1.0
    return 2.0 * place / (places - 1) - 1.0 if places > 1 else 0.0


def _corners(theta, p, q, places, height, width, edges):
    """(row, column, weight, its derivatives by the source's column and row) of the pixels that a place mixes."""
    x, y = _coordinate(q, places[1], edges), _coordinate(p, places[0], edges)
    px, py = theta[0] * x + theta[1] * y + theta[2] + 1.0, theta[3] * x + theta[4] * y + theta[5] + 1.0
    if edges:
        px, py = px * width / 2.0 - 0.5, py * height / 2.0 - 0.5
    else:
        px, py = px * (width - 1) / 2.0, py * (height - 1) / 2.0
    r, c = math.floor(py), math.floor(px)
    for row in (r, r + 1):
        for column in (c, c + 1):
            if 0 <= row < height and 0 <= column < width:
                a, b = 1.0 - abs(py - row), 1.0 - abs(px - column)
                yield row, column, a * b, a * (1.0 if column > c else -1.0), b * (1.0 if row > r else -1.0)


def grid_forward(x, theta, places, edges=False):
    n, channels, height, width = x.shape
    y = np.zeros((n, channels, *places))
    for i, c, p, q in np.ndindex(y.shape):
        for row, column, weight, _, _ in _corners(theta[i], p, q, places, height, width, edges):
            y[i, c, p, q] += weight * x[i, c, row, column]
    return y


def grid_backward(x, theta, grad, edges=False):
    _, _, height, width = x.shape
    places = grad.shape[2:]
    grad_x, grad_theta = np.zeros(x.shape), np.zeros(theta.shape)
    for i, c, p, q in np.ndindex(grad.shape):
        u, v, g = _coordinate(q, places[1], edges), _coordinate(p, places[0], edges), grad[i, c, p, q]
        for row, column, weight, by_column, by_row in _corners(theta[i], p, q, places, height, width, edges):
            grad_x[i, c, row, column] += weight * g
            for k, t in enumerate((u, v, 1.0)):
                grad_theta[i, k] += g * x[i, c, row, column] * by_column * (width - (not edges)) / 2.0 * t
                grad_theta[i, 3 + k] += g * x[i, c, row, column] * by_row * (height - (not edges)) / 2.0 * t
    return grad_x, grad_theta


def mean_forward(x, axes):
    """Mean over axes of x (N, ...), which are kept with size 1."""
    shape = [1 if axis in axes else n for axis, n in enumerate(x.shape)]
    y = np.zeros(shape)
    for index in np.ndindex(x.shape):
        y[tuple(0 if axis in axes else i for axis, i in enumerate(index))] += x[index]
    return y / (x.size / y.size)


def mean_backward(x, grad, axes):
    out, count = np.zeros(x.shape), x.size / grad.size
    for index in np.ndindex(x.shape):
        out[index] = grad[tuple(0 if axis in axes else i for axis, i in enumerate(index))] / count
    return out


def slice_forward(x, axis, first, count):
    shape = [count if a == axis else n for a, n in enumerate(x.shape)]
    y = np.zeros(shape)
    for index in np.ndindex(y.shape):
        y[index] = x[tuple(i + first if a == axis else i for a, i in enumerate(index))]
    return y


def slice_backward(x, grad, axis, first):
    out = np.zeros(x.shape)
    for index in np.ndindex(grad.shape):
        out[tuple(i + first if a == axis else i for a, i in enumerate(index))] = grad[index]
    return out
