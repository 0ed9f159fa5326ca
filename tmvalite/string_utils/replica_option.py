"""Replicas: how many trainings a method is made of, and in what they differ: `100`, `100|bootstrap`, `10|folds`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tmvalite.errors import Diagnostics, OptionError, Source, Span, did_you_mean, quoted
from tmvalite.string_utils.blanks import trim, warn_about_blanks
from tmvalite.string_utils.syntax import NOWHERE

OPTION = "Replicas"
SEEDS, BOOTSTRAP, FOLDS = KINDS = ("seeds", "bootstrap", "folds")
MOST = 10_000
NO_CHECKPOINTS = "replicas have no checkpoints: all of them would write one file"
EXPECTED = f"a number, or number|kind, such as 100|bootstrap; kinds are {', '.join(KINDS)}"


@dataclass(frozen=True, slots=True)
class Replicas:
    """So many trainings of one kind; one of the kind `seeds` is a training as ever."""

    count: int = 1
    kind: str = SEEDS
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def plain(self) -> bool:
        """Whether there is one training with nothing drawn for it."""
        return self.count == 1 and self.kind == SEEDS

    def __str__(self):
        return f"{self.count}|{self.kind}"


def parse_replicas(source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None) -> Replicas:
    """Read Replicas. Without a kind they differ in their seeds.

    Raises
    ------
    OptionError
        No whole number from 1 on, another kind, more fields, or a single fold.

    Examples
    --------
    >>> parse_replicas(Source("100|Bootstrap"))
    Replicas(count=100, kind='bootstrap')
    """
    span = trim(source, Span(0, len(source.text)) if span is None else span)
    diagnostics = Diagnostics(source) if diagnostics is None else diagnostics
    warn_about_blanks(source, span, diagnostics, OPTION)

    def fail(message, at, hint=None):
        return OptionError(message, code="replicas", source=source, span=at, where=OPTION, expected=EXPECTED, hint=hint)

    words, start = [], span.start
    for text in source.text[span.start : span.stop].split("|"):
        words.append((text.strip(), Span(start, start + len(text))))
        start += len(text) + 1
    if len(words) > 2:
        raise fail(f"{OPTION} has two fields, not {len(words)}", span)
    (number, place), kind = words[0], words[-1][0].lower() if len(words) == 2 else SEEDS
    if not number:
        raise fail(f"{OPTION} has no number", place if len(words) > 1 else span)
    if not (number.isascii() and number.isdecimal()) or not 1 <= int(number[:9]) <= MOST or len(number) > 9:
        hint = f"write {OPTION}=100|{number.lower()}" if number.lower() in KINDS else None
        raise fail(f"{quoted(number)} is no number of replicas from 1 to {MOST}", place, hint=hint)
    if kind not in KINDS:
        raise fail(f"there are no replicas of the kind {quoted(words[1][0])}", words[1][1], hint=did_you_mean(kind, KINDS))
    if kind == FOLDS and int(number) == 1:
        raise fail("one fold has nothing to train on", place, hint=f"write {OPTION}=5|folds")
    return Replicas(int(number), kind, span)
