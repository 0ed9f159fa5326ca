"""TMVA for PyROOT scripts, by one line: `import tmvalite.pyroot` after `import ROOT` gives a ROOT without TMVA its `ROOT.TMVA`.

Without ROOT, `import tmvalite.pyroot as ROOT` stands for it: TFile, TTree, TCut, TString, gROOT and what else TMVA scripts
ask for. Names are loaded when they are first used.
"""

from __future__ import annotations

import importlib
import sys

from tmvalite.errors import NotProvidedError, did_you_mean
from tmvalite.pyroot.namespace import TMVA, provide
from tmvalite.pyroot.small_things import CONSTANTS

_HOMES = {
    "canvases": {"TCanvas": "TCanvas", "TPad": "TPad", "TLegend": "TLegend"}
    | dict.fromkeys(("TLatex", "TText", "TLine", "TPaveText", "TArrow", "TBox"), "Label"),
    "messages": {name: name for name in ("Info", "Warning", "Error")},
    "random_numbers": {"gRandom": "gRandom"} | dict.fromkeys(("TRandom", "TRandom1", "TRandom2", "TRandom3"), "TRandom"),
    "file_objects": {"TFile": "TFile", "TDirectory": "TDirectory", "TDirectoryFile": "TDirectory"},
    "root_functions": {"TF1": "TF1", "TF2": "TF1"},
    "root_histograms": {"TH1": "TH1", "TH1F": "TH1F", "TH1D": "TH1D", "TH1I": "TH1D", "TH2F": "TH2F", "TH2D": "TH2D"},
    "root_strings": {"TString": "TString", "TCut": "TCut"},
    "root_system": {
        name: name
        for name in ("gROOT", "gSystem", "EnableImplicitMT", "DisableImplicitMT", "IsImplicitMTEnabled", "GetThreadPoolSize")
    },
    "root_chains": {"TChain": "TChain", "TNtuple": "TNtuple"},
    "root_trees": {"TTree": "TTree"},
    "small_things": {"TMath": "TMath", "TStopwatch": "TStopwatch"},
    "vectors": {"std": "std"},
}
_HOME_OF = {name: (module, own) for module, names in _HOMES.items() for name, own in names.items()}
_CURRENT = {"gPad": "pad", "gDirectory": "directory", "gFile": "directory"}

__all__ = sorted(["TMVA", "gPad", "gStyle", *_HOME_OF, *CONSTANTS])  # noqa: PLE0604
globals().update(CONSTANTS)

if "ROOT" in sys.modules:
    provide(sys.modules["ROOT"])


def __getattr__(name: str):
    if name in _CURRENT:
        from tmvalite.pyroot.canvases import current_pad
        from tmvalite.pyroot.current import CURRENT

        return current_pad() if name == "gPad" else CURRENT.directory
    if name == "gStyle":
        from tmvalite.pyroot.styled import TStyle

        globals()[name] = TStyle()
        return globals()[name]
    if name not in _HOME_OF:
        if name.startswith("_"):
            raise AttributeError(f"module 'tmvalite.pyroot' has no attribute '{name}'")
        hint = did_you_mean(name, __all__) or "the pip package root has it"
        raise NotProvidedError(f"ROOT.{name} is not part of tmvalite", code="root-name", hint=hint)
    module, own = _HOME_OF[name]
    globals()[name] = getattr(importlib.import_module(f"tmvalite.pyroot.{module}"), own)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
