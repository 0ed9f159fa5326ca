"""The Reader: declarations against the file, registered arrays, whole arrays, and what it says when they do not fit."""

import ctypes
from array import array
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas
import pytest

from tests.workflow.fake import FakeMethod, info_of
from tmvalite import DataError, FileError, OptionError, Reader, TmvaliteWarning

VARIABLES = ["var1+var2", "var3", "var4"]


@pytest.fixture
def weights(fake_method):
    """Path of a weight file of three variables and two spectators."""
    method = FakeMethod()
    method.info = info_of(VARIABLES, spectators=["var1*2", "eventID"])
    method.save("fake.weights.xml")
    return "fake.weights.xml"


def declared(variables=("myvar := var1 + var2", "var3", "var4"), spectators=("spec1:=var1*2", "eventID")):
    reader = Reader("!Color:!Silent")
    for expression in variables:
        reader.AddVariable(expression)
    for expression in spectators:
        reader.AddSpectator(expression)
    return reader


def test_registered_arrays_are_read_at_each_call(weights):
    reader = Reader("!Color:!Silent")
    values = [array("f", [0.0]), np.zeros(1, dtype=np.float32), ctypes.c_float(0.0)]
    for expression, value in zip(VARIABLES, values, strict=True):
        reader.AddVariable(expression, value)
    reader.AddSpectator("var1*2", array("f", [0.0]))
    reader.AddSpectator("eventID", array("i", [7]))
    reader.BookMVA("DNN", weights)
    values[0][0], values[1][0], values[2].value = 1.0, 2.0, 4.0
    assert reader.EvaluateMVA("DNN") == 7.0
    values[0][0] = 10.0
    assert reader.EvaluateMVA("DNN") == 16.0
    assert isinstance(reader.EvaluateMVA("DNN"), float)


def test_events_as_arrays_and_one_event_give_the_same_values(weights):
    reader = declared()
    method = reader.BookMVA("DNN", weights)
    x = np.arange(12, dtype=np.float64).reshape(4, 3)
    values = reader.EvaluateMVA(x, "DNN")
    assert values.shape == (4,)
    assert [reader.EvaluateMVA(event, "DNN") for event in x] == values.tolist()
    assert reader.EvaluateMVA([0.0, 1.0, 2.0], "DNN") == 3.0
    assert reader.FindMVA("DNN") is method and reader.FindMVA("other") is None


def test_columns_of_a_table_are_taken_by_name_in_any_order(weights):
    reader = declared()
    reader.BookMVA("DNN", weights)
    table = pandas.DataFrame({"var4": [100.0, 200.0], "unused": [np.nan, np.nan], "var3": [10.0, 20.0], "myvar": [1.0, 2.0]})
    assert reader.EvaluateMVA(table, "DNN").tolist() == [111.0, 222.0]
    assert reader.EvaluateMVA({"var1+var2": np.ones(2), "var3": np.ones(2), "var4": np.ones(2)}, "DNN").tolist() == [3.0, 3.0]


def test_one_event_with_nan_gives_minus_999_and_a_warning_but_an_array_gives_nan(weights):
    reader = declared()
    reader.BookMVA("DNN", weights)
    event = np.array([1.0, np.nan, 2.0])
    with pytest.warns(TmvaliteWarning, match="var3 is not finite: the answer is -999"):
        assert reader.EvaluateMVA(event, "DNN") == -999.0
    assert np.isnan(reader.EvaluateMVA(np.array([event, event]), "DNN")).all()


def test_regression_and_multiclass_answers(fake_method):
    method = FakeMethod(analysis_type="regression")
    method.info = info_of(["x", "y"], targets=["t1", "t2"], classes=["Regression"])
    method.save("r.xml")
    reader = declared(["x", "y"], [])
    reader.BookMVA("R", "r.xml")
    assert reader.EvaluateRegression([1.0, 2.0], "R").tolist() == [3.0, 3.0]
    assert reader.EvaluateRegression(np.ones((4, 2)), "R").shape == (4, 2)
    method.analysis_type, method.info = "multiclass", info_of(["x", "y"], classes=["a", "b", "c"])
    method.save("m.xml")
    reader.BookMVA("M", "m.xml")
    assert reader.EvaluateMulticlass([1.0, 2.0], "M").tolist() == [1.0, 2.0, 1.0]


def test_one_target_by_its_number(fake_method):
    method = FakeMethod(analysis_type="regression")
    method.info = info_of(["x"], targets=["t"], classes=["Regression"])
    method.save("r.xml")
    reader, value = Reader("!Color:!Silent"), array("f", [2.5])
    reader.AddVariable("x", value)
    reader.BookMVA("R", "r.xml")
    assert reader.EvaluateRegression("R").tolist() == [2.5]
    assert reader.EvaluateRegression(0, "R") == 2.5
    with pytest.warns(TmvaliteWarning, match="there is no target 3, only 0 to 0: the answer is 0"):
        assert reader.EvaluateRegression(3, "R") == 0.0


def test_arrays_of_variables_share_one_array(fake_method):
    method = FakeMethod()
    method.info = info_of(["vars"] * 3 + ["x"])
    method.save("a.xml")
    values, x = np.array([1, 2, 3], dtype=np.float32), array("f", [10])
    for declare in (
        lambda r: r.AddVariablesArray("vars", 3, values),
        lambda r: r.AddVariablesArray("vars", values),
        lambda r: r.DataInfo().AddVariablesArray("vars", 3, array=values),
    ):
        reader = Reader("Silent")
        declare(reader)
        reader.AddVariable("x", x)
        reader.BookMVA("A", "a.xml")
        assert reader.EvaluateMVA("A") == 16.0
    values[1] = 5.0
    assert reader.EvaluateMVA("A") == 19.0
    assert reader.DataInfo().GetListOfVariables().size() == 4


def test_names_in_the_constructor(weights):
    for reader in (Reader(VARIABLES, "Silent"), Reader("var1+var2:var3:var4", "Silent", False)):
        assert [reader.DataInfo().GetVariableInfo(i).GetExpression() for i in range(3)] == VARIABLES


def test_values_that_deep_learning_never_has(weights):
    reader = declared()
    reader.BookMVA("DNN", weights)
    assert (reader.GetMVAError(), reader.GetMVAErrorUpper(), reader.GetMVAErrorLower()) == (-1.0, -1.0, -1.0)
    assert (reader.GetProba("DNN"), reader.GetRarity("DNN")) == (-1.0, 0.0)


def test_threads_share_one_reader(weights):
    reader = declared()
    reader.BookMVA("DNN", weights)
    x = np.random.default_rng(0).normal(size=(50, 20, 3))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda part: reader.EvaluateMVA(part, "DNN"), x))
    assert np.array_equal(found, [reader.EvaluateMVA(part, "DNN") for part in x])


def test_a_silent_reader_prints_nothing(weights, capsys):
    reader = Reader("Silent")
    for name in VARIABLES:
        reader.AddVariable(name)
    reader.AddSpectator("var1*2")
    reader.AddSpectator("eventID")
    reader.BookMVA("DNN", weights)
    assert capsys.readouterr().out == ""
    declared().BookMVA("DNN", weights)
    assert capsys.readouterr().out == " " * 25 + ': Booking "DNN" of type "DL" from fake.weights.xml.\n'


@pytest.mark.parametrize(
    ("variables", "spectators", "message"),
    [
        (
            ("var3", "var1+var2", "var4"),
            ("var1*2", "eventID"),
            "the variables of the Reader are those of the weight file in another order\n"
            "  in weight file fake.weights.xml\n"
            "  expected var1+var2, var3, var4 (declared: var3, var1+var2, var4)\n"
            "  hint: call AddVariable in the order of the file",
        ),
        (
            ("var1+var2", "var3", "var5"),
            ("var1*2", "eventID"),
            "variable 2 of the Reader is 'var5', but 'var4' in the weight file\n"
            "  in weight file fake.weights.xml\n"
            "  expected var1+var2, var3, var4",
        ),
        (
            ("var1+var2", "var3"),
            ("var1*2", "eventID"),
            "the weight file has 3 variables, the Reader 2\n"
            "  in weight file fake.weights.xml\n"
            "  expected var1+var2, var3, var4\n"
            "  hint: call AddVariable for each of them before BookMVA",
        ),
        (
            (),
            (),
            "the weight file has 3 variables, the Reader 0\n"
            "  in weight file fake.weights.xml\n"
            "  expected var1+var2, var3, var4\n"
            "  hint: call AddVariable for each of them before BookMVA; "
            "tmvalite.load(file).GetMvaValues(X) needs no declarations",
        ),
        (
            ("var1+var2", "var3", "var4"),
            ("var1*2",),
            "the weight file has 2 spectators, the Reader 1\n"
            "  in weight file fake.weights.xml\n"
            "  expected var1*2, eventID\n"
            "  hint: call AddSpectator for each of them before BookMVA",
        ),
    ],
)
def test_error_of_declarations_that_are_not_those_of_the_file(weights, variables, spectators, message):
    reader = declared(variables, spectators)
    with pytest.raises(DataError) as caught:
        reader.BookMVA("DNN", weights)
    assert str(caught.value) == message
    assert reader.FindMVA("DNN") is None


def test_error_of_a_label_that_hides_another_expression(fake_method):
    method = FakeMethod()
    method.info = info_of([])
    from tmvalite.data.info import DataSetInfo, declare

    method.info = DataSetInfo((declare("m := a+b"),), classes=("Signal", "Background"))
    method.save("label.xml")
    with pytest.raises(DataError) as caught:
        declared(["m := a-b"], []).BookMVA("DNN", "label.xml")
    assert str(caught.value) == (
        "variable 0 of the Reader is 'a-b', but 'a+b' in the weight file\n"
        "  in weight file label.xml\n"
        "  expected a+b\n"
        "  hint: the expression counts, not the label before ':='"
    )


def test_error_tags(weights):
    reader = declared()
    with pytest.raises(OptionError) as caught:
        reader.EvaluateMVA([1.0, 2.0, 3.0], "DNN")
    assert str(caught.value) == "no method is booked as 'DNN'\n  expected a BookMVA call first"
    reader.BookMVA("DNN method", weights)
    with pytest.raises(OptionError) as caught:
        reader.EvaluateMVA("DNN methd")
    assert str(caught.value) == (
        "no method is booked as 'DNN methd'\n  expected one of: DNN method\n  hint: did you mean 'DNN method'?"
    )
    with pytest.raises(OptionError) as caught:
        reader.BookMVA("DNN method", weights)
    assert str(caught.value) == "the tag 'DNN method' is taken\n  hint: give each weight file its own tag"


def test_error_missing_file(weights):
    reader = declared()
    with pytest.raises(FileError) as caught:
        reader.BookMVA("DNN", "fake.weight.xml")
    assert str(caught.value) == "there is no weight file 'fake.weight.xml'\n  hint: did you mean 'fake.weights.xml'?"
    with pytest.raises(FileError) as caught:
        reader.BookMVA("DNN", "dataset/weights/x.weights.xml")
    assert str(caught.value) == (
        "there is no weight file 'dataset/weights/x.weights.xml'\n"
        "  hint: the folder 'dataset/weights' does not exist; Factory writes to <dataset>/weights/<job>_<title>.weights.xml"
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([0.0], "the list given for 'x' is no array that can be filled later\n  expected array('f', [0.0])"),
        (array("i", [0]), "the array given for 'x' holds int32, but variables are floats\n  expected array('f', [0.0])"),
        (np.zeros(2, "f"), "the array given for 'x' has shape (2,), not (1,)\n  expected array('f', [0.0])"),
    ],
)
def test_error_of_an_array_that_cannot_be_read(value, message):
    reader = Reader()
    with pytest.raises(DataError) as caught:
        reader.AddVariable("x", value)
    assert str(caught.value) == message
    assert reader.DataInfo().GetNVariables() == 0


def test_error_of_events_that_do_not_fit(weights):
    reader = declared()
    reader.BookMVA("DNN", weights)
    with pytest.raises(DataError) as caught:
        reader.EvaluateMVA(np.zeros((5, 2)), "DNN")
    assert str(caught.value) == (
        "the events have shape (5, 2), the method has 3 variables\n  expected (events, 3), or (3,) for one event"
    )
    with pytest.raises(DataError) as caught:
        reader.EvaluateMVA("DNN")
    assert str(caught.value) == (
        "no array is registered for 'myvar', 'var3', 'var4'\n"
        "  hint: call EvaluateMVA(events, 'DNN'), or give AddVariable an array('f', [0.0])"
    )
    with pytest.raises(DataError) as caught:
        reader.EvaluateMVA({"myvar": [1.0], "var3": [1.0], "var44": [1.0]}, "DNN")
    assert str(caught.value) == (
        "the events have no column 'var4'\n  expected columns myvar, var3, var4\n  hint: did you mean 'var44'?"
    )
