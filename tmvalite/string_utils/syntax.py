"""The abstract syntax of option strings: frozen nodes that keep the place they came from.

Spans never take part in comparison, so parse(render(x)) == x.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tmvalite.errors import Source, Span

NOWHERE = Span(0, 0)


def _span():
    return field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of the user's text, without surrounding blanks."""

    text: str
    span: Span = _span()

    def __str__(self):
        return self.text


@dataclass(frozen=True, slots=True)
class Option:
    """One `name=value`, `name`, `!name` or `name[index]=value` of a booking string.

    `value` is None for a bare word; `negated` is true for `!name`.
    """

    name: Word
    value: Word | None = None
    negated: bool = False
    index: int | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class OptionList:
    """A whole booking string, in order, repeats included."""

    options: tuple[Option, ...]
    source: Source = field(default=Source(""), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a layout: `name=FIELD|FIELD@source+source`. `sources` is empty when nothing was written."""

    fields: tuple[Word, ...]
    name: Word | None = None
    sources: tuple[Word, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Block:
    """A chain of items, in braces with a name (`Encoder={...}`) or bare (`name` None)."""

    items: tuple[Item, ...]
    name: Word | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole layout; `parts` has one bare block for an ordinary network."""

    parts: tuple[Block, ...]
    source: Source = field(default=Source(""), compare=False, repr=False)
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class InputShape:
    """One input of InputLayout: `name=A|B|C` or `A|B|C`; `sizes` as written."""

    sizes: tuple[int, ...]
    name: Word | None = None
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class InputLayout:
    inputs: tuple[InputShape, ...]
    source: Source = field(default=Source(""), compare=False, repr=False)
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Setting:
    """One `key=value` of a training phase."""

    key: Word
    value: Word
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Phase:
    settings: tuple[Setting, ...]
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class Strategy:
    phases: tuple[Phase, ...]
    source: Source = field(default=Source(""), compare=False, repr=False)
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class TransformItem:
    """One item of VarTransform: `N`, `G_Signal`, `N(_V_,_T_)`; `selection` is empty when nothing was written."""

    name: Word
    reference: Word | None = None
    selection: tuple[Word, ...] = ()
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class TransformList:
    """A whole VarTransform; no items for `None`."""

    items: tuple[TransformItem, ...]
    source: Source = field(default=Source(""), compare=False, repr=False)
    span: Span = _span()


@dataclass(frozen=True, slots=True)
class ValidationSize:
    """How many training events validate: kind "fraction" (0 < value < 1) or "count" (value a whole number)."""

    kind: str
    value: float
    span: Span = _span()
