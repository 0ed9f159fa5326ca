"""Declared options and how the text of one becomes a value, by TMVA's rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tmvalite.errors import Diagnostics, OptionError, Source, Span, did_you_mean, quoted
from tmvalite.string_utils.numbers import number_hint, plain, read_number

_COMMA = re.compile(r"([+-]?[0-9]+),([0-9]+(?:[eE][+-]?[0-9]+)?)")
TRUE_WORDS = ("1", "true", "ktrue", "t")
FALSE_WORDS = ("0", "false", "kfalse", "f")


@dataclass(frozen=True, slots=True)
class DeclaredOption:
    """One option that a method, a factory or a data loader understands.

    Attributes
    ----------
    name : str
        In the spelling that files show; users may write it in any case.
    type : type
        bool, int, float or str.
    default : object
        A value of that type, or a tuple of `size` values.
    help : str
        One line for `print`.
    choices : tuple
        The predefined values, if only these are allowed; the declared spelling is stored.
    size : int or None
        Number of elements of an array option.
    minimum : int or float or None
        Smallest value of a number.
    blanks : bool
        Whether a blank belongs to the value of this option, which TMVA does not have.
    """

    name: str
    type: type
    default: Any
    help: str = ""
    choices: tuple = ()
    size: int | None = None
    minimum: float | None = None
    blanks: bool = False

    def find_choice(self, text: str) -> Any:
        """The predefined value that a text stands for, in declared spelling, or None."""
        for choice in self.choices:
            if str(choice).lower() == text.lower():
                return choice
        return None

    def default_values(self) -> Any:
        """The default, repeated for every element of an array."""
        if self.size is None or isinstance(self.default, tuple):
            return self.default
        return (self.default,) * self.size

    def text_of(self, value: Any) -> str:
        """The value as TMVA's weight files show it: numbers of type float in scientific notation."""
        if self.size is not None:
            return " ".join(f"{v:.16e}" if self.type in (int, float) else self._text(v) for v in value)
        return self._text(value)

    def _text(self, value: Any) -> str:
        if self.type is float:
            return f"{value:.6e}"
        return str(value)


def convert(option: DeclaredOption, text: str, source: Source, span: Span, diagnostics: Diagnostics) -> Any:
    """The value that `text` has for an option (for one element of an array option).

    Raises
    ------
    OptionError
        A truth value, number or predefined value that it cannot be.
    """
    if option.type is bool:
        return _truth(option, text, source, span)
    value = text if option.type is str else _number(option, text, source, span, diagnostics)
    if not option.choices:
        return value
    chosen = option.find_choice(str(value))
    if chosen is not None:
        return chosen
    first = text.split(None, 1)[0] if text else ""
    chosen = option.find_choice(first)
    if chosen is not None:  # TMVA stops at the blank and is content
        rest = text[len(first) :].strip()
        diagnostics.warn(
            f"{option.name} is read up to {quoted(first)}, and {quoted(rest)} is ignored, as TMVA does",
            code="text-after-word",
            source=source,
            span=Span(span.stop - len(rest), span.stop),
            hint=f"write {option.name}={chosen}",
            lost=True,
        )
        return chosen
    names = tuple(str(choice) for choice in option.choices)
    raise OptionError(
        f"{option.name} cannot be {quoted(text)}" if text else f"{option.name} has no value",
        code="choice",
        source=source,
        span=span,
        expected=names,
        hint=did_you_mean(text, names),
    )


def _truth(option: DeclaredOption, text: str, source: Source, span: Span) -> bool:
    word = text.lower()
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    raise OptionError(
        f"{option.name} is either on or off, not {quoted(text)}" if text else f"{option.name} has no value",
        code="truth-value",
        source=source,
        span=span,
        expected=(*TRUE_WORDS, *FALSE_WORDS),
        hint=f"write {option.name} to switch it on, !{option.name} to switch it off",
    )


def _number(option: DeclaredOption, text: str, source: Source, span: Span, diagnostics: Diagnostics) -> float | int:
    number = read_number(text, option.type, source, span, name=option.name)
    if number.ignored is not None:
        comma = _COMMA.fullmatch(text) if option.type is float else None
        hint = f"write {option.name}={comma[1]}.{comma[2]}" if comma else number_hint(text)
        diagnostics.slip(
            f"{option.name} is read up to {plain(number.value)}, and {quoted(number.rest)} is ignored, as TMVA does",
            refused=f"{option.name} is {plain(number.value)} with {quoted(number.rest)} behind it",
            code="text-after-number",
            source=source,
            span=number.ignored,
            hint=hint or f"write {option.name}={plain(number.value)}",
        )
    if option.minimum is not None and number.value < option.minimum:
        raise OptionError(
            f"{option.name} cannot be {plain(number.value)}",
            code="range",
            source=source,
            span=span,
            expected=f"at least {option.minimum:g}",
        )
    return number.value
