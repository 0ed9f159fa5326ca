"""Methods made of others, folds and categories, and stand-ins: tables, pages, files and importances take them too."""

import os
from array import array
from concurrent.futures import Future

import numpy as np
import pytest
import uproot

import tmvalite as tmva
from tests.cluster.tasks import Sending
from tmvalite.errors import FileError, OptionError, TmvaliteError, TmvaliteWarning
from tmvalite.migration import migrate
from tmvalite.workflow.variations import score_variations

TRAINING = "TrainingStrategy=LearningRate=1e-2,BatchSize=10,MaxEpochs=2,TestRepetitions=1"
DNN = f"!H:!V:RandomSeed=3:Layout=TANH|4,LINEAR:{TRAINING}"
SPLIT = "int(fabs([eventID]))%int([NumFolds])"
FOLDS = f"!V:Silent:!Color:NumFolds=3:SplitExpr={SPLIT}"
FIRST = 3_000_000_000  # more digits than a float has


def table(offset, n=90, first=FIRST):
    rng = np.random.default_rng(7 + int(offset))
    columns = {name: rng.normal(offset, 1, n).astype(np.float32) for name in ("x", "y")}
    columns["t"] = 2 * columns["x"] + columns["y"]
    return columns | {"eta": np.linspace(-2, 2, n, dtype=np.float32), "eventID": np.arange(first, first + n)}


def loader_of(analysis, name="dataset"):
    loader = tmva.DataLoader(name)
    loader.AddVariable("x")
    loader.AddVariable("xy := x+y", "F")
    loader.AddSpectator("eventID", "I")
    loader.AddSpectator("eta")
    if analysis == "Regression":
        loader.AddTarget("t")
        loader.AddRegressionTree(table(1))
    else:
        for i, title in enumerate(("Signal", "Background", "Other")[: 2 + (analysis == "Multiclass")]):
            loader.AddTree(table(1 - i, first=FIRST + 90 * i), title)
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:!V")
    return loader


def cross_validated(analysis, booking=DNN, kind=tmva.Types.kDL, options=FOLDS):
    loader = loader_of(analysis)
    cv = tmva.CrossValidation("cv", loader, f"{options}:AnalysisType={analysis}")
    cv.BookMethod(kind, "M", booking)
    cv.Evaluate()
    return cv, loader


def categorized(analysis, *more, options="!V:Silent:!Color"):
    loader, factory = loader_of(analysis), tmva.Factory("job", f"{options}:AnalysisType={analysis}")
    category = factory.BookMethod(loader, tmva.Types.kCategory, "M", "")
    category.AddMethod("abs(eta)<1", "x:xy", tmva.Types.kDL, "Inner", DNN)
    category.AddMethod("abs(eta)>=1", "", tmva.Types.kDL, "Outer", DNN)
    for book in more:
        book(factory, loader)
    factory.TrainAllMethods()
    factory.TestAllMethods()
    return factory, loader


ANALYSES = ("Classification", "Multiclass", "Regression")
GETTER = {"Classification": "GetMvaValues", "Multiclass": "GetMulticlassValues", "Regression": "GetRegressionValues"}
NAMES = {"Classification": ["M"], "Multiclass": ["M_Signal", "M_Background", "M_Other"], "Regression": ["M_t"]}


def make(kind, analysis):
    if kind == "folds":
        return cross_validated(analysis)[0].GetFactory(), "dataset/weights/cv_M.weights.xml"
    return categorized(analysis)[0], "dataset/weights/job_M.weights.xml"


@pytest.mark.parametrize("analysis", ANALYSES)
@pytest.mark.parametrize("kind", ["folds", "categories"])
def test_apply_and_rreader_give_the_values_of_the_method(kind, analysis, in_tmp_path):
    factory, path = make(kind, analysis)
    columns = table(1)
    with uproot.recreate("in.root") as file:
        file["tree"] = columns
    expected = np.asarray(getattr(tmva.load(path), GETTER[analysis])(columns)).reshape(len(columns["x"]), -1)
    assert len(np.unique(expected[:, 0])) > 40  # not one value for all
    tmva.apply(path, "in.root:tree", "out.root", friend=True)
    tmva.apply(path, columns, "some.npz", keep=["eventID"], cut="eta>0.5")
    tmva.apply(path, "in.root:tree", "varied.root", friend=True, systematics={"s": ({"x": "x+1"}, {"x": "x-1"})})
    with uproot.open("out.root") as file, uproot.open("varied.root") as varied, np.load("some.npz") as some:
        found, moved = file["tree"].arrays(library="np"), varied["tree"].arrays(library="np")
        assert list(found) == NAMES[analysis]
        shifted = getattr(tmva.load(path), GETTER[analysis])({**columns, "x": columns["x"] + np.float64(1)})
        for j, name in enumerate(found):
            assert np.array_equal(found[name], expected[:, j]), name
            assert np.array_equal(some[name], expected[columns["eta"] > 0.5, j]), name
            assert np.array_equal(moved[f"{name}__s_up"], np.reshape(shifted, (len(expected), -1))[:, j]), name
    read = np.asarray(tmva.Experimental.RReader(path).Compute(columns))
    assert np.array_equal(read.reshape(expected.shape), expected)


def test_folds_of_a_table_without_the_number_of_events_cannot_be_applied(in_tmp_path):
    cross_validated("Classification")
    columns = {name: table(1)[name] for name in ("x", "y")}
    with pytest.raises(TmvaliteError, match="eventID"):
        tmva.apply("dataset/weights/cv_M.weights.xml", columns, "out.npz")
    assert not os.path.exists("out.npz")


def test_a_table_needs_only_the_spectators_that_say_the_fold(in_tmp_path):
    cross_validated("Classification")
    method = tmva.load("dataset/weights/cv_M.weights.xml")
    columns = table(1)
    few = {name: columns[name] for name in ("x", "y", "eventID")}
    assert np.array_equal(method.GetMvaValues(few), method.GetMvaValues(columns))
    reader = tmva.Reader("!Color:Silent")
    for name in ("x", "xy := x+y"):
        reader.AddVariable(name, array("f", [0]))
    for name in ("eventID", "eta"):
        reader.AddSpectator(name, array("i", [0]))
    reader.BookMVA("M", "dataset/weights/cv_M.weights.xml")
    assert np.array_equal(reader.EvaluateMVA(few, "M"), method.GetMvaValues(columns))


@pytest.mark.parametrize("kind", ["folds", "categories"])
def test_there_is_no_single_model_in_a_file_and_the_error_says_what_has_one(kind, in_tmp_path):
    factory, path = make(kind, "Classification")
    hint = "method.folds[0]" if kind == "folds" else "method.parts[0].method"
    for method in (tmva.load(path), factory.GetMethod("dataset", "M")):
        for call in (method.to_onnx, method.MakeClass):
            with pytest.raises(FileError, match="there is no (ONNX file|C\\+\\+ class) for 'M'") as error:
                call("file")
            assert hint in error.value.hint and not os.path.exists("file")
        assert method.HasMVAPdfs() is False
        with pytest.warns(TmvaliteWarning, match="has no densities"):
            assert method.GetProba(0.5, 0.1) == -1.0


@pytest.mark.parametrize("kind", ["folds", "categories"])
def test_importance_shuffles_variables_and_leaves_folds_and_categories(kind, in_tmp_path):
    factory, _ = make(kind, "Classification")
    found = factory.permutation_importance("dataset", "M")
    assert found.names == ("x", "xy") and found.values[1] > 3 * found.errors[1] > 0
    elsewhere = factory.permutation_importance("dataset", "M", executor=Sending())
    assert np.array_equal(found.values, elsewhere.values) and np.array_equal(found.errors, elsewhere.errors)
    record = factory.record("dataset", "M")
    assert found.reference == pytest.approx(record.roc("test").area, abs=1e-12)


def test_the_report_has_the_networks_of_folds(in_tmp_path):
    pytest.importorskip("matplotlib")
    cross_validated("Regression")[0].GetFactory().report("folds.html")
    with open("folds.html", encoding="utf-8") as file:
        page = file.read()
    assert all(f"{what} of fold {i}" in page for i in (1, 2, 3) for what in ("Losses", "Parameters", "Network"))


@pytest.mark.filterwarnings("ignore:'BDT' is scikit-learn's")
def test_the_report_has_categories_and_stand_ins_and_resume_leaves_them_alone(in_tmp_path):
    pytest.importorskip("matplotlib")
    pytest.importorskip("sklearn")
    book = lambda factory, loader: factory.BookMethod(loader, tmva.Types.kBDT, "BDT", "NTrees=5")  # noqa: E731
    factory, loader = categorized("Classification", book, options="!V:Silent:!Color:Resume")
    factory.report("page.html")
    with open("page.html", encoding="utf-8") as file:
        page = file.read()
    assert all(text in page for text in ("HistGradientBoostingClassifier", "Network of Inner", "Losses of Outer"))
    with pytest.raises(FileError, match="there is no C\\+\\+ class for 'BDT'") as error:
        factory.GetMethod(loader.GetName(), "BDT").MakeClass("bdt.hpp")
    assert "estimator" in error.value.hint


@pytest.mark.filterwarnings("ignore:'M' is scikit-learn's")
def test_stand_ins_are_cross_validated_without_weight_files(in_tmp_path):
    pytest.importorskip("sklearn")
    cv, _ = cross_validated("Classification", "NTrees=5", tmva.Types.kBDT)
    assert cv.GetResults()[0].GetROCAverage() > 0.6 and not os.path.exists("dataset/weights")


def test_what_cannot_be_cross_validated_is_said_when_it_is_booked(in_tmp_path):
    cv = tmva.CrossValidation("cv", loader_of("Classification"), "!V:Silent:!Color:NumFolds=2")
    with pytest.raises(OptionError, match="a cross-validation has no checkpoints") as error:
        cv.BookMethod(tmva.Types.kDL, "M", f"{DNN}:Checkpoint=run.ckpt")
    assert error.value.code == "checkpoint-method"
    with pytest.raises(OptionError, match="gets its categories after it is booked"):
        cv.BookMethod(tmva.Types.kCategory, "M", "")


def test_scans_leave_the_checkpoint_to_the_training_that_follows(in_tmp_path):
    loader, factory = loader_of("Classification"), tmva.Factory("job", "!V:Silent:!Color:AnalysisType=Classification")
    ranges = DNN.replace("TANH|4", "TANH|{4,5}")
    factory.BookMethod(loader, tmva.Types.kDL, "M", f"{ranges}:Checkpoint=run.ckpt:CheckpointEvery=1 epoch")
    factory.OptimizeAllMethods()
    assert not os.path.exists("run.ckpt")
    factory.TrainAllMethods()
    assert os.path.exists("run.ckpt")


def test_a_gan_has_no_importance_of_its_own():
    method = tmva.MethodGAN(
        "InputLayout=2##2:RandomSeed=1:Layout=Generator={DENSE|N|LINEAR}Discriminator={DENSE|1|LINEAR}:" + TRAINING
    )
    method.fit(np.random.default_rng(1).normal(size=(100, 2)), progress="silent")
    with pytest.raises(AttributeError, match="a GAN learns no classes and no targets"):
        method.permutation_importance(np.zeros((4, 2)), np.zeros(4))


def test_a_macro_with_categories_books_them():
    text = """void f() {
  TMVA::Factory *factory = new TMVA::Factory("f", "!V");
  TMVA::DataLoader *loader = new TMVA::DataLoader("dataset");
  TMVA::MethodCategory* mcat = 0;
  TMVA::MethodBase* cat = factory->BookMethod( loader, TMVA::Types::kCategory, "Cat", "" );
  mcat = dynamic_cast<TMVA::MethodCategory*>(cat);
  mcat->AddMethod( "abs(eta)<=1.3", "x:y", TMVA::Types::kDL, "Inner", "!H" );
}"""
    lines = [line.strip() for line in migrate(text, "f").splitlines()]
    assert 'cat = factory.BookMethod(loader, TMVA.Types.kCategory, "Cat", "")' in lines and "mcat = cat" in lines
    assert 'mcat.AddMethod("abs(eta)<=1.3", "x:y", TMVA.Types.kDL, "Inner", "!H")' in lines
    assert not [line for line in lines if "no counterpart" in line]


class OneArgument:
    """The least that an executor has: `submit(function, argument)`."""

    def submit(self, function, argument):
        future = Future()
        future.set_result(function(argument))
        return future


def test_an_executor_takes_a_function_and_an_argument(in_tmp_path):
    loader = loader_of("Classification")
    cv = tmva.CrossValidation("cv", loader, f"{FOLDS}:ModelPersistence=False", executor=OneArgument())
    cv.BookMethod(tmva.Types.kDL, "M", DNN)
    cv.Evaluate()
    assert len(cv.GetResults()[0].GetROCValues()) == 3


def test_variations_of_categories_read_their_spectators_and_folds_say_what_does(in_tmp_path):
    factory, loader = categorized("Classification")
    moved = table(1)
    moved["x"] = moved["x"] + np.float32(1)
    loader.AddSystematic("shift", moved, moved, "Signal")
    up = score_variations(factory.record(loader, "M"), loader)["shift"]["Signal"]["up"]
    ratio = up.ratio[np.isfinite(up.ratio)]
    assert up.rate == pytest.approx(1.0) and ratio[-1] > ratio[0]  # more signal at large values
    cv = tmva.CrossValidation("cv", loader, f"{FOLDS}:AnalysisType=Classification")
    cv.BookMethod(tmva.Types.kDL, "M", DNN)
    cv.Evaluate()
    with pytest.raises(OptionError, match="is a cross-validation") as error:
        score_variations(cv.GetFactory().record(loader, "M"), loader)
    assert "tmvalite.apply" in error.value.hint


def test_categories_have_no_importance_of_subsets(in_tmp_path):
    factory = tmva.Factory("job", "!V:Silent:!Color:AnalysisType=Classification")
    with pytest.raises(OptionError, match="'M' cannot be trained with subsets"):
        factory.EvaluateImportance(loader_of("Classification"), tmva.kShort, tmva.Types.kCategory, "M", "")
