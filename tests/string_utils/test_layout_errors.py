"""Whole messages, marker included, that a layout can give."""

import pytest

from tests.string_utils.tools import error, message, warning
from tmvalite.string_utils import parse_layout

INDENT = "  Layout="


def layout_error(text):
    return error(parse_layout, text, "Layout")


def mark(at, length=1):
    return " " * (len(INDENT) + at) + "^" + "~" * (length - 1)


ERRORS = [
    (
        "Encoder={A,B",
        "the '{' of Encoder is never closed",
        8,
        1,
        ["  in Layout", "  expected '}'", "  hint: write '}' after the last item of Encoder"],
    ),
    (
        "Encoder={A|B Decoder={C}",
        "the '{' of Encoder is never closed",
        8,
        1,
        ["  in Layout", "  expected '}'", "  hint: write '}' before Decoder"],
    ),
    (
        "Encoder={A,Decoder={C}}",
        "a block cannot stand inside Encoder, which is not closed yet",
        8,
        1,
        ["  in Layout", "  hint: write '}' after the last item of Encoder"],
    ),
    ("Encoder={A}}", "'}' has no '{' before it", 11, 1, ["  in Layout", "  hint: remove it, or open the block with Name={"]),
    ("Encoder{A}", "'=' is missing between Encoder and '{'", 7, 1, ["  in Layout", "  hint: write Encoder={"]),
    (
        "{A}",
        "'{' has no block name and '=' before it",
        0,
        1,
        ["  in Layout", "  hint: write Encoder={...}Decoder={...}, or items without braces"],
    ),
    (
        "Encodr={A}",
        "no block is called 'Encodr'",
        0,
        6,
        ["  in Layout", "  expected one of: Encoder, Decoder, Head, Generator, Discriminator", "  hint: did you mean 'Encoder'?"],
    ),
    ("Encoder={}", "Encoder has no items", 0, 10, ["  in Layout", "  hint: write the items of Encoder between its braces"]),
    ("Encoder={A}Encoder={B}", "two blocks are called Encoder", 11, 7, ["  in Layout"]),
    ("Encoder={A##B}", "'##' cannot stand inside a block", 10, 2, ["  in Layout", "  hint: close Encoder with '}' first"]),
    ("A#B", "a single '#' means nothing", 1, 1, ["  in Layout", "  hint: write '##' between two networks"]),
    ("A|1 Decoder={B}", "a separator is missing before Decoder", 11, 1, ["  in Layout", "  hint: write ',' before Decoder"]),
    ("A@b@c", "'@' stands twice in one item", 3, 1, ["  in Layout", "  hint: join several sources with '+', as in ADD@a+b"]),
    (
        "ADD@,B",
        "a name is missing after '@'",
        3,
        1,
        ["  in Layout", "  hint: write the name of an earlier item there, or remove the '@'"],
    ),
    (
        "ADD@a+",
        "a name is missing after '+'",
        5,
        1,
        ["  in Layout", "  hint: write the name of an earlier item there, or remove the '+'"],
    ),
    (
        "ADD@a|RELU",
        "a field stands behind '@', which ends an item",
        5,
        1,
        ["  in Layout", "  hint: write all fields before '@', as in ADD|RELU@a+b"],
    ),
    ("A,@a", "'@' has no layer before it", 3, 1, ["  in Layout, item 2", "  hint: write KIND|...@name, as in ADD|RELU@a+b"]),
    ("A,r=", "r has no layer behind its '='", 2, 1, ["  in Layout, item 2", "  hint: write r=KIND|..."]),
    ("r=@a", "r has no layer before '@'", 0, 4, ["  in Layout, item 1", "  hint: write r=KIND|..."]),
    ("=DENSE", "the name before '=' is missing", 0, 1, ["  in Layout", "  hint: write name=KIND|..., or remove the '='"]),
    (
        "A|b=c",
        "'=' cannot stand inside an item",
        3,
        1,
        ["  in Layout", "  hint: a name stands before the kind, as in r=DENSE|64|RELU; items are separated by ','"],
    ),
    (
        "Stem=DENSE",
        "'Stem' cannot be the name of an item",
        0,
        4,
        ["  in Layout, item 1", "  expected a lower-case letter, then letters, digits or _", "  hint: write stem"],
    ),
    (
        "Encoder={A,B@1}",
        "'1' cannot be the name of an item",
        13,
        1,
        ["  in Layout, Encoder, item 2", "  expected a lower-case letter, then letters, digits or _"],
    ),
    ("", "Layout is empty", 0, 1, ["  hint: remove Layout, or give it a value"]),
    (",|,", "there is no item", 0, 3, ["  in Layout", "  hint: write at least one item, as in DENSE|1|LINEAR"]),
]


@pytest.mark.parametrize(("text", "first", "at", "length", "rest"), ERRORS, ids=[e[0] or "empty" for e in ERRORS])
def test_error_of_a_layout(text, first, at, length, rest):
    assert layout_error(text) == message(first, INDENT + text, mark(at, length), *rest)


WARNINGS = [
    ("A,,B", "an empty item is dropped", 2, 1, ["  in Layout", "  hint: remove the extra ','"]),
    ("A,B,,", "2 empty items are dropped", 3, 2, ["  in Layout", "  hint: remove the ',' at the end"]),
    ("Encoder={A,}", "an empty item is dropped", 10, 1, ["  in Layout, Encoder", "  hint: remove the ',' at the end"]),
    (
        "A,B||1",
        "an empty field is dropped; later fields move up, as in TMVA",
        4,
        1,
        ["  in Layout, item 2", "  hint: remove the extra '|'"],
    ),
    ("A|", "an empty field is dropped", 1, 1, ["  in Layout, item 1", "  hint: remove the '|' at the end"]),
    (
        "A, B",
        "the value of Layout has a blank inside; TMVA would stop there and ignore 'B'",
        2,
        1,
        ["  hint: remove the blank, so that TMVA reads the whole value too"],
    ),
]


@pytest.mark.parametrize(("text", "first", "at", "length", "rest"), WARNINGS, ids=[w[0] for w in WARNINGS])
def test_error_texts_of_warnings_about_a_layout(text, first, at, length, rest):
    assert warning(parse_layout, text, "Layout") == message(first, INDENT + text, mark(at, length), *rest)


def test_error_messages_have_at_most_six_short_lines():
    for text in ("Encoder={" + "A|1," * 500, "A" * 3000 + "=B", "A," * 3000 + "@", "é" * 500 + "#"):
        lines = layout_error(text).splitlines()
        assert len(lines) <= 6 and all(len(line) <= 130 for line in lines)


def test_the_marker_of_a_long_line_stands_under_its_place():
    lines = layout_error("A|1," * 300 + "B#C" + ",A|1" * 300).splitlines()
    assert lines[1][lines[2].index("^")] == "#"
    assert len(lines[1]) <= 102
