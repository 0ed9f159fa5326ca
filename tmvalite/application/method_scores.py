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
from tmvalite.methods import load
from tmvalite.models.form import VARIABLES


@dataclass
class MethodScores:
    """A method of a weight file, and the names of the columns that it gives."""

    weights: Weights
    also: tuple[str, ...] = ()
    threads: int | None = None

    def __post_init__(self):
        self.method = load(self.weights.path)
        if self.threads is not None:
            self.method.network.threads = self.threads
        title = self.weights.name or self.method.title
        self.title = branch_name(title)
        self.variables: tuple[VariableInfo, ...] = self.method.info.variables
        self.dtype = self.method.network.dtype
        self.groups = list(self._groups())
        self.values(np.zeros((1, len(self.variables)), self.dtype))  # what it cannot give is said before anything is read
        self.names = [name for names, _ in self.groups for name in names]

    def _groups(self) -> Iterator[tuple[list[str], object]]:
        """The names of columns, and what gives their values (N,) or (N, columns) for events."""
        method, info, title = self.method, self.method.info, self.title
        unsupervised = any(role.learns == VARIABLES for role in method.form.roles)
        kind = method.value_kind
        whole = all(role.name in method.blocks for role in method.form.roles if role.learns == VARIABLES)
        if (kind == "classification" or unsupervised) and (whole or not self.also):
            yield [title], method.mva_values
        if kind == "multiclass":
            yield [f"{title}_{branch_name(name)}" for name in info.classes], method.multiclass_values
        if info.targets and not unsupervised:
            yield [f"{title}_{branch_name(v.internal)}" for v in info.targets], method.regression_values
        for wanted in self.also:
            if wanted not in ALSO:
                raise OptionError(f"{quoted(wanted)} cannot be had", code="apply-also", expected=ALSO)
            if not unsupervised:
                raise OptionError(
                    f"{method.method_type} '{title}' has no {wanted}", code="apply-also", hint="an autoencoder (AE) has one"
                )
            if wanted == "code":
                yield [f"{title}_code{i}" for i in range(method.latent_size)], method.encode
            else:
                yield [f"{title}_{branch_name(v.internal)}" for v in self.variables], method.reconstruct

    def all_names(self, variations: tuple[Variation, ...]) -> list[str]:
        return [*self.names, *(varied_name(name, v) for v in variations for name in self.names)]

    def values(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Name -> (N,) values for events x (N, V)."""
        found: dict[str, np.ndarray] = {}
        for names, getter in self.groups:
            values = np.asarray(getter(x))
            columns = values[:, None] if values.ndim == 1 else values
            found.update(zip(names, np.ascontiguousarray(columns.T), strict=True))
        return found

    def events(self, table: Table, passes: np.ndarray | None = None) -> np.ndarray:
        """(N, V) events of a table in the method's precision, with the bits that `scored_events` gives them."""
        columns = variable_columns(table, self.variables)
        common = np.result_type(*columns)
        n = table.n_entries if passes is None else int(passes.sum())
        x = np.empty((n, len(columns)), self.dtype)
        with np.errstate(over="ignore"):
            for j, column in enumerate(columns):
                chosen = column if passes is None else column[passes]
                x[:, j] = chosen.astype(common, copy=False)
        return x


def varied_name(name: str, variation: Variation) -> str:
    """The column of a variation of the column `name`."""
    return f"{name}__{variation.name}_{variation.direction}"


def varied_events(scores: MethodScores, table: Table, variation: Variation, passes=None) -> tuple[np.ndarray, set[str]]:
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
