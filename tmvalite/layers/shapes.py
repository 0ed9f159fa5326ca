"""Shapes of one event: reading a shape as an image or a sequence, writing it for a message."""

from __future__ import annotations

import math

from tmvalite.errors import ShapeError
from tmvalite.layers.base import Shape


class OneRow(tuple):
    """The shape (W,) of a vector that was written 1|1|W.

    TMVA has one form for both: a vector for every layer that reads vectors, an image of one row for those that read images only.
    """

    __slots__ = ()


def size(shape: Shape) -> int:
    """Number of values per event."""
    return math.prod(shape)


def shape_text(shape: Shape) -> str:
    """4 -> "4", (1, 8, 8) -> "1x8x8": as messages write shapes."""
    return "x".join(str(n) for n in shape)


def describe(shape: Shape) -> str:
    """The shape with the name of its kind: "a vector of 4", "an image 1x8x8"."""
    if len(shape) == 1:
        return f"a vector of {shape[0]}"
    if len(shape) == 2:
        return f"a sequence {shape_text(shape)} (steps x features)"
    return f"an image {shape_text(shape)} (channels x rows x columns)"


def as_vector(kind: str, shape: Shape) -> int:
    """Width of a vector; anything else is an error that suggests flattening."""
    if len(shape) != 1:
        raise ShapeError(f"{kind} reads a vector, not {describe(shape)}", code="shape-vector", hint="put RESHAPE|FLAT before it")
    return shape[0]


def as_image(kind: str, shape: Shape) -> tuple[int, int, int]:
    """Channels, rows, columns. A sequence (T, D) is T channels of one row of D values, as in TMVA's input layout.

    A vector is an image only where its row was written, as 1|1|W.
    """
    if len(shape) == 3:
        return shape
    if len(shape) == 2:
        return shape[0], 1, shape[1]
    if isinstance(shape, OneRow):
        return 1, 1, shape[0]
    raise ShapeError(
        f"{kind} reads an image, not {describe(shape)}",
        code="shape-image",
        hint="give the shape in InputLayout=channels|rows|columns or with RESHAPE|channels|rows|columns",
    )


def as_sequence(kind: str, shape: Shape) -> tuple[int, int]:
    """Steps and features. A vector is one step; an image of one channel or of one row is a sequence."""
    if len(shape) == 1:
        return 1, shape[0]
    if len(shape) == 2:
        return shape
    if shape[0] == 1:
        return shape[1], shape[2]
    if shape[1] == 1:
        return shape[0], shape[2]
    raise ShapeError(
        f"{kind} reads a sequence, not {describe(shape)}", code="shape-sequence", hint="RESHAPE|1|steps|features makes a sequence"
    )


def normal_shape(depth: int, height: int, width: int) -> Shape:
    """The shape of TMVA's (depth, height, width): (1, 1, W) is a vector (see OneRow), anything else an image."""
    return OneRow((width,)) if depth == 1 and height == 1 else (depth, height, width)
