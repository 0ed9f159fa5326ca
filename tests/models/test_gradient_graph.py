"""Gradient penalties: the value and its gradient by the parameters, against central differences of central differences."""

import dataclasses

import numpy as np
import pytest

from tests.helpers import assert_close, check_gradient
from tests.networks import trained_mask
from tmvalite.errors import Diagnostics, OptionError, Source
from tmvalite.graph import build_graphs
from tmvalite.graph.join import block_of, join
from tmvalite.models.gradient_graph import check_layers, penalty_graph
from tmvalite.string_utils import parse_layout
from tmvalite.training.initialisation import initialise
from tmvalite.training.network import Network

CURVED = ["TANH", "SIGMOID", "SOFTPLUS", "SWISH", "ELU", "GELU", "GAUSS", "SOFTSIGN"]


def critic(layout, inputs=(("input", (3,)),)):
    source = Source(f"Generator={{DENSE|3|TANH}}Discriminator={{{layout}}}")
    n = sum(int(np.prod(shape)) for _, shape in inputs)
    reads = {"Generator": (("input", (2,)),), "Discriminator": inputs}
    graphs = build_graphs(
        parse_layout(source, diagnostics=Diagnostics(source)),
        inputs=reads,
        n_variables=n,
        n_outputs=1,
        diagnostics=Diagnostics(source),
    )
    return graphs["Discriminator"]


def networks(layout, precision="float64", inputs=(("input", (3,)),)):
    """A network, and one over its parameters that gives the penalty."""
    graph = join({"Discriminator": critic(layout, inputs)})
    whole = Network(graph, precision=precision, losses=("SUMOFSQUARES",), threads=1)
    initialise(whole, "XAVIER", 5)
    for node, name in whole.parameters.names():
        if name == "Biases":
            values = whole.parameters.get(node, name)
            whole.parameters.set(node, name, values + np.linspace(-0.5, 0.4, len(values))[:, None])
    part = block_of(graph, "Discriminator")
    return whole, whole.part(penalty_graph(part, 0, part.input_size), losses=("WASSERSTEIN",), trained=("Discriminator",))


def sample(n=6, precision="float64", width=3):
    x = np.random.default_rng(3).normal(size=(n, width)).astype(precision)
    return x, np.concatenate([x, np.ones((n, 1), precision)], axis=1), np.full((n, 1), -1, precision), np.ones(n, precision)


def norms(whole, x, step=1e-6):
    """|gradient| of every event by central differences."""
    slopes = [(whole.outputs(x + step * e) - whole.outputs(x - step * e))[:, 0] / (2 * step) for e in np.eye(x.shape[1])]
    return np.sqrt(np.sum(np.square(slopes), axis=0))


LAYOUTS = [f"DENSE|5|{name},DENSE|4|{name},DENSE|1|LINEAR" for name in CURVED] + [
    "DENSE|5|LEAKYRELU,DENSE|12|RELU,DENSE|1|LINEAR",
    "DENSE|1|LINEAR",
    "DENSE|16|TANH,DENSE|12|SIGMOID,DENSE|1|TANH",
    "a=DENSE|4|TANH,b=DENSE|4|SIGMOID@a,ADD|TANH@a+b,DENSE|1|LINEAR",
    "a=DENSE|4|TANH@input,b=DENSE|3|LINEAR@input,CONCAT@a+b,ACT|SWISH,RESHAPE|FLAT,DENSE|1|LINEAR",
]


IMAGES = {
    "plain": "CONV|3|3|3|1|1|1|1|TANH,RESHAPE|FLAT,DENSE|1|LINEAR",
    "strides": "CONV|4|3|3|2|2|1|1|LEAKYRELU,CONV|3|2|2|1|1|0|0|SWISH,RESHAPE|FLAT,DENSE|1|LINEAR",
    "padded": "PADDING2D|1|0|2|-1,CONV|2|3|2|1|1|1|0|TANH,PADDING2D|1|1|0|0,AVGPOOL|2|2,RESHAPE|FLAT,DENSE|1|LINEAR",
    "transposed": "TRANSCONV|2|3|3|2|2|1|1|SIGMOID,DEPTHCONV|1|3|3|1|1|1|1|TANH,AVGPOOL|3|3|2|2|1|1,RESHAPE|FLAT,DENSE|1|LINEAR",
    "joined": "a=CONV|2|3|3|1|1|1|1|TANH,b=CONV|2|1|1|1|1|0|0|SOFTPLUS@a,CONCAT@a+b,AVGPOOL|5|6,RESHAPE|FLAT,DENSE|1|LINEAR",
    "tiles": "CONV|16|3|3|1|1|1|1|TANH,CONV|16|3|3|1|1|1|1|TANH,CONV|16|3|3|2|2|1|1|TANH,RESHAPE|FLAT,DENSE|1|LINEAR",
    "bare": "RESHAPE|FLAT,DENSE|3|TANH,DENSE|1|LINEAR",
}


@pytest.mark.parametrize("layout", [*LAYOUTS, *IMAGES])
def test_the_penalty_and_its_gradient_are_those_of_differences(layout):
    inputs = (("input", (2, 5, 6)),) if layout in IMAGES else (("input", (3,)),)
    whole, penalty = networks(IMAGES.get(layout, layout), inputs=inputs)
    x, events, targets, weights = sample(width=60 if layout in IMAGES else 3)
    assert_close(penalty.outputs(events)[:, 0], (norms(whole, x) - 1) ** 2, 1e-8)
    mask, start = trained_mask(whole), whole.parameters.snapshot()

    def loss(vector):
        whole.parameters.restore(np.where(mask, vector, start))
        return penalty.loss(events, targets, weights)

    check_gradient(loss, penalty.gradient(events, targets, weights) * mask, start, tolerance=1e-6)


def test_in_float32_it_is_that_of_float64():
    found = []
    for precision in ("float64", "float32"):
        whole, penalty = networks("DENSE|16|TANH,DENSE|12|LEAKYRELU,DENSE|1|LINEAR", precision)
        x, events, targets, weights = sample(40, precision)
        found.append((penalty.loss(events, targets, weights), penalty.gradient(events, targets, weights)))
    assert_close(found[1][0], found[0][0], 1e-5)
    assert_close(found[1][1], found[0][1], 1e-5)


def test_only_some_columns_count():
    layout, inputs = "CONCAT@x+c,DENSE|4|TANH,DENSE|1|LINEAR", (("x", (2,)), ("c", (1,)))
    graph = join({"Discriminator": critic(layout, inputs)})
    whole = Network(graph, precision="float64", losses=("SUMOFSQUARES",), threads=1)
    initialise(whole, "XAVIER", 5)
    penalty = whole.part(penalty_graph(graph, 0, 2), losses=("WASSERSTEIN",))
    x, events, _, _ = sample()
    slopes = [(whole.outputs(x + 1e-6 * e) - whole.outputs(x - 1e-6 * e))[:, 0] / 2e-6 for e in np.eye(3)[:2]]
    assert_close(penalty.outputs(events)[:, 0], (np.sqrt(np.sum(np.square(slopes), axis=0)) - 1) ** 2, 1e-8)


@pytest.mark.parametrize(
    "layout, what",
    [("RESHAPE|1|1|3,MAXPOOL|1|2,RESHAPE|FLAT,DENSE|1|LINEAR", "MAXPOOL"), ("DENSE|3|SOFTMAX,DENSE|1|LINEAR", "SOFTMAX")],
)
def test_layers_without_second_derivatives_are_named(layout, what):
    with pytest.raises(OptionError) as caught:
        check_layers(critic(layout))
    assert caught.value.code == "penalty-layer" and f"and {what} has none here" in str(caught.value)
    check_layers(dataclasses.replace(critic("DENSE|3|TANH,DENSE|1|LINEAR")))
