"""Convolutions of images, pixel by pixel: plain, in groups, transposed (by scattering), and padding.

Filters are (K, C / groups, R, S), pads are (top, bottom, left, right), images (N, C, H, W). The transposed forms have
filters (K, C, R, S) from C input channels to K output channels, and the sizes of their output are given.
"""

import numpy as np

from .dense import activation_backward, activation_forward


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


# The layers, from their fields (`at`) as tests/naive/layers.py calls them.


def _images(x):
    return x[:, :, None, :] if x.ndim == 3 else x


def _fields(at, x):
    """Filter size, strides and pads (top, bottom, left, right) of CONV and DEPTHCONV on these images."""
    taps, strides = (at["filter_height"], at["filter_width"]), (at["stride_rows"], at["stride_cols"])
    if at["padding"] == "SAME":
        total = [max(0, (-(-n // s) - 1) * s + k - n) for n, s, k in zip(x.shape[2:], strides, taps)]
        return taps, strides, (total[0] // 2, total[0] - total[0] // 2, total[1] // 2, total[1] - total[1] // 2)
    if at["padding"] == "VALID":
        return taps, strides, (0, 0, 0, 0)
    return taps, strides, (at["pad_height"], at["pad_height"], at["pad_width"], at["pad_width"])


def _activate(u, name):
    return activation_forward(u.reshape(len(u), -1), name).reshape(u.shape)


def _before_activation(u, grad, name):
    return activation_backward(u.reshape(len(u), -1), grad.reshape(len(u), -1), name).reshape(u.shape)


def _named(grad_x, grad_filters, grad_biases):
    return [grad_x], {"Weights": grad_filters.reshape(len(grad_filters), -1), "Biases": grad_biases[:, None]}


def _conv(at, parameters, inputs, groups):
    x = _images(inputs[0])
    taps, strides, pads = _fields(at, x)
    filters = parameters["Weights"].reshape(len(parameters["Weights"]), -1, *taps)
    u = conv_forward(x, filters, parameters["Biases"][:, 0], strides, pads, groups)
    return x, u, filters, strides, pads


def conv_layer(at, parameters, inputs):
    return _activate(_conv(at, parameters, inputs, 1)[1], at["activation"])


def conv_layer_backward(at, parameters, inputs, grad):
    x, u, filters, strides, pads = _conv(at, parameters, inputs, 1)
    return _named(*conv_backward(x, filters, _before_activation(u, grad, at["activation"]), strides, pads))


def depth_layer(at, parameters, inputs):
    return _activate(_conv(at, parameters, inputs, inputs[0].shape[1])[1], at["activation"])


def depth_layer_backward(at, parameters, inputs, grad):
    x, u, filters, strides, pads = _conv(at, parameters, inputs, inputs[0].shape[1])
    return _named(*conv_backward(x, filters, _before_activation(u, grad, at["activation"]), strides, pads, x.shape[1]))


def _transposed(at, parameters, inputs):
    x, taps = _images(inputs[0]), (at["filter_height"], at["filter_width"])
    strides, pads, ends = (at["stride_rows"], at["stride_cols"]), [at["pad_height"], at["pad_width"]], []
    for axis, extra in enumerate((at["output_pad_height"], at["output_pad_width"])):
        if at["padding"] == "SAME":
            pads[axis] = max(0, taps[axis] - strides[axis]) // 2
            ends.append(strides[axis] * x.shape[2 + axis])
        else:
            ends.append(strides[axis] * (x.shape[2 + axis] - 1) + taps[axis] + extra - 2 * pads[axis])
    filters = parameters["Weights"].reshape(len(parameters["Weights"]), -1, *taps)
    pads = (pads[0], 0, pads[1], 0)
    return x, transposed_forward(x, filters, parameters["Biases"][:, 0], strides, pads, ends), filters, strides, pads


def transposed_layer(at, parameters, inputs):
    return _activate(_transposed(at, parameters, inputs)[1], at["activation"])


def transposed_layer_backward(at, parameters, inputs, grad):
    x, u, filters, strides, pads = _transposed(at, parameters, inputs)
    return _named(*transposed_backward(x, filters, _before_activation(u, grad, at["activation"]), strides, pads))


def _pads(at):
    return at["top"], at["bottom"], at["left"], at["right"]


def pad_layer(at, parameters, inputs):
    return pad_forward(_images(inputs[0]), _pads(at))


def pad_layer_backward(at, parameters, inputs, grad):
    return [pad_backward(grad, _pads(at))], {}
