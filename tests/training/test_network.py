"""The engine as a whole: gradients, bits, optimizers, weights."""

import math
import platform

import numpy as np
import pytest

from tests.helpers import GRADIENT, STEPS_100_FLOAT64, TRACE_FLOAT32, assert_close, check_gradient
from tests.naive import graph as naive_graph
from tests.networks import RING, network_of, sample_of, trained_mask
from tests.oracles import group, load, prefixes
from tmvalite.errors import DataError
from tmvalite.plan import plan as plan_module
from tmvalite.training.batches import batch_bounds
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings

LAYOUTS = [
    (RING, 5, 1, None),
    ("TANH|12,DENSE|4|SOFTMAX,LINEAR", 3, 1, None),
    ("h=TANH|33,a=RELU|33,ADD|TANH@a+h,LINEAR", 5, 1, None),
    ("h=TANH|17,a=ADD@h+h,b=MUL|SIGMOID@h+a+h,CONCAT@h+b+a,TANH|20,LINEAR", 4, 1, None),
    ("h=TANH|24,s=DENSE|1|LINEAR@h,m=DENSE|2|LINEAR@h,OUTPUT|CROSSENTROPY@s,OUTPUT|SUMOFSQUARES|0.1@m", 6, 3, None),
    ("j=TANH|16@jets,e=RELU|16@event,CONCAT@j+e,RELU|32,LINEAR", 15, 1, (("jets", (10,)), ("event", (5,)))),
    ("TANH|20,RESHAPE|2|2|5,ACT|SOFTMAX,RESHAPE|FLAT,LINEAR", 6, 1, None),
]


def losses_of(layout):
    return ("CROSSENTROPY", "SUMOFSQUARES") if "OUTPUT" in layout else ("CROSSENTROPY",)


@pytest.mark.parametrize("layout,n_inputs,n_outputs,inputs", LAYOUTS)
def test_gradient_equals_central_differences(layout, n_inputs, n_outputs, inputs):
    network = network_of(layout, n_inputs, n_outputs, inputs=inputs, precision="float64", losses=losses_of(layout), threads=1)
    sample = sample_of(network, 37)
    mask, start = trained_mask(network), network.parameters.snapshot()

    def loss(vector):
        network.parameters.restore(np.where(mask, vector, 0))
        return network.loss(*sample)

    gradient = network.gradient(*sample) * mask
    check_gradient(loss, gradient, start, tolerance=GRADIENT)


@pytest.mark.parametrize("case", prefixes("graphs"))
def test_loss_and_gradients_equal_pytorch(case):
    vectors = group("graphs", case)
    if any(key.startswith("mask.") for key in vectors):
        pytest.skip("masks are compared in test_dropout_equals_the_slow_twin")
    layout, inputs = str(vectors["layout"]), None
    if str(vectors["input_layout"]):
        pieces = [part.split("=") for part in str(vectors["input_layout"]).split(",")]
        inputs = tuple((name, (int(width),)) for name, width in pieces)
    x, targets, w = vectors["x"], vectors["targets"], vectors["w"]
    for precision, tolerance in (("float64", 1e-12), ("float32", 5e-6)):
        network = network_of(
            layout,
            x.shape[1],
            targets.shape[1],
            inputs=inputs,
            precision=precision,
            losses=tuple(str(vectors["losses"]).split("+")),
            threads=1,
        )
        for node, name in network.parameters.names():
            value = vectors[f"{node}.{'weights' if name == 'Weights' else 'biases'}"]
            network.parameters.set(node, name, value.reshape(network.parameters.slot(node, name).shape))
        assert_close(network.loss(x, targets, w), vectors["loss"], tolerance)
        gradient = network.gradient(x, targets, w)
        values = np.concatenate([vectors[k].ravel() for k in vectors if k.startswith("out.")])
        assert_close(np.sort(network.outputs(x.astype(precision)).ravel()), np.sort(values), tolerance)
        network.parameters.restore(gradient)
        for node, name in network.parameters.names():
            expected = vectors[f"{node}.grad_{'weights' if name == 'Weights' else 'biases'}"]
            assert_close(network.parameters.get(node, name).ravel(), expected.ravel(), tolerance, f"{node} {name}")


def settings_of(text):
    pairs = dict(piece.split("=") for piece in text.split(","))
    name = pairs.get("Optimizer", "ADAM")
    number = lambda key, default: float(pairs.get(key, default))  # noqa: E731
    return OptimizerSettings(
        name,
        number("LearningRate", 1e-3),
        momentum=number("Momentum", 0),
        beta1=number("ADAM_beta1", 0.9),
        beta2=number("ADAM_beta2", 0.999),
        epsilon=number(f"{name}_eps", {"ADAM": 1e-7, "RMSPROP": 1e-7}.get(name, 1e-8)),
        rho=number(f"{name}_rho", {"ADADELTA": 0.95}.get(name, 0.9)),
        weight_decay=number("WeightDecay", 0),
        regularization=pairs.get("Regularization", "NONE"),
    )


def training_network(precision):
    shared = load("training")
    network = network_of(str(shared["layout"]), 4, precision=precision, threads=1)
    set_flat(network, shared, shared["initial"])
    return network, shared


def set_flat(network, shared, vector):
    at = 0
    for name in shared["names"]:
        node, kind = str(name).split(".")
        slot = network.parameters.slot(node, "Weights" if kind == "weights" else "Biases")
        network.parameters.set(node, slot.name, vector[at : at + slot.size].reshape(slot.shape))
        at += slot.size


def get_flat(network, shared):
    parts = [str(name).split(".") for name in shared["names"]]
    return np.concatenate([network.parameters.get(n, "Weights" if k == "weights" else "Biases").ravel() for n, k in parts])


@pytest.mark.parametrize("case", [c for c in prefixes("training")])
def test_hundred_steps_equal_pytorch(case):
    network, shared = training_network("float64")
    vectors = group("training", case)
    optimizer = network.new_optimizer(settings_of(str(vectors["strategy"])))
    sample, order, done, losses = (shared["x"], shared["targets"], shared["w"]), shared["order"], 0, []
    for until in (1, 10, 100):
        losses += list(network.train_steps(*sample, order, batch_size=10, first=done, count=until - done, optimizer=optimizer))
        done = until
        assert_close(get_flat(network, shared), vectors[f"step{until}"], STEPS_100_FLOAT64, f"parameters after step {until}")
    assert_close(losses, vectors["losses"], STEPS_100_FLOAT64, "losses")


@pytest.mark.parametrize("case", [c for c in prefixes("training")])
def test_float32_losses_follow_pytorch(case):
    network, shared = training_network("float32")
    vectors = group("training", case)
    optimizer = network.new_optimizer(settings_of(str(vectors["strategy"])))
    losses = network.train_steps(
        shared["x"], shared["targets"], shared["w"], shared["order"], batch_size=10, first=0, count=50, optimizer=optimizer
    )
    assert_close(losses, vectors["losses32"], TRACE_FLOAT32)


WIDE = "TANH|128,DROPOUT|0.3,TANH|128,TANH|128,LINEAR"


def train(threads, precision="float32", layout=WIDE, events=900, batch=300, drop=()):
    network = network_of(layout, 7, precision=precision, threads=threads, drop=drop, scale=0.1)
    sample = sample_of(network, events)
    order = np.random.default_rng(5).permutation(events)
    optimizer = network.new_optimizer(OptimizerSettings(learning_rate=1e-2))
    losses = network.train_steps(*sample, order, batch_size=batch, first=0, count=3, optimizer=optimizer, epoch=3, seed=11)
    return network, losses, sample


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_training_has_the_same_bits_for_any_number_of_threads(precision):
    batches = dict(events=1800, batch=600)
    network, losses, sample = train(1, precision, **batches)
    assert network.plan.shares(600) > 3
    for threads in (2, 3):
        other, other_losses, _ = train(threads, precision, **batches)
        assert other.parameters.flat.tobytes() == network.parameters.flat.tobytes()
        assert other_losses.tobytes() == losses.tobytes()
        assert other.loss(*sample) == network.loss(*sample)


def test_training_in_several_calls_has_the_same_bits_as_in_one():
    whole, losses, sample = train(1)
    network = network_of(WIDE, 7, threads=1, scale=0.1)
    order = np.random.default_rng(5).permutation(900)
    optimizer = network.new_optimizer(OptimizerSettings(learning_rate=1e-2))
    for first in range(3):
        network.train_steps(*sample, order, batch_size=300, first=first, count=1, optimizer=optimizer, epoch=3, seed=11)
    assert network.parameters.flat.tobytes() == whole.parameters.flat.tobytes()


@pytest.mark.parametrize("layout,n_inputs,n_outputs,inputs", LAYOUTS)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_score_does_not_depend_on_batch_order_or_threads(layout, n_inputs, n_outputs, inputs, precision):
    network = network_of(layout, n_inputs, n_outputs, inputs=inputs, precision=precision, losses=losses_of(layout), threads=1)
    threaded = network_of(layout, n_inputs, n_outputs, inputs=inputs, precision=precision, losses=losses_of(layout), threads=2)
    x = sample_of(network, 203)[0]
    whole = network.outputs(x)
    order = np.random.default_rng(0).permutation(len(x))
    assert network.outputs(x[order]).tobytes() == whole[order].tobytes()
    assert np.concatenate([network.outputs(x[i : i + 1]) for i in range(len(x))]).tobytes() == whole.tobytes()
    assert np.concatenate([network.outputs(x[i : i + 7]) for i in range(0, len(x), 7)]).tobytes() == whole.tobytes()
    many = np.tile(x, (200, 1))
    assert threaded.outputs(many).tobytes() == np.tile(whole, (200, 1)).tobytes()


def test_rows_with_values_that_are_not_finite_give_nan_and_leave_others_alone():
    network = network_of("RELU|9,DENSE|2|LINEAR", 4, 2, losses=("SUMOFSQUARES",), threads=1)
    x = sample_of(network, 100)[0]
    clean = network.outputs(x)
    x[3, 1], x[70, 0], x[99, 3] = np.nan, np.inf, -np.inf
    out = network.outputs(x)
    spoiled = np.isin(np.arange(100), [3, 70, 99])
    assert np.isnan(out[spoiled]).all()
    assert out[~spoiled].tobytes() == clean[~spoiled].tobytes()


def test_weight_two_is_the_event_twice_and_weight_zero_is_no_event():
    network = network_of(RING, 5, precision="float64", threads=1)
    x, y, _ = sample_of(network, 40)
    weights = np.ones(40)
    weights[7], weights[9] = 2, 0
    rows = [*range(40), 7]
    rows.remove(9)
    doubled = network.gradient(x[rows], y[rows], np.ones(40))
    assert_close(network.gradient(x, y, weights), doubled, 1e-12)


def test_negative_weights_subtract():
    network = network_of(RING, 5, precision="float64", threads=1)
    x, y, w = sample_of(network, 40)
    assert_close(network.gradient(x, y, -w), -network.gradient(x, y, w), 1e-15)


@pytest.mark.parametrize(
    "events,size,bounds",
    [
        (10, 5, [(0, 5), (5, 10)]),
        (11, 5, [(0, 5), (5, 11)]),
        (12, 5, [(0, 5), (5, 10), (10, 12)]),
        (3, 5, [(0, 3)]),
        (1, 5, [(0, 1)]),
        (3, 1, [(0, 1), (1, 2), (2, 3)]),
    ],
)
def test_no_event_is_lost_and_one_left_over_joins_the_batch_before(events, size, bounds):
    assert batch_bounds(events, size) == bounds


def test_dropout_equals_the_slow_twin():
    vectors = group("graphs", "dropout")
    masks = {key[5:]: vectors[key] for key in vectors if key.startswith("mask.")}
    assert masks, "the stored case has masks"
    # the mask of a run is what reaches the output of a network that only drops
    network = network_of("DROPOUT|0.4,DENSE|1|LINEAR", 8, precision="float64", losses=("SUMOFSQUARES",), threads=1)
    network.parameters.set("DENSE#2", "Biases", [[0.0]])
    x, targets = np.ones((6, 8)), np.zeros((6, 1))
    rows = []
    for column in range(8):
        weights = np.zeros((1, 8))
        weights[0, column] = 1
        network.parameters.set("DENSE#2", "Weights", weights)
        kept = network.parameters.snapshot()
        state = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0))
        per_event = []
        for row in range(6):
            w = np.zeros(6)
            w[row] = 1
            loss = network.train_steps(
                x, targets, w, np.arange(6), batch_size=6, first=0, count=1, optimizer=state, epoch=2, seed=3
            )
            per_event.append(math.sqrt(loss[0] * 6))
        network.parameters.restore(kept)
        rows.append(per_event)
    factor = np.array(rows).T
    assert set(np.round(np.unique(factor), 9)) == {0.0, round(1 / (1 - 0.4), 9)}
    # gradient of the weights with that mask, from the twin
    weights = np.linspace(-1, 1, 8)[None, :]
    network.parameters.set("DENSE#2", "Weights", weights)
    state = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0))
    x, targets, w = sample_of(network, 6)
    network.train_steps(x, targets, w, np.arange(6), batch_size=6, first=0, count=1, optimizer=state, epoch=2, seed=3)
    nodes = [
        ("drop", "DROPOUT", ["input"], {"mask": factor > 0, "drop": 0.4}),
        ("out", "DENSE", ["drop"], {"weights": weights, "biases": np.zeros(1), "activation": "LINEAR"}),
    ]
    result = naive_graph.evaluate(nodes, [("out", "SUMOFSQUARES", 1.0)], {"input": x}, targets, w)
    slot = network.parameters.slot("DENSE#2", "Weights")
    assert_close(state.moments[0][slot.offset : slot.offset + slot.size], result.parameters["out"][0].ravel(), 1e-12)


def test_dropout_backward_is_the_forward_mask():
    # gradient reaches the layer below only through kept elements: with every element of a row dropped there is none
    network = network_of("TANH|6,DROPOUT|0.5,LINEAR", 3, precision="float64", threads=1)
    x, y, w = sample_of(network, 40)
    start = network.parameters.snapshot()
    mask = trained_mask(network)

    def loss(vector):
        network.parameters.restore(np.where(mask, vector, 0))
        state = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0))
        return network.train_steps(x, y, w, np.arange(40), batch_size=40, first=0, count=1, optimizer=state, epoch=1, seed=7)[0]

    network.parameters.restore(start)
    state = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0))
    network.train_steps(x, y, w, np.arange(40), batch_size=40, first=0, count=1, optimizer=state, epoch=1, seed=7)
    check_gradient(loss, state.moments[0] * mask, start)


def test_dropout_masks_are_the_same_in_both_precisions_and_for_any_tile():
    single, double = (train(1, p, events=300, batch=300)[1] for p in ("float32", "float64"))
    assert_close(single, double, 1e-4)


def test_regularisation_acts_on_weights_and_not_on_biases():
    network = network_of(RING, 5, precision="float64", threads=1)
    x, y, w = sample_of(network, 20)
    before = network.parameters.snapshot()
    plain = network.gradient(x, y, w)
    state = network.new_optimizer(OptimizerSettings("SGD", learning_rate=0.0, weight_decay=0.1, regularization="L2"))
    network.train_steps(x, y, w, np.arange(20), batch_size=20, first=0, count=1, optimizer=state)
    network.parameters.restore(state.moments[0] - plain)
    extra = {name: network.parameters.get(*name) for name in network.parameters.names()}
    network.parameters.restore(before)
    for (node, name), value in extra.items():
        expected = 0.2 * network.parameters.get(node, name) if name == "Weights" else np.zeros(value.shape)
        assert np.allclose(value, expected, atol=1e-15)
    weights = [network.parameters.get(n, m) for n, m in network.parameters.names() if m == "Weights"]
    assert network.penalty("L2", 0.1) == pytest.approx(0.1 * sum((a**2).sum() for a in weights), rel=1e-14)
    assert network.penalty("L1", 0.1) == pytest.approx(0.1 * sum(np.abs(a).sum() for a in weights), rel=1e-14)
    assert network.penalty("NONE", 0.1) == 0


def test_parameters_are_in_the_orientation_of_the_weight_file():
    network = network_of("TANH|13,LINEAR", 4, threads=1)
    matrix = np.arange(52, dtype=np.float32).reshape(13, 4)
    network.parameters.set("DENSE#1", "Weights", matrix)
    assert np.array_equal(network.parameters.get("DENSE#1", "Weights"), matrix)
    with pytest.raises(DataError, match="Weights of DENSE#1 is 13x4, not 4x13"):
        network.parameters.set("DENSE#1", "Weights", matrix.T)


def test_shapes_are_checked_before_a_kernel_sees_them():
    network = network_of(RING, 5, threads=1)
    x, y, w = sample_of(network, 20)
    optimizer = network.new_optimizer(OptimizerSettings())
    with pytest.raises(DataError, match=r"events have shape \(20, 4\), this network needs \(N, 5\)"):
        network.outputs(x[:, :4])
    with pytest.raises(DataError, match="20 events with 19 targets"):
        network.loss(x, y[:19], w)
    with pytest.raises(DataError, match="rows outside the 20 events"):
        network.train_steps(x, y, w, np.array([0, 20]), batch_size=2, first=0, count=1, optimizer=optimizer)


def test_values_fold_normalisation_and_output_function():
    network = network_of(RING, 5, output_functions=("sigmoid",), threads=1)
    x = sample_of(network, 50)[0]
    low, factor = np.full(5, -2, np.float32), np.full(5, 0.25, np.float32)
    network.set_normalisation(low, factor)
    inside = (x - low) * factor * np.float32(2) - np.float32(1)
    assert_close(network.values(x), 1 / (1 + np.exp(-network.outputs(inside).astype(float))), 1e-6)


def test_steps_per_call_keeps_calls_short():
    network = network_of(WIDE, 7, threads=1)
    assert isinstance(network, Network)
    assert network.steps_per_call(100) * 100 * network.plan.flops < 1.1e9


def test_small_batches_of_large_layers_train_with_the_same_bits_as_large_workspaces():
    """With few tiles a batch weights are transposed where they are used, with many there is a copy: same bits."""
    layout, states = "DENSE|300|TANH,DENSE|320|RELU,DENSE|280|TANH,LINEAR", []
    for spare_tiles in (0, 2):
        network = network_of(layout, 7, threads=1, scale=0.05)
        sample = sample_of(network, 60)
        batches = np.array([[0, 30, 1]])
        kept = plan_module.SPARE_TILES
        plan_module.SPARE_TILES = spare_tiles
        try:
            assert len(network.plan.transposes_for(batches)) == (2 if spare_tiles == 0 else 0)
            network.train_steps(
                *sample,
                np.arange(60),
                batch_size=30,
                first=0,
                count=2,
                optimizer=network.new_optimizer(OptimizerSettings("ADAM", 1e-2)),
            )
        finally:
            plan_module.SPARE_TILES = kept
        states.append(network.parameters.flat.tobytes())
    assert states[0] == states[1]


@pytest.mark.parametrize("layout", ["DENSE|500|TANH,DENSE|300|RELU,LINEAR", "DENSE|500|TANH,BNORM,DENSE|300|RELU,LINEAR"])
def test_threads_that_share_the_steps_of_a_small_batch_leave_the_same_bits(layout):
    states = []
    for threads in (1, 2, 3):
        network = network_of(layout, 7, threads=threads, scale=0.05)
        assert network.plan.pays_to_split and network.plan.shares(16) == 1
        sample = sample_of(network, 60)
        losses = network.train_steps(
            *sample,
            np.arange(60),
            batch_size=16,
            first=0,
            count=4,
            optimizer=network.new_optimizer(OptimizerSettings("ADAM", 1e-2)),
        )
        states.append((losses.tobytes(), network.parameters.flat.tobytes()))
    assert states[0] == states[1] == states[2]


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64", "aarch64", "arm64"), reason="no such switch")
@pytest.mark.parametrize("precision, tiny", [("float32", 1e-30), ("float64", 1e-200)])
def test_denormal_numbers_are_zero_inside_and_stay_what_they_are_outside(precision, tiny):
    network = network_of("LINEAR", 1, 1, precision=precision)
    for _, name in network.parameters.names():
        network.parameters.set("DENSE#1", name, np.array([[tiny if name == "Weights" else 0.0]]))
    small = np.finfo(precision).tiny / tiny * 0.5
    assert network.outputs(np.array([[small]], precision))[0, 0] == 0.0
    assert network.outputs(np.array([[4.0 * small]], precision))[0, 0] > 0.0
    assert np.array([np.finfo(precision).tiny], precision)[0] * np.asarray(0.5, precision) > 0.0


def test_an_array_that_is_not_aligned_is_scored_and_trained_as_any_other():
    network = network_of("TANH|5,LINEAR", 3, 1)
    x = np.random.default_rng(3).normal(size=(9, network.n_inputs)).astype(network.dtype)
    memory = np.zeros(x.nbytes + 1, np.uint8)
    odd = memory[1:].view(network.dtype).reshape(x.shape)
    odd[:] = x
    assert not odd.flags.aligned and np.array_equal(network.values(odd), network.values(x))
    targets, weights = np.zeros((9, network.n_outputs), network.dtype), np.ones(9, network.dtype)
    assert network.loss(odd, targets, weights) == network.loss(x, targets, weights)
