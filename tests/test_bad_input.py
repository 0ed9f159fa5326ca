"""Bad input through the public face: one clear error each, before anything is trained, and no file half-written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import warnings
from array import array
from pathlib import Path

import numpy as np
import pytest

import tmvalite as tmva
from tests.methods.samples import two_classes
from tmvalite.training.progress import Progress

pytestmark = pytest.mark.usefixtures("in_tmp_path")

TRAINING = "TrainingStrategy=MaxEpochs=2,BatchSize=40,TestRepetitions=1,LearningRate=1e-2:RandomSeed=5"
STRATEGY = "TrainingStrategy=LearningRate=1e-2,TestRepetitions=1"
OPTIONS = f"!H:!V:Layout=TANH|4,LINEAR:{TRAINING}"
X, Y = two_classes(120)
NAMES = ("var1", "var2", "var3")


def fit(X=X, y=Y, options=OPTIONS, analysis_type="classification", *, progress="silent", **keywords):
    return tmva.MethodDL(options, analysis_type=analysis_type).fit(X, y, progress=progress, **keywords)


def listing() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def refused(error, call, *arguments, **keywords):
    """The one error of a call that leaves the working folder as it was; no warning comes before it."""
    before = listing()
    with pytest.raises(error) as caught, warnings.catch_warnings():
        warnings.simplefilter("error")
        call(*arguments, **keywords)
    assert type(caught.value) is error and listing() == before
    assert len(str(caught.value).splitlines()) <= 6 or caught.value.earlier
    return caught.value


def changed(values, value, at):
    values = np.array(values, np.float64)
    values[at] = value
    return values


@pytest.fixture(scope="module")
def trained():
    return fit()


# ------------------------------------------------------------------------------------------------- option strings


@pytest.mark.parametrize(
    "options, code, marked, hint",
    [
        ("Layuot=TANH|4,LINEAR", "option-unknown", "Layuot", "did you mean 'Layout'?"),
        ("Layout=DENES|4,LINEAR", "kind-unknown", "DENES", "did you mean 'DENSE'?"),
        ("Layout=TAHN|4,LINEAR", "kind-unknown", "TAHN", "did you mean 'TANH'?"),
        ("Layout=TANH|4x,LINEAR", "width", "x", None),
        ("Layout=TANH|-4,LINEAR", "width", "-4", None),
        ("TrainingStrategy=LearningRate=fast", "number", "fast", None),
        ("TrainingStrategy=BatchSize=0", "range", "0", None),
        ("RandomSeed=one", "number", "one", None),
        ("ErrorStrategy=CROSENTROPY", "choice", "CROSENTROPY", "did you mean 'CROSSENTROPY'?"),
        ("ValidationSize=many", "validation-size", "many", None),
        ("VarTransform=M", "transform-unknown", "M", None),
        (
            "BatchLayout=1|128|3:InputLayout=1|1|3",
            "batch-layout",
            "1|128|3",
            "leave BatchLayout out: it follows from InputLayout and BatchSize",
        ),
    ],
)
def test_error_option_strings_point_at_what_is_wrong(options, code, marked, hint):
    error = refused(tmva.OptionError, tmva.MethodDL, options)
    assert (error.code, error.source.text[error.span.start : error.span.stop], error.hint) == (code, marked, hint)


@pytest.mark.parametrize(
    "options, code, marked",
    [
        ("Layout=DENSE|4|TAHN,LINEAR", "activation-unknown", "TAHN"),
        ("Layout=TANH|4,DENSE|3|LINEAR", "output-width", "DENSE|3|LINEAR"),
        (f"{STRATEGY},LearninRate=1e-2", "key-unknown", "LearninRate"),
        (f"{STRATEGY},MaxEpochs=10Optimizer=ADAM", "text-after-number", "Optimizer=ADAM"),
        (f"{STRATEGY},Optimizer=Adma", "choice", "Adma"),
        ("TrainingStrategy=TestRepetitions=1", "hidden-default", "TestRepetitions=1"),
    ],
)
def test_what_tmva_swallows_warns_once_and_is_an_error_under_strict(options, code, marked):
    options = f"InputLayout=1|1|3:{options}"
    with pytest.warns(tmva.TmvaliteWarning) as caught:
        tmva.MethodDL(options, Strict=False)
    (warning,) = (w.message for w in caught)
    assert warning.code == code and caught[0].filename == __file__
    assert warning.source.text[warning.span.start : warning.span.stop] == marked
    assert refused(tmva.OptionError, tmva.MethodDL, options, Strict=True).code == code


@pytest.mark.parametrize(
    "setting, code, marked, hint",
    [
        ("LeraningRate=1e-3", "key-unknown", "LeraningRate", "did you mean 'LearningRate'?"),
        ("Epochs=2", "key-unknown", "Epochs", "did you mean 'MaxEpochs'?"),
        ("Dropout=0.5", "key-unknown", "Dropout", "did you mean 'DropConfig'?"),
        ("Momentum=0,9", "decimal-comma", "0,9", "write Momentum=0.9"),
        ("MaxEpochs=1,000", "decimal-comma", "1,000", "write MaxEpochs=1000"),
        ("Optimizer=ADAMW", "choice", "ADAMW", "did you mean 'ADAM'?"),
        ("MaxEpochs=10Optimizer=ADAM", "text-after-number", "Optimizer=ADAM", "write ',' before Optimizer"),
        ("Momentum=0.5\N{MINUS SIGN}1", "text-after-number", "\N{MINUS SIGN}1", "write Momentum=0.5"),
        ("Repetitions=1BatchSize=7", "text-after-number", "BatchSize=7", "write ',' before BatchSize"),
        ("SGD", "entry-without-equal", "SGD", "write Optimizer=SGD"),
        ("MaxEpochs-20", "entry-without-equal", "MaxEpochs-20", "write MaxEpochs=20"),
        ("DropConfig=0.1,0.2", "entry-without-equal", "0.2", "join the probabilities by '+', as in DropConfig=0.0+0.5"),
        (
            "Architecture=CPU",
            "key-unknown",
            "Architecture",
            "Architecture is an option of its own: write ':' before it, and not ','",
        ),
    ],
)
def test_error_keys_and_values_of_a_training_from_python_and_warnings_if_not_strict(setting, code, marked, hint):
    options = f"InputLayout=1|1|3:{STRATEGY},{setting}"
    error = refused(tmva.OptionError, tmva.MethodDL, options)
    assert (error.code, error.source.text[error.span.start : error.span.stop], error.hint) == (code, marked, hint)
    assert "TMVA" not in error.message
    encoder = "Layout=Encoder={TANH|2}Decoder={LINEAR|3}:" + options
    assert refused(tmva.OptionError, tmva.MethodAE, encoder).code == code
    for keywords, more in (({"Strict": False}, ""), ({}, ":!Strict")):
        with pytest.warns(tmva.TmvaliteWarning) as caught:
            tmva.MethodDL(options + more, **keywords)
        assert [(w.message.code, w.message.hint) for w in caught] == [(code, hint)]


@pytest.mark.parametrize(
    "layout, code, first",
    [
        ("TANH|3,DENSE|1|SOFTMAX", "constant-layer", "SOFTMAX of one value is always 1: DENSE gives the same for every event"),
        ("TANH|8.5,LINEAR", "width-truncated", "the width 8.5 is no whole number; the layer has 8 nodes, as in TMVA"),
        (
            "RESHAPE|1|3|1,GRU|2|1|3,0|1,LINEAR",
            "comma-for-bar",
            "the comma before '0|1' ends GRU; what follows is one dense layer of 1 nodes with TANH, as in TMVA",
        ),
    ],
)
def test_layers_that_hardly_can_be_meant_warn_once(layout, code, first):
    with pytest.warns(tmva.TmvaliteWarning) as caught:
        tmva.MethodDL(f"InputLayout=1|1|3:Layout={layout}")
    assert [(w.message.code, w.message.message) for w in caught] == [(code, first)]


def test_widths_that_are_whole_numbers_or_follow_the_variables_do_not_warn():
    tmva.MethodDL("InputLayout=1|1|3:Layout=TANH|8.0,TANH|N/2,TANH|1e1,DENSE|2|SOFTMAX,DENSE|1|LINEAR")


@pytest.mark.parametrize("inputs", ["InputLayout=1|1|3:", ""])
def test_error_batch_normalisation_of_single_events(inputs):
    options = inputs + "Layout=TANH|4,BNORM,LINEAR:TrainingStrategy=LearningRate=1e-3,TestRepetitions=1,BatchSize="
    error = refused(tmva.OptionError, tmva.MethodDL, options + "1")
    assert (error.code, error.expected, error.where) == ("batch-size", "BatchSize of at least 2", "Layout, layer 2 (BNORM)")
    tmva.MethodDL(options + "2")
    tmva.MethodDL(options.replace("TANH|4", "RESHAPE|1|1|3,TANH|4").replace("BNORM,", "") + "1")
    encoder = options.replace("TANH|4,BNORM,LINEAR", "Encoder={DENSE|2|TANH,BNORM}Decoder={DENSE|N|LINEAR}")
    assert refused(tmva.OptionError, tmva.MethodAE, encoder + "1").code == "batch-size"


def test_batch_normalisation_of_an_image_has_statistics_of_one_event():
    strategy = "TrainingStrategy=LearningRate=1e-3,TestRepetitions=1,BatchSize=1"
    tmva.MethodDL(f"InputLayout=1|4|4:Layout=CONV|2|3|3|1|1|1|1|RELU,BNORM,RESHAPE|FLAT,LINEAR:{strategy}")


def test_a_whole_number_may_be_written_with_an_exponent():
    assert tmva.MethodDL(f"{STRATEGY},BatchSize=1e2:RandomSeed=2e3:InputLayout=1|1|3e0").phases[0].batch_size == 100


def test_numbers_that_nobody_wrote_are_named_once():
    phases = (
        "MaxEpochs=2",
        "LearningRate=1e-2,TestRepetitions=1",
        "MaxEpochs=3",
        "Optimizer=SGD,LearningRate=1,TestRepetitions=1",
    )
    with pytest.warns(tmva.TmvaliteWarning) as caught:
        tmva.MethodDL(TrainingStrategy=phases)
    assert [str(w.message).splitlines()[0] for w in caught] == [
        "LearningRate=1e-05 and TestRepetitions=7 are used, as in TMVA, since they are not written in phases 1 and 3",
        "Momentum=0.3 is used, as in TMVA, since it is not written in phase 4",
    ]
    assert (
        caught[0].message.hint
        == "write LearningRate=0.001,TestRepetitions=1, as the default TrainingStrategy has it, or what you mean"
    )


def test_error_names_the_warnings_found_before_it():
    options = f"{STRATEGY},BztchSize=128:InputLayout=1|1|4:BatchLayout=1|128|4"
    error = refused(tmva.OptionError, tmva.MethodDL, options, Strict=False)
    assert error.code == "batch-layout" and [w.code for w in error.earlier] == ["key-unknown"]
    first, *_, last = str(error).splitlines()
    assert first == "no key of TrainingStrategy is called 'BztchSize'; it is ignored, as TMVA does"
    assert "  hint: did you mean 'BatchSize'?\nand then: BatchLayout does not fit BatchSize=30" in str(error)


@pytest.mark.parametrize(
    "analysis_type, y, width, message, hint",
    [
        ("regression", np.c_[Y, Y], 3, "the last layer has 3 outputs, but there are 2 targets", "end with DENSE|2|LINEAR"),
        ("multiclass", np.arange(120) % 3, 2, "the last layer has 2 outputs, but there are 3 classes", "end with DENSE|3|LINEAR"),
    ],
)
def test_error_widths_that_are_not_those_of_the_data(analysis_type, y, width, message, hint):
    error = refused(tmva.ShapeError, fit, X, y, f"Layout=TANH|4,DENSE|{width}|LINEAR:{TRAINING}", analysis_type)
    assert (error.message, error.code, error.hint) == (message, "output-width", hint)


def test_error_a_class_or_variable_of_a_transformation_that_is_not_there():
    error = refused(tmva.OptionError, fit, options=f"VarTransform=N_Sgnal:{OPTIONS}")
    assert (error.code, error.hint) == ("transform-class", "did you mean 'Signal'?")
    assert refused(tmva.OptionError, fit, options=f"VarTransform=N(pt):{OPTIONS}").code == "transform-selection"


@pytest.mark.parametrize(
    "size, message",
    [
        (500, "ValidationSize leaves no event for training: 500 of 120 training events would validate"),
        (120, "ValidationSize leaves no event for training: 120 of 120 training events would validate"),
        (0.001, "ValidationSize leaves no event for validation: 0.1 % of 120 training events is 0"),
    ],
)
def test_error_validation_sizes(size, message):
    error = refused(tmva.OptionError, fit, options=f"{OPTIONS}:ValidationSize={size}")
    assert (error.message, error.code) == (message, "validation-size")


@pytest.mark.filterwarnings("ignore:the network is hardly trained")
def test_a_batch_larger_than_the_sample_is_one_batch(trained):
    def values(size):
        return fit(options=OPTIONS.replace("BatchSize=40", f"BatchSize={size}")).GetMvaValues(X)

    whole = values(96)  # 80 % of 120 events train
    with pytest.warns(tmva.TmvaliteWarning, match="BatchSize=5000 is more than the 96 events that train") as caught:
        assert np.array_equal(values(5000), whole)
    assert [w.message.code for w in caught if w.message.code != "hardly-trained"] == ["batch-large"]


@pytest.mark.parametrize(
    "keywords, code",
    [({"norm": "Equal"}, "argument"), ({"progress": "loud"}, "argument"), ({"on_interrupt": "stop"}, "argument")],
)
def test_error_arguments_of_fit(keywords, code):
    assert refused(tmva.OptionError, fit, **keywords).code == code


# ------------------------------------------------------------------------------------------------- arrays


@pytest.mark.parametrize(
    "bad, message",
    [
        (changed(X, np.nan, (3, 1)), "variable 'var2' is NaN in 1 of 120 events (row 3)"),
        (changed(X, -np.inf, (3, 1)), "variable 'var2' is infinite in 1 of 120 events (row 3)"),
        (changed(X, 1e300, (3, 1)), "variable 'var2' is 1e+300, too large for float32, in 1 of 120 events (row 3)"),
        (X[:, 0], "X has shape (120,)"),
        (X[None], "X has shape (1, 120, 3)"),
        (X[:0], "X has 0 events of 3 variables"),
        (X[:, :0], "X has 120 events of 0 variables: 0 feature(s) (shape=(120, 0)) while a minimum of 1 is required."),
        (X.astype(str), "X has values of type <U32, not numbers"),
        (X * 1j, "Complex data not supported: X has values of type complex64, not numbers"),
        (X.astype("i8").astype("M8[s]"), "X has values of type datetime64[s], not numbers"),
        (np.full((120, 3), "a", object), "X holds values that are no numbers"),
        ([[1, 2], [3]], "the rows of X have different lengths"),
        ({"a": X[:, 0], "b": X[:5, 1]}, "columns differ in length: 'a' has 120 entries, 'b' has 5"),
        (None, "X has shape ()"),
    ],
)
def test_error_events_to_train(bad, message):
    assert refused(tmva.DataError, fit, bad).message == message


def test_numbers_in_an_array_of_objects_are_numbers(trained):
    assert np.array_equal(fit(X.astype(object)).GetMvaValues(X), trained.GetMvaValues(X))
    assert np.array_equal(trained.GetMvaValues(X.astype(object)), trained.GetMvaValues(X))


@pytest.mark.parametrize(
    "analysis_type, y, message, code",
    [
        ("classification", Y * 0, "y has one class only: 0", "data-one-class"),
        ("multiclass", Y * 0, "y has one class only: 0", "data-one-class"),
        (
            "classification",
            np.arange(120) % 3,
            "a classification has two classes, y has 3: 0, 1, 2. Only binary classification is supported.",
            "data-classes",
        ),
        (
            "classification",
            changed(Y, 0.5, 5),
            "Unknown label type: continuous. y is 0.5 in row 5, which is no class",
            "data-classes",
        ),
        ("classification", changed(Y, np.nan, 5), "y is NaN in 1 of 120 events (row 5)", "data-not-finite"),
        ("classification", Y[:7], "y has shape (7,), X has 120 events", "data-shape"),
        ("classification", Y * 1j, "y has values of type complex128", "data-type"),
        ("regression", changed(Y, np.nan, 5), "target 'target' is NaN in 1 of 120 events (row 5)", "data-not-finite"),
        ("regression", changed(Y, np.inf, 5), "target 'target' is infinite in 1 of 120 events (row 5)", "data-not-finite"),
        ("regression", Y[:7], "y has shape (7,), X has 120 events", "data-shape"),
    ],
)
def test_error_classes_and_targets(analysis_type, y, message, code):
    error = refused(tmva.DataError, fit, X, y, analysis_type=analysis_type)
    assert (error.message, error.code) == (message, code)


ONES = np.ones(120)
N_SIGNAL = int(Y.sum())


@pytest.mark.parametrize(
    "weight, message, code",
    [
        (ONES[:5], "sample_weight has shape (5,), X has 120 events", "data-shape"),
        (changed(ONES, np.nan, 5), "sample_weight is NaN in 1 of 120 events (row 5)", "data-not-finite"),
        (changed(ONES, np.inf, 5), "sample_weight is infinite in 1 of 120 events (row 5)", "data-not-finite"),
        (
            0 * ONES,
            f"the weights of class 'Signal' are all zero and add up to 0 ({N_SIGNAL} events); their sum must be positive",
            "data-weight-sum",
        ),
        (
            -ONES,
            f"the weights of class 'Signal' add up to -{N_SIGNAL} ({N_SIGNAL} events); their sum must be positive",
            "data-weight-sum",
        ),
    ],
)
def test_error_event_weights(weight, message, code):
    error = refused(tmva.DataError, fit, sample_weight=weight)
    assert (error.message, error.code) == (message, code)


@pytest.mark.parametrize(
    "bad, message",
    [
        (X[:, :2], "the events have shape (120, 2), the method has 3 variables"),
        (X[:, 0], "the events have shape (120,), the method has 3 variables"),
        (X[None], "the events have shape (1, 120, 3), the method has 3 variables"),
        (X.astype(str), "X has values of type <U32, not numbers"),
        (X * 1j, "Complex data not supported: X has values of type complex64, not numbers"),
        ([[1, 2, 3], [4]], "the rows of X have different lengths"),
        ({"var1": X[:, 0], "var2": X[:, 1]}, "the events have no column 'var3'"),
        ({"var1": X[:, 0], "var2": X[:, 1], "var3": [1.0]}, "columns differ in length: 'var1' has 120 entries, 'var3' has 1"),
    ],
)
def test_error_events_to_score_are_the_same_for_method_and_reader(trained, bad, message):
    trained.save("a.weights.xml")
    for call in (trained.GetMvaValues, lambda events: reader().EvaluateMVA(events, "A")):
        assert refused(tmva.DataError, call, bad).message == message


def test_not_a_number_is_never_a_made_up_score(trained):
    trained.save("a.weights.xml")
    events = changed(X[:3], np.nan, (1, 2))
    for values in (trained.GetMvaValues(events), reader().EvaluateMVA(events, "A")):
        assert np.isnan(values).tolist() == [False, True, False]
    for event in (events[1], [0.0, 1e300, 0.0]):
        assert np.isnan(trained.GetMvaValue(event))
        with pytest.warns(tmva.TmvaliteWarning, match="is not finite: the answer is -999"):
            assert reader().EvaluateMVA(event, "A") == -999.0


# ------------------------------------------------------------------------------------------------- Factory and DataLoader


def columns(at, n=60, seed=1):
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(at, 1, n), "b": rng.normal(size=n), "w": np.ones(n), "t": rng.normal(size=n)}


def book(
    signal=(),
    *,
    variables=("a", "b"),
    spectator=None,
    target=None,
    cut="",
    weight="",
    split="",
    options=OPTIONS,
    title="D",
    dataset="data",
    file="out.root",
    analysis="Classification",
):
    """A whole booking with one thing changed; `signal` is what is new in the signal tree, or another tree."""
    factory = tmva.Factory("Job", file, f"!V:Silent:!ROC:AnalysisType={analysis}")
    loader = tmva.DataLoader(dataset)
    for name in variables:
        loader.AddVariable(name, "F")
    if spectator:
        loader.AddSpectator(spectator)
    if target:
        loader.AddTarget(target)
    tree = signal if isinstance(signal, str) else {**columns(1), **dict(signal)}
    if analysis == "Regression":
        loader.AddRegressionTree(tree)
    else:
        loader.AddSignalTree(tree)
        loader.AddBackgroundTree(columns(0, seed=2))
    if weight:
        loader.SetWeightExpression(weight, "Signal")
    loader.PrepareTrainingAndTestTree(cut, split or "SplitMode=Random:NormMode=NumEvents:!V")
    factory.BookMethod(loader, tmva.Types.kDL, title, options)
    return factory, loader


def with_value(name, value):
    return {name: changed(columns(1)[name], value, 4)}


@pytest.mark.parametrize(
    "error, code, message, change",
    [
        (tmva.ExpressionError, "expression-unknown", "there is no column 'bb'", {"variables": ("a", "bb")}),
        (tmva.ExpressionError, "expression-unknown", "there is no column 'c'", {"cut": "c > 0"}),
        (tmva.ExpressionError, "expression-unknown", "there is no column 'ww'", {"weight": "ww"}),
        (tmva.ExpressionError, "expression-unknown", "there is no column 's'", {"spectator": "s"}),
        (tmva.ExpressionError, "expression-syntax", "'and' cannot stand here", {"cut": "a > 1 and b < 2"}),
        (
            tmva.DataError,
            "data-empty-class",
            "class 'Signal' has no events: none of 60 passes the cut 'a > 1000'",
            {"cut": "a > 1000"},
        ),
        (
            tmva.DataError,
            "data-not-finite",
            "variable 'a' is not a finite number in 1 event",
            {"signal": with_value("a", np.nan)},
        ),
        (
            tmva.DataError,
            "data-not-finite",
            "variable 'a' is not a finite number in 1 event",
            {"signal": with_value("a", np.inf)},
        ),
        (
            tmva.DataError,
            "data-not-finite",
            "the weight of class 'Signal' is not a finite number in 1 event",
            {"signal": with_value("w", np.nan), "weight": "w"},
        ),
        (
            tmva.DataError,
            "data-not-finite",
            "the weight of class 'Signal' is not a finite number in 1 event",
            {"signal": with_value("w", -np.inf), "weight": "w"},
        ),
        (
            tmva.DataError,
            "data-not-finite",
            "target 't' is not a finite number in 1 event",
            {"signal": with_value("t", np.nan), "target": "t", "analysis": "Regression"},
        ),
        (
            tmva.DataError,
            "data-not-finite",
            "target 't' is not a finite number in 1 event",
            {"signal": with_value("t", np.inf), "target": "t", "analysis": "Regression"},
        ),
        (tmva.DataError, "data-weight-sum", "the training weights of class 'Signal' sum up to 0", {"weight": "0*w"}),
        (tmva.DataError, "data-weight-sum", "the training weights of class 'Signal' sum up to -30", {"weight": "-w"}),
        (tmva.DataError, "data-column", "column 'a' holds text, not numbers", {"signal": {"a": ["x"] * 60}}),
        (
            tmva.DataError,
            "data-column-length",
            "columns differ in length: 'a' has 3 entries, 'b' has 60",
            {"signal": {"a": [1.0, 2.0, 3.0]}},
        ),
        (
            tmva.DataError,
            "data-too-few-events",
            "class 'Signal' has 60 events after cuts to train on, but 99 are requested",
            {"split": "nTrain_Signal=99"},
        ),
        (tmva.OptionError, "option-unknown", "no option is called 'nTrian_Signal'", {"split": "nTrian_Signal=9"}),
        (tmva.OptionError, "option-unknown", "no option is called 'Layuot'", {"options": "Layuot=TANH|4"}),
        (tmva.OptionError, "title", "'a/b' cannot be the title of a method, since it names a file", {"title": "a/b"}),
        (
            tmva.ShapeError,
            "output-width",
            "the last layer has 3 outputs, but there is 1 target",
            {"options": "Layout=DENSE|3|LINEAR", "target": "t", "analysis": "Regression"},
        ),
        (tmva.DataError, "call-order", "a regression needs a target", {"analysis": "Regression"}),
    ],
)
def test_error_bookings_leave_nothing_behind(error, code, message, change):
    found = refused(error, book, **change)
    assert (found.message, found.code) == (message, code)


def test_a_warning_of_a_booking_comes_once_and_names_the_line_of_the_user():
    with pytest.warns(tmva.TmvaliteWarning) as caught:
        factory, _ = book(options=f"Layout=DENSE|4|TAHN,LINEAR:{TRAINING}", file=None)
        factory.TrainAllMethods()
    assert [(w.message.code, w.filename) for w in caught] == [("activation-unknown", __file__)]


def test_error_files_that_cannot_be_read():
    pytest.importorskip("uproot")
    Path("text.root").write_text("these are words")
    write_tree("data.root")
    for tree, code, message in [
        ("data.root:TreeX", "data-tree-missing", "'data.root' holds no tree 'TreeX'"),
        ("dta.root:TreeS", "data-file-missing", "there is no file 'dta.root'"),
        ("text.root:TreeS", "data-file-kind", "'text.root' is no ROOT file"),
    ]:
        error = refused(tmva.DataError, book, tree)
        assert (error.message, error.code) == (message, code)
    error = refused(tmva.ExpressionError, book, "data.root:TreeS", variables=("aa", "b"))
    assert str(error).endswith("in variable 'aa', 'data.root', tree 'TreeS'\n  hint: did you mean 'a'?")


def write_tree(path):
    import uproot

    with uproot.recreate(path) as file:
        file["TreeS"] = columns(1)


def test_error_folders_are_looked_at_before_anything_is_read():
    Path("afile").write_text("in the way")
    read = {"signal": {"a": ["text"] * 60}}  # an error of its own, if it were read
    error = refused(tmva.FileError, book, dataset="afile", **read)
    assert (error.code, error.message) == (
        "file-folder",
        "cannot make the folder 'afile/weights': something that is no folder has this name or stands above it",
    )
    error = refused(tmva.FileError, book, file="no/out.root", **read)
    assert (error.code, error.hint) == ("file-no-folder", f"make the folder '{Path('no').resolve()}' first, or choose another")
    assert refused(tmva.FileError, book, file=".", **read).code == "file-is-folder"


# ------------------------------------------------------------------------------------------------- weight files


def reader(names=NAMES, spectators=(), path="a.weights.xml"):
    made = tmva.Reader("!Color:Silent")
    for name in names:
        made.AddVariable(name, array("f", [0.0]))
    for name in spectators:
        made.AddSpectator(name, array("f", [0.0]))
    made.BookMVA("A", path)
    return made


@pytest.mark.parametrize(
    "names, spectators, code, message",
    [
        (("var1", "vra2", "var3"), (), "reader-variable", "variable 1 of the Reader is 'vra2', but 'var2' in the weight file"),
        (("var1", "var2"), (), "reader-count", "the weight file has 3 variables, the Reader 2"),
        ((*NAMES, "var4"), (), "reader-count", "the weight file has 3 variables, the Reader 4"),
        (
            ("var2", "var1", "var3"),
            (),
            "reader-order",
            "the variables of the Reader are those of the weight file in another order",
        ),
        (NAMES, ("run",), "reader-count", "the weight file has 0 spectators, the Reader 1"),
    ],
)
def test_error_a_reader_with_other_variables_than_the_file(trained, names, spectators, code, message):
    trained.save("a.weights.xml")
    error = refused(tmva.DataError, reader, names, spectators)
    assert (error.code, error.message, error.where) == (code, message, "weight file a.weights.xml")


def test_error_weight_files_that_are_not_there_or_are_none(trained):
    trained.save("a.weights.xml")
    error = refused(tmva.FileError, reader, path="a.weight.xml")
    assert str(error) == "there is no weight file 'a.weight.xml'\n  hint: did you mean 'a.weights.xml'?"
    assert str(refused(tmva.FileError, tmva.load, "b.xml")) == "there is no file 'b.xml'"
    assert str(refused(tmva.FileError, tmva.load, ".")) == "cannot read '.': it is a folder\n  hint: add a file name"
    Path("empty.xml").touch()
    assert refused(tmva.FileError, tmva.load, "empty.xml").code == "file-truncated"


def test_error_a_weight_file_cut_at_every_50th_byte(trained):
    trained.save("a.weights.xml")
    whole = Path("a.weights.xml").read_bytes()
    for length in range(0, len(whole), 50):
        Path("cut.xml").write_bytes(whole[:length])
        assert "'cut.xml'" in str(refused(tmva.FileError, tmva.load, "cut.xml"))
    assert length > 3000


@pytest.mark.parametrize(
    "old, new, code, word",
    [
        ("DenseLayer", "AttentionLayer", "xml-unknown", "AttentionLayer"),
        (
            '<Transformations NTransformations="0"/>',
            '<Transformations NTransformations="1"><Transform Name="Fourier"/></Transformations>',
            "xml-unknown",
            "Fourier",
        ),
        ('Rows="4" Columns="3"', 'Rows="4" Columns="2"', None, "Weights"),
        ('NVar="3"', 'NVar="2"', None, "NVar"),
        ("DL::DL", "BDT::DL", "file-method", "BDT::DL"),
    ],
)
def test_error_weight_files_with_what_is_not_known(trained, old, new, code, word):
    trained.save("a.weights.xml")
    text = Path("a.weights.xml").read_text()
    assert old in text
    Path("a.weights.xml").write_text(text.replace(old, new))
    error = refused(tmva.FileError, tmva.load, "a.weights.xml")
    assert word in str(error) and "a.weights.xml" in str(error) and (code is None or error.code == code)


# ------------------------------------------------------------------------------------------------- interruption and disks


class Interrupt(Progress):
    """Stops the training as Ctrl-C would, in the callback `where`."""

    def __init__(self, where):
        def stop(*arguments):
            raise KeyboardInterrupt

        setattr(self, where, stop)


def test_a_training_that_is_interrupted_before_its_first_step_leaves_nothing():
    method = tmva.MethodDL(OPTIONS)
    with pytest.raises(KeyboardInterrupt):
        method.fit(X, Y, progress=Interrupt("begin_phase"))
    assert not method.is_trained


@pytest.mark.parametrize("where", ["batches", "epoch", "end_phase", "end"])
def test_a_training_that_is_interrupted_leaves_a_method_that_can_be_used(where):
    method = tmva.MethodDL(OPTIONS)
    with pytest.raises(KeyboardInterrupt):
        method.fit(X, Y, progress=Interrupt(where))
    assert np.isfinite(method.GetMvaValues(X)).all() and listing() == []
    method.save("a.weights.xml")
    assert np.array_equal(tmva.load("a.weights.xml").GetMvaValues(X), method.GetMvaValues(X))


def test_an_interrupted_factory_replaces_the_old_weight_file_by_what_was_learnt(monkeypatch, capsys):
    factory, loader = book(file=None)
    path = Path("data/weights/Job_D.weights.xml")
    path.parent.mkdir(parents=True)
    path.write_text("the old one")
    factory.log_settings.silent = False
    monkeypatch.setattr("tmvalite.training.progress.Progress.epoch", Interrupt("epoch").epoch)
    with pytest.raises(KeyboardInterrupt):
        factory.TrainAllMethods()
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert "Interrupted: 'D' keeps the best weights so far" in capsys.readouterr().out
    method = tmva.load(path)
    x = X[:, :2]
    assert method.title == "D" and np.array_equal(method.GetMvaValues(x), factory.GetMethod("data", "D").GetMvaValues(x))


def test_a_factory_that_is_interrupted_before_it_learns_leaves_the_old_weight_file(monkeypatch):
    factory, loader = book(file=None)
    path = Path("data/weights/Job_D.weights.xml")
    path.parent.mkdir(parents=True)
    path.write_text("the old one")
    monkeypatch.setattr("tmvalite.training.network.Network.prepare", Interrupt("prepare").prepare)
    with pytest.raises(KeyboardInterrupt):
        factory.TrainAllMethods()
    assert path.read_text() == "the old one" and [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(trained, monkeypatch, function):
    def full(*arguments, **keywords):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    Path("a.weights.xml").write_text("the old one")
    monkeypatch.setattr(os, function, full)
    error = refused(tmva.FileError, trained.save, "a.weights.xml")
    assert (error.code, error.message) == ("file-disk-full", "cannot write 'a.weights.xml': the disk is full")
    assert Path("a.weights.xml").read_text() == "the old one"


def test_a_folder_in_the_way_of_a_weight_file(trained):
    with pytest.raises(tmva.NotFittedError):
        tmva.MethodDL(OPTIONS).save("a.xml")
    assert refused(tmva.FileError, trained.save, ".").code == "file-is-folder"
    assert refused(tmva.FileError, trained.save, "no/a.xml").code == "file-no-folder"


# ------------------------------------------------------------------------------------------------- the command line


@pytest.mark.parametrize(
    "options, first, last",
    [
        ("Layuot=TANH|4", "error: no option is called 'Layuot'", "  hint: did you mean 'Layout'?"),
        ("Layout=TANH|4,DENES|2", "error: there is no layer 'DENES'", "  hint: did you mean 'DENSE'?"),
        (
            "TrainingStrategy=MaxEpochs=ten",
            "error: 'ten' is not a number; TMVA would read MaxEpochs as 0",
            "  expected a whole number",
        ),
    ],
)
def test_error_on_the_command_line(options, first, last):
    root = Path(tmva.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "tmvalite.cli", "check", options],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(root)},
        timeout=60,
    )
    lines = done.stderr.splitlines()
    assert (
        (done.returncode, done.stdout, lines[0], lines[-1]) == (2, "", first, last)
        and len(lines) <= 9
        and max(map(len, lines)) <= 80
    )
