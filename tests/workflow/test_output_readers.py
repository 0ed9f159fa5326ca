"""The output file as ROOT and JSROOT see it, where they are installed.

TMVALITE_ROOT_PYTHON=/path/to/python pytest tests/workflow/test_output_readers.py
TMVALITE_JSROOT=/folder/with/node_modules pytest tests/workflow/test_output_readers.py
"""

import json
import os
import shutil
import subprocess

import numpy as np
import pytest

from tests.workflow.test_factory import QUIET, loader, multiclass_loader, regression_loader, run
from tests.workflow.test_output_histograms import SMALL
from tmvalite import Factory

uproot = pytest.importorskip("uproot")
PYTHON, JSROOT = os.environ.get("TMVALITE_ROOT_PYTHON"), os.environ.get("TMVALITE_JSROOT")

IN_ROOT = """
import json, sys, ROOT
file, found = ROOT.TFile.Open(sys.argv[1]), {}
def walk(folder, path):
    for key in folder.GetListOfKeys():
        name, thing = path + key.GetName(), key.ReadObj()
        if thing.InheritsFrom("TDirectory"):
            walk(thing, name + "/")
        elif thing.InheritsFrom("TH1"):
            found[name] = [thing.IsA().GetName(), thing.GetName(), thing.GetMean(), thing.GetEntries(), thing.GetSumOfWeights()]
        elif thing.InheritsFrom("TGraph"):
            found[name] = [thing.IsA().GetName(), thing.GetName(), thing.GetN(), 0, 0]
        elif thing.InheritsFrom("TTree"):
            found[name] = [thing.IsA().GetName(), thing.GetName(), 0, thing.GetEntries(), 0]
        else:
            found[name] = [thing.IsA().GetName(), str(thing.GetString()), 0, 0, 0]
walk(file, "")
print("FOUND" + json.dumps(found))
"""

IN_NODE = """
import { openFile, makeSVG } from 'jsroot';
const found = {}, file = await openFile(process.argv[2]);
async function walk(folder, path) {
   for (const key of folder.fKeys) {
      if (key.fName === 'StreamerInfo') continue;
      const name = path + key.fName, thing = await file.readObject(name);
      if (key.fClassName.startsWith('TDirectory')) { await walk(await file.readDirectory(name), name + '/'); continue; }
      found[name] = [key.fClassName, thing.fName ?? thing.fString ?? String(thing), 0, thing.fEntries ?? 0, 0];
   }
}
await walk(file, '');
for (const name of JSON.parse(process.argv[3])) {
   const object = await file.readObject(name), option = object._typename.startsWith('TH2') ? 'colz' : '';
   const svg = await makeSVG({ object, option, width: 400, height: 300 });
   found[name].push(svg.length, (svg.match(/<path/g) || []).length);
}
console.log('FOUND' + JSON.stringify(found));
"""


@pytest.fixture
def files(in_tmp_path):
    """A file of each kind of analysis."""
    options = SMALL + ":VarTransform=N"
    run(Factory("C", "c.root", QUIET + ":Transformations=I;D;P;U;G"), loader(), ("D",), options + ":CreateMVAPdfs:NbinsMVAPdf=10")
    run(Factory("R", "r.root", "Silent:!Color:AnalysisType=Regression"), regression_loader(), ("D",), options)
    run(Factory("M", "m.root", "Silent:!Color"), multiclass_loader(), ("D",), options)
    return in_tmp_path


def answers(command, **settings):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **settings)
    assert done.returncode == 0 and "FOUND" in done.stdout, done.stderr
    return json.loads(done.stdout.rpartition("FOUND")[2])


def objects(path):
    """{path: class} of what uproot finds, without folders."""
    return {name: kind for name, kind in uproot.open(path).classnames(cycle=False).items() if kind != "TDirectory"}


@pytest.mark.root
@pytest.mark.skipif(not PYTHON, reason="TMVALITE_ROOT_PYTHON names no Python with ROOT")
def test_root_reads_everything_under_its_name_and_with_its_numbers(files):
    for name in ("c.root", "r.root", "m.root"):
        found, file = answers([PYTHON, "-c", IN_ROOT, str(files / name)]), uproot.open(files / name)
        assert {path: row[0] for path, row in found.items()} == objects(files / name)
        for path, (kind, own, mean, entries, total) in found.items():
            if kind == "TObjString":
                assert own == file[path]
                continue
            assert own == path.rpartition("/")[2]
            if kind.startswith("TH1"):
                weights = file[path].values(flow=False)
                assert total == pytest.approx(weights.sum(), rel=1e-5, abs=1e-9) and entries == file[path].member("fEntries")
                w, wx = (file[path].member(member) for member in ("fTsumw", "fTsumwx"))
                assert mean == pytest.approx(wx / w if w else 0.0)
            if kind == "TTree":
                assert entries == file[path].num_entries


@pytest.mark.skipif(
    not (JSROOT and shutil.which("node")), reason="TMVALITE_JSROOT names no folder with JSROOT, or there is no node"
)
def test_jsroot_reads_everything_and_draws_it(files):
    drawn = {
        "c.root": ["Method_DL/D/MVA_D_S", "Method_DL/D/MVA_D_rejBvsS", "CorrelationMatrixB", "Method_DL/D/MVA_D_Rarity_B"],
        "r.root": ["Method_DL/D/MVA_Dtest_reg_tgt0_rtgt0", "InputVariables_Id/CorrelationPlots/prof_t_vs_a_Regression_Id"],
        "m.root": ["Method_DL/D/MVA_D_Test_rejBvsS_bg0", "Method_DL/D/MVA_D_Train_bg1_prob_for_bg0"],
    }
    script = files / "read.mjs"
    script.write_text(IN_NODE, "utf-8")
    (files / "node_modules").symlink_to(os.path.join(JSROOT, "node_modules"))
    for name, places in drawn.items():
        dataset = next(iter(objects(files / name))).partition("/")[0]
        places = [f"{dataset}/{place}" for place in places]
        found = answers(["node", str(script), str(files / name), json.dumps(places)], cwd=files)
        assert {path: row[0] for path, row in found.items()} == objects(files / name)
        for path, (kind, own, *_) in found.items():
            if kind != "TObjString":
                assert own == path.rpartition("/")[2], path
        for place in places:
            size, paths = found[place][-2:]
            assert size > 2000 and paths > 5, place


def test_uproot_gives_all_of_it(files):
    for name in ("c.root", "r.root", "m.root"):
        file = uproot.open(files / name)
        kinds = objects(files / name)
        assert set(kinds.values()) <= {"TH1D", "TH1F", "TH2F", "TProfile", "TGraph", "TObjString", "TTree"}
        for path, kind in kinds.items():
            if kind.startswith("TH"):
                assert np.isfinite(file[path].values()).all(), path
        assert {path.rpartition("/")[2] for path, kind in kinds.items() if kind == "TTree"} == {"TestTree", "TrainTree"}
