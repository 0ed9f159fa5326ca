"""The list of codes against the source, both ways; raised_codes.py sees after all tests whether they gave every code."""

import re
from collections import Counter

from tests.codes_in_source import FORM, codes, computed_codes
from tests.raised_codes import UNSEEN, WITHOUT_CODE, RaisedCodes
from tmvalite.error_codes import CODES


def test_every_code_of_the_source_is_listed_and_every_listed_one_is_in_the_source():
    found = codes()
    unlisted = [f"{code} ({found[code][0]})" for code in sorted(set(found) - set(CODES))]
    assert not unlisted, f"tmvalite/error_codes.py lacks {', '.join(unlisted)}"
    assert not (unused := sorted(set(CODES) - set(found))), f"nothing gives the codes {', '.join(unused)}"


def test_a_code_is_a_literal_or_handed_on():
    assert computed_codes() == []


def test_codes_are_sorted_words_joined_by_hyphens_and_have_one_sentence_each():
    assert list(CODES) == sorted(CODES) and all(FORM.fullmatch(code) for code in CODES)
    for code, meaning in CODES.items():
        assert re.fullmatch(r"[A-Z'].*\.", meaning) and ". " not in meaning, code


def test_no_meaning_has_two_codes():
    twice = [meaning for meaning, n in Counter(meaning.lower() for meaning in CODES.values()).items() if n > 1]
    assert twice == []


def test_a_whole_run_names_the_codes_that_no_test_gave():
    run = RaisedCodes.__new__(RaisedCodes)
    run.codes = set(CODES) - WITHOUT_CODE - UNSEEN
    assert run.wrong() == ""
    run.codes = run.codes - {"choice"}
    assert run.wrong() == "no test gives the code choice"
