"""From items as written to items of one layer each.

An item is several layers where a kind that TMVA lacks stands among its fields (that kind begins a new layer, and
after it any kind does), and where a kind stands for several items (LATENT).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from tmvalite.activations import ACTIVATIONS
from tmvalite.errors import Diagnostics, OptionError, Source, Span, did_you_mean, quoted, typing_errors
from tmvalite.layers import REGISTRY, Layer
from tmvalite.layers.base import declared_fields
from tmvalite.layers.context import FLAT, LayerContext, missing_bar
from tmvalite.string_utils.syntax import Block, Item, Word


@dataclass(frozen=True)
class ExpandedItem:
    """One layer to be placed.

    item : Item
        Its name, sources and span; the name is one that nobody can write if the user gave none.
    layer : Layer
        Its fields, read.
    index : int
        Number of the item as written, from 0.
    origin : Layer or None
        The layer that was written and stands for this one and its neighbours.
    place : str
        "Layout, layer 2 (DENSE)".
    """

    item: Item
    layer: Layer
    index: int
    origin: Layer | None
    place: str
    named: bool


@dataclass(frozen=True)
class Surroundings:
    """What all items of a block have in common."""

    n_variables: int
    n_outputs: int
    diagnostics: Diagnostics
    source: Source
    title: str = "Layout"  # "Layout, Encoder" for blocks
    names: frozenset[str] = frozenset()  # of the inputs


def implied_kind() -> type[Layer]:
    """The layer that an item without a kind is."""
    return next(cls for cls in REGISTRY.values() if cls.implied)


def expand(block: Block, surroundings: Surroundings) -> list[ExpandedItem]:
    """All layers of a block in order, their fields read. Raises OptionError with the place."""
    parts = [(index, number, part) for index, item in enumerate(block.items) for number, part in enumerate(split_item(item))]
    firsts = [next((REGISTRY.get(word.text) for word in part.fields if word.text), None) for _, _, part in parts]
    last_dense = max((i for i, cls in enumerate(firsts) if cls is None or cls.implied), default=-1)
    several_outputs = any(cls is not None and cls.marks_output for cls in firsts)
    names = surroundings.names | {item.name.text for item in block.items if item.name is not None}
    surroundings = dataclasses.replace(surroundings, names=names)
    steps: list[ExpandedItem] = []
    for i, (index, number, part) in enumerate(parts):
        around = [parts[j][2] if 0 <= j < len(parts) else None for j in (i - 1, i + 1)]
        hidden = i < last_dense and not several_outputs
        steps += _read(part, index, number, around=around, hidden=hidden, surroundings=surroundings)
    return steps


def split_item(item: Item) -> list[Item]:
    """Cut an item before every kind that TMVA lacks, and after the first of those before every kind.

    The first part keeps the sources, the last one the name.
    """
    fields = tuple(w for w in item.fields if w.text)
    if not fields:
        return [item]
    ours = fields[0].text in REGISTRY and not REGISTRY[fields[0].text].tmva
    cuts = [0]
    for at, word in enumerate(fields[1:], 1):
        kind = REGISTRY.get(word.text)
        if kind is not None and (ours or not kind.tmva) and not _is_choice(fields[cuts[-1]], at - cuts[-1], word):
            ours = True
            cuts.append(at)
    if len(cuts) == 1:
        return [item]
    parts = []
    for start, stop in zip(cuts, [*cuts[1:], len(fields)], strict=True):
        words = fields[start:stop]
        first, last = start == 0, stop == len(fields)
        parts.append(
            Item(
                words,
                name=item.name if last else None,
                sources=item.sources if first else (),
                span=Span(words[0].span.start, words[-1].span.stop),
            )
        )
    return parts


def _is_choice(kind: Word, number: int, word: Word) -> bool:
    """Whether the field `number` of a kind may be this word, though it is a kind itself: SPARSITY|KL."""
    cls = REGISTRY.get(kind.text)
    declared = declared_fields(cls) if cls is not None else ()
    return number <= len(declared) and word.text in declared[number - 1].metadata["arg"].choices


def _read(
    item: Item, index: int, number: int, *, around: list[Item | None], hidden: bool, surroundings: Surroundings
) -> list[ExpandedItem]:
    """Read the fields of an item that is one layer, or stands for several."""
    place = f"{surroundings.title}, layer {index + 1}"
    fields = tuple(w for w in item.fields if w.text)
    if not fields:
        raise OptionError(
            "an item of the layout has no fields",
            code="item-without-fields",
            source=surroundings.source,
            span=item.span,
            where=place,
        )
    before, after = around
    cls, words = _kind(fields, before, place, surroundings)
    context = LayerContext(
        surroundings.n_variables,
        surroundings.n_outputs,
        surroundings.diagnostics,
        surroundings.source,
        kind=cls.kind,
        words=words,
        span=item.span,
        place=place,
        hidden=hidden,
        names=surroundings.names,
        before=before.fields if before is not None and words is fields else (),
        after=after.fields if after is not None else (),
    )
    layer = cls.from_fields(words, context)
    label = f"{cls.kind}#{index + 1}" + (f".{number + 1}" if number else "")
    inner = layer.expand(item, label)
    if inner is None:
        name = item.name or Word(label, item.span)
        item = dataclasses.replace(item, name=name)
        return [ExpandedItem(item, layer, index, None, context.where(), item.name.text != label)]
    steps = []
    for part in inner:
        inner_cls = REGISTRY[part.fields[0].text]
        inner_context = dataclasses.replace(context, kind=inner_cls.kind, words=part.fields[1:])
        inner_layer = inner_cls.from_fields(part.fields[1:], inner_context)
        steps.append(ExpandedItem(part, inner_layer, index, layer, context.where(), part.name is item.name is not None))
    return steps


def _kind(
    fields: tuple[Word, ...], before: Item | None, place: str, surroundings: Surroundings
) -> tuple[type[Layer], tuple[Word, ...]]:
    """The layer of an item and the fields that are left to it."""
    first = fields[0]
    if first.text in REGISTRY:
        return REGISTRY[first.text], fields[1:]
    cls = implied_kind()
    if cls.begins(first):
        return cls, fields
    hint = _hint_for_kind(first.text, before, surroundings.names)
    raise OptionError(
        f"there is no layer {quoted(first.text)}",
        code="kind-unknown",
        source=surroundings.source,
        span=first.span,
        where=place,
        expected="a kind of layer, an activation or a width" if hint else tuple(REGISTRY),
        hint=hint,
    )


def _hint_for_kind(text: str, before: Item | None, names: frozenset[str]) -> str | None:
    """What an item that is no layer was probably meant to be."""
    if before is not None and before.sources and text in names:
        return f"join several sources by '+', as in @{before.sources[-1]}+{text}"
    if text in names:
        return f"'{text}' is the name of an item; write '@{text}' behind the layer that reads it"
    known = [*REGISTRY, *ACTIVATIONS]
    upper = text.upper()
    if (typing_errors(upper, FLAT, 1) <= 1 or upper.startswith(FLAT)) and upper not in known:
        return f"write RESHAPE|{FLAT}"
    other = next((cls.kind for cls in REGISTRY.values() if upper.replace("_", "") in cls.other_names), None)
    return f"did you mean {other!r}?" if other else missing_bar(text) or missing_bar(upper) or did_you_mean(text, known)
