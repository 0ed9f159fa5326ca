"""SplitExpr and drawn folds: C++'s arithmetic, whole numbers near 3e9, TMVA's shuffle, every event in one fold."""

import copy

import numpy as np
import pytest

from tmvalite.data.fold_expression import FoldExpression
from tmvalite.data.folds import check_folds, expression_folds, random_folds, stratified_folds
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.root_random import TRandom3
from tmvalite.errors import DataError, OptionError

TUTORIAL = "int(fabs([eventID]))%int([NumFolds])"


def folds(text, n_folds=3, **columns):
    return FoldExpression(text).folds({name: np.asarray(values) for name, values in columns.items()}, n_folds).tolist()


def test_event_numbers_lose_no_bits():
    numbers = [3_000_000_000, 3_000_000_001, 2_999_999_999, -7, 2**24 + 1, 2**53 + 1]
    for k in (2, 3, 7):
        assert folds(TUTORIAL, k, eventID=numbers) == [abs(number) % k for number in numbers]


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint32, np.uint64, np.float32, bool])
def test_whole_numbers_of_any_type_are_counted_with_a_sign(dtype):
    values = np.array([0, 1, 1], dtype)
    assert folds("(1-[x])*3000000000/3000000000", 2, x=values) == [1, 0, 0] == folds("-[x]+1", 2, x=values)
    if dtype == np.uint64:
        assert folds("int([x])%2", 2, x=np.array([2**63 - 1, 2**53 + 1, 4], dtype)) == [1, 1, 0]
        assert folds("[x]>1e19", 2, x=np.array([2**64 - 1, 5], dtype)) == [1, 0]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("7%4*2-4", 2),  # remainder and product are of one order, from left to right
        ("int(7)/2-2", 1),  # whole numbers are divided without rest
        ("int(7/2.0)-2", 1),
        ("-7/2+5", 2),  # towards zero
        ("-2^2+5", 1),
        ("2^3^1-6", 2),
        ("1+2<4==1", 1),
        ("1<<1", 2),
        ("5&3|0", 1),
        ("[x]>2 ? 1 : 0", 1),
        ("!([x]<2)&&1", 1),
        ("(int)[x]/2", 1),
        ("(double)[x]/2-0.5", 1),
        ("floor([x]/2)", 1),
        ("TMath::Nint([x]/10.)", 0),
        ("min([x],2)", 2),
        ("abs(-int([x]))%2", 1),
        ("+[ x ]-2", 1),
        ("[numFolds]-1", 2),
        ("3.000001-2", 1),
        ("int(pi)%2", 1),
        ("~0", None),
    ],
)
def test_the_order_of_operators_and_whole_numbers_are_those_of_cpp(text, expected):
    if expected is None:
        with pytest.raises(OptionError):
            FoldExpression(text)
    else:
        assert folds(text, 3, x=np.array([3])) == [expected]


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "SplitExpr ends where a value should stand"),
        ("[a]%", "SplitExpr ends where a value should stand"),
        ("eventID%2", "'eventID' is neither a function nor a name in brackets"),
        ("flor([a])", "there is no function 'flor'"),
        ("pow([a])", "pow takes 2 arguments, not 1"),
        ("int([a]", "',' is missing"),
        ("([a]", "')' is missing"),
        ("[a] [b]", "'[b]' does not belong there"),
        ("[a]$", "'$' means nothing in SplitExpr"),
        ("(" * 70 + "1" + ")" * 70, "more than 60 brackets stand inside each other"),
        ("1" + "+1" * 150, "SplitExpr has more than 200 words and signs"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text, message):
    with pytest.raises(OptionError) as caught:
        FoldExpression(text)
    assert caught.value.message == message and caught.value.code == "fold-expression" and "^" in str(caught.value)


@pytest.mark.parametrize("value", ["[x]%2", "[x]/2", "sqrt([x])", "[x]-10", "[x]%0", "int(sqrt([x]))"])
def test_an_event_without_a_fold_is_named(value):
    with pytest.raises(DataError) as caught:
        folds(value, 2, x=np.array([-3.0]))
    assert caught.value.code == "fold-value" and "(x=-3.0)" in caught.value.message and "from 0 to 1" in str(caught.value)


def events(n=60):
    info = DataSetInfo.from_names(["a", "b+c"], spectators=["run", "event id"], classes=("Signal", "Background"))
    rng = np.random.default_rng(1)
    spectators = {"run": np.arange(n, dtype=np.float32), "event_id": 3_000_000_000 + 7 * np.arange(n)}
    x = np.round(rng.uniform(0, 9, (n, 2))).astype(np.float32)
    return Events(x, np.empty((n, 0), np.float32), spectators, np.ones(n), (np.arange(n) % 3 == 0).astype(np.int64)), info


def test_names_are_labels_expressions_and_internal_names_of_spectators_then_of_variables():
    sample, info = events()
    number = sample.spectators["event_id"]
    for name in ("event id", "event_id"):
        found = expression_folds(FoldExpression(f"int([{name}])%[NumFolds]"), sample, info, 5)
        assert np.array_equal(found, number % 5)
    assert np.array_equal(expression_folds(FoldExpression("[b+c]%2"), sample, info, 2), sample.x[:, 1].astype(int) % 2)
    assert expression_folds(FoldExpression("1"), sample, info, 2).tolist() == [1] * len(sample)
    with pytest.raises(OptionError) as caught:
        expression_folds(FoldExpression("[rum]%2"), sample, info, 2)
    assert caught.value.code == "fold-name" and caught.value.hint == "did you mean 'run'?"
    assert FoldExpression("[run]").reads_spectators(info) and not FoldExpression("[a]").reads_spectators(info)


def test_random_folds_are_equal_shares_in_the_order_of_roots_shuffle():
    found = random_folds(11, 3, 5)
    order = TRandom3(5).shuffle(11)
    assert found.tolist() == [int(i) % 3 for i in order]
    assert np.bincount(found).tolist() == [4, 4, 3]
    assert not np.array_equal(found, random_folds(11, 3, 6)) and np.array_equal(random_folds(11, 3), random_folds(11, 3, 100))
    assert np.bincount(random_folds(11, 3, 0)).tolist() == [4, 4, 3]  # a drawn seed


def test_stratified_folds_have_their_share_of_every_class():
    sample, _ = events()
    found, generator = stratified_folds(sample.class_index, 4, 9), TRandom3(9)
    for index in (0, 1):
        of_class = found[sample.class_index == index]
        assert of_class.tolist() == [int(i) % 4 for i in generator.shuffle(len(of_class))]
        assert np.ptp(np.bincount(of_class, minlength=4)) <= 1


def test_a_fold_without_events_is_refused():
    with pytest.raises(DataError, match="fold 2 of 3 has none of the 4 events") as caught:
        check_folds(np.array([0, 0, 2, 2]), 3)
    assert caught.value.code == "fold-empty"


def test_an_expression_travels_as_its_text():
    again = copy.copy(FoldExpression(TUTORIAL))
    assert again.text == TUTORIAL and again.names == ("eventID",)
