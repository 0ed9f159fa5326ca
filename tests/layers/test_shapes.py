"""Shape rules beyond the examples: windows, padding, sequences, and what does not fit."""

import pytest

from tests.layers.tools import read_layer
from tmvalite.errors import ShapeError
from tmvalite.layers.window import slide


def out(text, *inputs):
    return read_layer(text)[0].output_shape(*inputs)


def refusal(text, *inputs):
    with pytest.raises(ShapeError) as caught:
        out(text, *inputs)
    return str(caught.value)


@pytest.mark.parametrize("n", range(1, 12))
@pytest.mark.parametrize("k", range(1, 6))
@pytest.mark.parametrize("s", range(1, 5))
def test_same_gives_the_input_divided_by_the_stride(n, k, s):
    window = slide("CONV", (n, n), (k, k), (s, s), padding="SAME")
    assert window.out == (-(-n // s),) * 2
    top, bottom, left, right = window.pads
    assert (top, bottom) == (left, right) and 0 <= bottom - top <= 1
    assert (window.out[0] - 1) * s + k <= n + top + bottom  # the last window lies on the padded image
    assert top == 0 or top < k  # no window sees padding only


@pytest.mark.parametrize(
    "i, k, s, p, a, o",
    [
        (2, 3, 1, 0, 0, 4),
        (6, 4, 1, 2, 0, 5),
        (5, 3, 1, 1, 0, 5),
        (7, 3, 1, 2, 0, 5),
        (2, 3, 2, 0, 0, 5),
        (3, 3, 2, 1, 0, 5),
        (3, 3, 2, 1, 1, 6),
        (32, 5, 2, 2, 1, 64),
        (7, 5, 2, 2, 1, 14),
        (4, 4, 2, 1, 0, 8),
    ],
)
def test_a_transposed_convolution_restores_the_sizes_of_its_convolution(i, k, s, p, a, o):
    layer, _ = read_layer(f"TRANSCONV|3|{k}|{k}|{s}|{s}|{p}|{p}|LINEAR|{a}|{a}")
    assert layer.output_shape((2, i, i)) == (3, o, o)
    assert layer.window((2, i, i)).pads == (p, p - a, p, p - a)


@pytest.mark.parametrize("k", range(1, 5))
@pytest.mark.parametrize("s", range(1, 5))
def test_a_transposed_convolution_with_same_multiplies_by_the_stride(k, s):
    layer, _ = read_layer(f"TRANSCONV|1|{k}|{k}|{s}|{s}|SAME|LINEAR")
    window = layer.window((1, 3, 5))
    top, bottom, left, right = window.pads
    assert window.out == (3 * s, 5 * s)
    assert 2 * s + k - top - bottom == 3 * s and 4 * s + k - left - right == 5 * s and top >= 0


def test_the_output_padding_may_stand_before_the_activation():
    assert read_layer("TRANSCONV|20|5|5|2|2|2|2|1|1|RELU")[0] == read_layer("TRANSCONV|20|5|5|2|2|2|2|RELU|1|1")[0]


def test_a_recurrent_layer_reads_a_vector_as_one_step_and_images_of_one_channel_or_row():
    for shape in ((3, 5), (1, 3, 5), (3, 1, 5)):
        assert out("LSTM|7|5|3|0|1", shape) == (3, 7)
    assert out("GRU|7|5|1|0|1", (5,)) == (7,)


def test_tmva_reads_a_sequence_as_channels_of_one_row():
    assert out("CONV|4|1|3|1|1|0|0|RELU", (7, 5)) == (4, 1, 3)


def test_a_flat_reshape_remarks_on_sizes_that_disagree():
    layer, _ = read_layer("RESHAPE|1|2|128|FLAT")
    assert layer.output_shape((128,)) == (128,)
    assert layer.remarks((128,)) == ("RESHAPE flattens 128 values whatever its sizes 1x2x128 say, as in TMVA",)
    assert not layer.remarks((2, 128))


@pytest.mark.parametrize(
    "text, image, remark, shape",
    [
        (
            "CONV|6|5|5|2|2|2|2|RELU",
            (1, 28, 29),
            "CONV does not end at the edge of its padded input: 1 row left over, where TMVA stops",
            (6, 14, 15),
        ),
        (
            "DEPTHCONV|2|3|3|3|3|0|0|RELU",
            (1, 8, 7),
            "DEPTHCONV does not end at the edge of its input: 2 rows and 1 column left over, where TMVA stops",
            (2, 2, 2),
        ),
        (
            "MAXPOOL|2|2|2|2",
            (1, 4, 5),
            "MAXPOOL does not end at the edge of its input: 1 column left over, where TMVA stops",
            (1, 2, 2),
        ),
    ],
)
def test_windows_that_leave_rows_over_round_down_with_a_remark(text, image, remark, shape):
    layer, _ = read_layer(text)
    assert layer.output_shape(image) == shape
    assert layer.remarks(image) == (remark,)


@pytest.mark.parametrize("text", ["CONV|6|5|5|2|2|VALID|RELU", "CONV|6|5|5|2|2|SAME|RELU", "MAXPOOL|2|2|2|2|VALID"])
def test_valid_and_same_leave_rows_over_without_a_remark(text):
    layer, _ = read_layer(text)
    assert not layer.remarks((1, 28, 29))


def test_grid_sample_keeps_the_image_size_or_takes_its_own():
    assert out("GRIDSAMPLE|0|7", (2, 5, 6), (6,)) == (2, 5, 7)


@pytest.mark.parametrize(
    "text, inputs, message",
    [
        ("CONV|6|5|5|1|1|0|0|RELU", [(1, 4, 8)], "CONV filter 5x5 does not fit its input 4x8"),
        ("CONV|6|9|9|1|1|1|1|RELU", [(1, 4, 8)], "CONV filter 9x9 does not fit its padded input 6x10"),
        (
            "TRANSCONV|1|2|2|1|1|3|3|LINEAR",
            [(1, 2, 9)],
            "TRANSCONV leaves nothing: stride 1 * (2 - 1) + output padding 0 + filter 2 - 2 * padding 3 = -3",
        ),
        (
            "DENSE|3",
            [(1, 4, 5)],
            "DENSE reads a vector, not an image 1x4x5 (channels x rows x columns)\n  hint: put RESHAPE|FLAT before it",
        ),
        ("DENSE|3", [(4, 5)], "DENSE reads a vector, not a sequence 4x5 (steps x features)\n  hint: put RESHAPE|FLAT before it"),
        (
            "MAXPOOL|2|2|1|1",
            [(5,)],
            "MAXPOOL reads an image, not a vector of 5\n"
            "  hint: give the shape in InputLayout=channels|rows|columns or with RESHAPE|channels|rows|columns",
        ),
        (
            "LSTM|7|5|3",
            [(3, 6)],
            "LSTM expects 3 steps of 5 features, but it reads a sequence 3x6 (steps x features)\n  hint: LSTM|7|6|3 fits",
        ),
        (
            "RNN|7|5|3",
            [(2, 3, 5)],
            "RNN reads a sequence, not an image 2x3x5 (channels x rows x columns)\n"
            "  hint: RESHAPE|1|steps|features makes a sequence",
        ),
        ("RESHAPE|2|3|4", [(25,)], "RESHAPE to 2x3x4 holds 24 values, but it reads a vector of 25 values"),
        (
            "RESHAPE|2|3|4",
            [(5, 5)],
            "RESHAPE to 2x3x4 holds 24 values, but it reads a sequence 5x5 (steps x features), 25 values",
        ),
        ("ADD@a+b", [(5,), (6,)], "ADD joins values of one shape, but source 1 is 5 and source 2 is 6"),
        ("CONCAT@a+b", [(4, 5), (3, 5)], "CONCAT joins sequences of as many steps, but source 1 is 4x5 and source 2 is 3x5"),
        ("CONCAT@a+b", [(5,), (3, 5)], "CONCAT joins vectors, but source 1 is 5 and source 2 is 3x5"),
        (
            "MEAN",
            [(5,)],
            "MEAN reads a sequence or an image, not a vector of 5\n  hint: MEAN|1 averages over the values of a vector",
        ),
        ("SLICE|3|3", [(5,)], "SLICE ends at 6, but it reads a vector of 5"),
        (
            "GRIDSAMPLE@a+b",
            [(1, 4, 4), (5,)],
            "the second source of GRIDSAMPLE is a vector of 6 numbers, not a vector of 5\n"
            "  hint: GRIDSAMPLE@image+theta with theta=DENSE|6|LINEAR",
        ),
        (
            "SAMPLE@a+b",
            [(2,), (3,)],
            "SAMPLE reads the mean and the log-variance, two vectors of one width, not a vector of 2 and a vector of 3",
        ),
        (
            "GUMBEL|2|3",
            [(5,)],
            "GUMBEL of 2 variables with 3 classes reads 6 values, not 5\n  hint: put DENSE|6|LINEAR before it",
        ),
        ("TIED|h", [(6,)], "TIED reads as many values as 'h' has nodes, 7, not 6"),
    ],
)
def test_error_shapes_that_do_not_fit(text, inputs, message):
    assert refusal(text, *inputs) == message


def test_normalisations_and_shuffles_say_what_they_cannot_read():
    assert "GROUPNORM cannot make 2 equal groups of the channels of an image 3x4x4" in refusal("GROUPNORM|2", (3, 4, 4))
    assert "expected one of: 1, 3" in refusal("GROUPNORM|2", (3, 4, 4))
    assert "INSTNORM reads an image, not a vector of 5" in refusal("INSTNORM", (5,))
    message = refusal("PIXELSHUFFLE|2", (6, 4, 4))
    assert (
        "makes one channel of 4, which an image 6x4x4 (channels x rows x columns) has no multiple" in message
        and "give it 8 channels" in message
    )


def test_a_group_of_one_value_is_worth_a_remark():
    layer = read_layer("GROUPNORM|5")[0]
    assert layer.remarks((5,)) == ("a group of GROUPNORM has one value here, which is normalised to 0",)
    assert not layer.remarks((10,)) and not read_layer("INSTNORM")[0].remarks((2, 1, 3))
