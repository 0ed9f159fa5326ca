"""How layers say themselves in ONNX: nodes and constants as plain records. Nothing here imports `onnx`.

A layer appends its operators to `OnnxForms` in its method `onnx` (see layers/base.py). Values have the events as their first
axis: vectors (N, D), sequences (N, T, D), images (N, C, H, W); N stays open. Only operators of OPSET stand in a form, and among
them those that ROOT's SOFIE reads wherever it has them: SOFTPLUS and SOFTSIGN are compositions, since SOFIE lacks both.
GRIDSAMPLE and bilinear UPSAMPLE need operators that only onnxruntime has.
Attributes are float32 in ONNX; numbers that must hold in float64 are constants instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tmvalite.activations import ACTIVATIONS
from tmvalite.layers.base import Shape

OPSET = 17


@dataclass(frozen=True)
class OnnxNode:
    """One operator: the names of what it reads ("" for an input left out) and gives, and its attributes.

    attributes : int, float, str, or tuples of int
    """

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)


class OnnxForms:
    """Collects the nodes and constants of a graph, in order, under names that are used once.

    Attributes
    ----------
    dtype : numpy dtype of every floating number
    nodes : list of OnnxNode
    constants : name -> array (dtype, or int64 for shapes and axes); ONNX's initialisers
    scope : begins the names of what is added; whoever loops over a graph sets it to the name of the node
    wide : whether double precision may stand inside, for what the method itself computes so (SOFIE has none)
    """

    def __init__(self, dtype="float32", scope: str = "", wide: bool = True):
        self.dtype, self.scope, self.wide = np.dtype(dtype), scope, wide
        self.nodes: list[OnnxNode] = []
        self.constants: dict[str, np.ndarray] = {}

    def node(self, operator: str, *inputs: str, outputs: int = 1, keep: int = 0, **attributes) -> str:
        """Append an operator; returns the name of output number `keep`, the only one of its `outputs` that has a name."""
        name = self._name(operator)
        given = tuple(name if i == keep else "" for i in range(outputs))
        self.nodes.append(OnnxNode(operator, inputs, given, attributes))
        return name

    def constant(self, value, dtype=None) -> str:
        """Add an array, or a number, in `dtype`."""
        return self._constant(np.array(value, dtype or self.dtype))

    def integers(self, *values: int) -> str:
        """Add a vector of int64: a shape, axes, starts."""
        return self._constant(np.array(values, np.int64))

    def reshape(self, x: str, before: Shape, after: Shape) -> str:
        """x under another shape (both without the axis of events); x itself where they are equal."""
        return x if before == after else self.node("Reshape", x, self.integers(-1, *after))

    def activation(self, x: str, name: str) -> str:
        """f(x), element by element (SOFTMAX: over the last axis); x itself for LINEAR."""
        return ACTIVATIONS[name].onnx(self, x)

    def _name(self, word: str) -> str:
        return f"{self.scope}{'/' if self.scope else ''}{word}_{len(self.nodes) + len(self.constants)}"

    def _constant(self, array: np.ndarray) -> str:
        name = self._name("constant")
        self.constants[name] = array
        return name


Parameters = Mapping[str, np.ndarray]  # matrices of a layer by name, (rows, columns) as in the weight file
