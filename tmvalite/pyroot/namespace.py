"""ROOT.TMVA: tmvalite under that name, and how a ROOT without TMVA gets it."""

from __future__ import annotations

from types import ModuleType

import tmvalite
from tmvalite.errors import TmvaliteWarning, warn_user
from tmvalite.pyroot.messages import skipped

GUI = ("TMVAGui", "TMVARegGui", "TMVAMultiClassGui")
FEATURES = " tmva tmva-cpu"  # what scripts look for before they book deep learning


class TmvaNamespace:
    """All names of tmvalite; TMVA's other names say what to use instead. The GUIs are skipped with one line, and so are the
    weight files that a Reader does not find beside others.
    """

    def __getattr__(self, name: str):
        if name in GUI:
            return lambda *arguments: skipped(f"TMVA.{name}", hint="EvaluateAllMethods prints tables, GetROCCurve(loader) draws")
        if name == "Reader":
            from tmvalite.pyroot.script_reader import ScriptReader

            return ScriptReader
        return getattr(tmvalite, name)

    def __dir__(self):
        return sorted({*dir(tmvalite), *GUI})

    def __repr__(self):
        return f"<TMVA by tmvalite {tmvalite.__version__}>"


TMVA = TmvaNamespace()


def provide(ROOT: ModuleType) -> bool:
    """Give an imported ROOT its `ROOT.TMVA` where it has none; whether it has ours now.

    `ROOT.gROOT.GetConfigFeatures()` then has "tmva-cpu". A ROOT with TMVA keeps its own, with a warning.
    """
    try:
        own = ROOT.TMVA
    except AttributeError:
        own = None
    if own is TMVA:
        return True
    if own is not None:
        message = "this ROOT has a TMVA of its own, which ROOT.TMVA stays"
        warn_user(TmvaliteWarning(message, code="root-has-tmva", hint="tmvalite.pyroot.TMVA is tmvalite's"))
        return False
    type(ROOT).TMVA = TMVA  # a property of the class until now, so that setting it on ROOT would not do
    own_features = ROOT.TROOT.GetConfigFeatures
    ROOT.TROOT.GetConfigFeatures = lambda self: f"{own_features(self)}{FEATURES}"
    return True
