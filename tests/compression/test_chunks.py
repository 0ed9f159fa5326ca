"""Tables in several chunks: read and written some rows at a time, by rows and columns, the same bytes whatever the workers."""

import json
import tracemalloc

import numpy as np
import pytest

from tests.compression.surgery import change
from tests.compression.test_bound import holds
from tmvalite.cli import main
from tmvalite.cluster import Processes
from tmvalite.compression import compress, compression_work, decompress, prepare, read_archive, read_table
from tmvalite.compression.bound import Bound
from tmvalite.compression.table import EventTable, FileColumn
from tmvalite.errors import DataError, FileError, OptionError


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(compression_work, "_ROWS", 300)


def columns_of(n=1000, seed=0):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    return {
        "pt": np.exp(3.0 + a).astype(np.float32),
        "energy": (np.exp(3.0 + a) * np.cosh(b)).astype(np.float64),
        "event": np.arange(n) + 10**12,
        "tight": b > 0.0,
        "image": rng.normal(size=(n, 2, 3)).astype(np.float32),
        "late": np.where(np.arange(n) < 600, np.nan, a),
        "plain": rng.normal(size=n).astype(">f4"),
        "matrix": rng.normal(size=(n, 2, 2)),
    }


BOUND = "1%,plain=abs:0,matrix=abs:0"


def table_of(columns, lists=None):
    n = len(next(iter(columns.values())))
    found = [FileColumn(name, x) for name, x in columns.items()]
    for name, (values, lengths) in (lists or {}).items():
        found.append(FileColumn(name, values, offsets=np.concatenate(([0], np.cumsum(lengths)))))
    return EventTable("npz", found, n)


def lists_of(n=1000):
    rng = np.random.default_rng(5)
    lengths = rng.poisson(2.0, n)
    lengths[300:600] = 0  # a chunk without an element
    m = int(lengths.sum())
    jet = np.exp(rng.normal(3.0, 0.5, m)).astype(np.float32)
    other = rng.poisson(1.0, n)
    return {
        "jet_pt": (jet, lengths),
        "jet_e": ((jet * np.exp(0.01 * rng.normal(size=m))).astype(np.float32), lengths),
        "hits": (rng.integers(0, 9, (int(other.sum()), 2)).astype(np.int16), other),
    }


@pytest.fixture(scope="module")
def data():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compression_work, "_ROWS", 300)
        return prepare(None, table_of(columns_of(), lists_of()), bound=BOUND).data


def test_every_column_comes_back_within_its_bound_from_all_chunks(data):
    archive = read_archive(data)
    assert [chunk[0] for chunk in archive.chunks] == [300, 300, 300, 100]
    found = decompress(archive).table
    for name, x in columns_of().items():
        y = found.column(name).values
        assert y.dtype == x.dtype and y.shape == x.shape
        if x.dtype.kind == "f" and name not in ("plain", "matrix"):
            assert holds(x, y, Bound(0.01, True)), name
        else:
            assert x.tobytes() == y.tobytes(), name
    for name, (values, lengths) in lists_of().items():
        column = found.column(name)
        np.testing.assert_array_equal(np.diff(column.offsets), lengths)
        assert holds(values, column.values, Bound(0.01, True)) if values.dtype.kind == "f" else (values == column.values).all()


def test_lists_of_the_same_lengths_state_them_once_and_one_is_predicted_from_the_other(data):
    chunk = read_archive(data).chunk(0)
    assert chunk.entry(9)["counts"] == 8 and chunk.entry(9)["steps"]["prediction"]["columns"] == [8]


@pytest.mark.parametrize(
    "rows", [slice(0, 1), slice(299, 301), slice(250, 950), slice(-5, None), slice(None), slice(7, 7), slice(990, 5000)]
)
def test_rows_and_columns_are_those_of_the_whole_table(data, rows):
    whole, names = decompress(read_archive(data)).table, ["hits", "energy", "late"]
    part = decompress(read_archive(data), rows=rows, columns=names).table
    start, stop, _ = rows.indices(1000)
    assert part.names() == ["energy", "late", "hits"] and part.n_events == stop - start
    for column in part.columns:
        expected = whole.column(column.name).part(start, stop)
        assert column.values.tobytes() == expected.values.tobytes()
        np.testing.assert_array_equal(column.offsets, expected.offsets)


def test_only_what_is_asked_for_is_read(data, monkeypatch):
    archive, sizes = read_archive(data), []
    read = type(archive.sections).read
    monkeypatch.setattr(
        type(archive.sections), "read", lambda self, at, size, what: sizes.append(size) or read(self, at, size, what)
    )
    decompress(archive, rows=slice(310, 320), columns=["event"])
    assert len(sizes) == 2 and sum(sizes) < len(data) / 10


def test_error_of_rows_and_columns_that_are_not_there(data):
    with pytest.raises(DataError, match="the archive has no column 'energi'") as caught:
        decompress(read_archive(data), columns=["energi"])
    assert caught.value.hint == "did you mean 'energy'?"
    with pytest.raises(OptionError, match="is no range of rows"):
        decompress(read_archive(data), rows=slice(0, 10, 2))


def test_workers_change_no_byte(data, tmp_path):
    with Processes(2) as pool:
        assert prepare(None, table_of(columns_of(), lists_of()), bound=BOUND, workers=pool).data == data
        np.savez(tmp_path / "in.npz", **columns_of())
        compress(None, tmp_path / "in.npz", tmp_path / "a.tmvz", bound=BOUND)
        decompress(tmp_path / "a.tmvz", tmp_path / "b.npz", workers=pool)
    decompress(tmp_path / "a.tmvz", tmp_path / "c.npz")
    assert (tmp_path / "b.npz").read_bytes() == (tmp_path / "c.npz").read_bytes()


def test_rows_that_change_their_nature_are_coded_anew():
    rng = np.random.default_rng(3)
    x = np.concatenate([rng.normal(size=300), np.arange(300.0), np.full(300, np.inf), rng.normal(size=100)]).astype(np.float32)
    done = prepare(None, table_of({"x": x, "y": np.where(np.arange(1000) < 300, x, 1.0)}), bound="1%")
    alone = sum(
        prepare(None, table_of({"x": x[i : i + 300], "y": np.ones(len(x[i : i + 300]))}), bound="1%").n_bytes
        for i in range(0, 1000, 300)
    )
    assert done.n_bytes < alone + 300
    assert holds(x, done.after.column("x").values, Bound(0.01, True))


def test_what_has_more_numbers_than_a_chunk_may_is_cut_into_more(monkeypatch):
    monkeypatch.setattr(compression_work, "NUMBERS", 900)
    done = prepare(None, table_of({"n": np.arange(1000)}, lists_of()))
    assert max(chunk[0] for chunk in done.archive.chunks) < 300 and sum(chunk[0] for chunk in done.archive.chunks) == 1000


@pytest.mark.parametrize("kind", ["C", "F", "packed"])
def test_npz_files_are_read_and_written_some_rows_at_a_time(kind, tmp_path):
    columns = columns_of() | {"name": np.array(["a", "bc"] * 500)}
    if kind == "F":
        columns["image"] = np.asfortranarray(columns["image"])
    (np.savez_compressed if kind == "packed" else np.savez)(tmp_path / "in.npz", **columns, lumi=3.5)
    compress(None, tmp_path / "in.npz", tmp_path / "a.tmvz")
    decompress(tmp_path / "a.tmvz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as out:
        assert out.files == [*columns, "lumi"]
        assert all(
            out[name].tobytes() == np.ascontiguousarray(x).tobytes() and out[name].dtype == x.dtype for name, x in columns.items()
        )


def test_a_matrix_with_some_of_its_columns(tmp_path):
    x = np.random.default_rng(0).normal(size=(700, 4)).astype(np.float32)
    np.savez(tmp_path / "in.npz", data=x, names=np.array(["a", "b", "c", "d"]))
    compress(None, tmp_path / "in.npz", tmp_path / "a.tmvz")
    decompress(tmp_path / "a.tmvz", tmp_path / "out.npz", columns=["d", "b"], rows=slice(290, 310))
    with np.load(tmp_path / "out.npz") as out:
        assert out["names"].tolist() == ["b", "d"]
        np.testing.assert_array_equal(out["data"], x[290:310, [1, 3]])


def test_text_tables_are_read_twice_and_have_the_types_of_all_rows(tmp_path):
    lines = ["n,x,flag,word"] + [f"{i},{'' if i == 5 else i / 8},{i % 2 == 0},{'w' * (i // 400)}" for i in range(1000)]
    (tmp_path / "in.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    compress(None, tmp_path / "in.csv", tmp_path / "a.tmvz")
    decompress(tmp_path / "a.tmvz", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == (tmp_path / "in.csv").read_text(encoding="utf-8")


def test_trees_with_lists_come_back(tmp_path):
    uproot, ak = pytest.importorskip("uproot"), pytest.importorskip("awkward")
    lists = {name: ak.unflatten(x, n) for name, (x, n) in lists_of().items() if x.ndim == 1}
    columns = {name: x for name, x in columns_of().items() if name != "plain"}
    with uproot.recreate(tmp_path / "in.root") as file:
        types = {name: np.dtype((x.dtype, x.shape[1:])) for name, x in columns.items()}
        file.mktree("t", types | {name: x.type.content for name, x in lists.items()}).extend(columns | lists)
    done = compress(None, tmp_path / "in.root", tmp_path / "a.tmvz", bound="1%,late=abs:0.01")
    assert "njet_pt" in {c.name for c in done.archive.columns}
    decompress(tmp_path / "a.tmvz", tmp_path / "out.root")
    with uproot.open(tmp_path / "in.root") as before, uproot.open(tmp_path / "out.root") as after:
        assert set(after["t"].keys()) == set(before["t"].keys())
        old, new = before["t"].arrays(library="ak"), after["t"].arrays(library="ak")
        assert ak.all(abs(old.jet_pt - new.jet_pt) <= 0.01 * abs(old.jet_pt)) and ak.all(old.njet_pt == new.njet_pt)
        assert str(old.type) == str(new.type) or {*old.fields} == {*new.fields}
        assert ak.all(old.event == new.event) and ak.all(abs(old.image - new.image) <= 0.01 * abs(old.image))


def test_rntuples_come_back_as_trees(tmp_path):
    uproot = pytest.importorskip("uproot")
    columns = {"x": columns_of()["pt"], "n": columns_of()["event"]}
    with uproot.recreate(tmp_path / "in.root") as file:
        file.mkrntuple("t", {name: x.dtype for name, x in columns.items()}).extend(columns)
    compress(None, tmp_path / "in.root", tmp_path / "a.tmvz")
    decompress(tmp_path / "a.tmvz", tmp_path / "out.root")
    with uproot.open(tmp_path / "out.root") as file:
        assert all((file["t"][name].array(library="np") == x).all() for name, x in columns.items())


def test_error_of_branches_with_text(tmp_path):
    uproot, ak = pytest.importorskip("uproot"), pytest.importorskip("awkward")
    with uproot.recreate(tmp_path / "in.root") as file:
        file.mktree("t", {"x": np.float32, "s": "string"}).extend({"x": np.zeros(2, np.float32), "s": ak.Array(["a", "bc"])})
    with pytest.raises(DataError) as caught:
        compress(None, tmp_path / "in.root", tmp_path / "a.tmvz")
    assert caught.value.code == "data-column" and caught.value.hint == "leave such columns out: --others drop"
    compress(None, tmp_path / "in.root", tmp_path / "a.tmvz", others="drop")
    assert [c.name for c in read_archive(tmp_path / "a.tmvz").columns] == ["x"]


def test_parquet_files_come_back(tmp_path):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {name: x for name, x in columns_of().items() if x.ndim == 1 and x.dtype.isnative}
    jet, lengths = lists_of()["jet_pt"]
    offsets = pa.array(np.concatenate(([0], np.cumsum(lengths))).astype(np.int32))
    table = pa.table(columns | {"jet_pt": pa.ListArray.from_arrays(offsets, pa.array(jet))})
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=170)
    compress(None, tmp_path / "in.parquet", tmp_path / "a.tmvz")
    decompress(tmp_path / "a.tmvz", tmp_path / "out.parquet")
    again = parquet.read_table(tmp_path / "out.parquet")
    assert again.column_names == table.column_names and again["jet_pt"].to_pylist() == table["jet_pt"].to_pylist()
    assert all(again[name].to_numpy().tobytes() == x.tobytes() for name, x in columns.items())


@pytest.mark.parametrize("compound", [False, True])
def test_hdf5_files_come_back(compound, tmp_path):
    h5py = pytest.importorskip("h5py")
    columns = columns_of()
    with h5py.File(tmp_path / "in.h5", "w") as file:
        group = file.create_group("a/b")
        if compound:
            records = np.empty(1000, [(name, x.dtype, x.shape[1:]) for name, x in columns.items()])
            for name, x in columns.items():
                records[name] = x
            group["events"] = records
        else:
            for name, x in columns.items():
                group[name] = x
    part = "a/b/events" if compound else "a/b"
    compress(None, f"{tmp_path / 'in.h5'}:{part}", tmp_path / "a.tmvz")
    decompress(tmp_path / "a.tmvz", tmp_path / "out.h5")
    again = read_table(f"{tmp_path / 'out.h5'}:{part}")
    assert all(np.array_equal(again.column(name).values, x, equal_nan=x.dtype.kind == "f") for name, x in columns.items())


def hostile_lengths(value):
    def edit(index, chunks):
        chunks[0][0]["columns"][8]["length"] = value

    return edit


def hostile_counts(value):
    def edit(index, chunks):
        chunks[0][0]["columns"][9]["counts"] = value

    return edit


@pytest.mark.parametrize("edit", [*map(hostile_lengths, (-1, 1 << 40, 7, "x")), *map(hostile_counts, (9, 0, -1, 10, "x", {}))])
def test_hostile_lists_are_one_named_error(edit, data, tmp_path):
    (tmp_path / "a.tmvz").write_bytes(data)
    change(tmp_path / "a.tmvz", edit)
    with pytest.raises(FileError) as caught:
        decompress(tmp_path / "a.tmvz")
    assert caught.value.code == "archive-damaged"


def test_info_states_every_column_in_80_columns(data, tmp_path, capsys):
    (tmp_path / "a.tmvz").write_bytes(data)
    assert main(["info", str(tmp_path / "a.tmvz")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80
    assert main(["info", "--json", str(tmp_path / "a.tmvz")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["events"] == 1000 and found["chunks"] == 4 and found["n_bytes"] == len(data)
    assert sum(found["parts"].values()) == len(data) and len(found["columns"]) == 11
    by_name = {column["name"]: column for column in found["columns"]}
    assert by_name["pt"]["bound"] == "1%" and by_name["pt"]["codec"].startswith("log steps")
    assert by_name["event"]["codec"].startswith("steps, rows") and by_name["event"]["ratio"] > 20
    assert by_name["plain"]["raw_bytes"] == 4000 and by_name["plain"]["bound"] == "abs:0"
    assert by_name["jet_pt"]["varying"] and by_name["image"]["shape"] == [2, 3]


def test_the_command_restores_rows_and_columns(tmp_path, capsys):
    np.savez(tmp_path / "in.npz", **columns_of())
    assert main(["compress", str(tmp_path / "in.npz"), str(tmp_path / "a.tmvz")]) == 0
    command = ["decompress", str(tmp_path / "a.tmvz"), str(tmp_path / "out.npz")]
    capsys.readouterr()
    assert main([*command, "--rows", "290:310", "--columns", "event,pt"]) == 0
    assert capsys.readouterr().out == "20 events of 2 columns restored\n"
    with np.load(tmp_path / "out.npz") as out:
        np.testing.assert_array_equal(out["event"], columns_of()["event"][290:310])
    assert main([*command, "--rows", "1-2", "--force"]) == 2
    assert "'1-2' is no range of rows" in capsys.readouterr().err


def test_the_command_says_of_a_large_table_how_fast_it_was(tmp_path, capsys, monkeypatch):
    from tmvalite.cli import compress as verb

    monkeypatch.setattr(verb, "REPORTED", 1000)
    np.savez(tmp_path / "in.npz", **columns_of())
    assert main(["compress", str(tmp_path / "in.npz"), str(tmp_path / "a.tmvz"), "--bound", "1%"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("1000 events, 8 columns in 4 chunks\nbound 1%: holds for every entry\n") and out.endswith(" MB/s\n")


def peak_of(work):
    """The largest memory that was held, in bytes; what it raised."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1], None
    except FileError as problem:
        return tracemalloc.get_traced_memory()[1], problem.code
    finally:
        tracemalloc.stop()


def all_at_once(index, chunks):
    rows = index["events"]
    index["chunks"] = [[rows, 0, 0, 0]]
    chunks[1:] = []
    chunks[0][0]["rows"] = rows


def wide(index, chunks):
    index["shapes"] = {"0": [1 << 30]}


def many_brackets(index, chunks):
    index["layout"] = {"x": [[]] * 500_000}


def long_list(index, chunks):
    chunks[0][0]["columns"] *= 100_000


def long_text(index, chunks):
    index["types"] = "<U999999"


@pytest.mark.parametrize("edit", [None, all_at_once, wide, many_brackets, long_list, long_text])
def test_no_archive_takes_more_memory_than_four_times_its_size_and_64_megabytes(edit, tmp_path, monkeypatch):
    monkeypatch.setattr(compression_work, "_ROWS", 1 << 18)
    source = EventTable("npz", [FileColumn("x", np.full(600_000, 2.5)), FileColumn("n", np.zeros(600_000, np.int8))], 600_000)
    (tmp_path / "a.tmvz").write_bytes(prepare(None, source, measure=False).data)
    if edit:
        change(tmp_path / "a.tmvz", edit)
    size = (tmp_path / "a.tmvz").stat().st_size
    peak, code = peak_of(lambda: decompress(tmp_path / "a.tmvz", tmp_path / "out.npz"))
    assert size < 200_000 and peak < 4 * size + (64 << 20)
    assert code in (("archive-damaged", "archive-size") if edit else (None,))
    if not edit:
        with np.load(tmp_path / "out.npz") as out:
            assert (out["x"] == 2.5).all() and len(out["n"]) == 600_000


def leaves(value, place=()):
    """The places of all values in JSON."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(found for key, item in items for found in leaves(item, (*place, key)))]


STRANGE = [
    None,
    True,
    -1,
    0,
    1,
    2,
    7,
    300,
    1 << 31,
    1 << 62,
    1 << 80,
    -(1 << 63),
    0.5,
    1e308,
    "",
    "x",
    "<f8",
    "|O8",
    [],
    [0],
    [[]],
    {},
]


def test_no_value_whatever_in_an_archive_is_another_failure_than_a_named_error(data, tmp_path):
    rng, path, refused = np.random.default_rng(11), tmp_path / "a.tmvz", 0
    for _ in range(250):

        def edit(index, chunks):
            whole = {"index": index, "chunks": [chunk[0] for chunk in chunks]}
            places = [place for place in leaves(whole) if len(place) > 1]
            *way, last = places[int(rng.integers(len(places)))]
            for key in way:
                whole = whole[key]
            whole[last] = STRANGE[int(rng.integers(len(STRANGE)))]

        path.write_bytes(data)
        try:
            change(path, edit)
        except (TypeError, IndexError, ValueError):  # the list of chunks is no list any more
            continue
        try:
            decompress(path, max_bytes=1 << 24)
        except (FileError, DataError):
            refused += 1
    assert refused > 120
