"""Every registered layer that has kernels, through the same checks, driven by the examples in its file.

A layer that is registered is tested that day: shapes as stated, forward and backward against the slow twin, gradients
by finite differences, the same bits for any batch, in a residual link where its shapes allow, and printing. What it needs for
that is looked for in tests/layers/test_parts.py.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests import layouts
from tests.helpers import FLOAT32_FORWARD, FLOAT32_GRADIENT, GRADIENT, assert_close, check_gradient
from tests.layouts import size
from tests.naive.losses import loss_and_gradient
from tests.networks import graph_of, network_of, register_without_kernels, sample_of, trained_mask, training_loss
from tests.twins import term_of, twin_of
from tmvalite.errors import OptionError
from tmvalite.graph import layout_text
from tmvalite.plan import make_plan
from tmvalite.training.optimizers import OptimizerSettings
from tmvalite.training.streams import stream_key

EXAMPLES = [
    pytest.param(cls, example, id=layouts.name_of(example))
    for cls, example in layouts.EXAMPLES
    if hasattr(cls, "lower") and not cls.sink
]
SINKS = [
    pytest.param(cls, example, id=layouts.name_of(example))
    for cls, example in layouts.EXAMPLES
    if hasattr(cls, "lower") and cls.sink
]


def build(example, **options):
    layout, inputs = layouts.around(example)
    # a formula in N means the variables of the method: one input, so that it is the layer's own input
    variables = sum(size(shape) for _, shape in inputs)
    return network_of(layout, variables, 1, inputs=inputs, losses=("SUMOFSQUARES",), threads=1, **options)


def node_of(graph):
    return next(node for node in graph.nodes if node.name == "y")


def settings_of(network, name):
    """The fields of a layer, and the keys of its random numbers with seed 0."""
    layer = next(node.layer for node in network.graph.nodes if node.name == name)
    draws = [draw for draw in network.plan.draws if draw.node == name]
    keys = [stream_key(0, draw.setting, f"{draw.node}#{draw.number}") for draw in draws]
    return {field.name: getattr(layer, field.name) for field in dataclasses.fields(layer)} | {"keys": keys}


def only_outputs(network):
    """Leave what layers add to the loss out of it."""
    for term in network.plan.terms:
        if not term.reported:
            network.set_weight(term.name, 0.0)


def named_inputs(inputs, x):
    """The columns of x by name of the input."""
    ends = np.cumsum([size(shape) for _, shape in inputs])
    return {name: x[:, end - size(shape) : end] for (name, shape), end in zip(inputs, ends)}


def twin(network, example, sample):
    """Values when scoring, loss, and gradients by node and parameter when training, through the slow twins of all layers."""
    x, targets, weights = (a.astype(float) for a in sample)
    given = named_inputs(layouts.around(example)[1], x)

    def matrix(node, name):
        return network.parameters.get(node, name).astype(float)

    def dense(node, values):
        return np.tanh(values @ matrix(node, "Weights").T + matrix(node, "Biases").T)

    front, layer = layouts.in_front(example), node_of(network.graph).layer
    if layer.shares:
        front = ["h"]
        given = {"h": dense("a1", given["a"])}
    reads = [name.removesuffix("1") for name in front] if front else layouts.NAMES[: len(example.inputs)]
    values = {name: dense(node, given[name]) if front else given[name] for name, node in zip(reads, front or reads)}
    inputs = [np.reshape(values[name], (len(x), *shape)) for name, shape in zip(reads, example.inputs)]
    beside = [] if front else [dense("z1", given["z"])]

    forward, backward, *others = twin_of(layer.kind)
    settings = settings_of(network, "y") | {"shape": example.output}
    parameters = {name: matrix(node, name) for node, name in network.parameters.names() if node == "y"}
    if layer.shares:
        parameters["Weights"] = matrix("h", "Weights")

    def whole(y):
        return np.concatenate([*beside, np.reshape(y, (len(x), -1))], axis=1)

    scored = whole(forward(settings, parameters, inputs))
    trained = whole(others[0](settings, parameters, inputs)) if others else scored
    loss, grad = loss_and_gradient("SUMOFSQUARES", trained, targets, weights)
    grad = grad[:, trained.shape[1] - size(example.output) :]
    grads, gradients = backward(settings, parameters, inputs, np.reshape(grad, (len(x), *example.output)))
    found = {("y", name): gradient for name, gradient in gradients.items()}
    for name, node, above in zip(reads, front or (), grads):
        if not layer.shares:  # the layer whose weights are shared has gradients from both
            below = np.reshape(above, (len(x), -1)) * (1 - values[name] ** 2)
            found |= {(node, "Weights"): below.T @ given[name], (node, "Biases"): below.sum(axis=0)[:, None]}
    return scored, loss, found


@pytest.mark.parametrize("cls,example", EXAMPLES)
def test_shape_is_as_stated(cls, example):
    layout, inputs = layouts.around(example)
    graph = graph_of(layout, sum(size(s) for _, s in inputs), 1, inputs)
    assert node_of(graph).shape == example.output


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("cls,example", EXAMPLES)
def test_forward_and_backward_equal_the_slow_twin(cls, example, precision):
    network = build(example, precision=precision)
    sample = sample_of(network, 5)
    tight = precision == "float64"
    network.set_setting("dropout", 0.0)
    only_outputs(network)
    values, loss, gradients = twin(network, example, sample)
    assert_close(network.outputs(sample[0]), values, 1e-13 if tight else FLOAT32_FORWARD)
    assert_close(training_loss(network, *sample), loss, 1e-13 if tight else FLOAT32_FORWARD)
    network.parameters.restore(network.gradient(*sample))
    for (node, name), expected in gradients.items():
        assert_close(network.parameters.get(node, name), expected, 1e-12 if tight else FLOAT32_GRADIENT, f"{node} {name}")


@pytest.mark.parametrize("cls,example", EXAMPLES)
def test_gradient_through_the_layer_equals_central_differences(cls, example):
    layout = layouts.between(example)
    if layout is None:
        pytest.skip("no dense layer gives a sequence")
    network = network_of(layout, 3, 2, losses=("SUMOFSQUARES",), precision="float64", threads=1)
    network.set_setting("dropout", 0.0)
    sample = sample_of(network, 7)
    mask, start = trained_mask(network), network.parameters.snapshot()

    def loss(vector):
        network.parameters.restore(np.where(mask, vector, start))
        return training_loss(network, *sample)

    gradient = network.gradient(*sample) * mask
    check_gradient(loss, gradient, start, tolerance=GRADIENT)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("cls,example", EXAMPLES)
def test_events_in_a_batch_have_the_bits_of_one_alone(cls, example, precision):
    network = build(example, precision=precision)
    x = sample_of(network, 70)[0]
    whole = network.outputs(x)
    assert np.concatenate([network.outputs(x[i : i + 1]) for i in range(70)]).tobytes() == whole.tobytes()
    assert network.outputs(x[::-1].copy())[::-1].tobytes() == whole.tobytes()


@pytest.mark.parametrize("cls,example", [p for p in EXAMPLES if p.values[1].inputs == (p.values[1].output,)])
def test_residual_link_around_the_layer_adds_its_input(cls, example):
    shape = example.output
    network = network_of(
        f"y={example.text}@a,ADD@y+a,RESHAPE|FLAT",
        size(shape),
        1,
        inputs=(("a", shape),),
        losses=("SUMOFSQUARES",),
        precision="float64",
        threads=1,
    )
    alone = network_of(
        f"y={example.text}@a,RESHAPE|FLAT", size(shape), 1, inputs=(("a", shape),), losses=("SUMOFSQUARES",), precision="float64"
    )
    for node, name in alone.parameters.names():
        network.parameters.set(node, name, alone.parameters.get(node, name))
    x = sample_of(alone, 9)[0]
    assert_close(network.outputs(x), alone.outputs(x) + x, 1e-15)


@pytest.mark.parametrize("cls,example", EXAMPLES)
def test_printed_layout_gives_the_same_network(cls, example):
    layout, inputs = layouts.around(example)
    variables = sum(size(s) for _, s in inputs)
    graph = graph_of(layout, variables, 1, inputs)
    again = graph_of(layout_text(graph), variables, 1, inputs)
    assert [(n.layer, n.shape, n.parameters) for n in again.nodes] == [(n.layer, n.shape, n.parameters) for n in graph.nodes]


def declared_terms(graph):
    return [(term.name, term.reported, term.whole_batch) for node in graph.nodes for term in node.layer.terms()]


def declared_draws(graph):
    return [(node.name, setting) for node in graph.nodes for setting in node.layer.draws()]


@pytest.mark.parametrize("cls,example", EXAMPLES + SINKS)
def test_terms_and_draws_are_those_that_the_layer_declares(cls, example):
    graph = (sink_network(example) if cls.sink else build(example)).graph
    plan = make_plan(graph, losses=("SUMOFSQUARES",))
    assert [(term.name, term.reported, term.x is None) for term in plan.terms] == declared_terms(graph)
    assert [(draw.node, draw.setting) for draw in plan.draws] == declared_draws(graph)


@pytest.mark.parametrize("cls,example", SINKS)
def test_a_layer_told_another_prior_says_so_or_has_none(cls, example):
    layer = next(node.layer for node in sink_network(example).graph.nodes if node.name == "y")
    kind, *numbers = layer.code_prior or ("", 0.0, 0.0)
    told = layer.with_code_prior(kind, 0.25, 3.0)
    assert told.code_prior == ((kind, 0.25, 3.0) if kind else None) and numbers != [0.25, 3.0]
    assert (told == layer) == (layer.code_prior is None)


def sink_network(example, **options):
    outputs = sum(size(s) for s in example.inputs)
    return network_of(layouts.with_sink(example), 3, outputs, losses=("SUMOFSQUARES",), threads=1, **options)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("cls,example", SINKS)
def test_what_a_sink_adds_to_the_loss_equals_the_slow_twin(cls, example, precision):
    network, tight = sink_network(example, precision=precision), precision == "float64"
    x, targets, weights = sample_of(network, 6)
    codes, inputs, at = network.outputs(x).astype(float), [], 0
    for shape in example.inputs:
        inputs.append(codes[:, at : at + size(shape)].reshape(-1, *shape))
        at += size(shape)
    value, grads = term_of(cls.kind)(settings_of(network, "y"), inputs, weights.astype(float))
    term = next(t for t, term in enumerate(network.plan.terms, 1) if not term.reported)
    parts = np.zeros((1, len(network.term_names)))
    network.train_steps(
        x,
        targets,
        weights,
        np.arange(6),
        batch_size=6,
        first=0,
        count=1,
        parts=parts,
        optimizer=network.new_optimizer(OptimizerSettings("SGD", 0.0)),
    )
    assert_close(parts[0, term], value, 1e-13 if tight else 5e-6)
    # sigmoid layers, and a loss of the outputs that does not count
    network.set_weight("output1", 0.0)
    network.parameters.restore(network.gradient(x, targets, weights))
    for name, code, grad in zip(layouts.NAMES, inputs, grads):
        code = np.reshape(code, (6, -1))
        below = np.reshape(grad, (6, -1)) * code * (1 - code)
        node = name if len(example.inputs[0]) == 1 else f"{name}0"
        assert_close(network.parameters.get(node, "Weights"), below.T @ x, 1e-12 if tight else 2e-5)


@pytest.mark.parametrize("cls,example", SINKS)
def test_gradient_of_what_a_sink_adds_equals_central_differences(cls, example):
    network = sink_network(example, precision="float64")
    sample = sample_of(network, 7)
    mask, start = trained_mask(network), network.parameters.snapshot()

    def loss(vector):
        network.parameters.restore(np.where(mask, vector, start))
        return training_loss(network, *sample)

    check_gradient(loss, network.gradient(*sample) * mask, start, tolerance=GRADIENT)


@pytest.mark.parametrize("cls,example", SINKS)
def test_terms_of_events_have_the_bits_of_one_alone(cls, example):
    network = sink_network(example)
    x = sample_of(network, 70)[0]
    whole = network.event_terms(x)
    assert np.concatenate([network.event_terms(x[i : i + 1]) for i in range(70)]).tobytes() == whole.tobytes()
    assert network.event_terms(x[::-1].copy())[::-1].tobytes() == whole.tobytes()


@pytest.mark.parametrize("cls,example", SINKS)
def test_printed_layout_with_a_sink_gives_the_same_network(cls, example):
    graph = sink_network(example).graph
    again = graph_of(layout_text(graph), 3, sum(size(s) for s in example.inputs))
    assert [(n.layer, n.shape) for n in again.nodes] == [(n.layer, n.shape) for n in graph.nodes]


def test_a_layer_without_kernels_says_so_when_it_is_trained(monkeypatch):
    register_without_kernels(monkeypatch, "NOVELTY")
    graph = graph_of("y=NOVELTY", 3)
    with pytest.raises(OptionError, match="NOVELTY is understood, but it cannot be trained or applied yet"):
        make_plan(graph, losses=("SUMOFSQUARES",))
