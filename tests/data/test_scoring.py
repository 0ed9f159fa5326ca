"""Variables of a trained method found in a table: by name, by expression, never by a guess."""

from __future__ import annotations

import numpy as np
import pytest

from tmvalite.data.info import VariableInfo, declare, declare_array
from tmvalite.data.tables import scored_events
from tmvalite.errors import DataError

A, B = np.array([1.0, 2.0, 4.0]), np.array([0.5, -1.0, 3.0])
VARIABLES = (declare("myvar1 := a+b"), declare("TMath::Log(a+1)"), declare("b"))


def scored(table, variables=VARIABLES):
    return scored_events(table, variables)[0]


def test_expressions_are_computed_from_their_parts_in_any_order_of_columns():
    expected = np.stack([A + B, np.log(A + 1), B], axis=1)
    np.testing.assert_allclose(scored({"extra": A, "b": B, "a": A}), expected, rtol=1e-15)


def test_columns_by_label_expression_or_internal_name_are_taken_where_the_parts_are_missing():
    table = {"b": B, "myvar1": A, "TMath_Log_a_P_1_": 2 * A}
    assert np.array_equal(scored(table), np.stack([A, 2 * A, B], axis=1))
    assert np.array_equal(scored({"b": B, "a+b": A, "TMath::Log(a+1)": 2 * A}), np.stack([A, 2 * A, B], axis=1))


def test_one_event_as_a_dict():
    x, single = scored_events({"a": 1.0, "b": 0.5}, VARIABLES)
    assert single and np.allclose(x, [[1.5, np.log(2), 0.5]])


def test_a_label_that_is_its_own_part_is_the_part():
    assert scored({"x": A}, (declare("x := 2*x"),))[:, 0].tolist() == (2 * A).tolist()


def test_elements_of_arrays():
    table = {"v": np.arange(6.0).reshape(3, 2), "j": [[1.0, 2.0], [3.0], []]}
    variables = (*declare_array("v", 2), declare("v[1]*10"), declare("Alt$(j[1],-1)"), declare("j[1]"))
    x = scored(table, variables)
    assert x[:, :4].tolist() == [[0, 1, 10, 2], [2, 3, 30, -1], [4, 5, 50, -1]]
    assert x[0, 4] == 2 and np.isnan(x[1:, 4]).all()


def test_names_that_are_no_expressions_are_columns():
    assert scored({"jet1_b-tag": A}, (VariableInfo("jet1_b-tag"),))[:, 0].tolist() == A.tolist()
    assert scored({"jet1_b-tag": A}, (declare("`jet1_b-tag`*2"),))[:, 0].tolist() == (2 * A).tolist()


def refusal(table, variables=VARIABLES):
    with pytest.raises(DataError) as caught:
        scored(table, variables)
    return str(caught.value)


def test_error_where_a_column_and_the_expression_disagree():
    assert refusal({"a": A, "b": B, "myvar1": A + B + 1}) == (
        "column 'myvar1' is 2.5 in row 0, but 'a+b' is 1.5 there\n  in the dict of arrays\n"
        "  hint: leave the column 'myvar1' out, or the columns of the expression"
    )
    scored({"a": A, "b": B, "myvar1": (A + B).astype(np.float32)})


def test_error_of_missing_parts_names_them():
    assert refusal({"b": B}) == (
        "the events have no column 'myvar1'\n  expected columns myvar1, TMath::Log(a+1), b\n"
        "  hint: 'a+b' is computed where the table has 'a'"
    )


def test_error_never_offers_the_column_of_another_variable():
    variables = (VariableInfo("var1"), VariableInfo("var2"))
    assert refusal({"var2": A, "other": B}, variables) == "the events have no column 'var1'\n  expected columns var1, var2"
    assert "did you mean 'var_1'?" in refusal({"var_1": A, "var2": B}, variables)
