"""Windows that slide over an image: output sizes, padding, and what convolutions and pools have in common.

Along one axis, with filter k, stride s and p padded values on each side (P rows for H, Q columns for W):
out = (in + 2 p - k) / s + 1, rounded down: what is left behind the last window is not read. TMVA stops there, so it is worth
a warning unless VALID (p = 0) asks for it. SAME gives out = ceil(in / s) by padding (out - 1) s + k - in values, the odd one at
the end.
"""

from __future__ import annotations

from dataclasses import dataclass

from tmvalite.errors import ShapeError
from tmvalite.layers.base import PADDINGS, Shape
from tmvalite.layers.shapes import as_image
from tmvalite.string_utils.syntax import Word


@dataclass(frozen=True)
class Window:
    """How a window lies on an image.

    out : rows, columns of the output (P, Q)
    pads : values added at the (top, bottom, left, right)
    whole : whether the last window ends at the edge of the padded image
    """

    out: tuple[int, int]
    pads: tuple[int, int, int, int]
    whole: bool = True

    @property
    def symmetric(self) -> bool:
        return self.pads[0] == self.pads[1] and self.pads[2] == self.pads[3]

    def fields(self, layer, *, image: tuple[int, int], small: tuple[int, int]) -> dict[str, tuple[int, int]]:
        """What the steps of a plan are told of the windows of `layer` between a large image and a small one."""
        return {
            "image": image,
            "small": small,
            "filter": (layer.filter_height, layer.filter_width),
            "strides": (layer.stride_rows, layer.stride_cols),
            "pads": (self.pads[0], self.pads[2]),
        }

    def onnx_attributes(self, layer) -> dict[str, tuple[int, int] | tuple[int, int, int, int]]:
        """What ONNX's convolutions and pools are told of the windows of `layer`."""
        top, bottom, left, right = self.pads
        return {
            "kernel_shape": (layer.filter_height, layer.filter_width),
            "strides": (layer.stride_rows, layer.stride_cols),
            "pads": (top, left, bottom, right),
        }


def slide(
    kind: str,
    image: tuple[int, int],
    window: tuple[int, int],
    strides: tuple[int, int],
    pads: tuple[int, int] = (0, 0),
    padding: str = "",
) -> Window:
    """Place a window on an image. `padding` is "" (the numbers in `pads` count), "SAME" or "VALID".

    Raises
    ------
    ShapeError
        If the window is larger than the padded image.
    """
    if padding == "SAME":
        out = tuple(-(-n // s) for n, s in zip(image, strides, strict=True))
        total = [max(0, (o - 1) * s + k - n) for o, s, k, n in zip(out, strides, window, image, strict=True)]
        whole = all((n + t - k) % s == 0 for n, t, k, s in zip(image, total, window, strides, strict=True))
        return Window(out, (total[0] // 2, total[0] - total[0] // 2, total[1] // 2, total[1] - total[1] // 2), whole)
    if padding == "VALID":
        pads = (0, 0)
    padded = (image[0] + 2 * pads[0], image[1] + 2 * pads[1])
    if window[0] > padded[0] or window[1] > padded[1]:
        what = "padded input" if any(pads) else "input"
        raise ShapeError(
            f"{kind} filter {window[0]}x{window[1]} does not fit its {what} {padded[0]}x{padded[1]}", code="window-size"
        )
    rest = [(n - k) % s for n, k, s in zip(padded, window, strides, strict=True)]
    out = ((padded[0] - window[0]) // strides[0] + 1, (padded[1] - window[1]) // strides[1] + 1)
    return Window(out, (pads[0], pads[0], pads[1], pads[1]), not any(rest))


def read_padding(words: tuple[Word, ...], at: int) -> tuple[tuple[Word, ...], str]:
    """Take SAME or VALID out of the fields where the padding stands, at index `at`.

    Two zeros with its place stand in for it, so that the fields keep their numbers.
    """
    if len(words) > at and words[at].text in PADDINGS:
        word = words[at]
        zero = Word("0", word.span)
        return (*words[:at], zero, zero, *words[at + 1 :]), word.text
    return words, ""


def window_of(layer, x: Shape) -> Window:
    """The window of a convolution or pool on its input."""
    _, rows, columns = as_image(layer.kind, x)
    pads = (getattr(layer, "pad_height", 0), getattr(layer, "pad_width", 0))
    return slide(
        layer.kind,
        (rows, columns),
        (layer.filter_height, layer.filter_width),
        (layer.stride_rows, layer.stride_cols),
        pads,
        layer.padding,
    )


def edge_remarks(layer, x: Shape, *, padding: bool = True) -> tuple[str, ...]:
    """What a user should know of rows and columns that the windows of a layer leave out; those of padding only if wanted."""
    if layer.padding or window_of(layer, x).whole:
        return ()
    _, rows, columns = as_image(layer.kind, x)
    left = []
    for name, n, k, s, p in (
        ("row", rows, layer.filter_height, layer.stride_rows, getattr(layer, "pad_height", 0)),
        ("column", columns, layer.filter_width, layer.stride_cols, getattr(layer, "pad_width", 0)),
    ):
        count = (n + 2 * p - k) % s - (0 if padding else p)
        if count > 0:
            left.append(f"{count} {name}{'s' * (count > 1)}")
    if not left:
        return ()
    padded = "padded input" if any(window_of(layer, x).pads) else "input"
    return (f"{layer.kind} does not end at the edge of its {padded}: {' and '.join(left)} left over, where TMVA stops",)
