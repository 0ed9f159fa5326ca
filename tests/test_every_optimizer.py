"""Every registered optimizer, through the same checks: what it declares, steps, kernel, strategies, trainings, printing."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest

from tests.helpers import FLOAT32_FORWARD, assert_close
from tests.members import forgotten, saved_and_loaded, without_import_line
from tests.networks import network_of
from tmvalite import MethodDL, mathematics, optimizers
from tmvalite.errors import Diagnostics, Source
from tmvalite.methods.understood import understand
from tmvalite.optimizers import OPTIMIZERS, Optimizer
from tmvalite.string_utils import parse_strategy, resolve_strategy
from tmvalite.string_utils.training_keys import KEYS, find_key
from tmvalite.training.optimizers import OptimizerSettings

ALL = [pytest.param(optimizer, id=name) for name, optimizer in OPTIMIZERS.items()]
OWN = [pytest.param(o, n, id=o.key(n)) for o in OPTIMIZERS.values() for n in o.numbers]


def test_every_file_has_its_import_line():
    assert not (names := without_import_line(optimizers)), (
        f"no import line in tmvalite/optimizers/__init__.py: {', '.join(names)}"
    )


@pytest.mark.parametrize("optimizer", ALL)
def test_it_declares_all_that_is_asked_of_it(optimizer):
    missing = forgotten(optimizer, Optimizer, ["text", "formula", "prepared", "step", "examples"])
    assert not missing, f"{optimizer.name} does not declare {', '.join(missing)}"
    assert optimizer.name.isupper()
    empty = [number.name or "a number" for number in optimizer.numbers if not (number.name and number.field and number.help)]
    assert not empty, f"{optimizer.name}: {', '.join(empty)} has no name, field or help"
    assert len(set(optimizer.fields)) == len(optimizer.numbers), f"{optimizer.name}: two numbers have one field"


@pytest.mark.parametrize("optimizer", ALL)
def test_its_formulas_read_the_numbers_and_moments_that_it_declares(optimizer):
    """Asked before anything is computed, so that a forgotten one is named."""
    read = set()

    class Settings:
        def __getattr__(self, name):
            read.add(name)
            return 0.5

    optimizer.prepared(mathematics, Settings(), 1)
    undeclared = sorted(read - {"learning_rate", *optimizer.fields})
    assert not undeclared, f"{optimizer.name} reads {', '.join(undeclared)}, and none of its numbers has that field"
    unread = sorted({*optimizer.fields} - read)
    assert not unread, f"{optimizer.name} never reads {', '.join(unread)} of its numbers"
    moments = list(inspect.signature(optimizer.step).parameters)[4:]
    assert len(moments) == len(optimizer.moments), f"{optimizer.name}.step takes the moments {moments}, not {optimizer.moments}"


def numbers_of(optimizer, given):
    return {"learning_rate": 1e-3} | {n.field: n.default for n in optimizer.numbers} | dict(given)


def by_formula(optimizer, theta, gradients, given):
    """The parameters after every step, from the formulas in numpy."""
    settings, found = SimpleNamespace(**numbers_of(optimizer, given)), []
    moments = [np.zeros_like(theta) for _ in optimizer.moments]
    for t, g in enumerate(gradients, 1):
        numbers = optimizer.prepared(mathematics, settings, t)
        theta, *moments = optimizer.step(mathematics, numbers, theta, g, *moments)
        found.append(theta)
    return found


def by_training(optimizer, theta, gradients, given, precision="float64"):
    """The same through the compiled update. The only layer is an offset whose gradient is that of sum (target - offset)^2."""
    network = network_of(f"DENSE|{len(theta)}|LINEAR", 1, len(theta), losses=("SUMOFSQUARES",), precision=precision, threads=1)
    node = network.graph.nodes[0].name
    network.parameters.set(node, "Weights", np.zeros((len(theta), 1)))
    network.parameters.set(node, "Biases", np.reshape(theta, (-1, 1)))
    state = network.new_optimizer(OptimizerSettings(optimizer.name, **numbers_of(optimizer, given)))
    x, w, found = np.zeros((1, 1), precision), np.ones(1, precision), []
    for g in gradients:  # loss = mean (b - y)^2, so that y = b - g width / 2
        offset = network.parameters.get(node, "Biases").ravel()
        targets = np.reshape(offset - np.asarray(g) * len(theta) / 2, (1, -1)).astype(precision)
        network.train_steps(x, targets, w, np.arange(1), batch_size=1, first=0, count=1, optimizer=state)
        found.append(network.parameters.get(node, "Biases").ravel().copy())
    return found


@pytest.mark.parametrize("optimizer", ALL)
def test_examples_are_its_steps(optimizer):
    for theta, gradients, expected, numbers in optimizer.examples:
        given = [np.array([g]) for g in gradients]
        for way in (by_formula, by_training):
            found = np.ravel(way(optimizer, np.array([theta]), given, numbers))
            np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=f"{optimizer.name}, {way.__name__}")


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", ALL)
def test_kernel_gives_what_the_formulas_give(optimizer, precision):
    rng = np.random.default_rng(7)
    theta, gradients = rng.standard_normal(37), rng.standard_normal((5, 37))
    found = by_training(optimizer, theta, gradients, {"learning_rate": 0.1}, precision)
    expected = by_formula(optimizer, theta, gradients, {"learning_rate": 0.1})
    for step, (one, other) in enumerate(zip(found, expected, strict=True), 1):
        assert_close(one, other, 1e-12 if precision == "float64" else 10 * FLOAT32_FORWARD, f"{optimizer.name}, step {step}")


def phase_of(text):
    """The phase, and the warnings but for those about numbers that are not written."""
    source = Source(text)
    diagnostics = Diagnostics(source)
    (phase,) = resolve_strategy(parse_strategy(source, None, diagnostics), diagnostics)
    return phase, [warning for warning in diagnostics.warnings if warning.code != "hidden-default"]


def strategy_of(optimizer, more):
    """A strategy in which every number is written whose default may surprise."""
    shared = [f"{number.shared_key}={number.default}" for number in optimizer.numbers if number.shared_key]
    return ",".join([f"Optimizer={optimizer.name}", *shared, "TestRepetitions=1", more])


@pytest.mark.parametrize("optimizer", ALL)
def test_a_strategy_names_it_and_gives_its_defaults(optimizer):
    phase, warnings = phase_of(f"Optimizer={optimizer.name}")
    assert phase.optimizer == optimizer.name and not warnings
    assert {n.field: getattr(phase, n.field) for n in optimizer.numbers} == {n.field: n.default for n in optimizer.numbers}


@pytest.mark.parametrize("optimizer,number", OWN)
def test_a_strategy_sets_every_number_and_says_where_it_has_no_effect(optimizer, number):
    name = optimizer.key(number)
    key = find_key(name)
    assert key is not None and key.allows(number.default), f"the default of {name} is outside its range"
    value = number.default / 2 or 0.25
    phase, warnings = phase_of(f"Optimizer={optimizer.name},{name}={value!r}")
    assert getattr(phase, number.field) == value and not warnings
    others = [o.name for o in OPTIMIZERS.values() if o is not optimizer]
    _, warnings = phase_of(f"Optimizer={others[0]},{name}={value!r}")
    assert [w.code for w in warnings] == ([] if number.shared_key else ["key-without-effect"])


def test_no_key_of_a_strategy_has_two_meanings():
    names = [key.name.lower() for key in KEYS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("optimizer", ALL)
def test_check_and_the_log_say_its_numbers(optimizer, capsys):
    strategy = strategy_of(optimizer, "LearningRate=1e-3,MaxEpochs=1,BatchSize=20")
    options = f"Layout=TANH|3,LINEAR:RandomSeed=1:TrainingStrategy={strategy}"
    line = " ".join(understand(options).as_text().partition("training\n")[2].partition("\n\n")[0].split())
    assert line.startswith(f"phase 1: {optimizer.name}, learning rate 0.001, ")
    assert ("momentum" in line) == ("momentum" in optimizer.fields)
    x = np.random.default_rng(8).standard_normal((40, 2))
    MethodDL(options, analysis_type="regression").fit(x, x[:, 0], progress="table")
    shown = ",".join(f"{n.name}={n.default:g}" for n in optimizer.numbers)
    assert f"Optimizer {optimizer.name} ({shown}) Learning rate = 0.001" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("optimizer", ALL)
def test_a_training_learns_with_it_and_comes_back_from_its_file(optimizer, tmp_path):
    x = np.random.default_rng(9).standard_normal((100, 3))
    strategy = strategy_of(optimizer, "LearningRate=1e-2,MaxEpochs=5,BatchSize=20,WeightDecay=1e-4,Regularization=L2")
    method = MethodDL(f"Layout=TANH|5,LINEAR:RandomSeed=1:TrainingStrategy={strategy}", analysis_type="regression")
    method.fit(x, x[:, 0], progress="silent")
    history = method.history["train_loss"]
    assert np.isfinite(history).all() and history[-1] < history[0]
    again = saved_and_loaded(method, tmp_path / "a.xml")
    assert again.GetMvaValues(x).tobytes() == method.GetMvaValues(x).tobytes()
    assert f"Optimizer={optimizer.name}" in (tmp_path / "a.xml").read_text()
