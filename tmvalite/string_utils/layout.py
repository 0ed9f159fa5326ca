"""Layout strings: chains of items, bare or in blocks. Kinds of layers are not known here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from tmvalite.errors import Diagnostics, OptionError, Source, Span, did_you_mean, quoted
from tmvalite.string_utils.blanks import trim, warn_about_blanks
from tmvalite.string_utils.layout_errors import BLOCKS, explain_layout
from tmvalite.string_utils.parse import Builder, Token, run
from tmvalite.string_utils.pieces import present, split_at
from tmvalite.string_utils.syntax import Block, Item, Layout, Word

_NAME = re.compile(r"[a-z][A-Za-z0-9_]*")
_GLUE = re.compile(r"[\s&;/*.-]+")
NAME_RULE = "a lower-case letter, then letters, digits or _"


@dataclass(frozen=True, slots=True)
class RawItem:
    """An item as written: fields are tokens (WORD and BAR), None where there are none."""

    name: Word | None
    fields: tuple[Token, ...] | None
    sources: tuple[Word, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block in braces: items (None where empty) and the commas between them."""

    name: Word
    items: tuple[RawItem | None, ...]
    commas: tuple[Span, ...]
    span: Span


class _Layouts(Builder):
    """What is written, empty pieces included; the result is a list of blocks, items, None and separator tokens."""

    def layout(self, parts):
        flat = []
        for part in parts:
            flat.extend([part] if isinstance(part, Token) else part)
        return flat

    def group(self, parts):
        written = [part for part in parts if part is not None]
        return written or [None]

    def block(self, parts):
        name, _, (items, commas), close = parts
        return RawBlock(name, items, commas, self.span(name.span, close))

    def chain(self, parts):
        commas = tuple(self.span(part) for part in parts if isinstance(part, Token))
        return tuple(part for part in parts if not isinstance(part, Token)), commas

    def head(self, parts):
        return Word(str(parts[0]), self.span(parts[0]))

    def fields(self, parts):
        return tuple(parts)

    def sources(self, parts):
        return tuple(Word(str(part), self.span(part)) for part in parts if part.type == "NAME")

    def item(self, parts):
        name, fields, sources = parts
        last = sources[-1].span if sources else fields[-1] if fields else name.span
        return RawItem(name, fields, sources or (), self.span(name.span, last))

    def bare_item(self, parts):
        fields, sources = parts
        return RawItem(None, fields, sources or (), self.span(fields[0], sources[-1].span if sources else fields[-1]))

    def sources_only(self, parts):
        (sources,) = parts
        return RawItem(None, None, sources, self.span(sources[0].span, sources[-1].span))


def read_raw(source: Source, span: Span, option: str) -> list:
    """The text of an option as blocks, items and separators, in order. Raises OptionError."""
    if not source.text[span.start : span.stop].strip():
        raise OptionError(
            f"{option} is empty", code="value-missing", source=source, span=span, hint=f"remove {option}, or give it a value"
        )
    explain = partial(explain_layout, begin=span.start)
    return run("layout", source, _Layouts, span=span, start="layout", explain=explain, where=option)


def parse_layout(source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None, *, option="Layout"):
    """Read a layout: `DENSE|64|RELU,DENSE|1|LINEAR`, with names, sources and blocks.

    Parameters
    ----------
    source : Source
        The text that `span` and all spans of the result point into.
    span : Span, optional
        Where the layout stands; the whole text by default.
    diagnostics : Diagnostics, optional
        Gets a warning for every empty item or field, and for a blank at which TMVA would cut the value.
    option : str
        What the text is called in messages.

    Returns
    -------
    Layout
        One bare block for an ordinary network. Fields are kept as written, without surrounding blanks.

    Raises
    ------
    OptionError
        Braces, names, '@' or '##' in the wrong place, or nothing at all.

    Examples
    --------
    >>> layout = parse_layout(Source("TANH|128,LINEAR"))
    >>> [[str(field) for field in item.fields] for item in layout.parts[0].items]
    [['TANH', '128'], ['LINEAR']]
    """
    span = Span(0, len(source.text)) if span is None else span
    diagnostics = Diagnostics(source) if diagnostics is None else diagnostics
    raw = read_raw(source, span, option)
    warn_about_blanks(source, span, diagnostics, option)
    span = trim(source, span)
    return Layout(_Reader(source, diagnostics, option).parts(raw, span), source, span)


class _Reader:
    """Makes nodes of what was written, checks names, drops what is empty."""

    def __init__(self, source: Source, diagnostics: Diagnostics, option: str):
        self.source, self.diagnostics, self.option = source, diagnostics, option

    def parts(self, raw: list, span: Span) -> tuple[Block, ...]:
        """Group the pieces: every block is a part, and so is every stretch of items between blocks or '##'."""
        pieces, separators = [], []
        for piece in raw:
            if isinstance(piece, Token):
                separators.append(piece)
            else:
                if len(separators) < len(pieces):  # nothing stands between '}' and what follows it
                    separators.append(None)
                pieces.append(piece)
        pieces = self._drop_empty(pieces, separators, span)
        parts, items, block_names = [], [], set()
        for piece, separator in pieces:
            if separator is not None and separator.type == "PARTS" or isinstance(piece, RawBlock):
                self._close(parts, items)
            if isinstance(piece, RawBlock):
                block = self._block(piece)
                if block.name.text in block_names:
                    raise self._error(f"two blocks are called {block.name}", block.name.span, "block-twice")
                block_names.add(block.name.text)
                parts.append(block)
            else:
                items.append(piece)
        self._close(parts, items)
        return tuple(parts)

    def _drop_empty(self, pieces, separators, span) -> list:
        """Pairs (piece, separator before it) without the empty ones; a dropped '##' still separates."""
        if all(self._is_empty(piece) for piece in pieces):
            raise self._error("there is no item", span, "value-missing", hint="write at least one item, as in DENSE|1|LINEAR")
        pairs, pending = [], None
        places = [self._place(mark, piece) for mark, piece in zip([*separators, None], pieces, strict=True)]
        shown = [None if self._is_empty(piece) else piece for piece in pieces]
        present(shown, places, self.source, self.diagnostics, noun="item", plural="items", code="empty-item", where=self.option)
        for i, piece in enumerate(shown):
            before = separators[i - 1] if i else None
            if before is not None and (pending is None or before.type == "PARTS"):
                pending = before
            if piece is not None:
                pairs.append((piece, pending))
                pending = None
        return pairs

    def _place(self, mark, piece) -> Span:
        if mark is not None:
            return Builder.span(mark)
        return piece.span if piece is not None else Span(0, 0)

    @staticmethod
    def _is_empty(piece) -> bool:
        """Whether nothing is written, or nothing but '|'."""
        return piece is None or (
            isinstance(piece, RawItem)
            and piece.name is None
            and not piece.sources
            and all(field.type == "BAR" for field in piece.fields)
        )

    def _close(self, parts: list, items: list) -> None:
        """End a bare chain."""
        if items:
            nodes = tuple(self._item(item, f"item {i}") for i, item in enumerate(items, 1))
            parts.append(Block(nodes, None, Span(nodes[0].span.start, nodes[-1].span.stop)))
            items.clear()

    def _block(self, raw: RawBlock) -> Block:
        if raw.name.text not in BLOCKS:
            raise self._error(
                f"no block is called {quoted(raw.name.text)}",
                raw.name.span,
                "block-unknown",
                expected=BLOCKS,
                hint=did_you_mean(raw.name.text, BLOCKS),
            )
        items = [None if self._is_empty(item) else item for item in raw.items]
        if not any(items):
            hint = f"write the items of {raw.name} between its braces"
            raise self._error(f"{raw.name} has no items", raw.span, "block-empty", hint=hint)
        where = f"{self.option}, {raw.name}"
        kept = present(
            items, raw.commas, self.source, self.diagnostics, noun="item", plural="items", code="empty-item", where=where
        )
        nodes = tuple(self._item(item, f"{raw.name}, item {i}") for i, item in enumerate(kept, 1))
        return Block(nodes, raw.name, raw.span)

    def _item(self, raw: RawItem, where: str) -> Item:
        where = f"{self.option}, {where}"
        for name in (raw.name, *raw.sources):
            if name is not None and not _NAME.fullmatch(name.text):
                raise self._bad_name(name, where, name is not raw.name)
        pieces, bars = split_at(raw.fields or (), "BAR")
        if not any(pieces):
            if raw.name is not None:
                message = f"{raw.name} has no layer behind its '='" if not raw.sources else f"{raw.name} has no layer before '@'"
                raise self._error(message, raw.span, "item-without-fields", where, hint=f"write {raw.name}=KIND|...")
            message = "'@' has no layer before it"
            raise self._error(message, raw.span, "item-without-fields", where, hint="write KIND|...@name, as in ADD|RELU@a+b")
        kept = present(
            pieces,
            bars,
            self.source,
            self.diagnostics,
            noun="field",
            plural="fields",
            code="empty-field",
            consequence="; later fields move up, as in TMVA" if pieces[-1] is not None else "",
            where=where,
        )
        return Item(tuple(Word(str(f), Builder.span(f)) for f in kept), raw.name, raw.sources, raw.span)

    def _bad_name(self, name: Word, where: str, is_source: bool) -> OptionError:
        usable = "".join(c for c in name.text if c.isascii() and (c.isalnum() or c == "_"))
        usable = usable[:1].lower() + usable[1:] if usable[:1].isalpha() else ""
        hint = f"write {usable[:40]}" if usable else None
        several = [part for part in _GLUE.split(name.text) if part]
        if is_source and len(several) > 1 and all(_NAME.fullmatch(part) for part in several):
            hint = f"join several sources by '+', as in @{'+'.join(several)[:40]}"
        return self._error(
            f"{quoted(name.text)} cannot be the name of an item", name.span, "name-invalid", where, expected=NAME_RULE, hint=hint
        )

    def _error(self, message, span, code, where=None, *, expected=(), hint=None) -> OptionError:
        where = where or self.option
        return OptionError(message, code=code, source=self.source, span=span, where=where, expected=expected, hint=hint)
