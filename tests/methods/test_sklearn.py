"""scikit-learn's protocol: its own checks, searches over parameters, calibration, its errors and warnings."""

import inspect
import subprocess
import sys
import warnings

import numpy as np
import pytest

from tests.methods.ae_samples import PLAIN, curved
from tests.methods.samples import line, options, strategy, three_classes, two_classes
from tmvalite import MethodAE, MethodDL
from tmvalite.errors import DataError, NotFittedError, OptionError, TmvaliteWarning, UnavailableError

pytest.importorskip("sklearn")
from sklearn.base import clone, is_classifier, is_regressor  # noqa: E402
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.exceptions import DataConversionWarning  # noqa: E402
from sklearn.exceptions import NotFittedError as TheirNotFittedError  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils import estimator_checks  # noqa: E402

X, Y = two_classes()
SHORT = {"LearningRate": 1e-2, "BatchSize": 10, "RandomSeed": 1, "verbose": False}
ESTIMATORS = {
    "classifier": lambda: MethodDL("Layout=TANH|16,LINEAR", MaxEpochs=30, **SHORT),
    "multiclass": lambda: MethodDL("Layout=TANH|16,LINEAR", analysis_type="multiclass", MaxEpochs=30, **SHORT),
    "regressor": lambda: MethodDL("Layout=TANH|16,LINEAR:VarTransform=N", analysis_type="regression", MaxEpochs=40, **SHORT),
    "transformer": lambda: MethodAE("Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|N|LINEAR}", MaxEpochs=10, **SHORT),
}
DECLARED = {
    "check_sample_weight_equivalence_on_dense_data": "batches and the validation sample are drawn, so that an event twice "
    "trains otherwise than one of weight 2, not within 1e-7",
    "check_do_not_raise_errors_in_init_or_set_params": "an option that cannot be is said where it is written, at booking, "
    "not after hours in fit",
}


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_the_checks_of_scikit_learn_pass(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = estimator_checks.check_estimator(ESTIMATORS[kind](), expected_failed_checks=DECLARED, on_skip=None, on_fail=None)
    failed = {check["check_name"]: str(check["exception"]) for check in found if check["status"] == "failed"}
    assert failed == {} and len(found) > 50
    assert {check["check_name"] for check in found if check["status"] == "xfail"} == set(DECLARED)


def test_declared_failures_are_checks_that_exist():
    assert len(DECLARED) <= 2 and all(callable(getattr(estimator_checks, name)) for name in DECLARED)


# ------------------------------------------------------------------------------------------- parameters


def test_every_argument_of_the_constructor_has_a_name():
    named = inspect.signature(MethodDL).parameters
    assert list(named)[:3] == ["options", "analysis_type", "title"]
    assert {"norm", "progress", "verbose", "Strict", "LearningRate", "BatchSize", "MaxEpochs", "Optimizer", "Layout"} < set(named)
    assert {"KLWeight", "Prior"} < set(inspect.signature(MethodAE).parameters) - set(named)
    assert all(p.kind is not p.VAR_KEYWORD for p in named.values())
    method = MethodDL(options(1))
    assert list(method.get_params()) == list(named) and vars(method).keys() >= set(named)


def test_keys_of_the_training_are_arguments():
    method = MethodDL(Layout="TANH|5,LINEAR", LearningRate=0.02, BatchSize=7, MaxEpochs=3, Optimizer="SGD", DropConfig=[0.0, 0.5])
    (phase,) = method.phases
    assert (phase.learning_rate, phase.batch_size, phase.max_epochs, phase.optimizer) == (0.02, 7, 3, "SGD")
    assert phase.drop_config == (0.0, 0.5) and phase.convergence_steps == 100 and phase.test_repetitions == 1
    assert MethodDL(Layout="LINEAR", learningrate="3e-3").phases[0].learning_rate == 3e-3


def test_a_keyword_replaces_what_the_string_says_and_says_so_once():
    with pytest.warns(TmvaliteWarning) as caught:
        method = MethodDL(options(4), LearningRate=0.5, MaxEpochs=9, BatchSize=40)
    assert [str(w.message) for w in caught] == [
        f"the keyword {key} replaces what TrainingStrategy has\n  TrainingStrategy={strategy(4)}\n"
        f"  {' ' * at}{'^'.ljust(n, '~')}\n  in TrainingStrategy\n  hint: remove one of them"
        for key, at, n in (("LearningRate", 17, 17), ("MaxEpochs", 17 + len(strategy(4)) - 11, 11))
    ]
    (phase,) = method.phases
    assert (phase.learning_rate, phase.max_epochs, phase.batch_size, phase.test_repetitions) == (0.5, 9, 40, 1)


def test_error_a_keyword_that_replaces_something_under_strict():
    with pytest.raises(OptionError, match="the keyword LearningRate replaces what TrainingStrategy has"):
        MethodDL(options(4), LearningRate=0.5, Strict=True)


def test_a_keyword_holds_for_all_phases():
    phases = "LearningRate=1e-2,MaxEpochs=3,TestRepetitions=1|LearningRate=1e-3,MaxEpochs=3,TestRepetitions=1"
    with pytest.warns(TmvaliteWarning, match="the keyword MaxEpochs replaces what TrainingStrategy has"):
        method = MethodDL(f"TrainingStrategy={phases}:Layout=LINEAR", MaxEpochs=5, BatchSize=8)
    assert [(p.learning_rate, p.max_epochs, p.batch_size) for p in method.phases] == [(1e-2, 5, 8), (1e-3, 5, 8)]


def test_error_a_keyword_for_phases_that_differ():
    with pytest.raises(OptionError) as caught:
        MethodDL("Layout=LINEAR:TrainingStrategy=LearningRate=1e-2|LearningRate=1e-3", LearningRate=0.1)
    assert str(caught.value) == (
        "LearningRate differs between the 2 phases of TrainingStrategy; which of them does LearningRate=0.1 mean?\n"
        "  TrainingStrategy=LearningRate=1e-2|LearningRate=1e-3\n"
        "                   ^~~~~~~~~~~~~~~~~\n"
        "  in TrainingStrategy\n"
        "  hint: leave the keyword out and write LearningRate in every phase"
    )


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"LearningRate": "1e-3,MaxEpochs=5"}, "has a ',' inside"),
        ({"BatchSize": 0}, "BatchSize cannot be 0"),
        ({"Optimizer": "ADAMM"}, "Optimizer cannot be 'ADAMM'"),
        ({"MaxEpoch": 5}, "no option is called 'MaxEpoch'"),
        ({"options": 3}, "options cannot be this int"),
        ({"progress": "loud"}, "progress 'loud' is not known"),
        ({"verbose": "no"}, "verbose='no' is not known"),
    ],
)
def test_error_arguments(arguments, message):
    with pytest.raises(OptionError, match=message):
        MethodDL(**{"Layout": "LINEAR"} | arguments)


def test_parameters_are_set_as_attributes_too():
    method = MethodDL(options(1), progress="silent").fit(X, Y)
    method.title, method.norm = "NN", "NumEvents"
    assert method.is_trained and method.title == "NN" and method.norm == "NumEvents"
    method.RandomSeed = None
    method.Layout = None
    method.Threads = 1
    assert not method.is_trained and method.bound.values.Threads == 1
    with pytest.raises(OptionError, match="no option is called 'Layuot'"):
        method.set_params(Layuot="LINEAR")
    again = clone(method)
    assert again.get_params() == method.get_params()


def test_a_search_over_scalar_parameters_runs_in_two_processes():
    grid = {"LearningRate": [1e-5, 1e-2], "BatchSize": [10, 40]}
    search = GridSearchCV(MethodDL(Layout="TANH|8,LINEAR", MaxEpochs=5, RandomSeed=1, verbose=False), grid, cv=3, n_jobs=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)  # a rate of 1e-5 hardly trains
        search.fit(X, Y)
    assert search.best_params_["LearningRate"] == 1e-2 and search.best_score_ > 0.85
    assert np.array_equal(search.predict(X), search.best_estimator_.predict(X))


def test_calibration_by_scikit_learn_runs():
    method = MethodDL(options(10), norm="EqualNumEvents", verbose=False)
    calibrated = CalibratedClassifierCV(method, cv=3).fit(X, Y)
    assert calibrated.predict_proba(X).shape == (240, 2) and calibrated.score(X, Y) > 0.9
    assert cross_val_score(make_pipeline(StandardScaler(), method), X, Y, cv=3).min() > 0.85


# ------------------------------------------------------------------------------------------- what a method has


def test_a_method_has_what_its_analysis_gives():
    regression = MethodDL(options(1), analysis_type="regression")
    plain, headed = MethodAE("Layout=" + PLAIN), MethodAE("Layout=" + PLAIN + "Head={DENSE|1|LINEAR}")
    assert hasattr(MethodDL(options(1)), "predict_proba") and hasattr(headed, "predict_proba")
    assert not hasattr(regression, "predict_proba") and hasattr(regression, "predict")
    assert not any(hasattr(plain, name) for name in ("predict", "predict_proba", "score")) and hasattr(plain, "transform")
    with pytest.raises(UnavailableError, match="a regression has no probabilities of classes\n  hint: use predict"):
        regression.predict_proba(X)
    assert is_classifier(headed) and not is_classifier(plain) and is_regressor(regression) and not is_regressor(plain)


def test_features_and_their_names():
    pandas = pytest.importorskip("pandas")
    method = MethodDL(options(1), verbose=False).fit(X, Y)
    assert method.n_features_in_ == 3 and not hasattr(method, "feature_names_in_")
    frame = pandas.DataFrame(X, columns=["pt", "eta", "mass"])
    named = MethodDL(options(1), verbose=False).fit(frame, Y)
    assert named.feature_names_in_.tolist() == ["pt", "eta", "mass"] and named.n_features_in_ == 3
    assert np.array_equal(named.predict(frame[["mass", "pt", "eta"]]), method.predict(X))
    for name in ("n_features_in_", "feature_names_in_", "classes_"):
        assert not hasattr(MethodDL(options(1)), name)


@pytest.mark.parametrize("labels", [("b", "a"), ("tt", "qcd"), (2, 1), (True, False), (1, -1)])
def test_classes_may_have_any_names(labels):
    y = np.where(Y == 1, *labels)
    guessed = {
        ("b", "a"): "is taken, the later one",
        ("tt", "qcd"): "is taken, the later one",
        (2, 1): "1 is taken for the signal",
    }
    told = pytest.warns(TmvaliteWarning, match=guessed[labels]) if labels in guessed else None
    if told is None:
        method = MethodDL(options(8), verbose=False).fit(X, y)
    else:
        with told:
            method = MethodDL(options(8), verbose=False).fit(X, y)
    assert method.classes_.tolist() == sorted(labels) and method.score(X, y) > 0.85
    probability = method.predict_proba(X)
    assert np.array_equal(method.classes_[np.argmax(probability, axis=1)], method.predict(X))
    signal = 1 if 1 in labels else max(labels)
    assert method.signal_class == signal
    assert np.array_equal(method.GetMvaValues(X), probability[:, method.classes_.tolist().index(signal)])


@pytest.mark.parametrize("y", [curved()[:, 0], np.zeros(400), np.where(curved()[:, 0] > 0, "b", "a"), np.arange(400) % 3])
def test_an_autoencoder_without_a_head_takes_any_y(y):
    method = MethodAE("Layout=" + PLAIN, MaxEpochs=1, RandomSeed=1, verbose=False)
    codes = method.fit_transform(curved(), y)
    assert codes.shape[0] == 400 and codes.shape[1] == method.latent_size


def test_error_not_fitted_is_one_of_both():
    for error in (NotFittedError, TheirNotFittedError):
        with pytest.raises(error, match="this MethodDL is not trained"):
            MethodDL(options(1)).predict(X)


def test_without_scikit_learn_the_error_is_ours_and_nothing_imports_it():
    code = (
        "import sys, tmvalite\n"
        "from tmvalite.errors import NotFittedError\n"
        "try: tmvalite.MethodDL('Layout=LINEAR').predict([[1.0]])\n"
        "except NotFittedError as error: assert type(error) is NotFittedError\n"
        "assert 'sklearn' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_column_of_classes_is_taken_with_a_warning():
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed when a 1d array was expected") as caught:
        method = MethodDL(options(1), verbose=False).fit(X, Y[:, None])
    assert isinstance(caught[0].message, TmvaliteWarning)
    assert np.array_equal(method.GetMvaValues(X), MethodDL(options(1), verbose=False).fit(X, Y).GetMvaValues(X))


def test_rows_that_are_not_finite():
    bad = X.copy()
    bad[3, 1], bad[5, 0] = np.nan, np.inf
    classes = MethodDL(options(1), verbose=False).fit(X, Y)
    targets = MethodDL(options(1), analysis_type="regression", verbose=False).fit(*line())
    several = MethodDL(options(1, layout="TANH|8,LINEAR"), analysis_type="multiclass", verbose=False).fit(*three_classes())
    codes = MethodAE("Layout=Encoder={DENSE|2|TANH}Decoder={DENSE|N|LINEAR}", MaxEpochs=1, verbose=False).fit(X)
    for call, events in (
        (classes.predict, bad),
        (classes.predict_proba, bad),
        (targets.predict, bad[:, :2]),
        (several.predict, bad[:, :2]),
        (several.predict_proba, bad[:, :2]),
        (codes.transform, bad),
    ):
        with pytest.raises(DataError, match="X contains NaN or infinity in 2 of 240 events \\(rows 3, 5\\)"):
            call(events)
        marked = call(events, not_finite="mark")
        gone = (
            np.asarray(marked == -1)
            if marked.dtype.kind == "i"
            else marked == ""
            if marked.ndim == 1 and marked.dtype.kind == "U"
            else np.isnan(marked)
        )
        assert np.flatnonzero(gone.reshape(len(marked), -1).all(axis=1)).tolist() == [3, 5]
        with pytest.raises(OptionError, match="not_finite='skip' is not known"):
            call(events, not_finite="skip")
    with pytest.raises(DataError, match="X contains NaN"):
        classes.score(bad, Y)
    assert np.flatnonzero(np.isnan(classes.GetMvaValues(bad))).tolist() == [3, 5]
    assert np.flatnonzero(np.isnan(codes.GetMvaValues(bad))).tolist() == [3, 5]


# ------------------------------------------------------------------------------------------- given validation events


def test_given_events_validate():
    given = MethodDL(options(4), verbose=False).fit(X[:180], Y[:180], eval_set=(X[180:], Y[180:]))
    valid = given.history["valid_loss"]
    p = given.predict_proba(X[180:])[np.arange(60), Y[180:]].astype(float)
    assert valid[-1] == min(valid) and abs(-np.log(p).mean() - valid[-1]) < 1e-5
    weighted = MethodDL(options(4), verbose=False).fit(X[:180], Y[:180], eval_set=[(X[180:], Y[180:], np.full(60, 3.0))])
    assert weighted.history["valid_loss"] == valid and weighted.history["train_loss"] == given.history["train_loss"]
    whole = MethodDL(options(4, more="ValidationSize=60:RandomSeed=5"), verbose=False).fit(X, Y)
    assert whole.history["train_loss"] != given.history["train_loss"]


def test_given_events_by_names_targets_and_alone():
    x, y = line()
    method = MethodDL(options(3), analysis_type="regression", verbose=False)
    table = {"a": x[:, 0], "b": x[:, 1]}
    swapped = {"b": x[:50, 1], "c": y[:50], "a": x[:50, 0]}
    by_name = method.fit(table, y, eval_set=(swapped, y[:50])).history["valid_loss"]
    assert by_name == method.fit(x, y, eval_set=(x[:50], y[:50])).history["valid_loss"]
    codes = MethodAE("Layout=" + PLAIN, MaxEpochs=2, RandomSeed=1, verbose=False).fit(curved()[:300], eval_set=(curved()[300:],))
    assert np.isfinite(codes.history["valid_loss"]).all()


@pytest.mark.parametrize(
    "eval_set, message",
    [
        (X, "eval_set cannot be this ndarray"),
        ([(X, Y), (X, Y)], "eval_set cannot be this list"),
        ((X[:, :2], Y), "the events have shape \\(240, 2\\), the method has 3 variables\n  in eval_set"),
        ((X, np.where(Y == 1, 1, 7)), "y has the class 7, which does not train\n  in eval_set"),
        ((X, Y[:7]), "y has shape \\(7,\\), X has 240 events\n  in eval_set"),
    ],
)
def test_error_eval_set(eval_set, message):
    with pytest.raises(DataError, match=message):
        MethodDL(options(1), verbose=False).fit(X, Y, eval_set=eval_set)


def test_a_validation_size_beside_given_events_is_warned_about():
    with pytest.warns(TmvaliteWarning, match="ValidationSize has no effect: eval_set validates"):
        MethodDL(options(1, more="ValidationSize=50:RandomSeed=5"), verbose=False).fit(X, Y, eval_set=(X, Y))


# ------------------------------------------------------------------------------------------- prints and state


def test_a_method_shows_what_was_given():
    method = MethodDL("Layout=TANH|4,LINEAR", MaxEpochs=5, title="<NN>")
    assert repr(method) == "MethodDL('Layout=TANH|4,LINEAR', analysis_type='classification', title='<NN>', MaxEpochs=5)"
    shown = method._repr_html_()
    assert "<b>MethodDL</b>, not trained" in shown and "&lt;NN&gt;" in shown and "MaxEpochs" in shown and "KLWeight" not in shown
    method = MethodDL(options(20), verbose=False).fit(X, Y)
    shown = method._repr_html_()
    assert (
        "<b>MethodDL</b>, trained" in shown and "<details><summary>layers</summary><pre" in shown and ">variables: var1" in shown
    )
    assert repr(method.graph) == f"<graph of {len(method.graph.nodes)} layers, {X.shape[1]} -> 1>" and repr(
        method.plan
    ).startswith("<plan to ")
    assert repr(method.info).startswith(f"<{X.shape[1]} variables (var1, ")


def test_the_old_model_serves_until_the_new_one_is_there():
    from tmvalite.training.progress import Progress

    method, seen = MethodDL(options(3), verbose=False).fit(X, Y), []
    before = method.GetMvaValues(X)

    class Looks(Progress):
        def epoch(self, number, epoch, stale):
            seen.append(np.array_equal(method.GetMvaValues(X), before))

    method.fit(X, 1 - Y, progress=Looks())
    assert seen == [True] * 3 and not np.array_equal(method.GetMvaValues(X), before)


@pytest.mark.parametrize(
    "given, meant",
    [
        ("LerningRate", "LearningRate"),
        ("batch_size", "BatchSize"),
        ("epochs", "MaxEpochs"),
        ("Optimiser", "Optimizer"),
        ("Layot", "Layout"),
        ("verbos", "verbose"),
        ("progess", "progress"),
    ],
)
def test_error_of_a_misspelt_argument_names_option_key_or_argument(given, meant):
    for make in (lambda: MethodDL(**{given: 1}), lambda: MethodDL().set_params(**{given: 1})):
        with pytest.raises(OptionError) as caught:
            make()
        assert str(caught.value) == f"no option is called {given!r}\n  hint: did you mean {meant!r}?"


def test_what_a_string_says_is_told_once_and_not_by_every_copy():
    rate = 0.0123  # a text that no other test warns about
    text = (
        f"!V:Layout=TANH|4,LINEAR:RandomSeed=1:TrainingStrategy=LearningRate={rate},MaxEpochs=20,BatchSize=20,TestRepetitions=1"
    )
    with pytest.warns(TmvaliteWarning) as caught:
        method = MethodDL(text + ",Repetitions=1")
        GridSearchCV(method, {"LearningRate": [rate, 0.02]}, cv=2).fit(X, Y)
    said = [w.message.code for w in caught if w.message.source is not None]
    assert len(said) == 2 and said[0] != said[1]  # Repetitions does nothing; a keyword replaces the rate of the string
