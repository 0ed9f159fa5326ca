"""The Reader: a weight file, the variables it wants, and the method's answer for events.

A Reader holds no state of an evaluation. Registered arrays are read when EvaluateMVA is called, and every call that takes
the events as argument may run in several threads at once.
"""

from __future__ import annotations

import os

import numpy as np

from tmvalite.data.info import VariableInfo
from tmvalite.data.tables import scored_events
from tmvalite.errors import DataError, FileError, OptionError, TmvaliteWarning, did_you_mean, nearest, warn_user
from tmvalite.workflow.info import DataSetInfoView
from tmvalite.workflow.log import Log
from tmvalite.workflow.options import read_reader_options
from tmvalite.workflow.slots import Slot, bind_slot, read_event

NOT_A_NUMBER = -999.0  # TMVA's answer for an event with a NaN among its variables


class Reader:
    """Reader(options="", verbose=False) or Reader(names, options="", verbose=False).

    Parameters
    ----------
    options : str
        V, Color, Silent, Error, Strict; keywords of the same names work too.
    names : list of str, or one str `a:b:c`
        Expressions of the variables, instead of AddVariable calls without arrays.

    Example
    -------
    reader = Reader("!Color:!Silent")
    reader.AddVariable("myvar1 := var1+var2", array("f", [0.0]))
    reader.BookMVA("DNN", "dataset/weights/TMVAClassification_DNN.weights.xml")
    reader.EvaluateMVA("DNN")
    """

    def __init__(self, *args, **keywords):
        names, options, verbose = _constructor_arguments(args)
        self.options, settings = read_reader_options(options, keywords)
        settings.verbose = settings.verbose or bool(verbose)
        self.log = Log("Reader", settings)
        self._info = DataSetInfoView("")
        self._variable_slots: list[Slot | None] = []
        self._spectator_slots: list[Slot | None] = []
        self._methods: dict[str, object] = {}
        for name in names:
            self.add_variable(name)

    # Declarations

    def add_variable(self, expression, array=None) -> None:
        """Declare the next input variable; `array` is a writable array of one float that EvaluateMVA(tag) reads.

        Raises
        ------
        DataError
            The array holds integers, or more than one element.
        """
        info = self._info.add_variable(expression)
        try:
            self._variable_slots.append(bind_slot(array, info, integers=False))
        except DataError:
            self._info.variables.pop()
            raise

    def add_variables_array(self, expression, size, array=None) -> None:
        """Declare `size` variables of one expression; `array` holds that many floats."""
        if array is None and not isinstance(size, (int, np.integer, float)):
            size, array = np.size(np.asarray(size)), size
        added = self._info.add_variables_array(expression, size)
        try:
            slot = bind_slot(array, added[0], integers=False, size=len(added))
        except DataError:
            del self._info.variables[-len(added) :]
            raise
        self._variable_slots.extend([None if slot is None else slot.element(i) for i in range(len(added))])

    def add_spectator(self, expression, array=None) -> None:
        """Declare the next spectator; its array may hold a float or an integer of any width."""
        info = self._info.add_spectator(expression)
        try:
            self._spectator_slots.append(bind_slot(array, info, integers=True))
        except DataError:
            self._info.spectators.pop()
            raise

    # Booking

    def book(self, tag, path):
        """Read a weight file and remember its method as `tag`.

        Raises
        ------
        OptionError
            The tag is taken.
        FileError
            The file cannot be read.
        DataError
            The declared variables or spectators are not those of the file, in the file's order.
        """
        tag, path = str(tag), os.fspath(path) if isinstance(path, os.PathLike) else str(path)
        if tag in self._methods:
            raise OptionError(f"the tag '{tag}' is taken", code="tag-repeated", hint="give each weight file its own tag")
        if not os.path.exists(path):
            raise FileError(f"there is no weight file '{path}'", code="file-missing", hint=_hint_for_missing(path))
        from tmvalite.methods import load  # loads the engine, so not before a file is there

        method = load(path)
        self._check(method.info.variables, self._info.variables, "variable", "AddVariable", path)
        self._check(method.info.spectators, self._info.spectators, "spectator", "AddSpectator", path)
        self._methods[tag] = method
        self.log.info(f'Booking "{tag}" of type "{getattr(method, "method_type", "DL")}" from {path}.')
        return method

    def _check(self, in_file, declared: list[VariableInfo], kind: str, call: str, path: str) -> None:
        expected, found = [v.expression for v in in_file], [v.expression for v in declared]
        if expected == found:
            return
        where = f"weight file {path}"
        if sorted(expected) == sorted(found):
            raise DataError(
                f"the {kind}s of the Reader are those of the weight file in another order",
                code="reader-order",
                where=where,
                expected=", ".join(expected) + f" (declared: {', '.join(found)})",
                hint=f"call {call} in the order of the file",
            )
        for i, (theirs, ours) in enumerate(zip(expected, found, strict=False)):
            if theirs != ours:
                raise DataError(
                    f"{kind} {i} of the Reader is '{ours}', but '{theirs}' in the weight file",
                    code="reader-variable",
                    where=where,
                    expected=", ".join(expected),
                    hint="the expression counts, not the label before ':='" if _same_label(in_file[i], declared[i]) else None,
                )
        plural = "" if len(expected) == 1 else "s"
        hint = f"call {call} for each of them before BookMVA"
        if kind == "variable" and not found:
            hint += "; tmvalite.load(file).GetMvaValues(X) needs no declarations"
        raise DataError(
            f"the weight file has {len(expected)} {kind}{plural}, the Reader {len(found)}",
            code="reader-count",
            where=where,
            expected=", ".join(expected) or f"no {kind}",
            hint=hint if len(found) < len(expected) else f"leave out {', '.join(found[len(expected) :])}",
        )

    def find(self, tag):
        """The method booked as `tag`.

        Raises
        ------
        OptionError
            Unknown tag; the message names the booked ones.
        """
        tag = str(tag)
        if tag not in self._methods:
            raise OptionError(
                f"no method is booked as '{tag}'",
                code="tag-unknown",
                expected=tuple(self._methods) or "a BookMVA call first",
                hint=did_you_mean(tag, self._methods),
            )
        return self._methods[tag]

    # Evaluation

    def evaluate_mva(self, tag, events=None):
        """The method's value: for the registered arrays, for one event (V,) -> float, for events (N, V) -> (N,).

        One event with a NaN or infinity gives -999 and a warning, as in TMVA; among several events it gives NaN.
        """
        method = tag if hasattr(tag, "GetMvaValues") else self.find(tag)
        x = self._event(tag) if events is None else self._as_array(events)
        value = method.GetMvaValues(x)
        if x.ndim == 2:
            return value
        if value == value:
            return float(value)
        with np.errstate(over="ignore"):
            bad = ~np.isfinite(x.astype(np.float32))
        names = [v.label for v, is_bad in zip(self._info.variables, bad, strict=True) if is_bad]
        message = f"{', '.join(names)} is not finite: the answer is {NOT_A_NUMBER:.0f}"
        self.log.warning(message)
        warn_user(TmvaliteWarning(message, code="not-a-number"))
        return NOT_A_NUMBER

    def evaluate_regression(self, tag, events=None):
        """All targets in original units: (T,) for the registered arrays or one event, (N, T) for events."""
        method = self.find(tag)
        return method.GetRegressionValues(self._event(tag) if events is None else self._as_array(events))

    def evaluate_multiclass(self, tag, events=None):
        """All class values in the order of the training: (C,) or (N, C)."""
        method = self.find(tag)
        return method.GetMulticlassValues(self._event(tag) if events is None else self._as_array(events))

    def _event(self, tag) -> np.ndarray:
        return read_event(self._variable_slots, self._info.variables, tag)

    def _as_array(self, events) -> np.ndarray:
        """Events as (V,) or (N, V) float; columns of a table are taken by label or expression."""
        x, single = scored_events(events, self._info.variables)
        return x[0] if single else x

    # TMVA's names

    def AddVariable(self, expression, array=None):
        self.add_variable(expression, array)

    def AddVariablesArray(self, expression, size, array=None):
        self.add_variables_array(expression, size, array)

    def AddSpectator(self, expression, array=None):
        self.add_spectator(expression, array)

    def BookMVA(self, tag, path):
        return self.book(tag, path)

    def FindMVA(self, tag):
        return self._methods.get(str(tag))

    def FindMethod(self, tag):
        return self._methods.get(str(tag))

    def EvaluateMVA(self, first, *rest):
        """EvaluateMVA(tag, aux=0), EvaluateMVA(events, tag, aux=0) or EvaluateMVA(method, aux=0)."""
        table = rest and isinstance(rest[0], str) and _is_text(first)  # "file.root:tree" and a tag
        if not table and (_is_text(first) or hasattr(first, "GetMvaValues")):
            return self.evaluate_mva(first)
        if not rest:
            raise OptionError("EvaluateMVA(events) does not say which method", code="call", expected="EvaluateMVA(events, tag)")
        return self.evaluate_mva(rest[0], first)

    def EvaluateRegression(self, first, *rest):
        """EvaluateRegression(tag), EvaluateRegression(i, tag) or EvaluateRegression(events, tag)."""
        return self._evaluate_many(self.evaluate_regression, "target", "EvaluateRegression", first, *rest)

    def EvaluateMulticlass(self, first, *rest):
        """EvaluateMulticlass(tag), EvaluateMulticlass(i, tag) or EvaluateMulticlass(events, tag)."""
        return self._evaluate_many(self.evaluate_multiclass, "class", "EvaluateMulticlass", first, *rest)

    def _evaluate_many(self, evaluate, what, call, first, *rest):
        if _is_text(first):
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

    def GetMVAError(self) -> float:
        """-1: the methods of tmvalite give no error of their values."""
        return -1.0

    GetMVAErrorLower = GetMVAErrorUpper = GetMVAError

    def GetProba(self, tag, ap_sig: float = 0.5, mvaVal: float = -9999999.0) -> float:
        """-1, TMVA's answer for a method without PDFs (CreateMVAPdfs)."""
        self.find(tag)
        return -1.0

    def GetRarity(self, tag, mvaVal: float = -9999999.0) -> float:
        """0, TMVA's answer for a method without PDFs (CreateMVAPdfs)."""
        self.find(tag)
        return 0.0

    def DataInfo(self) -> ReaderDataInfo:
        """The declarations; `DataInfo().AddVariablesArray(expression, size, ...)` declares an array."""
        return ReaderDataInfo(self)


class ReaderDataInfo:
    """What Reader.DataInfo() gives: the declared names, and AddVariablesArray in DataSetInfo's argument order."""

    def __init__(self, reader: Reader):
        self._reader = reader

    def AddVariablesArray(self, expression, size, title="", unit="", min=0.0, max=0.0, type="F", normalized=True, array=None):
        self._reader.add_variables_array(expression, size, array)

    def __getattr__(self, name):
        return getattr(self._reader._info, name)


def _constructor_arguments(args):
    """(names, options, verbose) of the constructor's forms."""
    if args and not _is_text(args[0]):
        names, rest = [str(name) for name in args[0]], args[1:]
    elif len(args) > 1 and _is_text(args[1]):
        names, rest = [name for name in str(args[0]).split(":") if name.strip()], args[1:]
    else:
        names, rest = [], args
    options = str(rest[0]) if rest else ""
    return names, options, rest[1] if len(rest) > 1 else False


def _is_text(value) -> bool:
    """Whether a value is a string or an object that stands for one (ROOT's TString)."""
    return isinstance(value, str) or hasattr(type(value), "Data")  # a data frame may have a column of this name


def _same_label(a: VariableInfo, b: VariableInfo) -> bool:
    return a.label == b.label and a.expression != b.expression


def _hint_for_missing(path: str) -> str | None:
    folder, name = os.path.split(path)
    if not os.path.isdir(folder or "."):
        return f"the folder '{folder}' does not exist; Factory writes to <dataset>/weights/<job>_<title>.weights.xml"
    near = nearest(name, [n for n in os.listdir(folder or ".") if n.endswith(".xml")])
    return f"did you mean '{os.path.join(folder, near)}'?" if near else None
