"""Random numbers, divergences and losses over codes: known numbers, statistics, the same bits wherever an element lies."""

import math

import numpy as np
import pytest
from numba.core import types

from tests.helpers import assert_close
from tests.kernels.tools import call
from tests.naive import latent as naive
from tests.naive import noise
from tmvalite.kernels import corrupt, gaussian, gumbel, mmd, sparsity, swd
from tmvalite.kernels import math as kernel_math
from tmvalite.kernels import noise as kernel_noise
from tmvalite.kernels._jit import entry_point, pointer
from tmvalite.kernels.family import COLUMNS as RUN_COLUMNS
from tmvalite.kernels.family import RUN_SIZE
from tmvalite.plan.step import as_integer as bits
from tmvalite.training.streams import stream_key

PRECISIONS = ["float32", "float64"]
KEYS = np.array([*stream_key(1, "noise", "a#0"), *stream_key(1, "noise", "a#1")], np.int64)
STANDARD = (bits(0.0), bits(1.0), bits(0.0))


def drawn(value=0.0):
    """The run block's columns for draws, with keys and one run-time number for both."""
    settings = np.full(2, value)
    drawn.kept = settings  # alive during the call
    return {"keys": KEYS.ctypes.data, "settings": settings.ctypes.data}


@entry_point(lambda e: (types.int64, e[::1]))
def logarithm(unused, y):
    p = pointer(y, 0)
    for i in range(y.shape[0]):
        p[i] = kernel_math.log(p[i])


@entry_point(lambda e: (types.int64[::1], types.int64, e[:, ::1]))
def normals(run, start, y):
    block = pointer(run, 0)
    for r in range(y.shape[0]):
        kernel_noise.normal_row(y.shape[1], start + r, block, 0, pointer(y, r * y.shape[1]))


def normal_table(rows, width, precision="float64", start=0, step=0, epoch=0):
    run, y = np.zeros(RUN_SIZE, np.int64), np.empty((rows, width), precision)
    for name, value in {**drawn(), "step": step, "epoch": epoch}.items():
        run[RUN_COLUMNS.index(name.upper())] = value
    normals.get(precision)(run, start, y)
    return y


@pytest.mark.parametrize("precision", PRECISIONS)
def test_logarithm_is_right_to_two_units_in_the_last_place(precision):
    x = np.concatenate([np.geomspace(1e-30, 1e30, 20001), 1 + np.linspace(-1e-3, 1e-3, 2001), [1.0, 2.0**-33]]).astype(precision)
    y, exact = x.copy(), np.log(x.astype(np.longdouble))
    logarithm.get(precision)(0, y)
    assert np.max(np.abs(y - exact) / np.spacing(np.maximum(np.abs(exact), 1e-30).astype(precision))) < 2


# ------------------------------------------------------------------------------------------ random numbers


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7])
def test_normal_numbers_equal_the_slow_twin(width):
    found = normal_table(5, width, start=3, step=2, epoch=9)
    key = tuple(int(v) for v in KEYS[:2])
    expected = [[noise.normal(key, i, r, 2, 9) for i in range(width)] for r in range(3, 8)]
    assert_close(found, expected, 1e-14)
    assert np.array_equal(normal_table(5, width, "float32", 3, 2, 9), found.astype(np.float32))  # the same, rounded


def test_normal_numbers_are_accurate_in_the_tails():
    x = normal_table(500, 1000).ravel()
    key = tuple(int(v) for v in KEYS[:2])
    for at in np.argsort(-np.abs(x))[:20]:
        assert abs(x[at] / noise.normal(key, int(at) % 1000, int(at) // 1000) - 1) < 1e-14
    assert 4.0 < np.abs(x).max() < 6.8


def test_normal_numbers_follow_the_normal_distribution():
    x = np.sort(normal_table(1000, 200).ravel())
    n = len(x)
    p = np.array([0.5 * math.erfc(-v / math.sqrt(2)) for v in x])
    distance = max(np.max(np.arange(1, n + 1) / n - p), np.max(p - np.arange(n) / n))
    assert distance < 1.63 / math.sqrt(n)  # Kolmogorov and Smirnov, 1 %
    assert abs(x.mean()) < 4 / math.sqrt(n) and abs(x.var() - 1) < 4 * math.sqrt(2 / n)
    assert abs((x**4).mean() - 3) < 4 * math.sqrt(96 / n)


def test_normal_numbers_of_rows_elements_steps_and_epochs_are_not_correlated():
    x = normal_table(2000, 50)
    others = [normal_table(2000, 50, step=1), normal_table(2000, 50, epoch=1), np.roll(x, 1, axis=0), np.roll(x, 1, axis=1)]
    for other in others:
        assert abs(np.corrcoef(x.ravel(), other.ravel())[0, 1]) < 4 / math.sqrt(x.size)
        assert abs(np.corrcoef(x.ravel() ** 2, other.ravel() ** 2)[0, 1]) < 4 / math.sqrt(x.size)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("noise_kind, level", [("MASK", 0.1), ("MASK", 0.5), ("SALT", 0.3), ("MASK", 1.0), ("MASK", 0.0)])
def test_corrupted_fraction_is_the_level(noise_kind, level, precision):
    x, y = np.full((400, 250), 0.5, precision), np.empty((400, 250), precision)
    call(corrupt.corrupt_mask, [x, y], (0, int(noise_kind == "SALT")), rows=400, training=1, **drawn(level))
    sigma = math.sqrt(level * (1 - level) / y.size)
    assert abs((y != 0.5).mean() - level) <= 3 * sigma
    assert set(np.unique(y)) <= ({0.0, 0.5, 1.0} if noise_kind == "SALT" else {0.0, 0.5})
    if noise_kind == "SALT":
        assert abs((y == 1).mean() - level / 2) <= 3 * math.sqrt(level / 2 / y.size)


def test_nothing_is_corrupted_outside_training():
    x = np.random.default_rng(1).standard_normal((4, 9))
    for kernel, extra in ((corrupt.corrupt_mask, (0, 1)), (corrupt.corrupt_gauss, (0,))):
        y = np.empty_like(x)
        call(kernel, [x.copy(), y], extra, rows=4, training=0, **drawn(0.9))
        assert np.array_equal(x, y)


def test_gaussian_noise_has_the_level_as_width():
    y = np.empty((300, 100))
    call(corrupt.corrupt_gauss, [np.ones((300, 100)), y], (0,), rows=300, training=1, **drawn(0.2))
    assert abs(y.std() - 0.2) < 4 * 0.2 / math.sqrt(2 * y.size) and abs(y.mean() - 1) < 4 * 0.2 / math.sqrt(y.size)


def gumbel_draw(x, classes, temperature, training, **run):
    y = np.empty_like(x)
    call(gumbel.gumbel_sample, [x.copy(), y], (classes, 0), rows=len(x), training=training, **run, **drawn(temperature))
    return y


def test_hard_samples_have_the_probabilities_of_the_softmax():
    logits = np.array([0.3, -1.0, 1.2, 0.0, 0.8, -0.5])
    y = gumbel_draw(np.tile(logits, (20000, 2)), 6, 1.0, 0)
    assert set(np.unique(y)) == {0.0, 1.0} and np.all(y.reshape(-1, 6).sum(1) == 1)
    p = np.exp(logits) / np.exp(logits).sum()
    for counts in (y[:, :6].sum(0), y[:, 6:].sum(0)):
        assert np.sum((counts - 20000 * p) ** 2 / (20000 * p)) < 15.1  # chi square, 5 degrees of freedom, 1 %
    joint = y[:, :6].T @ y[:, 6:]  # the two variables are independent
    assert np.sum((joint - 20000 * np.outer(p, p)) ** 2 / (20000 * np.outer(p, p))) < 57.3  # 35, 1 %


def test_relaxed_samples_have_the_hard_ones_as_their_maximum_and_become_them():
    x = np.random.default_rng(2).standard_normal((200, 10))
    soft, hard = gumbel_draw(x, 5, 0.7, 1), gumbel_draw(x, 5, 0.7, 0)
    assert np.allclose(soft.reshape(-1, 5).sum(1), 1, atol=1e-14)
    assert np.array_equal(soft.reshape(-1, 5).argmax(1), hard.reshape(-1, 5).argmax(1))
    assert np.mean(np.abs(gumbel_draw(x, 5, 0.001, 1) - hard)) < 1e-2
    key = tuple(int(v) for v in KEYS[:2])
    assert_close(soft, naive.relaxed(x, noise.table(noise.gumbel, key, 200, 10), 5, 0.7), 1e-13)


# ------------------------------------------------------------------------------------------ divergences


def divergence(mu, l, prior=STANDARD):
    rows = len(mu)
    kl, grad_mu, grad_l = np.empty(rows, mu.dtype), np.empty_like(mu), np.empty_like(l)
    call(gaussian.divergence, [mu.copy(), l.copy(), kl], prior, rows=rows)
    operands = [mu.copy(), l.copy(), np.ones(rows, mu.dtype), grad_mu, grad_l]
    call(gaussian.divergence_backward, operands, (*prior, 0, 0), rows=rows)
    return kl, grad_mu, grad_l


@pytest.mark.parametrize("precision", PRECISIONS)
def test_divergence_has_the_numbers_of_the_reference(precision):
    mu, l = np.array([[1.0, -1.0]], precision), np.array([[0.0, math.log(4)]], precision)
    kl, grad_mu, grad_l = divergence(mu, l)
    assert abs(kl[0] - 1.806853) < 1e-6
    assert np.array_equal(grad_mu, [[1, -1]]) and np.allclose(grad_l, [[0, 1.5]], atol=1e-6)
    z, spread = np.empty_like(mu), np.empty_like(mu)
    call(gaussian.sample, [mu.copy(), l.copy(), z, spread], (0,), rows=1, **drawn())
    epsilon = normal_table(1, 2)
    assert np.allclose(z, mu + epsilon * [[1, 2]], atol=1e-6)  # standard deviations exp(l/2)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_divergence_is_never_negative_and_zero_only_at_the_prior(precision):
    rng = np.random.default_rng(3)
    scale = 10.0 ** rng.uniform(-12, 1, (2000, 1))
    mu, l = ((scale * rng.standard_normal((2000, 3))).astype(precision) for _ in range(2))
    kl, grad_mu, grad_l = divergence(mu, l)
    assert np.all(kl >= 0) and np.isfinite(kl).all()
    assert np.all(grad_mu * mu >= 0) and np.all(grad_l * l >= 0)  # away from the prior it grows
    zero = np.zeros((1, 3), precision)
    assert all(not part.any() for part in divergence(zero, zero))
    prior = (bits(0.5), bits(1 / 2.0), bits(2 * math.log(2.0)))
    kl, grad_mu, grad_l = divergence(np.full((1, 3), 0.5), np.full((1, 3), 2 * math.log(2.0)), prior)
    assert kl[0] == 0 and not grad_mu.any() and not grad_l.any()


def test_divergence_of_huge_log_variances_stays_finite():
    kl, grad_mu, grad_l = divergence(np.zeros((1, 2)), np.array([[1e4, -1e4]]))
    assert np.isfinite(kl).all() and np.isfinite(grad_l).all() and grad_l[0, 1] == -0.5


def categorical(x, classes):
    kl, grad = np.empty(len(x), x.dtype), np.empty_like(x)
    call(gumbel.categorical_divergence, [x.copy(), kl], (classes,), rows=len(x))
    call(gumbel.categorical_divergence_backward, [x.copy(), np.ones(len(x), x.dtype), grad], (classes, 0), rows=len(x))
    return kl, grad


@pytest.mark.parametrize("precision", PRECISIONS)
def test_categorical_divergence_lies_between_zero_and_log_k(precision):
    rng = np.random.default_rng(4)
    x = (10.0 ** rng.uniform(-9, 3, (500, 1)) * rng.standard_normal((500, 8))).astype(precision)
    kl, grad = categorical(x, 4)
    assert np.all(kl >= 0) and np.all(kl <= 2 * math.log(4) * (1 + 1e-6)) and np.isfinite(grad).all()
    kl, grad = categorical(np.full((1, 8), 3.0, precision), 4)
    assert kl[0] < 1e-15 and np.abs(grad).max() < 1e-7
    sure = np.array([[1e3, 0, 0, 0]], precision)
    assert abs(categorical(sure, 4)[0][0] - math.log(4)) < 1e-6


# ------------------------------------------------------------------------------------------ bits


def elementwise(n, start, x, precision):
    """What every kernel that treats elements alone gives for elements start to start + n of one event."""
    part = x[:, start : start + n].astype(precision)
    mu, l, g, spread = (part[i : i + 1].copy() for i in range(4))
    out = []
    for kernel, operands, extra in (
        (gaussian.sample_backward, [g, spread, np.empty_like(mu)], (0,)),
        (gaussian.divergence_backward, [mu, l, np.ones(1, precision), np.empty_like(mu), np.empty_like(mu)], (*STANDARD, 0, 0)),
        (sparsity.absolute_sum_backward, [mu, np.ones(1, precision), np.empty_like(mu)], (0,)),
    ):
        call(kernel, operands, extra, rows=1)
        out += operands[2 + (kernel is gaussian.divergence_backward) :]
    if start == 0:  # random numbers belong to places
        for kernel, extra in ((corrupt.corrupt_mask, (0, 1)), (corrupt.corrupt_gauss, (0,))):
            y = np.empty_like(mu)
            call(kernel, [mu.copy(), y], extra, rows=1, training=1, **drawn(0.4))
            out.append(y)
        z, drawn_spread = np.empty_like(mu), np.empty_like(mu)
        call(gaussian.sample, [mu.copy(), l.copy(), z, drawn_spread], (0,), rows=1, **drawn())
        out += [z, drawn_spread]
    return out


@pytest.mark.parametrize("precision", PRECISIONS)
def test_bits_of_elements_do_not_depend_on_length_or_place(precision):
    x = np.random.default_rng(5).standard_normal((4, 64))
    for start in (0, 5):
        whole = elementwise(59, start, x, precision)
        for n in range(1, 41):
            for short, long in zip(elementwise(n, start, x, precision), whole):
                assert short.tobytes() == long[:, :n].tobytes()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_bits_of_classes_do_not_depend_on_the_number_of_variables(precision):
    x = np.random.default_rng(6).standard_normal((1, 120)).astype(precision)
    soft = gumbel_draw(x, 3, 0.6, 1)
    for groups in range(1, 41):
        part = x[:, : 3 * groups].copy()
        assert gumbel_draw(part, 3, 0.6, 1).tobytes() == soft[:, : 3 * groups].tobytes()
        assert categorical(part, 3)[1].tobytes() == categorical(x, 3)[1][:, : 3 * groups].tobytes()


# ------------------------------------------------------------------------------------------ losses over codes


@entry_point(lambda e: (types.int64, e[:, ::1], e[:, ::1], types.float64, e[:, ::1], e[::1]))
def discrepancy(width, z, p, c0, grad, work):
    work[-1] = mmd.discrepancy(z.shape[1], width, pointer(z, 0), pointer(p, 0), c0, pointer(grad, 0), pointer(work, 0))


@entry_point(lambda e: (types.int64, e[:, ::1], e[:, ::1], e[:, ::1], e[:, ::1], e[::1]))
def sliced(width, z, p, axes, grad, work):
    total = 0.0
    scale = 1.0 / (axes.shape[0] * z.shape[1])
    for l in range(axes.shape[0]):
        axis = pointer(axes, l * width)
        total += swd.sliced(z.shape[1], width, axis, pointer(z, 0), pointer(p, 0), scale, pointer(grad, 0), pointer(work, 0))
    work[-1] = total * scale


def mmd_of(z, p, c0):
    grad, work = np.empty(z.shape[::-1]), np.zeros(3 * len(z) + 1)
    discrepancy.get("float64")(z.shape[1], np.ascontiguousarray(z.T), np.ascontiguousarray(p.T), c0, grad, work)
    return work[-1], grad.T


def swd_of(z, p, axes):
    grad, work = np.zeros(z.shape[::-1]), np.zeros(6 * len(z) + 1)
    sliced.get("float64")(
        z.shape[1], np.ascontiguousarray(z.T), np.ascontiguousarray(p.T), np.ascontiguousarray(axes), grad, work
    )
    return work[-1], grad.T


@pytest.mark.parametrize("events, width", [(1, 2), (2, 1), (7, 3), (40, 5)])
def test_mmd_and_swd_equal_the_slow_twin(events, width):
    rng = np.random.default_rng(7)
    z, p, axes = rng.standard_normal((events, width)) * 2, rng.standard_normal((events, width)), rng.standard_normal((6, width))
    axes /= np.linalg.norm(axes, axis=1)[:, None]
    for found, expected in ((mmd_of(z, p, 3.0), naive.mmd_of(z, p, 3.0)), (swd_of(z, p, axes), naive.swd_of(z, p, axes))):
        assert_close(found[0], expected[0], 1e-12)
        assert_close(found[1], expected[1], 1e-12)


def test_mmd_of_samples_of_the_prior_lies_in_its_permutation_null():
    rng = np.random.default_rng(8)
    z, p = rng.standard_normal((200, 4)), rng.standard_normal((200, 4))
    both, null = np.concatenate([z, p]), []
    for _ in range(200):
        order = rng.permutation(400)
        null.append(mmd_of(both[order[:200]], both[order[200:]], 8.0)[0])
    assert np.quantile(null, 0.025) < mmd_of(z, p, 8.0)[0] < np.quantile(null, 0.975)
    assert mmd_of(z + 0.5, p, 8.0)[0] > max(null) and mmd_of(z * 1.5, p, 8.0)[0] > max(null)
    assert min(null) < 0 and abs(np.mean(null)) < 3 * np.std(null) / math.sqrt(200) + 1e-3  # unbiased


def test_swd_in_one_dimension_is_the_distance_of_the_sorted_samples():
    rng = np.random.default_rng(9)
    z, p = rng.standard_normal((501, 1)), rng.uniform(-1, 1, (501, 1))
    expected = np.mean((np.sort(z[:, 0]) - np.sort(p[:, 0])) ** 2)
    for axes in ([[1.0]], [[-1.0]], [[1.0], [-1.0]]):
        assert_close(swd_of(z, p, np.array(axes))[0], expected, 1e-13)


def test_swd_ranks_equal_projections_in_the_order_of_the_events():
    z, p = np.zeros((6, 1)), np.arange(6.0)[:, None]
    value, grad = swd_of(z, p, np.array([[1.0]]))
    assert value == np.mean(np.arange(6.0) ** 2) and np.allclose(grad[:, 0], -2 * np.arange(6) / 6)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 17, 64, 100])
def test_sorting_sorts_and_keeps_what_belongs_together(n):
    z = np.random.default_rng(n).integers(0, 9, (n, 1)).astype(float)
    value, _ = swd_of(z, z[::-1].copy(), np.array([[1.0]]))
    assert value == 0
