"""TFile, TTree, TChain, TNtuple of tmvalite.pyroot: what is filled is in the file, what is in a file is read."""

from array import array

import numpy as np
import pytest

pytest.importorskip("uproot")

import tmvalite.pyroot as ROOT
from tmvalite.data.sources import open_table
from tmvalite.errors import DataError


def fill(tree, n=5):
    """x = i, n = 7 i, v = (i, i + 1, i + 2), of varying length w = i values."""
    x, number, v, w = array("f", [0.0]), array("i", [0]), ROOT.std.vector["float"](3), ROOT.std.vector["double"]()
    tree.Branch("x", x, "x/F")
    tree.Branch("n", number, "n/I")
    tree.Branch("v", "std::vector<float>", v)
    tree.Branch("w", w)
    for i in range(n):
        x[0], number[0] = i, 7 * i
        for k in range(3):
            v[k] = i + k
        w.clear()
        for _ in range(i):
            w.push_back(i)
        tree.Fill()
    return tree


@pytest.fixture
def written(in_tmp_path):
    file = ROOT.TFile.Open("t.root", "RECREATE")
    tree = fill(ROOT.TTree("events", "some events"))
    tree.SetDirectory(file)
    tree.Write()
    file.Close()
    return "t.root"


def test_what_is_filled_is_in_the_file_in_every_branch(written):
    import uproot

    with uproot.open(written) as file:
        tree = file["events"]
        assert tree.title == "some events" and tree.num_entries == 5
        assert tree["x"].array(library="np").tolist() == [0, 1, 2, 3, 4] and tree["x"].typename == "float"
        assert tree["n"].array(library="np").tolist() == [0, 7, 14, 21, 28] and tree["n"].typename == "int32_t"
        assert tree["v"].array(library="np").tolist() == [[i, i + 1, i + 2] for i in range(5)]
        assert [row.tolist() for row in tree["w"].array(library="np")] == [[i] * i for i in range(5)]


def test_a_tree_of_a_file_is_read_event_by_event(written):
    with ROOT.TFile(written) as file:
        tree = file.Get("events")
        x, w = array("f", [-1.0]), ROOT.std.vector["double"]()
        assert tree.SetBranchAddress("x", x) == 0 and tree.SetBranchAddress("w", w) == 0
        assert tree.GetEntries() == len(tree) == 5 and tree.GetEntry(3) > 0
        assert (x[0], list(w)) == (3.0, [3.0, 3.0, 3.0])
        assert tree.GetEntry(5) == 0 and x[0] == 3.0
        assert [(event.x, event.n, event.v[2]) for event in tree] == [(i, 7 * i, i + 2) for i in range(5)]
        assert [branch.GetName() for branch in tree.GetListOfBranches()][:2] == ["x", "n"]
        assert file.events.GetEntries("x > 1.5 && n < 28") == 2


def test_a_tree_in_memory_is_read_as_one_of_a_file():
    tree = fill(ROOT.TTree("events", ""))
    columns = open_table(tree).read(["x", "v", "w"])
    assert columns["x"].values.tolist() == [0, 1, 2, 3, 4] and columns["v"].values.shape == (5, 3)
    assert columns["w"].offsets.tolist() == [0, 0, 1, 3, 6, 10]
    tree.GetEntry(2)
    assert tree.n == 14 and tree.v.tolist() == [2, 3, 4]
    tree.Reset()
    assert tree.GetEntries() == 0


def test_arrays_of_fixed_and_of_counted_length(in_tmp_path):
    n, fixed, counted = array("i", [0]), np.zeros(3), np.zeros(4, np.float32)
    tree = ROOT.TTree("t", "")
    tree.Branch("n", n, "n/I")
    tree.Branch("fixed", fixed, "fixed[3]/D")
    tree.Branch("counted", counted, "counted[n]/F")
    for i in range(3):
        n[0], fixed[:], counted[:] = i, [i, 2 * i, 3 * i], i
        tree.Fill()
    columns = open_table(tree).read(["fixed", "counted"])
    assert columns["fixed"].values.tolist() == [[0, 0, 0], [1, 2, 3], [2, 4, 6]]
    assert columns["counted"].offsets.tolist() == [0, 0, 1, 3]


def test_friends_and_aliases_count_as_columns(written):
    other = ROOT.TNtuple("other", "", "z:x")
    for i in range(5):
        other.Fill(-i, 100)
    tree = ROOT.TFile(written).Get("events")
    tree.AddFriend(other, "fr")
    tree.SetAlias("both", "x + fr.z + 1")
    assert tree.GetEntries("both == 1") == 5 and tree.GetAlias("both") == "x + fr.z + 1"
    columns = open_table(tree).read(["z", "fr.x", "events.x", "x"])
    assert columns["z"].values.tolist() == [0, -1, -2, -3, -4] and set(columns["fr.x"].values) == {100}
    assert columns["events.x"].values.tolist() == columns["x"].values.tolist() == [0, 1, 2, 3, 4]
    tree.GetEntry(2)
    assert tree.z == -2.0
    friend_of_file = ROOT.TFile(written).Get("events")
    friend_of_file.AddFriend("again = events", written)
    assert friend_of_file.GetEntries("again.n == n") == 5


def test_a_short_friend_is_refused(written):
    short = ROOT.TNtuple("short", "", "z")
    short.Fill(1)
    tree = ROOT.TFile(written).Get("events")
    tree.AddFriend(short)
    with pytest.raises(DataError, match="the friend has 1 entries, the tree 5"):
        tree.GetEntries("short.z > 0")


def test_a_chain_puts_files_one_after_the_other(written, in_tmp_path):
    (in_tmp_path / "more").mkdir()
    (in_tmp_path / "more" / "u.root").write_bytes((in_tmp_path / written).read_bytes())
    chain = ROOT.TChain("events")
    assert chain.Add("more/*.root") == 1 and chain.Add("t.root/events") == 1 and chain.GetNtrees() == 2
    assert chain.GetEntries() == 10 and open_table(chain).read(["x"])["x"].values.tolist() == [0, 1, 2, 3, 4] * 2
    all_in_one = ROOT.TChain("events")
    assert all_in_one.Add(chain) == 2 and all_in_one.GetEntries("x > 3") == 2


def test_a_file_has_folders_and_keys_and_keeps_what_it_had(written, capsys):
    file = ROOT.TFile.Open(written, "UPDATE")
    folder = file.mkdir("plots")
    folder.cd()
    histogram = ROOT.TH1F("h", "title;x axis", 4, 0.0, 4.0)
    histogram.Fill(1.5, 2.0)
    histogram.Write()
    file.WriteObject("some words", "note")
    file.Close()
    with ROOT.TFile(written) as again:
        assert {key.GetName(): key.GetClassName() for key in again.GetListOfKeys()} == {
            "events": "TTree",
            "plots": "TDirectory",
            "note": "TObjString",
        }
        assert again.Get("plots/h").GetBinContent(2) == 2.0 and again.GetDirectory("plots").h.GetEntries() == 1
        assert again.Get("events").GetEntries() == 5 and str(again["note"]) == "some words"
        again.ls()
        assert "KEY: TTree\tevents" in capsys.readouterr().out
        assert not again.GetDirectory("events")


def test_a_name_that_is_not_there_is_a_null_object(written):
    file = ROOT.TFile(written)
    assert not file.Get("nosuch") and file.Get("nosuch") is not None
    with pytest.raises(ReferenceError):
        file.Get("nosuch").GetEntries()
    with pytest.raises(AttributeError):
        _ = file.nosuch
    with pytest.raises(KeyError):
        _ = file["nosuch"]
    assert file.Get("events").SetBranchAddress("nosuch", array("f", [0.0])) == -5


def test_error_of_files_that_cannot_be_opened(written, in_tmp_path):
    for path, mode in (("nosuch.root", "READ"), (written, "NEW"), ("no/such/folder.root", "RECREATE")):
        with pytest.raises(OSError):
            ROOT.TFile.Open(path, mode)
    (in_tmp_path / "text.root").write_text("no ROOT file")
    with pytest.raises(OSError, match=r"text\.root"):
        ROOT.TFile.Open("text.root")
    file = ROOT.TFile(written)
    with pytest.raises(OSError, match="not open for writing"):
        file.WriteObject("a", "b")


def test_error_of_a_branch_of_a_value_that_cannot_change():
    with pytest.raises(DataError, match="the float given for branch 'x' is no array whose values can change") as caught:
        ROOT.TTree("t", "").Branch("x", 0.0, "x/F")
    assert caught.value.code == "slot"
    with pytest.raises(DataError, match="has the type 'Q'"):
        ROOT.TTree("t", "").Branch("x", array("f", [0.0]), "x/Q")


def test_error_of_an_array_that_is_too_short(written):
    tree = ROOT.TFile(written).Get("events")
    tree.SetBranchAddress("v", array("f", [0.0]))
    with pytest.raises(DataError, match="branch 'v' has 3 values, the array has room for 1"):
        tree.GetEntry(0)


def test_writing_without_a_file_is_said(capsys):
    assert fill(ROOT.TTree("t", "")).Write() == 0
    assert "no file is open for writing: 't' is not written" in capsys.readouterr().err


def test_write_of_a_file_writes_what_was_made_while_it_was_the_current_one(in_tmp_path):
    file = ROOT.TFile("all.root", "RECREATE")
    fill(ROOT.TTree("t", ""))
    ROOT.TH1F("h", "", 2, 0.0, 1.0).Fill(0.25)
    file.Write()
    file.Close()
    assert ROOT.gDirectory is None
    assert {key.GetName() for key in ROOT.TFile("all.root").GetListOfKeys()} == {"t", "h"}


def test_drawing_fills_a_histogram_of_an_expression(written):
    tree = ROOT.TFile(written).Get("events")
    assert tree.Draw("x + 1 >> h1(5, 0.5, 5.5)", "n > 0", "goff") == 4
    from tmvalite.pyroot.tree_drawing import histogram_called

    assert [histogram_called("h1").GetBinContent(i) for i in range(1, 6)] == [0, 1, 1, 1, 1]
    assert tree.Draw("v", "2 * (x == 1)") == 3 and tree.Draw("n:x", "") == 5
    assert tree.Draw("x > 1 ? x : -1 >> h1", "", "goff") == 5
    with pytest.raises(DataError, match="3 axes"):
        tree.Draw("x:n:x")
    with pytest.raises(DataError, match="different numbers of values"):
        tree.Draw("x:v")
    with pytest.raises(DataError, match="several values per event"):
        tree.GetEntries("v > 1")


def test_results_of_several_factories_stand_beside_what_the_script_writes(in_tmp_path):
    from tmvalite.io.root_file import EventTree, RootFile
    from tmvalite.workflow.output_file import as_target

    file = ROOT.TFile("out.root", "RECREATE")
    target = as_target(file)
    assert target == "out.root" and target.file is file
    for name in ("first", "second"):
        results = RootFile(target)
        results.add_tree(f"{name}/TestTree", EventTree.of_events(np.zeros(3, int), ("S",), {"x": np.arange(3.0)}))
        results.write()
        ROOT.TH1F(f"h_{name}", "", 2, 0.0, 1.0).Write()
    assert file.Get("first/TestTree").GetEntries("x > 0.5") == 2
    file.Close()
    results = RootFile(as_target(file))
    results.add_text("late", "said after the file was closed")
    results.write()
    with ROOT.TFile("out.root") as again:
        assert {key.GetName() for key in again.GetListOfKeys()} == {"first", "second", "h_first", "h_second", "late"}
        assert again.Get("second/TestTree").GetEntries() == 3


def test_error_of_an_output_file_that_is_open_for_reading(written):
    from tmvalite.errors import OptionError
    from tmvalite.workflow.output_file import as_target

    with pytest.raises(OptionError, match="'t.root' is open for reading only") as caught:
        as_target(ROOT.TFile(written))
    assert caught.value.code == "target" and "RECREATE" in caught.value.hint


def test_an_object_that_is_written_again_replaces_the_older_one(in_tmp_path):
    file = ROOT.TFile("again.root", "RECREATE")
    h = ROOT.TH1F("h", "", 2, 0.0, 1.0)
    for _ in range(2):
        h.Fill(0.25)
        h.Write()
        file.Flush()
    file.Close()
    assert ROOT.TFile("again.root").h.GetEntries() == 2
