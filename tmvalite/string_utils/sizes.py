"""Strings of whole numbers: InputLayout, BatchLayout, ValidationSize."""

from __future__ import annotations

import math
import re

from tmvalite.errors import Diagnostics, OptionError, Source, Span, quoted
from tmvalite.string_utils.blanks import trim, warn_about_blanks
from tmvalite.string_utils.layout import parse_layout
from tmvalite.string_utils.numbers import number_hint, plain, read_number
from tmvalite.string_utils.syntax import InputLayout, InputShape, ValidationSize, Word

_SIZE = re.compile(r"[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?")
_SIZE_MARKS, _DIGITS = re.compile(r"[xX*/;.]"), re.compile(r"[0-9]+")
MAX_SIZE = 2**31 - 1


def parse_input_layout(
    source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None, *, option: str = "InputLayout"
) -> InputLayout:
    """Read the shape of one event: `1|16|16`, `10|30`, or several named inputs `jets=10|4,event=5`.

    TMVA takes the absolute value of every number and ignores what follows the third one; both warn here.

    Raises
    ------
    OptionError
        Something else than whole numbers between '|', or several inputs without names.
    """
    span = Span(0, len(source.text)) if span is None else span
    diagnostics = Diagnostics(source) if diagnostics is None else diagnostics
    layout = parse_layout(source, span, diagnostics, option=option)
    block = layout.parts[0]
    if len(layout.parts) > 1 or block.name is not None:
        extra = layout.parts[-1]
        raise OptionError(
            f"{option} describes the shape of one event, not blocks",
            code="input-layout",
            source=source,
            span=extra.span,
            where=option,
            expected="sizes, as in 1|16|16 or jets=10|4,event=5",
        )
    shapes = tuple(_shape(item, i, len(block.items), source, diagnostics, option) for i, item in enumerate(block.items, 1))
    seen = set()
    for shape in shapes:
        if shape.name is not None and shape.name.text in seen:
            raise OptionError(
                f"two inputs are called {shape.name}", code="name-twice", source=source, span=shape.name.span, where=option
            )
        seen.add(shape.name.text if shape.name else None)
    return InputLayout(shapes, source, layout.span)


def _shape(item, number, count, source, diagnostics, option) -> InputShape:
    where = f"{option}, input {number}" if count > 1 else option
    if item.sources:
        raise OptionError(
            "an input reads nothing",
            code="input-layout",
            source=source,
            span=item.sources[0].span,
            where=where,
            hint="remove the '@' and what follows",
        )
    if count > 1 and item.name is None:
        raise OptionError(
            "one of several inputs has no name",
            code="name-missing",
            source=source,
            span=item.span,
            where=where,
            hint="name every input, as in jets=10|4,event=5",
        )
    sizes = tuple(_size(word, source, diagnostics, where) for word in item.fields)
    if len(sizes) > 3:
        diagnostics.warn(
            f"{option} has {len(sizes)} sizes; TMVA ignores all behind the third",
            code="surplus-size",
            source=source,
            span=Span(item.fields[3].span.start, item.fields[-1].span.stop),
            where=where,
            hint="write width, steps|width, or channels|height|width",
            lost=True,
        )
        sizes = sizes[:3]
    return InputShape(sizes, item.name, item.span)


def _size(word: Word, source: Source, diagnostics: Diagnostics, where: str) -> int:
    number = read_number(word.text, int, source, word.span, name="a size", where=where)
    if number.ignored is not None:
        diagnostics.warn(
            f"{quoted(word.text)} is read as {number.value}; TMVA ignores the text behind the number",
            code="text-after-number",
            source=source,
            span=number.ignored,
            where=where,
            hint=_hint_for_size(word.text) or f"write {abs(number.value)}",
            lost=True,
        )
    if number.value < 0:
        diagnostics.warn(
            f"the size {number.value} is read as {-number.value}, as TMVA does",
            code="negative-size",
            source=source,
            span=word.span,
            where=where,
            hint=f"write {-number.value}",
        )
    if abs(number.value) > MAX_SIZE:
        raise OptionError(
            f"the size {quoted(word.text)} is too large",
            code="range",
            source=source,
            span=word.span,
            where=where,
            expected=f"at most {MAX_SIZE}",
        )
    return abs(number.value)


def _hint_for_size(text: str) -> str | None:
    parts = _SIZE_MARKS.split(text)
    return f"write {'|'.join(parts)}" if len(parts) > 1 and all(_DIGITS.fullmatch(p) for p in parts) else number_hint(text)


def parse_batch_layout(source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None) -> tuple[int, int, int]:
    """Read `depth|height|width` of a batch. Raises OptionError unless there are three whole numbers."""
    option = "BatchLayout"
    layout = parse_input_layout(source, span, diagnostics, option=option)
    shape = layout.inputs[0]
    if len(layout.inputs) > 1 or shape.name is not None or len(shape.sizes) != 3:
        raise OptionError(
            "BatchLayout needs three whole numbers",
            code="batch-layout",
            source=source,
            span=layout.span,
            where=option,
            expected="depth|height|width, as in 1|128|7, or 0|0|0 for TMVA's choice",
        )
    return shape.sizes


def parse_validation_size(source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None) -> ValidationSize:
    """Read `20%`, `0.2` (a fraction of the training events) or `100` (a number of events).

    As in TMVA, a number of 1 or more without '%' counts events, so `1.0` is one event.

    Raises
    ------
    OptionError
        Not a number, nothing to validate with, or nothing left to train with.
    """
    span = trim(source, Span(0, len(source.text)) if span is None else span)
    diagnostics = Diagnostics(source) if diagnostics is None else diagnostics
    warn_about_blanks(source, span, diagnostics, "ValidationSize")
    text = source.text[span.start : span.stop]
    percent = text.endswith("%")
    number = text.removesuffix("%").rstrip()

    def fail(message, hint=None):
        return OptionError(
            message,
            code="validation-size",
            source=source,
            span=span,
            where="ValidationSize",
            expected="a percentage (20%), a fraction (0.2) or a number of events (100)",
            hint=hint,
        )

    if not _SIZE.fullmatch(number):
        raise fail(f"{quoted(text)} is no size of a validation sample" if text else "ValidationSize has no value")
    value = read_number(number, float, source, span, name="ValidationSize").value
    if value <= 0:
        raise fail("no event is left to validate with")
    if percent:
        if value >= 100:
            raise fail("no event is left to train with")
        return ValidationSize("fraction", value / 100, span)
    if value < 1:
        return ValidationSize("fraction", value, span)
    count = math.trunc(value)
    if count != value:
        diagnostics.warn(
            f"ValidationSize={plain(value)} is a number of events and read as {count}",
            code="validation-size",
            source=source,
            span=span,
            where="ValidationSize",
            hint=f"write {count}",
        )
    return ValidationSize("count", float(count), span)
