"""BatchLayout: accepted where TMVA trains, refused where it would not."""

import pytest

from tmvalite.errors import OptionError, Source, Span
from tmvalite.models.batch_layout import check_batch_layout


def check(text, shapes, sizes):
    source = Source(f"BatchLayout={text}", ":")
    check_batch_layout(tuple(map(int, text.split("|"))), shapes, sizes, source=source, span=Span(12, len(source.text)))


@pytest.mark.parametrize(
    "text, shapes, sizes",
    [
        ("0|0|0", [(7,)], [30, 100]),
        ("1|128|7", [(7,)], [128]),
        ("128|1|7", [(7,)], [128, 128]),
        ("32|1|64", [(1, 8, 8)], [32]),
        ("100|3|64", [(3, 8, 8)], [100]),
        ("100|10|30", [(10, 30)], [100]),
        ("1|1|7", [(7,)], [1]),
    ],
)
def test_layouts_that_tmva_trains(text, shapes, sizes):
    check(text, shapes, sizes)


@pytest.mark.parametrize(
    "text, shapes, sizes, right",
    [
        ("1|100|7", [(7,)], [128], "1|128|7"),
        ("1|128|8", [(7,)], [128], "1|128|7"),
        ("64|3|64", [(3, 8, 8)], [32], "32|3|64"),
        ("1|128|300", [(10, 30)], [100], "100|10|30"),
        ("0|128|7", [(7,)], [128], "1|128|7"),
    ],
)
def test_layouts_that_tmva_refuses(text, shapes, sizes, right):
    with pytest.raises(OptionError) as caught:
        check(text, shapes, sizes)
    assert caught.value.expected == right


def test_error_batch_layout_of_a_later_phase():
    with pytest.raises(OptionError) as caught:
        check("1|128|7", [(7,)], [128, 64])
    assert str(caught.value) == (
        "BatchLayout does not fit BatchSize=64 of phase 2 and events of 7 values: TMVA would not train\n"
        "  BatchLayout=1|128|7\n"
        "              ^~~~~~~\n"
        "  in BatchLayout\n"
        "  expected 1|64|7\n"
        "  hint: leave BatchLayout out: it follows from InputLayout and BatchSize"
    )
