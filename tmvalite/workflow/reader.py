"""The Reader: a weight file, the variables it wants, and the method's answer for events.

A Reader holds no state of an evaluation. Registered arrays are read when EvaluateMVA is called, and every call that takes
the events as argument may run in several threads at once.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable

import numpy as np

from tmvalite.data.info import VariableInfo
from tmvalite.data.tables import scored_events
from tmvalite.errors import DataError, FileError, OptionError, TmvaliteWarning, did_you_mean, warn_user
from tmvalite.estimators.getters import NO_ERROR
from tmvalite.io.xml_guard import XmlText
from tmvalite.workflow.info_views import VARIABLE_COLUMNS, DataSetInfoView, counts_text, variable_rows
from tmvalite.workflow.log import Log
from tmvalite.workflow.method_face import ReadMethod
from tmvalite.workflow.reader_checks import check_declared, hint_for_missing
from tmvalite.workflow.reader_names import NOT_A_NUMBER, ReaderNames, is_text
from tmvalite.workflow.script_options import read_reader_options
from tmvalite.workflow.slots import VariableSlot, bind_slot, gather, read_event
from tmvalite.workflow.small_tables import html_table
from tmvalite.workflow.spectator_slots import spectators_for
from tmvalite.workflow.types import method_type


class Reader(ReaderNames):
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
        keywords = dict(keywords)
        args = (*args, *(keywords.pop(name) for name in ("varNames", "theOption", "verbose") if name in keywords))
        names, options, verbose = _constructor_arguments(args)
        self.options, settings = read_reader_options(options, keywords)
        settings.verbose = settings.verbose or bool(verbose)
        self.log = Log("Reader", settings)
        self._info = DataSetInfoView("")
        self._variable_slots: list[VariableSlot | None] = []
        self._spectator_slots: list[VariableSlot | None] = []
        self._methods: dict[str, ReadMethod] = {}
        self._last = threading.local()  # method and events of the last value, where the method has errors
        self._loops: dict[str, Callable[[], float]] = {}  # by tag: the value of the registered variables, without questions
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
        self._loops.clear()
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
        self._loops.clear()
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

    def book(self, tag, path) -> ReadMethod:
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
            raise FileError(f"there is no weight file '{path}'", code="file-missing", hint=hint_for_missing(path))
        method = self._methods[tag] = self._read(path, tag)
        self.log.info(f'Booking "{tag}" of type "{method.GetMethodTypeName()}" from {path}.')
        return method

    def book_text(self, kind, text) -> ReadMethod:
        """The method of a weight file that is given as text; `kind` is a member of Types, or its name.

        It has no tag: EvaluateMVA takes the method itself. Raises OptionError, FileError and DataError as `book`.
        """
        wanted, method = method_type(kind), self._read(XmlText(str(text)), None)
        if method.GetMethodType() is not wanted:
            raise OptionError(
                f"the text is of the method {method.GetMethodTypeName()}, not {wanted.name[1:]}",
                code="method-unknown",
                hint=f"write Types.{method.GetMethodType().name}",
            )
        self.log.info(f'Booking a method of type "{method.GetMethodTypeName()}" from text.')
        return method

    def _read(self, path, tag: str | None) -> ReadMethod:
        from tmvalite.methods import load  # loads the engine, so not before a file is there
        from tmvalite.methods.shared import shared

        method, name = shared(path, load), os.fspath(path)
        check_declared(method.info.variables, self._info.variables, "variable", "AddVariable", name)
        check_declared(method.info.spectators, self._info.spectators, "spectator", "AddSpectator", name)
        return ReadMethod(method, self, tag, name)

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
        method, x = self._understood(tag, events)
        value = method.GetMvaValues(x)
        self._last.asked = (method, x) if getattr(method, "has_errors", False) else None
        if x.ndim == 2:
            return value
        if value == value:
            if events is None and type(tag) is str:
                self._remember(tag, method)
            return float(value)
        with np.errstate(over="ignore"):
            bad = ~np.isfinite(x.astype(np.float32))
        names = [v.label for v, is_bad in zip(method.columns, bad, strict=True) if is_bad]
        message = f"{', '.join(names)} is not finite: the answer is {NOT_A_NUMBER:.0f}"
        self.log.warning(message)
        warn_user(TmvaliteWarning(message, code="not-a-number"))
        return NOT_A_NUMBER

    def last_error(self):
        """The error of the last value that EvaluateMVA gave in this thread: a float, or (N,); -1 for a method that has none."""
        asked = getattr(self._last, "asked", None)
        if asked is None:
            return NO_ERROR
        error = asked[0].mva_error(asked[1])
        return error if np.ndim(error) or error == error else NO_ERROR

    def _remember(self, tag: str, method) -> None:
        """Make the next EvaluateMVA(tag) short, if the value is what the network makes of the registered variables."""
        if any(getattr(booked, "has_errors", False) for booked in self._methods.values()):
            return  # GetMVAError asks which method gave the last value
        one = method.one_event()
        fill = None if one is None else gather(self._variable_slots, one[0].dtype)
        if fill is None:
            return

        def value() -> float:
            one = method.one_event()
            if one is not None and fill(one[0]):
                found = one[1]()
                if found == found:
                    return found
            return self.evaluate_mva(tag)  # which says what is wrong

        self._loops[tag] = value

    def evaluate_regression(self, tag, events=None):
        """All targets in original units: (T,) for the registered arrays or one event, (N, T) for events."""
        method, x = self._understood(tag, events)
        return method.GetRegressionValues(x)

    def evaluate_multiclass(self, tag, events=None):
        """All class values in the order of the training: (C,) or (N, C)."""
        method, x = self._understood(tag, events)
        return method.GetMulticlassValues(x)

    def _understood(self, tag, events):
        """The method that a tag or a booked method means, and the events as (V,) or (N, V) float.

        Columns of a table are taken by label or expression; a label of the Reader counts before that of the file.
        """
        method = tag if hasattr(tag, "GetMvaValues") else self.find(tag)
        method = method.method if isinstance(method, ReadMethod) else method
        if getattr(method, "needs_spectators", False):  # a cross-validation: the fold of an event follows from them
            method = method.of_events(spectators_for(events, method.info, self._spectator_slots, method.expression))
        extra = [method.info.spectators.index(v) for v in method.columns[len(self._info.variables) :]]
        declared = [*self._info.variables, *(self._info.spectators[i] for i in extra)]
        if events is None:
            return method, read_event([*self._variable_slots, *(self._spectator_slots[i] for i in extra)], declared, tag)
        x, single = scored_events(events, _columns_of(method.columns, declared))
        return method, x[0] if single else x

    def __repr__(self):
        tags = ", ".join(self._methods) or "no method"
        return f"Reader({tags}; {counts_text(self._info).partition(', no classes')[0]})"

    def _repr_html_(self) -> str:
        return html_table(repr(self), VARIABLE_COLUMNS, variable_rows(self._info))


def _constructor_arguments(args):
    """(names, options, verbose) of the constructor's forms."""
    if args and not is_text(args[0]):
        names, rest = [str(name) for name in args[0]], args[1:]
    elif len(args) > 1 and is_text(args[1]):
        names, rest = [name for name in str(args[0]).split(":") if name.strip()], args[1:]
    else:
        names, rest = [], args
    options = str(rest[0]) if rest else ""
    return names, options, rest[1] if len(rest) > 1 else False


def _columns_of(in_file, declared: list[VariableInfo]) -> tuple[VariableInfo, ...]:
    """The variables of the file, by the labels that the Reader gave them where it did."""
    return tuple(
        dataclasses.replace(theirs, label=ours.label) if ours.label != ours.expression else theirs
        for theirs, ours in zip(in_file, declared, strict=True)
    )
