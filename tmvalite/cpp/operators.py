"""What every operator that layers and transformations use becomes in C++."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tmvalite.cpp.constant_arrays import KINDS
from tmvalite.cpp.program import CppValue, Program
from tmvalite.errors import OptionError
from tmvalite.layers.onnx_form import OnnxNode

BLOCK, FEW = 64, 4  # as in runtime.hpp
_TYPES = {1: "float", 7: "std::int64_t", 9: "bool", 11: "double"}  # ONNX's numbers of them

# ---- element by element: the text of the result, and its type where it is not that of the first operand

_MAX, _MIN = "({0} < {1} ? {1} : {0})", "({1} < {0} ? {1} : {0})"
ELEMENTWISE: dict[str, str | tuple[str, str]] = {
    "Add": "{0} + {1}", "Sub": "{0} - {1}", "Mul": "{0} * {1}", "Div": "{0} / {1}", "Neg": "-{0}", "Max": _MAX, "Min": _MIN,
    "Abs": "std::fabs({0})", "Exp": "tmvalite::exp({0})", "Log": "std::log({0})", "Sqrt": "std::sqrt({0})",
    "Floor": "std::floor({0})", "Erf": "std::erf({0})", "Tanh": "tmvalite::tanh({0})", "Sigmoid": "tmvalite::sigmoid({0})",
    "Relu": "({0} < 0 ? 0 : {0})", "Reciprocal": "1 / {0}", "Pow": "std::pow({0}, {1})", "Identity": "{0}",
    "Sign": "({0} > 0 ? 1 : {0} < 0 ? -1 : {0})",
    "IsNaN": ("std::isnan({0})", "bool"), "Not": ("!{0}", "bool"), "And": ("{0} && {1}", "bool"), "Or": ("{0} || {1}", "bool"),
    "Greater": ("{0} > {1}", "bool"), "Less": ("{0} < {1}", "bool"), "Equal": ("{0} == {1}", "bool"),
}  # fmt: skip


def emit(program: Program, node: OnnxNode) -> None:
    """Append what the operator does. Raises OptionError for one that has no form in C++."""
    operands = [program.values[name] for name in node.inputs if name]
    if node.operator in ELEMENTWISE:
        found = ELEMENTWISE[node.operator]
        text, kind = found if isinstance(found, tuple) else (found, operands[0].kind)
        result = program.elementwise(node, operands, text, kind)
    elif node.operator in OPERATORS:
        result = OPERATORS[node.operator](program, node, operands)
    else:
        where = node.outputs[0].partition("/")[0]
        raise OptionError(f"'{where}' needs the operator {node.operator}, which has no form in C++", code="cpp-operator")
    program.values[next(filter(None, node.outputs))] = result


OPERATORS: dict[str, Callable[[Program, OnnxNode, list[CppValue]], CppValue]] = {}


def _operator(*names: str):
    def register(function):
        OPERATORS.update(dict.fromkeys(names, function))
        return function

    return register


@_operator("Where")
def _where(program, node, operands):
    return program.elementwise(node, operands, "({0} ? {1} : {2})", operands[1].kind)


@_operator("Cast")
def _cast(program, node, operands):
    kind = _TYPES[node.attributes["to"]]
    return program.elementwise(node, operands, f"static_cast<{kind}>({{0}})", kind)


@_operator("LeakyRelu")
def _leaky(program, node, operands):
    slope = np.float32(node.attributes["alpha"])
    return program.elementwise(node, operands, f"({{0}} < 0 ? {program.number}({slope!s}) * {{0}} : {{0}})", operands[0].kind)


@_operator("Elu")
def _elu(program, node, operands):
    return program.elementwise(node, operands, "({0} < 0 ? std::expm1({0}) : {0})", operands[0].kind)


@_operator("BatchNormalization")
def _batch_normalization(program, node, operands):
    x, *constants = operands
    shape = (-1, *(1,) * (len(x.shape) - 2))
    scale, shift, mean, variance = (one.constant.astype(np.float64).reshape(shape) for one in constants)
    factor, dtype = scale / np.sqrt(variance), constants[0].constant.dtype
    names = [f"{node.outputs[0]}/{word}" for word in ("mean", "factor", "shift")]
    for name, array in zip(names, (mean, factor, shift)):
        program.values[name] = CppValue((1, *array.shape), x.kind, array.astype(dtype)[None])
    whole = OnnxNode(node.operator, (node.inputs[0], *names), node.outputs)
    return program.elementwise(whole, [x, *(program.values[name] for name in names)], "({0} - {1}) * {2} + {3}", x.kind)


# ---- products


def packed(matrix: np.ndarray) -> np.ndarray:
    """A matrix (K, N) in the order in which `product` of runtime.hpp reads it."""
    n = matrix.shape[1]
    if n <= FEW:
        return matrix.T.ravel()
    return np.concatenate([matrix[:, at : at + BLOCK].ravel() for at in range(0, n, BLOCK)])


@_operator("Gemm", "MatMul")
def _product(program, node, operands):
    x, b = operands[:2]
    matrix = b.constant.T if node.attributes.get("transB") else b.constant
    k, n = matrix.shape
    bias = operands[2].constant if len(operands) > 2 else np.zeros(n, matrix.dtype)
    result = program.room((*x.shape[:-1], n), x.kind)
    w, c = program.constant(packed(matrix)), program.constant(np.broadcast_to(bias, (1, n)))
    call = f"tmvalite::product<{x.kind}, {k}, {n}>"

    def write():
        rows = x.size // k
        if rows == 1:
            return [f"{call}({x.text}, {w}, {c}, {result.text});"]
        return [f"for (int i = 0; i < {rows}; ++i) {call}({x.text} + i * {k}, {w}, {c}, {result.text} + i * {n});"]

    program.add([x], [result], write)
    return result


@_operator("RNN", "LSTM", "GRU")
def _recurrent(program, node, operands):
    x, w, u, biases = operands
    (steps, _, features), size = x.shape, node.attributes["hidden_size"]
    w, u = (one.constant[0].T for one in (w, u))
    b, c = np.split(biases.constant[0], 2)
    y = program.room((steps, 1, 1, size), x.kind)
    after = f", {'true' if node.attributes.get('linear_before_reset') else 'false'}" if node.operator == "GRU" else ""
    name = {"RNN": "recurrent", "LSTM": "lstm", "GRU": "gru"}[node.operator]
    states = [u[:, : 2 * size], u[:, 2 * size :]] if node.operator == "GRU" else [u]
    given = ", ".join(program.constant(one) for one in (packed(w), *map(packed, states), b, c))

    def write():
        return [f"tmvalite::{name}<{x.kind}, {steps}, {features}, {size}{after}>({x.text}, {given}, {y.text});"]

    program.add([x], [y], write)
    return y if node.outputs[0] else y.under((1, 1, size), (steps - 1) * size)


# ---- images


def _call(program, x: CppValue, shape, function: str, numbers, *more: str) -> CppValue:
    """A result of `function`, a template of the type and these numbers, that reads x and constants."""
    result = program.room(shape, x.kind)
    words = ", ".join(("true" if one else "false") if isinstance(one, bool) else str(one) for one in numbers)

    def write():
        return [f"tmvalite::{function}<{x.kind}, {words}>({', '.join((x.text, *more, result.text))});"]

    program.add([x], [result], write)
    return result


def _framed(program, x: CppValue, pads, value: str = "0") -> CppValue:
    _, channels, rows, columns = x.shape
    top, left, bottom, right = pads
    if not any(pads):
        return x
    shape = (1, channels, rows + top + bottom, columns + left + right)
    return _call(program, x, shape, "frame", (channels, rows, columns, *pads), f"{x.kind}({value})")


@_operator("Conv")
def _convolution(program, node, operands):
    x, w, b = operands
    a, filters = node.attributes, w.constant
    (height, width), (down, across), groups = a["kernel_shape"], a["strides"], a.get("group", 1)
    x = _framed(program, x, a["pads"])
    _, channels, rows, columns = x.shape
    n = len(filters)
    together = next(t for t in (6, 5, 4, 3, 2, 1) if n // groups % t == 0)  # two registers each, of 16
    ordered = filters.reshape(n // together, together, *filters.shape[1:]).transpose(0, 2, 3, 4, 1)
    shape = (1, n, (rows - height) // down + 1, (columns - width) // across + 1)
    numbers = (channels, rows, columns, n, height, width, down, across, groups, together)
    return _call(program, x, shape, "convolution", numbers, program.constant(ordered), program.constant(b.constant))


@_operator("ConvTranspose")
def _transposed(program, node, operands):
    x, w, b = operands
    a = node.attributes
    (height, width), (down, across), (top, left, bottom, right) = a["kernel_shape"], a["strides"], a["pads"]
    _, channels, rows, columns = x.shape
    more = a.get("output_padding", (0, 0))
    out = ((rows - 1) * down + height - top - bottom + more[0], (columns - 1) * across + width - left - right + more[1])
    n = w.constant.shape[1]
    numbers = (channels, rows, columns, n, height, width, down, across, top, left, *out)
    return _call(program, x, (1, n, *out), "transposed", numbers, program.constant(w.constant), program.constant(b.constant))


@_operator("MaxPool", "AveragePool")
def _pool(program, node, operands):
    (x,), a = operands, node.attributes
    (height, width), (down, across), (top, left, bottom, right) = a["kernel_shape"], a["strides"], a["pads"]
    _, channels, rows, columns = x.shape
    out = ((rows + top + bottom - height) // down + 1, (columns + left + right - width) // across + 1)
    largest, framed = node.operator == "MaxPool", bool(a.get("count_include_pad"))
    numbers = (channels, rows, columns, height, width, down, across, top, left, *out, largest, framed)
    return _call(program, x, (1, channels, *out), "pool", numbers)


@_operator("GridSample")
def _grid_sample(program, node, operands):
    x, grid = operands
    _, channels, rows, columns = x.shape
    result = program.room((1, channels, *grid.shape[1:3]), x.kind)
    edges = "false" if node.attributes["align_corners"] else "true"
    words = f"{x.kind}, {channels}, {rows}, {columns}, {grid.shape[1]}, {grid.shape[2]}, {edges}"
    program.add([x, grid], [result], lambda: [f"tmvalite::sample_grid<{words}>({x.text}, {grid.text}, {result.text});"])
    return result


@_operator("Resize")
def _resize(program, node, operands):
    x, scales = operands
    _, channels, rows, columns = x.shape
    out = tuple(int(n * s) for n, s in zip((rows, columns), scales.constant[2:]))
    corners = node.attributes["coordinate_transformation_mode"] == "align_corners"
    return _call(program, x, (1, channels, *out), "enlarge", (channels, rows, columns, *out, corners))


# ---- numbers that only move


def _places(x: CppValue) -> np.ndarray:
    return np.arange(x.size).reshape(x.shape)


@_operator("Reshape")
def _reshape(program, node, operands):
    x, shape = operands
    return x.under(_places(x).reshape(shape.constant).shape)


@_operator("Squeeze")
def _squeeze(program, node, operands):
    x, axes = operands
    return x.under(np.squeeze(_places(x), tuple(axes.constant)).shape)


@_operator("Transpose")
def _transpose(program, node, operands):
    return program.moved(operands[0], _places(operands[0]).transpose(node.attributes["perm"]))


@_operator("DepthToSpace")
def _depth_to_space(program, node, operands):
    (x,), factor = operands, node.attributes["blocksize"]
    _, channels, rows, columns = x.shape
    places = _places(x).reshape(channels // factor**2, factor, factor, rows, columns).transpose(0, 3, 1, 4, 2)
    return program.moved(x, places.reshape(1, channels // factor**2, rows * factor, columns * factor))


@_operator("Expand")
def _expand(program, node, operands):
    x, shape = operands
    return program.moved(x, np.broadcast_to(_places(x), np.broadcast_shapes(x.shape, tuple(shape.constant))))


@_operator("Slice")
def _slice(program, node, operands):
    x, starts, stops, axes = operands
    cut = [slice(None)] * len(x.shape)
    for start, stop, axis in zip(starts.constant, stops.constant, axes.constant):
        cut[axis] = slice(start, stop)
    return program.moved(x, _places(x)[tuple(cut)])


@_operator("Pad")
def _pad(program, node, operands):
    x, pads = operands
    before, after = np.split(pads.constant, 2)
    return program.moved(x, np.pad(_places(x), list(zip(before, after)), constant_values=-1))


@_operator("Gather")
def _gather(program, node, operands):
    x, index = operands
    if index.constant is not None:
        return program.moved(x, np.take(_places(x), index.constant, axis=node.attributes["axis"]))
    table = program.constant(x.constant, narrow=True)  # one axis, and a place in it for every element
    one = OnnxNode(node.operator, (node.inputs[1],), node.outputs)
    return program.elementwise(one, [index], f"{x.kind}({table}[{{0}}])", x.kind)


@_operator("Concat")
def _concat(program, node, operands):
    axis = node.attributes["axis"]
    sizes = np.cumsum([0, *(one.size for one in operands)])
    places = np.concatenate([_places(one) + start for one, start in zip(operands, sizes)], axis=axis)
    result = program.room(places.shape, operands[0].kind)
    target = np.argsort(places.ravel())  # where every number comes to lie

    def write():
        lines = []
        for one, start, stop in zip(operands, sizes, sizes[1:]):
            text, to = program.constant(one.constant) if one.constant is not None else one.text, target[start:stop]
            place = f"{to[0]} + i" if (np.diff(to) == 1).all() else f"{program.constant(to, np.int32)}[i]"
            lines.append(f"for (int i = 0; i < {one.size}; ++i) ({result.text})[{place}] = ({text})[i];")
        return lines

    program.add(operands, [result], write)
    return result


# ---- along an axis


def _axis_sizes(x: CppValue, first: int, last: int) -> tuple[int, int, int]:
    """Numbers before, on and behind the axes first to last - 1."""
    return tuple(int(np.prod(part)) for part in (x.shape[:first], x.shape[first:last], x.shape[last:]))


@_operator("Softmax", "LogSoftmax")
def _softmax(program, node, operands):
    (x,) = operands
    axis = node.attributes["axis"] % len(x.shape)
    return _call(program, x, x.shape, "softmax", (*_axis_sizes(x, axis, axis + 1), node.operator == "LogSoftmax"))


@_operator("ReduceMean", "ReduceSum")
def _reduce(program, node, operands):
    x = operands[0]
    axes = node.attributes["axes"] if "axes" in node.attributes else tuple(operands[1].constant)
    axes = sorted(int(axis) % len(x.shape) for axis in axes)
    outer, n, inner = _axis_sizes(x, axes[0], axes[-1] + 1)
    shape = np.sum(_places(x), axis=tuple(axes), keepdims=bool(node.attributes["keepdims"])).shape
    assert axes == list(range(axes[0], axes[-1] + 1))
    result = program.room(shape, x.kind)
    mean = f" / {x.kind}({n})" if node.operator == "ReduceMean" else ""

    def write():
        return [
            f"for (int i = 0; i < {outer * inner}; ++i) {{",
            f"  {x.kind} sum = 0;",
            f"  for (int k = 0; k < {n}; ++k) sum += ({x.text})[(i / {inner} * {n} + k) * {inner} + i % {inner}];",
            f"  ({result.text})[i] = sum{mean};",
            "}",
        ]

    program.add([x], [result], write)
    return result


@_operator("ArgMax")
def _arg_max(program, node, operands):
    (x,) = operands
    *before, n = x.shape
    result = program.room((*before, 1), KINDS["int64"])

    def write():
        return [
            f"for (int i = 0; i < {x.size // n}; ++i) {{",
            "  int best = 0;",
            f"  for (int k = 1; k < {n}; ++k) best = ({x.text})[i * {n} + k] > ({x.text})[i * {n} + best] ? k : best;",
            f"  ({result.text})[i] = best;",
            "}",
        ]

    program.add([x], [result], write)
    return result
