"""TRANSCONV: transposed convolution, the way back from a convolution's output size to its input size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from string import digits as DIGITS

from tmvalite.activations import DEFAULT
from tmvalite.errors import ShapeError
from tmvalite.layers.base import ActivationName, Example, Shape, arg, register
from tmvalite.layers.image_filter import ImageFilter
from tmvalite.layers.shapes import as_image
from tmvalite.layers.window import Window, read_padding


@register("TRANSCONV")
@dataclass(frozen=True)
class TransConv(ImageFilter):
    """Transposed convolution: (N, C, P, Q) -> (N, K, H, W); strides and padding are those of the convolution it undoes.

    Along one axis out = s (in - 1) + a + k - 2 p, with the output padding 0 <= a < s added at the end. SAME gives
    out = s in; VALID is p = 0. y[k, s u + i - p, s v + j - p] += w[k, (c R + i) S + j] x[c, u, v]; then f(y + b).
    The output padding may stand before or behind the activation.
    Source: Dumoulin and Visin, arXiv:1603.07285, section 4.
    """

    depth: int = arg("output channels", minimum=1)
    filter_height: int = arg("filter rows", minimum=1)
    filter_width: int = arg("filter columns", minimum=1)
    stride_rows: int = arg("row stride of the convolution undone", minimum=1)
    stride_cols: int = arg("column stride of the convolution undone", minimum=1)
    pad_height: int = arg("padding rows of the convolution undone, or SAME or VALID", default=0, minimum=0)
    pad_width: int = arg("padding columns of the convolution undone", default=0, minimum=0)
    activation: str = arg("function of every output", type=ActivationName, default=DEFAULT)
    output_pad_height: int = arg("rows added at the bottom, fewer than the stride", default=0, minimum=0)
    output_pad_width: int = arg("columns added at the right, fewer than the stride", default=0, minimum=0)
    padding: str = ""

    spreads = True
    other_names = ("CONVTRANSPOSE", "CONV2DTRANSPOSE", "CONVTRANSPOSE2D", "DECONV", "DECONVOLUTION")
    examples = (
        Example("TRANSCONV|4|3|3|1|1|0|0|RELU", ((2, 5, 6),), (4, 7, 8)),
        Example("TRANSCONV|3|5|5|2|2|2|2|RELU|1|1", ((2, 7, 7),), (3, 14, 14)),
        Example("TRANSCONV|3|5|5|2|2|2|2|1|1|RELU", ((2, 7, 7),), (3, 14, 14)),
        Example("TRANSCONV|1|4|4|2|2|1|1|LINEAR", ((2, 5, 6),), (1, 10, 12)),
        Example("TRANSCONV|1|3|2|2|3|SAME|LINEAR", ((2, 5, 6),), (1, 10, 18)),
    )

    @classmethod
    def from_fields(cls, words, context):
        words, padding = read_padding(words, 5)
        head, tail = words[:7], words[7:]
        names = tuple(w for w in tail if w.text[:1] not in DIGITS)
        numbers = tuple(w for w in tail if w.text[:1] in DIGITS)
        layer = context.read_fields(cls, (*head, *names[:1], *numbers) if names else head, padding=padding)
        if numbers and not names:
            context.fail(
                "TRANSCONV with output padding needs an activation", code="field-missing", expected="...|ACTIVATION|rows|columns"
            )
        context.surplus(cls, names[1:])
        for word, name, stride in zip(
            numbers, ("output_pad_height", "output_pad_width"), (layer.stride_rows, layer.stride_cols), strict=False
        ):
            if getattr(layer, name) >= stride:
                context.fail(
                    f"TRANSCONV cannot have output padding {word.text} with stride {stride}",
                    code="field-range",
                    word=word,
                    name=name,
                    expected=f"at least 0 and below {stride}",
                )
        if padding == "SAME" and numbers:
            context.fail(
                "TRANSCONV with SAME has no output padding: its output is stride times its input",
                code="field-surplus",
                word=numbers[0],
            )
        return layer

    def window(self, x: Shape) -> Window:
        """Output size, and the values cut from the full result at the (top, bottom, left, right).

        A negative number stands for values added: the output padding, or a stride larger than the filter.
        """
        _, rows, columns = as_image(self.kind, x)
        axes = []
        for n, k, s, p, a in (
            (rows, self.filter_height, self.stride_rows, self.pad_height, self.output_pad_height),
            (columns, self.filter_width, self.stride_cols, self.pad_width, self.output_pad_width),
        ):
            full = s * (n - 1) + k
            if self.padding == "SAME":
                before = max(0, k - s) // 2
                axes.append((s * n, before, full - s * n - before))
            else:
                axes.append((full + a - 2 * p, p, p - a))
            if axes[-1][0] < 1:
                raise ShapeError(
                    f"TRANSCONV leaves nothing: stride {s} * ({n} - 1) + output padding {a} + filter {k} "
                    f"- 2 * padding {p} = {axes[-1][0]}",
                    code="window-size",
                )
        (height, top, bottom), (width, left, right) = axes
        return Window((height, width), (top, bottom, left, right))

    def remarks(self, x: Shape) -> tuple[str, ...]:
        return ()

    def onnx(self, forms, inputs, shapes, parameters):
        small, window = as_image(self.kind, shapes[0]), self.window(shapes[0])
        _, bottom, _, right = window.pads
        y = forms.node(
            "ConvTranspose",
            forms.reshape(inputs[0], shapes[0], small),
            forms.constant(self.filters(shapes[0], parameters).transpose(1, 0, 2, 3)),
            forms.constant(parameters["Biases"].ravel()),
            **replace(window, pads=tuple(max(0, n) for n in window.pads)).onnx_attributes(self),
            output_padding=(max(0, -bottom), max(0, -right)),
        )
        return forms.activation(y, self.activation)

    def to_fields(self) -> tuple[str, ...]:
        fields = super().to_fields()
        return fields if self.output_pad_height or self.output_pad_width else fields[:-2]
