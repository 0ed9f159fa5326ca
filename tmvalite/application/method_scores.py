"""The values of one weight file as columns: one for each method, class and target, and for each variation of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tmvalite.application.request import ALSO, Variation, Weights
from tmvalite.application.varied_table import VariedTable
from tmvalite.data.columns import Table
from tmvalite.data.info import VariableInfo
from tmvalite.data.scoring import variable_columns
from tmvalite.errors import DataError, OptionError, quoted
from tmvalite.io.root_file import branch_name
from tmvalite.methods import Method, MethodCategory, MethodCrossValidation, load
from tmvalite.methods.fold_methods import spectators_of
from tmvalite.models.form import VARIABLES

WITH_ERRORS = "values_and_errors"


@dataclass
class MethodScores:
    """A method of a weight file, and the names of the columns that it gives."""

    weights: Weights
    also: tuple[str, ...] = ()
    threads: int | None = None

    def __post_init__(self):
        self.method = load(self.weights.path)
        networks = [method.network for _, method in self.method.networks()]
        if self.threads is not None:
            for network in networks:
                network.threads = self.threads
        title = self.weights.name or self.method.title
        self.title = branch_name(title)
        self.variables: tuple[VariableInfo, ...] = self.method.columns  # of categories with the spectators of their cuts
        self.precision = None if isinstance(self.method, MethodCategory) else networks[0].dtype  # cuts read what is there
        self.dtype = np.dtype(np.float64) if self.precision is None else self.precision
        self.folds = isinstance(self.method, MethodCrossValidation)
        self.groups = list(self._groups())
        nothing = np.full((1, len(self.variables)), np.nan if self.precision is None else 0.0, self.dtype)
        self.values((nothing, np.array([-1])))  # what it cannot give is said before anything is read
        self.names = [name for names, _ in self.groups for name in names]

    def _groups(self) -> Iterator[tuple[list[str], str]]:
        """The names of columns, and the getter that gives their values (N,) or (N, columns) for events."""
        method, info, title = self.method, self.method.info, self.title
        one = method.folds[0] if self.folds else method
        roles = [role for role in one.form.roles if role.learns == VARIABLES] if isinstance(one, Method) else []
        unsupervised, kind = bool(roles), method.value_kind
        whole = all(role.name in one.blocks for role in roles)
        if (kind == "classification" or unsupervised) and (whole or not self.also):
            yield self._with_errors([title], "GetMvaValues", "classification")
        if kind == "multiclass":
            names = [f"{title}_{branch_name(name)}" for name in info.classes]
            yield self._with_errors(names, "GetMulticlassValues", "multiclass")
        if info.targets and not unsupervised:
            names = [f"{title}_{branch_name(v.internal)}" for v in info.targets]
            yield self._with_errors(names, "GetRegressionValues", "regression")
        for wanted in self.also:
            if wanted not in ALSO:
                raise OptionError(f"{quoted(wanted)} cannot be had", code="apply-also", expected=ALSO)
            if not unsupervised or one is not method:
                raise OptionError(
                    f"{method.method_type} '{title}' has no {wanted}", code="apply-also", hint="an autoencoder (AE) has one"
                )
            if wanted == "code":
                yield [f"{title}_code{i}" for i in range(method.latent_size)], "encode"
            else:
                yield [f"{title}_{branch_name(v.internal)}" for v in self.variables], "reconstruct"

    def _with_errors(self, names: list[str], getter: str, analysis: str) -> tuple[list[str], str]:
        """The columns of a getter, and behind them those of the errors where the values of the analysis have any."""
        if getattr(self.method, "has_errors", False) and self.method.analysis_type == analysis:
            return [*names, *(f"{name}_error" for name in names)], WITH_ERRORS
        return names, getter

    def all_names(self, variations: tuple[Variation, ...]) -> list[str]:
        return [*self.names, *(varied_name(name, v) for v in variations for name in self.names)]

    def values(self, events: tuple[np.ndarray, np.ndarray]) -> dict[str, np.ndarray]:
        """Name -> (N,) values for what `events` gives."""
        x, fold = events
        found: dict[str, np.ndarray] = {}
        for names, getter in self.groups:
            if getter == WITH_ERRORS:
                both = [np.asarray(one).reshape(len(x), -1) for one in self.method.values_and_errors(x)]
                found.update(zip(names, np.ascontiguousarray(np.concatenate(both, axis=1).T), strict=True))
                continue
            values = np.asarray(self.method.values(getter, x, fold) if self.folds else getattr(self.method, getter)(x))
            columns = values[:, None] if values.ndim == 1 else values
            found.update(zip(names, np.ascontiguousarray(columns.T), strict=True))
        return found

    def events(self, table: Table, passes: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Events (N, V) of a table in the method's precision, with the bits that `scored_events` gives them; their folds (N,).

        Raises DataError, also for spectators that say the fold of an event and are not there.
        """
        columns = variable_columns(table, self.variables)
        common = np.result_type(*columns)
        n = table.n_entries if passes is None else int(passes.sum())
        x = np.empty((n, len(columns)), self.precision or (np.float32 if common == np.float32 else np.float64))
        with np.errstate(over="ignore"):
            for j, column in enumerate(columns):
                chosen = column if passes is None else column[passes]
                x[:, j] = chosen.astype(common, copy=False)
        return x, self._fold(table, x, passes)

    def _fold(self, table: Table, x: np.ndarray, passes: np.ndarray | None) -> np.ndarray:
        if not self.folds:
            return np.full(len(x), -1)
        if not self.method.needs_spectators:
            return self.method.fold_of(x, None)
        spectators = spectators_of(table, self.method.info, self.method.expression)
        if passes is not None:
            spectators = {name: column[passes] for name, column in spectators.items()}
        return self.method.fold_of(x, spectators)


def varied_name(name: str, variation: Variation) -> str:
    """The column of a variation of the column `name`."""
    return f"{name}__{variation.name}_{variation.direction}"


def varied_events(scores: MethodScores, table: Table, variation: Variation, passes=None) -> tuple[tuple, set[str]]:
    """The events of a variation, and which of its columns a variable reads."""
    varied = VariedTable(table, variation, scores.variables)
    return scores.events(varied, passes), varied.read_varied


def check_variation(variation: Variation, read: set[str]) -> None:
    """Raises DataError for a column that no variable reads: the variation would change nothing."""
    for column, _ in variation.columns:
        if column not in read:
            raise DataError(
                f"no variable is computed from {quoted(column)}",
                code="systematic-unread",
                where=f"the variation '{variation.name}', {variation.direction}",
                hint="name columns as the expressions of the variables do",
            )
