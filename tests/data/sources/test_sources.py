"""Tables from arrays, frames, awkward records and ROOT files; whatever cannot be read is one error that says where."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tmvalite.data.dataset import TreeInput, build_dataset
from tmvalite.data.info import DataSetInfo, declare
from tmvalite.data.sources import open_table
from tmvalite.data.split import SplitOptions
from tmvalite.errors import DataError, Diagnostics, ExpressionError


def column_of(source, name="x"):
    return open_table(source).read([name])[name]


def lists_of(column):
    return [part.tolist() for part in np.split(column.values, column.offsets[1:-1])]


def test_numbers_of_every_kind():
    for values in (
        [1, 2],
        np.array([1, 2], ">i2"),
        np.array([True, False]),
        np.array([1.0, 2.0], ">f4"),
        np.array([1, 2.5], object),
    ):
        column = column_of({"x": values})
        assert column.is_scalar and len(column) == 2 and column.values.dtype.isnative


def test_fixed_and_varying_arrays():
    assert column_of({"x": np.ones((2, 3))}).dims == (3,)
    assert lists_of(column_of({"x": [[1, 2], [], [3]]})) == [[1, 2], [], [3]]
    cells = np.empty(2, object)
    cells[:] = [np.array([1.0]), np.array([2.0, 3.0])]
    assert lists_of(column_of({"x": cells})) == [[1], [2, 3]]


def test_structured_array():
    records = np.array([(1, [2.0, 3.0]), (4, [5.0, 6.0])], dtype=[("n", "i8"), ("x", "f4", (2,))])
    table = open_table(records)
    assert table.keys() == ["n", "x"] and table.read(["x"])["x"].dims == (2,) and table.n_entries == 2


def test_pandas_frame():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {"x": pd.array([1, None], dtype="Int64"), "b": [True, False], "i": pd.array([1, 2], dtype="Int32"), "j": [[1], [2, 3]]}
    )
    assert column_of(frame).values.tolist()[0] == 1 and np.isnan(column_of(frame).values[1])
    assert column_of(frame, "i").is_integer and lists_of(column_of(frame, "j")) == [[1], [2, 3]]


def test_awkward_records():
    ak = pytest.importorskip("awkward")
    table = open_table(ak.Array([{"x": 1, "jet": {"pt": [1.0, 2.0]}}, {"x": 2, "jet": {"pt": []}}]))
    assert table.keys() == ["x", "jet.pt"]
    assert lists_of(table.read(["jet.pt"])["jet.pt"]) == [[1, 2], []]


def test_a_list_is_one_table():
    table = open_table([{"x": [1.0], "y": [1]}, {"y": [2], "x": [3.0]}])
    assert table.n_entries == 2 and table.read(["x"])["x"].values.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"x": ["a", "b"]}, "column 'x' holds text, not numbers\n  in the dict of arrays"),
        ({"x": np.array(["2020-01-01"], "M8[D]")}, "column 'x' holds dates, not numbers\n  in the dict of arrays"),
        ({"x": np.array([1j])}, "column 'x' holds complex numbers, not numbers\n  in the dict of arrays"),
        ({"x": np.array([1.0, None], object)}, "column 'x' has 1 missing values, the first in row 1\n  in the dict of arrays"),
        ({"x": np.ma.masked_array([1.0, 2.0], [0, 1])}, "column 'x' has 1 masked values\n  in the dict of arrays"),
        ({"x": [1, 2], "y": [1]}, "columns differ in length: 'x' has 2 entries, 'y' has 1\n  in the dict of arrays"),
        ({"x": 1.0}, "column 'x' is float, not an array\n  in the dict of arrays"),
        (
            [{"x": [1.0]}, {"x": [[1.0]]}],
            "column 'x' of the dict of arrays and 1 more: its shape differs from part to part: (), (1,)",
        ),
    ],
)
def test_error_of_a_column(source, message):
    with pytest.raises(DataError) as caught:
        column_of(source)
    assert str(caught.value) == message


def test_error_of_an_array_without_names():
    with pytest.raises(DataError, match="an array without column names cannot be used here"):
        open_table(np.ones((2, 2)))
    with pytest.raises(DataError, match="an object of type int is no table of events"):
        open_table(3)


# ROOT files


@pytest.fixture
def root_file(tmp_path):
    """One file with a tree in a folder: an integer, a varying and a fixed array, a bool; and a second tree."""
    uproot, ak = pytest.importorskip("uproot"), pytest.importorskip("awkward")
    path = tmp_path / "data.root"
    with uproot.recreate(path) as file:
        file.mktree("dir/events", {"id": "int64", "jet": "var * float32", "fix": ("f4", (3,)), "ok": "bool"})
        file["dir/events"].extend(
            {
                "id": np.array([2**53 + 1, 2]),
                "jet": ak.Array([[1.0, 2.0], []]),
                "fix": np.arange(6, dtype="f4").reshape(2, 3),
                "ok": np.array([True, False]),
            }
        )
        file.mktree("other", {"x": "float32"})
        file["other"].extend({"x": np.array([1.0, 2.0], "f4")})
    return path


def test_tree_in_a_folder(root_file):
    table = open_table(f"{root_file}:dir/events")
    columns = table.read(["id", "jet", "fix", "ok"])
    assert columns["id"].values.tolist() == [2**53 + 1, 2] and lists_of(columns["jet"]) == [[1, 2], []]
    assert columns["fix"].dims == (3,) and columns["ok"].values.tolist() == [True, False]


def test_open_tree_and_patterns(root_file, tmp_path):
    import uproot

    with uproot.open(root_file) as file:
        assert open_table(file["other"]).read(["x"])["x"].values.tolist() == [1, 2]
    (tmp_path / "data2.root").write_bytes(root_file.read_bytes())
    table = open_table(f"{tmp_path}/data*.root:other")
    assert table.n_entries == 4 and table.read(["x"])["x"].values.tolist() == [1, 2, 1, 2]


def test_ntuple_is_read_like_a_tree(tmp_path):
    uproot = pytest.importorskip("uproot")
    path = tmp_path / "n.root"
    with uproot.recreate(path) as file:
        file.mkrntuple("events", {"x": np.array([1.0, 2.0, 3.0]), "n": np.array([1, 2, 3])})
    table = open_table(f"{path}:events")
    assert table.read(["x"])["x"].values.tolist() == [1, 2, 3] and table.read(["n"])["n"].is_integer
    data = build_dataset(
        DataSetInfo((declare("x"),), classes=("S",)),
        [TreeInput(f"{path}:events", "S")],
        cuts={"S": "n>1"},
        split=SplitOptions(split_mode="Block"),
        diagnostics=Diagnostics(),
    )
    assert (data.train.x[0, 0], data.test.x[0, 0]) == (2, 3)


def test_only_needed_branches_are_read(root_file, monkeypatch):
    import uproot

    seen = []
    original = uproot.TBranch.array

    def array(self, *args, **options):
        seen.append(self.name)
        return original(self, *args, **options)

    monkeypatch.setattr(uproot.TBranch, "array", array)
    info = DataSetInfo((declare("id+0"), declare("id*2")), classes=("S",))
    build_dataset(info, [TreeInput(f"{root_file}:dir/events", "S")], diagnostics=Diagnostics())
    assert seen == ["id"]


KNOWN = "expected a ROOT file, or one that ends in .csv .h5 .hdf5 .npz .parquet .pq .tsv"


def test_error_of_files_and_trees(root_file, tmp_path):
    (tmp_path / "text.root").write_text("hello")
    (tmp_path / "empty.root").touch()
    for text, message in (
        (f"{tmp_path}/text.root:x", f"'{tmp_path}/text.root' is no ROOT file\n  expected a ROOT file"),
        (f"{tmp_path}/empty.root:x", f"'{tmp_path}/empty.root' is empty\n  expected a ROOT file"),
        (
            f"{tmp_path}:x",
            f"'{tmp_path}' is a folder\n  {KNOWN}\n  hint: name its files with a pattern, such as 'folder/*.root:tree'",
        ),
        (f"{tmp_path}/dat.root:other", f"there is no file '{tmp_path}/dat.root'\n  hint: did you mean 'data.root'?"),
        (f"{tmp_path}/x*.root:other", f"no file matches '{tmp_path}/x*.root'"),
        (f"{tmp_path}/no/x.root", f"there is no file '{tmp_path}/no/x.root'\n  hint: there is no folder '{tmp_path}/no'"),
        (
            f"{root_file}:othr",
            f"'{root_file}' holds no tree 'othr'\n  expected one of: dir/events, other\n  hint: did you mean 'other'?",
        ),
        (
            f"{root_file}",
            f"'{root_file}' holds several trees\n  expected one of: dir/events, other\n"
            f"  hint: say which one, such as '{root_file}:dir/events'",
        ),
    ):
        with pytest.raises(DataError) as caught:
            open_table(text)
        assert str(caught.value) == message


def test_error_of_a_branch_that_one_file_lacks(root_file, tmp_path):
    info = DataSetInfo((declare("x"),), classes=("S",))
    with pytest.raises(ExpressionError, match=r"tree 'dir/events' has no column 'x', other parts have it"):
        build_dataset(info, [TreeInput([f"{root_file}:other", f"{root_file}:dir/events"], "S")])


def test_damaged_files_give_one_error_that_names_the_file(root_file, tmp_path):
    whole = root_file.read_bytes()
    path = tmp_path / "damaged.root"
    chance = random.Random(1)
    n_errors = 0
    for i in range(60):
        data = bytearray(whole)
        for _ in range(8):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.randrange(len(data))] if i % 3 == 0 else data)
        try:
            table = open_table(f"{path}:dir/events")
            table.read(table.keys())
        except DataError as problem:
            n_errors += 1
            assert str(path) in str(problem)
    assert n_errors > 15
    path.write_bytes(b"")
    with pytest.raises(DataError, match="damaged.root"):
        open_table(f"{path}:x")


def test_columns_of_a_users_tree_are_not_those_of_uproots_cache(tmp_path):
    uproot = pytest.importorskip("uproot")
    path = tmp_path / "t.root"
    with uproot.recreate(path) as file:
        file.mktree("t", {"x": "f4"}).extend({"x": np.arange(5, dtype=np.float32)})
    with uproot.open(path) as file:
        theirs = file["t"]["x"].array(library="np")
        ours = column_of(file["t"]).values
        assert not np.shares_memory(ours, theirs) and not np.shares_memory(column_of(file["t"]).values, ours)
        theirs -= 3  # what uproot hands out is what it keeps
        assert column_of(file["t"]).values.tolist() == [0, 1, 2, 3, 4]


def test_a_long_branch_is_unpacked_by_threads_to_the_same_numbers(tmp_path, monkeypatch):
    uproot = pytest.importorskip("uproot")
    from tmvalite.data.sources import root

    path, x = tmp_path / "t.root", np.random.default_rng(1).normal(size=1000)
    with uproot.recreate(path, compression=uproot.ZSTD(1)) as file:
        tree = file.mktree("t", {"x": "f8", "n": "i4"})
        for part in np.split(x, 10):
            tree.extend({"x": part, "n": np.arange(100)})
    monkeypatch.setattr(root, "_MANY", 10)
    read = open_table(f"{path}:t").read(["x", "n"])
    assert np.array_equal(read["x"].values, x) and read["n"].values.tolist() == list(range(100)) * 10
