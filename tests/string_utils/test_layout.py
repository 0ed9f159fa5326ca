import pytest

from tests.string_utils.tools import codes, published, read
from tmvalite.errors import Source
from tmvalite.string_utils import parse_layout, parse_options


def shape(text):
    """The layout as nested tuples: per part its name and items, per item name, fields and sources."""
    layout, _ = read(parse_layout, text)
    return [(part.name and part.name.text, [item_shape(item) for item in part.items]) for part in layout.parts]


def item_shape(item):
    return (item.name and item.name.text, [field.text for field in item.fields], [source.text for source in item.sources])


def test_chain_of_items():
    assert shape("TANH|128,LINEAR") == [(None, [(None, ["TANH", "128"], []), (None, ["LINEAR"], [])])]


def test_width_formulas_may_hold_plus_and_parentheses():
    assert shape("DENSE|(N+100)*2|SOFTSIGN") == [(None, [(None, ["DENSE", "(N+100)*2", "SOFTSIGN"], [])])]


def test_names_and_sources():
    assert shape("r=CONV|16,ADD|RELU@r+stem,OUTPUT|SUMOFSQUARES|0.1@mass") == [
        (
            None,
            [
                ("r", ["CONV", "16"], []),
                (None, ["ADD", "RELU"], ["r", "stem"]),
                (None, ["OUTPUT", "SUMOFSQUARES", "0.1"], ["mass"]),
            ],
        )
    ]


@pytest.mark.parametrize("between", ["", ",", " ", "##", " , ", "\n", " ## "])
def test_blocks_may_be_separated_in_several_ways(between):
    assert shape(f"Encoder={{A|1,h=B}}{between}Decoder={{C}}") == [
        ("Encoder", [(None, ["A", "1"], []), ("h", ["B"], [])]),
        ("Decoder", [(None, ["C"], [])]),
    ]


def test_blanks_around_punctuation_do_not_belong_to_the_pieces():
    assert shape(" Encoder = { h = A | 1 , ADD @ h + h } ") == shape("Encoder={h=A|1,ADD@h+h}")


def test_two_bare_chains():
    assert [name for name, _ in shape("A,B##C")] == [None, None]
    assert [len(items) for _, items in shape("A,B##C")] == [2, 1]


def test_bare_chain_behind_a_block_is_a_part_of_its_own():
    assert [name for name, _ in shape("Encoder={A}B,C##D")] == ["Encoder", None, None]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("A,,B", "A,B"),
        ("A,B,", "A,B"),
        (",A,B", "A,B"),
        ("A,|||,B", "A,B"),
        ("A##", "A"),
        ("A,##B", "A##B"),
        ("Encoder={A,,B,}", "Encoder={A,B}"),
        ("Encoder={A},Decoder={B},", "Encoder={A}Decoder={B}"),
    ],
)
def test_empty_items_are_dropped_with_a_warning(text, same):
    assert shape(text) == shape(same)
    assert set(codes(parse_layout, text)) == {"empty-item"}


def test_a_run_of_empty_items_gives_one_warning():
    assert codes(parse_layout, "A,,,,,B") == ["empty-item"]


@pytest.mark.parametrize(("text", "same"), [("CONV|10||3", "CONV|10|3"), ("A|1|", "A|1"), ("|A", "A"), ("r=|A@r", "r=A@r")])
def test_empty_fields_are_dropped_with_a_warning(text, same):
    assert shape(text) == shape(same)
    assert codes(parse_layout, text) == ["empty-field"]


def test_blanks_never_cut_the_value():
    assert shape("DENSE|64|TANH, DENSE|1\n,LINEAR") == shape("DENSE|64|TANH,DENSE|1,LINEAR")
    assert codes(parse_layout, "DENSE|64|TANH, DENSE|1\n,LINEAR") == ["blank-in-value"]
    assert codes(parse_layout, " A,B ") == []


def test_spans_point_into_the_whole_source():
    layout, _ = read(parse_layout, "a=DENSE | 64,ADD@a+ a", "Layout")
    source, first, second = layout.source, *layout.parts[0].items
    cut = lambda node: source.text[node.span.start : node.span.stop]  # noqa: E731
    assert [cut(node) for node in (first, first.name, *first.fields)] == ["a=DENSE | 64", "a", "DENSE", "64"]
    assert [cut(node) for node in (second, *second.sources)] == ["ADD@a+ a", "a", "a"]
    assert cut(layout) == "a=DENSE | 64,ADD@a+ a"


def test_parts_have_spans_too():
    layout = parse_layout(Source("Encoder={A}B,C"))
    assert [layout.source.text[p.span.start : p.span.stop] for p in layout.parts] == ["Encoder={A}", "B,C"]


def test_published_layouts_parse():
    for text in published("dl", "dnn"):
        options = parse_options(text)
        value = next(option.value for option in options.options if option.name.text == "Layout")
        layout = parse_layout(options.source, value.span)
        assert [len(part.items) for part in layout.parts] == [value.text.count(",") + 1]
