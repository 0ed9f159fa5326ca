"""Macros in the style of TMVA's examples become scripts that run; what has no counterpart is a comment."""

import ast
import os
import runpy
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tmvalite.cli import main
from tmvalite.migration import migrate
from tmvalite.pyroot.current import CURRENT

pytest.importorskip("uproot")

MACROS = Path(__file__).parent / "macros"
DATA = Path(__file__).parent.parent / "pyroot" / "scripts" / "make_data.py"
ALL = sorted(path.name for path in MACROS.glob("*.C"))


def translated(name):
    path = MACROS / name
    return migrate(path.read_text(), path.stem)


@pytest.fixture
def run(in_tmp_path, capsys, monkeypatch):
    """Run the scripts of macros, after the data were made; what the last one printed."""
    for name in ("TMVALITE_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")

    def runs(*names):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name in names:
                path = DATA
                if name != "data":
                    path = in_tmp_path / f"{name}.py"
                    path.write_text(translated(f"{name}.C"))
                capsys.readouterr()
                runpy.run_path(str(path), run_name="__main__")
        CURRENT.directory = CURRENT.pad = None
        return capsys.readouterr()

    return runs


@pytest.mark.parametrize("name", ALL)
def test_a_script_is_python_as_formatters_write_it(name, tmp_path):
    text = translated(name)
    ast.parse(text)
    assert max(map(len, text.splitlines())) <= 110
    pytest.importorskip("ruff")
    (tmp_path / "script.py").write_text(text)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--line-length", "100", "--diff", "script.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_training_and_application_run_and_agree(run):
    out = run("data", "training", "application").out
    assert "passed: " in out and "of 400" in out and out.endswith("half: 10 i: 1")
    import uproot

    with uproot.open("training.root") as file:
        assert file["dataset/TrainTree"].num_entries == 400
    with uproot.open("applied.root") as file:
        values, edges = file["MVA"].to_numpy()
        assert values.sum() == 400
        above = values[edges[:-1] >= 0.5 - 1e-9].sum()
    assert int(out.split("passed: ")[1].split()[0]) == pytest.approx(above, abs=20)


def test_events_by_hand_run(run):
    shown = run("events").err
    assert 0.5 < float(shown.split("area ")[1]) <= 1.0


def test_what_has_no_counterpart_is_a_comment_with_the_text_of_the_macro():
    lines = translated("events.C").splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("# no counterpart: TMVA.Interval is not part of tmvalite"))
    assert lines[at + 1 : at + 3] == ["#     TMVA::Interval range(0, 1);", "# needs range: range.Print();"]


def test_a_booking_that_is_skipped_is_remarked_upon():
    lines = [line.strip() for line in translated("training.C").splitlines()]
    at = next(i for i, line in enumerate(lines) if "TMVA.Types.kPDEFoam" in line)
    assert "# PDEFoam is not part of tmvalite: this booking is skipped with one line" in lines[at - 3 : at]


def test_the_script_calls_the_function_of_its_name_and_not_main():
    text = translated("training.C")
    assert text.endswith('if __name__ == "__main__":\n    training()\n') and "def main" not in text
    assert 'def training(wanted=""):' in text
    assert migrate("void f() { g(); } void g() { f(); }", "other").endswith("    g()\n")
    assert migrate("int main() { return 0; }", "x").endswith("    main()\n")


# The verb


def test_the_verb_prints_or_writes_the_script(in_tmp_path, capsys):
    assert main(["migrate", str(MACROS / "events.C")]) == 0
    printed = capsys.readouterr().out
    assert printed == translated("events.C")
    assert main(["migrate", str(MACROS / "events.C"), "--output", "events.py"]) == 0
    assert (in_tmp_path / "events.py").read_text() == printed
    assert capsys.readouterr().out == f"events.py: {len(printed.splitlines())} lines, 1 place without a counterpart\n"
    assert main(["migrate", str(MACROS / "events.C"), "--output", "events.py"]) == 2
    assert "'events.py' exists" in capsys.readouterr().err
    assert main(["migrate", str(MACROS / "events.C"), "--output", "events.py", "--force"]) == 0


def test_error_of_a_macro_that_is_not_there(in_tmp_path, capsys):
    assert main(["migrate", "nosuch.C"]) == 2
    assert "error: 'nosuch.C' cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, message",
    [
        ("void f() {\n  g((1);\n}", "'(' is never closed"),
        ("void f() {\n  g(1)}\n}", "'}' has no '{' before it"),
        ("void f() {", "'{' is never closed"),
    ],
)
def test_error_of_brackets_that_do_not_fit(text, message, in_tmp_path, capsys):
    Path("bad.C").write_text(text)
    assert main(["migrate", "bad.C"]) == 2
    shown = capsys.readouterr().err
    assert message in shown and "of the macro" in shown and "^" in shown


# With a ROOT that brings TMVA's own macros


PYTHON = os.environ.get("TMVALITE_ROOT_PYTHON")


@pytest.mark.root
@pytest.mark.skipif(not PYTHON, reason="TMVALITE_ROOT_PYTHON names no Python with ROOT")
def test_every_macro_of_root_about_tmva_becomes_python():
    probe = [PYTHON, "-W", "ignore", "-c", "import ROOT; print(ROOT.gROOT.GetTutorialDir())"]
    folder = Path(subprocess.run(probe, capture_output=True, text=True).stdout.strip().splitlines()[-1]) / "machine_learning"
    macros = sorted(folder.glob("*.C"))
    assert macros
    for path in macros:
        ast.parse(migrate(path.read_text(errors="replace"), path.stem))
