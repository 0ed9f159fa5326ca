"""Every registered layer that has kernels, through the same checks, driven by the examples in its file.

A layer that is registered is tested that day: shapes as stated, forward and backward against the slow twin, gradients
by finite differences, the same bits for any batch, in a residual link where its shapes allow, and printing.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.helpers import FLOAT32_FORWARD, FLOAT32_GRADIENT, GRADIENT, assert_close, check_gradient
from tests.naive.layers import TERMS, TWINS
from tests.naive.losses import loss_and_gradient
from tests.networks import graph_of, network_of, register_without_kernels, sample_of, trained_mask, training_loss
from tmvalite.errors import OptionError
from tmvalite.graph import layout_text
from tmvalite.layers import REGISTRY
from tmvalite.plan import make_plan
from tmvalite.training.optimizers import OptimizerSettings
from tmvalite.training.streams import stream_key

EXAMPLES = [
    pytest.param(cls, example, id=f"{example.text} {example.inputs}")
    for cls in REGISTRY.values()
    if hasattr(cls, "lower") and not cls.sink
    for example in cls.examples
]
SINKS = [
    pytest.param(cls, example, id=f"{example.text} {example.inputs}")
    for cls in REGISTRY.values()
    if hasattr(cls, "lower") and cls.sink and not cls.marks_output
    for example in cls.examples
]
NAMES = "abcdefgh"


def size(shape):
    return int(np.prod(shape))


def kind_of(example):
    return example.text.partition("@")[0].partition("|")[0]


def layout_of(example):
    """A network that reads the example's inputs, holds the layer alone and gives its output as a vector.

    TIED follows the layer h whose weights it uses.
    """
    sources = NAMES[: len(example.inputs)]
    text = example.text.partition("@")[0]
    if kind_of(example) == "TIED":
        return f"h=DENSE|{example.inputs[0][0]}|TANH,y={text}@h,RESHAPE|FLAT", (("a", example.output),)
    return f"y={text}@{'+'.join(sources)},RESHAPE|FLAT", tuple(zip(sources, example.inputs))


def build(example, **options):
    layout, inputs = layout_of(example)
    variables = sum(size(shape) for _, shape in inputs)
    # a formula in N means the variables of the method: one input, so that it is the layer's own input
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


def twin(network, example, sample):
    """Values when scoring, loss and parameter gradients when training, through the slow twin of the layer."""
    x, targets, weights = (a.astype(float) for a in sample)
    inputs, at = [], 0
    for _, shape in layout_of(example)[1]:
        inputs.append(x[:, at : at + size(shape)].reshape(-1, *shape))
        at += size(shape)
    layer = node_of(network.graph).layer
    settings = settings_of(network, "y") | {"shape": example.output}
    parameters = {name: network.parameters.get(node, name).astype(float) for node, name in network.parameters.names()}
    if layer.shares:
        matrix, biases = (network.parameters.get("h", name).astype(float) for name in ("Weights", "Biases"))
        inputs = [np.tanh(x @ matrix.T + biases.T)]
    forward, backward, *others = TWINS[layer.kind]
    scored = np.reshape(forward(settings, parameters, inputs), (len(x), -1))
    trained = np.reshape(others[0](settings, parameters, inputs), (len(x), -1)) if others else scored
    loss, grad = loss_and_gradient("SUMOFSQUARES", trained, targets, weights)
    _, gradients = backward(settings, parameters, inputs, np.reshape(grad, (len(x), *example.output)))
    return scored, loss, gradients


@pytest.mark.parametrize("cls,example", EXAMPLES)
def test_shape_is_as_stated(cls, example):
    layout, inputs = layout_of(example)
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
    for name, expected in gradients.items():
        assert_close(network.parameters.get("y", name), expected, 1e-12 if tight else FLOAT32_GRADIENT, name)


def below_dense(example):
    """The layer between dense layers, so that its gradient reaches parameters."""
    if any(len(shape) == 2 for shape in example.inputs):
        pytest.skip("no dense layer gives a sequence")
    nodes, text = [], example.text.partition("@")[0].replace("N+2", str(example.output[0]))
    if kind_of(example) == "TIED":
        a, h = example.output[0], example.inputs[0][0]
        return f"a=DENSE|{a}|TANH,h=DENSE|{h}|TANH,y={text}@h,RESHAPE|FLAT@y,DENSE|2|LINEAR"
    for name, shape in zip(NAMES, example.inputs):
        reshape = {1: "", 3: f",{name}=RESHAPE|{'|'.join(map(str, shape))}@{name}0"}
        first = f"{name}0" if len(shape) > 1 else name
        nodes.append(f"{first}=DENSE|{size(shape)}|TANH@input{reshape[len(shape)]}")
    return ",".join(nodes) + f",y={text}@{'+'.join(NAMES[: len(example.inputs)])},RESHAPE|FLAT@y,DENSE|2|LINEAR"


@pytest.mark.parametrize("cls,example", EXAMPLES)
def test_gradient_through_the_layer_equals_central_differences(cls, example):
    network = network_of(below_dense(example), 3, 2, losses=("SUMOFSQUARES",), precision="float64", threads=1)
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
    alone = build(example, precision="float64")
    for node, name in alone.parameters.names():
        network.parameters.set(node, name, alone.parameters.get(node, name))
    x = sample_of(alone, 9)[0]
    assert_close(network.outputs(x), alone.outputs(x) + x, 1e-15)


@pytest.mark.parametrize("cls,example", EXAMPLES)
def test_printed_layout_gives_the_same_network(cls, example):
    layout, inputs = layout_of(example)
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
    """Dense layers, the sink on them, and an output that reads them too."""
    nodes, names = [], NAMES[: len(example.inputs)]
    for name, shape in zip(names, example.inputs):
        flat = len(shape) == 1
        nodes.append(f"{name}{'' if flat else '0'}=DENSE|{size(shape)}|SIGMOID@input")
        if not flat:
            nodes.append(f"{name}=RESHAPE|{'|'.join(map(str, shape))}@{name}0")
    text = example.text.partition("@")[0]
    layout = ",".join(nodes) + f",y={text}@{'+'.join(names)}," + ",".join(f"{n}1=RESHAPE|FLAT@{n}" for n in names)
    layout += ",CONCAT@" + "+".join(f"{n}1" for n in names) if len(names) > 1 else ""
    return network_of(layout, 3, sum(size(s) for s in example.inputs), losses=("SUMOFSQUARES",), threads=1, **options)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("cls,example", SINKS)
def test_what_a_sink_adds_to_the_loss_equals_the_slow_twin(cls, example, precision):
    network, tight = sink_network(example, precision=precision), precision == "float64"
    x, targets, weights = sample_of(network, 6)
    codes, inputs, at = network.outputs(x).astype(float), [], 0
    for shape in example.inputs:
        inputs.append(codes[:, at : at + size(shape)].reshape(-1, *shape))
        at += size(shape)
    value, grads = TERMS[cls.kind](settings_of(network, "y"), inputs, weights.astype(float))
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
    for name, code, grad in zip(NAMES, inputs, grads):
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
