"""OptimizeAllMethods: every choice is trained on the same events and compared on others, and the best one is booked."""

import numpy as np
import pytest

import tmvalite
from tests.workflow.test_cross_validation import loader, table
from tmvalite import (
    CrossValidation,
    DataLoader,
    Factory,
    HyperParameterOptimisation,
    MethodDL,
    OptionError,
    TmvaliteWarning,
    Types,
)
from tmvalite.data.folds import stratified_folds
from tmvalite.evaluation import roc_curve
from tmvalite.workflow import tuning
from tmvalite.workflow.figure_of_merit import figure_of_merit

SILENT = "!V:Silent:AnalysisType=Classification:!ModelPersistence"
STRATEGY = "TrainingStrategy=LearningRate={%s},BatchSize=20,MaxEpochs=3,TestRepetitions=1:RandomSeed=5"
BOOKING = "!H:!V:Layout=TANH|{2,4},LINEAR:" + STRATEGY % "1e-2,3e-2"


def booked(options=BOOKING, data=None, settings=SILENT, **keywords):
    factory, data = Factory("Job", None, settings), loader() if data is None else data
    return factory, data, factory.BookMethod(data, Types.kDL, "DNN", options, **keywords)


def expected_area(options, data, fold, i):
    """Of a method that was trained by itself on the other folds."""
    method = MethodDL(options, analysis_type="classification", Strict=False)
    train, test = data.train.take(fold != i), data.train.take(fold == i)
    method.train(train, data.info, progress="silent")
    return roc_curve(method.GetMvaValues(test.x), test.class_index == 0, test.weight).area


def test_the_scan_compares_on_folds_that_did_not_train_and_books_the_best(in_tmp_path):
    factory, data, method = booked()
    scan = factory.OptimizeAllMethods(NumFolds=2, seed=7)["DNN"]
    assert scan.names == ("Layout", "LearningRate")
    assert [trial.choice for trial in scan.trials] == [("2", "1e-2"), ("2", "3e-2"), ("4", "1e-2"), ("4", "3e-2")]
    events = data.dataset().train
    fold = stratified_folds(events.class_index, 2, 7)
    for trial in scan.trials:
        width, rate = trial.choice
        options = BOOKING.replace("{2,4}", width).replace("{1e-2,3e-2}", rate)
        assert trial.numbers == tuple(expected_area(options, data.dataset(), fold, i) for i in (0, 1))
        assert trial.error == pytest.approx(abs(trial.numbers[0] - trial.numbers[1]) / 2)
    best = scan.best.choice
    assert scan.best.mean == max(trial.mean for trial in scan.trials) and scan.parameters == dict(zip(scan.names, best))
    assert f"TANH|{best[0]},LINEAR" in method.GetOptions() and f"LearningRate={best[1]}," in method.GetOptions()
    factory.TrainAllMethods()
    assert method.is_trained and method.method is factory.record(data, "DNN").method
    lines = scan.lines()
    assert [line.startswith("*") for line in lines].count(True) == 1 and max(map(len, lines)) <= 80
    assert factory.OptimizeAllMethods() == {}  # no ranges are left


def test_without_folds_a_quarter_is_held_out():
    factory, data, _ = booked(BOOKING.replace("{2,4}", "2"))
    scan = factory.OptimizeAllMethods()["DNN"]
    events = data.dataset().train
    fold = stratified_folds(events.class_index, 4)
    for trial in scan.trials:
        options = BOOKING.replace("{2,4}", "2").replace("{1e-2,3e-2}", trial.choice[0])
        assert trial.numbers == (expected_area(options, data.dataset(), fold, 0),) and np.isnan(trial.error)


def test_some_choices_are_drawn_and_a_seed_repeats_them():
    factory, _, method = booked(BOOKING.replace("{2,4}", "{2,3,4,5,6}"))
    record = factory.record("datasetcv", "DNN")
    first, again = (tuning.scan(record.call, record.data, fit="Random", choices=3, seed=2) for _ in range(2))
    assert len(first.trials) == 3 and [t.choice for t in first.trials] == [t.choice for t in again.trials]
    assert method.OptimizeTuningParameters("Separation", "Random", choices=2, seed=1).keys() == {"Layout", "LearningRate"}


def test_ranges_in_keywords(in_tmp_path):
    factory, _, method = booked(
        "!V",
        Layout="TANH|{2,3},LINEAR",
        TrainingStrategy=(STRATEGY % "1e-2,3e-2").partition("=")[2].partition(":")[0],
        RandomSeed=5,
    )
    scan = factory.OptimizeAllMethods()["DNN"]
    assert scan.names == ("Layout", "LearningRate") and f"Layout=TANH|{scan.best.choice[0]},LINEAR" in method.GetOptions()


@pytest.mark.filterwarnings("ignore:.*very large")
def test_a_choice_whose_loss_becomes_infinite_is_the_worst():
    options = BOOKING.replace("TANH|{2,4}", "RELU|4,RELU|4").replace("BatchSize=20", "BatchSize=20,Optimizer=SGD,Momentum=0")
    factory, _, _ = booked(options.replace("{1e-2,3e-2}", "{1e20,1e-2}"))
    scan = factory.OptimizeAllMethods()["DNN"]
    assert np.isnan(scan.trials[0].mean) and scan.best is scan.trials[1] and "failed" in str(scan)
    with pytest.raises(tmvalite.TrainingError) as caught:
        booked(options.replace("{1e-2,3e-2}", "{1e20,2e20}"))[0].OptimizeAllMethods()
    assert caught.value.code == "loss-not-finite"


def test_a_regression_is_compared_by_its_rms():
    data = DataLoader("datasetreg")
    data.AddVariable("x")
    data.AddVariable("z")
    data.AddTarget("t")
    data.AddRegressionTree(table(120, 0.0))
    options = (
        BOOKING.replace("{2,4}", "{3,4}").replace("{1e-2,3e-2}", "1e-2").replace("MaxEpochs=3", "MaxEpochs=40")
        + ":VarTransform=N"
    )
    factory, _, _ = booked(options, data, SILENT.replace("Classification", "Regression"))
    scan = factory.OptimizeAllMethods()["DNN"]
    assert scan.figure.label == "RMS" and scan.best.mean == min(trial.mean for trial in scan.trials)


def test_training_without_a_scan_takes_the_first_texts_and_says_so():
    factory, _, method = booked()
    with pytest.warns(TmvaliteWarning, match="first text of each range") as caught:
        factory.TrainAllMethods()
    assert caught[0].message.code == "range-first" and method.is_trained
    assert len(method.method.bound.source.text) and method.method.graph.nodes[0].layer.width == 2


def test_what_cannot_be_scanned(monkeypatch):
    monkeypatch.setattr(tuning, "MOST", 7)
    factory, data, method = booked()
    record = factory.record(data, "DNN")
    for call, code in (
        (lambda: method.OptimizeTuningParameters("Beauty"), "figure-of-merit"),
        (lambda: method.OptimizeTuningParameters(fitType="Walk"), "argument"),
        (lambda: method.OptimizeTuningParameters(fitType="Random"), "argument"),
        (lambda: method.OptimizeTuningParameters(NumFolds=1), "range"),
        (lambda: CrossValidation("J", loader(), None, "").BookMethod("DL", "D", BOOKING), "range-of-options"),
        (lambda: booked(BOOKING.replace("{2,4}", "{2,3,4,5}"))[2].OptimizeTuningParameters(), "range-of-options"),
    ):
        with pytest.raises(OptionError) as caught:
            call()
        assert caught.value.code == code
    record.call = record.call.chosen(("2", "1e-2"))
    with pytest.raises(OptionError, match="no ranges to choose from"):
        method.OptimizeTuningParameters()
    factory.DeleteAllMethods()
    with pytest.raises(OptionError):  # a choice that cannot be booked is found before anything is trained
        booked(BOOKING.replace("{2,4}", "{2,-3}"))[0].OptimizeAllMethods()


def test_figures_of_merit():
    record = booked(BOOKING.replace("{2,4}", "2").replace("{1e-2,3e-2}", "1e-2"))[0]
    record.TrainAllMethods()
    record = record.record("datasetcv", "DNN")
    record.data.test = record.data.train
    record.evaluate("test")
    assert figure_of_merit("rocintegral", "classification")(record) == record.roc().area
    assert figure_of_merit("SigEffAtBkgEff01", "classification")(record) == record.efficiency_at("test", 0.1)[0]
    assert figure_of_merit("SigEffAtBkgEff001", "classification").label == "Eff@B=0.01"
    assert figure_of_merit("Separation", "classification")(record) == record.separation()
    with pytest.raises(OptionError):
        figure_of_merit("Separation", "multiclass")


def test_hyper_parameter_optimisation_has_tmvas_calls(capsys):
    scan = HyperParameterOptimisation(loader(), "AnalysisType=Classification")
    with pytest.raises(OptionError, match="call Evaluate first"):
        scan.GetResults()
    scan.SetNumFolds(2)
    scan.SetFOMType("Separation")
    scan.SetFitter("Minuit")
    assert (scan.GetNumFolds(), scan.GetFOMType(), scan.GetFiterType()) == (2, "Separation", "Minuit") and "2 folds" in repr(scan)
    scan.BookMethod(Types.kDL, "DNN", BOOKING.replace("{2,4}", "2"))
    scan.Evaluate()
    (found,) = scan.GetResults()
    assert len(found.fFoldParameters) == 2 and found.fFoldParameters[0].keys() == {"LearningRate"}
    capsys.readouterr()
    found.Print()
    assert capsys.readouterr().out == str(found) + "\n" and "choices" in repr(found)
