"""The methods: options and data in, values out. One import line for each; the engine comes with the first training or file."""

from __future__ import annotations

import os

from tmvalite.methods.ae import MethodAE
from tmvalite.methods.base import METHODS, Method
from tmvalite.methods.dl import MethodDL
from tmvalite.methods.gan import MethodGAN
from tmvalite.models.form import FORMS

__all__ = ["METHODS", "Method", "MethodAE", "MethodDL", "MethodGAN", "from_onnx", "load"]


def load(path: str | os.PathLike) -> Method:
    """The trained method that a weight file holds.

    Raises
    ------
    FileError
        The file cannot be read, or holds something that is not part of tmvalite; the message names the file.
    """
    from tmvalite.errors import FileError, quoted
    from tmvalite.io.weights_xml import read_weights

    file = read_weights(path, method_types=tuple(FORMS))
    if file.method_type not in METHODS:
        message = f"the weight file '{os.fspath(path)}' is for the method {quoted(file.method_type)}"
        raise FileError(message, code="method-unknown", expected=tuple(METHODS))
    return METHODS[file.method_type].from_read(file, path)


def from_onnx(path: str | os.PathLike):
    """What an ONNX file holds that `method.to_onnx` wrote; see `methods.onnx_method.from_onnx`."""
    from tmvalite.methods.onnx_method import from_onnx

    return from_onnx(path)
