"""MethodDL: one network of layers for classification, regression and multiclass; its training, and its weight files."""

from __future__ import annotations

import os
from typing import Any

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import OptionError, ShapeError
from tmvalite.graph import Graph, check_batch_sizes, describe, input_shapes, variables_of
from tmvalite.graph.build import build_graph
from tmvalite.io.weights_xml import write_weights
from tmvalite.layers.formula import depends_on_variables
from tmvalite.methods import dl_file
from tmvalite.methods.base import Method
from tmvalite.methods.batch_layout import check_batch_layout
from tmvalite.methods.booking import read_options, silent, unnamed
from tmvalite.methods.dl_network import Blueprint, make_blueprint
from tmvalite.methods.dl_training import train_model
from tmvalite.methods.options import DL_OPTIONS

ASSUMED_VARIABLES = 64  # for a first look at a layout before the number of variables is known


class MethodDL(Method):
    """TMVA's MethodDL.

    Parameters
    ----------
    options : str
        TMVA's option string, such as "Layout=TANH|128,LINEAR:TrainingStrategy=LearningRate=1e-3,TestRepetitions=1".
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
    >>> method = MethodDL("Layout=TANH|8,LINEAR:TrainingStrategy=LearningRate=1e-2,MaxEpochs=5,TestRepetitions=1:RandomSeed=1")
    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> values = method.fit(x, x[:, 0] > 0, progress="silent").GetMvaValues(x)
    >>> values.shape, bool(values[-1] > values[0])
    ((200,), True)
    """

    method_type = "DL"
    file_types = ("DL", "DNN")
    table = DL_OPTIONS

    def _book(self) -> None:
        read_options(self)
        n_variables = variables_of(self.input_layout)
        if n_variables is not None and self.analysis_type == "classification":
            self.blueprint(unnamed(n_variables))
        else:
            self._look_at_layout(n_variables)

    def _look_at_layout(self, n_variables: int | None) -> None:
        """Raise what is wrong whatever the data will be; the warnings come with the data, when all numbers are known."""
        unheard = silent(self.bound.source)
        known = n_variables is not None
        n = n_variables if known else ASSUMED_VARIABLES
        inputs = input_shapes(self.input_layout if known else None, n, unheard)
        try:
            graph = build_graph(self.layout, inputs=inputs, n_variables=n, n_outputs=1, diagnostics=unheard)
            check_batch_sizes(graph, [phase.batch_size for phase in self.phases])
        except OptionError as error:
            text = error.source.text[error.span.start : error.span.stop] if error.source and error.span else ""
            depends = error.code == "network-size" or (error.code == "width" and depends_on_variables(text))
            if not isinstance(error, ShapeError) and (known or not depends):
                raise

    def blueprint(self, info: DataSetInfo) -> Blueprint:
        """The network for these variables, classes and targets, not made yet. Raises OptionError and ShapeError."""
        blueprint = make_blueprint(self, info)
        check_batch_sizes(blueprint.graph, [phase.batch_size for phase in self.phases])
        source, span = self.bound.place("BatchLayout")
        check_batch_layout(
            self.batch_layout,
            tuple(v.shape for v in blueprint.graph.inputs),
            [p.batch_size for p in self.phases],
            source=source,
            span=span,
            phases=self.phases,
        )
        return blueprint

    def _train(self, events, info, *, drawn, labels, flat, progress, write, on_interrupt):
        train_model(
            self, events, info, drawn=drawn, labels=labels, flat=flat, progress=progress, write=write, on_interrupt=on_interrupt
        )

    # ------------------------------------------------------------------------------------- files

    def save(self, path: str | os.PathLike) -> None:
        """Write the weight file, whole or not at all. Raises NotFittedError, FileError."""
        write_weights(path, dl_file.weight_file(self.title, self._trained()))

    @classmethod
    def _model_of(cls, file, analysis_type):
        return dl_file.model(file, analysis_type)

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
            return f"{head}\n{describe(self.blueprint(unnamed(n_variables)).graph)}"
        return f"{head}\nLayout={self.bound.values.Layout}"
