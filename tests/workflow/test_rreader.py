"""RReader, and the one copy of the weights that all readers of a file have."""

import gc
import threading
import weakref

import numpy as np
import pytest

import tmvalite
from tests.methods.samples import as_events, line, options, three_classes, two_classes
from tmvalite import Experimental, NotProvidedError, Reader
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.errors import DataError, FileError
from tmvalite.io.xml_guard import XmlText
from tmvalite.methods import load
from tmvalite.methods.shared import shared

RReader = Experimental.RReader


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Path and method by kind of analysis."""
    folder, found = tmp_path_factory.mktemp("weights"), {}
    X, y = two_classes(300)
    more = "RandomSeed=5:VarTransform=N,P:CreateMVAPdfs"
    found["classification"] = tmvalite.MethodDL(options(2, more=more)).fit(X, y, progress="silent")
    found["regression"] = tmvalite.MethodDL(options(2), analysis_type="regression").fit(*line(), progress="silent")
    found["multiclass"] = tmvalite.MethodDL(options(2), analysis_type="multiclass").fit(*three_classes(), progress="silent")
    x, t = line()
    two = tmvalite.MethodDL(options(2), analysis_type="regression")
    found["targets"] = two.fit(x, np.stack([t, -t], axis=1), progress="silent")
    for name, method in found.items():
        method.save(folder / f"{name}.weights.xml")
    return {name: (folder / f"{name}.weights.xml", method) for name, method in found.items()}


def test_shapes_of_events_and_of_one_event(files):
    X, x = two_classes(7)[0], line(7)[0]
    path, method = files["classification"]
    model = RReader(path)
    assert np.array_equal(model.Compute(X), method.GetMvaValues(X)) and model.Compute(X).shape == (7,)
    assert model.Compute(list(map(float, X[0]))).tolist() == [method.GetMvaValue(X[0])]
    path, method = files["regression"]
    assert np.array_equal(RReader(path).Compute(x), method.GetRegressionValues(x)[:, 0])
    assert RReader(path).Compute(x[0]).tolist() == method.GetRegressionValues(x[0]).tolist()
    path, method = files["targets"]
    assert np.array_equal(RReader(path).Compute(x), method.GetRegressionValues(x))  # ROOT gives the first target only
    path, method = files["multiclass"]
    assert np.array_equal(RReader(path).Compute(x), method.GetMulticlassValues(x)) and RReader(path).Compute(x[0]).shape == (3,)


def test_names_columns_and_tables(files):
    X, (path, method) = two_classes(5)[0], files["classification"]
    model = RReader(str(path))
    assert model.GetVariableNames() == model.GetVariables() == ["var1", "var2", "var3"] and model.GetSpectatorNames() == []
    expected = method.GetMvaValues(X)
    assert np.array_equal(model.Compute(*X.T), expected)
    assert model.Compute(*map(float, X[1])).tolist() == [expected[1]]
    assert np.array_equal(model.Compute({"var3": X[:, 2], "other": X[:, 0], "var1": X[:, 0], "var2": X[:, 1]}), expected)
    assert "classification of 3 variables" in repr(model) and "RReader" in repr(Experimental)


def test_titles_are_the_names_and_spectators_are_left_out(tmp_path):
    X, y = two_classes(100, width=1)
    events, _ = as_events(X, y)
    from tmvalite.data.info import VariableInfo

    spectator = VariableInfo("event")
    info = DataSetInfo((VariableInfo("a+b", "sum", title="Sum of both"),), (), (spectator,), ("Signal", "Background"))
    method = tmvalite.MethodDL(options(1))
    method.train(Events(events.x, events.targets, {}, events.weight, events.class_index), info, progress="silent")
    method.save(tmp_path / "a.weights.xml")
    model = RReader(tmp_path / "a.weights.xml")
    assert model.GetVariableNames() == ["Sum of both"] and model.GetSpectatorNames() == ["event"]
    assert model.Compute([0.5]).shape == (1,)


def test_events_that_are_not_finite_give_nan(files):
    X, (path, _) = two_classes(4)[0], files["classification"]
    X[2, 1] = np.nan
    assert np.isnan(RReader(path).Compute(X)).tolist() == [False, False, True, False]


def test_all_readers_of_a_content_have_one_copy_of_the_weights(files, tmp_path):
    path, _ = files["classification"]
    one, two = RReader(path), RReader(path)
    (tmp_path / "copy.xml").write_bytes(path.read_bytes())
    reader = Reader("Silent")
    for name in one.GetVariableNames():
        reader.AddVariable(name)
    booked, text = reader.BookMVA("A", tmp_path / "copy.xml"), shared(XmlText(path.read_text("utf-8")), load)
    weights = [method.network.parameters.flat for method in (one.method, two.method, booked.method, text)]
    assert all(flat is weights[0] for flat in weights)
    assert len({id(method) for method in (one.method, two.method, booked.method, text)}) == 4


def test_what_one_of_them_learns_the_others_do_not_notice(files):
    path, _ = files["classification"]
    X, y = two_classes(200)
    one, two = RReader(path), RReader(path)
    before = two.Compute(X)
    one.method.fit(X, y, progress="silent")
    assert not np.array_equal(one.Compute(X), before) and np.array_equal(two.Compute(X), before)
    assert len(one.method.history["epoch"]) == 2 and two.method.history["epoch"] == []


def test_a_file_that_changed_is_read_anew_and_nothing_is_kept_for_nobody(files, tmp_path):
    path = tmp_path / "a.weights.xml"
    path.write_bytes(files["classification"][0].read_bytes())
    one = RReader(path)
    X, y = two_classes(200, seed=8)
    tmvalite.MethodDL(options(1)).fit(X, y, progress="silent").save(path)
    two = RReader(path)
    assert not np.array_equal(one.Compute(X), two.Compute(X))
    left = weakref.ref(two.method.network.parameters.flat)
    del two
    gc.collect()
    assert left() is None


def test_sixteen_threads_get_the_same_bits(files):
    X, (path, method) = two_classes(500)[0], files["classification"]
    expected, wrong = method.GetMvaValues(X), []
    proba = method.GetProba(expected)
    common, start = RReader(path), threading.Barrier(16)

    def work():
        start.wait()
        own = RReader(path)
        for model in (common, own) * 3:
            values = model.Compute(X)
            wrong.extend([] if np.array_equal(values, expected) else ["many"])
            wrong.extend([] if np.array_equal(model.method.GetProba(values), proba) else ["probability"])
        wrong.extend(["one"] if any(common.Compute(X[i])[0] != expected[i] for i in range(9)) else [])

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_reader_gives_probabilities_of_the_registered_variables_and_of_values(files):
    X, (path, method) = two_classes(6)[0], files["classification"]
    reader, row = Reader("Silent"), [np.zeros(1, np.float32) for _ in range(3)]
    for name, place in zip(("var1", "var2", "var3"), row):
        reader.AddVariable(name, place)
    booked = reader.BookMVA("DNN", path)
    for place, value in zip(row, X[0]):
        place[0] = value
    values = reader.EvaluateMVA(X, "DNN")
    assert reader.GetProba("DNN") == method.GetProba(values[0]) and reader.GetRarity("DNN") == method.GetRarity(values[0])
    assert reader.GetProba(methodTag="DNN", ap_sig=0.1) == method.GetProba(values[0], 0.1)
    assert np.array_equal(reader.GetProba("DNN", 0.5, values), method.GetProba(values))
    assert np.array_equal(reader.GetRarity("DNN", values), booked.GetRarity(values)) and booked.HasMVAPdfs()
    row[1][0] = np.nan
    with pytest.warns(tmvalite.TmvaliteWarning, match="var2 is not finite"):
        assert reader.GetProba("DNN") == -999.0


def test_errors(files, tmp_path):
    path, _ = files["classification"]
    with pytest.raises(FileError, match="there is no weight file"):
        RReader(tmp_path / "no.xml")
    with pytest.raises(FileError):
        RReader(tmp_path)
    with pytest.raises(DataError, match="2 columns are given, the method has 3 variables"):
        RReader(path).Compute([1.0], [2.0])
    with pytest.raises(DataError, match="the columns have the shapes"):
        RReader(path).Compute([1.0], [2.0], [1.0, 2.0])
    with pytest.raises(DataError, match="the events have shape"):
        RReader(path).Compute([1.0, 2.0])
    with pytest.raises(NotProvidedError, match="^Experimental.RTensor is not part of tmvalite: numpy arrays"):
        Experimental.RTensor  # noqa: B018
