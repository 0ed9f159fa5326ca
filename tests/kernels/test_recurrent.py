"""Recurrent kernels: awkward sizes against the slow twin, the gates' vectors, and the same bits however a batch is cut."""

import numpy as np
import pytest

from tests.helpers import EXACT_FLOAT64, FLOAT32_FORWARD, FLOAT32_GRADIENT, assert_close
from tests.naive.losses import loss_and_gradient
from tests.networks import graph_of, network_of, sample_of
from tests.twins import TWINS
from tmvalite.kernels._jit import entry_point, pointer
from tmvalite.kernels.lanes import GatePass
from tmvalite.kernels.math import sigmoid, tanh
from tmvalite.plan import make_plan
from tmvalite.plan import plan as planning
from tmvalite.training.optimizers import OptimizerSettings

CELLS = {"RNN": "RNN", "LSTM": "LSTM", "GRU": "GRU", "GRU after": "GRU", "GRU two biases": "GRU"}
AFTER = {"GRU after": "|1", "GRU two biases": "|1|1"}
# (steps, features, state): uneven; one of everything; less than a vector, more than one, whole ones; gates of a multiple of
# 128 columns, whose rows are spread in memory
SIZES = [(5, 3, 1), (1, 6, 4), (7, 1, 2), (2, 7, 7), (3, 5, 11), (6, 4, 3), (4, 2, 32)]


def layout_of(cell, steps, features, state, sequence):
    return f"y={CELLS[cell]}|{state}|{features}|{steps}|0|{int(sequence)}{AFTER.get(cell, '')}@a,RESHAPE|FLAT"


def build(cell, sizes, sequence=True, **options):
    inputs = (("a", sizes[:2]),)
    return network_of(layout_of(cell, *sizes, sequence), sizes[0] * sizes[1], inputs=inputs, losses=("SUMOFSQUARES",), **options)


def twin(cell, sizes, sequence, network, sample):
    """States and gradients of the parameters through the slow twin."""
    steps, features, state = sizes
    x, targets, weights = (a.astype(float) for a in sample)
    at = {
        "time_steps": steps,
        "input_size": features,
        "state_size": state,
        "return_sequence": sequence,
        "reset_gate_after": cell in AFTER,
        "two_biases": cell == "GRU two biases",
    }
    parameters = {name: network.parameters.get("y", name).astype(float) for _, name in network.parameters.names()}
    forward, backward = TWINS[CELLS[cell]]
    y = np.reshape(forward(at, parameters, [x]), (len(x), -1))
    _, grad = loss_and_gradient("SUMOFSQUARES", y, targets, weights)
    return y, backward(at, parameters, [x], grad)[1]


@pytest.mark.parametrize("sequence", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("cell", CELLS)
def test_states_and_gradients_equal_the_slow_twin(cell, sizes, sequence):
    for precision, forward, backward in (("float64", 1e-13, EXACT_FLOAT64), ("float32", FLOAT32_FORWARD, FLOAT32_GRADIENT)):
        network = build(cell, sizes, sequence, threads=1, precision=precision, scale=0.3)
        sample = sample_of(network, 3)
        y, gradients = twin(cell, sizes, sequence, network, sample)
        assert_close(network.outputs(sample[0]), y, forward)
        network.parameters.restore(network.gradient(*sample))
        for name, expected in gradients.items():
            assert_close(network.parameters.get("y", name), expected, backward, name)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("cell", CELLS)
def test_gradient_has_the_same_bits_for_any_tile(cell, precision, monkeypatch):
    """Sums over events and steps are one chain, wherever tiles are cut. 32 states: events lie apart in memory."""
    for sizes in ((3, 5, 11), (2, 3, 32)):
        found = []
        for rows in (64, 7, 1):
            monkeypatch.setattr(planning, "LEAST_ROWS", rows)
            monkeypatch.setattr(planning, "MOST_ROWS", rows)
            network = build(cell, sizes, threads=1, precision=precision)
            assert network.plan.tile == rows
            found.append(network.gradient(*sample_of(network, 45)))
        assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()


@pytest.mark.parametrize("cell", CELLS)
def test_score_does_not_depend_on_batch_or_threads(cell):
    network, threaded = (build(cell, (4, 3, 10), threads=threads) for threads in (1, 2))
    x = sample_of(network, 75)[0]
    whole = network.outputs(x)
    for rows in (1, 2, 31):
        assert np.concatenate([network.outputs(x[i : i + rows]) for i in range(0, 75, rows)]).tobytes() == whole.tobytes()
    many = np.tile(x, (400, 1))
    assert threaded.outputs(many).tobytes() == np.tile(whole, (400, 1)).tobytes()


@pytest.mark.parametrize("cell", CELLS)
def test_training_has_the_same_bits_for_any_number_of_threads(cell):
    found = []
    for threads in (1, 2):
        network = build(cell, (8, 20, 40), threads=threads, scale=0.1)
        sample = sample_of(network, 400)
        assert network.plan.shares(200) > 1
        adam = network.new_optimizer(OptimizerSettings("ADAM", learning_rate=1e-2))
        network.train_steps(*sample, np.arange(400), batch_size=200, first=0, count=2, optimizer=adam)
        found.append(network.parameters.snapshot().tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("cell", CELLS)
def test_decay_acts_on_input_and_state_matrices_and_not_on_biases(cell):
    moved = {}
    for kind in ("NONE", "L2"):
        network = build(cell, (2, 3, 5), threads=1, precision="float64")
        sample, start = sample_of(network, 4), network.parameters.snapshot()
        settings = OptimizerSettings("SGD", learning_rate=1.0, momentum=0.0, regularization=kind, weight_decay=0.25)
        network.train_steps(*sample, np.arange(4), batch_size=4, first=0, count=1, optimizer=network.new_optimizer(settings))
        moved[kind] = {name: network.parameters.get("y", name) for _, name in network.parameters.names()}
    network.parameters.restore(start)
    for _, name in network.parameters.names():
        decayed = -0.5 * network.parameters.get("y", name) * (name[0] in "WU")
        assert_close(moved["L2"][name] - moved["NONE"][name], decayed, EXACT_FLOAT64, name)
    total = sum(float((network.parameters.get("y", n) ** 2).sum()) for _, n in network.parameters.names() if n[0] in "WU")
    assert_close(network.penalty("L2", 0.25), 0.25 * total, EXACT_FLOAT64)


def test_a_plan_to_score_keeps_one_step_only():
    graph = graph_of(layout_of("LSTM", 50, 4, 16, False), 200, 1, (("a", (50, 4)),))
    train, score = (
        make_plan(graph, purpose=p, losses=("SUMOFSQUARES",), output_functions=("identity",)) for p in ("train", "score")
    )
    assert score.place(32).size < train.place(32).size / 8
    assert "nothing kept" in str(score)


def _both(m, a, b):
    s, t = m.gates((a,), (b,))
    return s, t, m.tanh(a)


_pass = GatePass("test", ("x", "y"), (("x", 0), ("x", 1)), (("y", 0), ("y", 1), ("x", 0)), _both).intrinsic()


@entry_point(lambda element: (element[:, ::1], element[:, ::1], element[:, ::1]))
def _run_pass(x, y, scalar):
    rows, width = x.shape[0], x.shape[1] // 2
    for r in range(rows):
        for i in range(width):
            scalar[r, i], scalar[r, width + i] = sigmoid(x[r, i]), tanh(x[r, width + i])
            scalar[r, 2 * width + i] = tanh(x[r, i])
    _pass(rows, width, (pointer(x, 0), pointer(y, 0)), (x.shape[1], y.shape[1]))


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("width", [*range(1, 20), 32, 37, 40])
def test_vectors_of_gates_have_the_bits_of_single_numbers(width, precision):
    """Every width: narrower than a vector, whole vectors, and a last vector that overlaps the one before, also in place."""
    rng = np.random.default_rng(width)
    x = (5 * rng.standard_normal((3, 2 * width))).astype(precision)
    x[0, 0], x[1, 0], x[2, 0] = np.nan, np.inf, -np.inf
    y, scalar = np.zeros((3, 2 * width), precision), np.zeros((3, 3 * width), precision)
    _run_pass.get(precision)(x, y, scalar)
    assert np.array_equal(y, scalar[:, : 2 * width], equal_nan=True)
    assert np.array_equal(x[:, :width], scalar[:, 2 * width :], equal_nan=True)
