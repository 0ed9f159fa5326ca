"""EvaluateImportance against trainings done by hand, and permutation importance of trained methods."""

import numpy as np
import pytest

import tmvalite
from tests.cluster.tasks import Sending
from tests.methods.samples import line, options, three_classes, two_classes
from tmvalite import DataError, DataLoader, Factory, MethodDL, OptionError, TmvaliteWarning
from tmvalite.evaluation import roc_area

DNN = options(30, layout="TANH|4,LINEAR")


def table(n, shift, seed):
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(shift, 1, n), "b": rng.normal(shift / 3, 1, n), "c": rng.normal(size=n)}


def loader(names="abc"):
    made = DataLoader("dataset")
    for name in names:
        made.AddVariable(name)
    made.AddSignalTree(table(120, 1.0, 1))
    made.AddBackgroundTree(table(120, -1.0, 2))
    return made


def factory(analysis="Classification"):
    return Factory("Job", None, f"!V:Silent:!ModelPersistence:AnalysisType={analysis}")


def area_with(data, columns):
    """Of a method that was trained by itself on some variables."""
    if not columns:
        return 0.5
    import dataclasses

    method = MethodDL(DNN, analysis_type="classification", Strict=False)
    info = dataclasses.replace(data.info, variables=tuple(data.info.variables[i] for i in columns))
    method.train(dataclasses.replace(data.train, x=np.ascontiguousarray(data.train.x[:, columns])), info, progress="silent")
    return roc_area(method.GetMvaValues(data.test.x[:, columns]), data.test.class_index == 0, data.test.weight)


def test_one_variable_is_left_out_at_a_time():
    made = loader()
    found = factory().EvaluateImportance(made, tmvalite.kShort, "DL", "DNN", DNN)
    data = made.dataset()
    whole = area_with(data, [0, 1, 2])
    expected = [whole - area_with(data, columns) for columns in ([1, 2], [0, 2], [0, 1])]
    assert found.importance.values == pytest.approx(expected, abs=1e-12) and found.importance.reference == pytest.approx(whole)
    assert found.GetNbinsX() == 3 and found.GetXaxis().GetBinLabel(1) == "a" and found.GetName() == "DNN"
    assert found.GetBinContent(1) == pytest.approx(100 * expected[0] / sum(expected)) and found.GetBinError(1) > 0
    assert repr(found).endswith("a first)") and str(found) == str(found.importance)


def test_every_subset_is_summed():
    made = loader("ab")
    found = factory().EvaluateImportance(made, tmvalite.VIType.kAll, "DL", "DNN", DNN)
    data = made.dataset()
    a, b, both = area_with(data, [0]), area_with(data, [1]), area_with(data, [0, 1])
    assert found.importance.values == pytest.approx([both - b + a - 0.5, both - a + b - 0.5], abs=1e-12)


def test_drawn_subsets_repeat_with_a_seed(in_tmp_path):
    first, again = (factory().EvaluateImportance(loader(), tmvalite.kRandom, "DL", "DNN", DNN, choices=2, seed=3) for _ in "12")
    assert np.array_equal(first.importance.values, again.importance.values) and first.importance.names == ("a", "b", "c")
    pytest.importorskip("matplotlib")
    first.Draw()
    first.SaveAs("pictures/importance.png")
    assert (in_tmp_path / "pictures/importance.png").read_bytes()[:4] == b"\x89PNG" and first._repr_png_()


def test_a_regression_loses_rms():
    made, (x, y) = DataLoader("datasetreg"), line(240)
    for name in ("p", "q"):
        made.AddVariable(name)
    made.AddTarget("t")
    made.AddRegressionTree({"p": x[:, 0], "q": x[:, 1], "t": y})
    booking = options(40, layout="TANH|8,LINEAR", more="VarTransform=N:RandomSeed=5")
    found = factory("Regression").EvaluateImportance(made, 1, "DL", "REG", booking).importance
    assert found.label == "rise of RMS, summed over subsets" and found.values[0] > found.values[1] > 0


def test_what_has_no_importance():
    with pytest.raises(DataError, match="at least two variables"):
        factory().EvaluateImportance(loader("a"), 0, "DL", "DNN", DNN)
    many = loader()
    for i in range(10):
        many.AddVariable(f"v{i} := a+{i + 1}*c")
    with pytest.raises(OptionError, match="13 variables have 8191 subsets"):
        factory().EvaluateImportance(many, tmvalite.kAll, "DL", "DNN", DNN)
    with pytest.warns(TmvaliteWarning, match="skipped"):
        assert factory().EvaluateImportance(loader(), 0, "RXGB", "R") is None


def test_permutation_importance_of_methods():
    X, y = two_classes(300)
    X[:, 2] = np.random.default_rng(5).normal(size=300)
    method = MethodDL(DNN).fit(X, y, progress="silent")
    found = method.permutation_importance(X, y, n_repeats=2)
    assert found.names == ("var1", "var2", "var3") and found.reference == pytest.approx(roc_area(method.mva_values(X), y == 1))
    assert found.values[:2].min() > found.values[2] + 3 * found.errors[:2].max()
    again = method.permutation_importance(X, y, n_repeats=2)
    assert np.array_equal(found.values, again.values) and np.array_equal(found.errors, again.errors)
    elsewhere = method.permutation_importance(X, y, n_repeats=2, executor=Sending())
    assert np.array_equal(found.values, elsewhere.values) and np.array_equal(found.errors, elsewhere.errors)
    with pytest.raises(DataError, match="did not train"):
        method.permutation_importance(X, y + 1)
    with pytest.raises(DataError, match="y has 9 events"):
        method.permutation_importance(X, y[:9])
    X, y = three_classes()
    method = MethodDL(options(8), analysis_type="multiclass").fit(X, y, progress="silent")
    assert (method.permutation_importance(X, y).values > 0).all()
    X, y = line()
    method = MethodDL(options(40, more="VarTransform=N:RandomSeed=5"), analysis_type="regression").fit(X, y, progress="silent")
    values = method.permutation_importance(X, y).values
    assert values[0] > values[1] > 0


def test_permutation_importance_of_a_factory():
    made, job = loader(), factory()
    job.BookMethod(made, "DL", "DNN", DNN)
    job.TrainAllMethods()
    with pytest.raises(OptionError, match="call TestAllMethods first"):
        job.permutation_importance(made, "DNN")
    job.TestAllMethods()
    found = job.permutation_importance(made, "DNN")
    assert found.names == ("a", "b", "c") and found.values[0] == found.values.max()
    assert found.reference == pytest.approx(job.GetROCIntegral(made, "DNN"))
