"""A sample that is not in memory, in the place of `Events` where a training takes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tmvalite.data.checks import constant_remark
from tmvalite.data.drawn_events import event_words
from tmvalite.data.empty_class import class_without_events
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.streaming.read_ahead import ahead
from tmvalite.data.streaming.stream_trees import ChunkEvents, StreamTrees
from tmvalite.errors import DataError, TmvaliteWarning, quoted, warn_user
from tmvalite.training import streams

ROW_BYTES = 32  # of an event beside its numbers: weight, class, order
OF_BUFFERS, LEAST_BUFFER = 0.75, 1000  # of the memory, two buffers; events of one, however little memory there is
ORDER_BYTES = 40  # of an event in a buffer: its place, and what shuffling needs
OF_HELD = 0.5  # of the memory, that events may take which are held


def buffer_events(memory: int, numbers: int, itemsize: int = 4) -> int:
    """How many events of so many numbers one of the two buffers holds."""
    return max(LEAST_BUFFER, int(OF_BUFFERS / 2 * memory) // (itemsize * numbers + ORDER_BYTES))


@dataclass(frozen=True)
class Limits:
    """Which events of a class belong to a part: those whose words of a stream are in [low, high).

    seed, stream : of the words
    by_class : class -> (low, high)
    forced : tree -> whether its events all belong to the part, or none does, whatever their words are
    """

    seed: int
    stream: str
    by_class: tuple[tuple[np.uint64, np.uint64], ...]
    forced: dict[int, bool] = field(default_factory=dict)

    def chosen(self, trees: StreamTrees, events: ChunkEvents) -> np.ndarray:
        """(n,) bool."""
        tree = trees.chunks[events.number].tree
        if tree in self.forced:
            return np.full(len(events), self.forced[tree])
        low, high = self.by_class[events.class_index]
        words = event_words(self.seed, self.stream, trees.info.classes[events.class_index], events.first, len(events))
        return (words >= low) & (words < high)


@dataclass
class StreamedEvents:
    """Events of trees that are read again in every epoch.

    trees : where they are
    norm : "EqualNumEvents", "NumEvents" or None, see `models.weighting.normalised`
    memory : bytes for buffers, about
    part : which of their events these are; None for all
    n : how many they are, where that is known
    """

    trees: StreamTrees
    norm: str | None
    memory: int
    part: Limits | None = None
    n: int = -1

    def __len__(self):
        return max(0, self.n)

    @property
    def info(self) -> DataSetInfo:
        return self.trees.info

    @property
    def fits(self) -> bool:
        """Whether all events are sure to fit: if no array gives an entry several of them."""
        row = 4 * (self.info.n_variables + self.info.n_targets + 1) + ROW_BYTES
        return self.trees.n_entries * row <= OF_HELD * self.memory

    def chunks(self) -> Iterator[tuple[ChunkEvents, np.ndarray | None]]:
        """All chunks, and which of their events belong to this sample, None for all; read ahead in a thread."""
        for events in ahead(self.trees.read()):
            yield events, None if self.part is None else self.part.chosen(self.trees, events)

    def whole(self) -> Events:
        """All events in memory, class after class, with their weights as they were read. Raises DataError for an empty class."""
        parts = []
        for chunk, belongs in self.chunks():
            x, targets, weight = (a if belongs is None else a[belongs] for a in (chunk.x, chunk.targets, chunk.weight))
            parts.append(Events(x, targets, {}, weight, np.full(len(x), chunk.class_index, np.int64)))
        joined = Events.concatenate(parts)
        for i, name in enumerate(self.info.classes):
            if not (joined.class_index == i).any():
                self.refuse_empty(name)
        return joined

    def refuse_empty(self, name: str):
        """Raise the error that a class has no events."""
        n = sum(tree.n_entries for tree in self.trees.trees if self.info.classes[tree.class_index] == name)
        cut = self.trees.cuts.get(name, "").strip()
        raise class_without_events(name, n, cut, " entries")


@dataclass
class ClassSums:
    """What was counted of one class.

    events, weight : their number and the sum of their weights
    n_negative, negative : those with negative weights
    of_part : for each part, training and validation, the number of events and the sum of their weights as they train
    """

    events: int = 0
    weight: float = 0.0
    n_negative: int = 0
    negative: float = 0.0
    of_part: np.ndarray = field(default_factory=lambda: np.zeros((2, 2)))


class Survey:
    """The first pass over a streamed sample: counts, sums of weights, ranges, and what others want to see of it.

    Parameters
    ----------
    validates : Limits
        The events that validate.
    ignore_negative : bool
        Whether negative weights train as 0.
    """

    def __init__(self, events: StreamedEvents, validates: Limits, *, ignore_negative: bool):
        self.events, self.validates, self.ignore_negative = events, validates, ignore_negative
        self.sums = [ClassSums() for _ in events.info.classes]
        self.trained = np.zeros(len(events.trees.chunks), np.int64)  # of every chunk
        self._ranges: dict[str, np.ndarray] = {}

    def run(self, observers: Sequence[Callable[[ChunkEvents, np.ndarray | None, np.ndarray], None]] = ()) -> None:
        """Read everything once; an observer gets a chunk, which of its events count, and which of all validate."""
        for events, belongs in self.events.chunks():
            validates = self.parted(events, belongs)
            self._count(events, belongs, validates)
            for observer in observers:
                observer(events, belongs, validates)

    def parted(self, events: ChunkEvents, belongs: np.ndarray | None) -> np.ndarray:
        """(n,) bool, which events of a chunk validate."""
        chosen = self.validates.chosen(self.events.trees, events)
        return chosen if belongs is None else chosen & belongs

    def weights(self, weight: np.ndarray) -> np.ndarray:
        """As they train, before any factor."""
        return np.maximum(weight, 0.0) if self.ignore_negative else weight

    def _count(self, events: ChunkEvents, belongs, validates) -> None:
        sums, weight = self.sums[events.class_index], events.weight
        x, targets = events.x, events.targets
        if belongs is not None:
            x, targets, weight, validates = x[belongs], targets[belongs], weight[belongs], validates[belongs]
        sums.events += len(weight)
        sums.weight += float(weight.sum())
        negative = weight < 0
        if negative.any():
            sums.n_negative += int(negative.sum())
            sums.negative += float(weight[negative].sum())
        used = self.weights(weight)
        for part, chosen in enumerate((~validates, validates)):
            sums.of_part[part] += chosen.sum(), used[chosen].sum()
        self.trained[events.number] = len(weight) - int(validates.sum())
        for what, values in (("variables", x), ("targets", targets)):
            if len(values):
                found, old = np.stack([values.min(axis=0), values.max(axis=0)]), self._ranges.get(what)
                if old is not None:
                    found = np.stack([np.minimum(found[0], old[0]), np.maximum(found[1], old[1])])
                self._ranges[what] = found

    # ------------------------------------------------------------------------------------- what was found

    def count(self, part: int) -> int:
        """Events that train (0) or validate (1)."""
        return int(sum(sums.of_part[part, 0] for sums in self.sums))

    def factors(self) -> np.ndarray:
        """(classes,) by which `norm` multiplies the weights. Raises DataError where they have no positive sum."""
        info = self.events.info
        for name, sums in zip(info.classes, self.sums):
            if not sums.events:
                self.events.refuse_empty(name)
            if not sums.weight > 0:
                what = f"the weights of class {quoted(name)}" if info.n_classes > 1 else "the event weights"
                raise DataError(
                    f"{what} add up to {sums.weight:g} ({sums.events} events); their sum must be positive", code="data-weight-sum"
                )
        n, total = (np.array([getattr(sums, what) for sums in self.sums]) for what in ("events", "weight"))
        return np.ones(len(n)) if self.events.norm is None else (n if self.events.norm == "NumEvents" else n[0]) / total

    def mean_weight(self, part: int, factors: np.ndarray) -> float:
        """Of the events that train or validate, after the factors. Raises DataError where it is not positive."""
        n, total = self.count(part), float(sum(f * sums.of_part[part, 1] for f, sums in zip(factors, self.sums)))
        if not total > 0:
            what = ("training", "validation")[part]
            message = f"the weights of the {n} {what} events add up to {total:g}; their sum must be positive"
            hint = "IgnoreNegWeightsInTraining gives negative weights the value 0"
            raise DataError(message, code="data-weight-sum", hint=hint)
        return total / n

    def ranged(self, info: DataSetInfo) -> DataSetInfo:
        """The ranges of variables and targets, where nobody filled them before."""

        def filled(infos, what):
            found = self._ranges[what]
            return tuple(v if v.has_range else v.with_range(found[0, i], found[1, i]) for i, v in enumerate(infos))

        return replace(info, variables=filled(info.variables, "variables"), targets=filled(info.targets, "targets"))

    def remark(self, warn: Callable[[TmvaliteWarning], None] = warn_user) -> None:
        """Warn of constant variables and of negative weights."""
        low, high = self._ranges["variables"]
        constant = [v.label for v, a, b in zip(self.events.info.variables, low, high) if a == b]
        if constant:
            warn(constant_remark("variable", constant))
        n = sum(sums.n_negative for sums in self.sums)
        if n:
            events, total = sum(sums.events for sums in self.sums), sum(sums.weight for sums in self.sums)
            message = (
                f"{n} of {events} event weights are negative ({100 * n / events:.3g} %); their sum is "
                f"{sum(sums.negative for sums in self.sums):.6g}, that of all weights {total:.6g}"
            )
            hint = "they count as they are; IgnoreNegWeightsInTraining leaves such events out of the training"
            warn(TmvaliteWarning(message, code="data-negative-weights", hint=hint))


def whole_limits(classes: Iterable[str], limit: np.uint64, seed: int, stream: str = streams.SPLIT) -> Limits:
    """The events of every class below the same limit."""
    return Limits(seed, stream, tuple((np.uint64(0), limit) for _ in classes))
