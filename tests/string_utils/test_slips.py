"""Slips in a residual network with two inputs and its options: each is an error or a warning that names the right thing.

As a program it prints what is said to each: python -m tests.string_utils.test_slips
"""

import warnings

import pytest

from tests.string_utils.slips import FIRST, OPTIONS, SECOND
from tmvalite import MethodDL
from tmvalite.data.info import DataSetInfo
from tmvalite.errors import TmvaliteError

INFO = DataSetInfo.from_names([f"var{i}" for i in range(69)], classes=("Signal", "Background"))


def said(options: str) -> list:
    """The errors and warnings of a booking in TMVA's manner, for data of 69 variables."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            method = MethodDL(options, Strict=False)
            method.blueprint(INFO)
        except TmvaliteError as error:
            return [*error.earlier, error]
    return method.diagnostics.warnings


def names(message, word: str) -> bool:
    expected = message.expected if isinstance(message.expected, str) else " ".join(message.expected)
    return word in f"{message.message} {message.hint} {expected}"


def test_nothing_is_said_to_the_string_without_a_slip():
    assert said(OPTIONS) == []


@pytest.mark.parametrize("right, written, code, word", FIRST + SECOND, ids=[f"{s[0]}-{s[1]}" for s in FIRST + SECOND])
def test_a_slip_is_named(right, written, code, word):
    assert OPTIONS.count(right) == 1
    found = said(OPTIONS.replace(right, written))
    assert any(message.code == code and names(message, word) for message in found), "\n".join(map(str, found))


if __name__ == "__main__":
    for right, written, _, _ in FIRST + SECOND:
        print(f"=== {right} -> {written}", *said(OPTIONS.replace(right, written)), sep="\n")
