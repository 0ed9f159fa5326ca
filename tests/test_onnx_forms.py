"""The ONNX form of every layer, run by onnxruntime and by the reference implementation in the package `onnx`."""

import warnings

import numpy as np
import pytest

from tests.helpers import assert_close
from tests.layouts import alone, size
from tests.networks import graph_of, network_of, sample_of
from tests.test_every_layer import EXAMPLES
from tmvalite.activations import ACTIVATIONS
from tmvalite.layers import REGISTRY
from tmvalite.layers.base import Example
from tmvalite.layers.onnx_form import OPSET, OnnxForms

onnx = pytest.importorskip("onnx", reason="needs the package onnx")

WITH_FORM = [p for p in EXAMPLES if hasattr(p.values[0], "onnx")]
# have kernels, or will have them, and no form yet
WITHOUT_FORM = {"LATENT"}  # stands for other layers
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
FLOAT32_INSIDE = {"Erf", "GridSample"}  # the reference computes these in float32 whatever they are given
# operators of SOFIE's list (tmva/sofie/README.md of ROOT 6.40) that forms may use; a layer names others in `beyond_sofie`
SOFIE = set(
    "Abs Add AveragePool BatchNormalization Concat Conv ConvTranspose Div Elu Erf Exp Expand GRU Gemm LSTM LeakyRelu Log MatMul "
    "Max MaxPool Mul Neg Pad RNN Reciprocal ReduceMean Relu Reshape Sigmoid Slice Softmax Squeeze Sub Tanh Transpose".split()
)


def model_of(graph, parameters, dtype):
    """An ONNX model of a graph, made as an exporter would make it: inputs by name, outputs y0, y1, ..."""
    from onnx import TensorProto, helper, numpy_helper

    forms = OnnxForms(dtype)
    names = {value: value.name for value in graph.inputs}
    for node in graph.nodes:
        forms.scope = node.name
        owners = (node,) if node.shared is None else (node.shared, node)
        matrices = {p.name: parameters.get(owner.name, p.name) for owner in owners for p in owner.parameters}
        inputs, shapes = tuple(names[v] for v in node.inputs), tuple(v.shape for v in node.inputs)
        names[node.output] = node.layer.onnx(forms, inputs, shapes, matrices)
    element = TensorProto.FLOAT if dtype == "float32" else TensorProto.DOUBLE
    nodes = [helper.make_node(n.operator, n.inputs, n.outputs, **n.attributes) for n in forms.nodes]
    nodes += [helper.make_node("Identity", [names[out.value]], [f"y{i}"]) for i, out in enumerate(graph.outputs)]
    given = [helper.make_tensor_value_info(v.name, element, ["N", *v.shape]) for v in graph.inputs]
    results = [helper.make_tensor_value_info(f"y{i}", element, ["N", *o.value.shape]) for i, o in enumerate(graph.outputs)]
    constants = [numpy_helper.from_array(array, name) for name, array in forms.constants.items()]
    content = helper.make_graph(nodes, "layer", given, results, constants)
    model = helper.make_model(content, opset_imports=[helper.make_operatorsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)  # also infers every shape and compares it with what is stated
    return model


def build(example, precision):
    layout, inputs = alone(example)
    variables = sum(size(shape) for shape in example.inputs)
    return network_of(layout, variables, 1, inputs=inputs, losses=("SUMOFSQUARES",), threads=1, precision=precision)


def split(x, graph):
    """Events (N, D) as the inputs of a graph."""
    parts, at = {}, 0
    for value in graph.inputs:
        parts[value.name] = x[:, at : at + value.size].reshape(-1, *value.shape)
        at += value.size
    return parts


def by_onnxruntime(model, feeds):
    """Results, or None where it has no kernel of this precision."""
    runtime = pytest.importorskip("onnxruntime", reason="needs the package onnxruntime")
    errors = runtime.capi.onnxruntime_pybind11_state
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, feeds)
    except (errors.NotImplemented, errors.RuntimeException) as error:
        if "NOT_IMPLEMENTED" in str(error) or "does not support double" in str(error):
            return None
        raise


def by_reference(model, feeds):
    from onnx.reference import ReferenceEvaluator

    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "GridSample" and attribute.s == b"bilinear":
                attribute.s = b"linear"  # its name since opset 20, the only one that the reference knows
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ReferenceEvaluator(model).run(None, feeds)


def compare(example, precision, *ways):
    network = build(example, precision)
    model = model_of(network.graph, network.parameters, precision)
    rough = any(node.op_type in FLOAT32_INSIDE for node in model.graph.node)
    for events in (6, 1):  # the number of events is open
        x = sample_of(network, events)[0]
        answers = [run(model, split(x, network.graph)) for run in ways]
        assert answers[0] is not None
        for results in answers:
            if results is not None:
                assert results[0].dtype == network.dtype
                assert_close(
                    results[0].reshape(events, -1), network.outputs(x), TOLERANCE["float32" if rough else precision], example.text
                )


@pytest.mark.parametrize("cls,example", WITH_FORM)
def test_onnxruntime_gives_what_the_layer_gives(cls, example):
    compare(example, "float32", by_onnxruntime)


@pytest.mark.parametrize("cls,example", WITH_FORM)
def test_float64_by_the_reference_and_by_onnxruntime_where_it_has_the_operators(cls, example):
    compare(example, "float64", by_reference, by_onnxruntime)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation(name, precision):
    ways = (by_onnxruntime,) if precision == "float32" else (by_reference, by_onnxruntime)
    compare(Example(f"ACT|{name}", ((40,),), (40,)), precision, *ways)


def test_every_layer_with_kernels_has_a_form():
    missing = {kind for kind, cls in REGISTRY.items() if hasattr(cls, "lower") and not hasattr(cls, "onnx")}
    assert missing <= WITHOUT_FORM


@pytest.mark.parametrize("cls,example", WITH_FORM)
def test_forms_keep_to_operators_that_sofie_reads(cls, example):
    network = build(example, "float32")
    used = {node.op_type for node in model_of(network.graph, network.parameters, "float32").graph.node} - {"Identity"}
    beyond = used - SOFIE - set(cls.beyond_sofie)
    assert not beyond, f"SOFIE does not read {sorted(beyond)} of {cls.kind}: use other operators, or say so in its `beyond_sofie`"


def test_a_network_of_many_layers_with_two_inputs_and_two_outputs():
    layout = (
        "c=CONV|4|3|3|1|1|1|1|RELU@image,p=MAXPOOL|2|2|2|2@c,d=DEPTHCONV|1|3|3|1|1|1|1|LINEAR@p,r=ADD|RELU@d+p,b=BNORM@r,"
        "v=RESHAPE|FLAT@b,l=LSTM|5|3|4@steps,j=CONCAT@v+l,h=DENSE|16|GELU@j,score=DENSE|1|LINEAR@h,mass=DENSE|3|SWISH@h,"
        "OUTPUT|CROSSENTROPY@score,OUTPUT|SUMOFSQUARES@mass"
    )
    inputs = (("image", (2, 6, 6)), ("steps", (4, 3)))
    graph = graph_of(layout, 84, 4, inputs)
    network = network_of(layout, 84, 4, inputs=inputs, losses=("CROSSENTROPY", "SUMOFSQUARES"), threads=1)
    assert [node.name for node in graph.nodes] == [node.name for node in network.graph.nodes]
    x = sample_of(network, 50)[0]
    results = by_onnxruntime(model_of(network.graph, network.parameters, "float32"), split(x, network.graph))
    assert_close(np.concatenate(results, axis=1), network.outputs(x), 1e-6)
