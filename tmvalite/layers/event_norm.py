"""What normalisations of every event by itself have in common: groups of values, a factor and an offset for every channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tmvalite.layers.base import Layer, Parameter, Shape
from tmvalite.layers.shapes import size


@dataclass(frozen=True)
class EventNorm(Layer):
    """y = gamma (x - mu) / sqrt(var + epsilon) + beta, mu and the biased variance those of a group of values of the event.

    It does the same in training and in scoring, and an event's values do not depend on other events.
    """

    beyond_sofie: ClassVar[tuple[str, ...]] = ("Sqrt",)

    def sizes(self, x: Shape) -> tuple[int, int, int]:
        """Groups, channels in each of them, and values of a channel; steps of a sequence repeat them."""
        raise NotImplementedError

    def output_shape(self, x: Shape) -> Shape:
        self.sizes(x)
        return x

    def remarks(self, x: Shape):
        _, channels, inner = self.sizes(x)
        alone = f"a group of {self.kind} has one value here, which is normalised to 0"
        return (alone,) if channels * inner == 1 else ()

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        groups, channels, _ = self.sizes(x)
        shape = (1, groups * channels)
        return Parameter("Gamma", shape, init="one"), Parameter("Beta", shape, init="zero")

    def lower(self, low, inputs, slots):
        from tmvalite.kernels.group_norm import group_norm

        x, (groups, channels, inner) = inputs[0], self.sizes(low.node.inputs[0].shape)
        saved = low.tensor(2 * x.size // (channels * inner), label="means and deviations")
        numbers = dict(groups=groups, channels=channels, inner=inner, epsilon=self.epsilon)
        return low.emit(
            group_norm,
            x=x,
            y=low.tensor(x.size, x.shape),
            saved=saved,
            gamma=slots["Gamma"],
            beta=slots["Beta"],
            detail=f"{self.kind}, groups of {channels * inner}",
            **numbers,
        )

    def onnx(self, forms, inputs, shapes, parameters):
        """GroupNormalization came with a later set of operators."""
        shape, (groups, channels, inner) = shapes[0], self.sizes(shapes[0])
        rows = size(shape) // (channels * inner)
        x = forms.node("Reshape", inputs[0], forms.integers(-1, rows, channels * inner))
        centred = forms.node("Sub", x, forms.node("ReduceMean", x, axes=(2,), keepdims=1))
        variance = forms.node("ReduceMean", forms.node("Mul", centred, centred), axes=(2,), keepdims=1)
        width = forms.node("Sqrt", forms.node("Add", variance, forms.constant(self.epsilon)))
        hat = forms.node(
            "Reshape", forms.node("Div", centred, width), forms.integers(-1, rows // groups, groups * channels, inner)
        )
        gamma, beta = (forms.constant(parameters[name].reshape(1, -1, 1)) for name in ("Gamma", "Beta"))
        return forms.node("Reshape", forms.node("Add", forms.node("Mul", hat, gamma), beta), forms.integers(-1, *shape))
