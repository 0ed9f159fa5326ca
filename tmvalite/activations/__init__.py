"""The activations. One import line for each, in the order in which they are listed: TMVA's by their codes, then ours."""

# ruff: noqa: I001
from tmvalite.activations import linear as _linear
from tmvalite.activations import relu as _relu
from tmvalite.activations import sigmoid as _sigmoid
from tmvalite.activations import tanh as _tanh
from tmvalite.activations import symmrelu as _symmrelu
from tmvalite.activations import softsign as _softsign
from tmvalite.activations import gauss as _gauss
from tmvalite.activations import ftanh as _ftanh
from tmvalite.activations import leakyrelu as _leakyrelu
from tmvalite.activations import elu as _elu
from tmvalite.activations import gelu as _gelu
from tmvalite.activations import softplus as _softplus
from tmvalite.activations import swish as _swish
from tmvalite.activations import softmax as _softmax
from tmvalite.activations.base import REGISTRY as ACTIVATIONS, Activation

BY_CODE: dict[int, str] = {a.code: a.name for a in ACTIVATIONS.values() if a.code is not None}

DEFAULT = "TANH"  # what TMVA uses where none is written, or one it does not know

__all__ = ["ACTIVATIONS", "BY_CODE", "DEFAULT", "Activation"]
