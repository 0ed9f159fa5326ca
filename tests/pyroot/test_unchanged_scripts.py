"""`python -m tmvalite.pyroot script.py`: scripts that import ROOT run as they are."""

import sys

import pytest

from tmvalite.pyroot.__main__ import main

SCRIPT = """
import sys
from ROOT import TMVA, TFile, gROOT
import ROOT
import beside
print(TMVA is ROOT.TMVA, gROOT is ROOT.gROOT, beside.ANSWER, sys.argv[1:], __name__)
"""


@pytest.fixture
def restored(monkeypatch):
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "ROOT", None)  # an import of ROOT fails, as where it is not installed
    monkeypatch.setitem(sys.modules, "beside", None)
    del sys.modules["beside"]


def test_without_root_the_module_stands_for_it(in_tmp_path, restored, capsys):
    (in_tmp_path / "folder").mkdir()
    (in_tmp_path / "folder" / "script.py").write_text(SCRIPT)
    (in_tmp_path / "folder" / "beside.py").write_text("ANSWER = 42\n")
    assert main(["folder/script.py", "-b", "x"]) == 0
    assert capsys.readouterr().out == "True True 42 ['-b', 'x'] __main__\n"


def test_error_without_a_script(in_tmp_path, restored, capsys):
    assert main([]) == main(["nosuch.py"]) == 2
    shown = capsys.readouterr().err
    assert "there is no script 'nosuch.py'; usage: python -m tmvalite.pyroot SCRIPT" in shown
