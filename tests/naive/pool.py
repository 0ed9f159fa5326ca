"""MAXPOOL and AVGPOOL on (N, C, H, W): plain loops over every window and tap.

A window starts at row p stride - top and column q stride - left. Taps outside the image are left out, or are zeros with
`framed`.
"""

import numpy as np


def _taps(image, window, start, framed):
    """(row, column, value) of the taps of one window, row by row; row and column are None outside."""
    height, width = image.shape
    for i in range(window[0]):
        for j in range(window[1]):
            r, c = start[0] + i, start[1] + j
            if 0 <= r < height and 0 <= c < width:
                yield r, c, float(image[r, c])
            elif framed:
                yield None, None, 0.0


def _windows(x, out, window, strides, pads, framed):
    """Every output (n, k, p, q) and the taps of its window; pads are rows above and columns on the left."""
    for n in range(x.shape[0]):
        for k in range(x.shape[1]):
            for p in range(out[0]):
                for q in range(out[1]):
                    start = (p * strides[0] - pads[0], q * strides[1] - pads[1])
                    yield (n, k, p, q), list(_taps(x[n, k], window, start, framed))


def _winner(taps):
    best = taps[0]
    for tap in taps[1:]:
        if tap[2] > best[2] or tap[2] != tap[2]:
            best = tap
    return best


def max_forward(x, out, window, strides, pads=(0, 0), framed=False):
    y = np.zeros((*x.shape[:2], *out))
    for index, taps in _windows(x, out, window, strides, pads, framed):
        y[index] = _winner(taps)[2]
    return y


def max_backward(x, grad, window, strides, pads=(0, 0), framed=False):
    """The gradient of a window goes to its first largest tap."""
    out = np.zeros(x.shape)
    for index, taps in _windows(x, grad.shape[2:], window, strides, pads, framed):
        r, c, _ = _winner(taps)
        if r is not None:
            out[index[0], index[1], r, c] += grad[index]
    return out


def mean_forward(x, out, window, strides, pads=(0, 0), framed=False):
    y = np.zeros((*x.shape[:2], *out))
    for index, taps in _windows(x, out, window, strides, pads, framed):
        total = 0.0
        for _, _, value in taps:
            total += value
        y[index] = total / len(taps)
    return y


def mean_backward(x, grad, window, strides, pads=(0, 0), framed=False):
    out = np.zeros(x.shape)
    for index, taps in _windows(x, grad.shape[2:], window, strides, pads, framed):
        for r, c, _ in taps:
            if r is not None:
                out[index[0], index[1], r, c] += grad[index] / len(taps)
    return out
