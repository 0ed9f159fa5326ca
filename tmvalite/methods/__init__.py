"""The methods: options and data in, values out. Names are loaded on first use, since they bring the engine with them."""

from __future__ import annotations

import importlib
import os

__all__ = ["Method", "MethodDL", "load"]

_PLACES = {"Method": "tmvalite.methods.base", "MethodDL": "tmvalite.methods.dl"}


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
    from tmvalite.methods.dl import MethodDL

    return MethodDL.load(path)
