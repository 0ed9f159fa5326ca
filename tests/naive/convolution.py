"""Convolutions of images, pixel by pixel: plain, in groups, transposed (by scattering), and padding.

Filters are (K, C / groups, R, S), pads are (top, bottom, left, right), images (N, C, H, W). The transposed forms have
filters (K, C, R, S) from C input channels to K output channels, and the sizes of their output are given.
"""

import numpy as np


def terms(image, small, taps, strides, pads):
    """Every (p, q, i, j, h, w): tap i, j of window p, q sees pixel h, w."""
    for p in range(small[0]):
        for q in range(small[1]):
            for i in range(taps[0]):
                for j in range(taps[1]):
                    h, w = p * strides[0] + i - pads[0], q * strides[1] + j - pads[2]
                    if 0 <= h < image[0] and 0 <= w < image[1]:
                        yield p, q, i, j, h, w


def conv_size(image, taps, strides, pads):
    """Rows and columns of the output; what does not fill a window is left out."""
    padded = (image[0] + pads[0] + pads[1], image[1] + pads[2] + pads[3])
    return tuple((n - k) // s + 1 for n, k, s in zip(padded, taps, strides))


def conv_forward(x, filters, biases, strides, pads, groups=1):
    """y[k, p, q] = b[k] + sum w[k, c, i, j] x[c, p s + i - top, q s + j - left], zeros outside."""
    n, channels, *image = x.shape
    outputs, inside, *taps = filters.shape
    small = conv_size(image, taps, strides, pads)
    y = np.zeros((n, outputs, *small)) + np.asarray(biases, float)[:, None, None]
    for k in range(outputs):
        group = k // (outputs // groups)
        for c in range(inside):
            for p, q, i, j, h, w in terms(image, small, taps, strides, pads):
                y[:, k, p, q] += filters[k, c, i, j] * x[:, group * inside + c, h, w]
    return y


def conv_backward(x, filters, grad_y, strides, pads, groups=1):
    """Gradients of x, filters and biases from grad_y (N, K, P, Q)."""
    image, taps, small = x.shape[2:], filters.shape[2:], grad_y.shape[2:]
    outputs, inside = filters.shape[:2]
    grad_x, grad_filters = np.zeros(x.shape), np.zeros(filters.shape)
    for k in range(outputs):
        group = k // (outputs // groups)
        for c in range(inside):
            for p, q, i, j, h, w in terms(image, small, taps, strides, pads):
                grad_x[:, group * inside + c, h, w] += filters[k, c, i, j] * grad_y[:, k, p, q]
                grad_filters[k, c, i, j] += float(np.sum(x[:, group * inside + c, h, w] * grad_y[:, k, p, q]))
    return grad_x, grad_filters, grad_y.sum(axis=(0, 2, 3))


def transposed_forward(x, filters, biases, strides, pads, size):
    """y[k, s u + i - top, s v + j - left] += w[k, c, i, j] x[c, u, v], then + b[k]; y has `size` rows and columns."""
    outputs, channels, *taps = filters.shape
    y = np.zeros((len(x), outputs, *size)) + np.asarray(biases, float)[:, None, None]
    for k in range(outputs):
        for c in range(channels):
            for u, v, i, j, h, w in terms(size, x.shape[2:], taps, strides, pads):
                y[:, k, h, w] += filters[k, c, i, j] * x[:, c, u, v]
    return y


def transposed_backward(x, filters, grad_y, strides, pads):
    """Gradients of x, filters and biases from grad_y (N, K, H, W)."""
    outputs, channels, *taps = filters.shape
    grad_x, grad_filters = np.zeros(x.shape), np.zeros(filters.shape)
    for k in range(outputs):
        for c in range(channels):
            for u, v, i, j, h, w in terms(grad_y.shape[2:], x.shape[2:], taps, strides, pads):
                grad_x[:, c, u, v] += filters[k, c, i, j] * grad_y[:, k, h, w]
                grad_filters[k, c, i, j] += float(np.sum(x[:, c, u, v] * grad_y[:, k, h, w]))
    return grad_x, grad_filters, grad_y.sum(axis=(0, 2, 3))


def transposed_by_stretching(x, filters, biases, strides, pads, output_pads):
    """The textbook's way: zeros between the pixels and around them, then a convolution of stride 1 with turned filters.

    pads (height, width) of the convolution undone, fewer than the filter; output_pads rows and columns more at the end.
    """
    n, channels, rows, columns = x.shape
    taps = filters.shape[2:]
    frame = [k - 1 - p for k, p in zip(taps, pads)]
    stretched = [s * (m - 1) + 1 for s, m in zip(strides, (rows, columns))]
    wide = np.zeros((n, channels, *(m + 2 * f + a for m, f, a in zip(stretched, frame, output_pads))))
    inside = tuple(slice(f, f + m, s) for f, m, s in zip(frame, stretched, strides))
    wide[(slice(None), slice(None), *inside)] = x
    return conv_forward(wide, filters[:, :, ::-1, ::-1], biases, (1, 1), (0, 0, 0, 0))


def pad_forward(x, pads):
    """Zeros at the top, bottom, left, right; negative numbers cut off."""
    top, bottom, left, right = pads
    n, channels, rows, columns = x.shape
    y = np.zeros((n, channels, rows + top + bottom, columns + left + right))
    for h in range(y.shape[2]):
        for w in range(y.shape[3]):
            if 0 <= h - top < rows and 0 <= w - left < columns:
                y[:, :, h, w] = x[:, :, h - top, w - left]
    return y


def pad_backward(grad_y, pads):
    """The gradient of the padded image, without the frame."""
    return pad_forward(grad_y, tuple(-n for n in pads))
