"""VarTransform and the Factory's Transformations: which variable transformations, for which class and variables."""

from __future__ import annotations

from functools import partial

from tmvalite.errors import Diagnostics, OptionError, Source, Span, quoted
from tmvalite.string_utils.blanks import trim, warn_about_blanks
from tmvalite.string_utils.parse import Builder, Explanation, Failure, Token, run
from tmvalite.string_utils.pieces import present
from tmvalite.string_utils.syntax import TransformItem, TransformList, Word


class _Transforms(Builder):
    """Items as (token, choices, commas, span), None where nothing is written; choices as spans or None."""

    def transforms(self, parts):
        items = [part for part in parts if not isinstance(part, Token)]
        return items, [self.span(part) for part in parts if isinstance(part, Token)]

    def transform(self, parts):
        name, selection = parts
        if selection is None:
            return name, None, (), self.span(name)
        choices, commas, span = selection
        return name, choices, commas, self.span(name, span)

    def selection(self, parts):
        opened, *inner, closed = parts
        choices = [part for part in inner if not isinstance(part, Token)]
        return choices, [self.span(part) for part in inner if isinstance(part, Token)], self.span(opened, closed)

    def choice(self, parts):
        return self.span(parts[0], parts[-1])

    def group(self, parts):
        return self.span(parts[0], parts[-1])


def _explain(failure: Failure, source: Source, option: str, begin: int) -> Explanation:
    before = source.text[begin : failure.span.start]
    if not failure.found:
        opened = _unclosed(before)
        place = Span(begin + opened, begin + opened + 1)
        return Explanation("the '(' is never closed", "parenthesis", place, "')'", "write ')' behind the last variable")
    if failure.char == ")":
        return Explanation("')' has no '(' before it", "parenthesis", failure.char_span, hint="remove it")
    if failure.char == "(":
        hint = "write the transformation first, as in N(_V_)"
        return Explanation("'(' has no transformation before it", "parenthesis", failure.char_span, hint=hint)
    if failure.char == ";":
        hint = "only the Factory's Transformations takes several lists; separate transformations by ','"
        return Explanation(f"';' does not belong into {option}", "transform-syntax", failure.char_span, hint=hint)
    hint = "separate transformations by ',' or '+'"
    return Explanation(f"a separator is missing before {quoted(failure.found)}", "transform-syntax", hint=hint)


def _unclosed(text: str) -> int:
    """Position of the last '(' that no ')' closes."""
    depth = 0
    for i in range(len(text) - 1, -1, -1):
        depth += (text[i] == ")") - (text[i] == "(")
        if depth < 0:
            return i
    return max(text.rfind("("), 0)


def parse_var_transform(
    source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None, *, option: str = "VarTransform"
) -> TransformList:
    """Read `N,G_Signal(_V_,_T0_)+D`; `None` and an empty text mean no transformation.

    The text behind the first '_' of a name is kept whole: class names may hold '_' themselves. Which transformations, classes
    and variables there are is known to data/transforms.

    Raises
    ------
    OptionError
        A parenthesis without its partner, a missing separator.

    Examples
    --------
    >>> parse_var_transform(Source("G_Signal(_V_)")).items[0].reference.text
    'Signal'
    """
    span = trim(source, Span(0, len(source.text)) if span is None else span)
    diagnostics = Diagnostics(source) if diagnostics is None else diagnostics
    if source.text[span.start : span.stop] in ("", "None"):
        return TransformList((), source, span)
    explain = partial(_explain, option=option, begin=span.start)
    items, separators = run("options", source, _Transforms, span=span, start="transforms", explain=explain, where=option)
    warn_about_blanks(source, span, diagnostics, option)
    if not any(items):
        raise OptionError(
            f"{option} names no transformation",
            code="value-missing",
            source=source,
            span=span,
            where=option,
            hint=f"write {option}=None for no transformation",
        )
    kept = present(
        items,
        separators,
        source,
        diagnostics,
        noun="transformation",
        plural="transformations",
        code="empty-transform",
        where=option,
    )
    return TransformList(tuple(_item(raw, source, diagnostics, option) for raw in kept), source, span)


def _item(raw: tuple, source: Source, diagnostics: Diagnostics, option: str) -> TransformItem:
    token, choices, commas, span = raw
    text, underscore, suffix = str(token).partition("_")
    name = Word(text, Span(token.start_pos, token.start_pos + len(text)))
    if underscore and not suffix:
        raise OptionError(
            f"no class is named behind {text}_",
            code="transform-class",
            source=source,
            span=Builder.span(token),
            where=option,
            hint=f"write {text} for all classes, or {text}_Signal",
        )
    reference = Word(suffix, Span(token.end_pos - len(suffix), token.end_pos)) if suffix else None
    if choices is None:
        return TransformItem(name, reference, (), span)
    if not any(choices):
        raise OptionError(
            f"the parentheses of {text} name no variable",
            code="value-missing",
            source=source,
            span=span,
            where=option,
            hint=f"write {text} alone, or {text}(_V_) for all variables",
        )
    kept = present(choices, commas, source, diagnostics, noun="variable", plural="variables", code="empty-variable", where=option)
    words = tuple(Word(source.text[place.start : place.stop], place) for place in kept)
    return TransformItem(name, reference, words, span)


def parse_transformations(
    source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None
) -> tuple[TransformList, ...]:
    """Read the Factory's `Transformations`: lists of transformations separated by ';', as in `I;D;P;G,D`.

    Empty lists are skipped, so that `I;` is one list. Raises OptionError as `parse_var_transform` does.
    """
    span = trim(source, Span(0, len(source.text)) if span is None else span)
    lists, begin = [], span.start
    while begin <= span.stop:
        end = source.text.find(";", begin, span.stop)
        end = span.stop if end < 0 else end
        if source.text[begin:end].strip():
            lists.append(parse_var_transform(source, Span(begin, end), diagnostics, option="Transformations"))
        begin = end + 1
    return tuple(lists)
