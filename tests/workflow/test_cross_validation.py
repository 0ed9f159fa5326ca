"""CrossValidation: which events train and score which fold, what the Reader makes of the files, TMVA's tutorial as written."""

import shutil
import sys
from array import array
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
import uproot

import tmvalite as TMVA
from tests.cluster.killing import Killing
from tests.naive.roc import pairwise_area
from tmvalite import CrossValidation, DataError, DataLoader, FileError, OptionError, TmvaliteWarning, Types, load
from tmvalite.workflow.cross_validation import MethodOptions
from tmvalite.workflow.part_training import TrainingPart

FIRST = 3_000_000_000
DNN = "!H:!V:Layout=TANH|4,LINEAR:TrainingStrategy=LearningRate=1e-2,BatchSize=20,MaxEpochs=2,TestRepetitions=1:RandomSeed=5"
LONGER = DNN.replace("MaxEpochs=2", "MaxEpochs=30") + ":VarTransform=N"
SPLIT = "int(fabs([eventID]))%int([NumFolds])"
OPTIONS = "!V:Silent:!Color:AnalysisType=Classification:ModelPersistence:NumFolds=3"


def table(n, offset, first=FIRST, seed=1):
    rng = np.random.default_rng(seed)
    return {
        "x": rng.normal(offset, 1, n).astype(np.float32),
        "y": rng.normal(offset, 1, n).astype(np.float32),
        "t": (50 + np.linspace(0, 9, n)).astype(np.float32),
        "z": np.linspace(-1, 1, n).astype(np.float32),
        "eventID": np.arange(first, first + n),
    }


def loader(n=60, spectator=True, split="nTest_Signal=1:nTest_Background=1:SplitMode=Random:NormMode=NumEvents:!V"):
    made = DataLoader("datasetcv")
    made.AddVariable("x", "F")
    made.AddVariable("y", "F")
    if spectator:
        made.AddSpectator("eventID", "I")
    made.AddSignalTree(table(n, 1.0), 1.0)
    made.AddBackgroundTree(table(n, -1.0, FIRST + n, 2), 1.0)
    made.PrepareTrainingAndTestTree("", "", split)
    return made


def run(options="", data=None, target=None, kind=Types.kDL, booking=DNN, **more):
    cv = CrossValidation("TMVACrossValidation", loader() if data is None else data, target, f"{OPTIONS}:{options}", **more)
    cv.BookMethod(kind, "DNN", booking)
    cv.Evaluate()
    return cv


def booked_reader(path):
    reader = TMVA.Reader("!Color:Silent")
    slots = array("f", [0]), array("f", [0]), array("q", [0])
    reader.AddVariable("x", slots[0])
    reader.AddVariable("y", slots[1])
    reader.AddSpectator("eventID", slots[2])
    reader.BookMVA("DNN", path)
    return reader, slots


WEIGHTS = "datasetcv/weights/TMVACrossValidation_DNN.weights.xml"


def test_every_event_is_scored_once_by_the_fold_that_its_number_says(in_tmp_path):
    cv = run(f"SplitType=Deterministic:SplitExpr={SPLIT}", target="cv.root")
    data = cv.loader.dataset()
    fold = data.train.spectators["eventID"] % 3
    parts = [load(f"datasetcv/weights/TMVACrossValidation_DNN_fold{i}.weights.xml") for i in (1, 2, 3)]
    own = np.array([parts[k].GetMvaValue(x) for k, x in zip(fold, data.train.x)], np.float32)
    record = cv.GetFactory().record(cv.loader, "DNN")
    assert len(record.data.test) == 120 and record.data.train is data.train
    assert np.array_equal(record.output("test")[:118], own)
    others = [[parts[j].GetMvaValue(x) for j in range(3) if j != k] for k, x in zip(fold, data.train.x)]
    assert record.output("train") == pytest.approx(np.mean(others, axis=1), rel=1e-6)
    for i, result in enumerate(cv.GetResults()[0].folds):
        at = fold == i
        signal = data.train.class_index[at] == 0
        assert (result.n_test, result.n_train) == (at.sum(), (~at).sum())
        assert result.roc.area == pytest.approx(pairwise_area(own[at], signal, data.train.weight[at]), abs=1e-12)
    tree = uproot.open("cv.root")["datasetcv/TestTree"]
    assert np.array_equal(tree["DNN"].array(library="np"), record.output("test"))
    assert np.array_equal(tree["eventID"].array(library="np")[:118], data.train.spectators["eventID"])


def test_a_fold_trains_on_the_events_of_the_others_alone(in_tmp_path):
    run(f"SplitExpr={SPLIT}")  # a SplitExpr alone is Deterministic
    data, options = loader().dataset(), DNN
    for i in range(3):
        alone = TMVA.MethodDL(options, analysis_type="classification", Strict=False)
        alone.train(data.train.take(np.flatnonzero(data.train.spectators["eventID"] % 3 != i)), data.info, progress="silent")
        fold = load(f"datasetcv/weights/TMVACrossValidation_DNN_fold{i + 1}.weights.xml")
        assert np.array_equal(alone.GetMvaValues(data.train.x), fold.GetMvaValues(data.train.x))


def test_the_reader_takes_the_fold_of_every_event_with_the_same_bits(in_tmp_path):
    run(f"SplitExpr={SPLIT}")
    reader, (x, y, number) = booked_reader(WEIGHTS)
    new = table(9, 0.3, 2**33 + 1, 7)
    several = reader.EvaluateMVA(new, "DNN")
    assert np.array_equal(several, load(WEIGHTS).GetMvaValues(new))
    for i in range(9):
        x[0], y[0], number[0] = new["x"][i], new["y"][i], new["eventID"][i]
        fold = load(f"datasetcv/weights/TMVACrossValidation_DNN_fold{number[0] % 3 + 1}.weights.xml")
        one = reader.EvaluateMVA("DNN")
        assert one == several[i] == fold.GetMvaValue(np.array([x[0], y[0]], np.float32))
        assert load(WEIGHTS).GetMvaValue(np.array([x[0], y[0]]), {"eventID": number[0]}) == one
    with pytest.raises(DataError) as caught:
        reader.EvaluateMVA(np.zeros((2, 2)), "DNN")
    assert caught.value.code == "fold-spectators" and "eventID" in caught.value.message
    method = load(WEIGHTS)
    assert method.columns == method.info.variables and method.one_event() is None
    assert reader.FindMVA("DNN").GetMethodTypeName() == "CrossValidation" and "3 folds" in str(reader.FindMVA("DNN"))


def test_a_registered_spectator_needs_its_array(in_tmp_path):
    run(f"SplitExpr={SPLIT}")
    reader = TMVA.Reader("Silent")
    for name in ("x", "y"):
        reader.AddVariable(name, array("f", [0]))
    reader.AddSpectator("eventID")
    reader.BookMVA("DNN", WEIGHTS)
    with pytest.raises(DataError, match="no array is registered for 'eventID'"):
        reader.EvaluateMVA("DNN")


@pytest.mark.parametrize("more", ["", "OutputEnsembling=Avg:SplitExpr=" + SPLIT])
def test_where_no_fold_is_known_the_mean_of_all_answers(in_tmp_path, more):
    run(more, data=loader(spectator="SplitExpr" in more))
    method, x = load(WEIGHTS), np.random.default_rng(3).normal(size=(5, 2)).astype(np.float32)
    each = [load(f"datasetcv/weights/TMVACrossValidation_DNN_fold{i}.weights.xml").GetMvaValues(x) for i in (1, 2, 3)]
    assert np.array_equal(method.GetMvaValues(x), (sum(e.astype(float) for e in each) / 3).astype(np.float32))
    assert method.GetMvaValue(x[2]) == method.GetMvaValues(x)[2] and len(method.GetMvaValues(x[:0])) == 0


@pytest.mark.parametrize("split", ["Random", "RandomStratified"])
def test_drawn_folds_are_disjoint_equal_and_repeat(in_tmp_path, split):
    cv = run(f"SplitType={split}:SplitSeed=3", data=loader())
    data = cv.loader.dataset()
    fold = cv.split.assign(data.train, data.info)
    for i, result in enumerate(cv.GetResults()[0].folds):
        assert result.n_test == (fold == i).sum() and result.n_test + result.n_train == len(data.train)
    assert np.ptp(np.bincount(fold)) <= (1 if split == "Random" else 2)
    own = np.empty(len(fold), np.float32)
    for i in range(3):
        part = load(f"datasetcv/weights/TMVACrossValidation_DNN_fold{i + 1}.weights.xml")
        own[fold == i] = part.GetMvaValues(data.train.x)[fold == i]
    record = cv.GetFactory().record(cv.loader, "DNN")
    assert np.array_equal(record.output("test")[: len(fold)], own)
    assert np.array_equal(record.output("test")[len(fold) :], load(WEIGHTS).GetMvaValues(data.test.x))


@pytest.mark.slow
def test_two_processes_give_the_bits_of_one(in_tmp_path):
    one = run("SplitType=Random").GetFactory().record("datasetcv", "DNN").output("test")
    text = [(in_tmp_path / WEIGHTS.replace(".weights.xml", f"_fold{i}.weights.xml")).read_text("utf-8") for i in (1, 2, 3)]
    two = run("SplitType=Random:NumWorkerProcs=2").GetFactory().record("datasetcv", "DNN").output("test")
    assert np.array_equal(one, two)
    for i, before in enumerate(text, start=1):
        after = (in_tmp_path / WEIGHTS.replace(".weights.xml", f"_fold{i}.weights.xml")).read_text("utf-8")
        of_layers = [part[part.index("<Variables") :] for part in (before, after)]
        assert of_layers[0] == of_layers[1]


def test_results_have_tmvas_names(in_tmp_path, capsys):
    cv = run("SplitType=RandomStratified", target="out.root", booking=DNN)
    (result,) = cv.GetResults()
    areas = result.GetROCValues()
    assert list(areas) == [0, 1, 2] and result.GetROCAverage() == pytest.approx(np.mean(list(areas.values())))
    assert result.GetROCStandardDeviation() == pytest.approx(np.std(list(areas.values()), ddof=1))
    test, train = result.folds[1].test, result.folds[1].train
    assert [result.GetEff01Values()[1], result.GetEff10Values()[1], result.GetEff30Values()[1]] == list(test.at)
    assert [f()[1] for f in (result.GetTrainEff01Values, result.GetTrainEff10Values, result.GetTrainEff30Values)] == list(
        train.at
    )
    assert result.GetEffAreaValues() == list(areas.values())
    assert len(result.GetSepValues()) == len(result.GetSigValues()) == 3
    average = result.GetAvgROCCurve(11)
    curves = result.GetROCCurves().GetListOfGraphs()
    assert average.GetN() == 11 and average.Eval(0.5) == pytest.approx(np.mean([curve.Eval(0.5) for curve in curves]))
    assert len(result.DrawAvgROCCurve(True, "mean").GetListOfGraphs()) == 4 and result.Draw("mine").name == "mine"
    assert len(result.DrawAvgROCCurve().GetListOfGraphs()) == 1
    capsys.readouterr()
    result.Print()
    assert capsys.readouterr().out == str(result) + "\n" and "Average ROC-integ" in str(result) and repr(result)
    assert isinstance(cv.GetMethods()[0], MethodOptions)
    assert cv.GetMethods()[0].GetValue["TString"]("MethodTitle") == cv.GetMethods()[0].GetValue("MethodTitle") == "DNN"
    assert cv.GetMethods()[0].GetValue("MethodName") == "DL" and cv.GetNumFolds() == 3 and "3 folds" in repr(cv)


def test_a_regression_has_deviations_in_place_of_curves(in_tmp_path):
    data = DataLoader("datasetreg")
    data.AddVariable("x")
    data.AddVariable("z")
    data.AddTarget("t")
    data.AddRegressionTree(table(80, 0.0))
    data.PrepareTrainingAndTestTree("", "nTest_Regression=1:SplitMode=Random:NormMode=NumEvents:!V")
    cv = CrossValidation("job", data, "!V:Silent:!FoldFileOutput:ModelPersistence:AnalysisType=Regression:NumFolds=2:SplitExpr=")
    cv.BookMethod("DL", "REG", LONGER)
    cv.Evaluate()
    (result,) = cv.GetResults()
    record = cv.GetFactory().record(data, "REG")
    assert record.output("test").shape == (80, 1) and "RMS" in str(result)
    fold = cv.split.assign(data.dataset().train, data.dataset().info)
    for i, rms in enumerate(result.numbers):
        part = load(f"datasetreg/weights/job_REG_fold{i + 1}.weights.xml")
        chosen = data.dataset().train.take(fold == i)
        deviation = part.GetRegressionValues(chosen.x)[:, 0].astype(float) - chosen.targets[:, 0]
        assert rms == pytest.approx(np.std(deviation), rel=1e-5)
    with pytest.raises(OptionError, match="no ROC curve"):
        result.GetROCAverage()


def test_several_classes(in_tmp_path):
    data = DataLoader("datasetmulti")
    for i, name in enumerate(("Signal", "bg0", "bg1")):
        data.AddTree(table(120, i - 1.0, seed=i), name)
    data.AddVariable("x")
    data.AddVariable("y")
    cv = CrossValidation("job", data, None, "!V:Silent:AnalysisType=Multiclass:NumFolds=2")
    cv.BookMethod("DL", "M", LONGER)
    cv.Evaluate()
    (result,) = cv.GetResults()
    assert [len(fold.class_areas) for fold in result.folds] == [3, 3]
    assert result.GetROCValues()[0] == result.folds[0].class_areas[0] and np.isnan(result.GetEff10Values()).all()
    x = data.dataset().train.x[:4]
    assert load("datasetmulti/weights/job_M.weights.xml").GetMulticlassValues(x).shape == (4, 3)
    assert load("datasetmulti/weights/job_M.weights.xml").GetMulticlassValues(x[0]).shape == (3,)


def test_output_files_of_the_folds_stand_beside_that_of_the_job(in_tmp_path):
    (in_tmp_path / "out").mkdir()
    run("FoldFileOutput", target="out/cv.root")
    assert sorted(p.name for p in (in_tmp_path / "out").iterdir()) == [
        "DNN_fold1.root",
        *("DNN_fold2.root", "DNN_fold3.root"),
        "cv.root",
    ]
    numbers = [uproot.open(f"out/DNN_fold{i}.root")["datasetcv/TestTree/eventID"].array(library="np") for i in (1, 2, 3)]
    assert sorted(np.concatenate(numbers)) == sorted(loader().dataset().train.spectators["eventID"])


def test_without_persistence_no_weight_file_is_written(in_tmp_path):
    cv = CrossValidation("job", loader(), None, "!V:Silent:AnalysisType=Classification:!ModelPersistence")
    cv.BookMethod("DL", "DNN", DNN)
    cv.Evaluate()
    assert not (in_tmp_path / "datasetcv").exists() and cv.GetResults()[0].method.GetMvaValues(np.zeros((2, 2))).shape == (2,)


@pytest.mark.parametrize(
    "options, code",
    [
        ("SplitType=Random:SplitExpr=[eventID]", "fold-options"),
        ("SplitType=Deterministic", "fold-options"),
        ("SplitExpr=eventID%2", "fold-expression"),
        ("NumFolds=1", "range"),
        ("NumFold=3", "option-unknown"),
        ("SplitType=Sorted", "choice"),
    ],
)
def test_options_that_cannot_be_are_refused_at_once(options, code):
    with pytest.raises(OptionError) as caught:
        CrossValidation("job", loader(), None, options)
    assert caught.value.code == code


def test_a_name_that_no_spectator_has_is_refused_at_booking(in_tmp_path):
    cv = CrossValidation("job", loader(), None, f"{OPTIONS}:SplitExpr=int([eventNo])%2")
    with pytest.raises(OptionError) as caught:
        cv.BookMethod("DL", "DNN", DNN)
    assert caught.value.code == "fold-name"


def test_calls_in_another_order_or_form(in_tmp_path):
    cv = CrossValidation("job", loader(), f"{OPTIONS}")
    with pytest.raises(OptionError, match="call Evaluate first"):
        cv.GetResults()
    cv.Evaluate()  # nothing is booked
    cv.SetNumFolds(4)
    cv.SetSplitExpr("int([eventID])%4")
    assert (cv.GetNumFolds(), cv.GetSplitExpr(), cv.split.n_folds) == (4, "int([eventID])%4", 4)
    cv.BookMethod("DL", "DNN", DNN)
    with pytest.raises(OptionError, match="already booked"):
        cv.BookMethod("DL", "DNN", DNN)
    with pytest.warns(TmvaliteWarning, match="skipped"):
        cv.BookMethod("RXGB", "R", "")
    for arguments in ((), ("job",), ("job", "loader"), ("job", loader(), None, "", 1)):
        with pytest.raises(OptionError) as caught:
            CrossValidation(*arguments)
        assert caught.value.code == "call"
    with pytest.raises(OptionError, match="cannot be the name of the job"):
        CrossValidation("a/b", loader())
    with pytest.raises(OptionError, match="job twice"):
        CrossValidation("job", loader(), jobName="job")
    with pytest.warns(TmvaliteWarning, match="no effect without an output file"):
        CrossValidation("job", loader(), "FoldFileOutput")
    named = CrossValidation(jobName="job", dataloader=loader(), outputFile="a.root", NumFolds=3, AnalysisType="Classification")
    assert named.target == "a.root" and named.GetNumFolds() == 3
    assert CrossValidation("job", loader(), "b.root").target == "b.root"


def test_what_a_string_is_warned_about_is_said_once(in_tmp_path):
    odd = DNN.replace("MaxEpochs=2", "MaxEpochs=2,Colour=red")
    with pytest.warns(TmvaliteWarning, match="Colour") as caught:
        run("SplitType=Random", booking=odd)
    assert len(caught) == 1


def test_an_error_says_which_fold(in_tmp_path):
    with pytest.raises(DataError) as caught:
        run("SplitExpr=[eventID]>3000000050", data=loader(split="SplitMode=Block:nTrain_Signal=52:nTrain_Background=8"))
    assert "fold" in str(caught.value)


def test_files_of_folds_that_are_not_there_or_of_another_training(in_tmp_path):
    run(f"SplitExpr={SPLIT}")
    second = "datasetcv/weights/TMVACrossValidation_DNN_fold2.weights.xml"
    text = (in_tmp_path / WEIGHTS).read_text("utf-8")
    (in_tmp_path / second).rename("kept.xml")
    with pytest.raises(FileError, match="needs the file .*fold2") as caught:
        load(WEIGHTS)
    assert caught.value.code == "file-missing"
    other = TMVA.MethodDL(DNN, analysis_type="classification", Strict=False)
    rng, y = np.random.default_rng(1), np.arange(60) % 2
    other.fit(rng.normal(size=(60, 3)) + 3 * y[:, None], y, progress="silent")
    other.save(second)
    with pytest.raises(FileError, match="is of another training") as caught:
        load(WEIGHTS)
    assert caught.value.code == "fold-file"
    shutil.move("kept.xml", second)
    for old, new, code in (
        ('JobName="TMVA', 'JobName="../TMVA', "xml-value"),
        ('NumFolds="3"', 'NumFolds="0"', "xml-number"),
        ("fabs([eventID])", "fabs([event])", "fold-name"),
        ("fabs([eventID])", "fabs(", "fold-expression"),
        ('OutputEnsembling="None"', 'OutputEnsembling="Max"', "xml-value"),
    ):
        (in_tmp_path / WEIGHTS).write_text(text.replace(old, new), "utf-8")
        with pytest.raises(FileError) as caught:
            load(WEIGHTS)
        assert caught.value.code == code, old


def test_a_pool_of_threads_gives_the_same_and_every_warning_once(in_tmp_path):
    one = run("SplitType=Random").GetResults()[0].numbers
    with ThreadPoolExecutor(3) as pool:
        assert np.array_equal(run("SplitType=Random", executor=pool).GetResults()[0].numbers, one)
        flat = DNN.replace("LearningRate=1e-2", "LearningRate=1e-9")
        with pytest.warns(TmvaliteWarning) as caught:
            run("SplitType=Random", executor=pool, booking=flat)
    assert len({w.message.message for w in caught}) == len(caught) and all("DNN_fold" in str(w.message) for w in caught)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_fold_whose_process_is_killed_is_trained_again_with_the_same_bits(in_tmp_path):
    one = run("SplitType=Random").GetResults()[0].numbers
    with Killing(2, after=[2]) as pool:
        assert np.array_equal(run("SplitType=Random", executor=pool).GetResults()[0].numbers, one)
        assert len(pool.killed) == 1


class Interrupts:
    """An executor whose second task is stopped by Ctrl-C."""

    def __init__(self):
        self.done = 0

    def submit(self, function, task):
        self.done += 1
        future = Future()
        future.set_exception(KeyboardInterrupt()) if self.done == 4 else future.set_result(function(task))
        return future


def test_after_an_interrupt_what_was_finished_is_there(in_tmp_path):
    cv = CrossValidation("job", loader(), None, OPTIONS, executor=Interrupts())
    cv.BookMethod("DL", "A", DNN)
    cv.BookMethod("DL", "B", DNN)
    with pytest.raises(KeyboardInterrupt) as caught:
        cv.Evaluate()
    assert caught.value.code == 130 and [result.title for result in cv.GetResults()] == ["A"]
    assert load("datasetcv/weights/job_A.weights.xml").is_trained


def test_the_factory_of_the_folds_answers_as_others_do(in_tmp_path):
    factory = run("SplitType=Random").GetFactory()
    factory.TestAllMethods()
    record, method = factory.record("datasetcv", "DNN"), factory.GetMethod("datasetcv", "DNN")
    assert method.GetMethodType() is Types.kCrossValidation and method.GetROCIntegral() == record.roc().area
    with pytest.raises(OptionError, match="no ranges"):
        method.OptimizeTuningParameters()
    assert "Layout" in method.GetOptions() and method.GetMvaValues(np.zeros((2, 2), np.float32)).shape == (2,)


def test_parts_are_values():
    part = TrainingPart("DNN_fold1", None, np.arange(3), np.arange(2))
    with pytest.raises(AttributeError):
        part.name = "other"
