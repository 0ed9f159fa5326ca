"""Terms of the loss that layers add, and networks over parts of one parameter vector."""

from dataclasses import dataclass

import numpy as np
import pytest

from tests.networks import graph_of, network_of, sample_of
from tmvalite.layers.base import REGISTRY, Layer, register
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings


@pytest.fixture(autouse=True)
def square_layer():
    """SQUARE@x, a sink: adds the mean square of what it reads to the loss, reports the mean."""

    @register("SQUARE")
    @dataclass(frozen=True)
    class Square(Layer):
        sink = True

        def output_shape(self, x):
            return (1,)

        def lower(self, low, inputs, slots):
            x = inputs[0]
            product = low.emit("Multiply", a=x, b=x, y=low.tensor(x.size, x.shape))
            square = low.mean(product, x.size, 1, (1,))
            low.loss_term("square", square)
            low.monitor("mean", inputs[0])
            low.monitor("second moment", inputs[0], power=2)
            return square

    yield
    del REGISTRY["SQUARE"]


LAYOUT = "h=DENSE|5|TANH,SQUARE@h,DENSE|2|LINEAR@h"


def network(**options):
    return network_of(LAYOUT, 3, 2, losses=("SUMOFSQUARES",), precision="float64", **options)


def numbers(net, x, targets, w):
    """Every term in plain numpy, for LAYOUT."""
    get = net.parameters.get
    h = np.tanh(x @ get("h", "Weights").T + get("h", "Biases").T)
    y = h @ get("DENSE#3", "Weights").T + get("DENSE#3", "Biases").T
    per_event = [((y - targets) ** 2).mean(1), (h**2).mean(1), h.mean(1), (h**2).mean(1)]
    return np.array([(w * v).mean() for v in per_event]), per_event[1]


def test_terms_are_counted_apart_and_weighted_in_the_loss():
    net = network()
    x, targets, w = sample_of(net, 50)
    net.set_weight("square", 0.3)
    parts = np.empty(4)
    loss = net.loss(x, targets, w, parts=parts)
    expected, per_event = numbers(net, x, targets, w)
    assert net.term_names == ("output1", "square", "mean", "second moment")
    np.testing.assert_allclose(parts, expected, rtol=1e-12)
    np.testing.assert_allclose(loss, expected[0] + 0.3 * expected[1], rtol=1e-12)
    assert net.event_term_names == ("square",)
    np.testing.assert_allclose(net.event_terms(x)[:, 0], per_event, rtol=1e-12)


def test_terms_of_every_step_are_those_before_its_update():
    net = network()
    sample = sample_of(net, 40)
    expected, _ = numbers(net, *(a[:20] for a in sample))
    parts = np.empty((2, 4))
    losses = net.train_steps(
        *sample,
        np.arange(40),
        batch_size=20,
        first=0,
        count=2,
        optimizer=net.new_optimizer(OptimizerSettings("ADAM", 1e-2)),
        parts=parts,
    )
    np.testing.assert_allclose(parts[0], expected, rtol=1e-12)
    np.testing.assert_allclose(losses, parts[:, 0] + parts[:, 1], rtol=1e-12)
    assert parts[1, 0] != parts[0, 0]


def test_gradient_contains_the_terms_of_layers_with_their_weights():
    net = network()
    sample = sample_of(net, 30)
    net.set_weight("square", 0.7)
    net.set_weight("output1", 2.0)
    gradient, numeric = net.gradient(*sample), np.zeros(net.plan.size)
    for i in range(net.plan.size):
        kept, values = net.parameters.flat[i], []
        for step in (1e-5, -1e-5):
            net.parameters.flat[i] = kept + step
            values.append(net.loss(*sample))
        net.parameters.flat[i] = kept
        numeric[i] = (values[0] - values[1]) / 2e-5
    assert np.linalg.norm(gradient - numeric) <= 1e-8 * np.linalg.norm(numeric)


def test_terms_do_not_depend_on_threads():
    """Shares and their order depend on the batch only."""
    results = []
    for threads in (1, 3):
        net = network_of("h=DENSE|300|TANH,SQUARE@h,DENSE|1|LINEAR@h", 40, threads=threads)
        sample = sample_of(net, 5000)
        parts = np.empty((1, 4))
        net.train_steps(
            *sample,
            np.arange(5000),
            batch_size=5000,
            first=0,
            count=1,
            optimizer=net.new_optimizer(OptimizerSettings("SGD", 1e-3)),
            parts=parts,
        )
        valid = np.empty(4)
        net.loss(*sample, parts=valid)
        results.append((parts.tobytes(), valid.tobytes(), net.parameters.flat.tobytes()))
    assert results[0] == results[1]


def test_weights_and_settings_of_unknown_names_are_refused():
    net = network()
    with pytest.raises(KeyError, match="no term kl"):
        net.set_weight("kl", 1.0)
    with pytest.raises(KeyError, match="no term mean"):
        net.set_weight("mean", 1.0)  # only reported
    with pytest.raises(KeyError, match="h has no temperature"):
        net.set_setting("temperature", 1.0, "h")
    with pytest.raises(ValueError, match="parts must be"):
        net.loss(*sample_of(net, 10), parts=np.empty(3))


def test_a_part_computes_over_the_parameters_of_the_whole():
    whole = network()
    half = whole.part(graph_of("h=DENSE|5|TANH", 3))
    x = sample_of(whole, 20)[0]
    expected = np.tanh(x @ whole.parameters.get("h", "Weights").T + whole.parameters.get("h", "Biases").T)
    np.testing.assert_allclose(half.outputs(x), expected, rtol=1e-12)
    whole.parameters.set("h", "Biases", np.ones((5, 1)))
    assert half.parameters is whole.parameters
    np.testing.assert_allclose(half.outputs(x), np.tanh(x @ whole.parameters.get("h", "Weights").T + 1), rtol=1e-12)


@pytest.mark.parametrize("frozen", ["first", "second"])
def test_frozen_blocks_keep_their_bits_and_running_statistics(frozen):
    layout = "a=DENSE|4|TANH,n=BNORM,b=DENSE|1|LINEAR"
    graph = graph_of(layout, 3)
    for node in graph.nodes:
        object.__setattr__(node, "block", "second" if node.name == "b" else "first")
    whole = Network(graph, precision="float64")
    rng = np.random.default_rng(1)
    whole.parameters.flat[:] = rng.uniform(0.5, 1.5, whole.plan.size)
    trained = {"first": "second", "second": "first"}[frozen]
    part = whole.part(graph, losses=("CROSSENTROPY",), trained=(trained,))
    before = {key: whole.parameters.get(*key) for key in whole.parameters.names()}
    part.train_steps(
        *sample_of(part, 60),
        np.arange(60),
        batch_size=20,
        first=0,
        count=3,
        optimizer=part.new_optimizer(OptimizerSettings("ADAM", 1e-2)),
    )
    for node, name in whole.parameters.names():
        changed = not np.array_equal(before[node, name], whole.parameters.get(node, name))
        assert changed == ((node == "b") == (trained == "second")), (node, name)


def test_frozen_layers_have_no_gradient_steps():
    graph = graph_of("a=DENSE|4|TANH,b=DENSE|1|LINEAR", 3)
    for node in graph.nodes:
        object.__setattr__(node, "block", node.name)
    whole = Network(graph)

    def kinds(network):
        return sorted(type(s).__name__ for s in network.plan.steps if s.gradient_slots)

    assert kinds(whole) == ["ProductWeights"] * 2
    assert kinds(whole.part(graph, losses=("CROSSENTROPY",), trained=("b",))) == ["ProductWeights"]
    assert "ProductData" not in {type(s).__name__ for s in whole.part(graph, losses=("CROSSENTROPY",), trained=("b",)).plan.steps}
