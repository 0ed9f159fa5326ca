"""What can go wrong, and how it is said: messages with a place, an expectation and one hint.

TmvaliteError
 +-- OptionError      an option string, a layout or a training strategy that cannot be meant
 |    +-- ShapeError  layers whose shapes do not fit together
 +-- DataError        a column, weight, target, class or input file that cannot be used
 |    +-- ExpressionError  an expression of variables that cannot be read or evaluated
 +-- FileError        a file of our own or of TMVA that cannot be read or written
 +-- TrainingError    a training that cannot go on
 +-- NotFittedError   a method asked for values before it was trained
 +-- MissingExtraError  an optional package that is not installed (also an ImportError)
 +-- NotProvidedError   a name of TMVA that is not part of tmvalite (also an AttributeError)

TmvaliteWarning       something was ignored or replaced; under Strict the same is an OptionError
"""

from __future__ import annotations

import difflib
import linecache
import os
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

WIDTH = 78  # columns of an excerpt, which stands two columns from the left; longer lines are cut around the marker
MAX_WORD = 60  # characters of the user's text that a message quotes
MAX_WARNINGS = 50  # warnings of one object that are worth reading; the others are counted
MAX_CAUSES = 3  # warnings that an error shows in full before itself
MAX_TOLD = 1000  # warnings about strings that are remembered
MAX_FURTHER = 3  # warnings that it names behind itself, one line each

TMVA, PYTHON = "TMVA", "Python"  # manners: what TMVA swallows is a warning, or, for the keys of a training, an error


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of characters in a Source."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Source:
    """A text as the user wrote it, the thing that spans point into.

    `separator` is the character between independent parts (":" in option strings); an excerpt shows one part only.
    `names` are what such a part may begin with, for hints.
    """

    text: str
    separator: str | None = None
    names: tuple[str, ...] = ()

    def excerpt(self, span: Span, width: int = 0) -> tuple[str, str]:
        """The part of the text around `span`, in at most `width` columns (WIDTH), and the line that marks the span below it."""
        width = width or WIDTH
        start, stop = 0, len(self.text)
        if self.separator:
            start = self.text.rfind(self.separator, 0, span.start) + 1
            stop = self.text.find(self.separator, max(span.stop, span.start))
            stop = len(self.text) if stop < 0 else stop
        at = span.start - start
        length = min(max(1, min(span.stop, stop) - span.start), width // 2)
        cut = max(0, at - width // 2 + 6) if stop - start > width and at + length > width - 4 else 0
        line = "".join(c if c.isprintable() else " " for c in self.text[start + cut : min(stop, start + cut + 2 * width)])
        if cut:
            line, at = "..." + line, at - cut + 3
        if len(line) > width:
            line = line[: width - 3] + "..."
        return line, " " * at + "^" + "~" * (length - 1)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` most likely stands for, or None."""
    return _nearest(word.strip().upper(), tuple(known)) if len(word) <= MAX_WORD else None


@lru_cache(maxsize=1024)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    """By typing errors where there are few of them, else by common letters."""
    by_key = {k.upper(): k for k in known}
    few = max(1, len(word) // 4)
    close = []
    for key in by_key:
        errors = typing_errors(word, key, few)
        if errors <= few and 2 * errors < max(len(word), len(key)):
            close.append((errors, sorted(word) != sorted(key), word[:1] != key[:1], -_likeness(word, key), key))
    if close:
        return by_key[min(close)[-1]]
    match = difflib.get_close_matches(word, by_key, n=1, cutoff=0.6)
    return by_key[match[0]] if match else None


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()


def typing_errors(a: str, b: str, most: int) -> int:
    """How many letters were dropped, added, replaced or swapped with their neighbour between two words; above `most`: more."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    before, last = [], list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        row = [i]
        for j, y in enumerate(b, 1):
            row.append(min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y)))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                row[j] = min(row[j], before[j - 2] + 1)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return last[-1]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The hint that names the nearest known word, or None."""
    match = nearest(word, known)
    return f"did you mean {match!r}?" if match else None


def quoted(text: str) -> str:
    """The user's text in quotes, on one line and short enough for a message."""
    line = "".join(c if c.isprintable() else " " for c in text[: MAX_WORD + 1])
    return "'" + (line if len(line) <= MAX_WORD else line[: MAX_WORD - 3] + "...") + "'"


def render_message(message, source, span, where, expected, hint, width: int = 0) -> str:
    """The full text of an error or warning: at most six lines, the first one complete in itself."""
    lines = [message]
    if source is not None and span is not None:
        lines += ["  " + part for part in source.excerpt(span, width)]
    if where:
        lines.append(f"  in {where}")
    if expected:
        lines.append("  expected " + (expected if isinstance(expected, str) else "one of: " + ", ".join(expected)))
    if hint:
        lines.append(f"  hint: {hint}")
    return "\n".join(lines)


def user_lines(error: BaseException) -> list[str]:
    """File, line number and text of every frame of a traceback that is neither ours nor the notebook's."""
    hidden = (__name__.partition(".")[0], "IPython", "ipykernel")
    lines = []
    for frame, number in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__", "").partition(".")[0] in hidden:
            continue
        name = frame.f_code.co_filename
        text = linecache.getline(name, number).strip()
        where = "in this notebook" if "ipykernel" in name or name.startswith("<ipython") else f"in {name}"
        lines.append(f"{where}, line {number}:\n    {text}\n")
    return lines


class TmvaliteError(Exception):
    """Base of all errors of tmvalite.

    Attributes
    ----------
    message : str
        What is wrong, in the user's words.
    code : str
        Stable name of the cause, such as "option-unknown".
    source, span : Source, Span or None
        The text and the place in it.
    where, expected, hint : str, str or tuple of str, str
        The place in words, what would be right, one thing to try.
    earlier : tuple of TmvaliteWarning
        What was worth a warning before. The text begins with those that lost part of what the user wrote, since the
        error may follow from them.
    """

    default_code = "error"
    earlier: tuple[TmvaliteWarning, ...] = ()

    def __init__(self, message, *, code=None, source=None, span=None, where=None, expected=(), hint=None):
        self.message, self.code = message, code or self.default_code
        self.source, self.span, self.where = source, span, where
        self.expected, self.hint = expected, hint
        super().__init__(message)

    def __str__(self):
        text = render_message(self.message, self.source, self.span, self.where, self.expected, self.hint)
        causes = [warning for warning in self.earlier if warning.lost][:MAX_CAUSES]
        others = [warning for warning in self.earlier if warning not in causes]
        if causes:
            text = "\n".join([*map(str, causes), f"and then: {text}"])
        lines = [text, *(f"  also: {warning.message}" for warning in others[:MAX_FURTHER])]
        if len(others) > MAX_FURTHER:
            lines.append(f"  and {len(others) - MAX_FURTHER} more warnings")
        return "\n".join(lines)

    def _render_traceback_(self) -> list[str]:
        """What IPython and notebooks show: the lines of the user's code that led here, and the message."""
        return [*user_lines(self), f"{type(self).__name__}: {self}"]


class OptionError(TmvaliteError, ValueError):
    """An option string, a layout or a training strategy that cannot be meant."""

    default_code = "option"


class ShapeError(OptionError):
    """Layers whose shapes do not fit together."""

    default_code = "shape"


class DataError(TmvaliteError, ValueError):
    """A column, weight, target, class or input file that cannot be used; also a ValueError."""

    default_code = "data"


class DataTypeError(DataError, TypeError):
    """Objects where numbers should be."""


class ExpressionError(DataError):
    """An expression of variables that cannot be read or evaluated."""

    default_code = "expression"


class FileError(TmvaliteError, OSError):
    """A file of our own or of TMVA that cannot be read or written; also an OSError."""

    default_code = "file"

    def __str__(self):  # OSError would print its own form
        return TmvaliteError.__str__(self)


class TrainingError(TmvaliteError, RuntimeError):
    """A training that cannot go on; also a RuntimeError."""

    default_code = "training"


class UnavailableError(OptionError, AttributeError):
    """What a method does not have in this analysis, so that `hasattr` says no."""

    default_code = "unavailable"


class NotFittedError(TmvaliteError, ValueError, AttributeError):
    """A method was asked for values before it was trained."""

    default_code = "not-fitted"


class MissingExtraError(TmvaliteError, ImportError):
    """An optional package is not installed; the message names it. Also an ImportError."""

    default_code = "missing-extra"


class NotProvidedError(TmvaliteError, AttributeError):
    """A name of TMVA that is not part of tmvalite; the message says what to use. Also an AttributeError."""

    default_code = "not-provided"


class TmvaliteWarning(UserWarning):
    """Something the user wrote was ignored or replaced. Same attributes as TmvaliteError; `lost` says that part of the text
    does not count, from which a later error may follow.
    """

    def __init__(self, message, *, code="warning", source=None, span=None, where=None, expected=(), hint=None, lost=False):
        self.message, self.code = message, code
        self.source, self.span, self.where = source, span, where
        self.expected, self.hint, self.lost = expected, hint, lost
        super().__init__(message)

    def __str__(self):
        return self.text()

    def text(self, width: int = 0) -> str:
        """The whole message; its excerpt in at most `width` columns, by default those of a terminal less two."""
        return render_message(self.message, self.source, self.span, self.where, self.expected, self.hint, width)


class DataConversionWarning(TmvaliteWarning):
    """Data were taken in another shape than they came in."""


def also_of_sklearn(ours: type, name: str) -> type:
    """Our class, so made that code which imported scikit-learn's class of this name catches it by that one too."""
    theirs = getattr(sys.modules.get("sklearn.exceptions"), name, None)
    return ours if theirs is None else _of_both(ours, theirs)


@lru_cache(maxsize=8)
def _of_both(ours: type, theirs: type) -> type:
    def reduce(self):
        return _again, (ours, theirs.__name__, self.message), self.__dict__

    return type(theirs.__name__, (ours, theirs), {"__module__": ours.__module__, "__doc__": ours.__doc__, "__reduce__": reduce})


def _again(ours: type, name: str, message: str):
    """One that was sent from another process."""
    return also_of_sklearn(ours, name)(message)


_COLLECTED: ContextVar[list[TmvaliteWarning] | None] = ContextVar("collected warnings", default=None)
_TOLD: set[tuple[str, str]] = set()  # warnings about strings, by code and text


@contextmanager
def collecting() -> Iterator[list[TmvaliteWarning]]:
    """What `warn_user` is given inside, in this thread, for others to issue: the warnings of a task that runs elsewhere."""
    found: list[TmvaliteWarning] = []
    token = _COLLECTED.set(found)
    try:
        yield found
    finally:
        _COLLECTED.reset(token)


def warn_user(warning: TmvaliteWarning) -> None:
    """Issue a warning at the line of the user's code that led here: the nearest frame outside the package.

    scikit-learn makes methods by the dozen of one that a user made: what a string says is not told again there.
    """
    collected = _COLLECTED.get()
    if collected is not None:
        collected.append(warning)
        return
    package, caller = __name__.partition(".")[0], ""
    level, frame = 2, sys._getframe(1)
    while frame is not None and (caller := frame.f_globals.get("__name__", "").partition(".")[0]) == package:
        level, frame = level + 1, frame.f_back
    if warning.source is not None:
        known = (warning.code, str(warning))
        if caller == "sklearn" and known in _TOLD:
            return
        if len(_TOLD) < MAX_TOLD:
            _TOLD.add(known)
    warnings.warn(warning, stacklevel=level)


def strict_by_environment() -> bool:
    """Whether TMVALITE_STRICT asks that every warning about an option be an error."""
    return os.environ.get("TMVALITE_STRICT", "").strip().lower() not in ("", "0", "false", "f", "no")


class Diagnostics:
    """Collects the warnings of one object, one per code and span, and turns them into errors under Strict.

    A stage calls `warn`; the owner calls `issue` once, when all stages are done, so that a later error
    is not preceded by a page of warnings, and runs the stages under `telling`, so that the error names them.
    Beyond MAX_WARNINGS, `issue` adds one line with the number of the others.

    `manner` is TMVA or PYTHON: a `slip` is a warning in the first and an error in the second.
    """

    def __init__(self, source: Source | None = None, strict: bool = False, manner: str = TMVA):
        self.source, self.strict, self.manner = source, strict or strict_by_environment(), manner
        self.warnings: list[TmvaliteWarning] = []
        self._seen: set[tuple] = set()
        self._issued = 0
        self._untold = 0

    def warn(self, message, *, code, span=None, source=None, where=None, expected=(), hint=None, lost=False):
        """Take a warning. `lost`: part of what the user wrote does not count."""
        source = source or self.source
        if self.strict:
            raise OptionError(message, code=code, source=source, span=span, where=where, expected=expected, hint=hint)
        place = (code, span if span is not None else message)
        if place in self._seen:
            return
        self._seen.add(place)
        if self.full:
            self._untold += 1
            return
        self.warnings.append(
            TmvaliteWarning(message, code=code, source=source, span=span, where=where, expected=expected, hint=hint, lost=lost)
        )

    def slip(self, message, *, refused, code, span, source=None, where=None, expected=(), hint=None):
        """A key or value of the training that is not the one meant: TMVA trains something else, which `message` says; in
        Python's manner it is an error, `refused`.
        """
        source = source or self.source
        if self.manner == PYTHON and not self.strict:
            raise OptionError(refused, code=code, source=source, span=span, where=where, expected=expected, hint=hint)
        self.warn(message, code=code, source=source, span=span, where=where, expected=expected, hint=hint, lost=True)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Whatever fails inside names the warnings that were found and not issued before it."""
        try:
            yield
        except TmvaliteError as error:
            error.earlier = tuple(dict.fromkeys((*self.warnings[self._issued :], *error.earlier)))
            raise

    @property
    def full(self) -> bool:
        """Whether further warnings are only counted, so that nobody needs to look for a hint."""
        return len(self.warnings) >= MAX_WARNINGS

    def issue(self) -> None:
        """Emit what was collected since the last call as Python warnings."""
        for warning in self.warnings[self._issued :]:
            warn_user(warning)
        self._issued = len(self.warnings)
        if self._untold:
            more = TmvaliteWarning(f"{self._untold} more warnings of this object are not shown", code="more-warnings")
            self._untold = 0
            warn_user(more)
