"""What CONV, DEPTHCONV and TRANSCONV have in common: trained filters on the windows of an image."""

from __future__ import annotations

from typing import ClassVar

from tmvalite.activations import ACTIVATIONS
from tmvalite.layers.base import Layer, Parameter, Shape
from tmvalite.layers.shapes import as_image, size
from tmvalite.layers.window import Window, edge_remarks, read_padding, window_of


class ImageFilter(Layer):
    """(N, C, H, W) -> (N, K, P, Q) with K filters of filter_height x filter_width, one for each of C / groups channels.

    A layer declares its fields (they are read in their order): the one that gives K, then filter_height, filter_width,
    stride_rows, stride_cols, pad_height, pad_width, activation; and `padding`: "SAME", "VALID" or "": the numbers count.
    """

    spreads: ClassVar[bool] = False  # windows lie on the output, as in the gradient of a convolution
    activations = tuple(a.name for a in ACTIVATIONS.values() if a.elementwise)

    @classmethod
    def from_fields(cls, words, context):
        words, padding = read_padding(words, 5)
        return context.read_fields(cls, words, padding=padding)

    def outputs(self, channels: int) -> int:
        """K for C input channels."""
        return self.depth

    def groups(self, channels: int) -> int:
        """Into how many groups input and output channels are cut; a filter sees the channels of its own."""
        return 1

    def window(self, x: Shape) -> Window:
        """Output size and padding for this input."""
        return window_of(self, x)

    def remarks(self, x: Shape) -> tuple[str, ...]:
        return edge_remarks(self, x)

    def output_shape(self, x: Shape) -> Shape:
        return (self.outputs(as_image(self.kind, x)[0]), *self.window(x).out)

    def parameters(self, x: Shape) -> tuple[Parameter, ...]:
        channels = as_image(self.kind, x)[0]
        outputs, columns = self.outputs(channels), channels // self.groups(channels) * self.filter_height * self.filter_width
        return (Parameter("Weights", (outputs, columns), decays=True, kept=True), Parameter("Biases", (outputs, 1), init="zero"))

    def lower(self, low, inputs, slots):
        y = low.tensor(size(low.node.shape), low.node.shape)
        low.emit("Convolution", x=inputs[0], y=y, bias=slots["Biases"], **self._step(low.node, slots))
        return low.map(y, self.activation)

    def reverse(self, low, node, gradient, slots):
        image = as_image(self.kind, node.inputs[0].shape)
        y = low.tensor(size(image), image)
        return low.emit("ReverseConvolution", x=gradient, y=y, owned=tuple(slots.values()), **self._step(node, slots))

    def _step(self, node, slots) -> dict:
        """What a convolution and its gradient by the image have in common."""
        channels, *image = as_image(self.kind, node.inputs[0].shape)
        sizes = (tuple(image), node.shape[1:])
        large, small = sizes[::-1] if self.spreads else sizes
        windows = self.window(node.inputs[0].shape).fields(self, image=large, small=small)
        return dict(weights=slots["Weights"], groups=self.groups(channels), spread=self.spreads, **windows)

    def filters(self, x: Shape, parameters):
        """The matrix of the filters as (K, C / groups, filter_height, filter_width)."""
        channels = as_image(self.kind, x)[0]
        return parameters["Weights"].reshape(-1, channels // self.groups(channels), self.filter_height, self.filter_width)

    def onnx(self, forms, inputs, shapes, parameters):
        image, groups = as_image(self.kind, shapes[0]), self.groups(as_image(self.kind, shapes[0])[0])
        y = forms.node(
            "Conv",
            forms.reshape(inputs[0], shapes[0], image),
            forms.constant(self.filters(shapes[0], parameters)),
            forms.constant(parameters["Biases"].ravel()),
            **self.window(shapes[0]).onnx_attributes(self),
            **({"group": groups} if groups > 1 else {}),
        )
        return forms.activation(y, self.activation)

    def to_fields(self) -> tuple[str, ...]:
        fields = super().to_fields()
        return (*fields[:5], self.padding, *fields[7:]) if self.padding else fields
