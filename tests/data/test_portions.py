"""Tables in portions: the same columns as at once, whatever the portions are."""

from pathlib import Path

import numpy as np
import pytest

from tmvalite import DataError
from tmvalite.data.columns import Column
from tmvalite.data.portions import NotedTable, Portion, portion_entries, portions
from tmvalite.data.sources import files_of, open_table

FILE = Path(__file__).parent / "expression" / "data" / "events.root"
TEXTS = {"s"}


def same(a: Column, b: Column) -> bool:
    offsets = a.offsets is None if b.offsets is None else np.array_equal(a.offsets, b.offsets)
    return offsets and a.values.dtype == b.values.dtype and np.array_equal(a.values, b.values, equal_nan=not a.is_text)


@pytest.mark.parametrize("entries", [1, 5, 7, 100])
def test_portions_of_a_tree_are_its_columns(entries):
    """Numbers, arrays of both kinds, leaves, objects, texts, and the columns of a friend."""
    pytest.importorskip("uproot")
    table = open_table(f"{FILE}:events")
    names = [*table.branches(), "fr.fx"]
    whole = table.read(names, TEXTS)
    for start, stop in ((0, table.n_entries), (3, 17), (9, 9)):
        found = list(portions(table, names, TEXTS, start, stop, entries))
        assert [p.n_entries for p in found] == [min(entries, stop - first) for first in range(start, stop, entries)]
        for name in names if found else ():
            joined = Column.concatenate([p.read([name], TEXTS)[name] for p in found])
            assert same(joined, whole[name].part(start, stop)), name
        empty = Portion(table, start, start).read(names, TEXTS)
        assert all(len(column) == 0 for column in empty.values())
        assert all(empty[name].offsets is not None for name in ("v", "vec"))


def test_portions_of_a_parquet_file_are_its_columns(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    rng = np.random.default_rng(1)
    columns = {"x": rng.normal(size=50), "n": np.arange(50), "v": [list(range(i % 4)) for i in range(50)], "s": ["a", "b"] * 25}
    parquet.write_table(pa.table(columns), tmp_path / "t.parquet", row_group_size=13)
    table = open_table(tmp_path / "t.parquet")
    whole = table.read(list(columns), {"s"})
    for entries in (1, 9, 60):
        found = list(portions(table, list(columns), {"s"}, 4, 47, entries))
        for name in columns:
            assert same(Column.concatenate([p.read([name], {"s"})[name] for p in found]), whole[name].part(4, 47))
    assert Portion(table, 2, 2).read(["v"])["v"].offsets.tolist() == [0]


def test_portions_of_an_hdf5_file_are_its_columns(tmp_path):
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(1)
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["g/x"], file["g/n"], file["g/m"] = rng.normal(size=50), np.arange(50), rng.normal(size=(50, 3))
    table = open_table(f"{tmp_path}/t.h5:g")
    whole = table.read(["x", "n", "m"])
    found = list(portions(table, ["x", "n", "m"], (), 4, 47, 9))
    for name, column in whole.items():
        assert same(Column.concatenate([p.read([name])[name] for p in found]), column.part(4, 47))
    assert len(Portion(table, 2, 2).read(["m"])["m"]) == 0


def test_a_portion_knows_what_its_table_knows():
    pytest.importorskip("uproot")
    table = open_table(f"{FILE}:events")
    noted = NotedTable(Portion(table, 2, 6))
    assert noted.aliases == table.aliases and str(noted) == str(table) and noted.first_entry == 2
    assert noted.n_entries == 4 and noted.all_entries == table.n_entries
    noted.read(["s", "x"], ["s"])
    assert list(noted.names) == ["s", "x"] and noted.texts == {"s"}


def test_long_entries_make_short_portions():
    pytest.importorskip("uproot")
    table = open_table(f"{FILE}:events")
    assert 12.0 <= table.entry_bytes(["x", "y"]) < 24.0 <= table.entry_bytes(["a"]) < 40.0  # baskets have headers
    assert portion_entries(table, ["x"]) == 100_000
    assert portion_entries(open_table({"x": [1.0]}), ["x"] * 40) == 50_000


def test_the_files_of_a_pattern(tmp_path):
    for name in ("b.npz", "a.npz", "t.root"):
        (tmp_path / name).write_bytes(b"")
    assert files_of(f"{tmp_path}/*.npz") == [f"{tmp_path}/a.npz", f"{tmp_path}/b.npz"]
    assert files_of(f"{tmp_path}/t.root:d/tree") == [f"{tmp_path}/t.root:d/tree"]
    assert files_of({"x": [1.0]}) is None and files_of(3) is None
    with pytest.raises(DataError, match="no file matches"):
        files_of(f"{tmp_path}/*.csv")
