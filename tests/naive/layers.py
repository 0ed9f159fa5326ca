"""The slow twins by kind of layer, for tests/test_every_layer.py.

forward(at, parameters, inputs) -> y and backward(at, parameters, inputs, grad) -> (grads of the inputs, grads of the
parameters by name). at: the layer's fields by name and "shape", the shape of its output; parameters: matrices by name, in the
orientation of the weight file; inputs: arrays (N, ...). A layer that behaves otherwise in training (batch statistics, random
numbers) has a third function, trained(at, parameters, inputs) -> y; its backward is that of training. TERMS (in naive/latent.py)
are what layers add to the loss.

A layer with a file of its own here has them there, under the same names.
"""

import numpy as np

from . import combine, convolution, dense, normalise, pool, recurrent, resample


def _flat(values):
    return [np.reshape(value, (len(value), -1)) for value in values]


def _dense_forward(at, parameters, inputs):
    return dense.dense_forward(inputs[0], parameters["Weights"], parameters["Biases"][:, 0], at["activation"])[1]


def _dense_backward(at, parameters, inputs, grad):
    u, _ = dense.dense_forward(inputs[0], parameters["Weights"], parameters["Biases"][:, 0], at["activation"])
    grad_x, weights, biases = dense.dense_backward(inputs[0], parameters["Weights"], u, grad, at["activation"])
    return [grad_x], {"Weights": weights, "Biases": biases[:, None]}


def _tied_forward(at, parameters, inputs):
    return dense.dense_forward(inputs[0], parameters["Weights"].T, parameters["Biases"][:, 0], at["activation"])[1]


def _tied_backward(at, parameters, inputs, grad):
    u, _ = dense.dense_forward(inputs[0], parameters["Weights"].T, parameters["Biases"][:, 0], at["activation"])
    grad_x, _, biases = dense.dense_backward(inputs[0], parameters["Weights"].T, u, grad, at["activation"])
    return [grad_x], {"Biases": biases[:, None]}


def _act_forward(at, parameters, inputs):
    return dense.activation_forward(_flat(inputs)[0], at["activation"])


def _act_backward(at, parameters, inputs, grad):
    return [dense.activation_backward(_flat(inputs)[0], _flat([grad])[0], at["activation"])], {}


def _joined(forward, backward):
    def run(at, parameters, inputs):
        return dense.activation_forward(forward(_flat(inputs)), at["activation"])

    def back(at, parameters, inputs, grad):
        u = forward(_flat(inputs))
        return backward(_flat(inputs), dense.activation_backward(u, _flat([grad])[0], at["activation"])), {}

    return run, back


def _rows(inputs):
    """Sequences as one row a step, images and vectors as one row an event: CONCAT joins along the rest."""
    return [np.reshape(v, (len(v) * v.shape[1], -1)) if v.ndim == 3 else np.reshape(v, (len(v), -1)) for v in inputs]


def _concat_forward(at, parameters, inputs):
    return combine.concat_forward(_rows(inputs))


def _concat_backward(at, parameters, inputs, grad):
    rows = _rows(inputs)
    return combine.concat_backward(rows, np.reshape(grad, (len(rows[0]), -1))), {}


def _same_forward(at, parameters, inputs):
    return inputs[0]


def _same_backward(at, parameters, inputs, grad):
    return [grad], {}


def _pool(forward, backward):
    def windows(at, x):
        """Window, strides and padding of a pool at the top and on the left, and whether padding counts."""
        window, strides = (at["filter_height"], at["filter_width"]), (at["stride_rows"], at["stride_cols"])
        pads = [at["pad_height"], at["pad_width"]]
        if at["padding"] == "SAME":
            sizes = zip(at["shape"][1:], strides, window, x.shape[2:])
            pads = [max(0, (out - 1) * stride + k - n) // 2 for out, stride, k, n in sizes]
        return window, strides, pads, at.get("count_padding", False)

    def run(at, parameters, inputs):
        return forward(inputs[0], at["shape"][1:], *windows(at, inputs[0]))

    def back(at, parameters, inputs, grad):
        return [backward(inputs[0], grad, *windows(at, inputs[0]))], {}

    return run, back


def _upsample(at):
    name = at["method"].lower()
    how = [(at["row_factor"], at["col_factor"]), *([at["align_corners"]] if name == "bilinear" else [])]
    return getattr(resample, f"{name}_forward"), getattr(resample, f"{name}_backward"), how


def _upsample_forward(at, parameters, inputs):
    forward, _, how = _upsample(at)
    return forward(inputs[0], *how)


def _upsample_backward(at, parameters, inputs, grad):
    _, backward, how = _upsample(at)
    return [backward(inputs[0], grad, *how)], {}


def _theta(at, theta):
    return theta + np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]) * at["relative"]


def _grid_forward(at, parameters, inputs):
    return resample.grid_forward(inputs[0], _theta(at, inputs[1]), at["shape"][1:], at["edges"])


def _grid_backward(at, parameters, inputs, grad):
    return list(resample.grid_backward(inputs[0], _theta(at, inputs[1]), grad, at["edges"])), {}


def _mean_axes(at, x):
    return (at["axis"],) if at["axis"] else (1,) if x.ndim == 3 else (2, 3)


def _mean_forward(at, parameters, inputs):
    return resample.mean_forward(inputs[0], _mean_axes(at, inputs[0]))


def _mean_backward(at, parameters, inputs, grad):
    axes = _mean_axes(at, inputs[0])
    kept = [1 if axis in axes else n for axis, n in enumerate(inputs[0].shape)]
    return [resample.mean_backward(inputs[0], np.reshape(grad, kept), axes)], {}


def _slice_axis(x):
    return 2 if x.ndim == 3 else 1


def _slice_forward(at, parameters, inputs):
    return resample.slice_forward(inputs[0], _slice_axis(inputs[0]), at["first"], at["count"])


def _slice_backward(at, parameters, inputs, grad):
    return [resample.slice_backward(inputs[0], grad, _slice_axis(inputs[0]), at["first"])], {}


LAYERS = {
    "DENSE": (_dense_forward, _dense_backward),
    "TIED": (_tied_forward, _tied_backward),
    "ACT": (_act_forward, _act_backward),
    "ADD": _joined(combine.add_forward, combine.add_backward),
    "MUL": _joined(combine.mul_forward, combine.mul_backward),
    "CONCAT": (_concat_forward, _concat_backward),
    "RESHAPE": (_same_forward, _same_backward),
    "DROPOUT": (_same_forward, _same_backward),
    "MAXPOOL": _pool(pool.max_forward, pool.max_backward),
    "AVGPOOL": _pool(pool.mean_forward, pool.mean_backward),
    "UPSAMPLE": (_upsample_forward, _upsample_backward),
    "GRIDSAMPLE": (_grid_forward, _grid_backward),
    "MEAN": (_mean_forward, _mean_backward),
    "SLICE": (_slice_forward, _slice_backward),
    "BNORM": (normalise.scored, normalise.backward, normalise.trained),
    "CONV": (convolution.conv_layer, convolution.conv_layer_backward),
    "DEPTHCONV": (convolution.depth_layer, convolution.depth_layer_backward),
    "TRANSCONV": (convolution.transposed_layer, convolution.transposed_layer_backward),
    "PADDING2D": (convolution.pad_layer, convolution.pad_layer_backward),
    "RNN": recurrent.RNN,
    "LSTM": recurrent.LSTM,
    "GRU": recurrent.GRU,
}
