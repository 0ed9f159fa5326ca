"""TMVA's names of what a Reader does, with the arguments that C++ scripts give them."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import OptionError, TmvaliteWarning, warn_user
from tmvalite.workflow.arguments import also_named
from tmvalite.workflow.configurable import Configurable
from tmvalite.workflow.members import READER
from tmvalite.workflow.method_face import ReadMethod
from tmvalite.workflow.types import EMVA

TAG = {"methodTag": "tag"}
NOT_A_NUMBER = -999.0  # TMVA's answer for an event with a NaN among its variables
NOT_GIVEN = -9999999.0  # what C++ gives for an output that is to be computed


class ReaderNames(Configurable):
    """The CamelCase half of Reader."""

    absent = READER

    def AddVariable(self, expression, array=None):
        """Declare the next variable, in the file's order; EvaluateMVA(tag) reads `array`, one float. Raises DataError."""
        self.add_variable(expression, array)

    def AddVariablesArray(self, expression, size, array=None):
        """Declare `size` variables of one expression; `array` holds that many floats. Raises DataError."""
        self.add_variables_array(expression, size, array)

    def AddSpectator(self, expression, array=None):
        """Declare the next spectator; `array` is one float or integer. Raises DataError."""
        self.add_spectator(expression, array)

    @also_named(methodTag="tag", weightfile="path", methodType="tag", xmlstr="path")
    def BookMVA(self, tag, path) -> ReadMethod:
        """BookMVA(tag, file) or BookMVA(type, text of a weight file)."""
        is_type = isinstance(tag, EMVA) or str(path).lstrip().startswith("<")
        return self.book_text(tag, path) if is_type else self.book(tag, path)

    @also_named(**TAG)
    def FindMVA(self, tag) -> ReadMethod | None:
        """The method booked under this tag, or None."""
        return self._methods.get(str(tag))

    FindMethod = FindMVA

    def EvaluateMVA(self, *args, **keywords):
        """EvaluateMVA(tag, aux=0), EvaluateMVA(events, tag, aux=0) or EvaluateMVA(method, aux=0)."""
        if len(args) == 1 and not keywords and type(args[0]) is str:
            value = self._loops.get(args[0])
            if value is not None:
                return value()
        first, *rest = _in_order(args, keywords, "EvaluateMVA")
        table = rest and isinstance(rest[0], str) and is_text(first)  # "file.root:tree" and a tag
        if not table and (is_text(first) or hasattr(first, "GetMvaValues")):
            return self.evaluate_mva(first)
        if not rest:
            raise OptionError("EvaluateMVA(events) does not say which method", code="call", expected="EvaluateMVA(events, tag)")
        return self.evaluate_mva(rest[0], first)

    def EvaluateRegression(self, *args, **keywords):
        """EvaluateRegression(tag), EvaluateRegression(i, tag), EvaluateRegression(events, tag), or a method for the tag."""
        return self._evaluate_many(self.evaluate_regression, "target", "EvaluateRegression", args, keywords)

    def EvaluateMulticlass(self, *args, **keywords):
        """EvaluateMulticlass(tag), EvaluateMulticlass(i, tag), EvaluateMulticlass(events, tag), or a method for the tag."""
        return self._evaluate_many(self.evaluate_multiclass, "class", "EvaluateMulticlass", args, keywords)

    def _evaluate_many(self, evaluate, what, call, args, keywords):
        first, *rest = _in_order(args, keywords, call)
        if is_text(first) or hasattr(first, "GetMvaValues"):
            return evaluate(first)
        if not rest:
            raise OptionError(f"{call} does not say which method", code="call", expected=f"{call}(tag) or {call}(events, tag)")
        if not isinstance(first, (int, np.integer)):
            return evaluate(rest[0], first)
        values = evaluate(rest[0])
        if not 0 <= first < len(values):
            message = f"there is no {what} {first}, only 0 to {len(values) - 1}: the answer is 0"
            self.log.warning(message)
            warn_user(TmvaliteWarning(message, code="index"))
            return 0.0
        return float(values[first])

    def GetName(self) -> str:
        """ "Reader"."""
        return "Reader"

    def Print(self, option="") -> None:
        """Print the variables and methods in a line."""
        print(repr(self))

    def Verbose(self) -> bool:
        """Whether it says more than it needs to."""
        return self.log.settings.verbose

    def SetVerbose(self, v=True) -> None:
        """Say more, or only what is needed."""
        self.log.settings.verbose = bool(v)

    def GetMVAError(self):
        """The spread of the replicas (`Replicas=100|bootstrap`) in the last EvaluateMVA; -1 for a method without them."""
        return self.last_error()

    GetMVAErrorLower = GetMVAErrorUpper = GetMVAError

    @also_named(**TAG)
    def GetProba(self, tag, ap_sig: float = 0.5, mvaVal: float = NOT_GIVEN):
        """The probability that the event of the registered variables is signal, of which there is the share `ap_sig`.

        `mvaVal` is the output of another event, or outputs (N,). -1 for a method without PDFs (CreateMVAPdfs).
        """
        return self._of_output("GetProba", tag, mvaVal, ap_sig)

    @also_named(**TAG)
    def GetRarity(self, tag, mvaVal: float = NOT_GIVEN):
        """The part of the background with smaller outputs than the event of the registered variables; 0 without PDFs.

        `mvaVal` is the output of another event, or outputs (N,).
        """
        return self._of_output("GetRarity", tag, mvaVal)

    def _of_output(self, name: str, tag, value, *more):
        """What the method says of an output, which is that of the registered variables by default; -999 where they have none."""
        method = self.find(tag)
        if method.HasMVAPdfs() and np.ndim(value) == 0 and value == NOT_GIVEN:
            value = self.evaluate_mva(tag)
            if value == NOT_A_NUMBER:
                return value
        return getattr(method, name)(value, *more)

    def DataInfo(self) -> ReaderDataInfo:
        """The declarations; `DataInfo().AddVariablesArray(expression, size, ...)` declares an array."""
        return ReaderDataInfo(self)


class ReaderDataInfo:
    """What Reader.DataInfo() gives: the declared names, and AddVariablesArray in DataSetInfo's argument order."""

    def __init__(self, reader):
        self._reader = reader

    def AddVariablesArray(self, expression, size, title="", unit="", min=0.0, max=0.0, type="F", normalized=True, array=None):
        """Declare `size` variables of one expression for the Reader; `array` holds that many floats."""
        self._reader.add_variables_array(expression, size, array)

    def __getattr__(self, name):
        return getattr(self._reader._info, name)


def _in_order(args, keywords, call: str) -> list:
    """The arguments of an Evaluate call, wherever C++'s names put them: events or a number, the tag, aux."""
    named = [keywords[name] for name in ("inputVec", "tgtNumber", "clsNumber", "method", "methodTag", "aux") if name in keywords]
    found = [*args, *named]
    if not found or len(named) < len(keywords):
        raise OptionError(f"{call} cannot be called like this", code="call", expected=f"{call}(tag) or {call}(events, tag)")
    return found


def is_text(value) -> bool:
    """Whether a value is a string or an object that stands for one (ROOT's TString)."""
    return isinstance(value, str) or hasattr(type(value), "Data")  # a data frame may have a column of this name
