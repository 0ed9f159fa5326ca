"""Option strings damaged the way people damage them, each with the place of the damage."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.string_utils.tools import published
from tmvalite.errors import Diagnostics, TmvaliteError
from tmvalite.methods.understood import understand

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "strings.jsonl"  # beside a checkout, where there is one
SEPARATORS = ":,|=+"
FIELD = re.compile(r"[^:,|=+@{}!]+")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
OWN = (  # what no published string has: names, sources, blocks, several inputs and outputs
    "InputLayout=3|8|8:Layout=stem=CONV|16|3|3|1|1|1|1|RELU,CONV|16|3|3|1|1|1|1|RELU,r=CONV|16|3|3|1|1|1|1|LINEAR,"
    "ADD|RELU@r+stem,RESHAPE|FLAT,DENSE|1|LINEAR:TrainingStrategy=LearningRate=1e-3,MaxEpochs=20,TestRepetitions=1",
    "InputLayout=jets=10|4,event=5:Layout=j=LSTM|16|4|10|0|0@jets,e=DENSE|16|RELU@event,CONCAT@j+e,DENSE|32|RELU,DENSE|1|LINEAR:"
    "TrainingStrategy=LearningRate=1e-2,BatchSize=50,TestRepetitions=1|LearningRate=1e-3,BatchSize=50,TestRepetitions=1",
    "InputLayout=10|30:Layout=GRU|10|30|10|0|1,RESHAPE|FLAT,DENSE|64|TANH,DROPOUT|0.2,DENSE|1|LINEAR:RandomSeed=7:ValidationSize=30%",
    "InputLayout=1|16|16:Layout=CONV|6|3|3|1|1|SAME|RELU,MAXPOOL|2|2|2|2,BNORM|0.9|0.001,RESHAPE|FLAT,TANH|2*N,LINEAR:"
    "TrainingStrategy=LearningRate=1e-3,TestRepetitions=1,Optimizer=SGD,Momentum=0.9,DropConfig=0+0+0+0+0.5",
)


@dataclass(frozen=True)
class Damaged:
    """A damaged string; `start` and `stop` are the damaged characters in it, `kind` says what was done."""

    text: str
    kind: str
    start: int
    stop: int
    method: str = "DL"

    @property
    def field(self) -> tuple[int, int]:
        """The damaged characters with the whole fields that they touch."""
        start, stop = self.start, self.stop
        while start > 0 and self.text[start - 1] not in SEPARATORS + "@{}!":
            start -= 1
        while stop < len(self.text) and self.text[stop] not in SEPARATORS + "@{}!":
            stop += 1
        return start, stop

    @property
    def keys(self) -> tuple[str, str]:
        """The names of the option and of the setting in it that are damaged."""
        before = self.text[: self.stop]
        return tuple(re.split(ends, before)[-1].partition("=")[0].lstrip("! ") for ends in (":", "[:,|]"))


@cache
def originals() -> list[tuple[str, str]]:
    """(method, string) without an error in them: of the corpus if it is there, else of the repository, and our own."""
    if CORPUS.exists():
        rows = [json.loads(line) for line in CORPUS.read_text(encoding="utf-8").splitlines()]
        found = [("DL" if row["kind"] == "dl" else "DNN", row["string"]) for row in rows if row["kind"] in ("dl", "dnn")]
    else:
        found = [("DL", text) for text in published("dl")] + [("DNN", text) for text in published("dnn")]
    return [(m, text) for m, text in (*dict.fromkeys(found), *(("DL", text) for text in OWN)) if error_of(text, m) is None]


def error_of(text: str, method: str) -> TmvaliteError | None:
    """What `tmvalite check` refuses a string for, or None."""
    try:
        understand(text, method=method, diagnostics=Diagnostics())
    except TmvaliteError as error:
        return error
    return None


def damaged_strings(count: int, seed: int = 20) -> Iterator[Damaged]:
    """`count` strings with one damage each, every kind of damage in turn."""
    draw = random.Random(seed)
    strings = originals()
    kinds = list(KINDS.items())
    made = 0
    while made < count:
        kind, damage = kinds[made % len(kinds)]
        method, text = draw.choice(strings)
        found = damage(text, draw)
        if found is None or found[0] == text:
            continue
        made += 1
        yield Damaged(found[0], kind, found[1], found[2], method)


def _drop_character(text, draw):
    at = draw.randrange(len(text))
    return text[:at] + text[at + 1 :], max(0, at - 1), at + 1


def _insert_character(text, draw):
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice(LETTERS + SEPARATORS) + text[at:], at, at + 1


def _replace_character(text, draw):
    at = draw.randrange(len(text))
    return text[:at] + draw.choice(LETTERS) + text[at + 1 :], at, at + 1


def _swap_characters(text, draw):
    at = draw.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :], at, at + 2


def _drop_field(text, draw):
    place = draw.choice(list(FIELD.finditer(text)))
    start, stop = place.span()
    if stop < len(text):
        stop += 1
    return text[:start] + text[stop:], max(0, start - 1), start + 1


def _double_field(text, draw):
    place = draw.choice([m for m in FIELD.finditer(text) if m.end() < len(text)])
    piece = text[place.start() : place.end() + 1]
    return text[: place.start()] + piece + text[place.start() :], place.start(), place.end() + len(piece)


def _wrong_separator(text, draw):
    at = draw.choice([i for i, c in enumerate(text) if c in SEPARATORS])
    return text[:at] + draw.choice([c for c in SEPARATORS + ";/ ." if c != text[at]]) + text[at + 1 :], at, at + 1


def _blank(text, draw):
    at = draw.randrange(len(text) + 1)
    return text[:at] + draw.choice([" ", "  ", "\n", "\t"]) + text[at:], at, at + 1


def _wrong_case(text, draw):
    place = draw.choice([m for m in FIELD.finditer(text) if m[0].swapcase() != m[0]])
    word = draw.choice([str.lower, str.upper, str.swapcase, str.capitalize])(place[0])
    return text[: place.start()] + word + text[place.end() :], place.start(), place.end()


def _truncate(text, draw):
    at = draw.randrange(8, len(text))
    return text[:at], max(0, at - 1), at


def _merge(text, draw):
    at = draw.choice([i for i, c in enumerate(text) if c in SEPARATORS])
    return text[:at] + text[at + 1 :], max(0, at - 1), at + 1


KINDS = {
    "a character dropped": _drop_character,
    "a character inserted": _insert_character,
    "a character replaced": _replace_character,
    "two characters swapped": _swap_characters,
    "a field dropped": _drop_field,
    "a field twice": _double_field,
    "a wrong separator": _wrong_separator,
    "a blank": _blank,
    "a wrong case": _wrong_case,
    "cut off": _truncate,
    "a separator dropped": _merge,
}
