"""Activations, losses and random numbers: values, derivatives, and the same bits wherever an element lies."""

import numpy as np
import pytest
from numba.core import types

from tests.helpers import assert_close
from tests.kernels.tools import call
from tests.naive import activations as naive
from tests.naive import losses as naive_losses
from tmvalite.activations import ACTIVATIONS
from tmvalite.kernels import math as kernel_math
from tmvalite.kernels._jit import entry_point, pointer
from tmvalite.kernels.random import dropout_values
from tmvalite.losses import trained
from tmvalite.training.streams import philox, stream_key

PRECISIONS = ["float32", "float64"]
EPSILON = {"float32": 2.0**-23, "float64": 2.0**-52}


@entry_point(lambda e: (types.int64, e[::1]))
def exponential(form, y):  # exp expm1 tanh log1p
    p = pointer(y, 0)
    if form == 0:
        for i in range(y.shape[0]):
            p[i] = kernel_math.exp(p[i])
    elif form == 1:
        for i in range(y.shape[0]):
            p[i] = kernel_math.expm1(p[i])
    elif form == 2:
        for i in range(y.shape[0]):
            p[i] = kernel_math.tanh(p[i])
    else:
        for i in range(y.shape[0]):
            p[i] = kernel_math.log1p_of_fraction(p[i])


def forward(name, x):
    y = x.copy()
    call(ACTIVATIONS[name].kernels[0], [x.copy(), y], rows=1)
    return y


def backward(name, x, y, grad):
    grad = grad.copy()
    call(ACTIVATIONS[name].kernels[1], [(y if ACTIVATIONS[name].saves == "output" else x).copy(), grad], rows=1)
    return grad


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", naive.ELEMENTWISE)
def test_activation_and_derivative_equal_the_slow_twin(name, precision):
    x = np.concatenate([np.linspace(-9, 9, 301), np.geomspace(1e-6, 40, 50), -np.geomspace(1e-6, 40, 50)])
    x = x[np.abs(x) > 1e-9].astype(precision)
    y = forward(name, x)
    # a handful of roundings; GELU cancels far on the left, so the error is relative to the largest value
    tolerance = 8 * EPSILON[precision]
    assert np.max(np.abs(y - naive.forward(name, x.astype(float)))) <= tolerance * max(1, np.abs(y).max())
    expected = naive.backward(name, x.astype(float), np.ones(x.shape))
    assert np.max(np.abs(backward(name, x, y, np.ones_like(x)) - expected)) <= tolerance * max(1, np.abs(expected).max())


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("form, exact", [(0, np.exp), (1, np.expm1), (2, np.tanh), (3, np.log1p)])
def test_exponentials_are_right_to_a_few_units_in_the_last_place(form, exact, precision):
    x = np.concatenate([np.linspace(-30, 30, 20001), np.geomspace(1e-8, 1, 2000), -np.geomspace(1e-8, 1, 2000)])
    x = np.exp(-np.abs(x)).astype(precision) if form == 3 else x.astype(precision)
    y = x.copy()
    exponential.get(precision)(form, y)
    expected = exact(x.astype(np.longdouble))
    bound = 3 if form == 2 else 2  # tanh is a quotient of two such numbers
    assert np.max(np.abs(y - expected) / np.spacing(np.abs(expected).astype(precision))) < bound


@pytest.mark.parametrize("precision", PRECISIONS)
def test_extreme_arguments_stay_sensible(precision):
    x = np.array([np.inf, -np.inf, np.nan, 0.0, 1e4, -1e4], precision)
    y = x.copy()
    exponential.get(precision)(0, y)
    assert np.array_equal(y, np.array([np.inf, 0, np.nan, 1, np.inf, 0], precision), equal_nan=True)
    for name, values in {
        "TANH": [1, -1, np.nan, 0, 1, -1],
        "SIGMOID": [1, 0, np.nan, 0.5, 1, 0],
        "RELU": [np.inf, 0, np.nan, 0, 1e4, 0],
    }.items():
        assert np.allclose(forward(name, x), values, atol=1e-30, rtol=0, equal_nan=True), name


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", naive.ELEMENTWISE)
def test_bits_do_not_depend_on_length_or_place(name, precision):
    x = np.random.default_rng(3).standard_normal(256).astype(precision) * 3
    gradients = np.linspace(-1, 1, 256).astype(precision)
    long = forward(name, x)
    long_grad = backward(name, x, long, gradients)
    for n in range(1, 41):
        for part in (slice(0, n), slice(5, 5 + n)):
            assert forward(name, x[part]).tobytes() == long[part].tobytes()
            assert backward(name, x[part], long[part], gradients[part]).tobytes() == long_grad[part].tobytes()


def kernel_of(name):
    loss, function = trained(name)
    return loss.kernel(function)


def run_loss(name, o, y, w, count):
    scales, terms, grad = np.array([2.0]), np.zeros(1), np.zeros_like(o)
    total = call(
        kernel_of(name),
        [o, y, w, grad],
        (0, 0, 0),
        rows=len(o),
        training=1,
        count=count,
        loss_scales=scales.ctypes.data,
        terms=terms.ctypes.data,
    )
    assert total == 2 * terms[0] or np.isnan(total)
    return terms[0], grad / 2


@pytest.mark.parametrize("name", naive_losses.NAMES)
@pytest.mark.parametrize("scale", [1.0, 50.0])
def test_loss_and_gradient_equal_the_slow_twin(name, scale):
    rng = np.random.default_rng(4)
    o, w = scale * rng.standard_normal((7, 3)), rng.uniform(-0.5, 1.5, 7)
    y = rng.uniform(0, 1, (7, 3))
    total, grad = run_loss(name, o, y, w, 7)
    expected, gradient = naive_losses.loss_and_gradient(name, o, y, w)
    assert_close(total / 7, expected, 1e-13)
    assert_close(grad, gradient, 1e-13)


@pytest.mark.parametrize("name", naive_losses.NAMES)
def test_loss_is_finite_for_huge_logits_and_nan_for_nan(name):
    o = np.array([[1e4, -1e4, 0.0]], np.float32)
    y, w = np.array([[0.0, 1.0, 0.5]], np.float32), np.ones(1, np.float32)
    total, grad = run_loss(name, o, y, w, 1)
    assert np.isfinite(total) and np.isfinite(grad).all()
    o[0, 1] = np.nan
    assert np.isnan(run_loss(name, o, y, w, 1)[0])


def run_dropout(y, rate, key, first=0, step=0, epoch=0):
    keys, rates = np.array(key, np.int64), np.array([rate])
    out = np.empty_like(y)
    call(
        dropout_values,
        [y, out],
        (0,),
        rows=len(y),
        training=1,
        first=first,
        step=step,
        epoch=epoch,
        keys=keys.ctypes.data,
        settings=rates.ctypes.data,
    )
    return out


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 64])
def test_dropout_drops_what_the_random_stream_says(width):
    key = stream_key(17, "dropout", "node")
    rate, first, step, epoch = 0.3, 5, 2, 9
    y = run_dropout(np.ones((6, width)), rate, key, first, step, epoch)
    for r in range(6):
        for i in range(width):
            words = philox((i // 4, first + r, step, epoch), key)
            kept = int(np.ravel(words)[i % 4]) >= round(rate * 2**32)
            assert y[r, i] == (1 / (1 - rate) if kept else 0.0)


def test_dropout_rate_is_the_share_of_zeros():
    y = run_dropout(np.ones((500, 200), np.float32), 0.25, (1, 2))
    assert abs((y == 0).mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / y.size)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
