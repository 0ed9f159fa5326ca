"""Ranges in option strings: `{16,32,64}` stands for one of several texts, which a scan tries.

    Layout=TANH|{16,32},LINEAR:TrainingStrategy=LearningRate={1e-2,1e-3},BatchSize=100        4 strings

Where a text has commas of its own, `;` separates: `Layout={TANH|16,LINEAR;RELU|64,RELU|64,LINEAR}`. The braces of a block of a
layout (`Encoder={...}`) are no range, but what is inside may have some.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tmvalite.errors import OptionError, Source, Span

MOST = 100_000  # combinations of one string
_KEY = re.compile(r"([A-Za-z_]\w*)=$")


@dataclass(frozen=True)
class Range:
    """One range of a string.

    name : what varies, the key or option before it, numbered where there are several: "LearningRate", "Layout 2"
    texts : the alternatives
    span : of the braces in the string
    """

    name: str
    texts: tuple[str, ...]
    span: Span


def find_ranges(text: str) -> tuple[Range, ...]:
    """The ranges of an option string, in order.

    Raises
    ------
    OptionError
        A range that is never closed, or has fewer than two alternatives, with its place.

    >>> [(r.name, r.texts) for r in find_ranges("Layout=TANH|{8,16},LINEAR:RandomSeed={1,2}")]
    [('Layout', ('8', '16')), ('RandomSeed', ('1', '2'))]
    """
    found, at = [], 0
    while (at := text.find("{", at)) >= 0:
        if _opens_block(text, at):
            at += 1
            continue
        stop = _closing(text, at)
        found.append((_name(text, at), _alternatives(text, at, stop), Span(at, stop + 1)))
        at = stop + 1
    names = [name for name, _, _ in found]
    counted = {name: itertools.count(1) for name in names if names.count(name) > 1}
    return tuple(Range(f"{n} {next(counted[n])}" if n in counted else n, texts, span) for n, texts, span in found)


def with_choice(text: str, ranges: Sequence[Range], chosen: Sequence[str]) -> str:
    """The string with one text in place of each of its ranges."""
    for found, choice in sorted(zip(ranges, chosen), key=lambda pair: -pair[0].span.start):
        text = text[: found.span.start] + choice + text[found.span.stop :]
    return text


def combinations(ranges: Sequence[Range]) -> Iterator[tuple[str, ...]]:
    """All choices, the last range varying fastest."""
    return itertools.product(*(found.texts for found in ranges))


def count(ranges: Sequence[Range]) -> int:
    """How many there are."""
    total = 1
    for found in ranges:
        total *= len(found.texts)
    return total


def _option_start(text: str, at: int) -> int:
    return text.rfind(":", 0, at) + 1


def _opens_block(text: str, at: int) -> bool:
    """Whether the brace is that of a block: behind `Name=` inside the value of an option that is a layout."""
    key, start = _KEY.search(text, 0, at), _option_start(text, at)
    option = text[start:at].partition("=")[0].strip()
    return bool(key) and key.end() == at and key.start() > start and option.lower().endswith("layout") and key[1][0].isupper()


def _name(text: str, at: int) -> str:
    key, start = _KEY.search(text, 0, at), _option_start(text, at)
    return key[1] if key and key.end() == at else text[start:at].partition("=")[0].strip() or "option"


def _closing(text: str, at: int) -> int:
    depth = 0
    for i in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise _error(text, Span(at, at + 1), "this range is never closed", "write '}' behind its last alternative")


def _alternatives(text: str, at: int, stop: int) -> tuple[str, ...]:
    cuts: dict[str, list[int]] = {",": [], ";": []}
    depth = 0
    for i in range(at + 1, stop):
        depth += {"{": 1, "}": -1}.get(text[i], 0)
        if depth == 0 and text[i] in cuts:
            cuts[text[i]].append(i)
    edges = [at, *(cuts[";"] or cuts[","]), stop]
    texts = tuple(text[start + 1 : end].strip() for start, end in zip(edges, edges[1:]))
    if len(texts) < 2 or len(set(texts)) < len(texts):
        raise _error(text, Span(at, stop + 1), "a range needs different alternatives", "such as {16,32,64}")
    return texts


def _error(text: str, span: Span, message: str, hint: str) -> OptionError:
    return OptionError(message, code="range-of-options", source=Source(text, ":"), span=span, hint=hint)
