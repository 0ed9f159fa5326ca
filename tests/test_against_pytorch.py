"""The engine against stored PyTorch results: every activation, graphs and their gradients, a hundred steps of every optimizer."""

import numpy as np
import pytest

from tests import oracles
from tests.helpers import EXACT_FLOAT64, FLOAT32_FORWARD, FLOAT32_GRADIENT, STEPS_100_FLOAT64, TRACE_FLOAT32, assert_close
from tmvalite.errors import Diagnostics, Source, Span
from tmvalite.graph import build_graph, input_shapes
from tmvalite.string_utils import parse_input_layout, parse_layout, parse_strategy, resolve_strategy
from tmvalite.training.loop import optimizer_settings
from tmvalite.training.network import Network

MATRICES = {"weights": "Weights", "biases": "Biases"}
BOTH = [("float64", EXACT_FLOAT64, EXACT_FLOAT64), ("float32", FLOAT32_FORWARD, FLOAT32_GRADIENT)]


def network(layout, n_variables, n_outputs, *, input_layout="", losses=("CROSSENTROPY",), precision="float64"):
    source = Source(str(layout))
    diagnostics = Diagnostics(source, strict=True)
    cut = Source(str(input_layout))
    inputs = parse_input_layout(cut, Span(0, len(cut.text)), diagnostics) if cut.text else None
    graph = build_graph(
        parse_layout(source, Span(0, len(source.text)), diagnostics),
        inputs=input_shapes(inputs, n_variables, diagnostics),
        n_variables=n_variables,
        n_outputs=n_outputs,
        diagnostics=diagnostics,
    )
    return Network(graph, precision=precision, losses=losses, threads=1)


def set_parameters(net, vectors):
    """Takes "<node>.weights" and "<node>.biases" from the vectors."""
    for node, matrix in net.parameters.names():
        array = vectors[f"{node}.{matrix.lower()}"]
        net.parameters.set(node, matrix, array if array.ndim == 2 else array[:, None])


def gradient_of(net, flat, node, matrix):
    """One matrix of a flat gradient, in TMVA's orientation."""
    before = net.parameters.snapshot()
    net.parameters.restore(flat)
    try:
        return net.parameters.get(node, matrix)
    finally:
        net.parameters.restore(before)


def sample(net, *arrays):
    return [np.array(a, net.dtype, order="C") for a in arrays]


@pytest.mark.parametrize("precision, forward, backward", BOTH)
@pytest.mark.parametrize("name", [n for n in oracles.prefixes("activations") if n != "values"])
def test_dense_layer_with_every_activation(name, precision, forward, backward):
    at, own = oracles.load("activations"), oracles.group("activations", name)
    net = network(f"a=DENSE|6|{name}", 7, 6, losses=("SUMOFSQUARES",), precision=precision)
    set_parameters(net, {"a.weights": at["weights"], "a.biases": at["biases"]})
    (x,) = sample(net, at["x"])
    assert_close(net.outputs(x), own["y"], forward)
    # With targets y - grad_y * B C / 2 the loss has the gradient grad_y.
    (targets,) = sample(net, own["y"] - at["grad_y"] * at["grad_y"].size / 2)
    gradient = net.gradient(x, targets, np.ones(len(x), net.dtype))
    for matrix, key in (("Weights", "grad_weights"), ("Biases", "grad_biases")):
        expected = own[key] if matrix == "Weights" else own[key][:, None]
        assert_close(gradient_of(net, gradient, "a", matrix), expected, backward, matrix)


@pytest.mark.parametrize("precision, forward, backward", BOTH)
@pytest.mark.parametrize("case", [c for c in oracles.prefixes("graphs") if c != "dropout"])  # its mask is PyTorch's
def test_graphs(case, precision, forward, backward):
    at = oracles.group("graphs", case)
    net = network(
        at["layout"],
        at["x"].shape[1],
        at["targets"].shape[1],
        input_layout=at["input_layout"],
        losses=tuple(str(at["losses"]).split("+")),
        precision=precision,
    )
    set_parameters(net, at)
    x, targets, w = sample(net, at["x"], at["targets"], at["w"])
    outputs = np.hstack([at[key] for key in at if key.startswith("out.")])
    assert_close(net.outputs(x), outputs, forward, "outputs")
    assert_close(net.loss(x, targets, w), at["loss"], forward, "loss")
    gradient = net.gradient(x, targets, w)
    for node, matrix in net.parameters.names():
        expected = at[f"{node}.grad_{matrix.lower()}"]
        assert_close(
            gradient_of(net, gradient, node, matrix),
            expected if expected.ndim == 2 else expected[:, None],
            backward,
            f"{matrix} of {node}",
        )


@pytest.mark.parametrize("case", oracles.prefixes("losses"))
def test_losses(case):
    at, name = oracles.group("losses", case), case.removesuffix("_large")
    net = network("a=DENSE|3|LINEAR", 3, 3, losses=(name,))
    set_parameters(net, {"a.weights": np.eye(3), "a.biases": np.zeros(3)})
    x, targets, w = sample(net, at["o"], at["y"], at["w"])
    assert_close(net.loss(x, targets, w), at["loss"], EXACT_FLOAT64, "loss")
    gradient = gradient_of(net, net.gradient(x, targets, w), "a", "Biases")
    assert_close(gradient[:, 0], at["grad_o"].sum(axis=0), EXACT_FLOAT64, "gradient")


def settings_of(strategy):
    """The optimizer that a TrainingStrategy asks for."""
    source = Source(f"{strategy},TestRepetitions=1")
    diagnostics = Diagnostics(source, strict=True)
    (phase,) = resolve_strategy(parse_strategy(source, Span(0, len(source.text)), diagnostics), diagnostics)
    return optimizer_settings(phase)


@pytest.mark.parametrize("case", oracles.prefixes("training"))
def test_a_hundred_steps_in_float64(case):
    shared, at = oracles.load("training"), oracles.group("training", case)
    net, state = started(shared, at, "float64")
    losses, done = [], 0
    x, targets, w = sample(net, shared["x"], shared["targets"], shared["w"])
    for step in (1, 10, 100):
        losses.append(
            net.train_steps(x, targets, w, shared["order"], batch_size=10, first=done, count=step - done, optimizer=state)
        )
        done = step
        assert_close(flat(net), at[f"step{step}"], STEPS_100_FLOAT64, f"parameters after step {step}")
    assert_close(np.concatenate(losses), at["losses"], STEPS_100_FLOAT64, "losses")


@pytest.mark.parametrize("case", oracles.prefixes("training"))
def test_the_losses_of_fifty_steps_in_float32(case):
    shared, at = oracles.load("training"), oracles.group("training", case)
    net, state = started(shared, at, "float32")
    x, targets, w = sample(net, shared["x"], shared["targets"], shared["w"])
    losses = net.train_steps(x, targets, w, shared["order"][:500], batch_size=10, first=0, count=50, optimizer=state)
    assert_close(losses, at["losses32"], TRACE_FLOAT32)


def started(shared, at, precision):
    net = network(shared["layout"], 4, 1, precision=precision)
    start = 0
    for name in shared["names"]:
        node, _, kind = str(name).partition(".")
        shape = net.parameters.slot(node, MATRICES[kind]).shape
        size = shape[0] * shape[1]
        net.parameters.set(node, MATRICES[kind], shared["initial"][start : start + size].reshape(shape))
        start += size
    return net, net.new_optimizer(settings_of(at["strategy"]))


def flat(net):
    """All parameters in the order of the vectors: node by node, weights before biases, rows of W one after another."""
    return np.concatenate([net.parameters.get(node, matrix).ravel() for node, matrix in net.parameters.names()])
