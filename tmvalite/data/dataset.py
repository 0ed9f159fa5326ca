"""Declarations + trees -> training and test samples, as TMVA builds them."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tmvalite.data.checks import constant_remark, sample_remarks
from tmvalite.data.class_formulas import formulas_for
from tmvalite.data.columns import ArrayTable, Column
from tmvalite.data.declared_formulas import DeclaredFormulas
from tmvalite.data.empty_class import class_without_events
from tmvalite.data.event_rows import GrowingRows, Room, TreeEvents
from tmvalite.data.expression import Context, parse_expression
from tmvalite.data.gathering import gathered, joined_weights, widen
from tmvalite.data.info import DataSet, DataSetInfo, Events, VariableInfo
from tmvalite.data.reading import read_tree
from tmvalite.data.root_random import TRandom3
from tmvalite.data.sample_report import ClassReport, DataSetReport, Sums, TreeReport
from tmvalite.data.sources import open_table
from tmvalite.data.split import FREE, POSITION, TEST, TRAIN, SplitOptions, mix_classes, split_classes
from tmvalite.errors import DataError, Diagnostics

_KINDS = {None: FREE, "train": TRAIN, "test": TEST}
_ROOT_SEED = 4357  # of the generator behind `rndm`


@dataclass(frozen=True)
class TreeInput:
    """One tree of one class.

    source : anything that open_table takes
    weight : factor of every event weight
    sample : "train", "test", or None for the split to decide
    cut : a cut of this tree alone, besides that of its class
    """

    source: object
    class_name: str
    weight: float = 1.0
    sample: str | None = None
    cut: str = ""


@dataclass(frozen=True)
class EventInput:
    """Events given as values, not as a tree: (n, V + T + S) variables, targets, spectators in declared order; (n,) weights."""

    values: object
    class_name: str
    weights: object = None
    sample: str | None = None


@dataclass
class _Class:
    """What is read of one class."""

    name: str
    parts: list[TreeEvents] = field(default_factory=list)
    kinds: list[np.ndarray] = field(default_factory=list)
    reports: list[TreeReport] = field(default_factory=list)


def build_dataset(
    info: DataSetInfo,
    inputs: Sequence[TreeInput | EventInput],
    *,
    cuts: Mapping[str, str] | None = None,
    weights: Mapping[str, str] | None = None,
    split: SplitOptions | None = None,
    diagnostics: Diagnostics | None = None,
) -> DataSet:
    """Read trees, apply cuts and weights, divide into training and test, and normalise the training weights.

    Parameters
    ----------
    info : DataSetInfo
        Variables, targets, spectators and classes; class indices follow info.classes.
    inputs : sequence
        In the order in which they were added.
    cuts, weights : mapping
        Cut and weight expression by class name; "" or absent for none.
    diagnostics : Diagnostics, optional
        Collects the warnings; without it they are issued here.

    Raises
    ------
    DataError
        An unusable file, column, expression or value; a class without events; more events requested than there are.

    Example
    -------
    >>> info = DataSetInfo((declare("x"),), classes=("Signal", "Background"))
    >>> trees = [TreeInput({"x": [1.0, 2.0, 3.0, 4.0]}, "Signal"), TreeInput({"x": [5.0, 6.0]}, "Background")]
    >>> data = build_dataset(info, trees, split=SplitOptions(split_mode="Block"))
    >>> data.train.x[:, 0].tolist()
    [1.0, 2.0, 5.0]
    """
    own = diagnostics is None
    diagnostics = Diagnostics() if own else diagnostics
    split = split or SplitOptions()
    if not info.variables:
        raise DataError("there are no variables", code="data-no-variables", hint="declare at least one")
    names = [v.internal for v in info.spectators]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(
            f"two spectators have the name '{twice}'", code="data-duplicate", hint="give one a label: 'label := expression'"
        )
    if not inputs:
        raise DataError("there are no trees", code="data-no-trees")
    reader = _Reader(info, dict(cuts or {}), dict(weights or {}), diagnostics)
    classes = [_Class(name) for name in info.classes]
    for one in classes:
        for given in inputs:
            if given.class_name == one.name:
                reader.add(one, given)
    stray = next((given.class_name for given in inputs if given.class_name not in info.classes), None)
    if stray is not None:
        raise DataError(f"there is no class '{stray}'", code="class-unknown", expected=info.classes)
    data = _Building(info, classes, reader, split, diagnostics).dataset()
    if own:
        diagnostics.issue()
    return data


class _Reader:
    """Reads trees into classes."""

    def __init__(self, info: DataSetInfo, cuts: dict[str, str], weights: dict[str, str], diagnostics: Diagnostics):
        self.info, self.cuts, self.diagnostics = info, cuts, diagnostics
        self.formulas = DeclaredFormulas(info, cuts, weights, diagnostics)
        self.random = TRandom3(_ROOT_SEED)
        self.room = Room(GrowingRows(info.n_variables), GrowingRows(info.n_targets))
        self.not_finite: dict[str, int] = {}

    def add(self, one: _Class, given: TreeInput | EventInput) -> None:
        if given.sample not in _KINDS:
            raise DataError(f"'{given.sample}' is no sample", code="data-sample", expected=("train", "test", "None"))
        if isinstance(given, EventInput):
            table, formulas = self._table_of(given, one.name)
            tree_weight, name = 1.0, "events"
        else:
            table = open_table(given.source)
            formulas = self.formulas.of(one.name, table, given.cut)
            tree_weight, name = given.weight, str(table)
        context = Context(table.n_entries, self.random)
        events = read_tree(table, formulas, tree_weight, context, self.diagnostics, self.room)
        for what, n in events.cut_away_not_finite.items():
            self.not_finite[what] = self.not_finite.get(what, 0) + n
        one.parts.append(events)
        one.kinds.append(np.full(len(events.weight), _KINDS[given.sample], np.uint8))
        one.reports.append(
            TreeReport(
                name,
                one.name,
                given.sample,
                float(tree_weight),
                events.n_entries,
                events.n_before,
                events.sum_before,
                Sums.of(events.weight),
                events.n_dropped,
            )
        )

    def _table_of(self, given: EventInput, class_name: str):
        """Events given as values: a table whose columns have names that nobody can write, and the formulas that read them."""
        values = np.asarray(given.values, np.float64)
        infos = [*self.info.variables, *self.info.targets, *self.info.spectators]
        if values.ndim != 2 or values.shape[1] != len(infos):
            raise DataError(
                f"events of class '{class_name}' have the shape {values.shape}",
                code="data-event-shape",
                expected=f"(n, {len(infos)}): the values of all variables, targets and spectators",
            )
        weights = np.ones(len(values)) if given.weights is None else np.asarray(given.weights, np.float64)
        if weights.shape != (len(values),):
            raise DataError(f"{len(values)} events of class '{class_name}' have {weights.size} weights", code="data-event-shape")
        columns = {f"event{j}": Column(np.ascontiguousarray(values[:, j])) for j in range(len(infos))}
        columns |= {info.label: columns[f"event{j}"] for j, info in enumerate(infos) if info.label not in columns}
        columns["event_weight"] = Column(weights)
        own = [dataclasses.replace(info, expression=f"event{j}", index=None, source=None) for j, info in enumerate(infos)]
        v, t = self.info.n_variables, self.info.n_targets
        info = dataclasses.replace(
            self.info, variables=tuple(own[:v]), targets=tuple(own[v : v + t]), spectators=tuple(own[v + t :])
        )
        groups = {"variable": info.variables, "target": info.targets, "spectator": info.spectators}
        expressions = {kind: tuple(parse_expression(i.expression) for i in infos) for kind, infos in groups.items()}
        return ArrayTable(columns, len(values), "the events given as values"), formulas_for(
            info, expressions, self.formulas.cuts_of(class_name), parse_expression("event_weight"), class_name
        )


class _Building:
    """From the events of all classes to the two samples."""

    def __init__(self, info: DataSetInfo, classes: list[_Class], reader: _Reader, split: SplitOptions, diagnostics: Diagnostics):
        self.info, self.classes, self.reader, self.split, self.diagnostics = info, classes, reader, split, diagnostics

    def dataset(self) -> DataSet:
        for one in self.classes:
            self._check_not_empty(one)
        sizes = [sum(len(part.weight) for part in one.parts) for one in self.classes]
        kinds = [np.concatenate(one.kinds) for one in self.classes]
        whole = self._joined()
        seed = self.split.split_seed or 1 + secrets.randbelow(2**32 - 1)
        generator = TRandom3(seed)
        efficiencies = [n / max(1, sum(r.n_before for r in one.reports)) for one, n in zip(self.classes, sizes, strict=True)]
        samples = split_classes(kinds, efficiencies, self.info.classes, self.split, generator)
        del kinds
        self.whole_numbers = [info.type == "I" and _integral(whole.spectators[info.internal]) for info in self.info.spectators]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        sums = [Sums.of(whole.weight[start:stop]) for start, stop in zip(starts, starts[1:])]
        of_train, of_test = map(list, zip(*samples))
        del samples
        train, test = (self._mix(whole, starts, of_sample, generator) for of_sample in (of_train, of_test))
        self.reader.room = None
        del whole
        for events in (train, test):
            widen(events)
        if not len(train):
            raise DataError("no events are left to train on", code="data-no-training")
        if not len(test):
            self.diagnostics.warn("no events are left to test on", code="data-no-test")
        factors = self._normalise(train)
        report = self._report(sums, train, test, factors, seed)
        info = self._with_ranges(train)
        self._warn_about_lost_values()
        return DataSet(train, test, info, report)

    def _check_not_empty(self, one: _Class) -> None:
        if not one.parts:
            raise DataError(f"class '{one.name}' has no tree", code="data-empty-class")
        if any(len(part.weight) for part in one.parts):
            return
        n = sum(report.n_before for report in one.reports)
        cut = self.reader.cuts.get(one.name, "").strip()
        raise class_without_events(one.name, n, cut)

    def _joined(self) -> Events:
        """The events of all classes, one class after the other, as they were read."""
        parts = [part for one in self.classes for part in one.parts]
        spectators = {
            v.internal: np.concatenate([part.spectators[j] for part in parts]) for j, v in enumerate(self.info.spectators)
        }
        weight, room = joined_weights([part.weight for part in parts]), self.reader.room
        for one in self.classes:
            one.parts.clear()
            one.kinds.clear()
        return Events(room.x.array, room.targets.array, spectators, weight, np.empty(0, np.int64))

    def _mix(self, whole: Events, starts: np.ndarray, samples: list[np.ndarray], generator: TRandom3) -> Events:
        """One sample of all classes; `starts` has the places where they begin, `samples` their events in it, and is emptied."""
        order = mix_classes([len(sample) for sample in samples], self.split.mixing, generator)
        at = np.concatenate([sample + POSITION(start) for sample, start in zip(samples, starts)])
        samples.clear()
        events = gathered(whole, starts, at, order)
        for info, whole_numbers in zip(self.info.spectators, self.whole_numbers, strict=True):
            values = events.spectators[info.internal]
            if values.dtype.kind == "f":
                events.spectators[info.internal] = values.astype(np.int64 if whole_numbers else np.float32)
        return events

    def _normalise(self, train: Events) -> list[float]:
        """NormMode; changes the training weights in place and gives the factor of every class."""
        n = np.bincount(train.class_index, minlength=self.info.n_classes)
        sums = np.bincount(train.class_index, weights=train.weight, minlength=self.info.n_classes)
        for name, events, total in zip(self.info.classes, n, sums, strict=True):
            if events and not total > 0:
                raise DataError(
                    f"the training weights of class '{name}' sum up to {total:g}",
                    code="data-weight-sum",
                    expected="a positive sum",
                )
        wanted = {"None": sums, "NumEvents": n, "EqualNumEvents": np.full(len(n), n[0])}[self.split.norm_mode]
        if self.split.norm_mode == "EqualNumEvents" and n[0] == 0:
            raise DataError(
                f"class '{self.info.classes[0]}' has no training events to normalise to",
                code="data-no-training",
                hint="use NormMode=NumEvents",
            )
        factors = np.divide(wanted, sums, out=np.ones(len(n)), where=(n > 0) & (wanted != sums))
        if (factors != 1.0).any():
            train.weight = train.weight * factors[train.class_index]
        return factors.tolist()

    def _report(self, sums: list[Sums], train: Events, test: Events, factors, seed: int) -> DataSetReport:
        classes = []
        for i, (one, of_class) in enumerate(zip(self.classes, sums, strict=True)):
            trains, tests = train.class_index == i, test.class_index == i
            n_before, sum_before = sum(r.n_before for r in one.reports), sum(r.sum_before for r in one.reports)
            classes.append(
                ClassReport(
                    one.name,
                    self.reader.cuts.get(one.name, "").strip(),
                    n_before,
                    sum_before,
                    of_class,
                    Sums.of(train.original_weight[trains]),
                    Sums.of(train.weight[trains]),
                    Sums.of(test.weight[tests]),
                    factors[i],
                )
            )
        trees = tuple(report for one in self.classes for report in one.reports)
        return DataSetReport(
            trees, tuple(classes), self.split.norm_mode, self.split.split_mode, seed, dict(self.reader.not_finite)
        )

    def _with_ranges(self, train: Events) -> DataSetInfo:
        """The ranges over the training events; constant and duplicate columns are warned about."""

        def ranged(infos, values):
            low, high = values.min(axis=0), values.max(axis=0)
            return tuple(v.with_range(low[j], high[j]) for j, v in enumerate(infos))

        variables, targets = ranged(self.info.variables, train.x), ranged(self.info.targets, train.targets)
        spectators = tuple(
            v.with_range(train.spectators[v.internal].min(), train.spectators[v.internal].max()) for v in self.info.spectators
        )
        seen: dict[tuple, VariableInfo] = {}
        again = []
        for j, v in enumerate(variables):
            other = seen.setdefault((v.expression, v.index), v)
            if other is not v:
                again.append(j)
                self.diagnostics.warn(f"variables '{other.label}' and '{v.label}' are the same expression", code="data-duplicate")
        remarks = sample_remarks(
            train.x, [v.label if v.index is None else v.internal for v in variables], train.original_weight, frozenset(again)
        )
        constant = [v.internal for v in targets if v.minimum == v.maximum]
        for remark in [*remarks, *([constant_remark("target", constant)] if constant else [])]:
            self.diagnostics.warn(remark.message, code=remark.code, hint=remark.hint)
        return dataclasses.replace(self.info, variables=variables, targets=targets, spectators=spectators)

    def _warn_about_lost_values(self) -> None:
        for what, n in self.reader.not_finite.items():
            plural = "value that is" if n == 1 else "values that are"
            self.diagnostics.warn(f"{what} has {n} {plural} not finite, in events that the cut removes", code="data-not-finite")


def _integral(values: np.ndarray) -> bool:
    return values.dtype.kind != "f" or bool(np.all(np.abs(values) < 2.0**63) and np.array_equal(values, np.trunc(values)))
