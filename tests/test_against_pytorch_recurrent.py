"""RNN, LSTM and GRU against PyTorch: stored results always, 50 random shapes a layer where PyTorch is installed."""

import numpy as np
import pytest

from tests import oracles
from tests.helpers import EXACT_FLOAT64, FLOAT32_FORWARD, FLOAT32_GRADIENT, STEPS_100_FLOAT64, assert_close
from tests.networks import network_of
from tests.oracles import recurrent
from tmvalite.training.batches import batch_bounds
from tmvalite.training.optimizers import OptimizerSettings

PRECISIONS = [("float64", EXACT_FLOAT64, EXACT_FLOAT64), ("float32", FLOAT32_FORWARD, FLOAT32_GRADIENT)]


def check(at, expected, precision, forward, backward):
    """Outputs and gradients of one layer; the gradient of its input is that of a shift added before it."""
    events, steps, features = at.x.shape
    state = at.grad_y.shape[2]
    after = "|1" if at.kind == "GRU" else ""
    layout = f"x=DENSE|{steps * features}|LINEAR,s=RESHAPE|1|{steps}|{features},r={at.kind}|{state}|{features}|{steps}|0|1{after}"
    net = network_of(layout + ",RESHAPE|FLAT", steps * features, losses=("SUMOFSQUARES",), precision=precision, threads=1)
    net.parameters.set("x", "Weights", np.eye(steps * features))
    net.parameters.set("x", "Biases", np.zeros((steps * features, 1)))
    for name, matrix in at.parameters.items():
        net.parameters.set("r", name, matrix)
    x = at.x.reshape(events, -1).astype(net.dtype)
    assert_close(net.outputs(x), expected["y"], forward, "states")
    # with targets y - grad_y * N C / 2 the loss has the gradient grad_y
    targets = (expected["y"] - at.grad_y.reshape(events, -1) * at.grad_y.size / 2).astype(net.dtype)
    net.parameters.restore(net.gradient(x, targets, np.ones(events, net.dtype)))
    for name in at.parameters:
        assert_close(net.parameters.get("r", name), expected[f"grad_{name}"], backward, name)
    assert_close(net.parameters.get("x", "Biases")[:, 0], expected["grad_x"].sum(axis=0), backward, "gradient of the input")


@pytest.mark.parametrize("precision, forward, backward", PRECISIONS)
@pytest.mark.parametrize("kind", recurrent.LAYERS)
def test_layer_equals_stored_results(kind, precision, forward, backward):
    at = recurrent.problem(kind, *recurrent.LAYERS[kind])
    check(at, oracles.group("recurrent", kind), precision, forward, backward)


@pytest.mark.parametrize("name", recurrent.CURVES)
def test_losses_of_fifty_steps_equal_stored_ones(name):
    curve = recurrent.CURVES[name]
    parameters, x, targets, order = recurrent.curve_data(curve)
    inputs = (("a", (curve.steps, curve.features)),)
    net = network_of(curve.layout, x.shape[1], inputs=inputs, precision="float64", threads=1)
    for (node, matrix), values in parameters.items():
        net.parameters.set(node, matrix, values)
    assert len(batch_bounds(len(order), recurrent.BATCH)) == recurrent.STEPS
    adam = net.new_optimizer(OptimizerSettings("ADAM", learning_rate=1e-2))
    losses = net.train_steps(
        x, targets, np.ones(len(x)), order, batch_size=recurrent.BATCH, first=0, count=recurrent.STEPS, optimizer=adam
    )
    assert_close(losses, oracles.group("recurrent", name)["losses"], STEPS_100_FLOAT64)


@pytest.mark.parametrize("kind", recurrent.LAYERS)
def test_fifty_random_shapes_equal_pytorch(kind):
    pytest.importorskip("torch")
    rng = np.random.default_rng(402)
    for case in range(50):
        steps, features, state = (int(n) for n in rng.integers(1, (9, 12, 20)))
        if steps == 1:
            continue  # one step is a vector; tests/test_every_layer.py has it
        at = recurrent.problem(kind, steps, features, state, events=int(rng.integers(1, 9)), seed=500 + case)
        check(at, recurrent.solve(at), *PRECISIONS[case % 2])


def test_stored_losses_are_those_of_pytorch():
    pytest.importorskip("torch")
    for name, curve in recurrent.CURVES.items():
        assert_close(recurrent.losses_of(curve), oracles.group("recurrent", name)["losses"], STEPS_100_FLOAT64)
