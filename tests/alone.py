"""One layer alone: its values for given inputs, and the gradients of the inputs for a given gradient of the output."""

from __future__ import annotations

import numpy as np

from tests.networks import graph_of
from tmvalite.training.network import Network


def build_alone(text: str, shapes, precision="float64") -> Network:
    """The layer behind one dense layer of unit weights per input, whose biases then have the input's gradient."""
    nodes, sources = [], []
    for i, shape in enumerate(shapes):
        size, name = int(np.prod(shape)), f"a{i}"
        nodes.append(f"{name}=DENSE|{size}|LINEAR@i{i}")
        if len(shape) == 3:
            nodes.append(f"b{i}=RESHAPE|{'|'.join(map(str, shape))}@{name}")
            name = f"b{i}"
        sources.append(name)
    layout = ",".join([*nodes, f"y={text}@{'+'.join(sources)}", "RESHAPE|FLAT"])
    inputs = tuple((f"i{i}", (int(np.prod(shape)),)) for i, shape in enumerate(shapes))
    graph = graph_of(layout, sum(size for _, (size,) in inputs), 1, inputs)
    network = Network(graph, precision=precision, losses=("SUMOFSQUARES",), threads=1)
    for i, (_, (size,)) in enumerate(inputs):
        network.parameters.set(f"a{i}", "Weights", np.eye(size))
    return network


def run_alone(text: str, inputs, grad=None, precision="float64"):
    """Values (N, ...) of a layer for inputs (N, ...) and, with `grad` (1, ...) for one event, the gradients of the inputs."""
    shapes = [x.shape[1:] for x in inputs]
    network = build_alone(text, shapes, precision)
    events = np.concatenate([np.reshape(x, (len(x), -1)) for x in inputs], axis=1).astype(precision)
    y = network.outputs(events)
    out = y.reshape(len(events), *next(node.shape for node in network.graph.nodes if node.name == "y"))
    if grad is None:
        return out
    # with targets y - grad * outputs / 2 the loss has the gradient `grad`
    targets = (y - np.reshape(grad, y.shape) * y.shape[1] / 2).astype(precision)
    network.parameters.restore(network.gradient(events, targets, np.ones(1, precision)))
    grads = [network.parameters.get(f"a{i}", "Biases").reshape(1, *shape) for i, shape in enumerate(shapes)]
    return out, grads
