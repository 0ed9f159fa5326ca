"""The DataLoader's call forms, and the data set that follows from them."""

import numpy as np
import pytest

from tmvalite import DataError, DataLoader, OptionError, TmvaliteWarning, Types
from tmvalite.workflow.building import class_weights
from tmvalite.workflow.declarations import understand_prepare_call


def table(n, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(shift, 1, n), "b": rng.normal(size=n), "w": np.full(n, 2.0), "id": np.arange(n)}


def loader(quiet=True):
    made = DataLoader("dataset")
    made.log_settings.silent = quiet
    made.AddSignalTree(table(40, 1.0))
    made.AddBackgroundTree(table(60))
    made.AddVariable("s := a+b", "F")
    made.AddVariable("b", "F")
    return made


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("m_jj",), ("m_jj", "m_jj", "", "F")),
        (("m_jj", "F"), ("m_jj", "m_jj", "", "F")),
        (("m_jj", "I"), ("m_jj", "m_jj", "", "I")),
        (("m_jj", "F", 0.0, 5.0), ("m_jj", "m_jj", "", "F")),
        (("m_jj", "Mass", "GeV"), ("m_jj", "Mass", "GeV", "F")),
        (("m_jj", "Mass", "GeV", "D"), ("m_jj", "Mass", "GeV", "D")),
        (("m_jj", "F", "GeV"), ("m_jj", "F", "GeV", "F")),
        (("m := a + b", "Sum", ""), ("a+b", "Sum", "", "F")),
    ],
)
def test_forms_of_add_variable(args, expected):
    made = DataLoader("dataset")
    made.AddVariable(*args)
    info = made.GetDataSetInfo().GetVariableInfo(0)
    assert (info.GetExpression(), info.GetTitle(), info.GetUnit(), info.GetVarType()) == expected


def test_the_stray_character_of_add_spectator_is_tolerated():
    made = DataLoader("dataset")
    made.AddSpectator("spec1 := a*2", "Spectator 1", "units", "F")
    made.AddSpectator("eventID", "I")
    view = made.GetDataSetInfo()
    assert view.GetNSpectators() == 2
    assert (view.GetSpectatorInfo(0).GetMin(), view.GetSpectatorInfo(0).GetMax()) == (70.0, 0.0)
    assert view.GetSpectatorInfo(1).GetTitle() == "I"


def test_arrays_of_variables_and_their_list():
    made = DataLoader("dataset")
    for i in range(3):
        made.AddVariablesArray(f"vars_time{i}", 4)
    names = made.GetDataSetInfo().GetListOfVariables()
    assert names.size() == 12 and names[5] == "vars_time1[1]"


def test_trees_may_come_before_variables_and_classes_are_numbered_as_they_appear():
    made = DataLoader("dataset")
    made.log_settings.silent = True
    made.AddTree(table(30), "bg0")
    made.AddTree(table(30), "Signal", 1.0, "b > 0", "train")
    made.AddTree(table(30), "Signal", 1.0, "", Types.kTesting)
    made.AddVariable("a")
    data = made.dataset()
    assert data.info.classes == ("bg0", "Signal") and data.info.signal_class == 1
    assert made.GetDataSetInfo().GetSignalClassIndex() == 1
    assert (data.test.class_index == 1).sum() == 30


def test_a_signal_and_a_background_tree_make_a_data_set():
    made = loader()
    made.PrepareTrainingAndTestTree("", "nTrain_Signal=30:nTrain_Background=30:SplitMode=Block:NormMode=NumEvents:!V")
    data = made.dataset()
    assert data is made.dataset()
    assert (len(data.train), len(data.test)) == (60, 40)
    x = table(40, 1.0)
    assert data.train.x[0] == pytest.approx(np.float32([x["a"][0] + x["b"][0], x["b"][0]]))
    assert made.GetDataSetInfo().GetVariableInfo(1).GetMax() == pytest.approx(float(data.train.x[:, 1].max()))


def test_keywords_are_options_as_in_pyroot():
    made = loader()
    made.PrepareTrainingAndTestTree("", "", nTrain_Signal=30.0, nTrain_Background=25.0, SplitMode="Block", V=False)
    assert np.bincount(made.dataset().train.class_index).tolist() == [30, 25]


@pytest.mark.parametrize(
    ("args", "keywords", "cuts", "options"),
    [
        (("a>0", "V"), False, ((None, "a>0"),), "V"),
        (("a>0", "b>0", "V"), False, (("Signal", "a>0"), ("Background", "b>0")), "V"),
        (("a>0",), True, ((None, "a>0"),), ""),
        (("a>0", "b>0"), True, (("Signal", "a>0"), ("Background", "b>0")), ""),
        (
            ("a>0", 10, 20, 30, 40),
            False,
            ((None, "a>0"),),
            "nTrain_Signal=10:nTrain_Background=20:nTest_Signal=30:nTest_Background=40",
        ),
        (
            ("a>0", 10, 20, 30, 40, "SplitMode=Block"),
            False,
            ((None, "a>0"),),
            "nTrain_Signal=10:nTrain_Background=20:nTest_Signal=30:nTest_Background=40:SplitMode=Block",
        ),
        (("a>0", 10), False, ((None, "a>0"),), "nTrain_{class}=10"),
        (("a>0", 10, 5), False, ((None, "a>0"),), "nTrain_{class}=10:nTest_{class}=5"),
        (("SplitMode=Block",), False, (), "SplitMode=Block"),
    ],
)
def test_forms_of_prepare(args, keywords, cuts, options):
    call = understand_prepare_call(args, keywords)
    assert (call.cuts, call.options) == (cuts, options)


def test_numbers_for_every_class():
    made = loader()
    made.PrepareTrainingAndTestTree("", 12, 3)
    data = made.dataset()
    assert np.bincount(data.train.class_index).tolist() == [12, 12]
    assert np.bincount(data.test.class_index).tolist() == [3, 3]


def test_cuts_are_joined_and_belong_to_classes():
    made = loader()
    made.AddCut("a > 0")
    made.PrepareTrainingAndTestTree("b > 0", "b < 1", "SplitMode=Block")
    assert made.cuts == {"Signal": "(a > 0)&&(b > 0)", "Background": "(a > 0)&&(b < 1)"}
    made.SetCut("a > 0.5", "Signal")
    assert made.cuts["Signal"] == "a > 0.5"
    data = made.dataset()
    assert len(data.train) + len(data.test) <= (table(40, 1.0)["a"] > 0.5).sum() + 60


def test_weight_expressions():
    made = loader()
    made.SetWeightExpression("w")
    made.SetBackgroundWeightExpression("w*3")
    made.PrepareTrainingAndTestTree("", "SplitMode=Block:NormMode=None")
    data = made.dataset()
    assert set(data.train.weight[data.train.class_index == 0]) == {2.0}
    assert set(data.train.weight[data.train.class_index == 1]) == {6.0}


def test_a_later_common_weight_replaces_the_ones_before():
    made = loader()
    made.SetSignalWeightExpression("w*7")
    made.SetWeightExpression("w")
    assert class_weights(made.weights, made.common_weight, ["Signal", "Background"]) == {"Signal": "w", "Background": "w"}


def test_old_forms_of_adding_trees():
    made = DataLoader("dataset")
    made.SetInputTrees(table(10), "a > 0", "a <= 0")
    made.AddRegressionTree(table(10), 2.0)
    made.SetInputTrees(table(10), table(10), 3.0, 4.0)
    assert [(t.class_name, t.weight, t.cut) for t in made.trees] == [
        ("Signal", 1.0, "a > 0"),
        ("Background", 1.0, "a <= 0"),
        ("Regression", 2.0, ""),
        ("Signal", 3.0, ""),
        ("Background", 4.0, ""),
    ]


def test_single_events_are_variables_targets_spectators():
    made = DataLoader("dataset")
    made.log_settings.silent = True
    made.AddVariable("a+b")
    made.AddVariable("b")
    made.AddSpectator("id")
    for i in range(4):
        made.AddSignalTrainingEvent([i + 0.5, 2.0, 100 + i], 2.0)
        made.AddBackgroundTrainingEvent((i, 3.0, 200))
        made.AddSignalTestEvent(np.array([9.0, 9.0, 300 + i]))
        made.AddBackgroundTestEvent([8.0, 8.0, 400], 5.0)
    made.PrepareTrainingAndTestTree("", "SplitMode=Block:NormMode=None")
    data = made.dataset()
    assert data.train.x.tolist() == [[0.5, 2], [1.5, 2], [2.5, 2], [3.5, 2], [0, 3], [1, 3], [2, 3], [3, 3]]
    assert data.train.weight.tolist() == [2.0] * 4 + [1.0] * 4
    assert data.test.weight.tolist() == [1.0] * 4 + [5.0] * 4
    assert data.test.spectators["id"].tolist() == [300, 301, 302, 303] + [400] * 4
    assert data.info.variables[0].expression == "a+b"


def test_a_copy_can_be_changed_and_reads_its_own_data():
    made = loader()
    made.dataset()
    copy = made.MakeCopy("other")
    copy.AddVariable("a")
    assert (len(copy.dataset().info.variables), len(made.dataset().info.variables)) == (3, 2)


def test_the_log_names_classes_trees_and_numbers(capsys):
    made = loader(quiet=False)
    made.PrepareTrainingAndTestTree("", "SplitMode=Block")
    made.dataset()
    out = capsys.readouterr().out
    for line in (
        'DataSetInfo              : [dataset] : Added class "Signal"',
        "DataSetFactory           : [dataset] : Number of events in input trees",
        "                         : Background -- training and testing events: 60",
        "DataSetInfo              : Correlation matrix (Background):",
    ):
        assert line in out.splitlines()


def test_a_constant_variable_warns_when_the_data_are_read():
    made = loader()
    made.AddVariable("w")
    with pytest.warns(TmvaliteWarning, match="constant"):
        made.dataset()


def message(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_error_names_the_call_that_is_missing():
    empty = DataLoader("dataset")
    assert message(DataError, empty.dataset) == "data set 'dataset' has no variables\n  hint: call AddVariable first"
    empty.AddVariable("a")
    assert message(DataError, empty.dataset) == (
        "data set 'dataset' has no data\n  hint: call AddSignalTree and AddBackgroundTree, AddTree, or AddRegressionTree first"
    )
    assert message(DataError, lambda: empty.SetCut("a>0")) == (
        "SetCut without a class came before any class was declared\n  hint: add the trees first, or name the class"
    )
    assert message(DataError, lambda: empty.PrepareTrainingAndTestTree("a>0", "")) == (
        "a cut was given before any class was declared\n"
        "  hint: call AddSignalTree, AddBackgroundTree, AddTree or AddRegressionTree first"
    )
    assert message(DataError, lambda: DataLoader("d").AddSignalTestEvent([1.0])) == (
        "an event was added before any variable was declared\n  hint: call AddVariable first"
    )
    assert message(DataError, lambda: empty.AddSignalTestEvent([1.0, 2.0])) == (
        "class Signal: an event of 2 values, but 1 are declared\n"
        "  expected the values of all variables, then targets, then spectators"
    )


def test_error_of_a_declaration_after_reading():
    made = loader()
    made.dataset()
    assert message(DataError, lambda: made.AddVariable("a")) == (
        "AddVariable came after data set 'dataset' was read\n"
        "  hint: declare everything before the first BookMethod, or use another DataLoader"
    )


def test_error_of_a_cut_for_a_class_that_is_not_there():
    made = DataLoader("dataset")
    made.AddRegressionTree(table(10))
    assert message(DataError, lambda: made.PrepareTrainingAndTestTree("a>0", "b>0", "")) == (
        "the cut 'a>0' is for class Signal, which does not exist\n"
        "  expected one of: Regression\n"
        "  hint: PrepareTrainingAndTestTree(cut, options) applies one cut to every class"
    )


def test_error_of_a_weight_that_misses_a_class():
    assert message(DataError, lambda: class_weights({}, "w", ["Signal", "bg0"])) == (
        "the weight 'w' was given without a class, which reaches Signal and Background but not bg0\n"
        "  hint: call SetWeightExpression('w', 'bg0')"
    )


def test_error_of_a_call_that_prepare_does_not_have():
    assert message(OptionError, lambda: DataLoader("d").PrepareTrainingAndTestTree("", 1, 2, 3)) == (
        "PrepareTrainingAndTestTree cannot be called with 4 arguments of these types\n"
        "  expected (cut, options), (signal cut, background cut, options), (cut, nTrain, nTest) or keywords after the cuts"
    )


@pytest.mark.parametrize("name", ["", "/tmp/x", "a/../../b"])
def test_error_of_a_data_set_name_that_leaves_the_working_folder(name):
    assert message(OptionError, lambda: DataLoader(name)) == (
        f"'{name}' cannot name a data set\n  expected a folder name below the working folder"
    )


def test_error_of_a_missing_tree():
    assert message(DataError, lambda: DataLoader("d").AddSignalTree(None)) == (
        "the tree for class Signal is None\n  hint: was it found in its file?"
    )


def test_error_of_an_option_that_prepare_does_not_know():
    made = loader()
    made.PrepareTrainingAndTestTree("", "SplitMod=Random")
    assert message(OptionError, made.dataset).startswith("no option is called 'SplitMod'\n  SplitMod=Random\n  ^~~~~~~~\n")
