"""MethodDL: one network of layers for classification, regression and multiclass; its training, and its weight files."""

from __future__ import annotations

import os
from typing import Any

from tmvalite.data.info import DataSetInfo
from tmvalite.data.transforms import AVAILABLE, TransformChain
from tmvalite.errors import Diagnostics, FileError, OptionError, ShapeError, TmvaliteError, quoted
from tmvalite.graph import Graph, describe, input_shapes, variables_of
from tmvalite.graph.build import build_graph
from tmvalite.io.weights_xml import read_weights, write_weights
from tmvalite.methods import dl_file
from tmvalite.methods.base import Method
from tmvalite.methods.batch_layout import check_batch_layout
from tmvalite.methods.dl_network import Blueprint, make_blueprint
from tmvalite.methods.dl_training import train_model
from tmvalite.methods.options import DL_OPTIONS, remark_ignored
from tmvalite.string_utils import (
    TRANSFORM_NAMES,
    parse_batch_layout,
    parse_input_layout,
    parse_layout,
    parse_strategy,
    parse_validation_size,
    parse_var_transform,
    resolve_strategy,
)
from tmvalite.string_utils.syntax import TransformList

ASSUMED_VARIABLES = 64  # for a first look at a layout before the number of variables is known


class MethodDL(Method):
    """TMVA's MethodDL.

    Parameters
    ----------
    options : str
        TMVA's option string, such as "VarTransform=N:Layout=TANH|128,LINEAR:TrainingStrategy=LearningRate=1e-3,BatchSize=100".
        `tmvalite check "..."` on the command line lists all options with their values, and says what the string means.
    analysis_type : str
        "classification", "regression" or "multiclass".
    title : str, optional
        Name of the method in files and tables.
    **keywords
        The same options as Python arguments: MethodDL(Layout="TANH|128,LINEAR", RandomSeed=1).

    Raises
    ------
    OptionError, ShapeError
        An option that cannot be understood, or layers that do not fit, with the place.

    Examples
    --------
    >>> method = MethodDL("Layout=TANH|8,LINEAR:TrainingStrategy=MaxEpochs=5,BatchSize=50,TestRepetitions=1:RandomSeed=1")
    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> values = method.fit(x, x[:, 0] > 0, progress="silent").GetMvaValues(x)
    >>> values.shape, bool(values[-1] > values[0])
    ((200,), True)
    """

    method_type = "DL"
    table = DL_OPTIONS

    def _book(self) -> None:
        bound, diagnostics = self.bound, self.diagnostics
        remark_ignored(bound, diagnostics)
        self.transforms = parse_var_transform(*bound.place("VarTransform"), diagnostics)
        self.validation_size = parse_validation_size(*bound.place("ValidationSize"), diagnostics)
        self.phases = resolve_strategy(parse_strategy(*bound.place("TrainingStrategy"), diagnostics), diagnostics)
        self.input_layout = parse_input_layout(*bound.place("InputLayout"), diagnostics)
        self.batch_layout = parse_batch_layout(*bound.place("BatchLayout"), diagnostics)
        self.layout = parse_layout(*bound.place("Layout"), diagnostics)
        self._check_transforms()
        n_variables = variables_of(self.input_layout)
        if n_variables is not None and self.analysis_type == "classification":
            self.blueprint(_unnamed(n_variables))
        else:
            self._look_at_layout(n_variables)

    def _check_transforms(self) -> None:
        """Refuse what is not available yet; classes and variables are checked when they are known."""
        for item in self.transforms.items:
            if TRANSFORM_NAMES.get(item.name.text) not in (*AVAILABLE, "I"):
                only = TransformList((item,), self.transforms.source, self.transforms.span)
                TransformChain.build(only, DataSetInfo(), self.diagnostics)

    def _look_at_layout(self, n_variables: int | None) -> None:
        """Raise what is wrong whatever the data will be; the warnings come with the data, when all numbers are known."""
        silent = Diagnostics(self.bound.source)
        silent.strict = False
        known = n_variables is not None
        n = n_variables if known else ASSUMED_VARIABLES
        inputs = input_shapes(self.input_layout if known else None, n, silent)
        try:
            build_graph(self.layout, inputs=inputs, n_variables=n, n_outputs=1, diagnostics=silent)
        except OptionError as error:
            text = error.source.text[error.span.start : error.span.stop] if error.source and error.span else ""
            depends = error.code == "network-size" or (error.code == "width" and "N" in text.upper())
            if not isinstance(error, ShapeError) and (known or not depends):
                raise

    def blueprint(self, info: DataSetInfo) -> Blueprint:
        """The network for these variables, classes and targets, not made yet. Raises OptionError and ShapeError."""
        blueprint = make_blueprint(self, info)
        source, span = self.bound.place("BatchLayout")
        check_batch_layout(self.batch_layout, tuple(v.shape for v in blueprint.graph.inputs), [p.batch_size for p in self.phases],
                           source=source, span=span)
        return blueprint

    def _train(self, events, info, *, drawn, labels, flat, progress, write, on_interrupt):
        train_model(self, events, info, drawn=drawn, labels=labels, flat=flat, progress=progress, write=write,
                    on_interrupt=on_interrupt)

    # ------------------------------------------------------------------------------------- files

    def save(self, path: str | os.PathLike) -> None:
        """Write the weight file, whole or not at all. Raises NotFittedError, FileError."""
        write_weights(path, dl_file.weight_file(self.title, self._trained()))

    @classmethod
    def load(cls, path: str | os.PathLike) -> MethodDL:
        """The method of a weight file of MethodDL or MethodDNN. Raises FileError, which names the file."""
        file = read_weights(path)
        try:
            if file.method_type not in ("DL", "DNN"):
                raise FileError(f"the weight file is for the method {quoted(file.method_type)}", code="method-unknown",
                                expected=("DL", "DNN"))
            return cls.from_weight_file(file)
        except TmvaliteError as error:  # also what a transformation or a layer says of a record that cannot be
            where = f"{error.where or 'the weight file'} '{os.fspath(path)}'"
            raise FileError(error.message, code=error.code, where=where, expected=error.expected, hint=error.hint) from error

    @classmethod
    def from_weight_file(cls, file) -> MethodDL:
        """The method that a WeightFile states. Raises FileError, DataError and OptionError.

        Its options serve a further `fit` only, so nothing is said about them, and defaults replace what cannot be booked.
        """
        analysis_type = dl_file.analysis_type_of(file)
        method = cls.__new__(cls)
        quiet = Diagnostics()
        quiet.strict = False
        text = dl_file.option_text(file, cls.table)
        try:
            method._start(text, analysis_type, file.title, {}, quiet)
        except OptionError:
            method._start("", analysis_type, file.title, {}, quiet)
        method.diagnostics = Diagnostics(method.bound.source)
        method._model = dl_file.model(file, analysis_type)
        return method

    # ------------------------------------------------------------------------------------- print

    @property
    def graph(self) -> Graph:
        """The layers of the trained network."""
        return self._trained().network.graph

    @property
    def plan(self) -> Any:
        """The steps of the network; prints as a table."""
        return self._trained().network.plan

    def __str__(self):
        state = "trained" if self.is_trained else "not trained"
        head = f"MethodDL '{self.title}', {self.analysis_type}, {state}"
        if self.is_trained:
            names = ", ".join(v.label for v in self.info.variables[:8]) + (", ..." if self.info.n_variables > 8 else "")
            return f"{head}\nvariables: {names}\n{describe(self.graph)}"
        n_variables = variables_of(self.input_layout)
        if n_variables is not None and self.analysis_type == "classification":
            return f"{head}\n{describe(self.blueprint(_unnamed(n_variables)).graph)}"
        return f"{head}\nLayout={self.bound.values.Layout}"


def _unnamed(n_variables: int) -> DataSetInfo:
    """The data of a classification of which only the number of variables is known."""
    return DataSetInfo.from_names([f"var{i + 1}" for i in range(n_variables)], classes=("Signal", "Background"))
