"""Expressions against ROOT's TTreeFormula: stored answers everywhere, 4,000 random ones where a Python with ROOT is named.

    TMVALITE_ROOT_PYTHON=/path/to/python pytest -m root tests/data/expression/test_against_root.py
    TMVALITE_ROOT_PYTHON=/path/to/python python tests/data/expression/test_against_root.py [COUNT [SEED]]
    TMVALITE_ROOT_PYTHON=/path/to/python python tests/data/expression/test_against_root.py store

Every difference is ENDED, READS_ON, OVERFLOW or ROOTS, which docs/expressions.md explains.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.data.expression import root_expressions, root_oracle
from tmvalite.data.expression import FUNCTIONS, Context, evaluate, parse_expression
from tmvalite.data.expression.function import of
from tmvalite.data.formulas import bind
from tmvalite.errors import TmvaliteError

pytest.importorskip("uproot")

HERE = Path(__file__).parent
TABLE, STORED = HERE / "data" / "events.root", HERE / "data" / "root_values.jsonl"
PYTHON = os.environ.get("TMVALITE_ROOT_PYTHON")
KEPT = 8  # entries of every stored answer
ENDED, READS_ON = "ROOT's process ends or hangs", "ROOT reads part of a text that is no expression"
OVERFLOW = "int() of what has no 64 bits"
ROOTS = "sqrt of a negative number, which ROOT took of its absolute value before 6.40.06"


class Table:
    """The table, whose columns are read once."""

    def __init__(self):
        from tmvalite.data.sources import open_table

        self.table = open_table(f"{TABLE}:events")
        self.keys, self.columns = self.table.keys(), {}

    def values(self, text):
        """All values of every entry; None for what is an error here."""
        try:
            expression = bind(parse_expression(text), self.table, self.keys, "an expression")
            texts = expression.texts()
            for name, _ in expression.mentions():
                if name not in self.columns and (name in self.keys or name in self.table.friend_keys()):
                    self.columns |= self.table.read([name], texts)
            found = evaluate(expression, self.columns, Context(self.table.n_entries))
        except TmvaliteError:
            return None
        ends = np.cumsum(found.lengths())
        if found.counts is None:
            missing = np.zeros(len(ends), bool) if found.missing is None else found.missing
            return [[] if gone else [value] for value, gone in zip(found.values.tolist(), missing.tolist(), strict=True)]
        return [part.tolist() for part in np.split(found.values, ends[:-1])]


def same(ours, theirs):
    """Equal to a part in a million: ROOT's own functions are approximations here and there."""
    if ours is None or theirs is None:
        return ours is theirs
    return all(len(a) == len(b) and all(map(equal, a, b)) for a, b in zip(ours, theirs, strict=False))


def equal(a, b):
    if not (math.isfinite(a) and math.isfinite(b)):
        return a == b or (math.isnan(a) and math.isnan(b))
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b)) + 1e-12


def reason(table, text, ours, theirs):
    """Why the two differ, or None."""
    if theirs == "ended":
        return ENDED
    if ours is None:
        return READS_ON
    plain = dict(FUNCTIONS)
    try:
        FUNCTIONS["sqrt"] = of(lambda x: np.sqrt(np.abs(x)))
        if same(table.values(text), theirs):
            return ROOTS
        FUNCTIONS["int"] = of(cast)
        return OVERFLOW if same(table.values(text), theirs) else None
    finally:
        FUNCTIONS.update(plain)


def cast(x):
    """C's cast to a signed integer of 64 bits, as x86 does it."""
    whole = np.trunc(x)
    return np.where(np.abs(whole) < 2.0**63, whole, -(2.0**63))


def compare(texts, answers):
    """How often which outcome, and the expressions that differ without a reason."""
    table, found, unexplained = Table(), Counter(), []
    for text, theirs in zip(texts, answers, strict=True):
        ours = table.values(text)
        if theirs != "ended" and same(ours, theirs):
            found["errors in both" if ours is None else "agree"] += 1
            continue
        why = reason(table, text, ours, theirs)
        found[why or "unexplained"] += 1
        if why is None:
            unexplained.append((text, ours, theirs))
    return found, unexplained


@pytest.mark.root
@pytest.mark.slow
@pytest.mark.skipif(not PYTHON, reason="TMVALITE_ROOT_PYTHON names no Python with ROOT")
def test_random_expressions_have_the_values_of_ttreeformula():
    texts = root_expressions.expressions(4000, 2026)
    found, unexplained = compare(texts, root_oracle.ask(PYTHON, TABLE, texts))
    assert unexplained == []
    assert found["agree"] > 3600 and found["errors in both"] > 100, found


def stored():
    return [json.loads(line) for line in STORED.read_text("utf-8").splitlines()]


def test_stored_expressions_have_the_values_of_ttreeformula():
    table, n_values = Table(), 0
    for text, theirs in stored():
        ours = table.values(text)
        assert same(ours and ours[:KEPT], theirs), (text, ours, theirs)
        n_values += sum(map(len, theirs or []))
    assert n_values > 2000


def store():
    """Write root_values.jsonl: chosen expressions and random ones, those that agree."""
    texts = [*root_expressions.CHOSEN, *root_expressions.expressions(250, 1)]
    answers = root_oracle.ask(PYTHON, TABLE, texts)
    table = Table()
    with STORED.open("w", encoding="utf-8") as file:
        for text, theirs in zip(texts, answers, strict=True):
            ours = table.values(text)
            if theirs == "ended" or not same(ours, theirs):
                print("left out:", text, "|", str(ours)[:60], "|", str(theirs)[:60])
                continue
            short = theirs and [[float(f"{value:.8g}") for value in entry] for entry in theirs[:KEPT]]
            file.write(json.dumps([text, short]) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] == ["store"]:
        store()
    else:
        count, seed = (*map(int, sys.argv[1:]), 4000, 2026)[:2] if len(sys.argv) < 3 else map(int, sys.argv[1:3])
        chosen = root_expressions.expressions(count, seed)
        outcome, left = compare(chosen, root_oracle.ask(PYTHON, TABLE, chosen))
        print(*(f"{number:5d}  {what}" for what, number in outcome.most_common()), sep="\n")
        for case in left:
            print("UNEXPLAINED", *case)
