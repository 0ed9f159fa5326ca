"""The output ROOT file holds what was given, in TTrees and histograms, and is written as a whole."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tmvalite.errors import DataError, FileError, MissingExtraError, TmvaliteWarning
from tmvalite.io import root_file, root_names
from tmvalite.io.name_strings import name_strings
from tmvalite.io.root_file import EventTree, Histogram, RootFile, branch_name

uproot = pytest.importorskip("uproot")
awkward = pytest.importorskip("awkward")


def events(n=7):
    rng = np.random.default_rng(1)
    return EventTree.of_events(
        rng.integers(0, 2, n),
        ("Signal", "Background"),
        {"a+b": rng.random(n), "v[3]": rng.random(n)},
        {"t": rng.random(n)},
        {"evt": np.arange(n) + 2**40, "run": np.arange(n, dtype=np.int32), "mass": rng.random(n)},
        rng.random(n),
    )


def written(tmp_path, **objects):
    file = RootFile(tmp_path / "out.root")
    for name, content in objects.items():
        {Histogram: file.add_histogram, EventTree: file.add_tree, str: file.add_text}[type(content)](f"data/{name}", content)
    file.write()
    return uproot.open(tmp_path / "out.root")


def test_a_tree_has_tmvas_branches(tmp_path):
    tree = events()
    tree.add_output("DNN_CPU", np.arange(7.0))
    tree.add_output("DL", np.arange(14.0).reshape(7, 2), ("Signal", "bg 2"))
    read = written(tmp_path, TestTree=tree)["data/TestTree"]
    assert read.classname == "TTree"
    assert [b.member("fTitle") for b in read.branches] == [
        "classID/I",
        "className/C",
        "a_P_b/F",
        "v_3_/F",
        "t/F",
        "evt/L",
        "run/I",
        "mass/F",
        "weight/F",
        "DNN_CPU/F",
        "DL.Signal/F",
        "DL.bg_2/F",
    ]
    for name, values in tree.columns.items():
        if name != "className":
            assert read[name].array(library="np").tolist() == values.tolist()
    names = np.array(["Signal", "Background"])
    assert read["className"].array(library="np").tolist() == names[tree.columns["classID"]].tolist()


def test_events_stay_in_order_across_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(root_file, "_CHUNK", 3)
    read = written(tmp_path, TrainTree=events(11))["data/TrainTree"]
    assert read["run"].array(library="np").tolist() == list(range(11))


def test_a_tree_without_events(tmp_path):
    assert written(tmp_path, TestTree=events(0))["data/TestTree"].num_entries == 0


def test_a_variable_called_weight_gives_way():
    with pytest.warns(TmvaliteWarning, match="the tree has a branch 'weight' already; this one is called 'weight_2'"):
        tree = EventTree.of_events(np.zeros(2), ("S",), {"weight": np.array([1.0, 2.0])}, weight=np.array([3.0, 4.0]))
    assert list(tree.columns) == ["classID", "className", "weight_2", "weight"]
    assert tree.columns["weight"].tolist() == [3.0, 4.0]


def test_branch_names():
    assert [branch_name(n) for n in ("log(pt)", "vars[3]", "a/b", "x;1", "DL.Signal")] == [
        "log_pt_",
        "vars_3_",
        "a_D_b",
        "x_1",
        "DL.Signal",
    ]


def test_histograms_keep_weights_edges_and_labels(tmp_path):
    uneven = np.array([0.0, 1.0, 4.0])
    matrix = np.array([[100.0, -20.0, 3.0], [-20.0, 100.0, 7.0]])
    read = written(
        tmp_path,
        even=Histogram([1, 2, 3], (np.linspace(0, 1, 4),), sumw2=[1, 4, 9], title="even"),
        uneven=Histogram([5, 6], (uneven,), entries=3, double=True),
        matrix=Histogram(matrix, (np.arange(3), np.arange(4)), labels=(("x", "y"), ("p", "q", "r"))),
    )
    even = read["data/even"]
    assert (even.classname, even.title, even.member("fEntries")) == ("TH1F", "even", 6.0)
    assert even.values().tolist() == [1, 2, 3] and even.variances().tolist() == [1, 4, 9]
    assert len(even.member("fXaxis").member("fXbins")) == 0
    assert even.axis().edges().tolist() == np.linspace(0, 1, 4).tolist()
    other = read["data/uneven"]
    assert other.classname == "TH1D" and other.axis().edges().tolist() == uneven.tolist() and other.member("fEntries") == 3
    assert other.errors().tolist() == pytest.approx(np.sqrt([5, 6]).tolist())
    two = read["data/matrix"]
    assert two.classname == "TH2F" and two.values().tolist() == matrix.tolist()
    assert (two.axis(0).labels(), two.axis(1).labels()) == (["x", "y"], ["p", "q", "r"])
    labels = two.member("fYaxis").member("fLabels")
    assert [label._bases[0]._members["@fUniqueID"] for label in labels] == [1, 2, 3]  # the bins that ROOT puts them on


def test_moments_follow_from_the_bin_centres(tmp_path):
    read = written(tmp_path, h=Histogram([[1, 0], [0, 3]], ([0, 2, 4], [0, 1, 2])))["data/h"]
    moments = [read.member(n) for n in ("fTsumw", "fTsumwx", "fTsumwx2", "fTsumwy", "fTsumwy2", "fTsumwxy")]
    assert moments == [4, 1 + 9, 1 + 27, 0.5 + 4.5, 0.25 + 6.75, 0.5 + 13.5]


def test_texts_and_graphs(tmp_path):
    file = RootFile(tmp_path / "out.root")
    file.add_text(f"{root_names.method('d', 'DL', 'DNN')}/{root_names.WEIGHT_FILE}", "w.xml")
    file.add_graph("d/roc", [0, 1], [1, 0], "ROC")
    file.write()
    read = uproot.open(tmp_path / "out.root")
    assert read["d/Method_DL/DNN/WeightFileName"] == "w.xml"
    assert [v.tolist() for v in read["d/roc"].values()] == [[0, 1], [1, 0]]


def test_writing_again_replaces_the_file(tmp_path):
    file = RootFile(tmp_path / "out.root")
    file.add_text("d/a", "1")
    file.write()
    file.add_text("d/b", "2")
    file.write()
    assert sorted(uproot.open(tmp_path / "out.root").keys(cycle=False)) == ["d", "d/a", "d/b"]
    assert [p.name for p in tmp_path.iterdir()] == ["out.root"]


def test_a_failure_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    file = RootFile(tmp_path / "out.root")
    file.add_tree("d/TestTree", events())
    file.write()
    before = (tmp_path / "out.root").read_bytes()
    monkeypatch.setattr(root_file, "_write_tree", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(FileError, match="the disk is full"):
        file.write()
    assert (tmp_path / "out.root").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_names_of_tmva():
    names = root_names
    assert names.tree("d", True) == "d/TestTree"
    assert names.correlation_matrix("d", names.SIGNAL) == "d/CorrelationMatrixS"
    assert names.input_folder("d") == "d/InputVariables_Id"
    assert [names.input_folder("d", "Norm", again) for again in (1, 2)] == ["d/InputVariables_Norm_0", "d/InputVariables_Norm_1"]
    assert names.input_variable("a+b", "Signal") == "a_P_b__Signal_Id"
    assert names.input_variable("t", "Regression", target=True) == "t__Regression_target_Id"
    assert names.input_variable("x", "Signal", "") == "x__Signal"
    assert names.scatter("scat", "a+b", "c", "Signal", "PCA") == "scat_c_vs_a_P_b_Signal_PCA"
    assert names.method("d", "DL", "m") == "d/Method_DL/m"
    assert names.output("m", "S") == "MVA_m_S"
    assert names.output("m", "B", train=True) == "MVA_m_Train_B"
    assert names.output("m", "S", fine=True) == "MVA_m_S_high"
    assert names.probability("m", "B") == "MVA_m_Proba_B" and names.probability("m", "S", "Rarity") == "MVA_m_Rarity_S"
    assert names.efficiency("m", "S", train=True) == "MVA_m_trainingEffS"
    assert names.curve("m", "rejBvsS") == "MVA_m_rejBvsS"
    assert names.curve("m", "effBvsS", train=True) == "MVA_m_trainingEffBvsS"
    assert names.history("m", "valError") == "TrainingHistory_m_valError"
    assert names.class_output("m", "A", "B") == "MVA_m_Test_A_prob_for_B"
    assert names.class_curve("m", "A") == "MVA_m_Test_rejBvsS_A"
    assert names.class_curve("m", "A", "B", train=True) == "MVA_m_Train_1v1rejBvsS_A_vs_B"
    assert names.deviation("m", 1, "var0", train=True) == "MVA_mtrain_reg_var0_rtgt1"
    assert names.deviation("m", 1, "tgt1") == "MVA_mtest_reg_tgt1_rtgt1"
    assert names.squares("m", 0) == "MVA_mtest_Quadr_Deviation_target_0_"
    assert names.squares("m", 0, best=True, train=True) == "MVA_mtrain_Quadr_Dev_best90perc_target_0_"


def test_error_missing_uproot(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "uproot", None)
    with pytest.raises(MissingExtraError) as caught:
        RootFile(tmp_path / "a.root").check_writable()
    assert str(caught.value) == "ROOT files need the package uproot\n  hint: pip install uproot"


def test_error_folder_missing(tmp_path):
    with pytest.raises(FileError, match="there is no folder"):
        RootFile(tmp_path / "no" / "a.root").check_writable()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: events().add("x", np.zeros(3)), "branch 'x' has the shape (3,) in a tree of 7 events"),
        (lambda: events().add_output("m", np.zeros((7, 3)), ("a",)), "method 'm' has 3 outputs and 1 names for them"),
        (lambda: events().add_output("m", np.zeros((3, 1)), ("a",)), "branch 'm' has the shape (3,) in a tree of 7 events"),
        (lambda: Histogram([1, 2], ([0, 1],)), "a histogram of (2,) contents has (1,) bins"),
        (lambda: RootFile("a").add_graph("g", [1], [1, 2]), "graph 'g' has points of the shapes (1,) and (2,)"),
    ],
)
def test_error_shapes(make, message):
    with pytest.raises(DataError) as caught:
        make()
    assert str(caught.value) == message


def test_error_branch_of_text(tmp_path):
    with pytest.raises(DataError, match="a branch cannot hold values of type <U1"):
        written(tmp_path, TestTree=EventTree({"x": np.array(["a"])}))


@pytest.mark.parametrize("names", [("Signal", "Background"), ("e\u0301", "", "x" * 254), ("a" * 255, "b")])
def test_names_of_classes_are_written_as_awkward_writes_strings(tmp_path, names):
    index = np.random.default_rng(3).integers(0, len(names), 50)
    written = []
    for strings in (name_strings(names, index), awkward.Array(list(names))[index]):
        with uproot.recreate(tmp_path / "a.root", compression=None) as file:
            tree = file.mktree("t", {"className": "string"})
            tree.extend({"className": strings})
            tree.extend({"className": strings})
        branch = uproot.open(tmp_path / "a.root")["t/className"]
        assert branch.array().to_list() == 2 * [names[i] for i in index]
        written.append([branch.basket(i).data.tobytes() for i in (0, 1)] + [branch.member("fEntryOffsetLen"), branch.typename])
    assert written[0] == written[1]


def test_names_of_classes_are_an_array_for_the_rest_of_awkward():
    strings = name_strings(("a", "bcd"), np.array([1, 0, 1]))
    assert awkward.argmax(awkward.num(strings)) == 0 and awkward.to_list(strings) == ["bcd", "a", "bcd"]
    with pytest.raises(TypeError, match="not foreseen"):
        awkward.num(awkward.concatenate([np.zeros((3, 1)), np.zeros((3, 1)), strings], axis=1))
