"""ACT: an activation by itself, for networks that put something between the sum and the activation."""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.layers.base import ActivationName, Example, Layer, Shape, arg, register


@register("ACT")
@dataclass(frozen=True)
class Act(Layer):
    """y = f(x), element by element (SOFTMAX: over the last axis): any shape, unchanged."""

    activation: str = arg("function of every value", type=ActivationName)

    other_names = ("ACTIVATION", "ACTIV")
    examples = (
        Example("ACT|RELU", ((5,),), (5,)),
        Example("ACT|SOFTPLUS", ((3, 4, 5),), (3, 4, 5)),
        Example("ACT|SOFTMAX", ((7,),), (7,)),
    )

    def output_shape(self, x: Shape) -> Shape:
        return x

    def lower(self, low, inputs, slots):
        return low.map(inputs[0], self.activation)

    def onnx(self, forms, inputs, shapes, parameters):
        return forms.activation(inputs[0], self.activation)
