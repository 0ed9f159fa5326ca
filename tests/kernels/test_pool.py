"""Pooling against the slow twin: any window, stride, padding and width; ties, NaN, and the same bits for every vector width."""

import numpy as np
import pytest

from tests.helpers import assert_close
from tests.kernels.tools import call
from tests.naive import pool as naive
from tmvalite.kernels import pool

TOLERANCE = {"float64": 1e-14, "float32": 1e-6}
# image rows and columns, window, strides, pads (top, left), columns and rows added at the other ends, framed
CASES = [
    ((5, 6), (2, 2), (1, 1), (0, 0), (0, 0), False),
    ((16, 16), (2, 2), (1, 1), (0, 0), (0, 0), False),
    ((9, 35), (2, 3), (1, 1), (0, 0), (0, 0), False),
    ((8, 40), (2, 2), (2, 2), (0, 0), (0, 0), False),
    ((7, 41), (3, 3), (2, 2), (1, 1), (1, 1), False),
    ((5, 7), (2, 2), (2, 2), (0, 0), (1, 1), False),
    ((7, 9), (3, 2), (1, 3), (1, 0), (1, 1), False),
    ((6, 23), (1, 5), (2, 2), (0, 2), (0, 2), False),
    ((4, 31), (4, 4), (1, 1), (2, 3), (3, 2), False),
    ((4, 4), (4, 4), (1, 1), (0, 0), (0, 0), False),
    ((3, 19), (1, 1), (2, 2), (0, 0), (0, 0), False),
    ((9, 20), (2, 2), (3, 4), (0, 0), (0, 0), False),
    ((9, 37), (2, 2), (2, 2), (0, 0), (0, 0), False),
    ((7, 42), (3, 3), (2, 2), (1, 1), (1, 1), False),
    ((7, 34), (3, 3), (2, 2), (0, 0), (0, 0), False),
    ((8, 16), (3, 3), (1, 1), (1, 1), (1, 1), False),
    ((6, 17), (2, 2), (2, 2), (1, 1), (0, 1), False),
    ((5, 33), (3, 3), (2, 2), (1, 2), (2, 1), True),
    ((6, 18), (2, 3), (1, 1), (3, 4), (4, 3), True),
    ((2, 3), (3, 5), (1, 1), (2, 2), (1, 2), True),
]


def geometry(shape, window, strides, pads, rest, framed):
    """The descriptor's columns and the size of the output."""
    out = tuple((n + a + b - k) // s + 1 for n, k, s, a, b in zip(shape[1:], window, strides, pads, rest))
    return (*shape, *out, *window, *strides, *pads, int(framed)), out


def arrays(case, precision, channels=3, rows=2):
    size, window, strides, pads, rest, framed = case
    rng = np.random.default_rng(7)
    # few different values, so that windows have ties
    x = rng.integers(-4, 5, (rows, channels, *size)).astype(precision) / 3
    numbers, out = geometry((channels, *size), window, strides, pads, rest, framed)
    gradient = rng.standard_normal((rows, channels, *out)).astype(precision)
    return x, gradient, numbers, (window, strides, pads, framed)


def run_forward(kernel, x, y, numbers):
    call(kernel, [x.copy(), y], numbers, rows=len(x))
    return y


def scratch(kind, numbers, dtype, rows):
    """As the plan makes it; a multiple of `rows` elements."""
    return np.full(pool.scratch_size(kind, numbers) * rows, np.nan, dtype)


def run_backward(kind, x, gradient, numbers):
    result, work = np.full_like(x, np.nan), scratch(kind, numbers, x.dtype, len(x))
    operands = [gradient.copy(), result, work]
    if kind == "max":
        operands.insert(0, x.copy())
    call(getattr(pool, f"{kind}_pool_backward"), operands, numbers, rows=len(x))
    return result


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_forward_and_backward_equal_the_slow_twin(kind, case, precision):
    x, gradient, numbers, settings = arrays(case, precision)
    y = run_forward(getattr(pool, f"{kind}_pool"), x, np.full_like(gradient, np.nan), numbers)
    assert_close(y, getattr(naive, f"{kind}_forward")(x, gradient.shape[2:], *settings), TOLERANCE[precision])
    assert_close(
        run_backward(kind, x, gradient, numbers), getattr(naive, f"{kind}_backward")(x, gradient, *settings), TOLERANCE[precision]
    )


def test_of_equal_values_the_first_row_by_row_gets_the_gradient_and_overlapping_windows_add():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = x[0, 0, 1, 2] = 1.0
    gradient = np.array([[1.0, 2.0], [4.0, 8.0]]).reshape(1, 1, 2, 2)
    numbers, _ = geometry((1, 3, 3), (2, 2), (1, 1), (0, 0), (0, 0), False)
    assert run_backward("max", x, gradient, numbers)[0, 0].tolist() == [[0, 0, 0], [0, 15, 0], [0, 0, 0]]


@pytest.mark.parametrize("width", [4, 40])
def test_padding_never_wins_but_a_frame_of_zeros_does(width):
    x = np.full((1, 1, 3, width), -1.0)
    for framed, value in ((False, -1.0), (True, 0.0)):
        numbers, out = geometry((1, 3, width), (3, 3), (1, 1), (1, 1), (1, 1), framed)
        y = run_forward(pool.max_pool, x, np.zeros((1, 1, *out)), numbers)
        assert y[0, 0, 0, 0] == value and y[0, 0, 1, 1] == -1.0
        mean = run_forward(pool.mean_pool, x, np.zeros((1, 1, *out)), numbers)
        assert mean[0, 0, 0, 0] == (-4 / 9 if framed else -1.0)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("place", [0, 3, 20])
def test_nan_in_a_window_is_the_result(stride, place):
    x = np.random.default_rng(1).standard_normal((1, 1, 2, 40))
    x[0, 0, 1, place] = np.nan
    numbers, out = geometry((1, 2, 40), (2, 2), (1, stride), (0, 0), (0, 0), False)
    y = run_forward(pool.max_pool, x, np.zeros((1, 1, *out)), numbers)[0, 0, 0]
    covered = [q for q in range(out[1]) if q * stride <= place < q * stride + 2]
    assert np.flatnonzero(np.isnan(y)).tolist() == covered


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("stride", [1, 2])
def test_bits_do_not_depend_on_the_width_of_the_image(stride, precision):
    """Windows of one place give the same bits, and pixels the same gradient, whether vectors or plain loops work on them."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((1, 1, 5, 81)).astype(precision)
    for kind in ("max", "mean"):
        numbers, out = geometry((1, 5, 81), (3, 3), (1, stride), (0, 0), (0, 0), False)
        long = run_forward(getattr(pool, f"{kind}_pool"), x, np.zeros((1, 1, *out), precision), numbers)
        gradient = rng.standard_normal((1, 1, *out)).astype(precision)
        long_back = run_backward(kind, x, gradient, numbers)
        for width in range(3, 42):
            part = np.ascontiguousarray(x[..., :width])
            numbers, out = geometry((1, 5, width), (3, 3), (1, stride), (0, 0), (0, 0), False)
            short = run_forward(getattr(pool, f"{kind}_pool"), part, np.zeros((1, 1, *out), precision), numbers)
            assert short.tobytes() == long[..., : out[1]].tobytes()
            back = run_backward(kind, part, np.ascontiguousarray(gradient[..., : out[1]]), numbers)
            settled = max(0, (out[1] - 1) * stride - 2)  # pixels that no later window covers
            assert back[..., :settled].tobytes() == long_back[..., :settled].tobytes()
