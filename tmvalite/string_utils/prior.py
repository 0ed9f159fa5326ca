"""Prior: the distribution that a code shall have, `GAUSS|mean|sigma` or `UNIFORM|low|high`."""

from __future__ import annotations

from dataclasses import dataclass, field

from tmvalite.errors import Diagnostics, OptionError, Source, Span, did_you_mean, quoted
from tmvalite.string_utils.blanks import trim, warn_about_blanks
from tmvalite.string_utils.numbers import plain, read_number
from tmvalite.string_utils.syntax import NOWHERE

OPTION = "Prior"
FIELDS = {"GAUSS": ("mean", "sigma"), "UNIFORM": ("low", "high")}
DEFAULTS = {"GAUSS": (0.0, 1.0), "UNIFORM": (-1.0, 1.0)}
EXPECTED = "GAUSS|mean|sigma or UNIFORM|low|high"


@dataclass(frozen=True, slots=True)
class Prior:
    """Every dimension of the code by itself: Gaussian with mean `first` and width `second`, or uniform between the two."""

    kind: str = "GAUSS"
    first: float = 0.0
    second: float = 1.0
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def fields(self) -> tuple[str, str, str]:
        """As one would write it."""
        return self.kind, plain(self.first), plain(self.second)

    def __str__(self):
        return "|".join(self.fields)


def parse_prior(source: Source, span: Span | None = None, diagnostics: Diagnostics | None = None) -> Prior:
    """Read a Prior. Without numbers GAUSS is GAUSS|0|1 and UNIFORM is UNIFORM|-1|1.

    Raises
    ------
    OptionError
        Another word, something that is no number, a width that is not positive, or limits in the wrong order.

    Examples
    --------
    >>> str(parse_prior(Source("GAUSS|0|5")))
    'GAUSS|0|5'
    """
    span = trim(source, Span(0, len(source.text)) if span is None else span)
    diagnostics = Diagnostics(source) if diagnostics is None else diagnostics
    warn_about_blanks(source, span, diagnostics, OPTION)
    words, start = [], span.start
    for text in source.text[span.start : span.stop].split("|"):
        words.append((text.strip(), Span(start, start + len(text))))
        start += len(text) + 1

    def fail(message, at, expected=EXPECTED, hint=None):
        return OptionError(message, code="prior", source=source, span=at, where=OPTION, expected=expected, hint=hint)

    kind, place = words[0]
    if kind not in FIELDS:
        message = f"there is no prior {quoted(kind)}" if kind else f"{OPTION} has no value"
        raise fail(message, place, hint=did_you_mean(kind, FIELDS))
    if len(words) == 1:
        return Prior(kind, *DEFAULTS[kind], span)
    if len(words) != 3:
        raise fail(f"{kind} has {len(FIELDS[kind])} numbers, not {len(words) - 1}", span)
    numbers = []
    for (text, at), name in zip(words[1:], FIELDS[kind], strict=True):
        number = read_number(text, float, source, at, name=f"the {name} of {kind}", where=OPTION)
        if number.ignored is not None:
            raise fail(f"{quoted(text)} is not a number", at)
        numbers.append(number.value)
    if kind == "GAUSS" and not numbers[1] > 0:
        raise fail(f"the sigma of GAUSS is {plain(numbers[1])}", words[2][1], expected="a number above 0")
    if kind == "UNIFORM" and not numbers[1] > numbers[0]:
        raise fail(
            f"UNIFORM ends at {plain(numbers[1])}, before it begins", words[2][1], expected=f"a number above {plain(numbers[0])}"
        )
    return Prior(kind, *numbers, span)
