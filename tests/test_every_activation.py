"""Every registered activation, through the same checks: what it declares, its formulas, its kernels, networks, files, ONNX."""

import numpy as np
import pytest

from tests.helpers import FLOAT32_FORWARD, assert_close
from tests.kernels.tools import call
from tests.members import by_onnxruntime, forgotten, saved_and_loaded, without_import_line
from tmvalite import MethodDL, activations, mathematics
from tmvalite.activations import ACTIVATIONS, BY_CODE, Activation
from tmvalite.methods.understood import understand

ALL = [pytest.param(a, id=name) for name, a in ACTIVATIONS.items()]
ELEMENTWISE = [pytest.param(a, id=name) for name, a in ACTIVATIONS.items() if a.elementwise]
POINTS = np.array([-7.3, -2.61, -1.37, -0.41, -0.013, 0.017, 0.39, 1.43, 2.71, 6.9])  # where nobody puts a kink


def slope(activation, x):
    y = activation.forward(mathematics, x)
    return activation.backward(mathematics, y if activation.saves == "output" else x, np.ones_like(x))


def test_every_file_has_its_import_line():
    assert not (names := without_import_line(activations)), (
        f"no import line in tmvalite/activations/__init__.py: {', '.join(names)}"
    )


@pytest.mark.parametrize("activation", ALL)
def test_it_declares_all_that_is_asked_of_it(activation):
    parts = ["formula", "saves", "onnx"] + ["forward", "backward", "examples"] * activation.elementwise
    assert not (missing := forgotten(activation, Activation, parts)), f"{activation.name} does not declare {', '.join(missing)}"
    assert activation.saves in ("input", "output"), f"{activation.name}: saves is neither input nor output"
    assert activation.name.isupper() and activation.formula == activation.formula.strip()


def test_no_two_have_the_same_code():
    assert len(BY_CODE) == sum(a.code is not None for a in ACTIVATIONS.values())


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_examples_are_the_values_and_slopes(activation):
    for x, value, derivative in activation.examples:
        at = np.array([x])
        found = [activation.forward(mathematics, at)[0], slope(activation, at)[0]]
        np.testing.assert_allclose(found, [value, derivative], rtol=1e-12, atol=1e-15, err_msg=f"{activation.name} at {x}")


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_slope_equals_central_difference(activation):
    high, low = (activation.forward(mathematics, POINTS + step) for step in (1e-6, -1e-6))
    np.testing.assert_allclose(slope(activation, POINTS), (high - low) / 2e-6, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_kernels_give_what_the_formulas_give_at_any_place(activation, precision):
    x = np.concatenate([POINTS, np.random.default_rng(1).standard_normal(54)]).astype(precision)
    grad = np.linspace(-1, 1, len(x)).astype(precision)

    def run(x, grad):
        y, g = np.empty_like(x), grad.copy()
        call(activation.kernels[0], [x.copy(), y], rows=1)
        call(activation.kernels[1], [(y if activation.saves == "output" else x).copy(), g], rows=1)
        return y, g

    y, g = run(x, grad)
    tolerance = 1e-14 if precision == "float64" else FLOAT32_FORWARD
    assert_close(y, activation.forward(mathematics, x.astype(float)), tolerance, activation.name)
    assert_close(g, grad * slope(activation, x.astype(float)), tolerance, f"{activation.name}'")
    for part in (slice(0, 1), slice(3, 20), slice(11, 64)):
        assert [a.tobytes() for a in run(x[part], grad[part])] == [y[part].tobytes(), g[part].tobytes()]


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("activation", [p for p in ELEMENTWISE if p.values[0].curved])
def test_curvature_is_the_slope_of_the_slope(activation, precision):
    high, low = (slope(activation, POINTS + step) for step in (1e-6, -1e-6))
    expected = activation.curvature(mathematics, POINTS)
    np.testing.assert_allclose(expected, (high - low) / 2e-6, rtol=1e-7, atol=1e-8)
    x, y, g = POINTS.astype(precision), np.empty_like(POINTS, precision), np.empty_like(POINTS, precision)
    call(activation.slope_kernel, [x, y], rows=1)
    call(activation.slope_kernel.backward[0], [x, np.full_like(x, 2), g], (0,), rows=1)
    tolerance = 1e-14 if precision == "float64" else FLOAT32_FORWARD
    assert_close(y, slope(activation, x.astype(float)), tolerance, f"{activation.name}'")
    assert_close(g, 2 * activation.curvature(mathematics, x.astype(float)), tolerance, f"{activation.name}''")


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_unit_range_says_whether_values_lie_between_0_and_1(activation):
    values = activation.forward(mathematics, np.linspace(-30, 30, 601))
    assert activation.unit_range == (values.min() >= 0 and values.max() <= 1)


@pytest.mark.parametrize("activation", ALL)
def test_onnxruntime_gives_the_same_values(activation):
    x = np.random.default_rng(2).standard_normal((5, 7)).astype(np.float32)
    forward = activation.forward if activation.elementwise else lambda m, x: m.softmax(x)
    assert_close(by_onnxruntime(activation.onnx, x), forward(mathematics, x.astype(float)), 1e-6, activation.name)


@pytest.mark.parametrize("activation", ALL)
def test_a_network_trains_with_it_and_comes_back_from_its_file(activation, tmp_path):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((60, 3))
    strategy = "LearningRate=1e-2,MaxEpochs=3,BatchSize=20,TestRepetitions=1"
    options = f"Layout=h=DENSE|5|{activation.name},ACT|{activation.name},DENSE|1|LINEAR:RandomSeed=1:TrainingStrategy={strategy}"
    method = MethodDL(options, analysis_type="regression").fit(x, x[:, 0], progress="silent")
    assert np.isfinite(method.history["train_loss"]).all()
    again = saved_and_loaded(method, tmp_path / "a.xml")
    assert again.GetMvaValues(x).tobytes() == method.GetMvaValues(x).tobytes()
    assert f"|{activation.name}" in understand(options).as_text()


@pytest.mark.parametrize("activation", ALL)
def test_the_weight_file_has_tmva_s_code_or_our_extension(activation, tmp_path):
    strategy = "LearningRate=1e-3,MaxEpochs=1,BatchSize=20,TestRepetitions=1"
    options = f"Layout=DENSE|5|{activation.name},DENSE|1|LINEAR:RandomSeed=1:TrainingStrategy={strategy}"
    x = np.random.default_rng(4).standard_normal((40, 3))
    MethodDL(options, analysis_type="regression").fit(x, x[:, 0], progress="silent").save(tmp_path / "a.xml")
    text = (tmp_path / "a.xml").read_text()
    assert (f'ActivationFunction="{activation.code}"' in text, "<Network" in text) == (
        (False, True) if activation.code is None else (True, False)
    )
