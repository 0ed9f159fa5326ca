"""Adversarial texts: time grows with the length, nothing recurses, nothing but OptionError comes out."""

import gc
import random
import time

import pytest

from tests.string_utils.tools import METHOD_DL, published
from tmvalite.errors import MAX_WARNINGS, Diagnostics, OptionError, Source, Span, TmvaliteWarning
from tmvalite.string_utils import (
    parse_drop_config,
    parse_input_layout,
    parse_layout,
    parse_options,
    parse_strategy,
    parse_var_transform,
    resolve_strategy,
)


def resolve(source, span, diagnostics):
    return resolve_strategy(parse_strategy(source, span, diagnostics), diagnostics)


def bind(source, span, diagnostics):
    return METHOD_DL.bind(source.text[span.start : span.stop], None, diagnostics)


def consume(parse, text):
    """Parse, and print every message that comes out."""
    diagnostics = Diagnostics(Source(text))
    try:
        parse(diagnostics.source, Span(0, len(text)), diagnostics)
    except OptionError as problem:
        str(problem)
    return [str(warning) for warning in diagnostics.warnings]


def seconds(parse, text):
    """CPU seconds, without the collector: in a process that ran thousands of tests one collection takes longer than a text."""
    gc.disable()
    start = time.process_time()
    try:
        consume(parse, text)
        return time.process_time() - start
    finally:
        gc.enable()


def grows_linearly(parse, short, long):
    """8 times the text; a quadratic parser would take 64 times as long. Very short times are all overhead."""
    return seconds(parse, long) < 24 * seconds(parse, short) + 0.05


SHAPES = [
    (parse_layout, "|"),
    (parse_layout, "A,,"),
    (parse_layout, "A \n"),
    (parse_layout, "Encoder={"),
    (parse_layout, "a@b+"),
    (parse_layout, "#"),
    (parse_layout, " "),
    (resolve, ","),
    (resolve, "x=1,"),
    (resolve, "BatchSize=1,"),
    (resolve, "BatchSize=9"),
    (resolve, "|"),
    (parse_drop_config, "0.1x+"),
    (bind, "V :"),
    (bind, "[["),
    (bind, "!"),
    (parse_var_transform, "N("),
    (parse_var_transform, "N(()"),
    (parse_input_layout, "-1|"),
]


@pytest.mark.parametrize(("parse", "shape"), SHAPES, ids=[f"{p.__name__}-{s!r}" for p, s in SHAPES])
def test_time_grows_linearly(parse, shape):
    short, long = (shape * 8192)[: 8 * 1024], (shape * 65536)[: 64 * 1024]
    consume(parse, shape)
    # A busy machine may spoil some pairs of measurements; a quadratic parser fails in every one.
    assert any(grows_linearly(parse, short, long) for _ in range(6))


@pytest.mark.parametrize("depth", [10, 30_000])
def test_nesting_has_no_limit(depth):
    text = f"N({'(' * depth}x{')' * depth})"
    assert len(parse_var_transform(Source(text)).items[0].selection[0].text) == 2 * depth + 1


def test_a_text_without_end_is_refused():
    with pytest.raises(OptionError, match="more than 1048576 characters"):
        parse_layout(Source("A" * (2**20 + 1)))


def test_warnings_beyond_a_page_are_counted():
    diagnostics = Diagnostics()
    parse_layout(Source("A,," * 500), None, diagnostics)
    assert len(diagnostics.warnings) == MAX_WARNINGS
    with pytest.warns(TmvaliteWarning) as caught:
        diagnostics.issue()
    assert str(caught[-1].message) == f"{500 - MAX_WARNINGS} more warnings of this object are not shown"


def test_damaged_texts_give_nodes_or_option_errors():
    generator = random.Random(20240917)
    seeds = published("dl") + ["Encoder={h=A|1,ADD@h+h}##Decoder={B}", "VarTransform=N(_V_,_T_)+G_Signal"]
    marks = ":,|=@{}#+!()[] \n\t%;_Ne1.-é\x00"
    for _ in range(300):
        text = generator.choice(seeds)
        for _ in range(generator.randint(1, 6)):
            at = generator.randrange(len(text) + 1)
            text = text[:at] + generator.choice(marks) + text[at + generator.randint(0, 3) :]
        parse = generator.choice([parse_layout, parse_input_layout, resolve, parse_drop_config, parse_var_transform, bind])
        for message in consume(parse, text):
            assert len(message.splitlines()) <= 6
        try:
            parse_options(text)
        except OptionError as problem:
            assert len(str(problem).splitlines()) <= 6
