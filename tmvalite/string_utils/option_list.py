"""Booking strings as a list of options: structure only, no option is known here."""

from __future__ import annotations

import re

from tmvalite.errors import Source, Span, quoted
from tmvalite.string_utils.parse import Builder, Explanation, Failure, run
from tmvalite.string_utils.syntax import Option, OptionList, Word

_ARRAY = re.compile(r"([^\[\]]+)\[\s*([0-9]{1,9})\s*\]")


class _Options(Builder):
    def options(self, parts):
        return tuple(part for part in parts if part is not None)

    def option(self, parts):
        negation, name, equal, value = parts
        span = self.span(negation or name, value or equal or name)
        text = str(name)
        array = _ARRAY.fullmatch(text)
        if equal is None:
            word = None
        else:
            word = Word(str(value), self.span(value)) if value else Word("", Span(equal.end_pos, equal.end_pos))
        return Option(
            name=Word(array[1].strip() if array else text, self.span(name)),
            value=word,
            negated=negation is not None,
            index=int(array[2]) if array else None,
            span=span,
        )


def parse_options(text: str | Source) -> OptionList:
    """Read a booking string such as `!H:V:Layout=TANH|128,LINEAR`.

    Empty pieces are dropped, repeats are kept. Blanks around names and values do not belong to them.

    Raises
    ------
    OptionError
        If a piece has no name.

    Examples
    --------
    >>> [str(option.name) for option in parse_options("!H:V:Layout=TANH|128,LINEAR").options]
    ['H', 'V', 'Layout']
    """
    source = Source(text, separator=":") if isinstance(text, str) else text
    return OptionList(run("options", source, _Options, start="options", explain=_explain), source)


def _explain(failure: Failure, source: Source) -> Explanation:
    before = source.text[: failure.span.start].rstrip()
    if before.endswith("!"):
        negation = Span(len(before) - 1, len(before))
        if failure.char == "!":
            hint = "write one '!' before the name, or none"
            return Explanation("'!' stands twice", "option-syntax", failure.char_span, hint=hint)
        hint = "write !name to switch an option off"
        return Explanation("'!' stands without the name of an option", "option-name-missing", negation, hint=hint)
    if failure.char == "=":
        hint = "write name=value"
        return Explanation("the name before '=' is missing", "option-name-missing", failure.char_span, hint=hint)
    hint = "separate options by ':'"
    return Explanation(f"{quoted(failure.found)} does not belong here", "option-syntax", hint=hint)
