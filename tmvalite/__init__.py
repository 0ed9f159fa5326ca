"""tmvalite: TMVA's deep learning without ROOT.

    import tmvalite as tmva

    method = tmva.MethodDL("VarTransform=N:Layout=TANH|128,LINEAR", analysis_type="classification")
    method.fit(X, y)
    method.GetMvaValues(X)

or TMVA's Factory, DataLoader and Reader. Names are loaded when they are first used: importing the package loads nothing
but this file, and notes where its cache folders are.
"""

from __future__ import annotations

import importlib

from .kernels.jit.place import fix_folders

fix_folders()

__version__ = "0.1.0"

_HOMES = {
    "tmvalite.application": ("apply",),
    "tmvalite.data.streaming.event_stream": ("EventStream",),
    "tmvalite.compression": ("compress", "decompress"),
    "tmvalite.methods": ("MethodAE", "MethodDL", "MethodDNN", "MethodGAN", "from_onnx", "load"),
    "tmvalite.workflow.factory": ("Factory",),
    "tmvalite.workflow.dataloader": ("DataLoader",),
    "tmvalite.workflow.cross_validation": ("CrossValidation",),
    "tmvalite.workflow.cv_result": ("CrossValidationResult",),
    "tmvalite.workflow.cv_split": ("CvSplit", "CvSplitKFolds"),
    "tmvalite.workflow.hyper_parameters": ("HyperParameterOptimisation",),
    "tmvalite.workflow.importance_of_subsets": ("VIType", "kAll", "kRandom", "kShort"),
    "tmvalite.workflow.tuning": ("Scan",),
    "tmvalite.workflow.reader": ("Reader",),
    "tmvalite.workflow.types": ("Types", "EMVA", "EAnalysisType", "ETreeType"),
    "tmvalite.workflow.config": ("Config", "gConfig"),
    "tmvalite.workflow.experimental": ("Experimental",),
    "tmvalite.workflow.curves": ("ROCCurve",),
    "tmvalite.workflow.tools": ("PyMethodBase", "Tools", "gTools"),
    "tmvalite.errors": (
        "DataError",
        "ExpressionError",
        "FileError",
        "MissingExtraError",
        "NotFittedError",
        "NotProvidedError",
        "OptionError",
        "ShapeError",
        "TmvaliteError",
        "TmvaliteWarning",
        "TrainingError",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(["__version__", *_HOME_OF])


def __getattr__(name: str):
    if name not in _HOME_OF:
        if not name.startswith("_"):
            from tmvalite.workflow.members import missing_in_namespace

            raise missing_in_namespace(name, __all__)
        raise AttributeError(f"module 'tmvalite' has no attribute '{name}'")
    value = getattr(importlib.import_module(_HOME_OF[name]), name)
    globals()[name] = value  # the next access does not come here
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(_HOME_OF))
