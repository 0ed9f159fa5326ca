"""The other names of arguments: those of TMVA's C++ declarations, which PyROOT takes as keywords, and those of JsMVA."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Signature, signature

from tmvalite.errors import OptionError, nearest


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
        form = signature(function)

        @wraps(function)
        def call(*args, **keywords):
            keywords = renamed(keywords, names, function.__name__) if keywords else keywords
            try:
                form.bind(*args, **keywords)
            except TypeError as problem:
                raise _misfit(function.__name__, str(problem), form, keywords, names) from None
            return function(*args, **keywords)

        return call

    return decorate


def _misfit(call: str, problem: str, form: Signature, keywords: dict, names: dict[str, str]) -> OptionError:
    """The error for arguments that a call does not take; the nearest name is that of an argument of any spelling."""
    own = [name for name, one in form.parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD and name != "self"]
    strange = [name for name in keywords if name not in own]
    hints = [f"did you mean {nearest(name, (*own, *names))!r} by {name!r}?" for name in strange if nearest(name, (*own, *names))]
    return OptionError(f"{call}: {problem}", code="call", expected=f"{call}({', '.join(own)})", hint=hints[0] if hints else None)
