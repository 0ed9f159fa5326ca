"""The slow twins are right: against finite differences, against PyTorch, and independent of the package they check."""

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

from tests import oracles
from tests.helpers import EXACT_FLOAT64, STEPS_100_FLOAT64, TRACE_FLOAT32, assert_close, away_from_zero, check_gradient
from tests.naive import activations, combine, dense, graph, losses, optimizers

NAIVE = Path(__file__).parent / "naive"


@pytest.mark.parametrize("path", sorted(NAIVE.rglob("*.py")), ids=lambda p: p.name)
def test_naive_imports_only_numpy_and_the_standard_library(path):
    allowed = {"numpy", *sys.stdlib_module_names}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= allowed
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module.partition(".")[0] in allowed
        elif isinstance(node, ast.Name):
            assert node.id not in ("__import__", "eval", "exec"), f"{path.name} line {node.lineno}"


# Activations


def test_there_is_a_twin_for_every_activation_of_the_vectors():
    assert set(activations.NAMES) == set(oracles.prefixes("activations")) - {"values"}


@pytest.mark.parametrize("name", activations.ELEMENTWISE)
def test_activation_and_derivative_equal_pytorch(name):
    vectors = oracles.group("activations", "values")
    f, f_prime = activations.ELEMENTWISE[name]
    assert_close([f(u) for u in vectors["u"].tolist()], vectors[name], EXACT_FLOAT64, name)
    assert_close([f_prime(u) for u in vectors["u"].tolist()], vectors[f"{name}_prime"], EXACT_FLOAT64, f"{name}'")


@pytest.mark.parametrize("name", activations.NAMES)
def test_activation_gradient_equals_finite_difference(name):
    rng = np.random.default_rng(3)
    u, grad_y = away_from_zero(rng.normal(size=(3, 5)) * 2), rng.normal(size=(3, 5))
    check_gradient(
        lambda at: float(np.sum(grad_y * dense.activation_forward(at, name))), dense.activation_backward(u, grad_y, name), u
    )


@pytest.mark.parametrize(
    "name, at_zero",
    [("RELU", 0.0), ("LEAKYRELU", 0.01), ("SYMMRELU", 1.0), ("ELU", 1.0), ("SOFTSIGN", 1.0), ("GAUSS", 0.0), ("GELU", 0.5)],
)
def test_derivative_at_zero(name, at_zero):
    assert activations.ELEMENTWISE[name][1](0.0) == at_zero


@pytest.mark.parametrize("name", activations.ELEMENTWISE)
def test_activations_stay_finite_far_out_and_pass_nan_on(name):
    f, f_prime = activations.ELEMENTWISE[name]
    assert np.isfinite([f(u) for u in (-1e4, 1e4)] + [f_prime(u) for u in (-1e4, 1e4)]).all()
    assert np.isnan(f(float("nan")))


# The dense layer


@pytest.mark.parametrize("name", activations.NAMES)
def test_dense_equals_pytorch(name):
    vectors = oracles.load("activations")
    x, weights, biases, grad_y = (vectors[key] for key in ("x", "weights", "biases", "grad_y"))
    u, y = dense.dense_forward(x, weights, biases, name)
    assert_close(y, vectors[f"{name}/y"], EXACT_FLOAT64, "y")
    results = dense.dense_backward(x, weights, u, grad_y, name)
    for key, result in zip(("grad_x", "grad_weights", "grad_biases"), results):
        assert_close(result, vectors[f"{name}/{key}"], EXACT_FLOAT64, key)


# Joins


@pytest.mark.parametrize("kind", ["ADD", "MUL", "MEAN", "CONCAT"])
def test_join_gradients_equal_finite_differences(kind):
    rng = np.random.default_rng(4)
    values = [rng.normal(size=(3, 5)) for _ in range(3)]
    forward, backward = graph.JOINS[kind]
    grad_out = rng.normal(size=forward(values).shape)
    for which, grad in enumerate(backward(values, grad_out)):

        def loss(at, which=which):
            return float(np.sum(grad_out * forward([at if i == which else v for i, v in enumerate(values)])))

        check_gradient(loss, grad, values[which], what=f"{kind}, source {which}")


def test_a_product_with_a_zero_factor_has_a_gradient_there():
    a, b = np.array([[0.0, 2.0]]), np.array([[3.0, 0.0]])
    assert [g.tolist() for g in combine.mul_backward([a, b], np.ones((1, 2)))] == [[[3.0, 0.0]], [[0.0, 2.0]]]


def test_concat_slice_and_reshape_keep_the_order():
    x = np.arange(12.0).reshape(2, 6)
    assert np.array_equal(combine.concat_forward([x[:, :4], x[:, 4:]]), x)
    assert np.array_equal(combine.slice_forward([x], 1, 3), x[:, 1:4])
    assert np.array_equal(combine.reshape_forward([x], (2, 3)), x.reshape(2, 2, 3))
    assert np.array_equal(combine.reshape_backward([x], x.reshape(2, 3, 2))[0], x)
    assert np.array_equal(combine.slice_backward([x], x[:, :2], 4, 2)[0], [[0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 6, 7]])


def test_dropout_divides_what_it_keeps():
    x, mask = np.array([[1.0, 2.0, 3.0]]), np.array([[1, 0, 1]])
    assert np.allclose(combine.dropout_forward([x], mask, 0.2), [[1.25, 0.0, 3.75]])
    assert np.allclose(combine.dropout_backward([x], np.ones((1, 3)), mask, 0.2)[0], [[1.25, 0.0, 1.25]])


# Losses


@pytest.mark.parametrize("case", oracles.prefixes("losses"))
def test_losses_equal_pytorch(case):
    at = oracles.group("losses", case)
    loss, gradient = losses.loss_and_gradient(case.removesuffix("_large"), at["o"], at["y"], at["w"])
    assert_close(loss, at["loss"], EXACT_FLOAT64, "loss")
    assert_close(gradient, at["grad_o"], EXACT_FLOAT64, "gradient")


@pytest.mark.parametrize("name", losses.NAMES)
def test_loss_gradients_equal_finite_differences(name):
    rng = np.random.default_rng(5)
    o, y, w = rng.normal(size=(4, 3)), rng.uniform(size=(4, 3)), rng.normal(size=4)
    check_gradient(lambda at: losses.loss_and_gradient(name, at, y, w)[0], losses.loss_and_gradient(name, o, y, w)[1], o)


@pytest.mark.parametrize("name", losses.NAMES)
def test_a_weight_of_two_is_the_event_twice(name):
    rng = np.random.default_rng(6)
    o, y = rng.normal(size=(4, 3)), rng.uniform(size=(4, 3))
    weighted, _ = losses.loss_and_gradient(name, o, y, [2.0, 1.0, 1.0, 1.0])
    repeated, _ = losses.loss_and_gradient(name, np.vstack([o[:1], o]), np.vstack([y[:1], y]))
    assert weighted * 4 == pytest.approx(repeated * 5, rel=1e-14)


def test_cross_entropy_divides_by_events_and_outputs_and_mutual_exclusive_by_events():
    o, y = np.zeros((2, 3)), np.eye(3)[:2]
    assert losses.loss_and_gradient("CROSSENTROPY", o, y)[0] == pytest.approx(np.log(2.0), rel=1e-15)
    assert losses.loss_and_gradient("MUTUALEXCLUSIVE", o, y)[0] == pytest.approx(np.log(3.0), rel=1e-15)
    assert losses.loss_and_gradient("SUMOFSQUARES", o, y)[0] == pytest.approx(1.0 / 3.0, rel=1e-15)
    assert losses.loss_and_gradient("SUMOFSQUARES_SIGMOID", o, y)[0] == pytest.approx(0.25, rel=1e-15)


# Whole networks


def described(case):
    """A network of graphs.npz in the form of naive.graph: nodes, outputs, inputs, and its vectors."""
    at = oracles.group("graphs", case)
    nodes, inputs, previous = [], {}, "input"
    start = 0
    for text in filter(None, str(at["input_layout"]).split(",")):
        name, width = text.split("=")
        inputs[name] = at["x"][:, start : start + int(width)]
        start += int(width)
    inputs = inputs or {"input": at["x"]}
    kinds, outputs = iter(str(at["losses"]).split("+")), []
    for item in str(at["layout"]).split(","):
        body, _, sources = item.partition("@")
        name, _, body = body.rpartition("=")
        kind, *fields = body.split("|")
        sources = tuple(sources.split("+")) if sources else (previous,)
        if kind == "OUTPUT":
            outputs.append((sources[0], next(kinds), float(fields[1]) if len(fields) > 1 else 1.0))
            continue
        settings = {"activation": fields[-1]} if fields else {}
        if kind == "DENSE":
            settings |= {"weights": at[f"{name}.weights"], "biases": at[f"{name}.biases"]}
            if f"mask.{name}" in at:
                settings |= {"mask": at[f"mask.{name}"], "drop": float(at[f"drop.{name}"])}
        nodes.append((name, kind, sources, settings))
        previous = name
    return nodes, outputs or [(previous, next(kinds), 1.0)], inputs, at


@pytest.mark.parametrize("case", oracles.prefixes("graphs"))
def test_graphs_equal_pytorch(case):
    nodes, outputs, inputs, at = described(case)
    result = graph.evaluate(nodes, outputs, inputs, at["targets"], at["w"])
    for name, _, _ in outputs:
        assert_close(result.values[name], at[f"out.{name}"], EXACT_FLOAT64, f"output {name}")
    assert_close(result.loss, at["loss"], EXACT_FLOAT64, "loss")
    assert_close(np.hstack([result.grads[name] for name in inputs]), at["grad_x"], EXACT_FLOAT64, "grad_x")
    for node, (grad_weights, grad_biases) in result.parameters.items():
        assert_close(grad_weights, at[f"{node}.grad_weights"], EXACT_FLOAT64, f"weights of {node}")
        assert_close(grad_biases, at[f"{node}.grad_biases"], EXACT_FLOAT64, f"biases of {node}")


@pytest.mark.parametrize("regularization", ["L1", "L2"])
def test_gradient_of_a_whole_network_with_penalty_equals_finite_difference(regularization):
    nodes, outputs, inputs, at = described("residual")
    settings = {"regularization": regularization, "decay": 0.03}
    start = graph.flat({n: (s["weights"], s["biases"]) for n, k, _, s in nodes if k == "DENSE"})
    result = graph.evaluate(nodes, outputs, inputs, at["targets"], at["w"], **settings)
    parameters = {name: result.parameters[name] for name, kind, _, _ in nodes if kind == "DENSE"}

    def loss(vector):
        return graph.evaluate(graph.with_parameters(nodes, vector), outputs, inputs, at["targets"], at["w"], **settings).loss

    check_gradient(loss, graph.flat(parameters), start, tolerance=1e-7, directions=2)


# Optimizers


def penalty_of(strategy):
    settings = dict(part.split("=") for part in strategy.split(","))
    return settings.get("Regularization", "NONE"), float(settings.get("WeightDecay", 0.0)), settings


OPTIMIZER_KEYS = {"Momentum": "momentum", "ADAM_beta1": "beta1", "ADAM_beta2": "beta2", "ADAM_eps": "eps"}


@pytest.mark.parametrize("case", oracles.prefixes("training"))
def test_a_hundred_steps_equal_pytorch(case):
    shared, at = oracles.load("training"), oracles.group("training", case)
    regularization, decay, settings = penalty_of(str(at["strategy"]))
    theta = shared["initial"].copy()
    chosen = {ours: float(settings[key]) for key, ours in OPTIMIZER_KEYS.items() if key in settings}
    optimizer = optimizers.Optimizer(settings["Optimizer"], len(theta), float(settings["LearningRate"]), **chosen)
    empty = {"h1": (8, 4, "TANH"), "h2": (6, 8, "SIGMOID"), "score": (1, 6, "LINEAR")}
    nodes, previous = [], "input"
    for name, (outputs, width, activation) in empty.items():
        at_node = {"weights": np.zeros((outputs, width)), "biases": np.zeros(outputs), "activation": activation}
        nodes.append((name, "DENSE", (previous,), at_node))
        previous = name
    for step in range(100):
        events = shared["order"][10 * step : 10 * step + 10]
        now = graph.with_parameters(nodes, theta)
        result = graph.evaluate(
            now,
            [("score", "CROSSENTROPY", 1.0)],
            {"input": shared["x"][events]},
            shared["targets"][events],
            shared["w"][events],
            regularization,
            decay,
        )
        penalty = sum(optimizers.penalty(regularization, decay, at["weights"]) for *_, at in now)
        assert result.loss - penalty == pytest.approx(float(oracles.group("training", case)["losses"][step]), rel=1e-9)
        theta = optimizer.step(theta, graph.flat({name: result.parameters[name] for name, *_ in nodes}))
        if step + 1 in (1, 10, 100):
            expected = oracles.group("training", case)[f"step{step + 1}"]
            assert_close(theta, expected, STEPS_100_FLOAT64, f"parameters after step {step + 1}")


@pytest.mark.parametrize("case", oracles.prefixes("training"))
def test_float32_losses_follow_the_float64_ones(case):
    at = oracles.group("training", case)
    assert at["losses32"].dtype == np.float32
    assert_close(at["losses32"], at["losses"][:50], TRACE_FLOAT32)


# The vectors themselves


def test_vectors_are_small_and_finite():
    for path in oracles.DATA.glob("*.npz"):
        assert path.stat().st_size < 100_000
        for key, array in oracles.load(path.stem).items():
            assert array.dtype.kind == "U" or np.isfinite(array).all(), f"{path.name}: {key}"


def test_pytorch_still_gives_the_stored_vectors():
    pytest.importorskip("torch")
    from tests.oracles import make_vectors

    for name in ("activations", "losses", "graphs"):
        again = make_vectors.VECTORS[name]()
        assert list(again) == list(oracles.load(name))
        for key, array in oracles.load(name).items():
            if array.dtype.kind == "U":
                assert str(again[key]) == str(array)
            else:
                assert_close(again[key], array, EXACT_FLOAT64, f"{name}: {key}")
