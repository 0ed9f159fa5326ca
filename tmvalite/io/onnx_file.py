"""ONNX files of tmvalite: from forms to bytes, and back to something that runs. The extra `onnx` brings what is needed.

What the file says beside its operators stands in ONE metadata entry, `tmvalite`, as JSON: order and number of entries are
then no question. Nothing in a file is trusted: no data outside it, no operators but ONNX's own, shapes as stated.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tmvalite.errors import FileError, MissingExtraError, OptionError
from tmvalite.layers.base import Shape
from tmvalite.layers.onnx_form import OnnxForms, OnnxNode

OPSET, IR_VERSION = 18, 10  # what is written unless a later opset is asked for; older runtimes read it
KEY, VERSION = "tmvalite", 1  # of the metadata
MOST_BYTES = 2**31 - 1  # of a message of protobuf
ROWS = 500  # events that a runtime is given at once
_RENAMED = {"GridSample": ("mode", 20, "linear")}  # attribute, opset from which its value is called so


@dataclass(frozen=True)
class OnnxModel:
    """A model before it is a file.

    forms : OnnxForms
    inputs : (name, shape) of each, without the axis of events
    outputs : (name, name of the value in the forms, shape) of each
    facts : what the metadata say
    """

    forms: OnnxForms
    inputs: tuple[tuple[str, Shape], ...]
    outputs: tuple[tuple[str, str, Shape], ...]
    facts: dict[str, Any]


def require(what: str):
    """The package onnx or onnxruntime. Raises MissingExtraError."""
    try:
        if what == "onnx":
            import onnx as package
        else:
            import onnxruntime as package
    except ImportError:
        message, hint = f"ONNX files need {what}, which is not installed", "pip install 'tmvalite[onnx]'"
        raise MissingExtraError(message, code="missing-extra", hint=hint) from None
    return package


def check_opset(opset: int | None) -> int:
    """The opset to write. Raises OptionError for one that is too old, or later than the installed onnx knows."""
    if opset is None:
        return OPSET
    newest = require("onnx").defs.onnx_opset_version()
    if isinstance(opset, bool) or not isinstance(opset, (int, np.integer)) or not OPSET <= opset <= newest:
        expected = f"a whole number from {OPSET} to {newest}, the newest that the installed onnx knows"
        raise OptionError(f"opset={opset!r} cannot be written", code="argument", expected=expected)
    return int(opset)


def model_bytes(model: OnnxModel, opset: int) -> bytes:
    """The file, checked by onnx itself: operators, types and every shape. Raises FileError."""
    onnx = require("onnx")
    from onnx import TensorProto, helper, numpy_helper

    constants = dict(model.forms.constants)
    nodes = [helper.make_node(*_of_opset(node, opset, constants)) for node in model.forms.nodes]
    for made, node in zip(nodes, model.forms.nodes):
        made.attribute.extend(helper.make_attribute(name, value) for name, value in _attributes(node, opset).items())
    nodes += [helper.make_node("Identity", [value], [name]) for name, value, _ in model.outputs]
    given = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape]) for name, shape in model.inputs]
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *shape]) for name, _, shape in model.outputs]
    stored = [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "tmvalite", given, results, stored)
    operators = helper.make_opsetid("", opset)
    version = max(IR_VERSION, helper.find_min_ir_version_for([operators]))
    made = helper.make_model(graph, opset_imports=[operators], ir_version=version, producer_name="tmvalite")
    made.metadata_props.add(key=KEY, value=json.dumps(model.facts, sort_keys=True, allow_nan=False))
    try:
        onnx.checker.check_model(made, full_check=True)
        return made.SerializeToString(deterministic=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, ValueError) as error:
        message = f"onnx refuses the model: {str(error).splitlines()[0]}"
        raise FileError(message, code="onnx-invalid", hint="report this with the Layout") from error


def _of_opset(node: OnnxNode, opset: int, constants: dict[str, np.ndarray]) -> tuple[str, list[str], list[str]]:
    """Operator, inputs and outputs; axes of a mean are an input since opset 18."""
    inputs = list(node.inputs)
    if node.operator == "ReduceMean":
        name = f"{node.outputs[0]}/axes"
        constants[name] = np.array(node.attributes["axes"], np.int64)
        inputs.append(name)
    return node.operator, inputs, list(node.outputs)


def _attributes(node: OnnxNode, opset: int) -> dict[str, Any]:
    attributes = dict(node.attributes)
    if node.operator == "ReduceMean":
        del attributes["axes"]
    name, first, value = _RENAMED.get(node.operator, ("", 0, ""))
    if name and opset >= first:
        attributes[name] = value
    return attributes


class OnnxSession:
    """What runs the bytes of a model: onnxruntime on this machine's processor, a few events at a time."""

    def __init__(self, content: bytes):
        runtime = require("onnxruntime")
        options = runtime.SessionOptions()
        options.log_severity_level = 4
        try:
            self._session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no common class
            message = f"onnxruntime {runtime.__version__} does not load the model: {str(error).splitlines()[0]}"
            raise FileError(message, code="onnx-runtime", hint=f"opset={OPSET} is what most versions read") from error
        self.inputs = {one.name: tuple(one.shape[1:]) for one in self._session.get_inputs()}
        self.outputs = {one.name: tuple(one.shape[1:]) for one in self._session.get_outputs()}

    def run(self, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """All outputs by name, float32, of inputs (N, ...) by name, one dtype in the machine's own byte order."""
        given = {name: np.ascontiguousarray(values, np.float32) for name, values in feeds.items()}
        n = len(next(iter(given.values())))
        parts = [
            self._session.run(list(self.outputs), {name: values[first : first + ROWS] for name, values in given.items()})
            for first in range(0, max(n, 1), ROWS)
        ]
        return {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(self.outputs)}


def read_onnx(path: str | os.PathLike) -> tuple[dict[str, Any], OnnxSession]:
    """What a file that tmvalite wrote says of itself, and what runs it. Raises FileError, which names the file."""
    onnx = require("onnx")
    name = os.fspath(path)
    try:
        size = os.stat(path).st_size
        if size > MOST_BYTES:
            message = f"'{name}' has {size} bytes"
            raise FileError(message, code="onnx-invalid", expected=f"at most {MOST_BYTES}, the limit of ONNX")
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"cannot read '{name}': {error.strerror or error}", code="file-read") from error
    try:
        model = onnx.load_model_from_string(content)
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # protobuf and onnx have many classes
        raise FileError(f"'{name}' is no ONNX model, or is damaged", code="onnx-invalid") from error
    _check_inside(model, name, onnx)
    facts = _facts(model, name)
    session = OnnxSession(content)
    for kind, found in (("inputs", session.inputs), ("outputs", session.outputs)):
        if {one: list(shape) for one, shape in found.items()} != facts[kind]:
            raise FileError(f"the {kind} of '{name}' are not those that its metadata state", code="onnx-foreign")
    return facts, session


def _check_inside(model, name: str, onnx) -> None:
    """Raises FileError where a model reads other files, or has operators that are not ONNX's own."""
    if any(one.data_location == onnx.TensorProto.EXTERNAL for one in model.graph.initializer):
        raise FileError(f"'{name}' keeps numbers in other files", code="onnx-foreign", expected="a file that tmvalite wrote")
    if any(one.HasField("g") or one.HasField("t") or one.graphs for node in model.graph.node for one in node.attribute):
        raise FileError(f"'{name}' has operators that hold others", code="onnx-foreign", expected="a file that tmvalite wrote")
    if model.functions or any(one.domain not in ("", "ai.onnx") for one in (*model.opset_import, *model.graph.node)):
        raise FileError(
            f"'{name}' has operators that are not ONNX's own", code="onnx-foreign", expected="a file that tmvalite wrote"
        )


def _facts(model, name: str) -> dict[str, Any]:
    text = next((one.value for one in model.metadata_props if one.key == KEY), None)
    if text is None:
        raise FileError(
            f"tmvalite did not write '{name}': its metadata have no entry '{KEY}'",
            code="onnx-foreign",
            hint="run it with onnxruntime, or train again and call method.to_onnx",
        )
    try:
        facts = json.loads(text)
        version = facts["version"]
        if isinstance(version, int) and version > VERSION:
            message = f"'{name}' was written by a later version of tmvalite"
            raise FileError(message, code="onnx-foreign", hint="install the newest tmvalite")
        kinds = {"variables": list, "classes": list, "targets": list, "inputs": dict, "outputs": dict, "analysis_type": str}
        right = version == VERSION and all(isinstance(facts[key], kind) for key, kind in kinds.items())
    except (ValueError, KeyError, TypeError, RecursionError):
        right = False
    if not right:
        raise FileError(f"the metadata of '{name}' cannot be understood", code="onnx-foreign")
    return facts
