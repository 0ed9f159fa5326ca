"""Formulas: numpy and compiled code know the same functions, and what cannot be compiled is said."""

import numpy as np
import pytest

from tmvalite import mathematics
from tmvalite.kernels._jit import entry_point, pointer
from tmvalite.kernels.recording import FUNCTIONS, Recording, number_function

PARTLY = number_function(
    Recording(lambda m, x, y: 2.0 / (1.0 - x**2) + m.choose(y <= x, -x, 3.0 * y) - m.power(m.sqrt(y), 3.0), 2)
)


@entry_point(lambda e: (e[::1], e[::1], e[::1]))
def compiled(x, y, out):
    a, b, c = pointer(x, 0), pointer(y, 0), pointer(out, 0)
    for i in range(out.shape[0]):
        c[i] = PARTLY(a[i], b[i])


def test_both_mathematics_have_the_same_functions():
    here = {name for name in vars(mathematics) if not name.startswith("_")} - {"annotations", "math", "np", "softmax"}
    assert here == set(FUNCTIONS) - {"abs"}


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_operators_mean_what_they_mean_in_numpy(precision):
    x, y = (np.random.default_rng(s).uniform(2, 3, 50).astype(precision) for s in (1, 2))
    out = np.empty_like(x)
    compiled.get(precision)(x, y, out)
    a, b = x.astype(float), y.astype(float)
    expected = 2 / (1 - a * a) + np.where(b <= a, -a, 3 * b) - b**1.5
    np.testing.assert_allclose(out, expected, rtol=1e-13 if precision == "float64" else 1e-5)


@pytest.mark.parametrize(
    "formula, error, message",
    [
        (lambda m, x: x if x > 0 else -x, TypeError, r"write m\.choose\(condition, yes, no\)"),
        (lambda m, x: m.cosh(x), AttributeError, "formulas have no function cosh; they have exp"),
        (lambda m, x: x**3, TypeError, r"no x\*\*3; write m\.power, or products"),
    ],
)
def test_error_a_formula_that_cannot_be_recorded(formula, error, message):
    with pytest.raises(error, match=message):
        Recording(formula, 1)


def test_equal_formulas_have_equal_texts_and_others_do_not():
    first, again, other = (Recording(f, 1).text for f in (lambda m, x: x * 2.0, lambda m, x: x * 2.0, lambda m, x: x * 2.5))
    assert first == again != other
