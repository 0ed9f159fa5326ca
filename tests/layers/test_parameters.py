"""Sizes and names of parameters, and what the weight file calls them."""

import pytest

from tests.layers.tools import read_layer
from tmvalite.errors import FileError
from tmvalite.layers.weight_file import element_of, layer_from_element, matrices_of


def shapes(text, *inputs):
    return {p.name: p.shape for p in read_layer(text)[0].parameters(*inputs)}


def test_dense_weights_are_width_times_inputs():
    assert shapes("DENSE|3|TANH", (5,)) == {"Weights": (3, 5), "Biases": (3, 1)}


def test_conv_weights_are_depth_times_channels_and_filter():
    assert shapes("CONV|7|3|2|1|1|0|0|RELU", (4, 5, 6)) == {"Weights": (7, 24), "Biases": (7, 1)}
    assert shapes("TRANSCONV|7|3|2|1|1|0|0|RELU", (4, 5, 6)) == {"Weights": (7, 24), "Biases": (7, 1)}
    assert shapes("DEPTHCONV|3|3|2|1|1|0|0|RELU", (4, 5, 6)) == {"Weights": (12, 6), "Biases": (12, 1)}


def test_batch_normalisation_has_four_rows_by_feature_or_channel():
    names = ["Training-mu", "Training-variance", "Gamma", "Beta"]
    assert shapes("BNORM", (5,)) == dict.fromkeys(names, (1, 5))
    assert shapes("BNORM", (3, 4, 5)) == dict.fromkeys(names, (1, 3))
    assert shapes("BNORM", (4, 7)) == dict.fromkeys(names, (1, 7))
    layer, _ = read_layer("BNORM")
    assert [p.init for p in layer.parameters((5,))] == ["zero", "one", "one", "zero"]
    assert [p.trained for p in layer.parameters((5,))] == [False, False, True, True]


def test_recurrent_layers_have_one_bias_for_each_gate():
    assert shapes("RNN|7|5|3", (3, 5)) == {"W": (7, 5), "U": (7, 7), "b": (7, 1)}
    lstm = shapes("LSTM|7|5|3", (3, 5))
    assert list(lstm) == ["W_i", "W_f", "W_c", "W_o", "U_i", "U_f", "U_c", "U_o", "b_i", "b_f", "b_c", "b_o"]
    assert lstm["W_f"] == (7, 5) and lstm["U_o"] == (7, 7) and lstm["b_c"] == (7, 1)
    assert list(shapes("GRU|7|5|3", (3, 5))) == ["W_r", "W_z", "W_c", "U_r", "U_z", "U_c", "b_r", "b_z", "b_c"]


def test_matrices_decay_and_biases_and_statistics_do_not():
    for text, x in (("DENSE|3", (5,)), ("LSTM|7|5|3", (3, 5)), ("CONV|2|2|2|1|1", (1, 5, 5)), ("BNORM", (5,))):
        for p in read_layer(text)[0].parameters(x):
            assert p.decays == (p.init == "weights")


def test_a_tied_layer_owns_its_biases_only():
    assert shapes("TIED|h|SIGMOID", (7,)) == {"Biases": (5, 1)}


def test_lstm_and_gru_matrices_stand_under_the_names_of_the_file():
    lstm = dict(matrices_of(read_layer("LSTM|7|5|3")[0]))
    assert lstm["InputStateWeights"] == "W_f" and lstm["CandidateWeights"] == "U_i" and lstm["OuputWeights"] == "U_c"
    gru = dict(matrices_of(read_layer("GRU|7|5|3")[0]))
    assert gru["ResetStateWeights"] == "W_z" and gru["UpdateStateWeights"] == "U_r" and gru["CandidateWeights"] == "U_z"


@pytest.mark.parametrize(
    "text, inputs, element",
    [
        ("DENSE|2|TANH", (5,), ("DenseLayer", {"Width": "2", "ActivationFunction": "3"})),
        (
            "MAXPOOL|2|3|1|1",
            (1, 5, 6),
            ("MaxPoolLayer", {"FilterHeight": "2", "FilterWidth": "3", "StrideRows": "1", "StrideCols": "1"}),
        ),
        ("RESHAPE|FLAT", (2, 3, 4), ("ReshapeLayer", {"Depth": "1", "Height": "1", "Width": "24", "Flattening": "1"})),
        ("RESHAPE|2|3|4", (24,), ("ReshapeLayer", {"Depth": "2", "Height": "3", "Width": "4", "Flattening": "0"})),
        ("BNORM", (2,), ("BatchNormLayer", {"Momentum": "-1.0000000000000000e+00", "Epsilon": "1.0000000000000000e-04"})),
        (
            "LSTM|7|5|3|0|1",
            (3, 5),
            (
                "LSTMLayer",
                {
                    "StateSize": "7",
                    "CellSize": "7",
                    "InputSize": "5",
                    "TimeSteps": "3",
                    "RememberState": "0",
                    "ReturnSequence": "1",
                },
            ),
        ),
    ],
)
def test_the_element_is_that_of_tmva(text, inputs, element):
    assert element_of(read_layer(text)[0], inputs) == element


def test_even_padding_by_same_is_written_as_numbers():
    _, attributes = element_of(read_layer("CONV|4|3|5|1|1|SAME|RELU")[0], (1, 8, 8))
    assert (attributes["PaddingHeight"], attributes["PaddingWidth"]) == ("1", "2")


@pytest.mark.parametrize(
    "text, inputs",
    [
        ("CONV|4|2|2|1|1|SAME|RELU", (1, 8, 8)),  # uneven padding
        ("CONV|4|3|3|2|2|VALID|RELU", (1, 8, 8)),  # does not end at the edge
        ("MAXPOOL|3|3|2|2|VALID", (1, 8, 8)),
        ("DENSE|4|GELU", (5,)),  # no code
        ("BNORM", (3, 5)),  # a sequence
        ("DROPOUT|0.5", (5,)),
    ],
)
def test_what_root_cannot_run_has_no_element(text, inputs):
    assert element_of(read_layer(text)[0], inputs) is None


def test_error_unknown_element():
    with pytest.raises(FileError) as caught:
        layer_from_element("Conv3DLayer", {}, place="layer 2 of 5")
    assert str(caught.value) == (
        "the weight file has an element 'Conv3DLayer' that is no layer\n"
        "  in layer 2 of 5\n"
        "  expected one of: BatchNormLayer, ConvLayer, DenseLayer, GRULayer, LSTMLayer, MaxPoolLayer, ReshapeLayer, RNNLayer"
    )


@pytest.mark.parametrize(
    "attributes, message",
    [
        ({"Width": "3"}, "DenseLayer has no attribute ActivationFunction"),
        ({"Width": "0", "ActivationFunction": "3"}, "DenseLayer cannot have Width='0'"),
        ({"Width": "3.5", "ActivationFunction": "3"}, "DenseLayer cannot have Width='3.5'"),
        ({"Width": "99999999999", "ActivationFunction": "3"}, "DenseLayer cannot have Width='99999999999'"),
        ({"Width": "3", "ActivationFunction": "8"}, "DenseLayer cannot have ActivationFunction='8'"),
    ],
)
def test_error_damaged_element(attributes, message):
    with pytest.raises(FileError) as caught:
        layer_from_element("DenseLayer", attributes)
    assert str(caught.value) == message


def test_error_a_number_in_the_file_that_is_not_finite():
    with pytest.raises(FileError, match="BatchNormLayer cannot have Epsilon='nan'"):
        layer_from_element("BatchNormLayer", {"Momentum": "-1", "Epsilon": "nan"})
