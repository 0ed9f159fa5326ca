"""What runs ONNX files, and which operators each has: onnxruntime has all of them, ROOT's SOFIE some.

Source: tmva/sofie/README.md of ROOT 6.40, and its readers of pads.
"""

from __future__ import annotations

from collections.abc import Callable

from tmvalite.errors import OptionError
from tmvalite.layers.onnx_form import OnnxForms, OnnxNode

SOFIE_OPERATORS = frozenset(
    "Abs Add AveragePool BatchNormalization Cast Concat Constant ConstantOfShape Conv ConvTranspose Cos Div Einsum Elu "
    "Equal Erf Exp Expand EyeLike Flatten GRU Gather Gemm GlobalAveragePool Greater GreaterOrEqual Identity If LSTM "
    "LayerNormalization LeakyRelu Less LessOrEqual Log MatMul Max MaxPool Mean Min Mul Neg Pad Pow RNN RandomNormal "
    "RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal ReduceMean ReduceProd ReduceSum ReduceSumSquare Relu "
    "Reshape ScatterElements Selu Shape Sigmoid Sin Slice Softmax Split Sqrt Squeeze Sub Sum Tanh Tile TopK Transpose "
    "Unsqueeze Where".split()
)
_DOUBLE = 11  # ONNX's number of the type; functions such as Exp take float32 only
_SYMMETRIC = ("AveragePool", "MaxPool", "ConvTranspose")  # whose pads it reads in another order, or averages


def _sofie(node: OnnxNode) -> str:
    if node.operator not in SOFIE_OPERATORS:
        return f"the operator {node.operator}"
    if node.operator == "Cast" and node.attributes["to"] == _DOUBLE:
        return "double precision"
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
