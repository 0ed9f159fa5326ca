"""Abstract syntax to canonical text: parsing what `render` prints gives the same nodes.

Nothing that was dropped comes back, so the canonical text warns only about a blank inside a word and about a phase
without any setting, whose only form is a lone comma.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch

from tmvalite.string_utils.numbers import plain
from tmvalite.string_utils.syntax import (
    Block,
    InputLayout,
    InputShape,
    Item,
    Layout,
    Option,
    OptionList,
    Phase,
    Setting,
    Strategy,
    TransformItem,
    TransformList,
    ValidationSize,
    Word,
)


@singledispatch
def render(node) -> str:
    """The canonical text of a node of `syntax`, or of a tuple of probabilities (DropConfig).

    Raises
    ------
    TypeError
        For anything else.

    Examples
    --------
    >>> from tmvalite.errors import Source
    >>> from tmvalite.string_utils.layout import parse_layout
    >>> render(parse_layout(Source("Encoder = {A|1, B} ## Decoder={C}")))
    'Encoder={A|1,B}Decoder={C}'
    """
    raise TypeError(f"{type(node).__name__} has no text form")


def _join(nodes: Iterable, separator: str) -> str:
    return separator.join(render(node) for node in nodes)


@render.register
def _(node: Word) -> str:
    return node.text


@render.register
def _(node: Option) -> str:
    index = "" if node.index is None else f"[{node.index}]"
    value = "" if node.value is None else f"={node.value.text}"
    return f"{'!' if node.negated else ''}{node.name.text}{index}{value}"


@render.register
def _(node: OptionList) -> str:
    return _join(node.options, ":")


@render.register
def _(node: Item) -> str:
    name = "" if node.name is None else f"{node.name.text}="
    sources = f"@{_join(node.sources, '+')}" if node.sources else ""
    return f"{name}{_join(node.fields, '|')}{sources}"


@render.register
def _(node: Block) -> str:
    items = _join(node.items, ",")
    return items if node.name is None else f"{node.name.text}={{{items}}}"


@render.register
def _(node: Layout) -> str:
    """Blocks need nothing between them; a bare chain is set off by '##'."""
    text = ""
    for previous, part in zip((None, *node.parts), node.parts, strict=False):
        bare = previous is not None and (previous.name is None or part.name is None)
        text += ("##" if bare else "") + render(part)
    return text


@render.register
def _(node: InputShape) -> str:
    name = "" if node.name is None else f"{node.name.text}="
    return name + "|".join(str(size) for size in node.sizes)


@render.register
def _(node: InputLayout) -> str:
    return _join(node.inputs, ",")


@render.register
def _(node: Setting) -> str:
    return f"{node.key.text}={node.value.text}"


@render.register
def _(node: Phase) -> str:
    return _join(node.settings, ",") or ","


@render.register
def _(node: Strategy) -> str:
    return _join(node.phases, "|")


@render.register
def _(node: TransformItem) -> str:
    reference = "" if node.reference is None else f"_{node.reference.text}"
    selection = f"({_join(node.selection, ',')})" if node.selection else ""
    return f"{node.name.text}{reference}{selection}"


@render.register
def _(node: TransformList) -> str:
    return _join(node.items, ",") or "None"


@render.register
def _(node: ValidationSize) -> str:
    return plain(node.value)


@render.register
def _(node: tuple) -> str:
    return "+".join(plain(value) for value in node)
