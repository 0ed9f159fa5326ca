"""What the tests of every registered thing share: which parts of it were forgotten."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from tmvalite.layers.onnx_form import OPSET, OnnxForms


def forgotten(member, base, parts) -> list[str]:
    """The parts of `member` that are still those of its base class: texts, tables and methods alike."""
    return [part for part in parts if getattr(type(member), part, None) == getattr(base, part)]


def without_import_line(package) -> list[str]:
    """The files of a package that register something and that its import lines do not name."""
    files = Path(package.__file__).parent.glob("*.py")
    members = [path.stem for path in files if re.search("^@register", path.read_text("utf-8"), re.MULTILINE)]
    return [name for name in sorted(members) if f"{package.__name__}.{name}" not in sys.modules]


def by_onnxruntime(form, x: np.ndarray) -> np.ndarray:
    """What onnxruntime makes of form(forms, name) for float32 events x (N, D)."""
    onnx = pytest.importorskip("onnx", reason="needs the package onnx")
    runtime = pytest.importorskip("onnxruntime", reason="needs the package onnxruntime")
    forms = OnnxForms("float32")
    result = form(forms, "x")
    nodes = [onnx.helper.make_node(n.operator, n.inputs, n.outputs, **n.attributes) for n in forms.nodes]
    nodes.append(onnx.helper.make_node("Identity", [result], ["y"]))
    given, made = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["N", x.shape[1]]) for name in "xy")
    constants = [onnx.numpy_helper.from_array(array, name) for name, array in forms.constants.items()]
    graph = onnx.helper.make_graph(nodes, "member", [given], [made], constants)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_operatorsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]


def saved_and_loaded(method, path):
    """The method as its weight file gives it back."""
    import tmvalite

    method.save(path)
    return tmvalite.load(path)
