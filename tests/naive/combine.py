"""Layers that join, cut and reorder values: ADD, MUL, MEAN, CONCAT, SLICE, RESHAPE; and dropout with a given mask.

A value is an array whose first axis counts events. Forward functions take a list of values; backward functions take the
same list and the gradient of the result, and give one gradient per value.
"""

import numpy as np


def add_forward(values):
    out = np.zeros(values[0].shape)
    for value in values:
        for index in np.ndindex(out.shape):
            out[index] += value[index]
    return out


def add_backward(values, grad_out):
    return [np.array(grad_out, dtype=float) for _ in values]


def mean_forward(values):
    return add_forward(values) / len(values)


def mean_backward(values, grad_out):
    return [np.array(grad_out, dtype=float) / len(values) for _ in values]


def mul_forward(values):
    out = np.ones(values[0].shape)
    for value in values:
        for index in np.ndindex(out.shape):
            out[index] *= value[index]
    return out


def mul_backward(values, grad_out):
    """The derivative with respect to one factor is the product of the others (no division: a factor may be zero)."""
    grads = []
    for which in range(len(values)):
        grad = np.array(grad_out, dtype=float)
        for other, value in enumerate(values):
            if other != which:
                for index in np.ndindex(grad.shape):
                    grad[index] *= value[index]
        grads.append(grad)
    return grads


def concat_forward(values):
    """Joins (N, D1), (N, D2), ... along the last axis, in the order written."""
    rows = []
    for event in range(len(values[0])):
        row = []
        for value in values:
            row.extend(float(v) for v in value[event])
        rows.append(row)
    return np.array(rows)


def concat_backward(values, grad_out):
    grads, at = [], 0
    for value in values:
        width = value.shape[1]
        grad = np.empty(value.shape)
        for event in range(len(value)):
            for i in range(width):
                grad[event, i] = grad_out[event, at + i]
        grads.append(grad)
        at += width
    return grads


def slice_forward(values, first, count):
    """`count` elements of the last axis from element `first` on."""
    (value,) = values
    out = np.empty((len(value), count))
    for event in range(len(value)):
        for i in range(count):
            out[event, i] = value[event, first + i]
    return out


def slice_backward(values, grad_out, first, count):
    (value,) = values
    grad = np.zeros(value.shape)
    for event in range(len(value)):
        for i in range(count):
            grad[event, first + i] = grad_out[event, i]
    return [grad]


def reshape_forward(values, shape):
    """Every event to `shape`; the order of its numbers (last index fastest) stays."""
    (value,) = values
    out = np.empty((len(value), *shape))
    for event in range(len(value)):
        numbers = [float(value[(event, *index)]) for index in np.ndindex(value.shape[1:])]
        for number, index in zip(numbers, np.ndindex(tuple(shape))):
            out[(event, *index)] = number
    return out


def reshape_backward(values, grad_out):
    (value,) = values
    return [reshape_forward([grad_out], value.shape[1:])]


def dropout_forward(values, mask, drop):
    """Inverted dropout: an element is 0 where mask is 0, else divided by the probability to keep it, 1 - drop."""
    (value,) = values
    out = np.zeros(value.shape)
    for index in np.ndindex(value.shape):
        if mask[index]:
            out[index] = value[index] / (1.0 - drop)
    return out


def dropout_backward(values, grad_out, mask, drop):
    return [dropout_forward([grad_out], mask, drop)]
