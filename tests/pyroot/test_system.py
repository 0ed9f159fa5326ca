"""gROOT, gSystem, messages, TMath, TStopwatch and the names of the module."""

import os

import pytest

import tmvalite
import tmvalite.pyroot as ROOT
from tmvalite.errors import NotProvidedError, TmvaliteWarning


def test_what_scripts_ask_before_they_book(monkeypatch):
    features = ROOT.gROOT.GetConfigFeatures()
    assert "tmva-cpu" in features and "imt" in features and "tmva-gpu" not in features and "tmva-pymva" not in features
    assert ROOT.gSystem.GetFromPipe("root-config --has-tmva-pymva") == "no"
    assert ROOT.gROOT.IsBatch() and ROOT.gROOT.GetVersionInt() >= 63000
    assert str(ROOT.gSystem.GetFromPipe("root-config --version")) == ROOT.gROOT.GetVersion()
    monkeypatch.setenv("ROOTSYS", "/somewhere")
    assert str(ROOT.gROOT.GetTutorialDir()) == os.path.join("/somewhere", "tutorials")
    monkeypatch.delenv("ROOTSYS")
    assert str(ROOT.gROOT.GetTutorialDir()) == "tutorials"


def test_a_path_that_is_not_there_is_true(in_tmp_path):
    system = ROOT.gSystem
    assert system.AccessPathName("nosuch.root") and system.mkdir("a") == 0 and system.mkdir("a") == -1
    assert system.mkdir("b/c", True) == 0 and not system.AccessPathName("b/c") and system.Exec("mkdir -p d/e") == 0
    (in_tmp_path / "f").write_text("")
    assert system.Unlink("f") == 0 and system.Unlink("f") == -1 and system.ChangeDirectory("b") and not system.cd("nosuch")
    assert system.BaseName("x/y.root") == "y.root" and system.DirName("x/y.root") == "x" and system.pwd() == os.getcwd()


def test_a_variable_is_set_for_programs_but_not_for_python(monkeypatch):
    monkeypatch.setenv("TMVALITE_TRIAL", "before")
    ROOT.gSystem.Setenv("TMVALITE_TRIAL", "after")
    assert ROOT.gSystem.Getenv("TMVALITE_TRIAL") == "after" and os.environ["TMVALITE_TRIAL"] == "before"
    assert ROOT.gSystem.Getenv("TMVALITE_NOSUCH") is None


@pytest.mark.parametrize(
    "call",
    [
        lambda: ROOT.gSystem.Exec("rm -rf /nothing"),
        lambda: ROOT.gSystem.GetFromPipe("ls"),
        lambda: ROOT.gROOT.ProcessLine(".x a.C"),
        lambda: ROOT.gROOT.LoadMacro("a.C"),
        lambda: ROOT.TMVA.TMVAGui("out.root"),
    ],
)
def test_what_is_not_done_is_said_in_one_line(call):
    with pytest.warns(TmvaliteWarning, match="is not part of tmvalite, skipped") as said:
        call()
    assert len(said) == 1 and said[0].message.code == "root-skipped"


def test_threads_are_limited_as_a_script_asks(monkeypatch):
    monkeypatch.delenv("TMVALITE_THREADS", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "")
    ROOT.EnableImplicitMT(1)
    assert ROOT.IsImplicitMTEnabled() and ROOT.GetThreadPoolSize() == 1 and os.environ["TMVALITE_THREADS"] == "1"
    ROOT.DisableImplicitMT()
    assert not ROOT.IsImplicitMTEnabled() and ROOT.GetThreadPoolSize() == 0


def test_messages_have_roots_form(capsys):
    ROOT.Info("here", "%s has %d events\n", ROOT.TString("a"), 3)
    ROOT.Warning("there", "100 % sure")
    ROOT.Error("where", "gone")
    assert capsys.readouterr().err.splitlines() == [
        "Info in <here>: a has 3 events",
        "Warning in <there>: 100 % sure",
        "Error in <where>: gone",
    ]


def test_small_things(capsys):
    assert ROOT.TMath.Cos(ROOT.TMath.Pi()) == -1.0 and ROOT.TMath.Power(2, 3) == 8 and ROOT.kTRUE is True
    watch = ROOT.TStopwatch()
    assert watch.RealTime() >= 0.0 and watch.CpuTime() >= 0.0
    watch.Print()
    assert capsys.readouterr().out.startswith("Real time 0:00:00")
    vector = ROOT.std.vector["int"]([1, 2])
    vector.push_back(3)
    vector.resize(4)
    assert list(vector) == [1, 2, 3, 0] and (vector.front(), vector.back(), vector.at(1), vector.size()) == (1, 0, 2, 4)
    assert ROOT.std.vector("float")(2) == [0.0, 0.0] and not vector.empty()


def test_tmva_is_tmvalite_under_that_name():
    assert ROOT.TMVA.Factory is tmvalite.Factory and ROOT.TMVA.Types.kDL is tmvalite.Types.kDL
    assert ROOT.TMVA.Types.EMVA.kBDT == ROOT.TMVA.Types.kBDT and ROOT.TMVA.Config.Instance() is ROOT.TMVA.gConfig()
    ROOT.TMVA.PyMethodBase.PyInitialize()
    assert "TMVAGui" in dir(ROOT.TMVA) and "by tmvalite" in repr(ROOT.TMVA)


def test_every_name_of_the_module_can_be_used():
    assert all(getattr(ROOT, name) is not None or name in ("gDirectory", "gFile", "nullptr") for name in ROOT.__all__)
    assert set(ROOT.__all__) <= set(dir(ROOT))


def test_error_of_a_name_that_is_not_there():
    with pytest.raises(NotProvidedError, match=r"ROOT\.TFiel is not part of tmvalite") as caught:
        _ = ROOT.TFiel
    assert caught.value.code == "root-name" and caught.value.hint == "did you mean 'TFile'?"
    assert not hasattr(ROOT, "RooRealVar")


class FakeFacade:
    """A ROOT whose TMVA is a property of its class, as in the pip package."""

    class TROOT:
        def GetConfigFeatures(self):
            return "imt"

    def __init__(self, own=None):
        self.own = own

    @property
    def TMVA(self):
        if self.own is None:
            raise AttributeError("Failed to get attribute TMVA from ROOT")
        return self.own


def test_a_root_without_tmva_gets_it_and_reports_it(monkeypatch):
    facade = type("Facade", (FakeFacade,), {"TROOT": type("TROOT", (FakeFacade.TROOT,), {})})()
    assert ROOT.provide(facade) and facade.TMVA is ROOT.TMVA and ROOT.provide(facade)
    assert facade.TROOT().GetConfigFeatures() == "imt tmva tmva-cpu"


def test_a_root_with_tmva_keeps_its_own():
    facade = FakeFacade(own="its own")
    with pytest.warns(TmvaliteWarning, match="has a TMVA of its own") as said:
        assert not ROOT.provide(facade)
    assert facade.TMVA == "its own" and said[0].message.code == "root-has-tmva"
