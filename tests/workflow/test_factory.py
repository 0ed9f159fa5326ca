"""The Factory with a fake method: order of the calls, analysis types, tables, curves, files, and every refusal."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.naive.roc import pairwise_area
from tests.workflow.fake import unwrapped
from tmvalite import DataError, DataLoader, Factory, FileError, OptionError, ShapeError, TmvaliteWarning, Types, gConfig
from tmvalite.workflow.method_booking import resolve_analysis_type, weight_file_path

QUIET = "!V:Silent:!Color:AnalysisType=Classification"


def table(n, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(shift, 1, n), "b": rng.normal(size=n), "t": rng.normal(size=n), "w": rng.uniform(0.5, 1.5, n)}


def loader(name="dataset"):
    made = DataLoader(name)
    made.AddSignalTree(table(60, 1.0, 1))
    made.AddBackgroundTree(table(80, 0.0, 2))
    made.AddVariable("a", "F")
    made.AddVariable("b", "F")
    made.SetWeightExpression("w")
    made.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    return made


def regression_loader():
    made = DataLoader("datasetreg")
    made.AddVariable("a")
    made.AddTarget("t")
    made.AddTarget("t2 := b")
    made.AddRegressionTree(table(100))
    return made


def multiclass_loader():
    made = DataLoader("datasetmulti")
    for i, name in enumerate(("Signal", "bg0", "bg1")):
        made.AddTree(table(50, i, i), name)
    made.AddVariable("a")
    made.AddVariable("b")
    return made


def run(factory, data, titles=("DNN",), options=""):
    for title in titles:
        factory.BookMethod(data, Types.kDL, title, options)
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    return factory


def message(error, call):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_a_whole_classification(fake_method, capsys):
    factory, data = Factory("Job", "!V:!Silent:!Color:Transformations=I;D:AnalysisType=Classification"), loader()
    assert factory.BookMethod(data, Types.kDL, "Good", "H").title == "Good"
    factory.BookMethod(data, "DL", "Worse", "Worse", V=True)
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    lines = unwrapped(capsys.readouterr().out).splitlines()
    blank = " " * 25 + ": "
    for line in (
        "Factory                  : Booking method: Good",
        "Factory                  : Train all methods",
        "Factory                  : Train method: Good for Classification",
        "epoch 1",
        blank + "Creating xml weight file: dataset/weights/Job_Good.weights.xml",
        "TFHandler_Factory        : ",
        "Variable        Mean        RMS   [        Min        Max ]",
        "IdTransformation         : Ranking result (top variable is best ranked)",
        blank + "Rank : Variable  : Separation",
        "Good                     : [dataset] : Evaluation of Good on testing sample (70 events)",
        "Evaluation results ranked by best signal efficiency and purity (area)",
        "Factory                  : Thank you for using TMVA!",
    ):
        assert line in lines, line
    rows = [line for line in lines if line.startswith("dataset       ")]
    assert [row.split()[1] for row in rows[:2]] == ["Good", "Worse"]
    assert rows[0] == f"dataset       Good           : {factory.GetROCIntegral(data, 'Good'):.3f}"
    assert Path("dataset/weights/Job_Worse.weights.xml").exists()


def test_areas_are_exact_and_weighted_on_either_sample(fake_method):
    factory, data = Factory("Job", QUIET), loader()
    run(factory, data)
    for kind, events in ((Types.kTesting, data.dataset().test), (Types.kTraining, data.dataset().train)):
        expected = pairwise_area(events.x.sum(axis=1), events.class_index == 0, events.weight)
        assert factory.GetROCIntegral("dataset", "DNN", 0, kind) == pytest.approx(expected, abs=1e-12)
    assert factory.GetROCIntegral(data, "DNN") == factory.GetROCIntegral("dataset", "DNN", 1)


def test_signal_is_the_class_of_that_name_even_if_it_comes_second(fake_method):
    data = DataLoader("dataset")
    data.AddBackgroundTree(table(60, 0.0, 2))
    data.AddSignalTree(table(60, 3.0, 1))
    data.AddVariable("a")
    assert run(Factory("Job", QUIET), data).GetROCIntegral(data, "DNN") > 0.9


def test_a_silent_factory_prints_its_tables_only(fake_method, capsys):
    run(Factory("Job", QUIET), loader())
    lines = unwrapped(capsys.readouterr().out).splitlines()
    assert "Evaluation results ranked by best signal efficiency" in lines[1]
    assert not any("Train method" in line or "Added class" in line for line in lines)
    run(Factory("Job", QUIET + ":!ROC"), loader())
    assert capsys.readouterr().out == ""


def test_a_whole_regression(fake_method, capsys):
    data = regression_loader()
    factory = run(Factory("Job", "!Color:AnalysisType=Regression"), data, ("R",))
    out = unwrapped(capsys.readouterr().out)
    assert "Evaluation results ranked by smallest RMS on training sample:" in out
    assert "Rank : Variable  : Mutual information" in out
    record = factory.record(data, "R")
    events = data.dataset().test
    assert record.deviation("test", 1).bias == pytest.approx(float(np.mean(events.x[:, 0] - events.targets[:, 1])), abs=1e-6)
    assert message(OptionError, lambda: factory.GetROCIntegral(data, "R")) == (
        "a regression has no ROC curve\n  hint: EvaluateAllMethods prints bias and RMS"
    )


def ranked(out, sample):
    """(title or target, RMS as text) of every row of the table of a sample."""
    lines = out.split(f"ranked by smallest RMS on {sample}")[1].splitlines()
    _, begin, end, *_ = [i for i, line in enumerate(lines) if line.startswith("---")]
    rows = [line.split(":") for line in lines[begin + 1 : end]]
    return [(name.strip(), numbers.split()[2:3]) for name, numbers in rows]


def test_a_regression_ranks_every_target_by_the_smallest_rms(fake_method, capsys):
    data = regression_loader()
    factory = run(Factory("Job", "!Color:AnalysisType=Regression"), data, ("A", "B", "C"), "")
    out = unwrapped(capsys.readouterr().out)
    for sample in ("test", "train"):
        found = ranked(out, sample)
        assert [name for name, _ in found if name.startswith("target")] == ["target t", "target t2"]
        for t in (0, 1):
            titles, rms = zip(*[(name, float(value[0])) for name, value in found[4 * t + 1 : 4 * t + 4]])
            expected = [factory.record(data, title).deviation(sample, t).rms for title in titles]
            assert list(rms) == pytest.approx(expected, rel=5e-3) and list(rms) == sorted(rms)
    assert out.count("Ranking result (top variable is best ranked), target t2") == 4


def test_a_whole_multiclass_with_auto(fake_method, capsys):
    data = multiclass_loader()
    factory = run(Factory("Job", "!Color"), data, ("M",))
    out = unwrapped(capsys.readouterr().out)
    assert "1-vs-rest performance metrics per class" in out and "=== Showing confusion matrix for method : M" in out
    events = data.dataset().test
    expected = pairwise_area(events.x[:, 1], events.class_index == 1, events.weight)
    assert factory.GetROCIntegral(data, "M", 1) == pytest.approx(expected, abs=1e-12)


def test_correlations_of_the_methods(fake_method, capsys):
    run(Factory("Job", QUIET.replace("Silent", "!Silent") + ":Correlations"), loader(), ("A", "B"))
    out = unwrapped(capsys.readouterr().out)
    assert "Inter-MVA overlap matrix (Signal): share of events on which two methods agree" in out
    assert "Correlations between input variables and MVA response (Background):" in out


@pytest.mark.parametrize("kind", [Types.kBDT, Types.kLikelihood, Types.kFisher, Types.kPyKeras, "MLP"])
def test_methods_that_are_not_part_of_tmvalite_are_skipped_with_a_warning(fake_method, kind, monkeypatch):
    monkeypatch.setattr("tmvalite.workflow.method_booking.has_sklearn", lambda: False)
    factory = Factory("Job", QUIET)
    with pytest.warns(TmvaliteWarning, match="is not part of tmvalite, skipped: 'X' is not booked"):
        assert factory.BookMethod(loader(), kind, "X", "!H:!V:NTrees=850:Whatever", NoOption=3) is None
    assert not factory.HasMethod("dataset", "X")


def test_a_classification_of_three_classes_is_skipped(fake_method):
    with pytest.warns(TmvaliteWarning, match="DL cannot do a classification of 3 classes, skipped: 'M' is not booked"):
        assert Factory("Job", QUIET).BookMethod(multiclass_loader(), Types.kDL, "M") is None


def test_too_few_events_are_not_trained_on(fake_method):
    data = DataLoader("dataset")
    data.AddSignalTree(table(8))
    data.AddBackgroundTree(table(8))
    data.AddVariable("a")
    factory = Factory("Job", QUIET)
    factory.BookMethod(data, Types.kDL, "D")
    with pytest.warns(TmvaliteWarning, match="'D' is not trained: 8 training events are too few, 10 are needed"):
        factory.TrainAllMethods()
    assert message(OptionError, factory.TestAllMethods) == (
        "TestAllMethods was called before anything was trained\n  hint: TrainAllMethods needs at least 10 training events"
    )


def test_one_factory_serves_several_data_sets(fake_method):
    factory, one, two = Factory("Job", QUIET), loader("one"), loader("two")
    factory.BookMethod(one, Types.kDL, "D")
    factory.BookMethod(two, Types.kDL, "D", "Worse")
    factory.TrainAllMethods()
    factory.TestAllMethods()
    assert factory.GetROCIntegral("one", "D") + factory.GetROCIntegral("two", "D") == pytest.approx(1.0)
    assert factory.GetMethod("two", "D").options == "Worse"
    factory.DeleteAllMethods()
    assert factory.GetMethod("one", "D") is None


def test_without_persistence_nothing_is_written(fake_method):
    run(Factory("Job", QUIET + ":!ModelPersistence"), loader())
    assert os.listdir(".") == []


def test_the_name_of_the_weight_file_follows_the_settings(monkeypatch):
    assert weight_file_path("dataset", "Job", "DNN") == "dataset/weights/Job_DNN.weights.xml"
    names = gConfig().GetIONames()
    monkeypatch.setattr(names, "fWeightFileDir", "w")
    monkeypatch.setattr(names, "fWeightFileDirPrefix", "out/")
    assert weight_file_path("dataset", "Job", "DNN") == "out/dataset/w/Job_DNN.weights.xml"


@pytest.mark.parametrize(
    ("args", "keywords", "target"),
    [
        (("!V:Silent",), {}, None),
        ((None, "!V"), {}, None),
        (("x.root", "!V"), {}, "x.root"),
        (("x.root",), {}, "x.root"),
        (("x.root",), {"V": False}, "x.root"),
        ((Path("x.root"),), {}, "x.root"),
        ((), {"Silent": True}, None),
    ],
)
def test_forms_of_the_constructor(args, keywords, target):
    assert Factory("Job", *args, **keywords).target == target


@pytest.mark.parametrize(
    ("given", "classes", "expected"),
    [
        ("Auto", ["Signal", "Background"], "classification"),
        ("Auto", ["Background", "Signal"], "classification"),
        ("Auto", ["Signal", "bg0"], "multiclass"),
        ("Auto", ["a", "b", "c"], "multiclass"),
        ("Multiclass", ["Signal", "Background"], "multiclass"),
        ("Regression", ["Regression"], "regression"),
    ],
)
def test_analysis_types(given, classes, expected):
    assert resolve_analysis_type(given, classes, 1) == expected


@pytest.mark.parametrize(
    ("given", "classes", "targets", "text"),
    [
        (
            "Auto",
            ["Regression"],
            1,
            "AnalysisType=Auto cannot be resolved for 1 class\n  expected one of: Classification, Regression, Multiclass\n"
            "  hint: write AnalysisType=Regression in the Factory's options",
        ),
        (
            "Auto",
            [],
            0,
            "AnalysisType=Auto cannot be resolved for 0 classes\n  expected one of: Classification, Regression, Multiclass\n"
            "  hint: add trees of two classes first",
        ),
        ("Regression", ["Regression"], 0, "a regression needs a target\n  hint: call AddTarget first"),
        (
            "Classification",
            ["Signal"],
            0,
            "a classification needs at least two classes, but there is Signal\n"
            "  hint: call AddSignalTree and AddBackgroundTree, or AddTree for each class, first",
        ),
    ],
)
def test_error_of_an_analysis_type_that_does_not_fit(given, classes, targets, text):
    assert message((OptionError, DataError), lambda: resolve_analysis_type(given, classes, targets)) == text


def test_error_of_a_title_that_is_taken_or_names_no_file(fake_method):
    factory, data = Factory("Job", QUIET), loader()
    factory.BookMethod(data, Types.kDL, "DNN")
    assert message(OptionError, lambda: factory.BookMethod(data, Types.kDL, "DNN")) == (
        "a method called 'DNN' is already booked for data set 'dataset'\n"
        "  hint: give each method its own title: it names the weight file"
    )
    assert message(OptionError, lambda: factory.BookMethod(data, Types.kDL, "../x")) == (
        "'../x' cannot be the title of a method, since it names a file\n  expected a text without / \\ : * ? \" < > |"
    )
    assert message(OptionError, lambda: factory.BookMethod(loader(), Types.kDL, "Other")) == (
        "another DataLoader is called 'dataset' already\n"
        "  hint: give each DataLoader its own name: it names the folder of the weight files"
    )


def test_error_of_files_that_cannot_be_written_comes_at_booking(fake_method):
    data = loader()
    assert message(FileError, lambda: Factory("Job", "no/x.root", QUIET).BookMethod(data, Types.kDL, "D")).startswith(
        "cannot write 'no/x.root': there is no folder"
    )
    Path("blocked").write_text("a file where the folder should be")
    assert message(FileError, lambda: Factory("Job", QUIET).BookMethod(loader("blocked"), Types.kDL, "D")).startswith(
        "cannot make the folder 'blocked/weights'"
    )


@pytest.mark.parametrize(
    "chains, ranked, created", [("I", True, "I"), ("I;D;P;G,D", True, "IDPGD"), ("N", False, "N"), ("None", False, "")]
)
def test_inputs_are_described_after_each_chain_and_ranked_as_they_are(fake_method, capsys, chains, ranked, created):
    factory = Factory("Job", f"!Color:AnalysisType=Classification:Transformations={chains}")
    factory.BookMethod(loader(), Types.kDL, "D")
    factory.TrainAllMethods()
    out = unwrapped(capsys.readouterr().out)
    assert ("Ranking input variables" in out) == ranked
    found = [line for line in out.splitlines() if "Create Transformation" in line]
    assert found == [
        f'Factory                  : [dataset] : Create Transformation "{letter}" with events from all classes.'
        for letter in created
    ]
    assert out.count("\nVariable  ") == (len(chains.split(";")) if created else 0)


def test_error_a_transformation_of_the_factory_that_is_not_known():
    with pytest.raises(OptionError) as caught:
        Factory("Job", "!Color:AnalysisType=Classification:Transformations=Q;Z")
    assert str(caught.value).startswith("no transformation is called 'Q'\n  Transformations=Q;Z\n                  ^\n")


def test_a_booking_makes_no_folders_and_a_training_does(fake_method):
    factory = Factory("Job", QUIET)
    factory.BookMethod(loader(), Types.kDL, "D")
    assert not os.listdir()
    factory.TrainAllMethods()
    assert os.listdir() == ["dataset"]


def test_error_of_a_layout_that_does_not_fit_comes_at_booking(fake_method):
    factory = Factory("Job", QUIET)
    assert message(ShapeError, lambda: factory.BookMethod(loader(), Types.kDL, "D", "TooWide")) == "the fake does not fit"
    assert not factory.HasMethod("dataset", "D")


def test_error_of_a_weight_file_that_gives_other_values(fake_method):
    factory = Factory("Job", QUIET)
    factory.BookMethod(loader(), Types.kDL, "D", "Spoil")
    assert message(FileError, factory.TrainAllMethods) == (
        "the weight file 'dataset/weights/Job_D.weights.xml' does not give the values of the trained method\n"
        "  hint: this is a defect of tmvalite: please report it with the option string"
    )


def test_error_names_the_call_that_must_come_first(fake_method):
    factory, data = Factory("Job", QUIET), loader()
    factory.BookMethod(data, Types.kDL, "D")
    assert message(OptionError, lambda: factory.GetROCIntegral(data, "D")) == (
        "'D' has not been trained\n  hint: call TrainAllMethods first"
    )
    assert message(OptionError, factory.EvaluateAllMethods) == (
        "EvaluateAllMethods was called before anything was trained\n  hint: call TrainAllMethods first"
    )
    factory.TrainAllMethods()
    assert message(OptionError, factory.EvaluateAllMethods) == "'D' has not been tested\n  hint: call TestAllMethods first"
    assert 0.5 < factory.GetROCIntegral(data, "D", 0, Types.kTraining) < 1.0


def test_nothing_booked_is_said_and_no_error(fake_method, capsys):
    factory = Factory("Job", "!Color")
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    assert capsys.readouterr().out.splitlines() == [
        " " * 25 + f": nothing is {verb}: no method is booked" for verb in ("trained", "tested", "evaluated")
    ]


def test_error_of_unknown_names(fake_method):
    factory, data = Factory("Job", QUIET), loader()
    run(factory, data)
    assert message(OptionError, lambda: factory.GetROCIntegral("dataste", "DNN")) == (
        "no data set called 'dataste' is booked\n  expected one of: dataset\n  hint: did you mean 'dataset'?"
    )
    assert message(OptionError, lambda: factory.GetROCCurve(data, "DDN")) == (
        "no method called 'DDN' is booked\n  expected one of: DNN\n  hint: did you mean 'DNN'?"
    )
    assert message(OptionError, lambda: factory.GetROCIntegral(data, "DNN", 2)) == "there is no class 2\n  expected 0 to 1"
    assert message(OptionError, lambda: factory.GetROCIntegral(data, "DNN", 0, Types.kValidation)).endswith(
        "expected one of: Types.kTesting, Types.kTraining"
    )
    assert message(OptionError, lambda: factory.BookMethod(data, "kTransformer", "T")).startswith("there is no method type")


def test_error_of_a_factory_option():
    assert message(OptionError, lambda: Factory("Job", None, "!V:AnalysisTyp=Auto")).startswith(
        "no option is called 'AnalysisTyp'\n  AnalysisTyp=Auto\n  ^~~~~~~~~~~\n"
    )
    assert message(OptionError, lambda: Factory("Job", None, "AnalysisType=Clasification")).startswith(
        "AnalysisType cannot be 'Clasification'\n"
    )


def test_strict_reaches_the_method(fake_method):
    method = Factory("Job", QUIET + ":Strict").BookMethod(loader(), Types.kDL, "D")
    assert method.keywords == {"Strict": True}
    assert Factory("Job", QUIET, Strict=True).strict


def test_a_booking_has_tmvas_manner(fake_method):
    assert Factory("Job", QUIET).BookMethod(loader(), Types.kDL, "D").keywords == {"Strict": False}
