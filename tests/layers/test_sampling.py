"""Pooling and resampling as layers of a network: what they keep, what they refuse, and padding that is not copied."""

import numpy as np
import pytest

from tests.alone import run_alone
from tests.kernels.tools import call
from tests.layers.test_shapes import refusal
from tests.layers.tools import read_layer
from tests.networks import network_of, sample_of
from tmvalite.kernels.gridsample import grid_sample
from tmvalite.kernels.padding import pad_planes
from tmvalite.layers.weight_file import element_of

RNG = np.random.default_rng(11)
IMAGE = RNG.standard_normal((2, 3, 6, 7))
IDENTITY = np.array([[1.0, 0, 0, 0, 1, 0]])


def test_identity_gives_the_image_back_exactly():
    for shape in ((6, 7), (16, 16), (1, 5), (2, 3)):
        image = RNG.standard_normal((1, 2, *shape))
        for precision in ("float64", "float32"):
            for text, theta in (("GRIDSAMPLE", IDENTITY), ("GRIDSAMPLE|0|0|1", 0 * IDENTITY)):
                assert np.array_equal(run_alone(text, [image, theta], precision=precision), image.astype(precision))


def test_a_shift_by_whole_pixels_is_a_shifted_array_with_zeros_behind():
    image = IMAGE[:1]
    theta = IDENTITY + np.array([[0, 0, 2 * 2 / 6, 0, 0, -1 * 2 / 5]])  # two columns to the right, one row up
    expected = np.zeros_like(image)
    expected[..., 1:, :-2] = image[..., :-1, 2:]
    assert np.allclose(run_alone("GRIDSAMPLE", [image, theta]), expected, atol=1e-14)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1e300, -1e300])
@pytest.mark.parametrize("which", range(6))
def test_a_map_to_nowhere_gives_zeros_and_one_that_is_not_finite_gives_nan(value, which):
    """Inside a network such numbers come from layers before; the kernel must not read outside the image."""
    x, theta, y = IMAGE[:1].copy(), IDENTITY.copy(), np.empty((1, 3, 6, 7))
    theta[0, which] = value
    call(grid_sample, [x, theta, y], (3, 6, 7, 6, 7, 0, 0), rows=1)
    # no place has coordinate 0 on the even axis, so a huge number moves every place outside unless it scales the odd one
    assert np.isnan(y).all() if not np.isfinite(value) else not y[:, :, :, [0, 2, 4, 6]].any()


@pytest.mark.parametrize("text", ["UPSAMPLE|2|3", "UPSAMPLE|3|2|BILINEAR", "AVGPOOL|2|3|1|2|SAME", "AVGPOOL|3|3|1|1|2|1", "MEAN"])
def test_a_constant_image_stays_constant(text):
    y = run_alone(text, [np.full((1, 2, 5, 7), 0.7)])
    assert np.allclose(y, 0.7, rtol=1e-15)


@pytest.mark.parametrize("text", ["UPSAMPLE|2|3", "UPSAMPLE|3|2|BILINEAR", "AVGPOOL|2|2|1|1|SAME", "SLICE|1|2", "MEAN|2"])
def test_backward_is_the_transpose_of_a_linear_forward(text):
    u = IMAGE[:1]
    y = run_alone(text, [u])
    v = RNG.standard_normal(y.shape)
    (back,) = run_alone(text, [u], v)[1]
    assert np.sum(y * v) == pytest.approx(np.sum(u * back), rel=1e-13)


def test_the_gradient_of_a_value_cut_into_parts_is_put_together_again():
    parts = "x=DENSE|9|TANH,a=SLICE|0|4@x,b=SLICE|3|2@x,s=DENSE|3|TANH@a,t=DENSE|2|TANH@b,CONCAT@s+t,LINEAR"
    network = network_of(parts, 4, losses=("SUMOFSQUARES",), precision="float64", threads=1)
    sample = sample_of(network, 70)
    gradient, start = network.gradient(*sample), network.parameters.snapshot()
    for seed in range(3):
        direction = np.random.default_rng(seed).standard_normal(start.shape) * (start != 0)
        losses = []
        for step in (1e-5, -1e-5):
            network.parameters.restore(start + step * direction)
            losses.append(network.loss(*sample))
        network.parameters.restore(start)
        assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(float(gradient @ direction), rel=1e-7)
    # elements 5 to 8 reach no output, so their weights have no gradient, whatever the arena held before
    network.parameters.restore(gradient)
    assert not network.parameters.get("x", "Weights")[5:].any() and network.parameters.get("x", "Weights")[:5].all()


@pytest.mark.parametrize(
    "pool, folds",
    [("MAXPOOL|2|2|1|1", True), ("MAXPOOL|3|2|2|1|VALID", True), ("AVGPOOL|2|2|2|2|VALID", True), ("AVGPOOL|3|3|1|1|1|1", False)],
)
def test_zeros_in_front_of_a_pool_are_not_copied(pool, folds):
    shape, pads = (2, 5, 6), (1, 2, 0, 3)
    image = RNG.standard_normal((1, *shape)) - 1.0
    layout = f"d=DENSE|60|LINEAR,i=RESHAPE|2|5|6,p=PADDING2D|{'|'.join(map(str, pads))},y={pool},RESHAPE|FLAT"
    network = network_of(layout, 60, losses=("SUMOFSQUARES",), precision="float64", threads=1)
    network.parameters.set("d", "Weights", np.eye(60))
    network.parameters.set("d", "Biases", np.zeros((60, 1)))
    assert any(step.kernel is pad_planes for step in network.plan.steps) is not folds
    assert ("taken from p" in " ".join(str(network.plan).split())) is folds
    padded = np.pad(image, ((0, 0), (0, 0), pads[:2], pads[2:]))
    expected = run_alone(pool, [padded])
    y = network.outputs(image.reshape(1, -1))
    assert np.allclose(y, expected.reshape(1, -1), atol=1e-15)
    grad = RNG.standard_normal(expected.shape)
    _, (whole,) = run_alone(pool, [padded], grad)
    network.parameters.restore(network.gradient(image.reshape(1, -1), y - grad.reshape(1, -1) * y.size / 2, np.ones(1)))
    assert np.allclose(network.parameters.get("d", "Biases").reshape(shape), whole[0, :, 1:6, 0:6], atol=1e-14)


def test_an_average_over_the_whole_image_is_one_sum():
    network = network_of("AVGPOOL|5|6|1|1,RESHAPE|FLAT,LINEAR", 60, inputs=(("input", (2, 5, 6)),))
    assert [step.text() for step in network.plan.steps][0] == "mean of 30"


def test_avgpool_reads_padding_as_numbers_or_as_a_word():
    assert read_layer("AVGPOOL|3|3|2|2|1|1")[0].pad_height == 1
    assert read_layer("AVGPOOL|3|3|2|2|1|1")[0].to_fields() == ("3", "3", "2", "2", "1", "1")
    assert read_layer("AVGPOOL|3|3|2|2|SAME")[0].to_fields() == ("3", "3", "2", "2", "SAME")


def test_padding_of_maxpool_counts_and_never_wins():
    pixels = np.arange(1.0, 21.0).reshape(4, 5).T.reshape(1, 1, 5, 4)
    expected = [[1, 11, 16], [3, 13, 18], [5, 15, 20]]
    assert run_alone("MAXPOOL|2|2|2|2|1|1", [pixels])[0, 0].tolist() == expected
    assert run_alone("MAXPOOL|2|2|2|2|1|1", [pixels - 100])[0, 0].tolist() == (np.array(expected) - 100).tolist()
    assert run_alone("MAXPOOL|2|2|2|2|0|1", [pixels])[0, 0].tolist() == [[2, 12, 17], [4, 14, 19]]
    assert run_alone("MAXPOOL|3|3|1|1|1|1", [pixels])[0, 0].tolist() == run_alone("MAXPOOL|3|3|1|1|SAME", [pixels])[0, 0].tolist()


def test_maxpool_says_its_padding_and_warns_of_image_rows_only():
    layer, warnings = read_layer("MAXPOOL|2|2|2|2|1|0")
    assert (layer.pad_height, layer.pad_width, layer.to_fields()) == (1, 0, ("2", "2", "2", "2", "1", "0")) and not warnings
    assert read_layer("MAXPOOL|2|2|2|2|0|0")[0].to_fields() == ("2", "2", "2", "2")
    assert not layer.remarks((1, 5, 4))  # the row that is left over is padding
    assert read_layer("MAXPOOL|3|3|3|3|1|1")[0].remarks((1, 6, 7)) == (
        "MAXPOOL does not end at the edge of its padded input: 1 row left over, where TMVA stops",
    )


def test_a_maxpool_with_padding_goes_into_no_element_of_tmvas_file():
    assert element_of(read_layer("MAXPOOL|2|2|2|2|1|0")[0], (1, 6, 6)) is None
    assert element_of(read_layer("MAXPOOL|2|2|2|2|0|0")[0], (1, 6, 6)) is not None


@pytest.mark.parametrize("kind", ["AVGPOOL", "MAXPOOL"])
def test_error_padding_as_large_as_the_window(kind):
    assert refusal(f"{kind}|2|2|1|1|1|2", (1, 5, 5)) == (
        f"{kind} padding 1x2 leaves windows of 2x2 without a pixel\n  hint: padding must be smaller than the window"
    )


def test_zeros_that_avgpool_counts_are_those_of_padding2d():
    image = RNG.standard_normal((1, 2, 5, 6))
    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (2, 2)))
    assert np.allclose(run_alone("AVGPOOL|3|3|1|2|1|2|1", [image]), run_alone("AVGPOOL|3|3|1|2|VALID", [padded]), atol=1e-15)
    assert read_layer("AVGPOOL|3|3|1|2|1|2|1")[0].to_fields() == ("3", "3", "1", "2", "1", "2", "1")
    assert read_layer("AVGPOOL|3|3|1|2|SAME|1")[0].to_fields() == ("3", "3", "1", "2", "SAME", "1")
    assert read_layer("AVGPOOL|3|3|1|2|0|0|1")[0].to_fields() == ("3", "3", "1", "2", "0", "0", "1")


def test_error_axis_that_is_not_there():
    assert refusal("MEAN|3", (4, 5)) == (
        "MEAN over axis 3 of a sequence 4x5 (steps x features)\n  hint: its axes are numbered from 1 to 2"
    )
