"""Data that should not be there, at every stage: each kind has one outcome, as docs/bad-data.md says."""

import contextlib
import io
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import tmvalite as tmva
from tmvalite.cli import main
from tmvalite.errors import TmvaliteError, TmvaliteWarning

N = 40
OPTIONS = "!H:!V:Layout=TANH|2,LINEAR:TrainingStrategy=MaxEpochs=1,BatchSize=5,TestRepetitions=1,LearningRate=1e-2:RandomSeed=5"
LEARNT = ("no-improvement", "hardly-trained", "output-constant", "validation-class-missing")  # of a training of one epoch


def table():
    """Columns a, b and w, and the classes 0 and 1."""
    rng, y = np.random.default_rng(3), np.arange(N) % 2
    return {"a": rng.normal(size=N) + y, "b": rng.normal(size=N), "w": np.ones(N)}, y


def some(name, value, count=3):
    """`count` entries of a column have this value."""

    def spoil(columns, y):
        columns[name][5 : 5 + count] = value
        return columns, y

    return spoil


def column(name, make):
    """The column is what `make` gives of columns and classes."""

    def spoil(columns, y):
        return columns | {name: make(columns, y)}, y

    return spoil


def events(choose):
    """Only these events are there."""

    def spoil(columns, y):
        kept = choose(y)
        return {name: values[kept] for name, values in columns.items()}, y[kept]

    return spoil


def without_a(columns, y):
    return {name: values for name, values in columns.items() if name != "a"}, y


def constant(columns, y):
    return np.full(len(y), 3.5)


OK, NAN = "accepted", "no score"
# What spoils the data; then the outcome of `fit`, also with every transformation, and, where it differs, of a Factory and of the
# folds of a CrossValidation; then that of scores: an error's code, "accepted" with codes of warnings, or "no score".
KINDS = {
    "NaN in a variable": (some("a", np.nan), "data-not-finite", NAN),
    "infinite variable": (some("a", np.inf), "data-not-finite", NAN),
    "variable beyond float32": (some("a", 1e39), "data-not-finite", NAN),
    "NaN in a weight": (some("w", np.nan), "data-not-finite", OK),
    "infinite weight": (some("w", -np.inf), "data-not-finite", OK),
    "denormal numbers": (column("a", lambda c, y: c["a"] * 1e-42), OK, OK),
    "numbers below the smallest float32": (column("a", lambda c, y: c["a"] * 1e-310), "accepted data-constant", OK),
    "whole numbers beyond 2^24": (column("a", lambda c, y: 2**24 + 2 * np.arange(N) + 1), "accepted data-integer-rounded", OK),
    "truth values": (column("a", lambda c, y: c["a"] > 0), OK, OK),
    "negative weights": (some("w", -0.5, 6), "accepted data-negative-weights", OK),
    "all weights zero": (column("w", lambda c, y: np.zeros(N)), "data-weight-sum", OK),
    "negative sum of weights of a class": (column("w", lambda c, y: 1.0 - 2.0 * y), "data-weight-sum", OK),
    "no event": (events(lambda y: y > 1), ("data-empty", "data-empty-class"), OK),
    "one event": (events(lambda y: np.arange(N) == 1), ("data-one-class", "data-empty-class"), OK),
    "a class without events": (events(lambda y: y == 0), ("data-one-class", "data-empty-class"), OK),
    "a class of one event": (events(lambda y: (y == 0) | (np.arange(N) == 1)), (OK, "data-class-missing"), OK),
    "constant variable": (column("a", constant), "accepted data-constant", OK),
    "the same variable twice": (column("b", lambda c, y: c["a"]), "accepted data-equal", OK),
    "variable constant in a class": (column("a", lambda c, y: np.where(y == 1, 1.0, c["a"])), OK, OK),
    "text": (column("a", lambda c, y: np.array(["x"] * N)), "data-column", "data-column"),
    "dates": (column("a", lambda c, y: np.arange(N).astype("M8[D]")), "data-column", "data-column"),
    "complex numbers": (column("a", lambda c, y: c["a"] + 1j), "data-column", "data-column"),
    "several numbers an event": (
        column("a", lambda c, y: np.stack([c["a"]] * 3, 1)),
        ("data-column-shape", "accepted"),
        "data-column-shape",
    ),
    "a column that is missing": (without_a, ("data-column", "expression-unknown"), "data-column"),
}


def fit(columns, y, options=OPTIONS):
    x = {name: columns[name] for name in ("a", "b") if name in columns}
    if "a" not in x:  # what is not given is no variable: the names of the variables are asked for by a formula
        raise TmvaliteError("no column", code="data-column")
    tmva.MethodDL(options).fit(x, y, sample_weight=columns["w"], progress="silent")


def fit_transformed(columns, y):
    fit(columns, y, f"VarTransform=N,D,P,G,U,S:{OPTIONS}")


def loader(columns, y):
    made = tmva.DataLoader("dataset")
    made.AddVariable("a")
    made.AddVariable("b")
    made.SetWeightExpression("w")
    for number, name in ((1, "Signal"), (0, "Background")):
        made.AddTree({key: values[y == number] for key, values in columns.items()}, name)
    made.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    return made


def factory(columns, y):
    job = tmva.Factory("Job", "!V:Silent:!Color:!ROC:!Correlations:!ModelPersistence:AnalysisType=Classification")
    job.BookMethod(loader(columns, y), tmva.Types.kDL, "DNN", OPTIONS)
    job.TrainAllMethods()
    job.TestAllMethods()


def folds(columns, y):
    options = "!V:Silent:!Color:!ROC:!Correlations:!ModelPersistence:AnalysisType=Classification:NumFolds=2"
    job = tmva.CrossValidation("CV", loader(columns, y), options)
    job.BookMethod(tmva.Types.kDL, "DNN", OPTIONS)
    job.Evaluate()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        columns, y = table()
        method = tmva.MethodDL(OPTIONS).fit({name: columns[name] for name in "ab"}, y, progress="silent")
    path = tmp_path_factory.mktemp("bad") / "m.weights.xml"
    method.save(path)
    return method, path


def outcome(call, *arguments):
    """The code of the error, or "accepted" with the codes of the warnings, each once."""
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("always")
        try:
            call(*arguments)
        except TmvaliteError as error:
            assert len(str(error).splitlines()) <= 6
            return error.code
    assert all(isinstance(one.message, TmvaliteWarning) for one in caught)
    codes = sorted({one.message.code for one in caught} - set(LEARNT))
    return " ".join([OK, *codes])


@pytest.mark.usefixtures("in_tmp_path")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", [fit, fit_transformed, factory, folds])
def test_training_on_bad_data(kind, stage):
    spoil, expected, _ = KINDS[kind]
    expected = expected[stage in (factory, folds)] if isinstance(expected, tuple) else expected
    assert outcome(stage, *spoil(*table())) == expected
    assert [path for path in Path().rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_scoring_bad_data(kind, trained):
    """No score where a variable is no finite number, and the same scores as ever elsewhere."""
    spoil, _, expected = KINDS[kind]
    columns, _ = spoil(*table())
    given = {name: columns[name] for name in ("a", "b") if name in columns}
    if expected not in (OK, NAN):
        assert outcome(trained[0].GetMvaValues, given) == expected
        return
    scores = trained[0].GetMvaValues(given)
    with np.errstate(over="ignore"):
        finite = np.isfinite(np.stack([np.asarray(given[name], np.float64).astype(np.float32) for name in "ab"], 1)).all(axis=1)
    assert (np.isfinite(scores) == finite).all() and finite.all() == (expected == OK)
    reader = tmva.Reader("!Color:Silent")
    for name in "ab":
        reader.AddVariable(name)
    reader.BookMVA("DNN", trained[1])
    x = np.stack([np.asarray(given[name], np.float64) for name in "ab"], 1)
    assert np.array_equal(reader.EvaluateMVA(x, "DNN"), scores, equal_nan=True)


@pytest.mark.usefixtures("in_tmp_path")
@pytest.mark.parametrize("kind", KINDS)
def test_applying_to_bad_data(kind, trained, capsys):
    """`tmvalite apply` says how many entries have no score, and has the scores of the method."""
    spoil, _, expected = KINDS[kind]
    columns, _ = spoil(*table())
    np.savez("in.npz", **columns)
    code = main(["apply", str(trained[1]), "in.npz", "--output", "out.npz"])
    said = capsys.readouterr()
    if expected not in (OK, NAN):
        assert code == 2 and said.err.startswith("error: ") and not Path("out.npz").exists()
        return
    scores = trained[0].GetMvaValues({name: columns[name] for name in "ab"})
    assert code == 0 and np.array_equal(np.load("out.npz")["DL"], scores, equal_nan=True)
    missing = int(np.isnan(scores).sum())
    assert (f"{missing} have no score" in said.out) == bool(missing) == (expected == NAN)


def test_the_page_names_every_kind():
    page = (Path(__file__).parent.parent / "docs" / "bad-data.md").read_text("utf-8")
    rows = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    assert [kind for kind in KINDS if kind not in rows] == []
