"""What GetMethod and BookMVA give: TMVA's names, right numbers, and everything that the method itself can do."""

import copy
import ctypes
from array import array
from pathlib import Path

import numpy as np
import pytest

import tmvalite
from tests.naive.roc import pairwise_area
from tests.workflow.fake import FakeMethod, info_of
from tests.workflow.test_factory import QUIET, loader, message, multiclass_loader, regression_loader, run
from tmvalite import Factory, FileError, OptionError, Reader, Types
from tmvalite.evaluation import separation, significance


@pytest.fixture
def booked(fake_method):
    factory, data = Factory("Job", QUIET + ":!ROC"), loader()
    run(factory, data, options="!V:H")
    return factory.GetMethod(data, "DNN"), data.dataset()


def test_names_files_and_options(booked, capsys):
    method, _ = booked
    assert (method.GetName(), method.GetMethodName(), method.GetJobName()) == ("DNN", "DNN", "Job")
    assert (method.GetMethodTypeName(), method.GetMethodType()) == ("DL", Types.kDL)
    assert method.GetWeightFileName() == "dataset/weights/Job_DNN.weights.xml"
    assert method.GetWeightFileDir() == "dataset/weights"
    assert (method.GetAnalysisType(), method.DoRegression(), method.DoMulticlass()) == (Types.kClassification, False, False)
    assert (method.GetNvar(), method.GetNTargets(), method.GetInputVar(1), method.GetInputLabel(0)) == (2, 0, "b", "a")
    assert method.GetTrainTime() >= 0 and method.GetTestTime() >= 0 and not method.HasMVAPdfs()
    assert method.HasAnalysisType(Types.kClassification, 2, 0) and not method.HasAnalysisType(Types.kClassification, 3, 0)


def test_the_method_itself_is_behind_it(booked):
    method, data = booked
    assert method.trained_on == len(data.train)  # an attribute of the method alone
    assert copy.copy(method).GetName() == "DNN"
    with pytest.raises(AttributeError):
        method.no_such_thing  # noqa: B018


def test_numbers_of_the_test_sample(booked):
    method, data = booked
    test, train = data.test, data.train
    scores, truth = test.x.sum(axis=1), test.class_index == 0
    assert (
        method.GetROCIntegral()
        == method.GetEfficiency("", Types.kTesting)
        == pytest.approx(pairwise_area(scores, truth, test.weight))
    )
    assert method.GetTrainingEfficiency("") == pytest.approx(
        pairwise_area(train.x.sum(axis=1), train.class_index == 0, train.weight)
    )
    assert method.GetSeparation() == pytest.approx(separation(scores, truth, test.weight))
    assert method.GetSignificance() == pytest.approx(significance(scores, truth, test.weight))
    error = ctypes.c_double(-1.0)
    efficiency = method.GetEfficiency("Efficiency:0.3", Types.kTesting, error)
    order = np.argsort(-scores)
    background = np.cumsum(np.where(truth, 0, test.weight)[order]) / test.weight[~truth].sum()
    signal = np.cumsum(np.where(truth, test.weight, 0)[order]) / test.weight[truth].sum()
    assert efficiency == pytest.approx(signal[background < 0.3][-1], abs=0.05) and 0.0 < error.value < 0.2
    assert message(OptionError, lambda: method.GetEfficiency("Efficiency:x")).startswith("'Efficiency:x' names no background")


def test_the_reference_cut_is_where_efficiency_equals_rejection(booked):
    method, data = booked
    cut, test = method.GetSignalReferenceCut(), data.test
    scores, truth = test.x.sum(axis=1), test.class_index == 0
    efficiency = test.weight[truth & (scores >= cut)].sum() / test.weight[truth].sum()
    rejection = test.weight[~truth & (scores < cut)].sum() / test.weight[~truth].sum()
    assert efficiency == pytest.approx(rejection, abs=0.06)
    assert method.IsSignalLike(cut + 1.0) and not method.IsSignalLike(cut - 1.0)
    method.SetSignalReferenceCut(0.25)
    assert method.GetSignalReferenceCut() == 0.25


def test_before_the_tests_the_reference_cut_is_a_half(fake_method):
    assert Factory("Job", QUIET).BookMethod(loader(), Types.kDL, "D").GetSignalReferenceCut() == 0.5


def test_the_best_significance_comes_with_its_cut(booked):
    method, data = booked
    best, test = array("d", [0.0]), data.test
    cut = method.GetMaximumSignificance(100.0, 300.0, best)
    scores, truth = test.x.sum(axis=1), test.class_index == 0

    def value(at):
        s = 100.0 * test.weight[truth & (scores >= at)].sum() / test.weight[truth].sum()
        b = 300.0 * test.weight[~truth & (scores >= at)].sum() / test.weight[~truth].sum()
        return s / np.sqrt(s + b)

    assert best[0] == pytest.approx(value(cut)) == pytest.approx(max(value(at) for at in scores))
    assert 0.0 <= method.GetKSTrainingVsTest("S") <= 1.0


def test_means_and_ranges_are_those_of_the_training_events(booked):
    method, data = booked
    x, w = data.train.x[:, 0].astype(float), data.train.weight
    assert method.GetMean(0) == pytest.approx(np.average(x, weights=w))
    assert method.GetRMS(0) == pytest.approx(np.sqrt(np.average((x - np.average(x, weights=w)) ** 2, weights=w)))
    assert (method.GetXmin(0), method.GetXmax(0)) == (pytest.approx(x.min()), pytest.approx(x.max()))


def test_regression_and_multiclass_numbers(fake_method):
    factory, data = Factory("Job", "!V:Silent:!Color:!ROC:AnalysisType=Regression"), regression_loader()
    run(factory, data, ("R",))
    place, small = ctypes.c_double(), ctypes.c_double()
    method, events = factory.GetMethod(data, "R"), data.dataset().test
    method.GetRegressionDeviation(1, Types.kTesting, place, small)
    assert place.value == pytest.approx(np.sqrt(np.mean((events.x[:, 0] - events.targets[:, 1]) ** 2)), rel=1e-5)
    assert small.value < place.value and method.DoRegression()
    factory, data = Factory("Job", "!V:Silent:!Color:!ROC"), multiclass_loader()
    run(factory, data, ("M",))
    matrix = factory.GetMethod(data, "M").GetMulticlassConfusionMatrix(0.1)
    assert matrix.shape == (3, 3) and 0.0 <= matrix[0, 1] <= 1.0


def test_facts_of_the_data_set(fake_method, capsys):
    data = loader()
    info, events = data.GetDataSetInfo(), data.dataset()
    signal = events.train.class_index == 0
    assert info.GetTrainingSumSignalWeights() == pytest.approx(events.train.weight[signal].sum())
    assert info.GetTestingSumBackgrWeights() == pytest.approx(events.test.weight[events.test.class_index == 1].sum())
    x = events.train.x[signal].astype(float)
    w = events.train.weight[signal]
    c = np.cov(x.T, aweights=w)
    expected = c[0, 1] / np.sqrt(c[0, 0] * c[1, 1])
    assert info.CorrelationMatrix("Signal")[0, 1] == pytest.approx(expected, rel=1e-5)
    assert data.GetCorrelationMatrix("Signal")[0, 1] == pytest.approx(100 * expected, rel=1e-5)
    assert info.GetNormalization() == "NumEvents" and info.GetSplitOptions().startswith("SplitMode=Random")
    assert [v.GetLabel() for v in info.GetVariableInfos()] == ["a", "b"] and info.GetVariableInfos().size() == 2
    assert (info.FindVarIndex("b"), info.FindVarIndex("c")) == (1, -1)
    assert (info.GetClassNameMaxLength(), info.GetVariableNameMaxLength(), info.GetTargetNameMaxLength()) == (10, 1, 0)
    view = info.GetVariableInfo(0)
    assert view.GetVariance() == pytest.approx(view.GetRMS() ** 2) and view.GetName() == "a"
    capsys.readouterr()
    info.PrintClasses()
    assert capsys.readouterr().out == "class 0: Signal\nclass 1: Background\n"


def test_arrays_of_variables_are_known():
    data = tmvalite.DataLoader("d")
    data.AddVariable("x")
    data.AddVariablesArray("vars", 3)
    info = data.GetDataSetInfo()
    assert (info.GetVarArraySize("vars"), info.GetVarArraySize("x"), info.GetVarArraySize("none")) == (3, -1, -1)
    assert [info.IsVariableFromArray(i) for i in range(2)] == [False, True]


def test_arguments_by_the_names_of_cpp_and_jsmva(fake_method):
    factory = Factory(JobName="Job", TargetFile=None, V=False, Silent=True, AnalysisType="Classification")
    assert (factory.job, factory.target) == ("Job", None)
    named = Factory(theJobName="J", theTargetFile="x.root", theOption="!V:Silent")
    assert (named.job, named.target, named.log_settings.silent) == ("J", "x.root", True)
    assert Factory("J", theOption="Silent").log_settings.silent and Factory("J", theOption="Silent").target is None
    data = tmvalite.DataLoader(thedlName="d")
    source = {"a": np.arange(40.0), "b": np.arange(40.0) ** 2}
    data.AddVariable(expression="a", type="F", min=0.0, max=1.0)
    data.AddVariable("b")
    data.AddSignalTree(signal=source, weight=1.0, treetype="train")
    data.AddTree(tree=source, className="Signal", tt=Types.kTesting)
    data.AddBackgroundTree(background=source)
    data.PrepareTrainingAndTestTree(SigCut="a>1", BkgCut="a>2", SplitMode="Block", NormMode="None")
    assert (data.cuts, data.split_keywords["SplitMode"]) == ({"Signal": "a>1", "Background": "a>2"}, "Block")
    assert factory.BookMethod(DataLoader=data, Method=Types.kDL, MethodTitle="A").GetName() == "A"
    assert factory.BookMethod(loader=data, theMethod="DL", methodTitle="B", theOption="!H").GetName() == "B"
    assert factory.HasMethod(datasetname="d", title="B") and factory.GetMethod(datasetname="d", title="A") is not None
    message_ = message(OptionError, lambda: factory.BookMethod(data, Types.kDL, "C", Method=1, theMethod=2))
    assert message_ == "BookMethod was given both theMethod and theMethodName, which are the same argument"


@pytest.mark.parametrize(
    ("keywords", "options"),
    [
        ({"cut": "a>0", "splitOpt": "SplitMode=Block"}, "SplitMode=Block"),
        ({"cut": "a>0", "Ntrain": 5, "Ntest": 3}, "nTrain_{class}=5:nTest_{class}=3"),
        ({"sigcut": "a>0", "bkgcut": "a>0", "splitOpt": "!V"}, "!V"),
        (
            {"cut": "a>0", "NsigTrain": 1, "NbkgTrain": 2, "NsigTest": 3, "NbkgTest": 4, "otherOpt": "!V"},
            "nTrain_Signal=1:nTrain_Background=2:nTest_Signal=3:nTest_Background=4:!V",
        ),
    ],
)
def test_forms_of_prepare_by_the_names_of_cpp(keywords, options):
    data = loader()
    data.PrepareTrainingAndTestTree(**keywords)
    assert data.split_options == options and data.cuts == {"Signal": "a>0", "Background": "a>0"}


def reader_of(method, name="fake.weights.xml"):
    method.save(name)
    reader, values = Reader("Silent"), [array("f", [0.0]) for _ in method.info.variables]
    for variable, value in zip(method.info.variables, values):
        reader.AddVariable(variable.expression, value)
    return reader, values


def test_a_read_method_reads_the_registered_variables(fake_method):
    method = FakeMethod()
    method.info = info_of(["x", "y"])
    reader, values = reader_of(method)
    read = reader.BookMVA(methodTag="DNN", weightfile="fake.weights.xml")
    values[0][0], values[1][0] = 1.5, 2.0
    lower = ctypes.c_double()
    assert read.GetMvaValue() == reader.EvaluateMVA("DNN") == reader.EvaluateMVA(read) == 3.5
    assert read.GetMvaValue(None, lower) == 3.5 and lower.value == -1.0
    assert read.GetMvaValues(np.ones((3, 2))).tolist() == [2.0] * 3
    assert reader.EvaluateMVA(inputVec=[1.0, 2.0], methodTag="DNN") == 3.0
    assert read.IsSignalLike() and not read.IsSignalLike(0.2)
    assert (read.GetWeightFileName(), read.IsConstructedFromWeightFile()) == ("fake.weights.xml", True)
    assert (read.GetProba(0.3, 0.5), read.GetRarity(0.3)) == (-1.0, 0.0)
    values[0][0] = np.nan
    with pytest.warns(tmvalite.TmvaliteWarning, match="x is not finite"):
        assert read.GetMvaValue() == -999.0


def test_read_regressions_and_multiclass_methods(fake_method):
    method = FakeMethod(analysis_type="regression")
    method.info = info_of(["x", "y"], targets=["t1", "t2"], classes=["Regression"])
    reader, values = reader_of(method, "r.xml")
    read = reader.BookMVA("R", "r.xml")
    values[0][0] = 4.0
    assert read.GetRegressionValues().tolist() == reader.EvaluateRegression(read).tolist() == [4.0, 4.0]
    assert reader.EvaluateRegression(tgtNumber=1, methodTag="R") == 4.0 and read.DoRegression()
    method.analysis_type, method.info = "multiclass", info_of(["x", "y"], classes=["a", "b", "c"])
    reader, values = reader_of(method, "m.xml")
    read = reader.BookMVA("M", "m.xml")
    values[1][0] = 2.0
    assert read.GetMulticlassValues().tolist() == reader.EvaluateMulticlass(method=read).tolist() == [0.0, 2.0, 0.0]
    assert reader.EvaluateMulticlass(clsNumber=1, methodTag="M") == 2.0


LAYOUT = (
    "VarTransform=N:Layout=TANH|4,LINEAR:RandomSeed=1:"
    "TrainingStrategy=LearningRate=1e-3,MaxEpochs=2,BatchSize=20,TestRepetitions=1"
)


@pytest.fixture(scope="module")
def trained():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 2))
    method = tmvalite.MethodDL(LAYOUT)
    return method.fit({"jet pt": x[:, 0], "eta": x[:, 1]}, x[:, 0] > 0, progress="silent"), x


def test_a_weight_file_as_text(trained, in_tmp_path, capsys):
    method, x = trained
    method.save("a.weights.xml")
    reader = Reader("!Color")
    reader.AddVariable("jetpt")
    reader.AddVariable("eta")
    text = Path("a.weights.xml").read_text("utf-8")
    for kind in (Types.kDL, "DL"):
        read = reader.BookMVA(kind, text)
        assert np.array_equal(reader.EvaluateMVA(x[:5], read), method.GetMvaValues(x[:5]))
    assert ': Booking a method of type "DL" from text.' in capsys.readouterr().out
    assert message(OptionError, lambda: reader.BookMVA(Types.kAE, text)).startswith("the text is of the method DL, not AE")
    assert message(FileError, lambda: reader.BookMVA("DL", text[:500])).startswith("'the XML text' is cut off")


def test_names_with_blanks_are_found_by_a_reader_that_strips_them(trained, in_tmp_path):
    method, x = trained
    method.save("a.weights.xml")
    for name in ("jet pt", "jetpt"):
        reader = Reader("Silent")
        reader.AddVariable(name)
        reader.AddVariable("eta")
        reader.BookMVA("A", "a.weights.xml")
        table = {"jet pt": x[:, 0], "eta": x[:, 1]}
        assert np.array_equal(reader.EvaluateMVA(table, "A"), method.GetMvaValues(x))


def test_a_real_method_has_tmvas_names_too(in_tmp_path, capsys):
    rng = np.random.default_rng(5)
    data = tmvalite.DataLoader("d")
    data.AddVariable("a")
    for name, mean in (("Signal", 2.0), ("Background", 0.0)):
        data.AddTree({"a": rng.normal(mean, 1, 100)}, name)
    factory = Factory("Job", "!V:Silent:!Color:!ROC:AnalysisType=Classification")
    factory.BookMethod(data, Types.kDL, "D", "!V:" + LAYOUT)
    factory.TrainAllMethods()
    factory.TestAllMethods()
    method = factory.GetMethod(data, "D")
    assert method.GetROCIntegral() == factory.GetROCIntegral(data, "D")
    assert method.GetOptions().startswith("!V:VarTransform=N:Layout=TANH|4") and len(method.history["epoch"]) == 2
    capsys.readouterr()
    method.PrintOptions()
    out = capsys.readouterr().out
    assert 'RandomSeed: "1"\n' in out and 'H: "False" [default]\n' in out
    with pytest.raises(tmvalite.NotProvidedError, match="Factory.TrainAllMethods trains"):
        method.TrainMethod()
