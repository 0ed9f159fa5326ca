"""Activations, losses and random numbers: values, derivatives, and the same bits wherever an element lies."""

import numpy as np
import pytest
from numba.core import types

from tests.helpers import assert_close
from tests.naive import activations as naive
from tests.naive import losses as naive_losses
from tmvalite.kernels import activation, loss, random
from tmvalite.kernels import math as kernel_math
from tmvalite.kernels._jit import entry_point, pointer
from tmvalite.training.streams import philox, stream_key


@entry_point(lambda e: (types.int64, types.int64, e[::1], e[::1]))
def run(form, code, saved, y):
    n, p = y.shape[0], pointer(y, 0)
    if form == 0:
        activation.activation_forward(code, n, p)
    elif form == 1:
        activation.activation_backward(code, n, pointer(saved, 0), p)
    elif form == 2:
        for i in range(n):
            p[i] = kernel_math.exp(p[i])
    else:
        for i in range(n):
            p[i] = kernel_math.expm1(p[i])


@entry_point(lambda e: (types.int64, e[:, ::1], e[:, ::1], e[::1], types.float64, e[:, ::1]))
def run_loss(code, o, y, w, scale, grad):
    return loss.loss(code, o.shape[0], o.shape[1], pointer(o, 0), pointer(y, 0), y.shape[1], pointer(w, 0), scale, pointer(grad, 0), False)


@entry_point(lambda e: (types.int64[::1], e[::1], e[:, ::1]))
def run_dropout(key, scale, y):
    random.dropout(y.shape[0], y.shape[1], key[0], key[1], key[2], key[3], key[4], key[5], scale[0], pointer(y, 0))


PRECISIONS = ["float32", "float64"]
EPSILON = {"float32": 2.0**-23, "float64": 2.0**-52}
NAMES = sorted(activation.CODES)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", NAMES)
def test_activation_and_derivative_equal_the_slow_twin(name, precision):
    x = np.concatenate([np.linspace(-9, 9, 301), np.geomspace(1e-6, 40, 50), -np.geomspace(1e-6, 40, 50)])
    x = x[np.abs(x) > 1e-9].astype(precision)
    call, code, y = run.get(precision), activation.CODES[name], x.copy()
    if code:
        call(0, code, y, y)
    # a handful of roundings; GELU cancels far on the left, so the error is relative to the largest value
    tolerance = 8 * EPSILON[precision]
    assert np.max(np.abs(y - naive.forward(name, x.astype(float)))) <= tolerance * max(1, np.abs(y).max())
    saved = y if activation.SAVES.get(name) == "output" else x
    grad = np.ones_like(x)
    if code:
        call(1, code, saved, grad)
    expected = naive.backward(name, x.astype(float), np.ones(x.shape))
    assert np.max(np.abs(grad - expected)) <= tolerance * max(1, np.abs(expected).max())


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("form", [2, 3])
def test_exponentials_are_right_to_two_units_in_the_last_place(form, precision):
    x = np.concatenate([np.linspace(-30, 30, 20001), np.geomspace(1e-8, 1, 2000), -np.geomspace(1e-8, 1, 2000)]).astype(precision)
    y = x.copy()
    run.get(precision)(form, 0, y, y)
    exact = (np.exp, np.expm1)[form - 2](x.astype(np.longdouble))
    assert np.max(np.abs(y - exact) / np.spacing(np.abs(exact).astype(precision))) < 2


@pytest.mark.parametrize("precision", PRECISIONS)
def test_extreme_arguments_stay_sensible(precision):
    x = np.array([np.inf, -np.inf, np.nan, 0.0, 1e4, -1e4], precision)
    expected = {2: [np.inf, 0, np.nan, 1, np.inf, 0], "TANH": [1, -1, np.nan, 0, 1, -1], "SIGMOID": [1, 0, np.nan, 0.5, 1, 0]}
    for case, values in expected.items():
        y = x.copy()
        if case == 2:
            run.get(precision)(2, 0, y, y)
        else:
            run.get(precision)(0, activation.CODES[case], y, y)
        assert np.allclose(y, values, atol=1e-30, rtol=0, equal_nan=True), case


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", NAMES)
def test_bits_do_not_depend_on_length_or_place(name, precision):
    call, code = run.get(precision), activation.CODES[name]
    x = np.random.default_rng(3).standard_normal(256).astype(precision) * 3
    long, long_grad = x.copy(), np.linspace(-1, 1, 256).astype(precision)
    gradients = long_grad.copy()
    call(0, code, long, long)
    saved = long if activation.SAVES.get(name) == "output" else x
    call(1, code, saved, long_grad)
    for n in range(1, 41):
        for start in (0, 5):
            part, part_grad = x[start : start + n].copy(), gradients[start : start + n].copy()
            call(0, code, part, part)
            call(1, code, saved[start : start + n].copy(), part_grad)
            assert part.tobytes() == long[start : start + n].tobytes()
            assert part_grad.tobytes() == long_grad[start : start + n].tobytes()


@pytest.mark.parametrize("name", sorted(loss.CODES))
@pytest.mark.parametrize("scale", [1.0, 50.0])
def test_loss_and_gradient_equal_the_slow_twin(name, scale):
    rng = np.random.default_rng(4)
    o, w = scale * rng.standard_normal((7, 3)), rng.uniform(-0.5, 1.5, 7)
    y = rng.uniform(0, 1, (7, 3))
    grad = np.empty_like(o)
    total = run_loss.get("float64")(loss.CODES[name], o, y, w, 1 / 7, grad)
    expected, gradient = naive_losses.loss_and_gradient(name, o, y, w)
    assert_close(total / 7, expected, 1e-13)
    assert_close(grad, gradient, 1e-13)


@pytest.mark.parametrize("name", sorted(loss.CODES))
def test_loss_is_finite_for_huge_logits_and_nan_for_nan(name):
    o = np.array([[1e4, -1e4, 0.0]], np.float32)
    y, w, grad = np.array([[0.0, 1.0, 0.5]], np.float32), np.ones(1, np.float32), np.empty((1, 3), np.float32)
    call = run_loss.get("float32")
    assert np.isfinite(call(loss.CODES[name], o, y, w, 1.0, grad)) and np.isfinite(grad).all()
    o[0, 1] = np.nan
    assert np.isnan(call(loss.CODES[name], o, y, w, 1.0, grad))


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 64])
def test_dropout_drops_what_the_random_stream_says(width):
    k0, k1 = stream_key(17, "dropout", "node")
    rate, rows, first, step, epoch = 0.3, 6, 5, 2, 9
    threshold = round(rate * 2**32)
    y = np.ones((rows, width))
    run_dropout.get("float64")(np.array([first, step, epoch, k0, k1, threshold]), np.array([1 / (1 - rate)]), y)
    for r in range(rows):
        for i in range(width):
            words = philox((i // 4, first + r, step, epoch), (k0, k1))
            kept = int(np.ravel(words)[i % 4]) >= threshold
            assert y[r, i] == (1 / (1 - rate) if kept else 0.0)


def test_dropout_rate_is_the_share_of_zeros():
    y = np.ones((500, 200), np.float32)
    run_dropout.get("float32")(np.array([0, 0, 0, 1, 2, round(0.25 * 2**32)]), np.array([1 / 0.75], np.float32), y)
    assert abs((y == 0).mean() - 0.25) < 5 * np.sqrt(0.25 * 0.75 / y.size)
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
