"""The parser that every string of tmvalite goes through: lark behind a door.

This is the only module that imports lark. A grammar is a file in the folder `grammar/`; a Builder turns its rules
into nodes while the text is being read (no tree is kept, nothing recurses, the time is linear in the text); a
function `explain` puts a Failure into the user's words.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedToken
from lark.utils import TextSlice

from tmvalite.errors import OptionError, Source, Span, TmvaliteError, quoted

__all__ = ["MAX_LENGTH", "Builder", "Explanation", "Failure", "Token", "load_grammar", "run"]

MAX_LENGTH = 1 << 20  # characters; nobody writes more by hand, and a file that holds more is damaged
_LOCK = threading.Lock()


class Builder(Transformer):
    """Base of the classes that turn a grammar's rules into nodes: one method a rule, called with the list of its parts.

    A Builder keeps no state: one instance serves every text. Tokens know their place in the whole Source.
    Whatever a method raises reaches the caller unchanged.
    """

    @staticmethod
    def span(first: Token | Span, last: Token | Span | None = None) -> Span:
        """The characters from the first token or span to the end of the last one."""
        last = first if last is None else last
        start = first.start if isinstance(first, Span) else first.start_pos
        return Span(start, last.stop if isinstance(last, Span) else last.end_pos)


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a text stops making sense.

    Attributes
    ----------
    span : Span
        The piece that does not fit; empty at the end of the text.
    found : str
        That piece; "" at the end.
    expected : frozenset of str
        Names of the grammar's terminals that could stand there; "$END" for the end of the text.
    """

    span: Span
    found: str
    expected: frozenset[str]

    @property
    def char(self) -> str:
        """The first character that does not fit, "" at the end of the text."""
        return self.found[:1]

    @property
    def char_span(self) -> Span:
        """The place of that character, or of the end."""
        return Span(self.span.start, self.span.start + len(self.char))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A Failure in the user's words; the fields are those of TmvaliteError."""

    message: str
    code: str = "syntax"
    span: Span | None = None
    expected: str | tuple[str, ...] = ()
    hint: str | None = None
    where: str | None = field(default=None)


def explain_plainly(failure: Failure, source: Source) -> Explanation:
    """What to say when a grammar has no words of its own."""
    if not failure.found:
        return Explanation("the text ends too early")
    return Explanation(f"{quoted(failure.found)} does not belong here")


@cache
def load_grammar(name: str) -> str:
    """The text of `grammar/<name>.lark`, from the installed package or from the checkout around it."""
    try:
        file = resources.files("tmvalite.grammar") / f"{name}.lark"
        if file.is_file():
            return file.read_text(encoding="utf-8")
    except ModuleNotFoundError:
        pass  # a checkout that was never installed has the folder beside the package
    return (Path(__file__).resolve().parents[2] / "grammar" / f"{name}.lark").read_text(encoding="utf-8")


@cache
def _parser(grammar: str, start: str, builder: type[Builder]) -> Lark:
    return Lark(load_grammar(grammar), start=start, parser="lalr", lexer="contextual", transformer=builder())


def run(
    grammar: str,
    source: Source | str,
    builder: type[Builder],
    *,
    span: Span | None = None,
    start: str = "start",
    explain: Callable[[Failure, Source], Explanation] = explain_plainly,
    error: type[TmvaliteError] = OptionError,
    where: str | None = None,
) -> Any:
    """Read `source`, or the slice `span` of it, by a grammar and return what the builder makes of the rule `start`.

    Parameters
    ----------
    grammar : str
        Name of a file in `grammar/`, without its ending.
    source : Source or str
        The text. All positions, of tokens and of errors, count from its beginning.
    builder : subclass of Builder
        Its methods are called rule by rule, in the order of the text; it is made once and shared between texts.
    span : Span, optional
        The slice to read; the whole text by default.
    start : str
        The rule to read.
    explain : callable
        Turns a Failure into an Explanation.
    error : type
        What to raise.
    where : str, optional
        The place in words, where the explanation has none.

    Raises
    ------
    OptionError
        Or the type given: the text does not follow the grammar, or is longer than MAX_LENGTH.
    """
    source = Source(source) if isinstance(source, str) else source
    span = Span(0, len(source.text)) if span is None else span
    if span.stop - span.start > MAX_LENGTH:
        raise error(f"the text has more than {MAX_LENGTH} characters", code="too-long", where=where)
    with _LOCK:
        parser = _parser(grammar, start, builder)
    try:
        return parser.parse(TextSlice(source.text, span.start, span.stop))
    except (UnexpectedToken, UnexpectedCharacters) as problem:
        failure = _failure(problem, source, span)
    told = explain(failure, source)
    raise error(
        told.message,
        code=told.code,
        source=source,
        span=told.span or failure.span,
        where=told.where or where,
        expected=told.expected,
        hint=told.hint,
    )


def _failure(problem, source: Source, span: Span) -> Failure:
    """A lark error as a Failure; `accepts` is exact where `expected` is what one token of lookahead allows."""
    if isinstance(problem, UnexpectedToken):
        expected = problem.accepts or problem.expected
        token = problem.token
        at_end = token.type == "$END"
        place = Span(span.stop, span.stop) if at_end else Span(token.start_pos, token.end_pos)
    else:
        expected = problem.allowed or ()
        place = Span(problem.pos_in_stream, problem.pos_in_stream + 1)
    named = frozenset(name for name in expected if not name.startswith("__"))
    return Failure(place, source.text[place.start : place.stop], named)
