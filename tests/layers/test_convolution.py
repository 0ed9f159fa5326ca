"""Convolutions of every kind: against slow twins over uneven shapes, each other's adjoint, published numbers, bits."""

import os
import subprocess
import sys
import zlib

import numpy as np
import pytest

from tests import oracles
from tests.helpers import EXACT_FLOAT64, FLOAT32_FORWARD, FLOAT32_GRADIENT, assert_close
from tests.images import ImageLayer
from tests.kernels import tools
from tests.naive import convolution as naive
from tests.networks import graph_of, network_of, sample_of
from tmvalite.kernels.convolution import correlate, filter_gradient
from tmvalite.kernels.family import FRESH, ROWS, RUN_SIZE
from tmvalite.kernels.padding import pad_planes
from tmvalite.plan import make_plan


def draw(rng, kind, most=9):
    """Text of a random layer of this kind, the shape it reads, and its fields."""
    taps, strides = rng.integers(1, 8, 2), rng.integers(1, 5, 2)
    pads = [int(rng.integers(0, k)) for k in taps]
    channels, depth = (int(n) for n in rng.integers(1, most, 2))
    if kind == "TRANSCONV":
        image = rng.integers(1, 7, 2)
        extra = [int(rng.integers(0, s)) for s in strides]
        sizes = [s * (n - 1) + k + a - 2 * p for s, n, k, a, p in zip(strides, image, taps, extra, pads)]
        if channels == image[0] == 1 or min(sizes) < 1:
            return draw(rng, kind, most)
        tail = f"LINEAR|{extra[0]}|{extra[1]}"
    else:
        # a size that the strides fill
        windows = rng.integers(1, 12, 2)
        image = (windows - 1) * strides + taps - 2 * np.array(pads)
        if image.min() < 1 or channels == image[0] == 1:  # the latter is a vector
            return draw(rng, kind, most)
        tail, extra = "LINEAR", None
    depth = min(depth, 3) if kind == "DEPTHCONV" else depth
    text = f"{kind}|{depth}|{taps[0]}|{taps[1]}|{strides[0]}|{strides[1]}|{pads[0]}|{pads[1]}|{tail}"
    return text, (channels, *map(int, image)), tuple(map(int, taps)), tuple(map(int, strides)), tuple(pads), extra


def random_layer(seed, kind, precision="float64"):
    rng = np.random.default_rng(seed)
    text, shape, taps, strides, pads, _ = draw(rng, kind)
    layer = ImageLayer(text, shape, precision)
    weights = rng.standard_normal(layer.network.parameters.slot("y", "Weights").shape)
    biases = rng.standard_normal(len(weights))
    layer.set(Weights=weights, Biases=biases)
    image, grad = rng.standard_normal(shape), rng.standard_normal(layer.output)
    return layer, image, grad, (weights.reshape(len(weights), -1, *taps), biases, strides, (pads[0], pads[0], pads[1], pads[1]))


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("kind", ["CONV", "DEPTHCONV", "TRANSCONV"])
@pytest.mark.parametrize("seed", range(6))
def test_random_shapes_equal_the_slow_twin(kind, seed, precision):
    layer, image, grad, (filters, biases, strides, pads) = random_layer(100 + seed, kind, precision)
    x, g = image[None].astype(precision).astype(float), grad[None]
    filters, biases = filters.astype(precision).astype(float), biases.astype(precision).astype(float)
    if kind == "TRANSCONV":
        y = naive.transposed_forward(x, filters, biases, strides, pads, layer.output[1:])
        expected = naive.transposed_backward(x, filters, g, strides, pads)
    else:
        groups = len(image) if kind == "DEPTHCONV" else 1
        y = naive.conv_forward(x, filters, biases, strides, pads, groups)
        expected = naive.conv_backward(x, filters, g, strides, pads, groups)
    tight = precision == "float64"
    assert_close(layer.forward(image), y[0], EXACT_FLOAT64 if tight else FLOAT32_FORWARD)
    grad_x, grad_filters, grad_biases = layer.backward(image, grad)
    close = EXACT_FLOAT64 if tight else FLOAT32_GRADIENT
    assert_close(grad_x, expected[0][0], close, "gradient of the image")
    assert_close(grad_filters.ravel(), expected[1].ravel(), close, "gradient of the filters")
    assert_close(grad_biases.ravel(), expected[2], close, "gradient of the biases")


@pytest.mark.parametrize("seed", range(20))
def test_transposed_convolution_is_the_adjoint_of_convolution(seed):
    """<conv(u), v> = <u, tconv(v)>, forward and backward of both, strides 1-4, filters 1-7, any padding, nothing square."""
    rng = np.random.default_rng(seed)
    text, shape, taps, strides, pads, extra = draw(rng, "TRANSCONV", most=4)
    transposed = ImageLayer(text, shape)
    depth = transposed.output[0]
    fields = "|".join(map(str, (shape[0], *taps, *strides)))
    # the convolution undone: VALID leaves the output padding out
    frame = f"PADDING2D|{pads[0]}|{pads[0]}|{pads[1]}|{pads[1]}"
    conv = network_of(
        f"{frame},y=CONV|{fields}|VALID|LINEAR,RESHAPE|FLAT",
        1,
        inputs=(("u", transposed.output),),
        losses=("SUMOFSQUARES",),
        precision="float64",
        threads=1,
    )
    filters = rng.standard_normal((depth, shape[0], *taps))  # as TRANSCONV: output channels first
    transposed.set(Weights=filters, Biases=np.zeros(depth))
    conv.parameters.set("y", "Weights", filters.transpose(1, 0, 2, 3).reshape(shape[0], -1))
    conv.parameters.set("y", "Biases", np.zeros((shape[0], 1)))
    u, v = rng.standard_normal(transposed.output), rng.standard_normal(shape)
    image = conv.outputs(u.reshape(1, -1)).reshape(shape)
    forward, (backward, _, _) = transposed.forward(v), transposed.backward(v, u)
    scale = np.linalg.norm(u) * np.linalg.norm(v) * np.linalg.norm(filters)
    assert abs(np.sum(image * v) - np.sum(u * forward)) <= 1e-14 * scale
    assert_close(backward, image, EXACT_FLOAT64, "gradient of the transposed convolution's input")


# reference: mlpack's tests of its transposed convolution, and the last by hand; sizes, kernel entries, sums
NUMBERS = [
    (4, 3, 1, 0, 0, {0: 1, 8: 2}, 6, 360, 720),
    (5, 4, 1, 1, 0, {0: 1, 3: 1, 6: 1, 9: 1, 12: 1, 15: 2}, 6, 1512, 6504),
    (5, 3, 1, 1, 0, {1: 2, 2: 4, 3: 3, 8: 1}, 5, 2370, 19154),
    (5, 3, 1, 0, 0, {2: 2, 4: 4, 6: 6, 8: 8}, 7, 6000, 86208),
    (2, 3, 2, 0, 0, {2: 8, 4: 6, 6: 4, 8: 2}, 5, 120, 960),
    (3, 3, 2, 1, 0, {0: 8, 3: 6, 6: 2, 8: 4}, 5, 410, 4444),
    (3, 3, 2, 1, 0, {0: 8, 2: 6, 4: 2, 8: 4}, 5, 416, 6336),
    (3, 3, 2, 1, 1, {0: 8, 2: 6, 4: 2, 8: 4}, 6, 606, 7732),
]


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("n, k, s, p, a, entries, size, total, grad_total", NUMBERS)
def test_published_numbers_of_transposed_convolutions(n, k, s, p, a, entries, size, total, grad_total, precision):
    layer = ImageLayer(f"TRANSCONV|1|{k}|{k}|{s}|{s}|{p}|{p}|LINEAR|{a}|{a}", (1, n, n), precision)
    assert layer.output == (1, size, size)
    filters = np.zeros(k * k)
    filters[list(entries)] = list(entries.values())
    layer.set(Weights=filters, Biases=np.zeros(1))
    image = np.arange(n * n, dtype=float).reshape(1, n, n)
    out = layer.forward(image)
    assert out.sum() == total
    assert layer.backward(image, out)[0].sum() == pytest.approx(grad_total, rel=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_transposed_convolution_equals_stretching_the_input_with_zeros(seed):
    layer, image, _, (filters, biases, strides, pads) = random_layer(seed, "TRANSCONV")
    full = [s * (n - 1) + k - 2 * p for s, n, k, p in zip(strides, image.shape[1:], filters.shape[2:], pads[::2])]
    extra = [m - n for m, n in zip(layer.output[1:], full)]
    expected = naive.transposed_by_stretching(image[None], filters, biases, strides, pads[::2], extra)
    assert_close(layer.forward(image), expected[0], EXACT_FLOAT64)


def test_a_stride_beyond_the_filter_leaves_biases_between():
    layer = ImageLayer("TRANSCONV|1|1|1|3|2|0|0|LINEAR|2|1", (1, 2, 2))
    layer.set(Weights=[2.0], Biases=[5.0])
    assert layer.forward([1, 2, 3, 4])[0].tolist() == [
        [7, 5, 9, 5],
        [5, 5, 5, 5],
        [5, 5, 5, 5],
        [11, 5, 13, 5],
        [5, 5, 5, 5],
        [5, 5, 5, 5],
    ]


def test_padding_and_cropping_by_hand():
    layer = ImageLayer("PADDING2D|1|0|0|2", (1, 2, 2))
    assert layer.forward([1, 2, 3, 4])[0].tolist() == [[0, 0, 0, 0], [1, 2, 0, 0], [3, 4, 0, 0]]
    assert layer.backward([1, 2, 3, 4], np.arange(12))[0][0].tolist() == [[4, 5], [8, 9]]
    layer = ImageLayer("PADDING2D|-1|0|1|-1", (1, 2, 3))
    assert layer.forward([1, 2, 3, 4, 5, 6])[0].tolist() == [[0, 4, 5]]
    assert layer.backward([1, 2, 3, 4, 5, 6], [7, 8, 9])[0][0].tolist() == [[0, 0, 0], [8, 9, 0]]


# Folding: the padding becomes that of what reads it.

FOLDED = [
    ("PADDING2D|1|2|0|3,CONV|3|3|2|1|1|0|0|LINEAR", (2, 5, 6), True),
    ("PADDING2D|1|2|0|3,CONV|3|3|2|2|3|VALID|LINEAR", (2, 9, 7), True),
    ("PADDING2D|-1|2|1|-2,CONV|3|3|2|1|1|1|1|LINEAR", (2, 6, 7), False),  # it sees zeros where a row was cut off
    ("PADDING2D|-1|2|1|-2,CONV|3|3|2|1|1|0|0|LINEAR", (2, 6, 7), True),
    ("PADDING2D|-2|-1|-1|-2,CONV|3|3|2|2|2|VALID|LINEAR", (2, 9, 8), True),
    ("PADDING2D|1|2|0|3,PADDING2D|1|0|-1|0,DEPTHCONV|2|3|2|1|1|0|0|LINEAR", (2, 5, 6), True),
    ("PADDING2D|1|2|0|3,TRANSCONV|3|3|2|2|3|1|1|LINEAR", (2, 3, 4), True),
    ("PADDING2D|-1|1|2|-1,TRANSCONV|3|5|2|2|1|1|0|LINEAR", (2, 3, 4), False),
    ("PADDING2D|1|1|1|1,ACT|TANH,CONV|3|3|2|1|1|0|0|LINEAR", (2, 3, 4), False),
    ("p=PADDING2D|1|1|1|1,c=CONV|2|3|3|1|1|1|1|LINEAR@p,d=DEPTHCONV|1|1|1|1|1|0|0|LINEAR@p,ADD@c+d", (2, 3, 4), True),
    ("p=PADDING2D|1|1|1|1,c=CONV|2|3|3|1|1|1|1|LINEAR@p,ADD@c+p", (2, 3, 4), False),
]


@pytest.mark.parametrize("layout, shape, folds", FOLDED)
def test_padding_before_a_convolution_is_not_copied(layout, shape, folds):
    pixels = int(np.prod(shape))
    front = f"x=DENSE|{pixels}|LINEAR,i=RESHAPE|{'|'.join(map(str, shape))},"
    network = network_of(front + layout + ",z=RESHAPE|FLAT", 2, losses=("SUMOFSQUARES",), precision="float64", threads=1)
    text = " ".join(str(network.plan).split())
    copies = [step for step in network.plan.steps if step.kernel is pad_planes]
    assert bool(copies) is not folds
    assert ("taken from" in text) is folds
    x, targets, weights = sample_of(network, 3)
    mask = network.parameters.snapshot()
    loss = network.loss(x, targets, weights)
    gradient = network.gradient(x, targets, weights)
    for seed in range(3):
        direction = np.random.default_rng(seed).standard_normal(mask.shape) * (mask != 0)
        network.parameters.restore(mask + 1e-5 * direction)
        above = network.loss(x, targets, weights)
        network.parameters.restore(mask - 1e-5 * direction)
        below = network.loss(x, targets, weights)
        assert (above - below) / 2e-5 == pytest.approx(float(gradient @ direction), rel=1e-6, abs=1e-9)
    network.parameters.restore(mask)
    assert loss == network.loss(x, targets, weights)
    expected = padded_by_hand(network, layout, shape, x)
    assert_close(network.outputs(x), expected, EXACT_FLOAT64)


def padded_by_hand(network, layout, shape, x):
    """Outputs through the slow twins, item by item."""
    get = network.parameters.get
    value = (x @ get("x", "Weights").T + get("x", "Biases")[:, 0]).reshape(-1, *shape)
    nodes = {node.name: node for node in network.graph.nodes}
    values = {"i": value}
    for name, node in nodes.items():
        if name in ("x", "i", "z"):
            continue
        at = node.layer
        source = [values[v.producer.name] for v in node.inputs]
        if at.kind == "PADDING2D":
            values[name] = naive.pad_forward(source[0], (at.top, at.bottom, at.left, at.right))
        elif at.kind in ("CONV", "DEPTHCONV"):
            groups = source[0].shape[1] if at.kind == "DEPTHCONV" else 1
            filters = get(name, "Weights").reshape(node.shape[0], -1, at.filter_height, at.filter_width)
            pads = at.window(source[0].shape[1:]).pads
            values[name] = naive.conv_forward(
                source[0], filters, get(name, "Biases")[:, 0], (at.stride_rows, at.stride_cols), pads, groups
            )
        elif at.kind == "TRANSCONV":
            filters = get(name, "Weights").reshape(node.shape[0], -1, at.filter_height, at.filter_width)
            values[name] = naive.transposed_forward(
                source[0],
                filters,
                get(name, "Biases")[:, 0],
                (at.stride_rows, at.stride_cols),
                at.window(source[0].shape[1:]).pads,
                node.shape[1:],
            )
        elif at.kind == "ADD":
            values[name] = source[0] + source[1]
        else:
            values[name] = np.tanh(source[0])
    return values[list(values)[-1]].reshape(len(x), -1)


def test_training_runs_the_compiled_kernels():
    layout = "PADDING2D|1|1|1|1,ACT|TANH,CONV|3|3|3|1|1|0|0|RELU,TRANSCONV|2|3|3|2|2|0|0|TANH,RESHAPE|FLAT,LINEAR"
    network = network_of(layout, 1, inputs=(("a", (2, 5, 6)),), threads=1)
    kernels = {step.kernel for step in network.plan.steps}
    assert {correlate, filter_gradient, pad_planes} <= kernels
    assert {int(a) for a in network.plan.placement.table[:, 0]} == {0}  # filled in by the workspace, with machine code:
    assert all(kernel.address("float32") for kernel in kernels)


# Bits.

NET = "CONV|7|3|3|1|1|1|1|RELU,PADDING2D|0|1|0|1,CONV|5|3|2|2|2|VALID|TANH,TRANSCONV|3|3|3|2|2|1|1|ELU,RESHAPE|FLAT,LINEAR"


def net(threads=1, precision="float32"):
    return network_of(NET, 1, inputs=(("a", (2, 9, 11)),), threads=threads, precision=precision)


def checksum():
    """Of the results of every convolution step of NET, each fed with the same numbers."""
    plan = make_plan(graph_of(NET, 1, inputs=(("a", (2, 9, 11)),)), losses=("CROSSENTROPY",))
    rng, sums, rows = np.random.default_rng(1), [], 5
    place = plan.place(rows)
    theta = rng.standard_normal(plan.size).astype("float32")
    for step, descriptor in zip(plan.steps, place.table):
        if step.kernel not in (correlate, filter_gradient):
            continue
        operands = [t for t in (*step.reads, *step.writes) if t.per_event]
        arena = np.zeros(place.size + 64, "float32")
        for tensor in operands:
            at = place.offsets[tensor]
            arena[at : at + rows * tensor.size] = rng.standard_normal(rows * tensor.size)
        grad, run, table = np.zeros_like(theta), np.zeros(RUN_SIZE, np.int64), descriptor.copy()
        table[0], run[ROWS], run[FRESH] = step.kernel.address("float32"), rows, 1
        tools._call.get("float32")(table, run, arena, theta, theta, grad)
        parts = [arena[place.offsets[t] :][: rows * t.size] for t in operands] + [grad]
        sums.append(zlib.crc32(b"".join(part.tobytes() for part in parts)))
    return sums


def test_events_have_the_same_bits_in_any_batch():
    network = net()
    x = sample_of(network, 150)[0]
    whole = network.outputs(x)
    assert np.concatenate([network.outputs(x[i : i + 1]) for i in range(150)]).tobytes() == whole.tobytes()
    assert np.concatenate([network.outputs(x[:67]), network.outputs(x[67:])]).tobytes() == whole.tobytes()


def test_an_event_that_is_not_finite_spoils_no_other():
    network = net()
    x = sample_of(network, 9)[0]
    expected = network.outputs(x)
    x[3] = np.inf
    out = network.outputs(x)
    assert np.isnan(out[3]).all()
    keep = np.arange(9) != 3
    assert out[keep].tobytes() == expected[keep].tobytes()


@pytest.mark.parametrize("vector_bytes", ["16", "64"])
def test_bits_do_not_depend_on_the_vector_width(vector_bytes):
    code = "from tests.layers.test_convolution import checksum; print(checksum())"
    environment = {**os.environ, "TMVALITE_VECTOR_BYTES": vector_bytes}
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert run.stdout.strip() == str(checksum())


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("case", oracles.prefixes("convolution"))
def test_stored_results_of_pytorch(case, precision):
    at = oracles.group("convolution", case)
    layer = ImageLayer(str(at["text"]), at["x"].shape, precision)
    layer.set(Weights=at["weights"], Biases=at["biases"])
    tight = precision == "float64"
    assert_close(layer.forward(at["x"]), at["y"], EXACT_FLOAT64 if tight else FLOAT32_FORWARD)
    for gradient, name in zip(layer.backward(at["x"], at["grad_y"]), ("grad_x", "grad_weights", "grad_biases")):
        assert_close(gradient, at[name], EXACT_FLOAT64 if tight else FLOAT32_GRADIENT, name)
