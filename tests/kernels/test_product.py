"""The products against numpy, their bits against one scalar chain, whatever the rows, tiles and lanes."""

import subprocess
import sys
import zlib

import numpy as np
import pytest
from numba.core import types

from tests.helpers import assert_close
from tmvalite.kernels import math as kernel_math
from tmvalite.kernels._jit import entry_point, is_null, null, pointer, uses
from tmvalite.kernels.product import product, product_dot, product_of_transpose, product_transposed
from tmvalite.kernels.product_tiles import product_dots, product_piece
from tmvalite.kernels.transpose import transpose


@uses(product_piece, product_dots)
@entry_point(lambda e: (types.int64, e[:, ::1], e[:, ::1], e[:, ::1], e[:, ::1]))
def run(form, a, b, init, c):
    """form 0: a b, 1: a^T b, 2: a b^T by dots; init (1, n) is a bias, (m, n) a start value, (0, n) none."""
    m, n = c.shape
    start = pointer(init, 0)
    if init.shape[0] == 0:
        start = null(start)
    ldi = 0 if init.shape[0] == 1 else n
    if form == 0:
        product(m, n, a.shape[1], pointer(a, 0), a.shape[1], pointer(b, 0), n, pointer(c, 0), n, start, ldi)
    elif form == 1:
        product_transposed(m, n, a.shape[0], pointer(a, 0), m, pointer(b, 0), n, pointer(c, 0), n, start, ldi)
    elif form == 2:
        product_dot(m, n, a.shape[1], pointer(a, 0), a.shape[1], pointer(b, 0), b.shape[1], pointer(c, 0), n, start)
    elif form == 3:
        transpose(a.shape[0], a.shape[1], pointer(a, 0), a.shape[1], pointer(c, 0), a.shape[0])
    else:  # the definition: one chain of fused multiply-adds per element
        for i in range(m):
            for j in range(n):
                total = c[i, j] - c[i, j]
                if not is_null(start):
                    total = init[0 if ldi == 0 else i, j]
                for q in range(a.shape[1]):
                    total = kernel_math.fma(a[i, q], b[q, j], total)
                c[i, j] = total


SHAPES = [
    (1, 1, 1),
    (1, 128, 128),
    (2, 17, 33),
    (7, 128, 4),
    (13, 47, 5),
    (32, 10, 90),
    (50, 128, 128),
    (100, 64, 28),
    (29, 3, 200),
    (5, 131, 300),  # longer than one block of k
    (3, 20, 513),
    (300, 230, 20),  # a transposed product written by rows
    (520, 100, 100),  # one whose columns are copied together, and tiles that end in half a vector
    (515, 40, 61),
]
PRECISIONS = ["float32", "float64"]


def arrays(m, n, k, precision, seed=0):
    rng = np.random.default_rng(seed)
    a, b, init = (rng.standard_normal(shape).astype(precision) for shape in ((m, k), (k, n), (1, n)))
    return a, b, init


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("m,n,k", SHAPES)
def test_product_equals_one_chain_per_element_to_the_bit(m, n, k, precision):
    call = run.get(precision)
    a, b, bias = arrays(m, n, k, precision)
    for init in (bias, bias[:0], np.repeat(bias, m, axis=0)):
        expected, c = np.zeros((m, n), precision), np.full((m, n), np.nan, precision)
        call(4, a, b, init, expected)
        call(0, a, b, init, c)
        assert c.tobytes() == expected.tobytes()
        c[:] = np.nan
        call(1, np.ascontiguousarray(a.T), b, init, c)
        assert c.tobytes() == expected.tobytes()
    assert_close(c, a.astype(float) @ b.astype(float) + bias, 1e-6 if precision == "float32" else 1e-14)


@uses(product_piece)
@entry_point(lambda e: (e[:, ::1], e[:, ::1], e[:, ::1], e[:, ::1]))
def run_packed(a, b, init, c):
    """c = init + a b^T with b transposed piece by piece."""
    m, n = c.shape
    k, start = a.shape[1], pointer(init, 0)
    if init.shape[0] == 0:
        start = null(start)
    product_of_transpose(m, n, k, pointer(a, 0), k, pointer(b, 0), k, pointer(c, 0), n, start, n)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("m,n,k", SHAPES)
def test_product_with_a_matrix_transposed_on_the_way_has_the_same_bits(m, n, k, precision):
    a, b, bias = arrays(m, n, k, precision)
    for init in (bias[:0], np.repeat(bias, m, axis=0)):
        expected, c = np.zeros((m, n), precision), np.full((m, n), np.nan, precision)
        run.get(precision)(4, a, b, init, expected)
        run_packed.get(precision)(a, np.ascontiguousarray(b.T), init, c)
        assert c.tobytes() == expected.tobytes()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("m,n,k", [(1, 1, 1), (3, 1, 128), (50, 2, 1152), (9, 3, 16), (21, 4, 37), (8, 10, 90), (6, 7, 5)])
def test_dot_form_gives_every_row_its_own_bits(m, n, k, precision):
    call = run.get(precision)
    a, b, bias = arrays(m, n, k, precision)
    bt = np.ascontiguousarray(b.T)
    whole = np.full((m, n), np.nan, precision)
    call(2, a, bt, bias, whole)
    assert_close(whole, a.astype(float) @ b.astype(float) + bias, 1e-6 if precision == "float32" else 1e-14)
    for i in range(m):
        row = np.full((1, n), np.nan, precision)
        call(2, a[i : i + 1], bt, bias, row)
        assert row.tobytes() == whole[i : i + 1].tobytes()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_weight_gradient_of_two_tiles_continues_the_chain(precision):
    call = run.get(precision)
    a, b, _ = arrays(11, 40, 90, precision)
    at = np.ascontiguousarray(a.T)
    none = np.zeros((0, 40), precision)
    whole, cut = np.zeros((11, 40), precision), np.zeros((11, 40), precision)
    call(1, at, b, none, whole)
    call(1, at[:37], b[:37], none, cut)
    call(1, np.ascontiguousarray(at[37:]), np.ascontiguousarray(b[37:]), cut, cut)
    assert whole.tobytes() == cut.tobytes()


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("m,n", [(1, 1), (8, 8), (16, 16), (17, 33), (100, 10), (3, 129)])
def test_transpose_moves_every_element(m, n, precision):
    a = np.arange(m * n, dtype=precision).reshape(m, n)
    out = np.full((n, m), np.nan, precision)
    run.get(precision)(3, a, a, a[:0], out)
    assert np.array_equal(out, a.T)


def checksum():
    """Of many products; printed by the subprocesses below."""
    total = 0
    for precision in PRECISIONS:
        call = run.get(precision)
        for m, n, k in SHAPES:
            a, b, bias = arrays(m, n, k, precision)
            for form, right in ((0, b), (2, np.ascontiguousarray(b.T))):
                c = np.zeros((m, n), precision)
                call(form, a, right, bias, c)
                total = zlib.crc32(c.tobytes(), total)
    return total


@pytest.mark.parametrize("width", ["16", "64"])
def test_every_vector_width_gives_the_same_bits(width, monkeypatch):
    monkeypatch.setenv("TMVALITE_VECTOR_BYTES", width)
    program = "from tests.kernels.test_product import checksum; print(checksum())"
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(out.stdout) == checksum()
