"""A data set whose training events stay in their files: what a Factory has of it in memory is a drawn part.

Which events train and which test is drawn event by event, by a word of their own, so that no list of events is needed. As many
events as are requested are taken, else about half of each class. SplitMode=Random has no other meaning here; ROOT's own shuffle
needs all events at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tmvalite.data.dataset import EventInput, TreeInput
from tmvalite.data.drawn_events import MOST_WORD, DrawnEvents, exact_limit, limit_of
from tmvalite.data.info import DataSet, DataSetInfo, Events
from tmvalite.data.sample_report import ClassReport, DataSetReport, Sums, TreeReport
from tmvalite.data.split import SplitOptions, class_numbers
from tmvalite.data.streaming.chunks import chunk_sizes
from tmvalite.data.streaming.stream_trees import StreamTrees
from tmvalite.data.streaming.streamed_events import Limits, StreamedEvents, Survey, buffer_events
from tmvalite.errors import DataError, Diagnostics, OptionError
from tmvalite.training import streams

OF_SAMPLE = 0.1  # of the memory, that the held part of the training or of the test sample may take
LEAST_SAMPLE = 1000  # events of it, however little memory there is
NONE = (np.uint64(0), np.uint64(0))


@dataclass
class RunningSums:
    """Of weights that come bit by bit."""

    n: int = 0
    weight: float = 0.0
    squares: float = 0.0
    n_negative: int = 0

    def add(self, weight: np.ndarray) -> None:
        self.n += len(weight)
        self.weight += float(weight.sum())
        self.squares += float(np.dot(weight, weight))
        self.n_negative += int((weight < 0).sum())

    def sums(self, factor: float = 1.0) -> Sums:
        """What a report states, of weights times a factor."""
        effective = self.weight**2 / self.squares if self.squares > 0 else 0.0
        return Sums(self.n, factor * self.weight, effective, self.n_negative)


def streamed_dataset(
    info: DataSetInfo,
    inputs: Sequence[TreeInput | EventInput],
    *,
    cuts: Mapping[str, str],
    weights: Mapping[str, str],
    split: SplitOptions,
    diagnostics: Diagnostics,
) -> DataSet | None:
    """The data set of a DataLoader with Streaming, or None where all of its events fit into half of the memory.

    Raises
    ------
    DataError
        As `build_dataset`.
    OptionError
        An option of the split that needs all events at once.
    """
    if not inputs:
        raise DataError("there are no trees", code="data-no-trees")
    memory = split.memory * 1_000_000
    sizes = chunk_sizes(buffer_events(memory, info.n_variables + info.n_targets + 1))

    def trees_of(names: DataSetInfo) -> StreamTrees:
        return StreamTrees(names, inputs, cuts=cuts, weights=weights, diagnostics=diagnostics, **sizes)

    whole = StreamedEvents(trees_of(info), None, memory)
    if whole.fits:
        whole.trees.close()
        return None
    _check_options(split)
    seed = split.split_seed or 1 + secrets.randbelow(2**32 - 1)
    train, test = _limits(whole, split, seed)
    norm = None if split.norm_mode == "None" else split.norm_mode
    building = _Building(whole, replace(whole, norm=norm, part=train), test, seed)
    data = building.dataset(split, seed)
    stream = replace(building.events, n=len(building.events))
    if info.spectators:  # which no training reads
        whole.trees.close()
        stream = replace(stream, trees=trees_of(replace(info, spectators=())))
    building.warn(diagnostics)
    return replace(data, stream=replace(stream, n=building.survey.count(0)))


def _check_options(split: SplitOptions) -> None:
    for name, value, allowed in (
        ("SplitMode", split.split_mode, "Random"),
        ("ScaleWithPreselEff", split.scale_with_presel_eff, False),
    ):
        if value != allowed:
            raise OptionError(
                f"{name}={value} needs all events in memory",
                code="stream-method",
                expected=f"{name}={allowed} beside Streaming",
                hint="leave it out, or give StreamingMemory so much that all events fit",
            )


def _limits(whole: StreamedEvents, split: SplitOptions, seed: int) -> tuple[Limits, Limits]:
    """Which events train and which test. Where numbers decide, one pass counts the events first."""
    trees, classes = whole.trees, whole.info.classes
    samples = [tree.given.sample for tree in trees.trees]
    fixed = {i: sample for i, sample in enumerate(samples) if sample is not None}
    counted = any(fixed) or any(samples) or any(split.n_train.values()) or any(split.n_test.values())
    free = np.zeros((len(classes), 3), np.int64)  # of each class: free, must train, must test
    if counted:
        for events, _ in whole.chunks():
            kind = {None: 0, "train": 1, "test": 2}[samples[trees.chunks[events.number].tree]]
            free[events.class_index, kind] += len(events)
    of_train, of_test = [], []
    for name, (u, r, s) in zip(classes, free.tolist()):
        fraction = split.train_fraction.get(name, 0.0)
        if not counted:
            limit = limit_of(fraction or 0.5)
            of_train.append((np.uint64(0), limit))
            of_test.append((limit, MOST_WORD))
            continue
        requested = (split.n_train.get(name, 0), split.n_test.get(name, 0))
        if fraction:
            requested = (int(fraction * (u + r + s)), 0)
        if (r or s) and any(requested):
            raise OptionError(
                f"class '{name}' has trees that must train or test, and requested numbers of events: they need all in memory",
                code="stream-method",
                hint=f"leave nTrain_{name} and nTest_{name} out",
            )
        numbers = class_numbers(r, s, u, *requested, name)
        n_train, n_test = min(u, max(0, numbers.keep_train - r)), min(u, max(0, numbers.keep_test - s))
        if r or s:
            limit = limit_of(n_train / u if u else 0.0)
            of_train.append((np.uint64(0), limit))
            of_test.append((limit, MOST_WORD))
        else:
            of_train.append((np.uint64(0), exact_limit(seed, streams.TEST, name, u, n_train)))
            of_test.append((exact_limit(seed, streams.TEST, name, u, u - n_test), MOST_WORD))
    return (
        Limits(seed, streams.TEST, tuple(of_train), {i: sample == "train" for i, sample in fixed.items()}),
        Limits(seed, streams.TEST, tuple(of_test), {i: sample == "test" for i, sample in fixed.items()}),
    )


class _Building:
    """The pass that makes a data set."""

    def __init__(self, whole: StreamedEvents, events: StreamedEvents, test: Limits, seed: int):
        self.whole, self.events, self.test = whole, events, test
        self.trees, self.info = whole.trees, whole.info
        none = Limits(seed, streams.SPLIT, (NONE,) * self.info.n_classes)
        self.survey = Survey(events, none, ignore_negative=False)
        row = 4 * (self.info.n_variables + self.info.n_targets) + 8 * self.info.n_spectators + 40
        most = max(LEAST_SAMPLE, int(OF_SAMPLE * events.memory) // row)
        self.held = [DrawnEvents(most, seed, streams.DRAWN, self.info.classes) for _ in range(2)]
        self.of_class = [[RunningSums() for _ in self.info.classes] for _ in range(3)]  # all, train, test
        self.of_tree = [RunningSums() for _ in self.trees.trees]
        self.before = np.zeros((len(self.trees.trees), 3))  # events and weights before cuts, dropped entries
        self.not_finite: dict[str, int] = {}

    def _look(self, events, trains: np.ndarray, _) -> None:
        tree, tests = self.trees.chunks[events.number].tree, self.test.chosen(self.trees, events)
        for sums, chosen in zip(self.of_class, (slice(None), trains, tests)):
            sums[events.class_index].add(events.weight[chosen])
        self.of_tree[tree].add(events.weight)
        self.before[tree] += events.read.n_before, events.read.sum_before, events.read.n_dropped
        for what, n in events.read.cut_away_not_finite.items():
            self.not_finite[what] = self.not_finite.get(what, 0) + n
        columns = (events.x, events.targets, events.weight, *events.read.spectators)
        for held, chosen in zip(self.held, (trains, tests)):
            held.add(events.class_index, events.first, columns, chosen)

    def dataset(self, split: SplitOptions, seed: int) -> DataSet:
        self.survey.run([self._look])
        for name, sums in zip(self.info.classes, self.of_class[0]):
            if not sums.n:
                self.whole.refuse_empty(name)
        if not self.survey.count(0):
            raise DataError("no events are left to train on", code="data-no-training")
        factors = self.survey.factors()
        train, test = (self._sample(*pair) for pair in zip(self.held, self.of_class[1:]))
        train.weight = train.weight * factors[train.class_index]
        return DataSet(train, test, self.survey.ranged(self.info), self._report(factors, split, seed))

    def _sample(self, held: DrawnEvents, of_class: list[RunningSums]) -> Events:
        """The held events, classes mixed; their weights stand for all events of their class."""
        class_index, x, targets, weight, *spectators = held.events()
        kept = np.bincount(class_index, minlength=len(of_class))
        weight = weight * np.array([one.n / n if n else 1.0 for one, n in zip(of_class, kept.tolist())])[class_index]
        order = streams.permutation(streams.stream_key(1, streams.DRAWN), len(weight))
        named = {}
        for v, values in zip(self.info.spectators, spectators):
            named[v.internal] = values[order] if values.dtype.kind != "f" else values[order].astype(np.float32)
        x, targets = np.ascontiguousarray(x[order]), np.ascontiguousarray(targets[order])
        return Events(x, targets, named, weight[order], class_index[order])

    def _report(self, factors: np.ndarray, split: SplitOptions, seed: int) -> DataSetReport:
        info, trees = self.info, []
        for tree, sums, (n, total, dropped) in zip(self.trees.trees, self.of_tree, self.before.tolist()):
            given, name = tree.given, info.classes[tree.class_index]
            row = (tree.name, name, given.sample, float(given.weight), tree.n_entries, int(n), total, sums.sums(), int(dropped))
            trees.append(TreeReport(*row))
        classes = []
        for c, name in enumerate(info.classes):
            own = [t for t in trees if t.class_name == name]
            every, train, test = (sums[c] for sums in self.of_class)
            n, total = sum(t.n_before for t in own), sum(t.sum_before for t in own)
            normalised, cut = train.sums(factors[c]), self.trees.cuts.get(name, "").strip()
            row = (name, cut, n, total, every.sums(), train.sums(), normalised, test.sums(), float(factors[c]))
            classes.append(ClassReport(*row))
        return DataSetReport(tuple(trees), tuple(classes), split.norm_mode, split.split_mode, seed, self.not_finite)

    def warn(self, diagnostics: Diagnostics) -> None:
        """What is worth a word about the events, and how many of them are held."""
        self.survey.remark(lambda w: diagnostics.warn(w.message, code=w.code, hint=w.hint))
        for what, n in self.not_finite.items():
            plural = "value that is" if n == 1 else "values that are"
            diagnostics.warn(f"{what} has {n} {plural} not finite, in events that the cut removes", code="data-not-finite")
        if not self.held[1].seen:
            diagnostics.warn("no events are left to test on", code="data-no-test")
