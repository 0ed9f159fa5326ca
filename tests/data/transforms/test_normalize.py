"""The N transformation and the chain: TMVA's float32 arithmetic, selections, class sets, records."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tmvalite.data.info import DataSetInfo, declare, declare_array
from tmvalite.data.transforms import SelectionRecord, TransformChain, TransformRecord
from tmvalite.data.transforms.base import words
from tmvalite.errors import DataError, Diagnostics, NotFittedError, OptionError, Source
from tmvalite.string_utils import parse_var_transform

INFO = DataSetInfo((declare("a"), declare("b := c*2")), (declare("t"),), (declare("b := s"),), ("Signal", "Back_ground"))
X = np.array([[0, 10], [1, 20], [4, 20], [2, 40]], np.float32)
T = np.array([[1], [2], [3], [5]], np.float32)
CLASSES = np.array([0, 0, 1, 1])
WORDS = tuple(words())


def chain_of(text, info=INFO, diagnostics=None):
    return TransformChain.build(parse_var_transform(Source(text)), info, diagnostics or Diagnostics())


def fitted(text, info=INFO, diagnostics=None):
    return chain_of(text, info, diagnostics).fit(X, T, CLASSES, spectators=np.arange(4.0)[:, None])


def test_training_range_becomes_minus_one_to_one():
    chain = fitted("N")
    np.testing.assert_allclose(chain.apply_variables(X), [[-1, -1], [-0.5, -1 / 3], [1, -1 / 3], [0, 1]], atol=1e-7)
    assert chain.apply_targets(T)[:, 0].tolist() == [-1, -0.5, 0, 1]
    assert chain.apply_variables(X).dtype == np.float32 and X[0, 1] == 10


def slow(value, low, high):
    """One value, step by step: every operation rounded to float32, 1/width in double first."""
    f = np.float32
    scale = f(1.0 / float(f(high) - f(low)))
    return f(f(f(f(value) - f(low)) * scale) * f(2)) - f(1)


NUMBERS = st.floats(-1e6, 1e6, width=32)


@given(npst.arrays(np.float32, (5, 1), elements=NUMBERS))
def test_every_step_is_rounded_as_in_tmva(x):
    chain = chain_of("N", DataSetInfo((declare("a"),))).fit(x)
    low, high = x.min(), x.max()
    if high - low > 1e-30:
        expected = [slow(v, low, high) for v in x[:, 0]]
        with np.errstate(over="ignore", invalid="ignore"):
            assert np.array_equal(chain.apply_variables(x)[:, 0], np.array(expected, np.float32), equal_nan=True)


@given(npst.arrays(np.float32, (5, 1), elements=NUMBERS))
def test_targets_come_back(t):
    info = DataSetInfo((declare("a"),), (declare("t"),))
    chain = chain_of("N", info).fit(np.zeros((5, 1), np.float32), t)
    width = float(t.max()) - float(t.min())
    if width == 0 or width > 1e-30:
        np.testing.assert_allclose(chain.invert_targets(chain.apply_targets(t)), t, rtol=1e-6, atol=4e-7 * width)


def test_constant_variable_becomes_zero_and_nan_stays():
    x = np.array([[3, 1], [3, 2]], np.float32)
    chain = chain_of("N", DataSetInfo((declare("a"), declare("b")))).fit(x)
    out = chain.apply_variables([[3, 1], [7, np.nan], [np.nan, 3]])
    assert out[:2, 0].tolist() == [0, 0] and np.isnan(out[1, 1]) and np.isnan(out[2, 0]) and out[2, 1] == 3
    constant = chain_of("N(_T_)", DataSetInfo((declare("a"),), (declare("t"),))).fit(x[:, :1], x[:, :1])
    assert constant.invert_targets(constant.apply_targets(x[:, :1])).tolist() == [[3], [3]]


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("N", [("Variable", 0), ("Variable", 1), ("Target", 0)]),
        ("N(_V_)", [("Variable", 0), ("Variable", 1)]),
        ("N(_T_,_V1_)", [("Variable", 1), ("Target", 0)]),
        ("N(_S0_)", [("Spectator", 0)]),
        ("N(a)", [("Variable", 0)]),
        ("N(c * 2)", [("Variable", 1)]),
        ("N(b)", [("Variable", 1), ("Spectator", 0)]),
    ],
)
def test_selections(text, inputs):
    assert [tuple(one) for one in chain_of(text).transforms[0].inputs] == inputs


def test_unselected_columns_stay():
    assert fitted("N(b)").apply_variables(X)[:, 0].tolist() == X[:, 0].tolist()
    assert not fitted("N(_V_)").transforms_targets and fitted("N(_T_)").transforms_targets


def test_items_of_a_chain_see_what_the_items_before_give():
    chain = fitted("I,N,N")
    assert len(chain) == 2 and chain.short_name == "Norm_Norm"
    assert chain.transforms[1].ranges[-1].tolist() == [[-1, 1], [-1, 1], [-1, 1]]
    np.testing.assert_allclose(chain.invert_targets(chain.apply_targets(T)), T, rtol=1e-6)


def test_every_class_has_a_set_and_the_last_is_for_all():
    ranges = fitted("N(_V_)").transforms[0].ranges
    assert ranges.tolist() == [[[0, 1], [10, 20]], [[2, 4], [20, 40]], [[0, 4], [10, 40]]]
    single = chain_of("N", DataSetInfo((declare("a"), declare("b")), classes=("Regression",))).fit(X, None, np.zeros(4, int))
    assert single.transforms[0].ranges.shape == (1, 2, 2)


def test_class_suffix_is_used_in_training_and_after_reading():
    diagnostics = Diagnostics()
    chain = fitted("N_Back_ground(_V_)", INFO, diagnostics)
    assert chain.apply_variables(X)[:, 0].tolist() == [-3, -2, 1, -1]
    assert str(diagnostics.warnings[0]) == (
        "N_Back_ground: ROOT would use the parameters of all classes once it has read the weight file\n"
        "  N_Back_ground(_V_)\n"
        "    ^~~~~~~~~~~\n"
        "  in VarTransform\n"
        "  hint: tmvalite uses those of class Back_ground in training and after reading"
    )
    back = TransformChain.from_records(chain.to_records(), INFO)
    assert np.array_equal(back.apply_variables(X), chain.apply_variables(X))


@pytest.mark.parametrize("text", ["N", "N(_V_),N", "N_Signal", "N(b)", "None"])
def test_records_bring_back_the_same_bits(text):
    chain = fitted(text)
    back = TransformChain.from_records(chain.to_records(), INFO)
    assert np.array_equal(back.apply_variables(X / 3), chain.apply_variables(X / 3))
    assert np.array_equal(back.invert_targets(T / 3), chain.invert_targets(T / 3))


def test_record_states_type_label_and_expression():
    record = fitted("N").to_records()[0]
    assert record.name == "Normalize"
    assert record.inputs == record.outputs
    assert record.inputs == [("Variable", "a", "a"), ("Variable", "b", "c*2"), ("Target", "t", "t")]
    assert record.parameters["ranges"].shape == (3, 3, 2) and "reference" not in record.parameters


def test_elements_of_an_array_are_matched_by_position():
    info = DataSetInfo(declare_array("pix", 3), classes=("S", "B"))
    x = np.arange(12, dtype=np.float32).reshape(4, 3) ** 2
    chain = TransformChain.build(parse_var_transform(Source("N")), info, Diagnostics()).fit(x, None, CLASSES)
    assert np.array_equal(TransformChain.from_records(chain.to_records(), info).apply_variables(x), chain.apply_variables(x))
    record = TransformRecord("Normalize", [SelectionRecord("Variable", "pix", "pix")], [], {"ranges": np.array([[[0, 1]]])})
    with pytest.raises(DataError, match="input 'pix' of transformation Normalize could be 3 elements of an array"):
        TransformChain.from_records([record], info)


def test_spectators_are_left_out_where_a_training_has_none():
    chain = chain_of("N(b),N(_S_)").fit(X, T, CLASSES)
    assert [[one.type for one in transform.inputs] for transform in chain.transforms] == [["Variable"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "N,Decorelate",
            "no transformation is called 'Decorelate'\n  N,Decorelate\n    ^~~~~~~~~~\n  in VarTransform\n"
            f"  expected one of: {', '.join(WORDS)}\n  hint: did you mean 'Decorrelate'?",
        ),
        (
            "n",
            "no transformation is called 'n'\n  n\n  ^\n  in VarTransform\n"
            f"  expected one of: {', '.join(WORDS)}\n  hint: did you mean 'N'?",
        ),
        (
            "none",
            "no transformation is called 'none'\n  none\n  ^~~~\n  in VarTransform\n"
            f"  expected one of: {', '.join(WORDS)}\n  hint: write VarTransform=None alone for no transformation",
        ),
        ("P(a)", "P needs at least 2 inputs\n  P(a)\n  ^~~~\n  in VarTransform"),
        (
            "N,D(_V_,_T_)",
            "D cannot mix variables and targets\n  N,D(_V_,_T_)\n    ^~~~~~~~~~\n  in VarTransform\n"
            "  expected inputs of one type: the targets of an event are not known when it is scored\n  hint: write D(_V_)",
        ),
        (
            "N_Sgnal",
            "there is no class 'Sgnal'\n  N_Sgnal\n    ^~~~~\n  in VarTransform\n"
            "  expected one of: Signal, Back_ground, AllClasses\n"
            "  hint: did you mean 'Signal'?",
        ),
        ("N(_V2_)", "_V2_ is beyond the 2 variables, which are counted from 0\n  N(_V2_)\n    ^~~~\n  in VarTransform"),
        ("N(x)", "no variable is called 'x'\n  N(x)\n    ^\n  in VarTransform\n  expected a label, or _V_, _T_, _S_, _V0_ ..."),
    ],
)
def test_error_of_a_booking(text, message):
    with pytest.raises(OptionError) as caught:
        chain_of(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        (np.zeros((1, 2, 2)), "the ranges of transformation Normalize have the shape (1, 2, 2)"),
        (np.array([[[2.0, 1.0]]]), "a range of transformation Normalize is not a minimum and a maximum"),
        (np.array([[[0.0, np.nan]]]), "a range of transformation Normalize is not a minimum and a maximum"),
    ],
)
def test_error_of_stored_ranges(ranges, message):
    record = TransformRecord("Normalize", [SelectionRecord("Variable", "a", "a")], [], {"ranges": ranges})
    with pytest.raises(DataError) as caught:
        TransformChain.from_records([record], INFO)
    assert caught.value.message == message


def test_error_of_use_before_fit_and_of_too_few_events():
    with pytest.raises(NotFittedError, match="transformation N has no parameters yet"):
        chain_of("N").apply_variables(X)
    with pytest.raises(DataError, match="transformation N needs at least 2 training events"):
        chain_of("N").fit(X[:1], T[:1], CLASSES[:1])
    with pytest.raises(DataError, match="class 'Back_ground' has no training events"):
        chain_of("N").fit(X, T, np.zeros(4, int))


def test_error_of_a_range_beyond_float32():
    with pytest.raises(DataError, match="the range of variable 0 is too wide for float32"):
        chain_of("N", DataSetInfo((declare("a"),))).fit(np.array([[-3e38], [3e38]], np.float32))
