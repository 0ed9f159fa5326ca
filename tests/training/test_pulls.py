"""Several losses of one update: gradients without a step, steps with a given gradient, what stands between, layers used twice."""

import dataclasses

import numpy as np
import pytest

from tests.graph.tools import build
from tests.helpers import assert_close, check_gradient
from tests.networks import trained_mask
from tmvalite.graph import Graph, Output
from tmvalite.graph.join import block_of, join
from tmvalite.optimizers import OPTIMIZERS
from tmvalite.training.average import MovingAverage
from tmvalite.training.initialisation import initialise
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings
from tmvalite.training.pulls import Batch, Pull, parts_of, summed, updated
from tmvalite.training.spectral import SpectralNorm

LAYOUT = "Encoder={DENSE|14|TANH,DENSE|4|TANH}Decoder={DENSE|4|LINEAR}"


def network(precision="float64", layout=LAYOUT):
    graphs, _ = build(layout, blocks=True)
    whole = Network(join(graphs), precision=precision, losses=("SUMOFSQUARES",), threads=1)
    initialise(whole, "XAVIER", 1)
    return whole


def batch(n=7, precision="float64"):
    x = np.random.default_rng(2).normal(size=(n, 4)).astype(precision)
    return Batch(x, np.ones(n, precision), np.arange(n))


def itself(events):
    return events.x, events.x


def test_a_pull_gives_the_gradient_and_changes_no_parameter():
    whole, events = network(), batch()
    before = whole.parameters.snapshot()
    gradient, terms = Pull(whole, itself).gradient(events, epoch=1)
    assert np.array_equal(whole.parameters.snapshot(), before)
    assert np.array_equal(gradient, whole.gradient(events.x, events.x, events.weights))
    assert np.isclose(terms[0], whole.loss(events.x, events.x, events.weights), rtol=1e-14)


def test_pulls_add_up_with_their_factors_block_by_block():
    whole, events = network(), batch()
    one = Pull(whole, itself).gradient(events, 1)[0].copy()
    total, terms = summed([Pull(whole, itself, 2.0, term="a"), Pull(whole, itself, {"Decoder": 0.5}, term="b")], events, 1)
    for block, factor in (("Encoder", 2.0), ("Decoder", 2.5)):
        for part in parts_of(whole, block):
            assert_close(total[part], factor * one[part], 1e-14)
    assert set(terms) == {"a", "b"} and terms["a"] == terms["b"]


@pytest.mark.parametrize("regularization", ["NONE", "L1", "L2"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_with_a_given_gradient_is_the_compiled_one(name, regularization):
    """No losses of several networks: then both ways must lead to the same place."""
    found = []
    for compiled in (True, False):
        whole, events = network(), batch()
        settings = OptimizerSettings(name, learning_rate=0.01, regularization=regularization, weight_decay=0.05)
        state, pull = whole.new_optimizer(settings), Pull(whole, itself)
        for _ in range(3):
            if compiled:
                whole.train_steps(
                    events.x, events.x, events.weights, np.arange(7), batch_size=7, first=0, count=1, optimizer=state
                )
            else:
                updated(whole, state, pull.gradient(events, 1)[0])
        found.append(whole.parameters.snapshot())
        assert state.steps == 3
    assert_close(found[1], found[0], 1e-12)


def test_only_the_trained_blocks_of_a_part_are_updated():
    whole, events = network("float32"), batch(precision="float32")
    part = whole.part(whole.graph, trained=("Decoder",))
    before = whole.parameters.snapshot()
    updated(part, part.new_optimizer(OptimizerSettings("ADAM")), np.ones_like(before))
    changed = {
        slot.node.partition(".")[0]
        for slot in whole.plan.slots
        if not np.array_equal(slot.view(before), slot.view(whole.parameters.flat))
    }
    assert changed == {"Decoder"} and parts_of(part, "Encoder") == [] and batch(3).x.shape == events.x[:3].shape


def test_spectral_normalisation_has_the_gradient_of_the_divided_matrices():
    """By V, of the loss of the network with V / sigma(V), sigma being found anew: central differences."""
    whole, events = network(), batch()
    spectral, mask = SpectralNorm(whole), trained_mask(whole)
    raw = whole.parameters.snapshot()

    def loss(vector):
        whole.parameters.restore(np.where(mask, vector, raw))
        for slot in spectral.slots:
            matrix = slot.view(whole.parameters.flat)
            matrix[:] = matrix / np.linalg.svd(matrix)[1][0]
        return whole.loss(events.x, events.x, events.weights)

    whole.parameters.restore(raw)
    spectral.begin()
    for _ in range(300):  # the vectors have converged
        spectral.gradient(np.zeros_like(raw))
        spectral.after()
    gradient = spectral.gradient(Pull(whole, itself).gradient(events, 1)[0].copy())
    check_gradient(loss, gradient * mask, raw, tolerance=1e-6)


def test_a_layer_used_twice_has_both_gradients():
    """As in a cycle: what a block gives is read by the block itself."""
    whole = network(layout="Encoder={DENSE|14|TANH,DENSE|4|TANH}Decoder={DENSE|4|LINEAR}")
    graph = block_of(whole.graph, "Encoder")
    values, again = {graph.inputs[0]: graph.outputs[0].value}, []
    for node in graph.nodes:
        again.append(dataclasses.replace(node, inputs=tuple(values[value] for value in node.inputs)))
        values[node.output] = again[-1].output
    twice = whole.part(Graph(graph.inputs, (*graph.nodes, *again), (Output(again[-1].output),)), trained=("Encoder",))
    once, events = whole.part(graph), batch()
    assert_close(twice.outputs(events.x), once.outputs(once.outputs(events.x)), 1e-14)
    mask, start = np.zeros(len(whole.parameters.flat), bool), whole.parameters.snapshot()
    for part in parts_of(twice, "Encoder"):
        mask[part] = True

    def loss(vector):
        whole.parameters.restore(np.where(mask, vector, start))
        return twice.loss(events.x, events.x, events.weights)

    check_gradient(loss, twice.gradient(events.x, events.x, events.weights) * mask, start, tolerance=1e-7)
    whole.parameters.restore(start)
    state = twice.new_optimizer(OptimizerSettings("SGD", learning_rate=0.5, momentum=0.0))
    gradient = twice.gradient(events.x, events.x, events.weights).copy()
    twice.train_steps(events.x, events.x, events.weights, np.arange(7), batch_size=7, first=0, count=1, optimizer=state)
    assert_close(whole.parameters.flat, start - 0.5 * gradient * mask, 1e-12)  # one step, not two


def test_a_moving_average_follows_the_parameters():
    whole = network("float32")
    parts, start = parts_of(whole, "Decoder"), whole.parameters.snapshot()
    average, part = MovingAverage(whole.parameters, parts, 0.15), parts[0]
    for value in (1.0, 3.0):
        whole.parameters.flat[part] = value
        average()
    average.put()
    # the first update counts nine tenths, then the decay is reached
    assert_close(whole.parameters.flat[part], 0.15 * (0.1 * start[part] + 0.9 * 1.0) + 0.85 * 3.0, 1e-6)
