"""What names of C++, ROOT and TMVA are in Python, and which have no counterpart."""

from __future__ import annotations

import keyword
from functools import cache

import tmvalite
import tmvalite.pyroot as pyroot
from tmvalite.errors import OptionError
from tmvalite.pyroot.namespace import GUI
from tmvalite.pyroot.styled import Styled
from tmvalite.workflow.members import NAMESPACE

INTEGERS = {
    "int": "np.int32",
    "Int_t": "np.int32",
    "UInt_t": "np.uint32",
    "unsigned": "np.uint32",
    "unsigned int": "np.uint32",
    "long": "np.int64",
    "Long_t": "np.int64",
    "Long64_t": "np.int64",
    "ULong64_t": "np.uint64",
    "long long": "np.int64",
    "unsigned long": "np.uint64",
    "size_t": "np.uint64",
    "std::size_t": "np.uint64",
    "short": "np.int16",
    "Short_t": "np.int16",
    "UShort_t": "np.uint16",
    "Char_t": "np.int8",
}
FLOATS = {"float": "np.float32", "Float_t": "np.float32", "double": "np.float64", "Double_t": "np.float64"}
BOOLS = {"bool": "np.bool_", "Bool_t": "np.bool_"}
NUMBERS = {**INTEGERS, **FLOATS, **BOOLS}
TEXTS = {"TString", "text", "std::string", "string", "char", "Option_t", "std::string_view", "string_view"}
CONSTANTS = {
    "true": "True",
    "false": "False",
    "kTRUE": "True",
    "kFALSE": "False",
    "NULL": "None",
    "nullptr": "None",
    "std::string::npos": "-1",
}
_MATHEMATICS = "sqrt exp log log10 sin cos tan atan atan2 fabs floor ceil pow tanh hypot"
MATHEMATICS = {name: f"math.{name}" for name in _MATHEMATICS.split()}
FUNCTIONS = {"to_string": "str", "atoi": "int", "atof": "float", "stoi": "int", "stod": "float"}
FUNCTIONS |= {"abs": "abs", "max": "max", "min": "min"}
_USED = "len print str int float bool range list max min abs np math sys ROOT TMVA defaultdict"
TAKEN = {*keyword.kwlist, *_USED.split()}


class NoCounterpart(Exception):
    """Something of the macro that Python's side does not have; the text says what, and what to use instead."""


def reason_of(problem: NoCounterpart | OptionError) -> str:
    """Why a statement becomes a comment."""
    return f"not understood: {problem.message}" if isinstance(problem, OptionError) else str(problem)


def python_name(name: str) -> str:
    """A name of the macro as Python may use it."""
    return f"{name}_" if name in TAKEN else name


def in_tmva(parts: tuple[str, ...]) -> str:
    """`TMVA.Types.kDL` of ("Types", "kDL"). Raises NoCounterpart."""
    if parts and parts[0] in GUI:
        return ".".join(("TMVA", *parts))
    owner: object = tmvalite
    for i, part in enumerate(parts):
        if not hasattr(owner, part) or (owner is tmvalite and part not in dir(tmvalite)):
            raise NoCounterpart(_absent(".".join(("TMVA", *parts[:i])), owner, part))
        owner = getattr(owner, part)
    return ".".join(("TMVA", *parts))


def _absent(path: str, owner, name: str) -> str:
    sentences = NAMESPACE if owner is tmvalite else getattr(owner, "absent", {})
    return f"{path}.{name}: {sentences[name]}" if name in sentences else f"{path}.{name} is not part of tmvalite"


def is_of_tmva(name: str) -> bool:
    """Whether TMVA has this name, be it in tmvalite or not."""
    return name in dir(tmvalite) or name in NAMESPACE


def in_root(name: str) -> str | None:
    """`ROOT.TFile` of a name that tmvalite.pyroot has, else None."""
    return f"ROOT.{name}" if name in pyroot.__all__ else None


@cache
def class_of(kind: str) -> type | None:
    """The class behind a C++ type, or of a global object such as gROOT, where there is one."""
    if kind.startswith("TMVA::"):
        found = getattr(tmvalite, kind[6:], None) if kind[6:] in dir(tmvalite) else None
    else:
        found = getattr(pyroot, kind, None) if kind in pyroot.__all__ else None
        found = type(found) if kind[:1] == "g" and found is not None else found
    return found if isinstance(found, type) else None


def check_member(kind: str, name: str) -> None:
    """Raises NoCounterpart where an object of this type lacks the member."""
    owner = class_of(kind)
    if owner is None or hasattr(owner, name) or (issubclass(owner, Styled) and name.startswith("Set")):
        return
    path = kind.replace("::", ".")
    if kind.startswith("TMVA::"):
        raise NoCounterpart(_absent(path, owner, name))
    raise NoCounterpart(f"{path}.{name} is not part of tmvalite.pyroot")


def skipped_method(name: str) -> str | None:
    """A remark on the booking of a method that tmvalite skips, or None. `name` as "BDT"."""
    from tmvalite.workflow.method_booking import REGISTRY
    from tmvalite.workflow.types import EMVA

    member = EMVA.__members__.get(f"k{name}")
    if member is None or member in REGISTRY:
        return None
    return f"{name} is not part of tmvalite: this booking is skipped with one line"
