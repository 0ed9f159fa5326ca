"""TIED: a dense layer that uses the transposed weights of another one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tmvalite.errors import ShapeError
from tmvalite.layers.base import ActivationName, Example, Layer, Parameter, Shape, arg, register
from tmvalite.layers.shapes import as_vector, size


@register("TIED")
@dataclass(frozen=True)
class Tied(Layer):
    """y = f(x W + b) with the weights W (width x D) of the dense layer `name`: (N, width) -> (N, D).

    Only the biases are its own. The layer named may stand in an earlier block.
    """

    name: str = arg("name of the dense layer whose weights are used", type=str)
    activation: str = arg("function of every node", type=ActivationName, default="TANH")
    width: int = 0  # inputs of the layer named, known once that is found
    reads: int = 0  # its nodes

    examples = (Example("TIED|h|SIGMOID", ((7,),), (5,)),)

    @property
    def shares(self) -> str:
        return self.name

    def share(self, layer: Layer, inputs: tuple[Shape, ...]) -> Layer:
        matrices = {p.name: p.shape for p in layer.parameters(*inputs)}
        if not layer.drops_input or "Weights" not in matrices:
            raise ShapeError(f"TIED uses the weights of a dense layer, and '{self.name}' is {layer.kind}", code="tied-kind")
        return replace(self, width=size(inputs[0]), reads=matrices["Weights"][0])

    def output_shape(self, x: Shape) -> Shape:
        if as_vector(self.kind, x) != self.reads:
            raise ShapeError(
                f"TIED reads as many values as '{self.name}' has nodes, {self.reads}, not {size(x)}", code="shape-tied"
            )
        return (self.width,)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        return (Parameter("Biases", (self.width, 1), init="zero"),)

    def lower(self, low, inputs, slots):
        owner = low.node.shared
        owned = {p.name: low.slot(owner, p.name) for p in owner.parameters}
        y = low.tensor(owned["Weights"].shape[1])
        low.emit("Tied", x=inputs[0], y=y, weights=owned["Weights"], bias=slots["Biases"], owned=tuple(owned.values()))
        return low.map(y, self.activation)

    def onnx(self, forms, inputs, shapes, parameters):
        bias = forms.constant(parameters["Biases"].ravel())
        y = forms.node("Gemm", inputs[0], forms.constant(parameters["Weights"]), bias)
        return forms.activation(y, self.activation)
