"""The methods: options and data in, values out. One import line for each; the engine comes with the first training or file."""

from __future__ import annotations

import os

from tmvalite.methods.ae import MethodAE
from tmvalite.methods.base import METHODS, Method
from tmvalite.methods.category import MethodCategory
from tmvalite.methods.dl import MethodDL
from tmvalite.methods.dnn import MethodDNN
from tmvalite.methods.fold_methods import MethodCrossValidation
from tmvalite.methods.gan import MethodGAN
from tmvalite.methods.python_estimator import PythonEstimator
from tmvalite.models.form import FORMS

# What a Factory books beside networks, by TMVA's name; a Category has files too.
OTHERS = {cls.method_type: cls for cls in (MethodCategory, PythonEstimator)}
_OF_PARTS = (MethodCategory.method_type, MethodCrossValidation.method_type)  # whose files hold those of others

__all__ = [
    "METHODS",
    "OTHERS",
    "Method",
    "MethodAE",
    "MethodCategory",
    "MethodCrossValidation",
    "MethodDL",
    "MethodDNN",
    "MethodGAN",
    "PythonEstimator",
    "file_types",
    "from_onnx",
    "load",
]


def file_types() -> tuple[str, ...]:
    """The methods that weight files may be for, by the names that stand there."""
    return (*FORMS, *_OF_PARTS)


def load(path: str | os.PathLike) -> Method | MethodCategory:
    """The trained method that a weight file holds.

    Raises
    ------
    FileError
        The file cannot be read, or holds something that is not part of tmvalite; the message names the file.
    """
    from tmvalite.errors import FileError, quoted
    from tmvalite.io.weights_xml import read_weights

    file = read_weights(path, method_types=file_types())
    if file.method_type == MethodCrossValidation.method_type:
        return MethodCrossValidation.from_read(file, path, load)
    known = {**METHODS, MethodCategory.method_type: MethodCategory}
    if file.method_type not in known:
        message = f"the weight file '{os.fspath(path)}' is for the method {quoted(file.method_type)}"
        raise FileError(message, code="method-unknown", expected=tuple(METHODS))
    return known[file.method_type].from_read(file, path)


def from_onnx(path: str | os.PathLike):
    """What an ONNX file holds that `method.to_onnx` wrote; see `estimators.onnx_method.from_onnx`."""
    from tmvalite.estimators.onnx_method import from_onnx

    return from_onnx(path)
