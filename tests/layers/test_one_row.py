"""InputLayout=1|1|W, one form for two things in TMVA: a vector for a layer that reads vectors, an image of one row for others."""

import copy

import numpy as np
import pytest

import tmvalite
from tests.helpers import assert_close
from tests.naive.convolution import conv_layer
from tests.networks import graph_of, network_of, sample_of
from tmvalite.errors import Diagnostics, ShapeError, Source
from tmvalite.graph import input_shapes
from tmvalite.layers.shapes import OneRow
from tmvalite.string_utils import parse_input_layout

IMAGES = [
    ("CONV|3|1|3|1|1|0|1|RELU", (3, 1, 8)),
    ("CONV|3|3|3|1|1|1|1|RELU", (3, 1, 8)),
    ("DEPTHCONV|2|1|3|1|1|0|0|RELU", (2, 1, 6)),
    ("TRANSCONV|2|2|2|2|2|0|0|RELU", (2, 2, 16)),
    ("MAXPOOL|1|2", (1, 1, 4)),
    ("AVGPOOL|1|4|1|2", (1, 1, 3)),
    ("PADDING2D|1|1|0|0", (1, 3, 8)),
    ("UPSAMPLE|2|2", (1, 2, 16)),
]
VECTORS = [("DENSE|5|TANH", (5,)), ("BNORM", (8,)), ("RESHAPE|2|2|2", (2, 2, 2)), ("SLICE|2|3", (3,)), ("RESHAPE|FLAT", (8,))]


def first(layout, input_layout):
    inputs = input_shapes(parse_input_layout(Source(input_layout)), 8, Diagnostics())
    return graph_of(f"{layout},RESHAPE|FLAT,DENSE|1|LINEAR", 8, inputs=inputs).nodes[0]


@pytest.mark.parametrize("input_layout", ["1|1|8", "1|8"])
@pytest.mark.parametrize("layout, shape", IMAGES + VECTORS)
def test_the_first_layer_says_what_the_row_is(layout, shape, input_layout):
    assert first(layout, input_layout).shape == shape


@pytest.mark.parametrize("input_layout", ["0|0|0", "8"])
@pytest.mark.parametrize("layout", [layout for layout, _ in IMAGES])
def test_a_row_that_was_not_written_is_a_vector(layout, input_layout):
    with pytest.raises(ShapeError, match="reads an image, not a vector of 8"):
        first(layout, input_layout)


def test_a_row_stays_one_behind_layers_that_keep_shapes():
    nodes = graph_of("DENSE|6|RELU,RESHAPE|1|1|6,BNORM,CONV|2|1|3|1|1|0|0|RELU,RESHAPE|FLAT,DENSE|1|LINEAR", 4).nodes
    assert [node.shape for node in nodes] == [(6,), (6,), (6,), (2, 1, 4), (8,), (1,)]
    assert nodes[2].parameters[0].shape == (1, 6)  # features are normalised, as in TMVA


def trained(layout, tmp_path, name):
    rng = np.random.default_rng(3)
    X, y = rng.standard_normal((60, 8)).astype("float32"), np.arange(60) % 2
    strategy = "TrainingStrategy=LearningRate=1e-2,Momentum=0,BatchSize=20,MaxEpochs=2,TestRepetitions=1"
    method = tmvalite.MethodDL(f"InputLayout=1|1|8:Layout={layout}:RandomSeed=1:{strategy}")
    method.fit(X, y)
    method.save(tmp_path / name)
    return method, X


@pytest.mark.filterwarnings("ignore:the network is hardly trained")
def test_a_convolution_over_a_row_has_the_right_values_and_is_saved_with_its_bits(tmp_path):
    method, X = trained("c=CONV|3|1|3|1|1|0|1|RELU,RESHAPE|FLAT,d=DENSE|1|LINEAR", tmp_path, "row.weights.xml")
    parameters = method.network.parameters
    at = dict(stride_rows=1, stride_cols=1, pad_height=0, pad_width=1, filter_height=1, filter_width=3, padding="")
    at |= dict(activation="RELU", shape=(3, 1, 8))
    c = conv_layer(at, {name: parameters.get("c", name) for name in ("Weights", "Biases")}, [X.reshape(-1, 1, 1, 8)])
    logit = c.reshape(60, -1) @ parameters.get("d", "Weights").T + parameters.get("d", "Biases").T
    assert_close(method.GetMvaValues(X), 1 / (1 + np.exp(-logit[:, 0])), 1e-6)
    text = (tmp_path / "row.weights.xml").read_text()
    assert "<Network" in text and "<Weights " not in text  # TMVA has no batches of such images
    assert tmvalite.load(tmp_path / "row.weights.xml").GetMvaValues(X).tobytes() == method.GetMvaValues(X).tobytes()


def test_an_autoencoder_of_rows_and_its_copy_give_the_same_bits(tmp_path):
    X = np.random.default_rng(4).standard_normal((60, 8)).astype("float32")
    encoder, decoder = (
        "CONV|2|1|3|1|1|0|1|RELU,RESHAPE|FLAT,DENSE|2|LINEAR",
        "DENSE|8|RELU,RESHAPE|1|1|8,CONV|1|1|3|1|1|0|1|LINEAR",
    )
    strategy = "TrainingStrategy=LearningRate=1e-3,Momentum=0,BatchSize=20,MaxEpochs=2,TestRepetitions=1"
    method = tmvalite.MethodAE(f"InputLayout=1|1|8:Layout=Encoder={{{encoder}}}Decoder={{{decoder}}}:RandomSeed=1:{strategy}")
    method.fit(X, progress="silent")
    method.save(tmp_path / "ae.weights.xml")
    for again in (copy.deepcopy(method), tmvalite.load(tmp_path / "ae.weights.xml")):
        assert again.reconstruct(X).tobytes() == method.reconstruct(X).tobytes()


@pytest.mark.filterwarnings("ignore:the network is hardly trained")
def test_a_dense_network_on_a_row_is_written_as_tmva_writes_it(tmp_path):
    method, X = trained("DENSE|4|TANH,DENSE|1|LINEAR", tmp_path, "flat.weights.xml")
    text = (tmp_path / "flat.weights.xml").read_text()
    assert 'InputDepth="1"' in text and 'InputHeight="1"' in text and 'InputWidth="8"' in text
    assert tmvalite.load(tmp_path / "flat.weights.xml").GetMvaValues(X).tobytes() == method.GetMvaValues(X).tobytes()


def test_the_onnx_form_of_layers_that_read_a_row_gives_the_scores():
    from tests.test_onnx_forms import by_onnxruntime, model_of

    layout = "PADDING2D|0|0|1|0,CONV|3|1|3|1|1|0|1|RELU,MAXPOOL|1|3|1|3|0|0,RESHAPE|FLAT,DENSE|1|LINEAR"
    network = network_of(layout, 8, inputs=(("input", OneRow((8,))),), threads=1)
    x = sample_of(network, 5)[0]
    (values,) = by_onnxruntime(model_of(network.graph, network.parameters, "float32"), {"input": x})
    assert_close(network.outputs(x), values, 1e-6)
