"""Declarations, names and samples of events."""

from __future__ import annotations

import numpy as np
import pytest

from tmvalite.data.info import NO_MAXIMUM, NO_MINIMUM, DataSetInfo, Events, declare, declare_array, internal_name
from tmvalite.errors import DataError


def test_label_and_expression_lose_their_blanks():
    info = declare("my var1 := var1 + var2", "A title", "GeV", "D")
    assert (info.label, info.expression, info.title, info.unit, info.type) == ("myvar1", "var1+var2", "A title", "GeV", "D")
    assert (info.minimum, info.maximum, info.has_range) == (NO_MINIMUM, NO_MAXIMUM, False)
    assert declare("var3").title == "var3"
    assert (declare("x", minimum=-1, maximum=2).minimum, declare("x", minimum=-1, maximum=2).has_range) == (-1.0, True)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("log(pt)", "log_pt_"),
        ("vars[3]", "vars_3_"),
        ("var1+var2", "var1_P_var2"),
        ("a*b/c-d", "a_T_b_D_c_M_d"),
        ("TMath::Abs(x)", "TMath_Abs_x_"),
        ("p_{T}(A_{3})", "p_{T}_A_{3}_"),
        ("a<=b", "a__b"),
        ("btag_jet_over2.4", "btag_jet_over2.4"),
    ],
)
def test_internal_names_follow_tmva(label, name):
    assert internal_name(label) == name


def test_array_variables_share_label_and_expression():
    first, second = declare_array("vars", 2)
    assert (second.expression, second.label, second.title, second.internal, second.type) == (
        "vars",
        "vars",
        "[1]",
        "vars[1]",
        "F[]",
    )
    assert (first.index, second.index) == (0, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x := ", "the expression of 'x := ' is empty\n  x := \n      ^\n  expected 'expression' or 'label := expression'"),
        (" := y", "the label before ':=' is empty\n   := y\n  ^~~\n  expected 'expression' or 'label := expression'"),
    ],
)
def test_error_of_an_empty_part(text, message):
    with pytest.raises(DataError) as caught:
        declare(text)
    assert str(caught.value) == message


def test_names_of_arrays_are_kept_exactly():
    info = DataSetInfo.from_names(["jet1_b-tag", "a b"], classes=["s", "Signal"])
    assert [v.expression for v in info.variables] == ["jet1_b-tag", "a b"]
    assert (info.n_variables, info.n_classes, info.signal_class) == (2, 2, 1)


def test_events_are_taken_and_joined():
    x = np.arange(6, dtype=np.float32).reshape(3, 2)
    events = Events(x, np.empty((3, 0), np.float32), {"id": np.array([7, 8, 9])}, np.ones(3), np.zeros(3, np.int64))
    two = events.take([2, 0])
    assert two.x.tolist() == [[4, 5], [0, 1]] and two.spectators["id"].tolist() == [9, 7]
    assert len(Events.concatenate([events, two])) == 5
