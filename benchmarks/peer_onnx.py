"""The onnxruntime side of scoring: the dense network of peer.network as an ONNX model."""

from __future__ import annotations

import numpy as np


def scoring(inputs: int, layers: int, rows: int, chunk: int, threads: int, width: int = 128):
    """work(n): n times the sigmoid scores of all rows, `chunk` at a time."""
    import onnxruntime

    from .data import events

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(_model(inputs, layers, width), options, providers=["CPUExecutionProvider"])
    x = events(inputs, rows)[0]

    def work(times):
        for _ in range(times):
            for i in range(0, rows, chunk):
                session.run(["score"], {"x": x[i : i + chunk]})

    work(1)
    return work


def _model(inputs: int, layers: int, width: int) -> bytes:
    from onnx import TensorProto, checker, helper, numpy_helper

    rng, nodes, numbers, value = np.random.default_rng(1), [], [], "x"
    sizes = [inputs, *[width] * layers, 1]
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        numbers += [
            numpy_helper.from_array((rng.standard_normal((b, a)) / a**0.5).astype(np.float32), f"w{i}"),
            numpy_helper.from_array(np.zeros(b, np.float32), f"b{i}"),
        ]
        last = i == layers
        nodes += [
            helper.make_node("Gemm", [value, f"w{i}", f"b{i}"], [f"u{i}"], transB=1),
            helper.make_node("Sigmoid" if last else "Tanh", [f"u{i}"], ["score" if last else f"y{i}"]),
        ]
        value = f"y{i}"
    row = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", size]) for name, size in (("x", inputs), ("score", 1))]
    graph = helper.make_graph(nodes, "dense", row[:1], row[1:], numbers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    return model.SerializeToString()
