"""Every kind of table that people hold gives the same columns; masked and missing values give the same error at every door."""

from __future__ import annotations

import numpy as np
import pytest

from tmvalite.data.info import VariableInfo
from tmvalite.data.sources import is_table, open_table
from tmvalite.data.tables import class_labels, event_matrix, scored_events, target_matrix, weight_vector
from tmvalite.errors import DataError, MissingExtraError

X, N = np.array([1.5, -2.0, 3.25]), np.array([1, 2, 3])
F32 = np.dtype(np.float32)


def tree(tmp_path):
    uproot = pytest.importorskip("uproot")
    with uproot.recreate(tmp_path / "t.root") as file:
        file.mktree("events", {"x": "float64", "n": "int64"})
        file["events"].extend({"x": X, "n": N})
    return tmp_path / "t.root"


def pandas_frame(tmp_path):
    return pytest.importorskip("pandas").DataFrame({"x": X, "n": N})


def awkward_records(tmp_path):
    uproot = pytest.importorskip("uproot")
    with uproot.open(tree(tmp_path)) as file:
        return file["events"].arrays(["x", "n"])


def uproot_tree(tmp_path):
    return pytest.importorskip("uproot").open(tree(tmp_path))["events"]


def csv_file(tmp_path):
    (tmp_path / "t.csv").write_text("x,n\n1.5,1\n-2.0,2\n3.25,3\n")
    return str(tmp_path / "t.csv")


def semicolons(tmp_path):
    (tmp_path / "s.csv").write_text("x;n\n1.5;1\n-2.0;2\n3.25;3\n")
    return tmp_path / "s.csv"


def npz_file(tmp_path):
    np.savez(tmp_path / "t.npz", x=X, n=N)
    return tmp_path / "t.npz"


def records_in_npz(tmp_path):
    np.savez(tmp_path / "r.npz", events=structured(tmp_path))
    return f"{tmp_path}/r.npz:events"


def structured(tmp_path):
    return np.array(list(zip(X, N)), dtype=[("x", "f8"), ("n", "i8")])


def arrow_table(tmp_path):
    return pytest.importorskip("pyarrow").table({"x": X, "n": N})


def parquet_file(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow_table(tmp_path), tmp_path / "t.parquet", row_group_size=2)
    return str(tmp_path / "t.parquet")


def hdf5_file(tmp_path):
    with pytest.importorskip("h5py").File(tmp_path / "t.h5", "w") as file:
        file["group/x"], file["group/n"], file["other"] = X, N, np.zeros(2)
    return f"{tmp_path}/t.h5:group"


def records_in_hdf5(tmp_path):
    with pytest.importorskip("h5py").File(tmp_path / "r.hdf5", "w") as file:
        file["events"] = structured(tmp_path)
    return tmp_path / "r.hdf5"


def polars_frame(tmp_path):
    return pytest.importorskip("polars").DataFrame({"n": N, "x": X})


class NamedColumns:
    """What a data frame of another package has: columns by name, and no iloc."""

    def __init__(self, columns):
        self.of, self.columns = columns, list(columns)

    def __len__(self):
        return len(X)

    def __getitem__(self, name):
        return pytest.importorskip("pandas").Series(self.of[name])


class Planned:
    """One that is computed first."""

    def __init__(self, columns):
        self.columns, self.of = list(columns), columns

    def __getitem__(self, name):
        raise TypeError("not computed")

    def compute(self):
        return NamedColumns(self.of)


def parts_in_files(tmp_path):
    uproot = pytest.importorskip("uproot")
    for i, rows in enumerate((slice(0, 1), slice(1, 3))):
        with uproot.recreate(tmp_path / f"part{i}.root") as file:
            file.mktree("folder/events", {"n": "int64", "x": "float64"})
            file["folder/events"].extend({"x": X[rows], "n": N[rows]})
    return tmp_path


def names_behind_a_sign(tmp_path):
    np.savetxt(tmp_path / "n.csv", np.stack([X, N], axis=1), header="x,n", delimiter=",", fmt="%.17g")
    return tmp_path / "n.csv"


DOORS = [
    polars_frame,
    lambda tmp_path: NamedColumns({"n": N, "x": X}),
    lambda tmp_path: Planned({"n": N, "x": X}),
    lambda tmp_path: [structured(tmp_path)[:1], structured(tmp_path)[1:].view(np.recarray)],
    lambda tmp_path: pytest.importorskip("uproot").open(tree(tmp_path)),
    lambda tmp_path: {f"{parts_in_files(tmp_path)}/part0.root": "folder/events", f"{tmp_path}/part1.root": "folder/events"},
    lambda tmp_path: f"{parts_in_files(tmp_path)}/part*.root:folder/events",
    lambda tmp_path: (pandas_frame(tmp_path)[:2], {"x": X[2:], "n": N[2:]}),
    lambda tmp_path: pandas_frame(tmp_path).set_index([np.arange(3), np.arange(3)]),
    lambda tmp_path: arrow_table(tmp_path).to_batches(max_chunksize=2),
    names_behind_a_sign,
    lambda tmp_path: {"x": X, "n": N},
    lambda tmp_path: [{"x": X[:2], "n": N[:2]}, {"n": N[2:], "x": X[2:]}],
    lambda tmp_path: f"{tree(tmp_path)}:events",
    tree,
    uproot_tree,
    awkward_records,
    pandas_frame,
    structured,
    csv_file,
    semicolons,
    npz_file,
    records_in_npz,
    arrow_table,
    parquet_file,
    hdf5_file,
    records_in_hdf5,
]


@pytest.mark.parametrize("door", DOORS)
def test_every_door_gives_the_same_columns(door, tmp_path):
    source = door(tmp_path)
    assert is_table(source)
    table = open_table(source)
    columns = table.read(["n", "x"])
    assert table.n_entries == 3
    assert columns["x"].values.tolist() == X.tolist() and columns["n"].values.tolist() == N.tolist()
    assert columns["n"].is_integer
    x, names = event_matrix(source, F32)
    assert sorted(names) == ["n", "x"]  # an HDF5 group sorts its names
    assert np.array_equal(x[:, names.index("x")], X) and np.array_equal(x[:, names.index("n")], N)
    scored, single = scored_events(source, (VariableInfo("n"), VariableInfo("x+2*n", "y")))
    assert not single and np.array_equal(scored, np.stack([N, X + 2 * N], axis=1))


EVENTS = [
    lambda: {"n": 2, "x": np.float32(-2.0), "z": 0.0},
    lambda: np.array([(2, -2.0)], [("n", "i8"), ("x", "f8")])[0],
    lambda: np.array([(2, -2.0)], [("n", "i8"), ("x", "f8")]).view(np.recarray)[0],
    lambda: pytest.importorskip("pandas").Series({"n": 2.0, "x": -2.0}),
    lambda: pytest.importorskip("awkward").Array([{"n": 2, "x": -2.0}])[0],
]


@pytest.mark.parametrize("event", EVENTS)
def test_one_event_has_its_values_by_name_and_a_list_of_them_is_a_table(event):
    wanted = (VariableInfo("x"), VariableInfo("n"))
    x, single = scored_events(event(), wanted)
    assert single and x.tolist() == [[-2.0, 2.0]]
    x, single = scored_events([event()] * 3, wanted)
    assert not single and x.tolist() == [[-2.0, 2.0]] * 3


def test_error_of_events_with_other_names():
    with pytest.raises(DataError, match="event 1 of the list has other values than event 0\n  expected values of x, n"):
        scored_events([{"x": 1.0, "n": 2.0}, {"x": 1.0, "m": 2.0}], (VariableInfo("x"), VariableInfo("n")))


def test_error_of_a_file_of_another_kind_names_those_that_are_read(tmp_path):
    (tmp_path / "t.feather").write_text("ARROW1")
    with pytest.raises(DataError, match=r"is no ROOT file\n  expected a ROOT file, or one that ends in \.csv \.h5"):
        open_table(tmp_path / "t.feather")
    with pytest.raises(DataError, match=r"is a folder\n.*\n  hint: name its files with a pattern"):
        open_table(tmp_path)


def test_arrays_in_arrow_and_parquet(tmp_path):
    pa = pytest.importorskip("pyarrow")
    table = open_table(pa.table({"j": [[1.0, 2.0], [], [3.0]], "f": pa.array([[1, 2], [3, 4], [5, 6]], pa.list_(pa.int64(), 2))}))
    columns = table.read(["j", "f"])
    assert columns["j"].offsets.tolist() == [0, 2, 2, 3] and columns["j"].values.tolist() == [1, 2, 3]
    assert columns["f"].values.tolist() == [[1, 2], [3, 4], [5, 6]]
    sliced = open_table(pa.table({"j": [[1.0, 2.0], [], [3.0]]}).slice(1)).read(["j"])["j"]
    assert sliced.offsets.tolist() == [0, 0, 1] and sliced.values.tolist() == [3]


def awkward_option():
    return pytest.importorskip("awkward").Array([1.0, None, 3.0])


def arrow_nulls():
    return pytest.importorskip("pyarrow").array([1.0, None, 3.0])


MASKED = [lambda: np.ma.masked_array([1.0, 9e18, 3.0], [0, 1, 0]), awkward_option, arrow_nulls]


@pytest.mark.parametrize("masked", MASKED)
def test_error_of_masked_values_is_the_same_at_every_door(masked):
    values, ones = masked(), np.ones(3)
    for call, what in (
        (lambda: open_table({"x": values}).read(["x"]), "column 'x' has 1 masked values\n  in the dict of arrays"),
        (lambda: event_matrix({"x": values, "y": ones}, F32), "column 'x' has 1 masked values\n  in the dict of arrays"),
        (lambda: scored_events({"x": values}, (VariableInfo("x"),)), "column 'x' has 1 masked values\n  in the dict of arrays"),
        (lambda: weight_vector(values, 3), "sample_weight has 1 masked values"),
        (lambda: target_matrix(values, 3, F32), "y has 1 masked values"),
        (lambda: class_labels(values, 3, multiclass=False), "y has 1 masked values"),
    ):
        with pytest.raises(DataError) as caught:
            call()
        assert str(caught.value) == what


def test_error_of_a_masked_matrix_and_of_gaps_in_frames():
    pd = pytest.importorskip("pandas")
    with pytest.raises(DataError, match="^X has 2 masked values"):
        event_matrix(np.ma.masked_array(np.ones((3, 2)), [[0, 1], [0, 0], [1, 0]]), F32)
    with pytest.raises(DataError, match="^X has 2 masked values"):
        scored_events(np.ma.masked_array(np.ones((3, 2)), [[0, 1], [0, 0], [1, 0]]), (VariableInfo("a"), VariableInfo("b")))
    with pytest.raises(DataError, match="^sample_weight has 1 masked values"):
        weight_vector(pd.Series([1, None, 2], dtype="Int64"), 3)
    assert np.array_equal(event_matrix(np.ma.masked_array(np.ones((3, 2)), False), F32)[0], np.ones((3, 2)))


def test_error_of_arrays_where_numbers_are_wanted():
    with pytest.raises(DataError, match=r"column 'f' has several values per event\n.*\n  expected one number per event"):
        event_matrix({"x": X, "f": np.ones((3, 2))}, F32)


def test_error_of_files(tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n3,4\n")
    (tmp_path / "b.csv").write_text("x,y\n3\n")
    (tmp_path / "c.npz").write_bytes(b"nothing")
    for name, message in (
        ("a.csv", "the first line of '{}' holds numbers\n  expected the names of the columns in the first line"),
        ("b.csv", "row 1 of '{}' has 1 cells, its first line 2 names"),
        ("bb.csv", "there is no file '{}'\n  hint: did you mean 'b.csv'?"),
    ):
        with pytest.raises(DataError) as caught:
            open_table(tmp_path / name)
        assert str(caught.value) == message.format(tmp_path / name)
    with pytest.raises(DataError, match="c.npz' cannot be read"):
        open_table(tmp_path / "c.npz")


@pytest.mark.parametrize(("name", "package", "extra"), [("t.parquet", "pyarrow", "parquet"), ("t.h5", "h5py", "hdf5")])
def test_error_of_a_missing_extra_names_the_install_command(name, package, extra, tmp_path, monkeypatch):
    (tmp_path / name).write_bytes(b"x")
    monkeypatch.setitem(__import__("sys").modules, package, None)
    monkeypatch.setitem(__import__("sys").modules, f"{package}.parquet", None)
    with pytest.raises(MissingExtraError, match=f"needs {package}\n  hint: pip install tmvalite\\[{extra}\\]"):
        open_table(tmp_path / name)
