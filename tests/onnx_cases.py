"""The operator tests that ship in the `onnx` package, said in our layouts.

`said(case)` turns a node test into a layout, inputs and parameters, or raises LeftOut with the reason. The first axis of an
array counts events. `python -m tests.onnx_cases` lists what runs and what does not, and why.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field

import numpy as np


class LeftOut(Exception):
    """Why a node test cannot be said in a layout."""


@dataclass
class Said:
    """A layout over named inputs a, b, ... of these shapes; parameters by (node, name); expected values, events first."""

    layout: str
    inputs: list
    expected: np.ndarray
    parameters: dict = field(default_factory=dict)


def collect() -> dict[str, list]:
    """The node tests of one node, by operator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package divides by zero on purpose
        from onnx.backend.test.case.node import collect_testcases

        cases = collect_testcases(None)
    out: dict[str, list] = {}
    for case in cases:
        if len(case.model.graph.node) == 1 and not case.name.endswith("_expanded"):
            out.setdefault(case.model.graph.node[0].op_type, []).append(case)
    return out


def said(case) -> Said:
    """The case in our words. Raises LeftOut."""
    import onnx

    node = case.model.graph.node[0]
    given, outputs = case.data_sets[0]
    given = iter(given)
    inputs = [next(given) if name else None for name in node.input]
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    attributes = {k: v.decode() if isinstance(v, bytes) else v for k, v in attributes.items()}
    if not isinstance(inputs[0], np.ndarray) or not np.issubdtype(inputs[0].dtype, np.floating):
        raise LeftOut("not of floating numbers")
    if sum(bool(name) for name in node.output) > 1 and node.op_type not in ("RNN", "LSTM", "GRU"):
        raise LeftOut("several outputs")
    return OPERATORS[node.op_type](inputs, attributes, outputs)


def need(condition, reason):
    if not condition:
        raise LeftOut(reason)


def need_image(x):
    need(x.ndim == 4, "images have two axes here")


# ------------------------------------------------------------------------------------------------ windows


def frame_of(x, window, strides, at):
    """Padding (top, bottom, left, right) that ONNX adds, and whether the last window is rounded down."""
    need(all(d == 1 for d in at.get("dilations", [1])), "dilations")
    mode, sizes = at.get("auto_pad", "NOTSET"), x.shape[2:]
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        total = [max(0, (-(-n // s) - 1) * s + k - n) for n, k, s in zip(sizes, window, strides)]
        less, more = [t // 2 for t in total], [t - t // 2 for t in total]
        begin, end = (less, more) if mode == "SAME_UPPER" else (more, less)
    else:
        pads = list(at.get("pads", [0, 0, 0, 0])) if mode == "NOTSET" else [0, 0, 0, 0]
        begin, end = pads[:2], pads[2:]
    if at.get("ceil_mode", 0):  # ceil: windows may begin inside and end outside; not counted, so it is padding at the end
        for axis, (n, k, s) in enumerate(zip(sizes, window, strides)):
            padded = n + begin[axis] + end[axis]
            count = -(-(padded - k) // s) + 1
            if (count - 1) * s >= n + begin[axis]:
                count -= 1
            end[axis] += max(0, (count - 1) * s + k - padded)
    return begin[0], end[0], begin[1], end[1]


def pool(kind):
    def say(inputs, at, outputs):
        x = inputs[0]
        need_image(x)
        window, strides = at["kernel_shape"], at.get("strides", [1, 1])
        frame = frame_of(x, window, strides, at)
        head = f"{kind}|{window[0]}|{window[1]}|{strides[0]}|{strides[1]}"
        same = [max(0, (-(-n // s) - 1) * s + k - n) for n, k, s in zip(x.shape[2:], window, strides)]
        same = (same[0] // 2, same[0] - same[0] // 2, same[1] // 2, same[1] - same[1] // 2)
        if not any(frame):
            return Said(f"y={head}|VALID@a", [x], outputs[0])
        if at.get("count_include_pad", 0):
            need(not at.get("ceil_mode", 0), "ceil_mode with counted padding")
            return Said(f"p=PADDING2D|{'|'.join(map(str, frame))}@a,y={head}|VALID@p", [x], outputs[0])
        if frame == same:
            return Said(f"y={head}|SAME@a", [x], outputs[0])
        need(frame[0] == frame[1] and frame[2] == frame[3], "padding that differs from end to end and is not SAME's")
        return Said(f"y={head}|{frame[0]}|{frame[2]}@a", [x], outputs[0])

    return say


def global_pool(text):
    def say(inputs, at, outputs):
        x = inputs[0]
        need_image(x)
        return Said(f"y={text.format(*x.shape[2:])}@a", [x], outputs[0])

    return say


def convolution(inputs, at, outputs):
    x, w, bias = [*inputs, None][:3]
    need_image(x)
    outputs_, channels, rows, columns = w.shape
    strides, group = at.get("strides", [1, 1]), at.get("group", 1)
    need(group == 1 or channels == 1, "groups of several channels")
    frame = frame_of(x, (rows, columns), strides, at)
    head = f"CONV|{outputs_}" if group == 1 else f"DEPTHCONV|{outputs_ // group}"
    layout = f"p=PADDING2D|{'|'.join(map(str, frame))}@a,y={head}|{rows}|{columns}|{strides[0]}|{strides[1]}|VALID|LINEAR@p"
    biases = np.zeros(outputs_) if bias is None else bias
    parameters = {("y", "Weights"): w.reshape(outputs_, -1), ("y", "Biases"): biases.reshape(-1, 1)}
    return Said(layout, [x], outputs[0], parameters)


def transposed_convolution(inputs, at, outputs):
    x, w, bias = [*inputs, None][:3]
    need_image(x)
    need(at.get("group", 1) == 1, "groups")
    need(all(d == 1 for d in at.get("dilations", [1])), "dilations")
    channels, outputs_, *window = w.shape
    strides, extra = at.get("strides", [1, 1]), at.get("output_padding", [0, 0])
    full = [s * (n - 1) + k for n, k, s in zip(x.shape[2:], window, strides)]
    wanted = outputs[0].shape[2:]  # cut off at both ends what is too much; what is missing is output padding at the end
    begin = list(at.get("pads", [0, 0, 0, 0]))[:2]
    if "output_shape" in at or at.get("auto_pad", "NOTSET") != "NOTSET":
        total = [f + e - n for f, e, n in zip(full, extra, wanted)]
        begin = [max(0, t) // 2 for t in total]
    frame = [-begin[0], wanted[0] - full[0] + begin[0], -begin[1], wanted[1] - full[1] + begin[1]]
    head = f"t=TRANSCONV|{outputs_}|{window[0]}|{window[1]}|{strides[0]}|{strides[1]}|0|0|LINEAR@a"
    biases = np.zeros(outputs_) if bias is None else bias
    need(not (max(frame) > 0 and biases.any()), "output padding with a bias")
    parameters = {("t", "Weights"): w.transpose(1, 0, 2, 3).reshape(outputs_, -1), ("t", "Biases"): np.reshape(biases, (-1, 1))}
    return Said(f"{head},y=PADDING2D|{'|'.join(map(str, frame))}@t", [x], outputs[0], parameters)


def pad(inputs, at, outputs):
    x = inputs[0]
    need_image(x)
    need(at.get("mode", "constant") == "constant", "padding other than a constant")
    need(len(inputs) < 3 or inputs[2] is None or float(np.ravel(inputs[2])[0]) == 0.0, "a constant other than zero")
    axes = [int(i) % 4 for i in inputs[3]] if len(inputs) > 3 else range(4)
    pads = np.zeros((2, 4), int)
    pads[:, list(axes)] = np.reshape(inputs[1], (2, -1))
    need(not pads[:, :2].any(), "events or channels padded")
    return Said(f"y=PADDING2D|{pads[0, 2]}|{pads[1, 2]}|{pads[0, 3]}|{pads[1, 3]}@a", [x], outputs[0])


# ------------------------------------------------------------------------------------------------ resampling


def resize(inputs, at, outputs):
    x, y = inputs[0], outputs[0]
    need_image(x)
    mode, place = at.get("mode", "nearest"), at.get("coordinate_transformation_mode", "half_pixel")
    need(mode in ("nearest", "linear"), f"mode {mode}")
    factors = [b / a for a, b in zip(x.shape, y.shape)]
    need(factors[:2] == [1, 1] and all(f == int(f) for f in factors), "factors that are not whole numbers")
    if len(inputs) > 2 and inputs[2] is not None and len(inputs[2]):
        need(all(float(s) == int(s) for s in inputs[2]), "factors that are not whole numbers")
    rounding = at.get("nearest_mode", "round_prefer_floor")
    if mode == "linear":
        need(place in ("half_pixel", "half_pixel_symmetric"), f"coordinates {place}")
    else:
        centred = place == "half_pixel" and rounding.startswith("round")
        need(centred or (place, rounding) == ("asymmetric", "floor"), f"coordinates {place}, {rounding}")
    return Said(f"y=UPSAMPLE|{int(factors[2])}|{int(factors[3])}" + "|BILINEAR" * (mode == "linear") + "@a", [x], y)


def upsample(inputs, at, outputs):
    need(at.get("mode", "nearest") == "nearest", "corners aligned")
    factors = [int(b / a) for a, b in zip(inputs[0].shape, outputs[0].shape)]
    return Said(f"y=UPSAMPLE|{factors[2]}|{factors[3]}@a", [inputs[0]], outputs[0])


def grid_sample(inputs, at, outputs):
    raise LeftOut("GRIDSAMPLE makes its affine grid itself; tested as AffineGrid and GridSample together")


# ------------------------------------------------------------------------------------------------ products and maps


def gemm(inputs, at, outputs):
    a, b, c = [*inputs, None][:3]
    x = a.T if at.get("transA", 0) else a
    w = (b if at.get("transB", 0) else b.T) * at.get("alpha", 1.0)
    bias = np.zeros(len(w)) if c is None else np.broadcast_to(c, outputs[0].shape) * at.get("beta", 1.0)
    need(bias.ndim == 1 or (bias == bias[0]).all(), "a bias for every event")
    bias = np.reshape(bias if bias.ndim == 1 else bias[0], (-1, 1))
    return Said(f"y=DENSE|{len(w)}|LINEAR@a", [x], outputs[0], {("y", "Weights"): w, ("y", "Biases"): bias})


def matmul(inputs, at, outputs):
    a, b = inputs
    need(a.ndim == b.ndim == 2, "a matrix for every event")
    return Said(f"y=DENSE|{b.shape[1]}|LINEAR@a", [a], outputs[0], {("y", "Weights"): b.T})


def activation(name, **only):
    def say(inputs, at, outputs):
        for key, value in only.items():
            # attributes are float32
            given = at.get(key, value)
            same = given == value if isinstance(value, str) else np.float32(given) == np.float32(value)
            need(same, f"{key} other than {value}")
        x = inputs[0]
        x, y = (np.reshape(v, (1, -1) if x.ndim == 1 else (len(x), -1)) for v in (x, outputs[0]))
        return Said(f"y=ACT|{name}@a", [x], y)

    return say


def softmax(inputs, at, outputs):
    x = inputs[0]
    need(at.get("axis", -1) in (-1, x.ndim - 1), "an axis that is not the last")
    return Said("y=ACT|SOFTMAX@a", [x.reshape(-1, x.shape[-1])], outputs[0].reshape(-1, x.shape[-1]))


def elementwise(kind):
    def say(inputs, at, outputs):
        need(len(inputs) > 1, "one input")
        need(all(x.shape == inputs[0].shape for x in inputs), "shapes that differ")
        rows = [x.reshape(1, -1) if x.ndim == 1 else x.reshape(len(x), -1) for x in inputs]
        return Said(f"y={kind}@{'+'.join('abcd'[: len(rows)])}", rows, outputs[0].reshape(rows[0].shape))

    return say


def identity(text):
    def say(inputs, at, outputs):
        need(len(inputs) < 3 or not inputs[2], "training with random numbers of its own")
        x = inputs[0]
        need(x.ndim in (2, 3, 4) and at.get("axis", 1) in (1, 1 - x.ndim), "events that are not along axis 0 alone")
        return Said(f"y={text}@a", [x], outputs[0])

    return say


# ------------------------------------------------------------------------------------------------ axes


def concat(inputs, at, outputs):
    axis = at["axis"] % inputs[0].ndim
    need(axis != 0, "axis 0 counts events")
    need(axis == (2 if inputs[0].ndim == 3 else 1), "steps of sequences one after the other")
    return Said(f"y=CONCAT@{'+'.join('abcd'[: len(inputs)])}", inputs, outputs[0])


def slice_(inputs, at, outputs):
    x, starts, ends = inputs[:3]
    axes = [int(i) % x.ndim for i in (inputs[3] if len(inputs) > 3 else range(len(starts)))]
    steps = inputs[4] if len(inputs) > 4 else [1] * len(starts)
    need(all(int(s) == 1 for s in steps), "steps other than 1")
    parts = {a: range(*slice(int(i), int(j)).indices(x.shape[a])) for a, i, j in zip(axes, starts, ends)}
    parts = {a: part for a, part in parts.items() if len(part) < x.shape[a]}
    need(0 not in parts, "axis 0 counts events")
    need(len(parts) == 1, "several axes")
    ((axis, part),) = parts.items()
    need(len(part) > 0, "nothing left")
    # axis 1 of three as the channels of an image of one row
    image = x.reshape(len(x), x.shape[1], 1, -1) if axis == 1 and x.ndim == 3 else x
    return Said(f"y=SLICE|{part[0]}|{len(part)}@a", [image], outputs[0])


def reduce_mean(inputs, at, outputs):
    x = inputs[0]
    axes = at.get("axes", inputs[1] if len(inputs) > 1 and inputs[1] is not None else [])
    axes = sorted(int(a) % x.ndim for a in axes)
    need(axes and 0 not in axes, "axis 0 counts events")
    if x.ndim == 4 and axes == [2, 3]:
        return Said("y=MEAN@a", [x], outputs[0])
    need(len(axes) == 1, "several axes")
    return Said(f"y=MEAN|{axes[0]}@a", [x], outputs[0])


# ------------------------------------------------------------------------------------------------ sequences, normalisation


def recurrent(kind, gates):
    """gates: ours in ONNX's order."""

    def say(inputs, at, outputs):
        x, w, r, b = [*inputs, None][:4]
        need(all(v is None for v in inputs[4:]), "initial states, lengths or peepholes")
        need(at.get("direction", "forward") == "forward", "another direction than forward")
        need("activations" not in at and "clip" not in at, "other activations")
        size = at["hidden_size"]
        events = x if at.get("layout", 0) else x.transpose(1, 0, 2)
        bias = np.zeros((1, 2 * len(gates) * size)) if b is None else b
        both = np.split(bias[0], 2)
        after = at.get("linear_before_reset", 0)
        two = kind == "GRU" and after and both[1][2 * size :].any()
        parameters = {}
        for i, gate in enumerate(gates):
            rows, tail = slice(i * size, (i + 1) * size), f"_{gate}" if gate else ""
            parameters |= {("y", "W" + tail): w[0, rows], ("y", "U" + tail): r[0, rows]}
            parameters["y", "b" + tail] = (both[0] if two else both[0] + both[1])[rows, None]
            if two:
                parameters["y", "d" + tail] = both[1][rows, None]
        last = outputs[-1] if kind != "LSTM" or len(outputs) < 3 else outputs[1]
        layout = f"y={kind}|{size}|{events.shape[2]}|{events.shape[1]}|0|0" + "|1" * bool(after) + "|1" * bool(two) + "@a"
        return Said(layout, [events], np.reshape(last, (len(events), size)), parameters)

    return say


def batch_normalisation(inputs, at, outputs):
    x, *numbers = inputs
    need(not at.get("training_mode", 0), "training")
    names = ("Gamma", "Beta", "Training-mu", "Training-variance")
    parameters = {("y", ours): value for ours, value in zip(names, numbers)}
    return Said(f"y=BNORM|-1|{at.get('epsilon', 1e-5):.9g}@a", [x], outputs[0], parameters)


OPERATORS = {
    "MaxPool": pool("MAXPOOL"),
    "AveragePool": pool("AVGPOOL"),
    "GlobalAveragePool": global_pool("MEAN"),
    "GlobalMaxPool": global_pool("MAXPOOL|{}|{}|1|1"),
    "Conv": convolution,
    "ConvTranspose": transposed_convolution,
    "Pad": pad,
    "Resize": resize,
    "Upsample": upsample,
    "GridSample": grid_sample,
    "Gemm": gemm,
    "MatMul": matmul,
    "Relu": activation("RELU"),
    "Sigmoid": activation("SIGMOID"),
    "Tanh": activation("TANH"),
    "Abs": activation("SYMMRELU"),
    "Softsign": activation("SOFTSIGN"),
    "Softplus": activation("SOFTPLUS"),
    "Elu": activation("ELU", alpha=1.0),
    "LeakyRelu": activation("LEAKYRELU", alpha=0.01),
    "Gelu": activation("GELU", approximate="none"),
    "Swish": activation("SWISH", alpha=1.0),
    "Softmax": softmax,
    "Add": elementwise("ADD"),
    "Sum": elementwise("ADD"),
    "Mul": elementwise("MUL"),
    "Concat": concat,
    "Slice": slice_,
    "ReduceMean": reduce_mean,
    "Flatten": identity("RESHAPE|FLAT"),
    "Dropout": identity("DROPOUT|0.5"),
    "RNN": recurrent("RNN", ("",)),
    "LSTM": recurrent("LSTM", ("i", "o", "f", "c")),
    "GRU": recurrent("GRU", ("z", "r", "c")),
    "BatchNormalization": batch_normalisation,
}


if __name__ == "__main__":
    for operator, cases in collect().items():
        if operator in OPERATORS:
            for case in cases:
                try:
                    print(f"{case.name:50s} {said(case).layout}")
                except LeftOut as reason:
                    print(f"{case.name:50s} left out: {reason}")
