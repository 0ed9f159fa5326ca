"""Every public member of TMVA's classes: what the table promises is there, and what is not says what to use."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import tmvalite
from tests.workflow.fake import FakeMethod, info_of
from tests.workflow.test_factory import QUIET, loader, run
from tmvalite import DataLoader, Factory, NotProvidedError, Reader, Types
from tmvalite.evaluation.importance import Importance
from tmvalite.workflow.config import Config
from tmvalite.workflow.curves import RocCanvas
from tmvalite.workflow.importance_histogram import ImportanceHistogram
from tmvalite.workflow.loader_info import ClassView

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tmva-members.md"


@pytest.fixture(scope="module")
def table():
    spec = importlib.util.spec_from_file_location("make_members_table", PAGE.parent / "make_members_table.py")
    module = sys.modules["make_members_table"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def objects(fake_method):
    """One object of every class that has members of TMVA, by the name of the class."""
    factory, data = Factory("Job", QUIET + ":!ROC"), loader()
    run(factory, data)
    method = FakeMethod()
    method.info = info_of(["x"])
    method.save("fake.weights.xml")
    reader = Reader("Silent")
    reader.AddVariable("x")
    info, canvas = data.GetDataSetInfo(), factory.GetROCCurve(data)
    found = [factory, data, reader, factory.GetMethod(data, "DNN"), reader.BookMVA("DNN", "fake.weights.xml"), info]
    found += [info.GetClassInfo(0), info.GetVariableInfo(0), canvas, canvas.graphs[0], tmvalite.ROCCurve([1, 0], [True, False])]
    found += [tmvalite.gConfig(), tmvalite.gConfig().GetIONames(), tmvalite.gConfig().GetVariablePlotting()]
    found += [Types.Instance(), tmvalite.gTools(), tmvalite.Experimental, tmvalite.Experimental.RReader("fake.weights.xml")]
    found += [Types.Instance(), tmvalite.gTools(), tmvalite.CrossValidation("Job", data), tmvalite.CvSplitKFolds(2)]
    importance = Importance(("a",), np.ones(1), np.ones(1), 0.5, "loss")
    found += [tmvalite.HyperParameterOptimisation(data), ImportanceHistogram("DNN", importance)]
    return {type(of): of for of in found}


def test_the_page_is_the_one_that_the_classes_give(table):
    assert PAGE.read_text("utf-8") == table.render(), "run python docs/make_members_table.py"


def test_no_member_is_listed_twice(table):
    for group in table.GROUPS:
        assert len(set(group.provided)) == len(group.provided), group.title
        assert not set(group.provided) & set(group.absent), group.title


def test_every_member_that_the_table_calls_there_is_there(table, objects):
    for group in table.GROUPS:
        for owner in group.classes:
            of = objects.get(owner, owner)
            for name in group.provided:
                assert hasattr(of, name), f"{group.title}: {name}"


def test_every_member_that_is_not_there_says_in_one_sentence_what_to_use(table, objects):
    for group in table.GROUPS:
        for owner in group.classes:
            of = objects.get(owner, owner)
            for name, sentence in group.absent.items():
                assert not hasattr(of, name), f"{group.title}: {name}"
                with pytest.raises(NotProvidedError) as caught:
                    getattr(of, name)
                assert str(caught.value).endswith(f"{name} is not part of tmvalite: {sentence}") and "\n" not in str(caught.value)


def test_a_name_that_tmva_does_not_have_is_an_error_of_python(objects):
    for of in objects.values():
        with pytest.raises(AttributeError) as caught:
            of.NoSuchName  # noqa: B018
        assert not isinstance(caught.value, NotProvidedError)


def test_only_a_category_has_add_method(fake_method):
    factory, data = Factory("Job", QUIET), loader()
    assert hasattr(factory.BookMethod(data, Types.kCategory, "C"), "AddMethod")
    with pytest.raises(NotProvidedError, match="a category is booked with Types.kCategory"):
        factory.BookMethod(data, Types.kDL, "D").AddMethod("abs(a)<1.3", "a:b", Types.kDL, "C1", "")


@pytest.mark.parametrize("name", ["Envelope", "TMVAGui"])
def test_names_of_the_namespace_that_are_not_there_yet(name):
    with pytest.raises(NotProvidedError, match=f"^{name} is not part of tmvalite: "):
        getattr(tmvalite, name)


def test_types_and_their_names():
    assert Types.Instance().GetMethodType("DL") is Types.kDL
    assert Types.Instance().GetMethodName(Types.kBDT) == "BDT"
    assert Types.Instance() is Types.Instance() and Types.kGauss == 5


def test_settings_for_everything_at_once(fake_method, capsys):
    config = tmvalite.gConfig()
    config.SetSilent()
    try:
        run(Factory("Job", "!Color:AnalysisType=Classification"), loader())
        assert capsys.readouterr().out == ""
        assert config.IsSilent()
    finally:
        config.SetSilent(False)
    assert Config.Instance() is config and config.GetNCpu() >= 1


def test_tools_that_scripts_call(capsys):
    tools = tmvalite.gTools()
    tools.TMVAWelcomeMessage()
    assert tmvalite.__version__ in capsys.readouterr().out
    assert tools.SplitString("a:b", ":") == ["a", "b"]
    assert (tools.CheckForSilentOption("V:Silent"), tools.CheckForSilentOption("!Silent")) == (True, False)
    assert tools.CheckForVerboseOption("H:V") and not tools.CheckForVerboseOption("H:!V")
    assert (tools.GetXTitleWithUnit("m", "GeV"), tools.GetXTitleWithUnit("m", "")) == ("m [GeV]", "m")
    assert tools.StringFromDouble(0.5) == "5.0000000000000000e-01" and tools.StringFromInt(3) == "3"


def test_short_texts_and_tables_for_notebooks(fake_method, capsys):
    factory, data = Factory("Job", QUIET + ":!ROC"), loader()
    run(factory, data)
    assert repr(data) == "DataLoader('dataset': 2 variables, classes Signal, Background, 2 trees, read)"
    assert repr(factory) == "Factory('Job': 1 method)"
    factory.Print()
    head, columns, row = capsys.readouterr().out.splitlines()
    assert row.split() == ["dataset", "DNN", "DL", "classification", "tested", f"{factory.GetROCIntegral(data, 'DNN'):.3f}"]
    assert repr(factory.GetMethod(data, "DNN")) == "<DL 'DNN', classification, trained>"
    assert repr(data.GetDataSetInfo()) == "<data set 'dataset': 2 variables, classes Signal, Background>"
    events = data.dataset()
    counts = f"{len(events.train)} training and {len(events.test)} test events"
    assert repr(events) == f"<data set 'dataset': {counts}, 2 variables (a, b), classes Signal, Background>"
    assert (
        repr(events.test)
        == f"<{len(events.test)} events, 2 variables, 0 targets, 0 spectators, sum of weights {events.test.weight.sum():g}>"
    )
    assert counts in events._repr_html_() and "NormMode" in events._repr_html_()
    for of, cells in ((factory, ("DNN", "tested")), (data, ("a", "b", "variable")), (data.GetDataSetInfo(), ("a", "variable"))):
        assert all(f"<td>{cell}</td>" in of._repr_html_() for cell in cells)
    assert isinstance(RocCanvas("c", [])._repr_png_(), bytes)


def test_html_shows_what_the_user_wrote_as_text():
    data = DataLoader("d")
    data.AddVariable("a<b && c>d", "<script>alert(1)</script>", "u<v")
    html = data._repr_html_()
    assert "<script>" not in html and "a&lt;b&amp;&amp;c&gt;d" in html and "u&lt;v" in html
    many = DataLoader("d")
    many.AddVariablesArray("x", 100)
    assert many._repr_html_().count("<tr>") == 31 and "... and 70 more" in many._repr_html_()


def test_a_class_of_the_data_set():
    data = loader()
    data.SetCut("a>0", "Signal")
    info = data.GetDataSetInfo()
    view = info.GetClassInfo("Signal")
    assert isinstance(view, ClassView)
    assert (view.GetName(), view.GetNumber(), view.GetWeight(), view.GetCut()) == ("Signal", 0, "w", "a>0")
    assert (info.GetCut(1), info.HasCuts(), info.GetWeightExpression(1)) == ("", True, "w")
    with pytest.raises(tmvalite.DataError, match="there is no class 'Signl'"):
        info.GetClassInfo("Signl")


def lines_of(error, *arguments):
    """What a notebook shows of an error that user code at this place leads to."""
    with pytest.raises(tmvalite.TmvaliteError) as caught:
        error(*arguments)
    return caught.value._render_traceback_()


def test_a_notebook_shows_the_lines_of_the_user_and_the_message():
    def of_the_user(path):
        tmvalite.load(path)

    *lines, last = lines_of(of_the_user, "nothing.weights.xml")
    assert last == "FileError: there is no file 'nothing.weights.xml'"
    assert len(lines) == 2 and lines[1].endswith(":\n    tmvalite.load(path)\n")
    assert all(line.startswith(f"in {__file__}, line ") for line in lines)
