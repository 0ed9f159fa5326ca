"""From InputLayout to the shapes of the inputs."""

from __future__ import annotations

import math

from tmvalite.errors import Diagnostics, OptionError, ShapeError
from tmvalite.layers.base import Shape
from tmvalite.layers.shapes import normal_shape
from tmvalite.string_utils.syntax import InputLayout, InputShape


def input_shapes(input_layout: InputLayout | None, n_variables: int, diagnostics: Diagnostics) -> tuple[tuple[str, Shape], ...]:
    """Name and shape of every input, in the order in which they take the event's variables.

    `0|0|0` and nothing give ("input", (N,)); `W` a vector, `A|W` a sequence of A steps, `C|H|W` an image; `1|1|W` and `1|W` are
    what the layer that reads them wants, a vector or an image of one row.

    Raises
    ------
    ShapeError
        If the inputs together do not hold as many values as the event.
    OptionError
        If a size is 0 or two inputs have one name.
    """
    if input_layout is None or not input_layout.inputs:
        return (("input", (n_variables,)),)
    source = input_layout.source
    if len(input_layout.inputs) == 1 and not any(input_layout.inputs[0].sizes):
        name = input_layout.inputs[0].name
        return ((name.text if name else "input", (n_variables,)),)
    found: dict[str, Shape] = {}
    for item in input_layout.inputs:
        if item.name is None and len(input_layout.inputs) > 1:
            raise OptionError(
                "several inputs need names",
                code="input-name",
                source=source,
                span=item.span,
                where="InputLayout",
                hint="write InputLayout=jets=10|4,event=5",
            )
        name = item.name.text if item.name else "input"
        if name in found or (name == "input" and item.name is not None):
            message = "'input' is the name of the whole event" if name == "input" else f"two inputs are called '{name}'"
            raise OptionError(message, code="input-name", source=source, span=item.name.span, where="InputLayout")
        found[name] = _shape(item, source, diagnostics)
    total = sum(math.prod(shape) for shape in found.values())
    if total != n_variables:
        values = "value" if total == 1 else "values"
        raise ShapeError(
            f"InputLayout holds {total} {values}, but the event has {n_variables} variables",
            code="input-size",
            source=source,
            span=input_layout.span,
            where="InputLayout",
        )
    return tuple(found.items())


def variables_of(input_layout: InputLayout | None) -> int | None:
    """The number of variables that an InputLayout states, or None where it leaves that to the data."""
    if input_layout is None or not input_layout.inputs:
        return None
    sizes = [[abs(n) for n in item.sizes[:3]] for item in input_layout.inputs]
    return sum(math.prod(s) for s in sizes) or None


def event_shape(depth: int, height: int, width: int) -> Shape:
    """Shape of one event by the three sizes of a weight file: TMVA stores a sequence A|W as (A, 1, W)."""
    return (depth, width) if height == 1 < depth else normal_shape(depth, height, width)


def stored_sizes(shape: Shape) -> tuple[int, int, int]:
    """InputDepth, InputHeight, InputWidth of the weight file for a shape; the inverse of `event_shape`."""
    if len(shape) == 1:
        return 1, 1, shape[0]
    if len(shape) == 2:
        return shape[0], 1, shape[1]
    return shape


def _shape(item: InputShape, source, diagnostics: Diagnostics) -> Shape:
    sizes = item.sizes
    if len(sizes) > 3:
        diagnostics.warn(
            f"InputLayout has three sizes; {'|'.join(str(n) for n in sizes[3:])} is ignored, as in TMVA",
            code="surplus-size",
            source=source,
            span=item.span,
            where="InputLayout",
        )
        sizes = sizes[:3]
    if any(n < 0 for n in sizes):
        diagnostics.warn(
            "the sign of a size in InputLayout is ignored, as in TMVA",
            code="negative-size",
            source=source,
            span=item.span,
            where="InputLayout",
        )
        sizes = tuple(abs(n) for n in sizes)
    if not sizes or 0 in sizes:
        raise OptionError(
            "InputLayout has a size of 0",
            code="input-zero",
            source=source,
            span=item.span,
            where="InputLayout",
            expected="width, steps|width or channels|rows|columns",
            hint="0|0|0 stands for all variables in one row",
        )
    if len(sizes) == 2:
        return sizes if sizes[0] > 1 else normal_shape(1, *sizes)
    return normal_shape(*sizes) if len(sizes) == 3 else sizes
