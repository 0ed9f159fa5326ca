"""The table of differences in docs/expressions.md is true, here and, where a Python with ROOT is named, there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("uproot")

from tests.data.expression import root_oracle
from tests.data.expression.test_against_root import PYTHON, TABLE, Table, equal

PAGE = Path(__file__).parents[3] / "docs" / "expressions.md"
ROW = re.compile(r"\| `(?P<text>[^`]+)` \| (?P<root>[^|]*) \| (?P<here>[^|]*) \| (?P<why>[^|]+) \|")
ENTRY = 3


def rows():
    page = PAGE.read_text("utf-8")
    found = [ROW.fullmatch(line) for line in page[page.index("## Where ROOT") :].replace("\\|", "\x00").splitlines()]
    return [tuple(row[name].strip().replace("\x00", "|") for name in ("text", "root", "here")) for row in found if row]


def agrees(stated, values):
    """Whether values (None: an error) are what the table states, to its three or four digits."""
    if stated in ("error", "stops"):
        return values == {"error": None, "stops": "ended"}[stated]
    numbers = [float(word) for word in stated.split()]
    return len(numbers) == len(values[ENTRY]) and all(equal(a, b) or abs(a - b) < 6e-4 for a, b in zip(numbers, values[ENTRY]))


def test_the_table_has_its_rows():
    assert len(rows()) == 24


@pytest.mark.parametrize(("text", "root", "here"), rows(), ids=[row[0] for row in rows()])
def test_what_tmvalite_gives(text, root, here):
    values = Table().values(text)
    assert agrees(here, values), values and values[ENTRY]


@pytest.mark.root
@pytest.mark.skipif(not PYTHON, reason="TMVALITE_ROOT_PYTHON names no Python with ROOT")
def test_what_root_gives():
    texts = [row[0] for row in rows()]
    answers = root_oracle.ask(PYTHON, TABLE, texts)
    wrong = [
        (text, root, a if a in (None, "ended") else a[ENTRY])
        for (text, root, _), a in zip(rows(), answers)
        if not agrees(root, a)
    ]
    assert wrong == []
