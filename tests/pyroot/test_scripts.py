"""Scripts with the calls of TMVA's tutorials run to the end by their one line, and so do the tutorials that ROOT brings.

TMVALITE_ROOT_PYTHON=/path/to/python pytest -m root tests/pyroot/test_scripts.py
"""

import os
import re
import runpy
import subprocess
import warnings
from pathlib import Path

import pytest

import tmvalite
from tmvalite.pyroot.current import CURRENT

uproot = pytest.importorskip("uproot")

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(__file__).parent / "scripts"
PYTHON = os.environ.get("TMVALITE_ROOT_PYTHON")
LINE = "import tmvalite.pyroot as ROOT"


@pytest.fixture
def run(in_tmp_path, monkeypatch, capsys):
    """Run scripts one after the other in one empty folder; the output of the last one, and all warnings."""
    for name in ("TMVALITE_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")

    def runs(*names):
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            for name in names:
                capsys.readouterr()
                runpy.run_path(str(SCRIPTS / f"{name}.py"))
        CURRENT.directory = CURRENT.pad = None
        return capsys.readouterr().out, [str(warning.message) for warning in said]

    return runs


def skipped_methods(said):
    return [match[1] for text in said if (match := re.match(r"(\w+) is not part of tmvalite, skipped", text))]


def test_a_classification_and_its_application(run):
    out, said = run("make_data", "classification", "classification_application")
    mean = re.search(r"mean of DNN_CPU: ([\d.]+)", out)
    assert 0.6 < float(mean[1]) < 1.0
    assert skipped_methods(said) == ["Fisher", "BDT"] or not skipped_methods(said)
    with uproot.open("TMVAC.root") as file:
        assert file["seen"].member("fEntries") == 400 and file["dataset/TrainTree"].num_entries == 400
        tree = file["dataset/TestTree"]
        assert tree["eventID"].array(library="np").dtype.kind == "i" and "DNN_CPU" in tree.keys()
    with uproot.open("TMVApp.root") as file:
        assert file["MVA_DNN_CPU"].values().sum() == 400


def test_a_regression_and_its_application(run):
    out, said = run("make_data", "regression")
    assert "entries: 20" in out
    assert any("PDEFoam" in text for text in said)  # scikit-learn stands in, or it is skipped
    with uproot.open("TMVAReg.root") as file:
        assert "datasetreg/TestTree" in file
    with uproot.open("TMVARegApp.root") as file:
        assert file["DNN_CPU"].member("fEntries") == 20


def test_several_classes_and_their_application(run):
    out, _ = run("make_data", "multiclass")
    assert int(re.search(r"best class is Signal: (\d+) of 50", out)[1]) > 30


def test_images_that_are_made_where_there_is_no_file(run):
    out, said = run("images")
    assert "number of variables is 16" in out and float(re.search(r"area: ([\d.]+)", out)[1]) > 0.8
    assert skipped_methods(said) == ["PyTorch"]
    with uproot.open("images.root") as file:
        assert file["sig_tree"]["vars"].array(library="np").shape == (60, 16)
    with uproot.open("images_output.root") as file:
        assert file["dataset/TestTree"].num_entries == 24


@pytest.mark.skipif("CrossValidation" not in dir(tmvalite), reason="tmvalite has no CrossValidation")
def test_a_cross_validation_and_its_application(run):
    out, _ = run("cross_validation")
    assert float(re.search(r"mean of signal: ([\d.]+)", out)[1]) > 0.55
    with uproot.open("TMVACV.root") as file:
        assert file.keys()


# With a Python that has ROOT


def run_in_root(path, folder):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}
    done = subprocess.run([PYTHON, path], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done


def with_root(text):
    return text.replace(LINE, "import ROOT\nimport tmvalite.pyroot")


needs_root = pytest.mark.skipif(not PYTHON, reason="TMVALITE_ROOT_PYTHON names no Python with ROOT")


@pytest.mark.root
@needs_root
@pytest.mark.parametrize(
    "names",
    [
        ("make_data", "classification", "classification_application"),
        ("make_data", "regression"),
        ("make_data", "multiclass"),
        ("images",),
        pytest.param(
            ("cross_validation",),
            marks=pytest.mark.skipif("CrossValidation" not in dir(tmvalite), reason="tmvalite has no CrossValidation"),
        ),
    ],
    ids=lambda names: names[-1],
)
def test_the_scripts_run_in_pyroot_with_one_line_more(names, tmp_path):
    for name in names:
        (tmp_path / f"{name}.py").write_text(with_root((SCRIPTS / f"{name}.py").read_text()))
        run_in_root(f"{name}.py", tmp_path)
    for output in {"classification": ["TMVAC.root"], "images": ["images_output.root"]}.get(names[min(1, len(names) - 1)], []):
        with uproot.open(tmp_path / output) as file:
            assert "dataset/TestTree" in file and ("seen" in file or names == ("images",))


PROBE = """
import ROOT
print(ROOT.gROOT.GetTutorialDir())
"""
TUTORIALS = {
    "TMVA_Higgs_Classification.py": ["Higgs_ClassificationOutput.root"],
    "TMVA_CNN_Classification.py": [],
    "TMVA_RNN_Classification.py": [],
}


@pytest.fixture(scope="module")
def tutorials():
    done = subprocess.run([PYTHON, "-W", "ignore", "-c", PROBE], capture_output=True, text=True)
    folder = Path(done.stdout.strip().splitlines()[-1]) / "machine_learning"
    if not folder.is_dir():
        pytest.skip("this ROOT has no tutorials")
    return folder


@pytest.mark.root
@pytest.mark.slow
@needs_root
@pytest.mark.parametrize("stands_in", [False, True], ids=["with ROOT", "without ROOT"])
@pytest.mark.parametrize("name", TUTORIALS)
def test_roots_own_tutorials_run_with_one_line_changed(name, stands_in, tutorials, tmp_path):
    import sys

    text = (tutorials / name).read_text()
    line = LINE if stands_in else "import ROOT\nimport tmvalite.pyroot"
    changed = re.sub(r"^import ROOT$", line, text, count=1, flags=re.MULTILINE)
    assert changed != text
    (tmp_path / name).write_text(changed)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ROOTSYS": str(tutorials.parent.parent)}
    python = sys.executable if stands_in else PYTHON
    done = subprocess.run([python, name], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "Thank you for using TMVA!" in done.stdout, done.stderr[-3000:]
    for output in TUTORIALS[name]:
        with uproot.open(tmp_path / output) as file:
            assert "dataset/TestTree" in file
