"""Published option strings with one damage each: the error points at it, helps, and booking and `tmvalite check` say the same.

A few hundred of them in a normal run; TMVALITE_CORRUPTED=5000 in the environment asks for more. As a program it prints the
scores and what missed: python -m tests.string_utils.test_corrupted_strings 5000
"""

import importlib.util
import os
import sys
from dataclasses import dataclass

import pytest

from tests.string_utils.corruption import Damaged, damaged_strings, error_of
from tmvalite import MethodDL
from tmvalite.errors import ShapeError, TmvaliteError
from tmvalite.methods.understood import ASSUMED_VARIABLES

COUNT = int(os.environ.get("TMVALITE_CORRUPTED", "400"))
LIMIT = 0.01  # of the errors may point elsewhere, and may have neither hint nor expectation
ONE_READING = importlib.util.find_spec("tmvalite.models") is not None


@dataclass(frozen=True)
class Verdict:
    damaged: Damaged
    error: TmvaliteError

    @property
    def points(self) -> bool:
        """Whether the error, or a warning that it shows before itself, marks the damaged field or its neighbour. Where two
        places contradict each other it is enough to name the other one: `BatchSize=128`, or "the input" for InputLayout.
        """
        start, stop = self.damaged.field
        spans = [w.span for w in self.error.earlier if w.lost] + [self.error.span]
        marked = any(span is not None and span.start <= stop + 1 and span.stop >= start - 1 for span in spans)
        named = self.error.code == "batch-layout" and f"{self.damaged.keys[1]}=" in self.error.message
        reads = isinstance(self.error, ShapeError) and "reading the input" in (self.error.where or "")
        return bool(marked or named or (reads and self.damaged.keys[0] == "InputLayout"))

    @property
    def helps(self) -> bool:
        return bool(self.error.hint or self.error.expected)

    def __str__(self):
        d = self.damaged
        place = f"{d.text[max(0, d.start - 30) : d.start]!r} >>{d.text[d.start : d.stop]!r}<< {d.text[d.stop : d.stop + 20]!r}"
        return f"--- {d.kind}: {place}\n{self.error}"


def verdicts(count: int, seed: int) -> list[Verdict]:
    """Of the damaged strings that are refused. Whatever is raised instead of a TmvaliteError goes on."""
    found = ((damaged, error_of(damaged.text, damaged.method)) for damaged in damaged_strings(count, seed))
    return [Verdict(damaged, error) for damaged, error in found if error is not None]


def booking_error(text: str) -> TmvaliteError | None:
    """What a booking in TMVA's manner refuses a string for."""
    from tmvalite.models.blueprint import blueprint
    from tmvalite.models.booking import unnamed

    try:
        method = MethodDL(text, Strict=False)
        if method.booking.n_variables is None:
            blueprint(method.booking, unnamed(ASSUMED_VARIABLES), method.diagnostics, guessed=True)
    except TmvaliteError as error:
        return error
    return None


@pytest.fixture(scope="module")
def refused():
    return verdicts(COUNT, seed=20)


def test_error_points_at_the_damage(refused):
    missed = [verdict for verdict in refused if not verdict.points]
    assert len(refused) > COUNT / 4 and len(missed) <= LIMIT * len(refused), "\n".join(map(str, missed))


def test_error_has_a_hint_or_says_what_is_expected(refused):
    missed = [verdict for verdict in refused if not verdict.helps]
    assert len(missed) <= LIMIT * len(refused), "\n".join(map(str, missed))


@pytest.mark.skipif(not ONE_READING, reason="booking and check read a string by themselves")
@pytest.mark.filterwarnings("ignore::tmvalite.TmvaliteWarning")
def test_error_is_the_same_of_booking_and_of_check():
    for damaged in damaged_strings(COUNT, seed=21):
        if damaged.method == "DL":
            booked, checked = booking_error(damaged.text), error_of(damaged.text, "DL")
            assert (booked is None, str(booked)) == (checked is None, str(checked)), damaged


def main(count: int) -> None:
    for seed in (20, 22):
        found = verdicts(count, seed)
        elsewhere, helpless = [v for v in found if not v.points], [v for v in found if not v.helps]
        print(*dict.fromkeys(map(str, [*elsewhere, *helpless])), sep="\n")
        share = 100 / len(found)
        print(f"seed {seed}: {count} strings, {len(found)} errors, {len(elsewhere) * share:.1f} % point elsewhere,", end=" ")
        print(f"{len(helpless) * share:.1f} % without hint or expectation")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
