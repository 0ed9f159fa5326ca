"""Systematic uncertainties of a DataLoader: the data set as a variation makes it, and what that does to the score."""

from __future__ import annotations

import contextlib
import dataclasses
import io

import numpy as np

from tmvalite.data.info import DataSet
from tmvalite.errors import DataError, OptionError, did_you_mean
from tmvalite.evaluation.binned import N_BINS, histogram_edges
from tmvalite.evaluation.systematics import ShapeVariation, shape_variation
from tmvalite.workflow.building import build, check_in_memory
from tmvalite.workflow.declarations import Declarations, Systematic, TreeDeclaration
from tmvalite.workflow.log import LogSettings
from tmvalite.workflow.results import MethodRecord

DIRECTIONS = ("up", "down")


def systematic_of(name, up, down, class_name: str, known: list[Systematic]) -> Systematic:
    """What AddSystematic was told. Raises OptionError for a name that is taken or cannot be, or directions of different kinds."""
    name = str(name)
    if not name.isidentifier():
        raise OptionError(f"'{name}' cannot name a variation", code="systematic-name", expected="letters, digits and _")
    if name in [one.name for one in known]:
        raise OptionError(f"a variation is called '{name}' already", code="systematic-name")
    kinds = [_is_tree(one) for one in (up, down)]
    if kinds[0] != kinds[1]:
        raise OptionError(
            f"of the variation '{name}' one direction is a table, the other an expression",
            code="systematic-name",
            hint="give two weight expressions, or two tables",
        )
    if kinds[0] and not class_name:
        raise OptionError(
            f"the tables of the variation '{name}' need a class",
            code="systematic-name",
            hint=f"AddSystematic('{name}', up, down, 'Signal')",
        )
    return Systematic(name, up, down, class_name, kinds[0])


def varied(declared: Declarations, systematic: Systematic, direction: str) -> Declarations:
    """The declarations with the trees or weights of one direction."""
    given = getattr(systematic, direction)
    classes = declared.info.classes
    if systematic.class_name and systematic.class_name not in classes:
        raise DataError(
            f"the variation '{systematic.name}' is for class {systematic.class_name}, which does not exist",
            code="class-unknown",
            expected=tuple(classes),
            hint=did_you_mean(systematic.class_name, classes),
        )
    if not systematic.tables:
        chosen = [systematic.class_name] if systematic.class_name else classes
        return dataclasses.replace(declared, weights={**declared.weights, **dict.fromkeys(chosen, str(given))})
    nominal = [tree for tree in declared.trees if tree.class_name == systematic.class_name]
    tables = list(given) if isinstance(given, list | tuple) else [given]
    if len(tables) != len(nominal):
        raise DataError(
            f"the variation '{systematic.name}' has {len(tables)} tables, class {systematic.class_name} has {len(nominal)}",
            code="systematic-trees",
            hint="give a list with a table for each, in their order",
        )
    replaced = iter([dataclasses.replace(tree, tree=table) for tree, table in zip(nominal, tables, strict=True)])
    trees: list[TreeDeclaration] = [
        next(replaced) if tree.class_name == systematic.class_name else tree for tree in declared.trees
    ]
    return dataclasses.replace(declared, trees=tuple(trees))


def varied_data(loader, name: str, direction: str) -> DataSet:
    """The data set of one direction of a variation, read and split anew as the nominal one."""
    known = {one.name: one for one in loader.systematics}
    if name not in known:
        raise OptionError(
            f"there is no variation '{name}'",
            code="systematic-unknown",
            expected=tuple(known) or "an AddSystematic call first",
            hint=did_you_mean(name, known),
        )
    if direction not in DIRECTIONS:
        raise OptionError(f"'{direction}' is no direction", code="systematic-unknown", expected=DIRECTIONS)
    with contextlib.redirect_stdout(io.StringIO()):
        data = build(varied(loader.declared(), known[name], direction), LogSettings(silent=True))
    check_in_memory(data, "a variation")
    return data


def score_variations(
    record: MethodRecord, loader, sample: str = "test", n_bins: int = N_BINS
) -> dict[str, dict[str, dict[str, ShapeVariation]]]:
    """What every variation of a loader does to the score of a method: by variation, class and direction.

    The bins have TMVA's range over the nominal scores of all classes. Weights are those before normalisation.
    """
    output, events = _score(record, record.output(sample)), record.sample(sample)
    groups = [(output[events.class_index == i], events.original_weight[events.class_index == i]) for i in range(_n(record))]
    edges, found = histogram_edges(groups, n_bins=n_bins), {}
    for systematic in loader.systematics:
        of_class = found[systematic.name] = {name: {} for name in record.data.info.classes}
        for direction in DIRECTIONS:
            other = getattr(varied_data(loader, systematic.name, direction), sample)
            same = len(other) == len(events) and np.array_equal(other.x, events.x)
            scores = output if same else _score(record, record.values_of_events(other))
            for i, name in enumerate(of_class):
                chosen = other.class_index == i
                pair = (scores[chosen], other.original_weight[chosen])
                of_class[name][direction] = shape_variation(groups[i], pair, edges, same_events=same)
    return found


def _n(record: MethodRecord) -> int:
    return len(record.data.info.classes)


def _score(record: MethodRecord, output: np.ndarray) -> np.ndarray:
    """The first column of what a method gives."""
    return output if output.ndim == 1 else output[:, 0]


def _is_tree(given) -> bool:
    """Whether this is a table, or a list of them, and no expression: a text is a path where it has the ending of a file."""
    if not isinstance(given, str):
        return True
    file = given.strip().lower()
    return any(
        f"{ending}:" in file or file.endswith(ending)
        for ending in (".root", ".parquet", ".pq", ".npz", ".csv", ".tsv", ".h5", ".hdf5")
    )
