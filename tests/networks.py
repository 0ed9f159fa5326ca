"""Small networks from layouts, for tests of the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tmvalite.errors import Diagnostics, Source, Span
from tmvalite.graph.build import build_graph
from tmvalite.layers import REGISTRY, Layer
from tmvalite.string_utils import parse_layout
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings

RING = "TANH|33,TANH|20,LINEAR"


def graph_of(layout, n_inputs, n_outputs=1, inputs=None, drop=()):
    source = Source(layout)
    diagnostics = Diagnostics(source)
    tree = parse_layout(source, Span(0, len(layout)), diagnostics)
    return build_graph(
        tree,
        inputs=inputs or (("input", (n_inputs,)),),
        n_variables=n_inputs,
        n_outputs=n_outputs,
        drop=drop,
        diagnostics=diagnostics,
    )


def register_without_kernels(monkeypatch, kind):
    """Make a layer known, for one test, whose kernels do not exist; it leaves shapes as they are and takes any fields."""

    @dataclass(frozen=True)
    class Unfinished(Layer):
        @classmethod
        def from_fields(cls, words, context):
            return cls()

        def output_shape(self, x):
            return x

    Unfinished.kind = kind
    monkeypatch.setitem(REGISTRY, kind, Unfinished)


def network_of(layout, n_inputs, n_outputs=1, *, inputs=None, drop=(), seed=1, scale=0.5, **options):
    """A network with normally distributed parameters."""
    network = Network(graph_of(layout, n_inputs, n_outputs, inputs, drop), **options)
    rng = np.random.default_rng(seed)
    for node, name in network.parameters.names():
        shape = network.parameters.slot(node, name).shape
        values = scale * rng.standard_normal(shape)
        network.parameters.set(node, name, np.abs(values) + 0.5 if name == "Training-variance" else values)
    return network


def sample_of(network, events, seed=2):
    """Events, targets in (0.1, 0.9) and weights around 1."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((events, network.n_inputs)).astype(network.dtype)
    targets = rng.uniform(0.1, 0.9, (events, network.n_outputs)).astype(network.dtype)
    return x, targets, rng.uniform(0.5, 1.5, events).astype(network.dtype)


def trained_mask(network):
    """1 where the flat vector holds a trained parameter, 0 elsewhere."""
    mask = np.zeros(network.plan.size)
    for slot in network.plan.slots:
        slot.view(mask)[:] = slot.trained
    return mask


def training_loss(network, x, targets, weights):
    """Loss of one batch as training computes it (with the statistics of the batch), nothing changed."""
    kept = network.parameters.snapshot()
    state = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0))
    losses = network.train_steps(x, targets, weights, np.arange(len(x)), batch_size=len(x), first=0, count=1, optimizer=state)
    network.parameters.restore(kept)
    return losses[0]
