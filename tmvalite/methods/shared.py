"""One copy of the weights for all who read the same file: methods of their own over one Trained, which nothing changes."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

from tmvalite.errors import Diagnostics
from tmvalite.io.xml_guard import XmlText
from tmvalite.models.trained import Trained
from tmvalite.training.history import History

_PIECE = 1 << 20  # bytes
_KEPT: WeakValueDictionary[str, Trained] = WeakValueDictionary()  # by the digest of the file; as long as somebody has it
_ABOUT: WeakKeyDictionary[Trained, tuple[type, dict[str, Any]]] = WeakKeyDictionary()  # the method around it
_LOCK = threading.Lock()  # for reading files; nobody asks for it who evaluates


def shared(path, load: Callable[[Any], Any]):
    """The method of a weight file, as `load(path)` gives it; who asks for a file of the same content shares its weights.

    What `fit` does to one of the methods, the others do not notice. Raises what `load` raises.
    """
    digest = _digest(path)
    with _LOCK:
        model = _KEPT.get(digest) if digest is not None else None
        if model is not None:
            return _another(model)
        method = load(path)
        model = getattr(method, "_model", None)
        if isinstance(model, Trained) and digest is not None and _digest(path) == digest:
            _KEPT[digest] = model
            _ABOUT[model] = type(method), {name: value for name, value in vars(method).items() if name != "_model"}
        return method


def _another(model: Trained):
    kind, state = _ABOUT[model]
    method = kind.__new__(kind)
    method.__dict__.update(state)
    method._model, method._history, method._trace = model, History(), {}
    method._diagnostics = Diagnostics(method.bound.source)
    return method


def _digest(path) -> str | None:
    """Of the content; None for what is no plain file or cannot be read, about which `load` has something to say."""
    if isinstance(path, XmlText):
        return hashlib.sha256(path.text.encode("utf-8", "replace")).hexdigest()
    found = hashlib.sha256()
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None
        with open(path, "rb") as file:
            while piece := file.read(_PIECE):
                found.update(piece)
    except OSError:
        return None
    return found.hexdigest()
