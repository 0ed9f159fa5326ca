"""Trees of PyROOT as tables: of files, in memory, with friends and aliases; here with objects that answer as ROOT's do."""

import os
import subprocess
from array import array
from pathlib import Path

import pytest

import tmvalite.pyroot as ROOT
from tmvalite.data.sources import is_table, open_table
from tmvalite.errors import DataError

pytest.importorskip("uproot")

PYTHON = os.environ.get("TMVALITE_ROOT_PYTHON")


def of_cppyy(name, parents="TObject", true=True, **answers):
    """An object of a class of cppyy: each answer is what the call of this name gives."""
    methods = {call: (lambda self, *given, answer=answer: answer) for call, answer in answers.items()}
    methods["InheritsFrom"] = lambda self, kind: kind in (name, *parents.split())
    methods["__bool__"] = lambda self: true
    return type(name, (), {"__module__": "cppyy.gbl", "__cpp_name__": name, **methods})()


def named(name, title="", **answers):
    return of_cppyy("TNamed", GetName=name, GetTitle=title, **answers)


def tree_of_file(path, name="events", aliases=(), friends=(), folder=""):
    file = of_cppyy("TFile", "TDirectory", GetName=path, IsWritable=False)
    answers = {"GetName": name, "GetListOfBranches": [], "GetListOfAliases": aliases, "GetListOfFriends": friends}
    return of_cppyy("TTree", GetCurrentFile=file, GetDirectory=named("", GetPath=f"{path}:/{folder}"), **answers)


@pytest.fixture
def written(in_tmp_path):
    """Two trees, `events` (x) and, in a folder, `more` (z)."""
    with ROOT.TFile("t.root", "RECREATE") as file:
        for place, branch, sign in ((file, "x", 1), (file.mkdir("inside"), "z", -1)):
            value = array("f", [0.0])
            tree = ROOT.TTree("events" if sign > 0 else "more", "")
            tree.Branch(branch, value)
            for i in range(4):
                value[0] = sign * i
                tree.Fill()
            tree.SetDirectory(place)
            tree.Write()
    return "t.root"


def test_a_tree_of_a_file_is_read_from_the_file(written):
    tree = tree_of_file(written)
    assert is_table(tree) and open_table(tree).read(["x"])["x"].values.tolist() == [0, 1, 2, 3]
    assert open_table(tree_of_file(written, "more", folder="inside")).read(["z"])["z"].values.tolist() == [0, -1, -2, -3]


def test_friends_and_aliases_are_those_of_the_object(written):
    friend = named("fr", GetTree=tree_of_file(written, "more", folder="inside"))
    table = open_table(tree_of_file(written, aliases=[named("double", "2 * x")], friends=[friend]))
    assert table.aliases == {"double": "2 * x"} and table.branches() == ["x"]
    assert table.read(["fr.z"])["fr.z"].values.tolist() == table.read(["z"])["z"].values.tolist() == [0, -1, -2, -3]
    assert "events.x" in table.friend_keys() and table.keys()[0] == "x" and "t.root" in str(table)


def test_a_chain_is_read_from_its_files(written):
    parts = [named("events", written), named("events", written)]
    chain = of_cppyy("TChain", "TTree", GetListOfBranches=[], GetListOfAliases=None, GetListOfFriends=None, GetListOfFiles=parts)
    assert open_table(chain).read(["x"])["x"].values.tolist() == [0, 1, 2, 3] * 2
    empty = of_cppyy("TChain", "TTree", GetListOfBranches=[], GetListOfFiles=[])
    with pytest.raises(DataError, match="the chain has no files"):
        open_table(empty)


def test_error_of_a_null_object_and_of_an_object_that_is_no_tree():
    with pytest.raises(DataError, match="the tree is a null object of ROOT") as caught:
        open_table(of_cppyy("TObject", true=False))
    assert caught.value.code == "tree-none"
    with pytest.raises(DataError, match="an object of type TH1F is no table of events"):
        open_table(of_cppyy("TH1F"))


IN_ROOT = """
import warnings
warnings.simplefilter("ignore")
from array import array
import ROOT
import tmvalite.pyroot
from tmvalite.data.sources import open_table

def make(name, branch, sign, n=4):
    value, vector = array("f", [0.0]), ROOT.std.vector["float"]()
    tree = ROOT.TTree(name, name)
    tree.Branch(branch, value, branch + "/F")
    tree.Branch("v", vector)
    for i in range(n):
        value[0] = sign * i
        vector.clear()
        for k in range(i):
            vector.push_back(k)
        tree.Fill()
    return tree, value, vector

ROOT.gROOT.cd()
tree, x, v = make("events", "x", 1)
other, z, w = make("more", "z", -1)
tree.AddFriend(other, "fr")
tree.SetAlias("double", "2 * x + fr.z")
table = open_table(tree)
print(table.read(["x"])["x"].values.tolist(), table.read(["v"])["v"].offsets.tolist(), table.aliases["double"])
print(table.read(["fr.z"])["fr.z"].values.tolist())
x[0] = 9
tree.Fill()
print(open_table(tree).n_entries, ROOT.gDirectory.GetName() == ROOT.gROOT.GetName())
file = ROOT.TFile("t.root", "RECREATE")
kept = tree.CloneTree(-1)
kept.Write()
print(open_table(kept).n_entries)
file.Close()
file = ROOT.TFile.Open("t.root")
print(open_table(file.Get("events")), open_table(file.Get("events")).read(["x"])["x"].values.tolist())
chain = ROOT.TChain("events")
chain.Add("t.root")
chain.Add("t.root")
print(open_table(chain).n_entries)
print("tmva-cpu" in ROOT.gROOT.GetConfigFeatures(), ROOT.TMVA)
"""


@pytest.mark.root
@pytest.mark.skipif(not PYTHON, reason="TMVALITE_ROOT_PYTHON names no Python with ROOT")
def test_trees_of_a_real_root(tmp_path):
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run([PYTHON, "-c", IN_ROOT], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:4] == ["[0.0, 1.0, 2.0, 3.0] [0, 0, 1, 3, 6] 2 * x + fr.z", "[0.0, -1.0, -2.0, -3.0]", "5 True", "5"]
    assert lines[4].endswith("[0.0, 1.0, 2.0, 3.0, 9.0]") and lines[4].startswith("'t.root', tree 'events'")
    assert lines[5] == "10" and lines[6].startswith("True <TMVA by tmvalite")
