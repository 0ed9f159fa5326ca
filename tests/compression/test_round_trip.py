"""A table comes back as the same kind of file, with the names, the order and the types that it had."""

import hashlib

import numpy as np
import pytest

from tests.compression.fake import FakeAE
from tmvalite.compression import compress, decompress, read_archive, read_table, write_table
from tmvalite.compression.table import EventTable, FileColumn
from tmvalite.errors import TmvaliteWarning


def expected_type(column):
    return column.dtype


def save_npz(path, columns):
    np.savez(path, **columns)
    return path


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_columns_come_back_with_their_names_order_and_types(model_file, columns, tmp_path, precision):
    source = save_npz(tmp_path / "in.npz", columns)
    compress(model_file, source, tmp_path / "a.tmvz", precision=precision)
    decompress(tmp_path / "a.tmvz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert out.files == list(columns)
        assert {name: out[name].dtype for name in out.files} == {name: x.dtype for name, x in columns.items()}
        assert all(out[name].shape == (500,) for name in out.files)
    assert read_archive(tmp_path / "a.tmvz").latent.dtype == precision


def test_values_are_what_the_decoder_makes_of_the_stored_codes(model, model_file, columns, tmp_path):
    source = save_npz(tmp_path / "in.npz", columns)
    done = compress(model_file, source, tmp_path / "a.tmvz")
    x = np.stack([x.astype(np.float64) for x in columns.values()], axis=1)
    decoded = model.decode(model.encode(x))
    after = done.after.arrays()
    np.testing.assert_array_equal(after["pt"], decoded[:, 0])
    np.testing.assert_array_equal(after["n"], np.rint(decoded[:, 2]))  # rounded: a cast would cut
    assert (np.trunc(decoded[:, 2]) != np.rint(decoded[:, 2])).any()
    np.testing.assert_array_equal(after["small"], np.clip(np.rint(decoded[:, 3]), 0, 255))
    assert decoded[:, 3].min() < 0.0 or decoded[:, 3].max() > 255.5, "nothing to clip: the test shows nothing"
    np.testing.assert_array_equal(after["tight"], decoded[:, 4] >= 0.5)


def test_compress_and_decompress_are_reproducible_to_the_bit(model_file, columns, tmp_path):
    source = save_npz(tmp_path / "in.npz", columns)
    digests = []
    for k in range(2):
        compress(model_file, source, tmp_path / f"{k}.tmvz", bound="1%")
        decompress(tmp_path / f"{k}.tmvz", tmp_path / f"{k}.npz")
        digests.append([hashlib.sha256((tmp_path / f"{k}{end}").read_bytes()).hexdigest() for end in (".tmvz", ".npz")])
    assert digests[0] == digests[1]


def test_other_columns_are_kept_without_loss(model_file, columns, tmp_path):
    more = {
        "run": np.arange(500, dtype=">i4"),
        **columns,
        "weight": np.random.default_rng(1).normal(size=500),
        "tag": np.array(["a", "bcd"] * 250),
        "cells": np.arange(3000, dtype=np.int16).reshape(500, 2, 3),
    }
    more["weight"][3] = np.nan
    source = save_npz(tmp_path / "in.npz", more)
    done = compress(model_file, source, tmp_path / "a.tmvz")
    assert [record.start for record in done.archive.columns] == [-1, *range(8), -1, -1, -1]
    decompress(tmp_path / "a.tmvz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert out.files == list(more)
        for name in ("run", "weight", "tag", "cells"):
            assert out[name].dtype == more[name].dtype and out[name].tobytes() == more[name].tobytes(), name


def test_other_columns_can_be_left_out(model_file, columns, tmp_path):
    source = save_npz(tmp_path / "in.npz", {"run": np.arange(500), **columns})
    done = compress(model_file, source, tmp_path / "a.tmvz", others="drop")
    assert done.after.names() == list(columns)


def test_columns_of_other_names_are_taken_in_the_order_given(model_file, columns, tmp_path):
    renamed = {f"x_{name}": x for name, x in reversed(columns.items())}
    source = save_npz(tmp_path / "in.npz", renamed)
    done = compress(model_file, source, tmp_path / "a.tmvz", columns=[f"x_{name}" for name in columns])
    plain = compress(model_file, save_npz(tmp_path / "plain.npz", columns), tmp_path / "b.tmvz")
    assert done.after.names() == list(renamed)
    for name in columns:
        np.testing.assert_array_equal(done.after.arrays()[f"x_{name}"], plain.after.arrays()[name])


def test_nan_and_infinite_entries_stay_and_spoil_nothing(model_file, columns, tmp_path):
    holes = {name: x.copy() for name, x in columns.items()}
    holes["pt"][[0, 7]] = np.nan, -np.inf
    holes["eta"][7] = 1e300  # infinite in single precision
    done = compress(model_file, save_npz(tmp_path / "in.npz", holes), tmp_path / "a.tmvz", bound="5%")
    after = done.after.arrays()
    assert np.isnan(after["pt"][0]) and after["pt"][7] == -np.inf
    assert after["eta"][7] == pytest.approx(1e300, rel=0.05)
    free = compress(model_file, tmp_path / "in.npz", tmp_path / "b.tmvz").after.arrays()
    assert np.isnan(free["pt"][0]) and free["pt"][7] == -np.inf and np.isfinite(np.delete(free["pt"], [0, 7])).all()


def test_a_matrix_with_names_comes_back_as_one(model, model_file, columns, tmp_path):
    matrix = np.stack([x.astype(np.float64) for x in columns.values()], axis=1)
    np.savez_compressed(tmp_path / "in.npz", data=matrix, names=np.array(list(columns)))
    decompressed = tmp_path / "out.npz"
    compress(model_file, tmp_path / "in.npz", tmp_path / "a.tmvz")
    decompress(tmp_path / "a.tmvz", decompressed)
    with np.load(decompressed, allow_pickle=False) as out:
        assert out.files == ["data", "names"] and out["names"].tolist() == list(columns)
        assert out["data"].shape == matrix.shape and out["data"].dtype == np.float64
        whole = out["data"][:, 2]  # the column has whole numbers only, so it gets such again
        assert (whole == np.rint(whole)).all()


@pytest.mark.parametrize("shape", [(40, 9, 7), (40, 3, 5, 4)])
def test_images_come_back_as_images(tmp_path, shape):
    rng = np.random.default_rng(2)
    images = (rng.normal(size=(40, 3)) @ rng.normal(size=(3, int(np.prod(shape[1:]))))).reshape(shape).astype(np.float32)
    model = FakeAE.fit([f"var{i + 1}" for i in range(images[0].size)], images, 3)
    np.savez(tmp_path / "in.npz", data=images, names=np.empty(0))
    done = compress(model, tmp_path / "in.npz", tmp_path / "a.tmvz")
    decompress(tmp_path / "a.tmvz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert out["names"].shape == (0,)
        np.testing.assert_allclose(out["data"], images, atol=1e-4)
    assert done.archive.latent.shape == (40, 3)


def test_a_root_tree_comes_back_as_one(model_file, columns, tmp_path):
    uproot = pytest.importorskip("uproot")
    kept = {name: x for name, x in columns.items() if name != "half"}  # a TTree has no half precision
    kept |= {"half": columns["half"].astype(np.float32), "vector": np.arange(1500, dtype=np.int16).reshape(500, 3)}
    with uproot.recreate(tmp_path / "in.root") as file:
        tree = file.mktree("folder/events", {name: np.dtype((x.dtype, x.shape[1:])) for name, x in kept.items()}, title="some")
        tree.extend(kept)
        file.mktree("other", {"x": np.float32}).extend({"x": np.zeros(2, np.float32)})
    compress(model_file, tmp_path / "in.root", tmp_path / "a.tmvz", tree="folder/events", bound="2%")
    decompress(tmp_path / "a.tmvz", tmp_path / "out.root")
    with uproot.open(tmp_path / "out.root") as file:
        tree = file["folder/events"]
        assert tree.title == "some" and tree.keys() == list(kept)
        for name, x in kept.items():
            values = tree[name].array(library="np")
            assert values.dtype == x.dtype and values.shape == x.shape, name
        np.testing.assert_array_equal(tree["vector"].array(library="np"), kept["vector"])
        np.testing.assert_allclose(tree["pt"].array(library="np"), kept["pt"], rtol=0.02)


def test_branches_of_varying_length_can_be_left_out(tmp_path):
    uproot, ak = pytest.importorskip("uproot"), pytest.importorskip("awkward")
    with uproot.recreate(tmp_path / "in.root") as file:
        file.mktree("t", {"x": np.float32, "hits": "var * int32"}).extend(
            {"x": np.arange(3, dtype=np.float32), "hits": ak.Array([[1], [], [2, 3]])}
        )
    assert read_table(tmp_path / "in.root", drop=True).names() == ["x", "nhits", "hits"]


def csv_text(columns, n):
    lines = [",".join([*columns, "note"])]
    for i in range(n):
        cells = [f"{float(x[i]):.5g}" if x.dtype.kind == "f" else str(x[i]) for x in columns.values()]
        lines.append(",".join([*cells, f'"a, {i}"']))
    return "\n".join(lines) + "\n"


def test_a_text_table_comes_back_as_one(columns, tmp_path):
    (tmp_path / "in.csv").write_text(csv_text(columns, 300), encoding="utf-8")
    before = read_table(tmp_path / "in.csv")
    assert [c.values.dtype.kind for c in before.columns] == ["f", "f", "i", "i", "b", "i", "f", "f", "U"]
    x = np.stack([c.values.astype(np.float64) for c in before.columns[:-1]], axis=1)
    model = FakeAE.fit(list(columns), x, 3)
    compress(model, tmp_path / "in.csv", tmp_path / "a.tmvz", bound="1%")
    decompress(tmp_path / "a.tmvz", tmp_path / "out.csv")
    after = read_table(tmp_path / "out.csv")
    assert after.names() == before.names()
    for old, new in zip(before.columns, after.columns):
        assert old.values.dtype.kind == new.values.dtype.kind
        if old.values.dtype.kind in "if":
            assert np.all(np.abs(old.values - new.values) <= 0.01 * np.abs(old.values)), old.name
    np.testing.assert_array_equal(before.column("note").values, after.column("note").values)
    cells = (tmp_path / "out.csv").read_text(encoding="utf-8").replace("\n", ",").split(",")
    assert max(map(len, cells)) <= 12, "decoded numbers are not written with more digits than the original ones"


def test_a_table_that_was_only_read_and_written_is_the_same_text(tmp_path):
    text = 'a;b;flag;c;"d;e"\r\n1;0.5;true;;x\r\n-2;1e-07;false;3.25;"y;""z"\r\n'
    (tmp_path / "in.csv").write_bytes(text.encode())
    table = read_table(tmp_path / "in.csv")
    write_table(tmp_path / "out.csv", table)
    assert (tmp_path / "out.csv").read_bytes().decode() == text
    assert np.isnan(table.column("c").values[0]) and table.column("flag").values.dtype == bool


def test_numbers_without_names_are_var1_var2_and_stay_without(tmp_path):
    (tmp_path / "in.csv").write_text("1,2.5\n3,4.5\n", encoding="utf-8")
    table = read_table(tmp_path / "in.csv")
    assert table.names() == ["var1", "var2"] and table.n_events == 2
    write_table(tmp_path / "out.csv", table)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "1,2.5\n3,4.5\n"


def test_a_table_in_memory_can_be_compressed(model, columns, tmp_path):
    table = EventTable("npz", [FileColumn(name, x) for name, x in columns.items()], 500)
    compress(model, table, tmp_path / "a.tmvz")
    assert decompress(tmp_path / "a.tmvz").table.names() == list(columns)


def test_a_model_beside_the_archive_is_found_by_its_name_and_checksum(model_file, columns, tmp_path):
    source = save_npz(tmp_path / "in.npz", columns)
    small = compress(model_file, source, tmp_path / "a.tmvz", embed=False)
    whole = compress(model_file, source, tmp_path / "b.tmvz")
    assert small.embedded_bytes == 0 and whole.embedded_bytes > 0 and small.n_bytes < whole.n_bytes
    np.testing.assert_array_equal(decompress(tmp_path / "a.tmvz").table.arrays()["pt"], whole.after.arrays()["pt"])


def test_values_that_differ_from_the_verified_ones_are_said(model, model_file, columns, tmp_path):
    compress(model_file, save_npz(tmp_path / "in.npz", columns), tmp_path / "a.tmvz")
    other = FakeAE([v.label for v in model.info.variables], model.mean + 1e-3, model.scale, model.components)
    with pytest.warns(TmvaliteWarning, match="differ from those that were verified when the archive was written: pt, eta, "):
        decompress(tmp_path / "a.tmvz", model=other)
