"""Pooling, resampling, means and slices against PyTorch: stored results, and fifty random shapes a layer where it is there."""

import numpy as np
import pytest

from tests import oracles
from tests.alone import run_alone
from tests.helpers import EXACT_FLOAT64, FLOAT32_FORWARD, FLOAT32_GRADIENT, assert_close
from tests.oracles.pooling import KINDS, torch_result

BOTH = [("float64", EXACT_FLOAT64, EXACT_FLOAT64), ("float32", FLOAT32_FORWARD, FLOAT32_GRADIENT)]


def compare(text, inputs, grad, y, grads, precision, forward, backward):
    ours, our_grads = run_alone(text, inputs, grad, precision)
    assert_close(ours.reshape(y.shape), y, forward, text)
    for i, (ours, theirs) in enumerate(zip(our_grads, grads, strict=True)):
        assert_close(ours, theirs, backward, f"{text}, gradient of input {i}")


@pytest.mark.parametrize("precision, forward, backward", BOTH)
@pytest.mark.parametrize("case", oracles.prefixes("pooling"))
def test_stored_results(case, precision, forward, backward):
    at = oracles.group("pooling", case)
    count = sum(key.startswith("grad_x") for key in at)
    inputs, grads = [at[f"x{i}"] for i in range(count)], [at[f"grad_x{i}"] for i in range(count)]
    compare(str(at["text"]), inputs, at["grad"], at["y"], grads, precision, forward, backward)


@pytest.mark.parametrize("kind", KINDS)
def test_fifty_random_shapes(kind):
    pytest.importorskip("torch")
    for seed in range(50):
        compare(*torch_result(seed, kind), "float64", EXACT_FLOAT64, EXACT_FLOAT64)
        if seed < 10:
            compare(*torch_result(seed, kind), "float32", FLOAT32_FORWARD, FLOAT32_GRADIENT)


def test_the_stored_results_are_those_of_the_generator():
    pytest.importorskip("torch")
    text, inputs, grad, y, _ = torch_result(100, "AVGPOOL")
    at = oracles.group("pooling", "AVGPOOL100")
    assert str(at["text"]) == text and np.array_equal(at["x0"], inputs[0])
    assert_close(at["y"], y, EXACT_FLOAT64)
