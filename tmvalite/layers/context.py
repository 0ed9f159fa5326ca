"""What a layer needs to read its fields: the words, N, the number of outputs, and where to complain."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import MISSING, dataclass
from typing import Any, NoReturn

from tmvalite.activations import ACTIVATIONS, DEFAULT
from tmvalite.errors import Diagnostics, OptionError, Source, Span, did_you_mean, quoted
from tmvalite.layers.base import PADDINGS, REGISTRY, ActivationName, Arg, Layer, declared_fields
from tmvalite.string_utils.numbers import number_hint, read_number
from tmvalite.string_utils.syntax import NOWHERE, Word

_NUMBER = re.compile(r"[+-]?\.?[0-9]")
_PLAIN_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_OTHER_MARKS, _DIGITS = re.compile(r"[\sxX;:/\\.&+-]+"), re.compile(r"[0-9]+")
FLAT = "FLAT"
LARGEST = 2**31 - 1  # TMVA's int

MISSING_TEXT = "TMVA would read 0"


def argument_name(name: str) -> str:
    """A field's name in words: filter_height -> filter height."""
    return name.replace("_", " ")


def missing_bar(text: str) -> str | None:
    """The hint for fields that were written as one: DENSE16, 16RELU, RESHAPEFLAT, ADD RELU, 3x3."""
    if _PLAIN_NUMBER.fullmatch(text):
        return None
    words = sorted((*REGISTRY, *ACTIVATIONS, *PADDINGS, FLAT), key=len, reverse=True)
    pieces = _OTHER_MARKS.split(text)
    if len(pieces) > 1 and all(piece in words or _DIGITS.fullmatch(piece) for piece in pieces):
        return f"write {'|'.join(pieces)}"
    for word in words:
        for first, second in ((word, text.removeprefix(word)), (text.removesuffix(word), word)):
            other = second if first == word else first
            if other and other != text and first + second == text and (_PLAIN_NUMBER.fullmatch(other) or other in words):
                return f"write {first}|{second}"
    return None


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
    names : frozenset of str
        The names of inputs and items, for hints.
    before : tuple of Word
        The fields of the item before this one where this one names no kind, for hints.
    after : tuple of Word
        The fields of the item behind this one, for hints.
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
    names: frozenset[str] = frozenset()
    before: tuple[Word, ...] = ()
    after: tuple[Word, ...] = ()

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
        self,
        message: str,
        *,
        code: str,
        word: Word | None = None,
        span: Span | None = None,
        name=None,
        expected=(),
        hint=None,
        lost=False,
    ) -> None:
        span = span or (word.span if word is not None else self.span)
        self.diagnostics.warn(
            message,
            code=code,
            source=self.source,
            span=span,
            where=self.where(word, name),
            expected=expected,
            hint=hint,
            lost=lost,
        )

    @staticmethod
    def is_number(word: Word) -> bool:
        """Whether a field begins like a number."""
        return bool(_NUMBER.match(word.text))

    def source_hint(self, text: str) -> str | None:
        """The hint for names of items that stand where a field is read: the '@' is missing."""
        parts = text.split("+")
        return f"write '@' before {text}" if self.names and all(part in self.names for part in parts) else None

    def word_hint(self, text: str, known: Iterable[str]) -> str | None:
        """What to do about a word that no field can be."""
        return self.source_hint(text) or missing_bar(text) or did_you_mean(text, known)

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
                    hint=self._hint_for_missing(),
                )
        return cls(**values)

    def _hint_for_missing(self) -> str | None:
        if self.after and _NUMBER.match(self.after[0].text):
            return f"write '|' for the comma before {self.after[0]}"
        return next((hint for hint in (missing_bar(word.text) for word in self.words) if hint), None)

    def surplus(self, cls: type[Layer], words: tuple[Word, ...]) -> None:
        """Say that these fields are more than the layer has."""
        if not words:
            return
        span = Span(words[0].span.start, words[-1].span.stop)
        text = "|".join(w.text for w in words)
        message = f"{self.kind} has no field for {quoted(text)}"
        hint = self.source_hint(text)
        if hint is None and any(w.text[:1].isupper() for w in words):
            hint = "a comma begins the next layer"
        if not cls.tmva:
            self.fail(message, code="field-surplus", span=span, hint=hint)
        self.warn(f"{message}; it is ignored, as in TMVA", code="field-surplus", span=span, hint=hint, lost=True)

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
            end = next((w for w in self.words if self._missing_fields(cls, w)), None)
            self.fail(
                f"{self.kind} cannot have {argument_name(name)} {word.text[:20]}",
                code="field-range",
                word=word,
                span=Span(self.words[0].span.start, end.span.stop) if end is not None else None,
                name=name,
                expected=f"{arg.help}, {bounds}",
                hint=self._hint_for_missing_fields(cls, end) if end is not None else None,
            )
        return value

    def read_number(self, cls: type[Layer], word: Word, name: str, kind: type) -> Any:
        """The number that a word begins with; text behind it is ignored with a warning, as TMVA ignores it."""
        field_name = argument_name(name)
        if not _NUMBER.match(word.text):
            tail = f"; {MISSING_TEXT}" if cls.tmva else ""
            self.fail(
                f"{self.kind} needs a number for {field_name}, not {quoted(word.text)}{tail}",
                code="field-number",
                word=word,
                span=Span(self.words[0].span.start, word.span.stop) if self._missing_fields(cls, word) else None,
                name=name,
                hint=self._hint_for_number(cls, word) or f"write the {field_name} as a number",
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
            hint = number_hint(word.text) or missing_bar(word.text) or f"write {number.value:g}"
            if not cls.tmva:
                self.fail(f"{message} has no meaning", code="text-after-number", span=number.ignored, hint=hint)
            self.warn(f"{message} is ignored, as in TMVA", code="text-after-number", span=number.ignored, hint=hint, lost=True)
        return kind(number.value)

    def _hint_for_number(self, cls: type[Layer], word: Word) -> str | None:
        """What to do about a word in the place of a number."""
        if word.text in ("N", "n"):
            return "formulas in N are understood in the width of DENSE only"
        if word.text.lower() in ("true", "false"):
            return f"write {int(word.text.lower() == 'true')}"
        if word.text in REGISTRY:
            return f"write ',' before {word.text}" if word.text != self.kind else f"remove one {word.text}"
        if self._missing_fields(cls, word):
            return self._hint_for_missing_fields(cls, word)
        words = list(PADDINGS) if hasattr(cls, "padding") else []
        if any(f.metadata["arg"].type is ActivationName for f in declared_fields(cls)):
            words += list(cls.activations or ACTIVATIONS)
        return self.word_hint(word.text, words)

    def _hint_for_missing_fields(self, cls: type[Layer], word: Word) -> str:
        number, what = self.words.index(word), "padding" if word.text in PADDINGS else "activation"
        wanted = number + self._missing_fields(cls, word)
        return f"{wanted} fields stand before the {what}, here are {number}: is a '|' or a field missing?"

    def _missing_fields(self, cls: type[Layer], word: Word) -> int:
        """How many fields are missing before an activation or padding that stands where a number does; 0 for another word."""
        if word not in self.words:
            return 0
        declared = declared_fields(cls)
        ends = [i for i, f in enumerate(declared) if f.metadata["arg"].type is ActivationName and word.text in ACTIVATIONS]
        if word.text in PADDINGS and hasattr(cls, "padding"):
            ends = [i for i, f in enumerate(declared) if f.name.startswith("pad_")] or [len(declared)]
        return max(0, ends[0] - self.words.index(word)) if ends else 0

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
        hint, span = self.word_hint(word.text, known), None
        later = self.words[self.words.index(word) + 1 :] if word in self.words and _NUMBER.match(word.text) else ()
        late = next((w for w in later if w.text in known), None)
        if late is not None:
            hint = f"a field too many stands before {late.text}"
            span = Span(self.words[0].span.start, late.span.stop)
        message = f"{self.kind} has no activation {quoted(word.text)}"
        if not cls.tmva:
            self.fail(message, code="activation-unknown", word=word, span=span, name=name, expected=known, hint=hint)
        self.warn(
            f"{message}; {DEFAULT} is used, as in TMVA",
            code="activation-unknown",
            word=word,
            span=span,
            name=name,
            expected=known,
            hint=hint,
            lost=True,
        )
        return DEFAULT
