"""The methods: options and data in, values out. Names are loaded on first use, since they bring the engine with them."""

from __future__ import annotations

import importlib
import os

__all__ = ["Method", "MethodAE", "MethodDL", "load"]

_PLACES = {"Method": "tmvalite.methods.base", "MethodAE": "tmvalite.methods.ae", "MethodDL": "tmvalite.methods.dl"}
_OF_FILES = {"DL": "MethodDL", "DNN": "MethodDL", "AE": "MethodAE"}


def __getattr__(name: str):
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_PLACES])


def load(path: str | os.PathLike):
    """The trained method that a weight file holds.

    Raises
    ------
    FileError
        The file cannot be read, or holds something that is not part of tmvalite; the message names the file.
    """
    from tmvalite.errors import FileError, quoted
    from tmvalite.io.weights_xml import read_weights

    file = read_weights(path)
    if file.method_type not in _OF_FILES:
        raise FileError(
            f"the weight file '{os.fspath(path)}' is for the method {quoted(file.method_type)}",
            code="method-unknown",
            expected=tuple(_OF_FILES),
        )
    return __getattr__(_OF_FILES[file.method_type]).from_read(file, path)
