"""How fields are read: TMVA's rules where TMVA has the layer, and the messages."""

import pytest

from tests.layers.tools import read_layer
from tmvalite.activations import ACTIVATIONS
from tmvalite.errors import OptionError


def only_warning(text, **keywords):
    """Text of the one warning; under Strict the same text is an error."""
    (warning,) = read_layer(text, **keywords)[1]
    with pytest.raises(OptionError) as caught:
        read_layer(text, strict=True, **keywords)
    assert str(caught.value) == str(warning)
    return str(warning)


def error(text):
    with pytest.raises(OptionError) as caught:
        read_layer(text)
    return str(caught.value)


def message(*lines):
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text, width, activation",
    [
        ("DENSE|64|RELU", 64, "RELU"),
        ("DENSE|RELU|64", 64, "RELU"),
        ("64|TANH|DENSE", 64, "TANH"),
        ("TANH|128", 128, "TANH"),
        ("128|TANH", 128, "TANH"),
        ("LINEAR", 3, "LINEAR"),
        ("DENSE", 3, "TANH"),
        ("DENSE|0|LINEAR", 3, "LINEAR"),
        ("DENSE|0|12|LINEAR", 12, "LINEAR"),
        ("(N+100)*2|SOFTSIGN", 210, "SOFTSIGN"),
        ("DENSE|N", 5, "TANH"),
        ("n", 5, "TANH"),
    ],
)
def test_dense_fields_stand_in_any_order(text, width, activation):
    layer, warnings = read_layer(text, n_outputs=3)
    assert (layer.width, layer.activation) == (width, activation) and not warnings


def test_missing_fields_of_a_convolution_are_zero_or_tanh():
    layer, warnings = read_layer("CONV|10|3|3|1|1")
    assert (layer.pad_height, layer.pad_width, layer.activation) == (0, 0, "TANH") and not warnings


def test_valid_and_same_stand_where_the_padding_stands():
    layer, _ = read_layer("CONV|4|3|3|2|2|SAME|RELU")
    assert (layer.padding, layer.activation) == ("SAME", "RELU")
    assert read_layer("MAXPOOL|2|2|2|2|VALID")[0].padding == "VALID"


def test_flat_may_stand_anywhere():
    assert read_layer("RESHAPE|FLAT|1|1|60")[0] == read_layer("RESHAPE|1|1|60|FLAT")[0]


def test_a_whole_number_may_end_in_zeros():
    layer, warnings = read_layer("CONV|10.0|3|3|1|1")
    assert layer.depth == 10 and not warnings


def test_a_dense_layer_of_many_fields_is_one_layer():
    layer, _ = read_layer("RELU|225|RELU|100|LINEAR")
    assert (layer.width, layer.activation) == (225, "LINEAR")


def test_error_surplus_fields_of_a_dense_layer():
    assert only_warning("RELU|225|RELU|100|LINEAR") == message(
        "this is one dense layer of 225 nodes with LINEAR, as in TMVA; 'RELU', 'RELU', '100' are ignored",
        "  RELU|225|RELU|100|LINEAR",
        "  ^~~~~~~~~~~~~~~~~",
        "  in Layout, layer 1 (DENSE)",
        "  hint: a comma begins the next layer",
    )


def test_error_unknown_activation_of_a_dense_layer():
    assert only_warning("DENSE|64|TAHN") == message(
        "DENSE has no activation 'TAHN'; TANH is used, as in TMVA",
        "  DENSE|64|TAHN",
        "           ^~~~",
        "  in Layout, layer 1 (DENSE), argument 2 (activation)",
        "  expected one of: " + ", ".join(ACTIVATIONS),
        "  hint: did you mean 'TANH'?",
    )


def test_error_unknown_activation_before_the_width():
    layer, (warning,) = read_layer("DENSE|relu|64")
    assert layer.width == 64 and warning.hint == "did you mean 'RELU'?"


def test_error_unknown_activation_of_a_convolution():
    assert only_warning("CONV|6|3|3|1|1|SAME|FTANH").splitlines()[:4] == [
        "CONV has no activation 'FTANH'; TANH is used, as in TMVA",
        "  CONV|6|3|3|1|1|SAME|FTANH",
        "                      ^~~~~",
        "  in Layout, layer 1 (CONV), argument 7 (activation)",
    ]


def test_error_unknown_activation_of_a_layer_that_tmva_lacks():
    assert error("ACT|RELLU").splitlines()[0] == "ACT has no activation 'RELLU'"


def test_error_width_formula():
    assert error("DENSE|(N+|RELU") == message(
        "'(N+' is no width: the formula is not finished",
        "  DENSE|(N+|RELU",
        "          ^",
        "  in Layout, layer 1 (DENSE)",
        "  expected a number of nodes or a formula in N, such as 64 or (N+100)*2",
    )


def test_error_text_behind_a_number():
    assert only_warning("CONV|6|3x3|3|1|1") == message(
        "'x3' behind the number 3 of filter height is ignored, as in TMVA",
        "  CONV|6|3x3|3|1|1",
        "          ^~",
        "  in Layout, layer 1 (CONV)",
        "  hint: write 3|3",
    )


def test_error_missing_stride():
    assert error("CONV|6|3|3|1") == message(
        "CONV has no stride cols (columns from one window to the next); TMVA would read 0",
        "  CONV|6|3|3|1",
        "  ^~~~~~~~~~~~",
        "  in Layout, layer 1 (CONV)",
        "  expected CONV|depth|filter_height|filter_width|stride_rows|stride_cols|pad_height|pad_width|activation",
    )


def test_error_zero_stride():
    assert error("MAXPOOL|2|2|0|1") == message(
        "MAXPOOL cannot have stride rows 0",
        "  MAXPOOL|2|2|0|1",
        "              ^",
        "  in Layout, layer 1 (MAXPOOL), argument 3 (stride rows)",
        "  expected rows from one window to the next, at least 1",
    )


def test_error_a_formula_where_a_number_must_stand():
    assert error("CONV|N|3|3|1|1") == message(
        "CONV needs a number for depth, not 'N'; TMVA would read 0",
        "  CONV|N|3|3|1|1",
        "       ^",
        "  in Layout, layer 1 (CONV), argument 1 (depth)",
        "  hint: formulas in N are understood in the width of DENSE only",
    )


def test_error_a_truth_value_is_written_as_a_number():
    assert error("LSTM|7|5|3|False").splitlines()[-1] == "  hint: write 0"


def test_error_remembered_state():
    assert only_warning("GRU|7|5|3|1") == message(
        "GRU starts from a zero state for every event: rememberState=1 has no effect",
        "  GRU|7|5|3|1",
        "            ^",
        "  in Layout, layer 1 (GRU), argument 4 (remember state)",
    )


def test_error_surplus_field_of_a_tmva_layer():
    assert only_warning("MAXPOOL|2|2|1|1|DENSE|5") == message(
        "MAXPOOL has no field for 'DENSE|5'; it is ignored, as in TMVA",
        "  MAXPOOL|2|2|1|1|DENSE|5",
        "                  ^~~~~~~",
        "  in Layout, layer 1 (MAXPOOL)",
        "  hint: a comma begins the next layer",
    )


def test_error_surplus_field_of_our_layer():
    assert error("PADDING2D|1|1|1|1|1") == message(
        "PADDING2D has no field for '1'", "  PADDING2D|1|1|1|1|1", "                    ^", "  in Layout, layer 1 (PADDING2D)"
    )


@pytest.mark.parametrize(
    "text, first",
    [
        ("RESHAPE|4|5", "RESHAPE needs three sizes or the word FLAT"),
        ("RESHAPE|4|0|5", "RESHAPE cannot have a size of 0"),
        ("DROPOUT|1", "DROPOUT cannot have p 1"),
        ("DROPOUT|x", "DROPOUT needs a number for p, not 'x'"),
        ("DROPOUT|0.5x", "'x' behind the number 0.5 of p has no meaning"),
        ("BNORM|1.5", "BNORM cannot have momentum 1.5"),
        ("BNORM|0.9|-1", "BNORM cannot have epsilon -1"),
        ("BNORM|0.9|1e999", "epsilon is too large: '1e999'"),
        ("CONV|99999999999|3|3|1|1", "depth is too large: '99999999999'"),
        ("UPSAMPLE|2|2|CUBIC", "UPSAMPLE has no method 'CUBIC'"),
        ("OUTPUT|MSE", "OUTPUT has no loss 'MSE'"),
        ("CORRUPT|1.5", "CORRUPT cannot have level 1.5 with MASK"),
        ("TRANSCONV|1|3|3|2|2|0|0|LINEAR|2", "TRANSCONV cannot have output padding 2 with stride 2"),
        ("TRANSCONV|1|3|3|2|2|0|0|1", "TRANSCONV with output padding needs an activation"),
        ("TRANSCONV|1|3|3|2|2|SAME|LINEAR|1", "TRANSCONV with SAME has no output padding: its output is stride times its input"),
        ("LATENT", "LATENT has no size (number of latent variables)"),
    ],
)
def test_error_fields_that_cannot_be(text, first):
    assert error(text).splitlines()[0] == first


@pytest.mark.parametrize(
    "text, fields",
    [
        ("MMD", ("GAUSS", "0", "1")),
        ("MMD|UNIFORM", ("UNIFORM", "-1", "1")),
        ("MMD|GAUSS|2|0.5", ("GAUSS", "2", "0.5")),
        ("SWD|7", ("7", "GAUSS", "0", "1")),
        ("SWD|7|UNIFORM|0|3", ("7", "UNIFORM", "0", "3")),
        ("KL", ("0", "1")),
        ("SPARSITY", ("L1",)),
        ("SPARSITY|KL|0.1", ("KL", "0.1")),
    ],
)
def test_a_prior_stands_behind_the_other_fields(text, fields):
    assert read_layer(text)[0].to_fields() == fields


def test_error_of_a_prior_without_width():
    assert error("MMD|GAUSS|0|0") == message(
        "MMD cannot have sigma 0",
        "  MMD|GAUSS|0|0",
        "              ^",
        "  in Layout, layer 1 (MMD), argument 3 (second)",
        "  expected standard deviation of GAUSS, above 0",
    )
    assert error("SWD|50|UNIFORM|1|-1") == message(
        "UNIFORM of SWD ends at -1, before it begins",
        "  SWD|50|UNIFORM|1|-1",
        "                   ^~",
        "  in Layout, layer 1 (SWD), argument 4 (second)",
        "  expected upper end of UNIFORM, above 1",
    )
