"""What runs ONNX files, and which operators each has: onnxruntime has all of them, ROOT's SOFIE some.

Source: tmva/sofie/README.md of ROOT 6.40, and its readers of pads.
"""

from __future__ import annotations

from collections.abc import Callable

from tmvalite.errors import OptionError
from tmvalite.layers.onnx_form import OnnxForms, OnnxNode

SOFIE_OPERATORS = frozenset(
    "Abs Add AveragePool BatchNormalization Concat Conv ConvTranspose Div Elu Erf Exp Expand GRU Gemm Identity LSTM LeakyRelu "
    "Log MatMul Max MaxPool Mul Neg Pad RNN ReduceMean Relu Reshape Sigmoid Slice Softmax Squeeze Sub Tanh Transpose".split()
)
_SYMMETRIC = ("AveragePool", "MaxPool", "ConvTranspose")  # whose pads it reads in another order, or averages


def _sofie(node: OnnxNode) -> str:
    if node.operator not in SOFIE_OPERATORS:
        return f"the operator {node.operator}"
    pads = node.attributes.get("pads", ())
    if node.operator in _SYMMETRIC and len(set(pads)) > 1:
        return f"{node.operator} with unequal pads {', '.join(map(str, pads))}"
    return ""


TARGETS: dict[str, Callable[[OnnxNode], str]] = {"onnxruntime": lambda node: "", "sofie": _sofie}
"""By name: what a target lacks of a node, in words, or "" where it runs it."""


def check_target(target: str) -> None:
    """Raises OptionError where there is no such target."""
    if target not in TARGETS:
        raise OptionError(f"target={target!r} is not known", code="argument", expected=tuple(TARGETS))


def check_operators(target: str, forms: OnnxForms, first: int, what: str) -> None:
    """Raises OptionError, naming `what` the nodes from `first` on stand for, where the target does not run one of them."""
    for node in forms.nodes[first:]:
        lacking = TARGETS[target](node)
        if lacking:
            raise OptionError(
                f"{what} needs {lacking}, which {target} does not run", code="onnx-operator", hint="target='onnxruntime' runs it"
            )
