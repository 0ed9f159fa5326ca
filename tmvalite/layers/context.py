"""What a layer needs to read its fields: the words, N, the number of outputs, and where to complain."""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass
from typing import Any, NoReturn

from tmvalite.activations import ACTIVATIONS, DEFAULT
from tmvalite.errors import Diagnostics, OptionError, Source, Span, did_you_mean, quoted
from tmvalite.layers.base import ActivationName, Arg, Layer, declared_fields
from tmvalite.string_utils.numbers import read_number
from tmvalite.string_utils.syntax import NOWHERE, Word

_NUMBER = re.compile(r"[+-]?\.?[0-9]")
LARGEST = 2**31 - 1  # TMVA's int

MISSING_TEXT = "TMVA would read 0"


def argument_name(name: str) -> str:
    """A field's name in words: filter_height -> filter height."""
    return name.replace("_", " ")


@dataclass
class LayerContext:
    """The surroundings of one item while its fields are read.

    Parameters
    ----------
    n_variables : int
        Number of input variables of the method: N in width formulas.
    n_outputs : int
        Width that a dense layer without a width takes.
    diagnostics : Diagnostics
        Takes the warnings.
    source : Source
        The text that all spans point into.
    kind : str
        Keyword of the layer, for messages.
    words : tuple of Word
        The fields after the kind as written; gives arguments their numbers.
    span : Span
        The whole item.
    place : str
        The place in words, such as "Layout, layer 2".
    hidden : bool
        Whether another dense layer follows, so that this item is hardly meant as an output.
    """

    n_variables: int
    n_outputs: int
    diagnostics: Diagnostics
    source: Source = Source("")
    kind: str = ""
    words: tuple[Word, ...] = ()
    span: Span = NOWHERE
    place: str = "Layout, layer 1"
    hidden: bool = False

    def where(self, word: Word | None = None, name: str | None = None) -> str:
        """The place in words: "Layout, layer 2 (DENSE), argument 2 (activation)"."""
        text = f"{self.place} ({self.kind})" if self.kind else self.place
        if word is not None:
            number = next((i for i, w in enumerate(self.words, 1) if w is word or w.span == word.span != NOWHERE), None)
            text += f", argument {number}" if number else ""
            text += f" ({argument_name(name)})" if name and number else ""
        return text

    def fail(
        self, message: str, *, code: str, word: Word | None = None, span: Span | None = None, name=None, expected=(), hint=None
    ) -> NoReturn:
        """Raise an OptionError that points at the word, or at the whole item."""
        span = span or (word.span if word is not None else self.span)
        raise OptionError(
            message, code=code, source=self.source, span=span, where=self.where(word, name), expected=expected, hint=hint
        )

    def warn(
        self, message: str, *, code: str, word: Word | None = None, span: Span | None = None, name=None, expected=(), hint=None
    ) -> None:
        span = span or (word.span if word is not None else self.span)
        self.diagnostics.warn(
            message, code=code, source=self.source, span=span, where=self.where(word, name), expected=expected, hint=hint
        )

    def read_fields(self, cls: type[Layer], words: tuple[Word, ...], **fixed: Any) -> Layer:
        """Read the declared fields of `cls` in order; `fixed` are values already known and not written.

        A missing field takes its default; without one it is an error. Surplus fields are ignored with a warning,
        as TMVA ignores them, or refused where TMVA has no such layer.
        """
        values: dict[str, Any] = dict(fixed)
        declared = [f for f in declared_fields(cls) if f.name not in fixed]
        for f, word in zip(declared, words, strict=False):
            values[f.name] = self.read(cls, f.name, f.metadata["arg"], word)
        self.surplus(cls, words[len(declared) :])
        for f in declared[len(words) :]:
            if f.default is MISSING:
                tail = f"; {MISSING_TEXT}" if cls.tmva else ""
                self.fail(
                    f"{self.kind} has no {argument_name(f.name)} ({f.metadata['arg'].help}){tail}",
                    code="field-missing",
                    expected="|".join([self.kind, *(d.name for d in declared_fields(cls))]),
                )
        return cls(**values)

    def surplus(self, cls: type[Layer], words: tuple[Word, ...]) -> None:
        """Say that these fields are more than the layer has."""
        if not words:
            return
        span = Span(words[0].span.start, words[-1].span.stop)
        text = "|".join(w.text for w in words)
        message = f"{self.kind} has no field for {quoted(text)}"
        hint = "a comma begins the next layer" if any(w.text[:1].isupper() for w in words) else None
        if not cls.tmva:
            self.fail(message, code="field-surplus", span=span, hint=hint)
        self.warn(f"{message}; it is ignored, as in TMVA", code="field-surplus", span=span, hint=hint)

    def read(self, cls: type[Layer], name: str, arg: Arg, word: Word) -> Any:
        """The value of one field."""
        if arg.type is ActivationName:
            return self.read_activation(cls, word, name)
        if arg.type is str:
            return self.read_choice(word, name, arg)
        value = self.read_number(cls, word, name, arg.type)
        limits = [
            ("at least", arg.minimum, lambda v, limit: v >= limit),
            ("at most", arg.maximum, lambda v, limit: v <= limit),
            ("below", arg.below, lambda v, limit: v < limit),
        ]
        limits = [(text, limit, holds) for text, limit, holds in limits if limit is not None]
        if not all(holds(value, limit) for _, limit, holds in limits):
            bounds = " and ".join(f"{text} {limit:g}" for text, limit, _ in limits)
            self.fail(
                f"{self.kind} cannot have {argument_name(name)} {word.text[:20]}",
                code="field-range",
                word=word,
                name=name,
                expected=f"{arg.help}, {bounds}",
            )
        return value

    def read_number(self, cls: type[Layer], word: Word, name: str, kind: type) -> Any:
        """The number that a word begins with; text behind it is ignored with a warning, as TMVA ignores it."""
        field_name = argument_name(name)
        if not _NUMBER.match(word.text):
            tail = f"; {MISSING_TEXT}" if cls.tmva else ""
            hint = None
            if word.text in ("N", "n"):
                hint = "formulas in N are understood in the width of DENSE only"
            elif word.text.lower() in ("true", "false"):
                hint = f"write {int(word.text.lower() == 'true')}"
            self.fail(
                f"{self.kind} needs a number for {field_name}, not {quoted(word.text)}{tail}",
                code="field-number",
                word=word,
                name=name,
                hint=hint,
            )
        number = read_number(
            word.text, float if kind is float else int, self.source, word.span, name=field_name, where=self.where(word, name)
        )
        if kind is not float and abs(number.value) > LARGEST:
            self.fail(
                f"{field_name} is too large: {quoted(word.text)}",
                code="field-range",
                word=word,
                name=name,
                expected=f"at most {LARGEST}",
            )
        if number.ignored is not None:
            message = f"{quoted(number.rest)} behind the number {number.value:g} of {field_name}"
            if not cls.tmva:
                self.fail(f"{message} has no meaning", code="text-after-number", span=number.ignored)
            self.warn(f"{message} is ignored, as in TMVA", code="text-after-number", span=number.ignored)
        return kind(number.value)

    def read_choice(self, word: Word, name: str, arg: Arg) -> str:
        if arg.choices and word.text not in arg.choices:
            self.fail(
                f"{self.kind} has no {argument_name(name)} {quoted(word.text)}",
                code="field-choice",
                word=word,
                name=name,
                expected=arg.choices,
                hint=did_you_mean(word.text, arg.choices),
            )
        return word.text

    def read_activation(self, cls: type[Layer], word: Word, name: str = "activation") -> str:
        """The name of an activation. TMVA takes TANH for one it does not know: so do we, with a warning."""
        known = tuple(ACTIVATIONS) if cls.activations is None else cls.activations
        if word.text in known:
            return word.text
        hint = did_you_mean(word.text, known)
        message = f"{self.kind} has no activation {quoted(word.text)}"
        if not cls.tmva:
            self.fail(message, code="activation-unknown", word=word, name=name, expected=known, hint=hint)
        self.warn(
            f"{message}; {DEFAULT} is used, as in TMVA",
            code="activation-unknown",
            word=word,
            name=name,
            expected=known,
            hint=hint,
        )
        return DEFAULT
