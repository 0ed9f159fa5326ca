"""What `render` prints parses back to the same nodes, for nodes that nobody would write too."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.string_utils.tools import read
from tmvalite.errors import Source
from tmvalite.string_utils import (
    parse_drop_config,
    parse_input_layout,
    parse_layout,
    parse_options,
    parse_strategy,
    parse_validation_size,
    parse_var_transform,
    render,
)
from tmvalite.string_utils.layout_errors import BLOCKS
from tmvalite.string_utils.syntax import (
    Block,
    InputLayout,
    InputShape,
    Item,
    Layout,
    Option,
    OptionList,
    Phase,
    Setting,
    Strategy,
    TransformItem,
    TransformList,
    ValidationSize,
    Word,
)


def texts(without, alphabet=string.ascii_letters + string.digits + "+-*/().%_!?[]{}=|,@#:;~^&<>'\" é€"):
    """Any text without the characters given, and without blanks at its ends."""
    usable = "".join(c for c in alphabet if c not in without)
    visible = st.sampled_from(usable.replace(" ", ""))
    return st.builds("{}{}{}".format, visible, st.text(usable, max_size=6), visible) | visible


names = st.builds(
    lambda first, rest: Word(first + rest),
    st.sampled_from(string.ascii_lowercase),
    st.text(string.ascii_letters + string.digits + "_", max_size=5),
)
fields = texts(",|=@{}#").map(Word)
items = st.builds(
    Item,
    fields=st.lists(fields, min_size=1, max_size=4).map(tuple),
    name=st.none() | names,
    sources=st.lists(names, max_size=2).map(tuple),
)
chains = st.lists(items, min_size=1, max_size=3).map(tuple)


@st.composite
def layouts(draw):
    kinds = draw(
        st.lists(st.none() | st.sampled_from(BLOCKS), min_size=1, max_size=4).filter(
            lambda kinds: len({k for k in kinds if k}) == len([k for k in kinds if k])
        )
    )
    return Layout(tuple(Block(draw(chains), kind and Word(kind)) for kind in kinds))


@given(layouts())
def test_layouts(layout):
    assert read(parse_layout, render(layout))[0] == layout


settings = st.builds(Setting, key=texts(",|= ").map(Word), value=(texts(",| ") | st.just("")).map(Word))
phases = st.builds(Phase, settings=st.lists(settings, max_size=4).map(tuple))


@given(st.lists(phases, min_size=1, max_size=4).map(tuple).map(Strategy))
def test_strategies(strategy):
    assert read(parse_strategy, render(strategy))[0] == strategy


@st.composite
def options(draw):
    name = draw(texts(":=!").filter(lambda text: not text.endswith("]")))
    value = draw(st.none() | texts(":") | st.just(""))
    index = draw(st.none() | st.integers(0, 99)) if not set(name) & set("[]") else None
    return Option(Word(name), None if value is None else Word(value), draw(st.booleans()), index)


@given(st.lists(options(), max_size=5).map(tuple).map(OptionList))
def test_booking_strings(node):
    assert parse_options(render(node)) == node


sizes = st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=3).map(tuple)
named_inputs = st.lists(st.builds(InputShape, sizes=sizes, name=names), min_size=1, max_size=3, unique_by=lambda s: s.name)


@given(named_inputs.map(tuple) | sizes.map(lambda s: (InputShape(s),)))
def test_input_layouts(shapes):
    assert read(parse_input_layout, render(InputLayout(shapes)))[0] == InputLayout(shapes)


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=6).map(tuple))
def test_drop_configs(probabilities):
    assert read(parse_drop_config, render(probabilities))[0] == probabilities


@given(
    st.builds(ValidationSize, kind=st.just("fraction"), value=st.floats(0, 1, exclude_min=True, exclude_max=True))
    | st.builds(ValidationSize, kind=st.just("count"), value=st.integers(1, 2**40).map(float))
)
def test_validation_sizes(size):
    assert read(parse_validation_size, render(size))[0] == size


labels = st.one_of(texts(",()"), texts(",()").map(lambda text: f"abs({text},2)*({text})"))
transforms = st.builds(
    TransformItem,
    name=st.text(string.ascii_letters, min_size=1, max_size=6).map(Word),
    reference=st.none() | st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=6).map(Word),
    selection=st.lists(labels.map(Word), max_size=3).map(tuple),
)


@given(st.lists(transforms, max_size=4).map(tuple).map(TransformList))
def test_transformations(node):
    assert read(parse_var_transform, render(node))[0] == node


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Encoder = { h = A | 1 , B@h + h } ## Decoder={C,},", "Encoder={h=A|1,B@h+h}Decoder={C}"),
        ("A,,B||1|,", "A,B|1"),
        ("A,## B", "A##B"),
    ],
)
def test_layouts_are_printed_canonically(text, canonical):
    assert render(parse_layout(Source(text))) == canonical


def test_rendering_something_else_is_a_type_error():
    with pytest.raises(TypeError, match="int has no text form"):
        render(3)
