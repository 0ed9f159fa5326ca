"""apply: the entries of the input in their order, with the bits of the getters, whatever the files are."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

import tmvalite
from tests.application.conftest import events
from tmvalite import DataError, FileError, OptionError, TmvaliteWarning, load
from tmvalite.application import scorer
from tmvalite.application.applying import Applied

uproot = pytest.importorskip("uproot")
ak = pytest.importorskip("awkward")


def write_tree(path, columns, tree="dir/tree", step=50, kind="mktree"):
    n = len(next(iter(columns.values())))
    with uproot.recreate(path) as file:
        types = {
            name: v.dtype if isinstance(v, np.ndarray) and v.ndim == 1 else ak.Array(v).type.content
            for name, v in columns.items()
        }
        types = {name: t if isinstance(t, np.dtype) else str(t) for name, t in types.items()}
        if kind == "mkrntuple":
            types = {name: str(t) for name, t in types.items()}
        out = getattr(file, kind)(tree, types)
        for start in range(0, n, step):
            out.extend({name: v[start : start + step] for name, v in columns.items()})


def read_tree(path, tree="dir/tree"):
    with uproot.open({path: None}) as file:
        return file[tree].arrays(library="np")


def test_a_friend_has_the_scores_alone_in_the_order_of_the_input(dnn, score, tmp_path):
    columns = events()
    write_tree(tmp_path / "in.root", columns)
    done = tmvalite.apply(dnn, f"{tmp_path}/in.root:dir/tree", tmp_path / "out.root", friend=True)
    found = read_tree(tmp_path / "out.root")
    assert list(found) == ["DNN"] and np.array_equal(found["DNN"], score(columns))
    assert (done.n_read, done.n_written, done.scores, done.files) == (137, 137, ("DNN",), (str(tmp_path / "out.root"),))
    assert str(done) == f"137 entries; scores: DNN\n{tmp_path}/out.root"


def test_a_copy_has_all_columns_with_their_types(dnn, score, tmp_path):
    columns = events()
    write_tree(tmp_path / "in.root", columns)
    tmvalite.apply(dnn, f"{tmp_path}/in.root:dir/tree", tmp_path / "out.root")
    found = read_tree(tmp_path / "out.root")
    assert list(found) == [*columns, "DNN"] and np.array_equal(found["DNN"], score(columns))
    assert all(found[n].dtype == v.dtype and np.array_equal(found[n], v) for n, v in columns.items())


def test_kept_columns_and_a_cut(dnn, score, tmp_path):
    columns = events()
    write_tree(tmp_path / "in.root", columns)
    source = f"{tmp_path}/in.root:dir/tree"
    done = tmvalite.apply(dnn, source, tmp_path / "out.root", keep="event,a", cut="b > 0.3 && Entry$ >= 10")
    passes = (columns["b"] > 0.3) & (np.arange(137) >= 10)
    found = read_tree(tmp_path / "out.root")
    assert list(found) == ["event", "a", "DNN"] and np.array_equal(found["event"], columns["event"][passes])
    assert np.array_equal(found["DNN"], score(columns)[passes])
    assert (done.n_read, done.n_written) == (137, passes.sum()) and f", {passes.sum()} of them written" in str(done)


def test_a_cut_on_scores(dnn, score, tmp_path):
    columns = events()
    columns["b"][5] = np.nan
    done = tmvalite.apply(dnn, columns, tmp_path / "out.npz", keep="event", cut="DNN > 0.5 && a < 1")
    with np.errstate(invalid="ignore"):
        passes = (score(columns) > 0.5) & (columns["a"] < 1)
    found = dict(np.load(tmp_path / "out.npz"))
    assert np.array_equal(found["event"], columns["event"][passes]) and np.array_equal(found["DNN"], score(columns)[passes])
    assert done.n_written == passes.sum() and 0 < passes.sum() < 137


def test_scores_do_not_depend_on_portions_and_processes(dnn, score, tmp_path, monkeypatch):
    """Ranges of one file and of the next ones are computed ahead, in the types of the whole output."""
    from tmvalite.application import workers

    parts = [events(701, 1), events(30, 2), events(0, 3), events(150, 4)]
    parts[1]["run"] = parts[1]["run"].astype(np.int64)
    for i, columns in enumerate(parts):
        write_tree(tmp_path / f"in{i}.root", columns, step=97)
    monkeypatch.setattr(scorer.Pass, "block_entries", lambda self: 60)
    monkeypatch.setattr(workers, "RANGE_BLOCKS", 2)
    monkeypatch.setattr(workers, "WORTH", 0.0)
    tmvalite.apply(dnn, f"{tmp_path}/in*.root:dir/tree", tmp_path / "out.root", processes=2)
    found = read_tree(tmp_path / "out.root")
    assert np.array_equal(found["DNN"], np.concatenate([score(columns) for columns in parts]))
    assert np.array_equal(found["event"], np.concatenate([columns["event"] for columns in parts]))
    assert found["run"].dtype == np.int64


def test_several_files_into_a_folder_and_into_one_file(dnn, score, tmp_path):
    parts = [events(40, 5), events(0, 6), events(31, 7)]
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name, columns in zip(("1.root", "2.root", "sub/3.root"), parts):
        write_tree(tmp_path / "in" / name, columns)
    done = tmvalite.apply(dnn, f"{tmp_path}/in/**/*.root:dir/tree", tmp_path / "out", keep=["event"])
    assert [os.path.relpath(path, tmp_path) for path in done.files] == ["out/1.root", "out/2.root", "out/sub/3.root"]
    assert np.array_equal(read_tree(tmp_path / "out/sub/3.root")["DNN"], score(parts[2]))
    assert len(read_tree(tmp_path / "out/2.root")["event"]) == 0
    tmvalite.apply(dnn, f"{tmp_path}/in/**/*.root:dir/tree", tmp_path / "one.root", keep=["event"])
    found = read_tree(tmp_path / "one.root")
    assert np.array_equal(found["event"], np.concatenate([p["event"] for p in parts]))
    assert np.array_equal(found["DNN"], np.concatenate([score(p) for p in parts]))


def test_of_many_files_only_the_folder_is_named():
    few, many = (Applied(tuple(f"out/{i}/x.root" for i in range(n)), 3, 3, ("DNN",)) for n in (2, 7))
    assert str(few) == "3 entries; scores: DNN\nout/0/x.root\nout/1/x.root"
    assert str(many) == "3 entries; scores: DNN\n7 files in out"


def test_two_trees_of_a_file_stay_two(dnn, score, tmp_path):
    with uproot.recreate(tmp_path / "in.root") as file:
        for name, seed in (("S", 8), ("d/B", 9)):
            columns = events(20, seed)
            file.mktree(name, {n: v.dtype for n, v in columns.items()}).extend(columns)
    tmvalite.apply(dnn, [f"{tmp_path}/in.root:S", f"{tmp_path}/in.root:d/B"], tmp_path / "out", friend=True)
    for name, seed in (("S", 8), ("d/B", 9)):
        assert np.array_equal(read_tree(tmp_path / "out/in.root", name)["DNN"], score(events(20, seed)))


def test_every_class_target_and_part_has_its_column(dnn, classes, targets, autoencoder, tmp_path):
    columns = events(50)
    tmvalite.apply([dnn, f"Other={dnn}", classes, targets], columns, tmp_path / "out.npz", friend=True)
    found = dict(np.load(tmp_path / "out.npz"))
    assert list(found) == ["DNN", "Other", "MC_bg0", "MC_bg1", "MC_sig", "REG_target1", "REG_target2"]
    x = np.stack([columns[name] for name in "abc"], axis=1)
    assert np.array_equal(np.stack([found[f"MC_{c}"] for c in ("bg0", "bg1", "sig")], 1), load(classes).GetMulticlassValues(x))
    assert np.array_equal(np.stack([found["REG_target1"], found["REG_target2"]], 1), load(targets).GetRegressionValues(x))
    assert np.array_equal(found["DNN"], found["Other"])
    tmvalite.apply(autoencoder, columns, tmp_path / "ae.npz", friend=True, also=["reconstruction", "code"])
    found, method = dict(np.load(tmp_path / "ae.npz")), load(autoencoder)
    assert list(found) == ["AE", "AE_a", "AE_b", "AE_c", "AE_code0", "AE_code1"]
    assert np.array_equal(found["AE"], method.GetMvaValues(x)) and np.array_equal(found["AE_b"], method.reconstruct(x)[:, 1])
    assert np.array_equal(found["AE_code1"], method.encode(x)[:, 1])


@pytest.mark.parametrize("ending", [".root", ".npz", ".csv", ".parquet"])
def test_tables_of_every_kind_in_and_out(dnn, score, tmp_path, ending):
    if ending == ".parquet":
        pytest.importorskip("pyarrow")
    columns = events(33)
    first, again = f"{tmp_path}/first{ending}", f"{tmp_path}/again{ending}"
    tmvalite.apply(dnn, columns, first)
    tmvalite.apply({"Second": dnn}, first, again)
    table = tmvalite.data.sources.open_table(again)
    found = {name: column.values for name, column in table.read(list(table.keys())).items() if "." not in name}
    if ending == ".csv":  # whose decimals are read as doubles, from which the expressions are computed
        assert np.allclose(found["Second"], score(columns), rtol=1e-5)
    else:
        assert np.array_equal(found["Second"], score(columns))
    assert np.array_equal(found["DNN"].astype(np.float32), score(columns)) and np.array_equal(found["event"], columns["event"])
    assert np.array_equal(found["a"].astype(np.float32), columns["a"])
    if ending != ".csv":
        assert {n: v.dtype for n, v in found.items() if n in columns} == {n: v.dtype for n, v in columns.items()}


def test_an_rntuple_gives_an_rntuple(dnn, score, tmp_path):
    columns = events(44)
    write_tree(tmp_path / "in.root", columns, "tree", kind="mkrntuple")
    tmvalite.apply(dnn, f"{tmp_path}/in.root", tmp_path / "out.root", friend=True)
    with uproot.open(tmp_path / "out.root") as file:
        assert file.classnames() == {"tree;1": "ROOT::RNTuple"}
        assert np.array_equal(ak.to_numpy(file["tree"].arrays()["DNN"]), score(columns))


def test_arrays_of_both_kinds_are_copied_and_read(folder, tmp_path, monkeypatch):
    """A method of elements of arrays and of their sums; texts and flags are copied too."""
    monkeypatch.setattr(scorer.Pass, "block_entries", lambda self: 9)
    rng = np.random.default_rng(3)
    pt = ak.unflatten(rng.exponential(size=90).astype(np.float32), np.arange(32) % 7)
    columns = {"pt": pt, "v": rng.normal(size=(32, 3)), "ok": np.arange(32) % 2 == 0, "s": ak.Array([f"t{i}" for i in range(32)])}
    with uproot.recreate(tmp_path / "in.root") as file:
        types = {"pt": "var * float32", "v": np.dtype((np.float64, (3,))), "ok": np.bool_, "s": "string"}
        tree = file.mktree("t", types)
        tree.extend({name: values[:20] for name, values in columns.items()})
        tree.extend({name: values[20:] for name, values in columns.items()})
    x = np.stack([ak.to_numpy(ak.sum(ak.values_astype(pt, np.float64), axis=1)), columns["v"][:, 1]], axis=1)
    method = tmvalite.MethodDL(
        "Layout=TANH|3,LINEAR:TrainingStrategy=LearningRate=1e-2,MaxEpochs=1,TestRepetitions=1:RandomSeed=1", title="A"
    )
    method.fit({"Sum$(pt)": x[:, 0], "v[1]": x[:, 1]}, x[:, 1] > 0, progress="silent").save(folder / "arrays.weights.xml")
    tmvalite.apply(folder / "arrays.weights.xml", f"{tmp_path}/in.root", tmp_path / "out.root", cut="ok == 1")
    with uproot.open({tmp_path / "out.root": "t"}) as tree:
        found = tree.arrays()
    passes = columns["ok"]
    assert set(found.fields) == {"npt", "npt_", "pt", "v", "ok", "s", "A"}
    assert found["pt"].tolist() == pt[passes].tolist() and found["s"].tolist() == columns["s"][passes].tolist()
    assert np.array_equal(ak.to_numpy(found["v"]), columns["v"][passes]) and found["ok"].tolist() == [True] * 16
    assert np.array_equal(ak.to_numpy(found["A"]), method.GetMvaValues(x.astype(np.float32))[passes])


def test_leaves_objects_aliases_and_friends_are_read_and_copied_as_far_as_a_tree_can_hold_them(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(scorer.Pass, "block_entries", lambda self: 5)
    source = Path(__file__).parents[1] / "data" / "expression" / "data" / "events.root"
    rng, texts = np.random.default_rng(1), ("trk.px+trk.q", "mass", "fr.fx", "p4.fP.fX", "x+Entry$/Entries$")
    training = {text: rng.normal(size=40) for text in texts}
    strategy = "TrainingStrategy=LearningRate=1e-2,MaxEpochs=1,TestRepetitions=1:RandomSeed=1"
    method = tmvalite.MethodDL(f"Layout=TANH|3,LINEAR:{strategy}", title="A").fit(
        training, training["mass"] > 0, progress="silent"
    )
    method.save(folder / "all.weights.xml")
    with pytest.warns(TmvaliteWarning, match="cannot be copied: two"):
        tmvalite.apply(folder / "all.weights.xml", f"{source}:events", tmp_path / "out.root")
    table = tmvalite.data.sources.open_table(f"{source}:events")
    read = table.read(["trk.px", "trk.q", "x", "y", "fr.fx", "p4.fP.fX"])
    px, q, x, y, fx, p = (column.values.astype(np.float64) for column in read.values())
    expected = method.GetMvaValues(
        np.stack([px + q, np.sqrt(x * x + y * y), fx, p, x + np.arange(len(x)) / len(x)], 1).astype(np.float32)
    )
    with uproot.open({tmp_path / "out.root": "events"}) as tree:
        found = tree.arrays(["A", "x", "v", "s", "trk.q", "g"])
    assert np.array_equal(ak.to_numpy(found["A"]), expected) and np.array_equal(ak.to_numpy(found["x"]), x)
    assert np.array_equal(ak.to_numpy(ak.flatten(found["v"])), table.read(["v"])["v"].values)
    assert np.array_equal(ak.to_numpy(found["g"]), table.read(["g"])["g"].values) and found["s"][2] == "b c"


def test_variations_replace_columns_by_expressions(dnn, score, tmp_path):
    columns = events(40) | {"s": None}
    columns["s"] = columns["b"] + columns["c"]  # the variable computed before does not hide the variation
    systematics = {"scale": ({"b": "1.1*b"}, "b=0.9*b,c=a")}
    tmvalite.apply(dnn, columns, tmp_path / "out.npz", friend=True, systematics=systematics)
    found = dict(np.load(tmp_path / "out.npz"))
    assert list(found) == ["DNN", "DNN__scale_up", "DNN__scale_down"]
    b = columns["b"].astype(np.float64)
    assert np.array_equal(found["DNN__scale_up"], score(columns | {"b": 1.1 * b}))
    assert np.array_equal(found["DNN__scale_down"], score(columns | {"b": 0.9 * b, "c": columns["a"]}))


def test_an_event_with_a_gap_has_no_score(dnn, tmp_path):
    columns = events(5)
    columns["b"][3] = np.nan
    done = tmvalite.apply(dnn, columns, tmp_path / "out.npz", friend=True)
    assert np.isnan(np.load(tmp_path / "out.npz")["DNN"]).tolist() == [False, False, False, True, False]
    assert done.n_without == 1 and str(done).endswith("1 have no score (NaN), since a variable is not finite")


def test_nothing_is_written_where_a_later_file_cannot_be_read(dnn, tmp_path):
    write_tree(tmp_path / "1.root", events(10))
    write_tree(tmp_path / "2.root", {n: v for n, v in events(10).items() if n != "b"})
    with pytest.raises(DataError, match="no column 's'"):
        tmvalite.apply(dnn, f"{tmp_path}/*.root:dir/tree", tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["1.root", "2.root"]


def test_nothing_half_written_stays_behind(dnn, tmp_path):
    class Stop(Exception):
        pass

    def progress(done, total):
        if done:
            raise Stop

    write_tree(tmp_path / "in.root", events(10))
    with pytest.raises(Stop):
        tmvalite.apply(dnn, f"{tmp_path}/in.root:dir/tree", tmp_path / "out.root", progress=progress)
    assert os.listdir(tmp_path) == ["in.root"]


def test_error_existing_files_and_inputs_are_not_replaced(dnn, tmp_path):
    write_tree(tmp_path / "in.root", events(10))
    source = f"{tmp_path}/in.root:dir/tree"
    with pytest.raises(FileError, match="is an input"):
        tmvalite.apply(dnn, source, tmp_path, force=True)
    (tmp_path / "out.root").write_text("mine")
    with pytest.raises(FileError, match="exists"):
        tmvalite.apply(dnn, source, tmp_path / "out.root")
    tmvalite.apply(dnn, source, tmp_path / "out.root", force=True)
    assert len(read_tree(tmp_path / "out.root")["DNN"]) == 10


def test_error_a_name_that_is_taken(dnn, tmp_path):
    columns = events(10)
    with pytest.raises(DataError, match=r"the score of 'a' would be called 'a', as another column is"):
        tmvalite.apply({"a": dnn}, columns, tmp_path / "out.npz")
    with pytest.raises(OptionError, match="two weight files are of a method called 'DNN'"):
        tmvalite.apply([dnn, dnn], columns, tmp_path / "out.npz")


def test_error_types_that_an_output_would_change(dnn, tmp_path):
    first, second = events(10), events(10)
    second["event"] = second["event"].astype(np.float64)
    with pytest.raises(DataError, match=r"column 'event' is float64 in the dict of arrays, but int64 in the dict of arrays"):
        tmvalite.apply(dnn, [first, second], tmp_path / "out.root")
    second["event"] = np.arange(10, dtype=np.int32)  # which int64 holds
    tmvalite.apply(dnn, [first, second], tmp_path / "out.root")
    assert read_tree(tmp_path / "out.root", "events")["event"].tolist()[10:] == list(range(10))
    with pytest.raises(DataError, match="differ in column 'new'"):
        tmvalite.apply(dnn, [first, first | {"new": first["a"]}], tmp_path / "b.root")


def test_error_a_type_that_changes_on_the_way(dnn, tmp_path):
    """What a sample of the first entry did not show: numbers in a column of texts."""

    class Changing:
        n_entries = 4

        def keys(self):
            return list(events(4))

        def read(self, names, texts=()):
            return {n: tmvalite.data.columns.Column(v) for n, v in events(4).items() if n in names}

        def read_range(self, names, texts, start, stop):
            columns = {name: column.part(start, stop) for name, column in self.read(names).items()}
            if stop - start < 2 and "run" in columns:
                columns["run"] = tmvalite.data.columns.Column(columns["run"].values.astype(np.int16))
            return columns

    with pytest.raises(DataError, match="column 'run' is int32 here, but int16 at its beginning"):
        tmvalite.apply(dnn, Changing(), tmp_path / "out.npz")


def test_error_columns_of_a_variation_and_of_keep(dnn, tmp_path):
    columns = events(10)
    with pytest.raises(DataError, match="no variable is computed from 'run'"):
        tmvalite.apply(dnn, columns, tmp_path / "o.npz", systematics={"x": ({"run": "a"}, {"run": "b"})})
    with pytest.raises(DataError, match=re.escape("there is no column 'evnt' to keep")) as caught:
        tmvalite.apply(dnn, columns, tmp_path / "o.npz", keep=["evnt"])
    assert caught.value.hint == "did you mean 'event'?"
    with pytest.raises(OptionError, match="has not two directions"):
        tmvalite.apply(dnn, columns, tmp_path / "o.npz", systematics={"x": {"run": "a"}})
    with pytest.raises(OptionError, match="cannot name a variation"):
        tmvalite.apply(dnn, columns, tmp_path / "o.npz", systematics={"x y": ("a=b", "a=c")})
    with pytest.raises(OptionError, match="which expression takes the place"):
        tmvalite.apply(dnn, columns, tmp_path / "o.npz", systematics={"x": ("a", "a=c")})


def test_error_a_cut_that_is_no_number_or_several(dnn, tmp_path):
    columns = events(10)
    columns["a"][4] = np.nan
    with pytest.raises(DataError, match="the cut 'a' is no number in entry 4"):
        tmvalite.apply(dnn, columns, tmp_path / "o.npz", cut="a")
    with pytest.raises(DataError, match="has several values per entry"):
        tmvalite.apply(dnn, events(4) | {"v": np.ones((4, 2))}, tmp_path / "o.npz", cut="v > 0")
    with pytest.raises(OptionError, match="a friend needs an entry for each"):
        tmvalite.apply(dnn, columns, tmp_path / "o.npz", cut="a", friend=True)


def test_error_outputs_that_cannot_be(dnn, tmp_path):
    columns = events(4)
    with pytest.raises(OptionError, match="has no file name to keep"):
        tmvalite.apply(dnn, columns, tmp_path / "folder")
    with pytest.raises(DataError, match="has no place for arrays"):
        tmvalite.apply(dnn, columns | {"v": np.ones((4, 2))}, tmp_path / "o.csv")
    with pytest.raises(DataError, match="different lengths"):
        tmvalite.apply(dnn, columns | {"v": [[1.0], [], [2.0, 3.0], []]}, tmp_path / "o.npz")
    (tmp_path / "t.tsv").write_text("a\tb\tc\n1\t2\t3\n")
    with pytest.raises(OptionError, match="are read only"):
        tmvalite.apply(dnn, f"{tmp_path}/t.tsv", tmp_path / "folder")
    with uproot.recreate(tmp_path / "in.root") as file:
        for name in "ST":
            file.mktree(name, {n: v.dtype for n, v in columns.items()}).extend(columns)
    with pytest.raises(DataError, match="holds one table, the input has S, T"):
        tmvalite.apply(dnn, [f"{tmp_path}/in.root:S", f"{tmp_path}/in.root:T"], tmp_path / "o.npz")


def test_error_what_a_method_does_not_have(dnn, autoencoder, tmp_path):
    columns = events(4)
    with pytest.raises(OptionError, match="DL 'DNN' has no code"):
        tmvalite.apply(dnn, columns, tmp_path / "o.npz", also="code")
    with pytest.raises(OptionError, match="'codes' cannot be had"):
        tmvalite.apply(autoencoder, columns, tmp_path / "o.npz", also=["codes"])
    with pytest.raises(OptionError, match="no weight file"):
        tmvalite.apply([], columns, tmp_path / "o.npz")


def test_columns_that_cannot_be_copied_are_named_once(dnn, tmp_path):
    columns = events(4)
    matrices = ak.Array([[[1.0, 2.0]], [], [[3.0, 4.0]], []])
    matrices = ak.to_regular(matrices, axis=2)
    with pytest.warns(TmvaliteWarning, match="1 column cannot be copied: m"):
        tmvalite.apply(dnn, columns | {"m": matrices}, tmp_path / "out.root")
    assert "m" not in read_tree(tmp_path / "out.root", "events")
