"""The other names of arguments: those of TMVA's C++ declarations, which PyROOT takes as keywords, and those of JsMVA."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from tmvalite.errors import OptionError


def renamed(keywords: dict, names: dict[str, str], call: str) -> dict:
    """`keywords` with every other name replaced by our own. Raises OptionError where an argument is given twice."""
    out = dict(keywords)
    for other, own in names.items():
        if other in out and other != own:
            if own in out:
                raise OptionError(f"{call} was given both {other} and {own}, which are the same argument", code="call")
            out[own] = out.pop(other)
    return out


def also_named(**names: str) -> Callable:
    """Decorator: the call takes keywords by other names too, `other="own"`."""

    def decorate(function):
        @wraps(function)
        def call(*args, **keywords):
            return function(*args, **(renamed(keywords, names, function.__name__) if keywords else keywords))

        return call

    return decorate
