"""Convolutions by tiles: the algebra of the transforms, plain sums in float64, and bits that depend on no cut of a batch."""

from fractions import Fraction

import numpy as np
import pytest

from tests.helpers import EXACT_FLOAT64, FLOAT32_FORWARD, FLOAT32_GRADIENT
from tests.networks import graph_of
from tmvalite.kernels import convolution, winograd
from tmvalite.kernels import winograd_transforms as transforms
from tmvalite.kernels.family import FRESH, ROWS, RUN_SIZE
from tmvalite.plan import make_plan
from tmvalite.plan.families.convolution import Convolution, ConvolutionFilters
from tmvalite.plan.families.windows import Filters, Windows
from tmvalite.plan.families.winograd import Tiles, suits_winograd

from . import tools

ROWS_OF_TEST = 5
FEW = "few channels, gradient of the filters only"
# layer, channels and size of its input; sizes that end inside a tile, channels that end inside a vector
LAYERS = {
    "plain": ("CONV|33|3|3|1|1|1|1|LINEAR", (36, 5, 6)),
    "large tiles": ("CONV|33|3|3|1|1|1|1|LINEAR", (36, 7, 10)),
    "large tiles, several blocks": ("CONV|34|3|3|1|1|1|1|LINEAR", (32, 37, 36)),
    "large tiles, several events": ("CONV|65|3|3|1|1|1|1|LINEAR", (48, 3, 4)),
    "without zeros": ("CONV|32|3|3|1|1|0|2|LINEAR", (49, 5, 6)),
    "transposed": ("TRANSCONV|34|3|3|1|1|1|0|LINEAR", (32, 6, 5)),
    "transposed, large tiles": ("TRANSCONV|34|3|3|1|1|2|0|LINEAR", (32, 5, 6)),
    "stride": ("CONV|35|5|5|2|2|2|2|LINEAR", (32, 9, 13)),
    "transposed stride": ("TRANSCONV|32|5|5|2|2|2|0|LINEAR|1|0", (34, 5, 4)),
    "few channels": ("CONV|17|3|3|1|1|1|1|LINEAR", (18, 8, 7)),
    "few channels, stride": ("CONV|17|5|5|2|2|2|2|LINEAR", (20, 9, 13)),
    FEW: ("CONV|17|3|3|1|1|1|1|LINEAR", (20, 5, 6)),
}


class Layer:
    """One convolution behind a dense layer, step by step, on random numbers."""

    def __init__(self, name, precision):
        layout, shape = LAYERS[name]
        before = f"DENSE|{np.prod(shape)}|LINEAR,RESHAPE|{'|'.join(map(str, shape))}"
        graph = graph_of(f"{before},{layout},RESHAPE|FLAT", 1, inputs=(("x", (2,)),))
        plan = make_plan(graph, losses=("SUMOFSQUARES",), precision=precision)
        self.steps, self.place, self.precision = plan.steps, plan.place(ROWS_OF_TEST), precision
        self.forward, self.back = (i for i, step in enumerate(plan.steps) if isinstance(step, Convolution))
        (self.filters,) = (i for i, step in enumerate(plan.steps) if isinstance(step, ConvolutionFilters))
        rng, step = np.random.default_rng(3), plan.steps[self.forward]
        self.theta = rng.standard_normal(plan.size + 64).astype(precision)
        self.x, self.gradient = (rng.standard_normal((ROWS_OF_TEST, t.size)).astype(precision) for t in (step.x, step.y))
        self.w = self.theta[step.weights.offset :][: step.weights.size].reshape(
            step.weights.shape[0], shape[0], *step.windows.filter
        )
        self.b = self.theta[step.bias.offset :][: step.bias.size]

    def run(self, index, given, result=None, grad=None, fresh=1):
        """One step on tensors {tensor: rows}; returns `result` or the gradient."""
        rows = len(next(iter(given.values())))
        arena = np.full(self.place.size + 64, np.nan, self.precision)  # nothing may be read that was not written
        for tensor, values in given.items():
            arena[self.place.offsets[tensor] :][: values.size] = values.ravel()
        block, table = np.zeros(RUN_SIZE, np.int64), self.place.table[index].copy()
        table[0], block[ROWS], block[FRESH] = self.steps[index].kernel.address(self.precision), rows, fresh
        grad = np.zeros_like(self.theta) if grad is None else grad
        tools._call.get(self.precision)(table, block, arena, self.theta, self.theta, grad)
        return arena[self.place.offsets[result] :][: rows * result.size].reshape(rows, -1).copy() if result else grad

    def results(self, rows):
        """Output, gradient of the input and of filters and biases for the events `rows`, all flat."""
        forward, back, filters = (self.steps[i] for i in (self.forward, self.back, self.filters))
        x, g = self.x[rows], self.gradient[rows]
        pair = dict(zip((filters.image, filters.small), (g, x) if forward.spread else (x, g)))
        grad = self.run(self.filters, pair)
        parts = [grad[s.offset :][: s.size] for s in (forward.weights, forward.bias)]
        return self.run(self.forward, {forward.x: x}, forward.y), self.run(self.back, {back.x: g}, back.y), *parts

    def plain_sums(self):
        """`results` of all events by sums over taps in float64."""
        step, w = self.steps[self.forward], self.w.astype(float)
        at = step.windows
        shapes = [(ROWS_OF_TEST, -1, *size) for size in (at.small, at.image)]
        given, wanted = shapes if step.spread else shapes[::-1]
        x, gradient = self.x.astype(float).reshape(given), self.gradient.astype(float).reshape(wanted)
        y, dx, dw = np.zeros(gradient.shape), np.zeros(x.shape), np.zeros(w.shape)
        for i in range(at.filter[0]):
            for j in range(at.filter[1]):
                for p in range(at.small[0]):
                    for q in range(at.small[1]):
                        h, v = p * at.strides[0] + i - at.pads[0], q * at.strides[1] + j - at.pads[1]
                        if 0 <= h < at.image[0] and 0 <= v < at.image[1]:
                            (a, b), (c, d) = ((h, v), (p, q)) if step.spread else ((p, q), (h, v))
                            y[:, :, a, b] += x[:, :, c, d] @ w[:, :, i, j].T
                            dx[:, :, c, d] += gradient[:, :, a, b] @ w[:, :, i, j]
                            dw[:, :, i, j] += gradient[:, :, a, b].T @ x[:, :, c, d]
        return y + self.b.astype(float)[:, None, None], dx, dw, gradient.sum(axis=(0, 2, 3))


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients_are_those_of_plain_sums(name, precision):
    layer = Layer(name, precision)
    expected = convolution.correlate if name == FEW else winograd.winograd_correlate
    assert {layer.steps[i].kernel for i in (layer.forward, layer.back)} == {expected}
    assert layer.steps[layer.filters].kernel is winograd.winograd_gradient
    bounds = (FLOAT32_FORWARD, *[FLOAT32_GRADIENT] * 3) if precision == "float32" else [EXACT_FLOAT64] * 4
    for ours, plain, bound in zip(layer.results(slice(None)), layer.plain_sums(), bounds):
        assert np.linalg.norm(ours.ravel() - plain.ravel()) <= bound * np.linalg.norm(plain)


@pytest.mark.parametrize("name", LAYERS)
def test_bits_depend_neither_on_the_batch_nor_on_its_cut(name):
    layer = Layer(name, "float32")
    forward, back, filters = (layer.steps[i] for i in (layer.forward, layer.back, layer.filters))
    y, dx, *_ = layer.results(slice(None))
    for r in range(ROWS_OF_TEST):
        alone = layer.results(slice(r, r + 1))
        assert np.array_equal(alone[0][0], y[r]) and np.array_equal(alone[1][0], dx[r])
    order = (layer.gradient, layer.x) if forward.spread else (layer.x, layer.gradient)
    whole, cut = layer.run(layer.filters, dict(zip((filters.image, filters.small), order))), None
    for fresh, rows in ((1, slice(0, 2)), (0, slice(2, 3)), (0, slice(3, None))):
        cut = layer.run(layer.filters, dict(zip((filters.image, filters.small), (a[rows] for a in order))), None, cut, fresh)
    assert np.array_equal(whole, cut)


def test_the_transforms_are_identities_of_whole_numbers():
    rng = np.random.default_rng(1)
    for matrices, taps, stride in (
        ((transforms.INPUT, transforms.FILTER, transforms.OUTPUT), 3, 1),
        ((transforms.GATHER_INPUT, transforms.GATHER_FILTER, transforms.GATHER_OUTPUT), 5, 2),
    ):
        b, g, a = (np.array(m) for m in matrices)
        x, w = rng.integers(-9, 9, b.shape[1]), rng.integers(-9, 9, taps)
        assert np.array_equal(a @ (g @ w * (b @ x)), [w @ x[stride * q : stride * q + taps] for q in range(2)])
    # spread: pixel u of the small image gives w to the large pixels 2 u, 2 u + 1, ...; those of the third and fourth are seen
    small, w = rng.integers(-9, 9, 4), rng.integers(-9, 9, 5)
    large = sum(np.pad(value * w, (2 * u, 8 - 2 * u)) for u, value in enumerate(small))[4:8]
    b, a = np.array(transforms.SPREAD_INPUT), np.array(transforms.SPREAD_OUTPUT)
    assert np.array_equal(a @ (np.array(transforms.GATHER_FILTER) @ w[::-1] * (b @ small)), large)


class Exact:
    """The mathematics of the formulas of F(4, 3), for numbers that are exact."""

    @staticmethod
    def fma(a, b, c):
        return Fraction(a) * b + c


def _applied(parts, x):
    out = {row: value for rows, formula in parts for row, value in zip(rows, formula(Exact, x), strict=True)}
    return [out[row] for row in range(len(out))]


def test_large_tiles_are_identities_of_whole_numbers_but_for_constants_that_are_rounded():
    rng = np.random.default_rng(2)
    x, w, y = ([Fraction(int(n)) for n in rng.integers(-9, 9, size)] for size in (6, 3, 4))
    inside = [a * b for a, b in zip(_applied(transforms.LARGE_INPUT, x), _applied(transforms.LARGE_FILTER, w))]
    sums = [sum(w[k] * x[i + k] for k in range(3)) for i in range(4)]
    assert all(abs(a - b) < 1e-12 for a, b in zip(_applied(transforms.LARGE_OUTPUT, inside), sums))
    given = _applied(transforms.LARGE_OUTPUT_GRADIENT, y)
    inside = [a * b for a, b in zip(_applied(transforms.LARGE_INPUT, x), given)]
    sums = [sum(y[i] * x[i + k] for i in range(4)) for k in range(3)]
    assert all(abs(a - b) < 1e-12 for a, b in zip(_applied(transforms.LARGE_FILTER_GRADIENT, inside), sums))


def test_tiles_of_four_by_four_pixels_where_they_need_fewer_products():
    def kind(height, width):
        windows = Windows((height, width), (height, width), (3, 3), (1, 1), (1, 1))
        filters = Filters(groups=1, image=32, small=32, taps=9, image_step=9, small_step=288)
        return Tiles(windows, filters, False).kind

    assert kind(32, 32) == kind(7, 10) == kind(4, 4) == transforms.LARGE
    assert kind(5, 6) == kind(2, 2) == kind(1, 9) == transforms.PLAIN


def test_few_channels_groups_and_other_filters_take_the_direct_way():
    def suits(groups=1, channels=32, k=3, s=1, p=1, gradient=False, size=9):
        windows = Windows((size, size), (size, size), (k, k), (s, s), (p, p))
        filters = Filters(groups=groups, image=channels, small=32, taps=k * k, image_step=k * k, small_step=channels * k * k)
        return suits_winograd(windows, filters, gradient=gradient)

    assert suits() and suits(p=0) and suits(channels=16, size=8)
    assert not (
        suits(groups=2)
        or suits(channels=15, size=8)
        or suits(channels=31)
        or suits(k=5, p=2)
        or suits(s=2)
        or suits(p=-1)
        or suits(p=3)
    )
    assert suits(channels=16, gradient=True) and not suits(channels=15, gradient=True)
