"""RReader, TMVA's reader of whole arrays: a weight file, the names of its variables, and the method's answers."""

from __future__ import annotations

import os

import numpy as np

from tmvalite.data.sources import is_table
from tmvalite.data.tables import scored_events
from tmvalite.errors import DataError, FileError
from tmvalite.methods.fold_methods import spectators_of
from tmvalite.workflow.members import RREADER, TmvaNames
from tmvalite.workflow.reader_checks import hint_for_missing

GETTERS = {"classification": "GetMvaValues", "regression": "GetRegressionValues", "multiclass": "GetMulticlassValues"}


class RReader(TmvaNames):
    """RReader(path): the method of a weight file, for whole arrays and from any number of threads at once.

    It has no state, and all readers of one file share its weights.

    Attributes
    ----------
    method : Method
        As `tmvalite.load` gives it.

    Raises
    ------
    FileError
        There is no such file, or it cannot be read.

    Example
    -------
    model = tmvalite.Experimental.RReader("dataset/weights/TMVAClassification_DNN.weights.xml")
    model.Compute([0.5, 1.0, -0.2, 1.5])        # one event: array of one value
    model.Compute(X)                            # events (N, 4): (N,)
    """

    absent = RREADER

    def __init__(self, path):
        path = os.fspath(path) if isinstance(path, os.PathLike) else str(path)
        if not os.path.exists(path):
            raise FileError(f"there is no weight file '{path}'", code="file-missing", hint=hint_for_missing(path))
        from tmvalite.methods import load  # loads the engine, so not before a file is there
        from tmvalite.methods.shared import shared

        self.path, self.method = path, shared(path, load)

    def __repr__(self):
        return f"RReader('{self.path}': {self.method.analysis_type} of {len(self.method.info.variables)} variables)"

    def GetVariableNames(self) -> list[str]:
        """The titles of the variables, in the order of the columns that `Compute` takes."""
        return [v.title for v in self.method.info.variables]

    GetVariables = GetVariableNames

    def GetSpectatorNames(self) -> list[str]:
        """The titles of the spectators, which `Compute` does not take."""
        return [v.title for v in self.method.info.spectators]

    def Compute(self, x, *more) -> np.ndarray:
        """The method's answers.

        Parameters
        ----------
        x : (V,) or (N, V) array, or a table with named columns
            One event or events; what `tmvalite.load(file).GetMvaValues` takes. Tables have the spectators too that say the fold
            or the category of an event; an array has those of categories behind the variables.
        *more : (N,) arrays or floats
            The other variables, where `x` is the first of V columns.

        Returns
        -------
        For one event (V,): (1,) for a classification, (T,) targets of a regression, (C,) classes. For events (N, V): (N,) for a
        classification and a regression of one target, else (N, T) or (N, C). Events that are not finite give NaN.

        Raises
        ------
        DataError
            Not V columns.
        """
        columns, method = self.method.columns, self.method  # of categories with the spectators of their cuts
        if more:
            x = _columns((x, *more), columns)
        if getattr(method, "needs_spectators", False) and is_table(x):
            method = method.of_events(spectators_of(x, method.info, method.expression))
        events, single = scored_events(x, columns)
        values = np.asarray(getattr(method, GETTERS[self.method.value_kind])(events))
        if single:
            return np.atleast_1d(values[0])
        return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def _columns(given: tuple, variables) -> np.ndarray:
    """Columns of one length as (N, V), single numbers as (V,). Raises DataError."""
    if len(given) != len(variables):
        raise DataError(
            f"{len(given)} columns are given, the method has {len(variables)} variables",
            code="data-shape",
            expected=f"{', '.join(v.title for v in variables)}, or one array (events, {len(variables)})",
        )
    lengths = {np.shape(column) for column in given}
    if len(lengths) != 1 or len(next(iter(lengths))) > 1:
        raise DataError(f"the columns have the shapes {', '.join(map(str, sorted(lengths)))}", code="data-shape")
    return np.stack([np.asarray(column) for column in given], axis=-1)
