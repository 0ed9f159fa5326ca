"""TMVA's other methods by scikit-learn, and any Python object as a method."""

import inspect
from contextlib import nullcontext

import numpy as np
import pytest

from tests.methods.samples import three_classes, two_classes
from tests.workflow.test_factory import loader, multiclass_loader, regression_loader
from tmvalite import DataError, Factory, FileError, OptionError, TmvaliteWarning, Types
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.standins import STANDINS, base, boosted_trees, perceptrons
from tmvalite.standins.base import has_sklearn
from tmvalite.workflow.types import EMVA

sklearn = pytest.mark.skipif(not has_sklearn(), reason="needs the package scikit-learn")
QUIET = "!V:Silent:!Color:AnalysisType="
QUICK = {"BDT": "NTrees=8"} | {name: "NEstimators=8" for name in STANDINS if name.startswith("Py")}
QUICK |= {"PDERS": "NEventsMin=8", "RuleFit": "nTrees=8", "MLP": "HiddenLayers=4:NCycles=30"}
CASES = [  # another name of the same class in one analysis
    (name, analysis)
    for name, cls in STANDINS.items()
    for analysis in (cls.estimators if name == cls.names[0] else ["classification"])
]


@pytest.fixture(autouse=True)
def one_thread():
    """What scikit-learn brings to wait for other threads takes seconds on a busy machine."""
    limits = pytest.importorskip("threadpoolctl").threadpool_limits if has_sklearn() else nullcontext
    with limits(1):
        yield


def run(factory):
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()


def events_of(analysis):
    """A training sample and its names."""
    if analysis == "regression":
        x = np.random.default_rng(1).normal(size=(120, 3)).astype("f4")
        y, classes, targets = np.zeros(120, int), ("Regression",), (x[:, :1] * 2 + 5)
    else:
        x, labels = two_classes(120) if analysis == "classification" else three_classes(150)
        classes = ("Signal", "Background") if analysis == "classification" else ("Signal", "bg0", "bg1")
        y = 1 - labels if analysis == "classification" else np.array([classes.index(label) for label in labels])
        targets = np.empty((len(y), 0), "f4")
    info = DataSetInfo.from_names([f"v{i}" for i in range(x.shape[1])], ["t"] * (analysis == "regression"), classes=classes)
    return Events(x, targets.astype("f4"), {}, np.ones(len(y)), y.astype(np.int64)), info


def made(name, analysis, options=""):
    with pytest.warns(TmvaliteWarning, match="a stand-in for TMVA's"):
        return STANDINS[name](options, analysis_type=analysis, title=name)


def test_every_stand_in_has_a_name_of_tmva():
    assert {f"k{name}" for name in STANDINS} <= {member.name for member in EMVA}
    for name, cls in STANDINS.items():
        assert cls.method_type == name and inspect.getdoc(cls), name
        assert set(cls.estimators) <= {"classification", "regression", "multiclass"}, name


@sklearn
@pytest.mark.parametrize("name, analysis", CASES)
def test_every_stand_in_learns_something(name, analysis):
    method = made(name, analysis, QUICK.get(name, ""))
    events, info = events_of(analysis)
    method.train(events, info)
    if analysis == "regression":
        values = method.GetRegressionValues(events.x)
        assert values.shape == (120, 1) and np.std(values - events.targets) < 0.8 * np.std(events.targets)
        assert method.GetMvaValue(events.x[0]) == pytest.approx(values[0, 0])
    elif analysis == "classification":
        values = method.GetMvaValues(events.x)
        assert values[events.class_index == 0].mean() > values[events.class_index == 1].mean()
    else:
        values = method.GetMulticlassValues(events.x)
        assert values.shape == (150, 3) and (values.argmax(axis=1) == events.class_index).mean() > 0.8
    assert method.GetMvaValues(events.x[:2])[1] == pytest.approx(method.GetMvaValue(events.x[1]))


@sklearn
@pytest.mark.parametrize("name", STANDINS)
def test_every_option_that_is_mapped_reaches_the_estimator(name):
    texts = {int: "7", float: "0.5", str: "7"}
    words = {"Criterion": "entropy", "NeuronType": "ReLU", "TrainingMethod": "BFGS", "HiddenLayers": "N+1,3", "MinNodeSize": "5%"}
    expected = {"NeuronType": "relu", "TrainingMethod": "lbfgs", "HiddenLayers": (4, 3), "MinNodeSize": 6, "nCuts": 8}
    expected["Criterion"] = "entropy"
    cls = STANDINS[name]
    for m in cls.mapped:
        method = made(name, next(iter(cls.estimators)), f"!H:{m.name.lower()}={words.get(m.name, texts[m.type])}")
        value = expected.get(m.name, m.type(texts[m.type]) if m.type is not str else 7)
        assert method.parameters(120, 3)[m.parameter] == value and method.ignored == []
    assert made(name, next(iter(cls.estimators))).parameters(120, 3) == cls.fixed


@sklearn
def test_a_booking_says_that_it_is_a_stand_in_and_what_it_ignores(in_tmp_path):
    factory = Factory("Job", QUIET + "Classification")
    options = "!H:!V:NTrees=5:MaxDepth=2:BoostType=AdaBoost:AdaBoostBeta=0.5:VarTransform=D"
    with pytest.warns(TmvaliteWarning) as caught:
        booked = factory.BookMethod(loader(), Types.kBDT, "BDT", options, SeparationType="GiniIndex", nCuts=20)
    assert [str(w.message) for w in caught] == [
        "'BDT' is scikit-learn's HistGradientBoostingClassifier, a stand-in for TMVA's BDT; BoostType, AdaBoostBeta, "
        "SeparationType of its options have no counterpart, and there is no weight file"
    ]
    parameters = booked.method.parameters(100, 2)
    assert parameters == {"max_iter": 5, "max_depth": 2, "max_bins": 21, "early_stopping": False}


@sklearn
def test_strict_is_about_strings_not_about_stand_ins(in_tmp_path):
    with pytest.warns(TmvaliteWarning, match="a stand-in for TMVA's LD"):
        assert Factory("Job", QUIET + "Classification:Strict").BookMethod(loader(), Types.kLD, "LD", "H:!V") is not None


@sklearn
def test_a_job_has_its_rows_and_no_weight_files(in_tmp_path, capsys):
    factory, data = Factory("Job", (QUIET + "Classification").replace("Silent", "!Silent")), loader()
    with pytest.warns(TmvaliteWarning):
        factory.BookMethod(data, Types.kFisher, "Fisher", "H:!V:Fisher")
        factory.BookMethod(data, Types.kLikelihood, "LikelihoodD", "VarTransform=Decorrelate")
    run(factory)
    out = capsys.readouterr().out
    assert "Fisher: stand-in, scikit-learn's LinearDiscriminantAnalysis" in out
    assert factory.GetROCIntegral(data, "Fisher") > 0.65 and factory.GetROCIntegral(data, "LikelihoodD") > 0.65
    assert not (in_tmp_path / "dataset" / "weights").exists()
    booked = factory.GetMethod(data, "Fisher")
    assert booked.GetMethodTypeName() == "Fisher" and booked.IsSilentFile()
    with pytest.raises(FileError, match="there is no weight file for 'Fisher', which is LinearDiscriminantAnalysis of Python"):
        booked.WriteStateToFile()


@sklearn
def test_multiclass_and_regression_jobs(in_tmp_path):
    factory, data = Factory("Job", QUIET + "Multiclass"), multiclass_loader()
    with pytest.warns(TmvaliteWarning):
        factory.BookMethod(data, Types.kBDT, "BDTG", "NTrees=5:BoostType=Grad:Shrinkage=0.3")
    run(factory)
    assert factory.record(data, "BDTG").output("test").shape[1] == 3 and factory.GetROCIntegral(data, "BDTG", 2) > 0.6
    factory, data = Factory("Reg", QUIET + "Regression"), regression_loader()
    with pytest.warns(TmvaliteWarning):
        factory.BookMethod(data, Types.kLD, "LD", "VarTransform=N")
        factory.BookMethod(data, Types.kKNN, "KNN", "nkNN=5")
    run(factory)
    assert factory.record(data, "LD").output("test").shape[1] == 2


@sklearn
def test_an_analysis_that_the_stand_in_cannot_do_is_skipped(in_tmp_path):
    with pytest.warns(TmvaliteWarning, match="Fisher is not part of tmvalite, skipped: 'F' is not booked") as caught:
        assert Factory("Job", QUIET + "Multiclass").BookMethod(multiclass_loader(), Types.kFisher, "F") is None
    assert caught[0].message.hint == "its stand-in does no multiclass"


@pytest.mark.parametrize(
    "kind, hint", [("PyKeras", "takes any object with fit"), ("RXGB", "gone, as from ROOT 6.42"), ("Boost", "kDL")]
)
def test_methods_without_a_stand_in_say_what_to_do(kind, hint, in_tmp_path):
    with pytest.warns(TmvaliteWarning, match=f"{kind} is not part of tmvalite, skipped: 'K' is not booked") as caught:
        assert Factory("Job", QUIET + "Classification").BookMethod(loader(), kind, "K", "H:!V:FilenameModel=a.h5") is None
    assert hint in caught[0].message.hint


def test_without_scikit_learn_one_line_says_so(monkeypatch, in_tmp_path):
    monkeypatch.setattr(base.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr("tmvalite.workflow.method_booking.has_sklearn", base.has_sklearn)
    with pytest.warns(TmvaliteWarning, match="BDT is not part of tmvalite, skipped: 'B' is not booked") as caught:
        assert Factory("Job", QUIET + "Classification").BookMethod(loader(), Types.kBDT, "B", "NTrees=850") is None
    assert caught[0].message.hint == "pip install scikit-learn: then an estimator of its stands in"


@sklearn
def test_negative_weights_count_as_nothing():
    events, info = events_of("classification")
    events.weight = np.where(np.arange(120) % 7 == 0, -1.0, 1.0)
    method = made("Likelihood", "classification")
    method.train(events, info)
    kept = events.weight > 0
    clean = made("Likelihood", "classification")
    clean.train(events.take(kept), info)
    assert np.allclose(method.GetMvaValues(events.x), clean.GetMvaValues(events.x))


@sklearn
def test_it_can_be_trained_again_and_gives_the_same():
    events, info = events_of("classification")
    method = made("KNN", "classification", "nkNN=5")
    method.train(events, info)
    first = method.GetMvaValues(events.x)
    method.train(events, info)
    assert np.array_equal(method.GetMvaValues(events.x), first)
    x = events.x.copy()
    x[3, 1] = np.nan
    assert np.isnan(method.GetMvaValues(x)[3]) and np.array_equal(np.delete(method.GetMvaValues(x), 3), np.delete(first, 3))


@pytest.mark.parametrize("text, expected", [("2.5%", 3), ("2.5", 3), ("0%", 1), ("x", None)])
def test_the_smallest_leaf_is_a_share_of_the_events(text, expected):
    assert boosted_trees.leaf_size(text, 120, 3) == expected


def test_hidden_layers_are_formulas_in_the_number_of_variables():
    assert perceptrons.widths("N+5,2*N", 100, 4) == (9, 8) and perceptrons.widths("", 100, 4) is None


# ------------------------------------------------------------------------------------------- any object


class Centre:
    """Distance from the means of the classes; the least that a method needs."""

    def fit(self, X, y, sample_weight=None):
        self.weights = sample_weight
        self.classes_ = np.unique(y)
        self.means = np.stack([X[y == c].mean(axis=0) for c in self.classes_])

    def predict_proba(self, X):
        p = np.exp(-((X[:, None] - self.means) ** 2).sum(axis=2))
        return p / p.sum(axis=1, keepdims=True)


class Line:
    """Least squares, all targets at once."""

    def fit(self, X, y):
        self.coefficients = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), y, rcond=None)[0]

    def predict(self, X):
        return np.column_stack([X, np.ones(len(X))]) @ self.coefficients


def test_any_object_takes_part_in_a_job(in_tmp_path):
    factory, data, centre = Factory("Job", "Job.root", QUIET + "Classification"), loader(), Centre()
    booked = factory.BookMethod(data, "Python", "Centre", "VarTransform=N", estimator=centre)
    run(factory)
    assert booked.estimator is centre and booked.GetMethodTypeName() == "Python"
    assert factory.GetROCIntegral(data, "Centre") > 0.65
    train = data.dataset().train
    assert np.array_equal(centre.weights, train.weight)
    assert np.array_equal(booked.GetMvaValues(train.x)[:3], factory.record(data, "Centre").output("train")[:3])
    tree = pytest.importorskip("uproot").open("Job.root:dataset/TestTree")
    assert np.allclose(tree["Centre"].array(), factory.record(data, "Centre").output("test"))
    assert not (in_tmp_path / "dataset" / "weights").exists()


def test_any_object_for_classes_and_targets(in_tmp_path):
    factory, data = Factory("Job", QUIET + "Multiclass"), multiclass_loader()
    factory.BookMethod(data, Types.kPython, "Centre", estimator=Centre())
    run(factory)
    assert factory.record(data, "Centre").output("test").sum(axis=1) == pytest.approx(1.0)
    factory, data = Factory("Reg", QUIET + "Regression"), regression_loader()
    factory.BookMethod(data, Types.kPython, "Line", "VarTransform=N", estimator=Line())
    run(factory)
    record = factory.record(data, "Line")
    plain = Line()
    plain.fit(data.dataset().train.x, data.dataset().train.targets)
    assert np.allclose(record.output("test"), plain.predict(data.dataset().test.x), atol=1e-4)


@pytest.mark.parametrize(
    "estimator, message",
    [
        (None, "a method of type Python needs an estimator"),
        (Centre, "is a class, not an object"),
        (object(), "has no fit and no predict_proba or decision_function"),
        (Line(), "the estimator of 'P', a Line, has no predict_proba or decision_function"),
    ],
)
def test_error_an_object_that_cannot_learn(estimator, message, in_tmp_path):
    with pytest.raises(OptionError, match=message) as caught:
        Factory("Job", QUIET + "Classification").BookMethod(loader(), "Python", "P", estimator=estimator)
    assert caught.value.code == "estimator"


@pytest.mark.parametrize("analysis", ["classification", "regression"])
def test_error_an_object_that_gives_something_else(analysis, in_tmp_path):
    class Wrong(Decision):
        def predict_proba(self, X):
            return np.zeros((len(X), 5))

        predict = predict_proba

    factory = Factory("Job", QUIET + analysis.capitalize())
    factory.BookMethod(regression_loader() if analysis == "regression" else loader(), "Python", "P", estimator=Wrong())
    with pytest.raises(DataError, match="of 'P' gives the shape") as caught:
        factory.TrainAllMethods()
    assert caught.value.code == "estimator-values"


class Decision:
    """The first variable as it is."""

    def fit(self, X, y):
        pass

    def decision_function(self, X):
        return X[:, 0]


def test_a_decision_function_will_do(in_tmp_path):
    factory, data = Factory("Job", QUIET + "Classification"), loader()
    factory.BookMethod(data, "Python", "D", estimator=Decision())
    run(factory)
    assert np.array_equal(factory.record(data, "D").output("test"), data.dataset().test.x[:, 0])
