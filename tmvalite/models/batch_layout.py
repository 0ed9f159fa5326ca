"""BatchLayout says nothing that InputLayout and BatchSize do not say; TMVA refuses to train where it contradicts them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tmvalite.errors import OptionError, Source, Span
from tmvalite.layers.base import Shape
from tmvalite.string_utils import PhaseSettings


def check_batch_layout(
    batch_layout: tuple[int, int, int],
    shapes: Sequence[Shape],
    batch_sizes: Sequence[int],
    *,
    source: Source,
    span: Span,
    phases: Sequence[PhaseSettings] = (),
) -> None:
    """Raise OptionError where TMVA would print an error and leave the network untrained; 0|0|0 is always right.

    Parameters
    ----------
    shapes : sequence of shapes
        Of the inputs, for one event.
    batch_sizes : sequence of int
        Of every phase.
    phases : sequence of PhaseSettings
        A phase that does not write its BatchSize is where it is missing.
    """
    if not any(batch_layout):
        return
    depth, height, width = batch_layout
    values = sum(math.prod(shape) for shape in shapes)
    flat = len(shapes) == 1 and len(shapes[0]) == 1
    for number, size in enumerate(batch_sizes, 1):
        in_depth = depth == size and height * width == values
        in_height = depth == 1 and height == size and width == values
        if in_depth or in_height:
            continue
        rows, columns = (1, values) if len(shapes) != 1 or flat else (shapes[0][0], math.prod(shapes[0][1:]))
        right = f"1|{size}|{values}" if flat else f"{size}|{rows}|{columns}"
        phase = f" of phase {number}" if len(batch_sizes) > 1 else ""
        where, hint = "BatchLayout", "leave BatchLayout out: it follows from InputLayout and BatchSize"
        settings = phases[number - 1] if phases else None
        if settings is not None and settings.written.settings and settings.written.span and not settings.writes("BatchSize"):
            inside = source.text[: settings.written.span.start].rfind("TrainingStrategy") >= 0
            if inside and (depth, height)[depth == 1] > 1:
                span, where = settings.written.span, f"TrainingStrategy, phase {number}"
                hint = f"BatchSize is not written: write BatchSize={(depth, height)[depth == 1]}, or leave BatchLayout out"
        raise OptionError(
            f"BatchLayout does not fit BatchSize={size}{phase} and events of {values} values: TMVA would not train",
            code="batch-layout",
            source=source,
            span=span,
            where=where,
            expected=right,
            hint=hint,
        )
