"""The operator tests of the `onnx` package through our kernels, where a layout can say what they ask for.

`python -m tests.onnx_cases` lists every case with its layout, or why it is left out.
"""

import numpy as np
import pytest

from tests.alone import run_alone
from tests.networks import graph_of
from tests.onnx_cases import OPERATORS, LeftOut, collect, said
from tmvalite.layers import REGISTRY
from tmvalite.training.network import Network

pytest.importorskip("onnx", reason="the operator tests are in the package onnx, which is not installed")

# so many of the cases of onnx 1.23 can be said; a change that loses one is noticed
LEAST = {
    "MaxPool": 8,
    "AveragePool": 10,
    "GlobalAveragePool": 2,
    "GlobalMaxPool": 2,
    "Conv": 6,
    "ConvTranspose": 6,
    "Pad": 0,
    "Resize": 5,
    "Upsample": 1,
    "GridSample": 0,
    "Gemm": 10,
    "MatMul": 1,
    "Relu": 1,
    "Sigmoid": 2,
    "Tanh": 2,
    "Abs": 1,
    "Softsign": 2,
    "Softplus": 2,
    "Elu": 1,
    "LeakyRelu": 1,
    "Gelu": 2,
    "Swish": 1,
    "Softmax": 5,
    "Add": 1,
    "Sum": 2,
    "Mul": 2,
    "Concat": 4,
    "Slice": 5,
    "ReduceMean": 6,
    "Flatten": 3,
    "Dropout": 3,
    "RNN": 4,
    "LSTM": 3,
    "GRU": 4,
    "BatchNormalization": 2,
}
OLDEST = "1.23"  # older packages lack some of the cases


@pytest.fixture(scope="module")
def cases():
    return collect()


def values(at):
    """What our network gives for a case, in float32."""
    inputs = tuple(zip("abcd", (x.shape[1:] for x in at.inputs)))
    graph = graph_of(at.layout + ",RESHAPE|FLAT@y", sum(int(np.prod(shape)) for _, shape in inputs), 1, inputs)
    for node in graph.nodes:
        if not hasattr(REGISTRY[node.layer.kind], "lower"):
            raise LeftOut(f"{node.layer.kind} has no kernels yet")
    network = Network(graph, losses=("SUMOFSQUARES",), threads=1)
    for (node, name), value in at.parameters.items():
        network.parameters.set(node, name, np.reshape(value, network.parameters.slot(node, name).shape))
    events = np.concatenate([x.reshape(len(x), -1) for x in at.inputs], axis=1).astype(np.float32)
    return network.outputs(events).reshape(at.expected.shape)


@pytest.mark.parametrize("operator", OPERATORS)
def test_node_tests(operator, cases):
    run, left = [], {}
    for case in cases.get(operator, []):
        try:
            at = said(case)
            result = values(at)
        except LeftOut as reason:
            left[case.name] = str(reason)
            continue
        np.testing.assert_allclose(result, at.expected, rtol=case.rtol, atol=max(case.atol, 1e-6), err_msg=case.name)
        run.append(case.name)
    import onnx

    complete = tuple(map(int, onnx.__version__.split(".")[:2])) >= tuple(map(int, OLDEST.split(".")))
    assert len(run) >= (LEAST[operator] if complete else 0), f"run: {run}; left out: {left}"


def test_grid_and_sampler_together_equal_the_reference():
    """AffineGrid, then GridSample, with corners aligned and zeros outside."""
    from onnx import TensorProto, helper
    from onnx.reference import ReferenceEvaluator

    rng = np.random.default_rng(3)
    x = rng.standard_normal((1, 2, 5, 6)).astype(np.float32)
    theta = (np.array([[1, 0, 0, 0, 1, 0]]) + rng.uniform(-0.5, 0.5, (1, 6))).astype(np.float32)
    nodes = [
        helper.make_node("AffineGrid", ["theta", "size"], ["grid"], align_corners=1),
        helper.make_node("GridSample", ["x", "grid"], ["y"], align_corners=1, mode="linear", padding_mode="zeros"),
    ]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "theta")]
    given.append(helper.make_tensor_value_info("size", TensorProto.INT64, None))
    result = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    model = helper.make_model(helper.make_graph(nodes, "g", given, result), opset_imports=[helper.make_operatorsetid("", 20)])
    feeds = {"x": x, "theta": theta.reshape(1, 2, 3), "size": np.array([1, 2, 4, 7])}
    (expected,) = ReferenceEvaluator(model).run(None, feeds)
    np.testing.assert_allclose(run_alone("GRIDSAMPLE|4|7", [x, theta], precision="float32"), expected, rtol=1e-4, atol=1e-5)
