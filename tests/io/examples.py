"""Weight files of every kind, small, as records. The files in data/ are what they look like when written."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tmvalite.data.info import VariableInfo
from tmvalite.io.weight_file import (
    BlockRecord,
    LayerRecord,
    NetworkRecord,
    NodeRecord,
    OptionRecord,
    OutputRecord,
    PdfRecord,
    SelectionRecord,
    TransformRecord,
    WeightFile,
)
from tmvalite.layers.base import Attribute, WeightElement

DATA = Path(__file__).parent / "data"
SHARED = Path(os.environ.get("TMVALITE_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
CORPUS = sorted((SHARED / "corpus" / "weights").glob("*.xml"))
needs_corpus = pytest.mark.skipif(not CORPUS, reason="the collection of real weight files is not here")


def element(name, attributes, matrices):
    return WeightElement(name, tuple(Attribute(a, a) for a in attributes.split()), tuple((m, m) for m in matrices.split()))


_GATES = (
    "InputWeights InputStateWeights InputBiases ForgetWeights ForgetStateWeights ForgetBiases CandidateWeights "
    "CandidateStateWeights CandidateBiases OuputWeights OutputStateWeights OutputBiases"
)
# All layers that TMVA writes, spelt out here so that these tests do not depend on what the layers declare.
ELEMENTS = {
    e.name: e
    for e in (
        element("DenseLayer", "Width ActivationFunction", "Weights Biases"),
        element(
            "ConvLayer",
            "Depth FilterHeight FilterWidth StrideRows StrideCols PaddingHeight PaddingWidth ActivationFunction",
            "Weights Biases",
        ),
        element("MaxPoolLayer", "FilterHeight FilterWidth StrideRows StrideCols", ""),
        element("ReshapeLayer", "Depth Height Width Flattening", ""),
        element("BatchNormLayer", "Momentum Epsilon", "Training-mu Training-variance Gamma Beta"),
        element("RNNLayer", "StateSize InputSize TimeSteps RememberState ReturnSequence", "InputWeights StateWeights Biases"),
        element("LSTMLayer", "StateSize CellSize InputSize TimeSteps RememberState ReturnSequence", _GATES),
        element(
            "GRULayer",
            "StateSize InputSize TimeSteps RememberState ReturnSequence ResetGateAfter",
            "ResetWeights ResetStateWeights ResetBiases UpdateWeights UpdateStateWeights UpdateBiases CandidateWeights "
            "CandidateStateWeights CandidateBiases",
        ),
    )
}


def matrix(rows, columns, seed, dtype=np.float32):
    return np.random.default_rng(seed).standard_normal((rows, columns)).astype(dtype)


def variables(*names, type="F"):
    return [VariableInfo(n, type=type, minimum=-1.0 - i, maximum=2.5 + i) for i, n in enumerate(names)]


def selection(*names, type="Variable"):
    return [SelectionRecord(type, n, n) for n in names]


def normalize(names, sets, targets=()):
    chosen = selection(*names) + selection(*targets, type="Target")
    ranges = np.sort(matrix(sets * len(chosen), 2, 3), axis=1).astype(float).reshape(sets, len(chosen), 2)
    return TransformRecord("Normalize", chosen, list(chosen), {"ranges": ranges})


def info(analysis):
    return {
        "TMVA Release": "4.2.1 [262657]",
        "ROOT Release": "6.32/04 [401412]",
        "Creator": "me & <you>",
        "Training events": "10",
        "TrainingTime": "1.25000000e+00",
        "AnalysisType": analysis,
    }


def header(depth, height, width, loss, output):
    return {
        "InputDepth": depth,
        "InputHeight": height,
        "InputWidth": width,
        "BatchSize": 1,
        "BatchDepth": 1,
        "BatchHeight": 50,
        "BatchWidth": width,
        "LossFunction": loss,
        "Initialization": "F",
        "Regularization": "2",
        "OutputFunction": output,
        "WeightDecay": float(np.float32(1e-4)),
    }


def dense(width, inputs, activation, seed, dtype=np.float32):
    return LayerRecord(
        "DenseLayer",
        {"Width": width, "ActivationFunction": activation},
        [("Weights", matrix(width, inputs, seed, dtype)), ("Biases", matrix(width, 1, seed + 1, dtype))],
    )


def classification(dtype=np.float32):
    """Dense and batch normalisation, Normalize with three class sets, expressions with special characters."""
    names = ("x", "a+b", 'cut&<">', "z'")
    options = [
        OptionRecord("V", "False", True),
        OptionRecord("VarTransform", "N", True),
        OptionRecord("VerbosityLevel", "", False),
        OptionRecord("Layout", "DENSE|2|TANH,BNORM,DENSE|1|LINEAR", True),
    ]
    bnorm = LayerRecord(
        "BatchNormLayer",
        {"Momentum": -1.0, "Epsilon": float(np.float32(1e-4))},
        [(n, matrix(1, 2, 20 + i, dtype)) for i, n in enumerate(("Training-mu", "Training-variance", "Gamma", "Beta"))],
    )
    transform = normalize(names, 3)
    transform.parameters["reference"] = "Background"
    return WeightFile(
        "DL",
        "MyDL",
        info("Classification"),
        options,
        variables(*names),
        variables("evt", type="I"),
        [],
        ["Signal", "Background"],
        [transform],
        [],
        header(1, 1, 4, "C", "S"),
        [dense(2, 4, 3, 10, dtype), bnorm, dense(1, 2, 0, 30, dtype)],
    )


def regression():
    """Every other layer of TMVA, an array variable, targets, one class, all four transformations, MVAPdfs."""
    names = [VariableInfo("v", title=f"[{i}]", internal=f"v[{i}]", type="F[]", index=i) for i in range(2)]
    chosen, n = selection("v", "v"), 2
    spread = matrix(n, n, 40, np.float64)
    pdf = [
        PdfRecord(
            pdf_settings(f"GaussTransform var{i} cls0"),
            f"Cumulative_Var{i}_cls0_original",
            -1.0,
            2.0,
            np.array([0.25, 0.5, 1.0]),
            np.array([-1.0, -1.0, 0.5, 2.0]),
        )
        for i in range(n)
    ]
    transforms = [
        normalize(("v", "v"), 1, ("t",)),
        TransformRecord("Decorrelation", chosen, chosen, {"matrices": [spread]}),
        TransformRecord(
            "PCA",
            chosen,
            chosen,
            {"classes": ["Signal"], "means": [np.array([0.5, -1.5])], "eigenvectors": [np.array([[0.6, -0.8], [0.8, 0.6]])]},
        ),
        TransformRecord("Uniform", chosen, chosen, {"pdfs": [[p] for p in pdf]}),
    ]
    even = [PdfRecord(pdf_settings(name), f"{name}_original", 0.0, 1.0, np.array([1.0, 3.0])) for name in ("sig", "bkg")]
    layers = [
        LayerRecord("ReshapeLayer", {"Depth": 1, "Height": 2, "Width": 1, "Flattening": 0}),
        LayerRecord(
            "ConvLayer",
            dict(zip(attribute_names("ConvLayer"), (2, 1, 1, 1, 1, 0, 0, 1))),
            [("Weights", matrix(2, 1, 50)), ("Biases", matrix(2, 1, 51))],
        ),
        LayerRecord("MaxPoolLayer", {"FilterHeight": 1, "FilterWidth": 1, "StrideRows": 1, "StrideCols": 1}),
        recurrent("RNNLayer", (3, 2, 2, 0, 1), [(3, 2), (3, 3), (3, 1)], 60),
        recurrent("LSTMLayer", (3, 3, 3, 2, 0, 1), [(3, 3), (3, 3), (3, 1)] * 4, 70),
        recurrent("GRULayer", (1, 3, 2, 0, 0, 1), [(1, 3), (1, 3), (1, 1), (1, 3), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1)], 90),
    ]
    return WeightFile(
        "DL",
        "DL_reg",
        info("Regression"),
        [OptionRecord("Array", "1 2", True, 2)],
        names,
        [],
        [VariableInfo("t", unit="GeV", minimum=0.0, maximum=9.0)],
        ["Regression"],
        transforms,
        even,
        header(1, 2, 1, "R", "I"),
        layers,
    )


def pdf_settings(name):
    return {
        "Name": name,
        "MinNSmooth": 0,
        "MaxNSmooth": 0,
        "InterpolMethod": 1,
        "KDE_type": 0,
        "KDE_iter": 1,
        "KDE_border": 1,
        "KDE_finefactor": 0.0,
    }


def attribute_names(name):
    return [a.name for a in ELEMENTS[name].attributes]


def recurrent(name, values, shapes, seed):
    matrices = [(m, matrix(*shape, seed + i)) for i, ((m, _), shape) in enumerate(zip(ELEMENTS[name].matrices, shapes))]
    return LayerRecord(name, dict(zip(attribute_names(name), values)), matrices)


def dnn():
    """MethodDNN: its own spelling of layers and sizes."""
    layers = [
        LayerRecord(
            "Layer", {"ActivationFunction": code}, [("Weights", matrix(rows, columns, seed)), ("Biases", matrix(rows, 1, 9))]
        )
        for rows, columns, code, seed in ((3, 2, 2, 5), (1, 3, 0, 6))
    ]
    return WeightFile(
        "DNN",
        "DNN",
        info("Classification"),
        [OptionRecord("Layout", "SIGMOID|3,LINEAR", True)],
        variables("x", "y"),
        [],
        [],
        ["Signal", "Background"],
        [],
        [],
        {"InputWidth": 2, "LossFunction": "C", "OutputFunction": "S"},
        layers,
    )


def network(precision="float32"):
    """Two named inputs, a residual link, two blocks, a layer without parameters."""

    def weights(rows, columns, seed):
        return [("Weights", matrix(rows, columns, seed, precision)), ("Biases", matrix(rows, 1, seed + 1, precision))]

    encoder = BlockRecord(
        "Encoder",
        [("jets", (2, 3)), ("event", (1,))],
        [
            NodeRecord("j", "LSTM|2|3|2|0|0", ("jets",), (2,), [("W_i", matrix(2, 3, 1, precision))], 0),
            NodeRecord("DENSE#2", "DENSE|2|TANH", ("event",), (2,), weights(2, 1, 3), 1),
            NodeRecord("ADD#3", "ADD", ("j", "DENSE#2", "j"), (2,), [], 2),
        ],
        [OutputRecord("ADD#3")],
    )
    decoder = BlockRecord(
        "Decoder",
        [("input", (2,))],
        [NodeRecord("d", "DENSE|7|LINEAR", ("input",), (7,), weights(7, 2, 5), 0)],
        [OutputRecord("d", "SUMOFSQUARES", 0.5)],
    )
    options = [OptionRecord("Layout", "Encoder={...}Decoder={...}", True)]
    return WeightFile(
        "AE",
        "AE",
        info("Regression"),
        options,
        variables(*"abcdefg"),
        [],
        variables("t"),
        ["Regression"],
        [],
        [],
        extension=NetworkRecord([encoder, decoder], precision, {"OutputFunction": "I"}),
    )


EXAMPLES = {"classification": classification, "regression": regression, "dnn": dnn, "network": network}
