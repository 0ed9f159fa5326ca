"""From a streamed sample to what a training takes: one pass that counts, finds the transformations and keeps what validates."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tmvalite.data.drawn_events import DrawnEvents, limit_of
from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.streaming.kept_rows import KeptRows
from tmvalite.data.streaming.stream_trees import ChunkEvents
from tmvalite.data.streaming.streamed_events import StreamedEvents, Survey, buffer_events, whole_limits
from tmvalite.data.transforms import TransformChain
from tmvalite.data.transforms.statistics import check_gathered
from tmvalite.errors import DataError, TmvaliteWarning, quoted, warn_user
from tmvalite.models.blueprint import Blueprint
from tmvalite.models.booking import Booking
from tmvalite.models.events import target_matrix
from tmvalite.models.form import TRUTH
from tmvalite.training import streams
from tmvalite.training.epoch_pieces import Sample
from tmvalite.training.streamed_sample import BlockSample, ChunkSize, StreamedSample
from tmvalite.training.workspace import EVALUATION_BLOCK

OF_VALIDATION = 0.25  # of the memory, the events that validate
BLOCK = 64 * EVALUATION_BLOCK
SHOWN = 50_000  # events by which a trained network is judged


@dataclass(frozen=True)
class Streamed:
    """What a training takes: the number of all events, names with ranges, and the two samples."""

    n_events: int
    info: DataSetInfo
    train: StreamedSample
    valid: Sample | BlockSample


def streamed_samples(
    booking: Booking, blueprint: Blueprint, chain: TransformChain, events: StreamedEvents, info: DataSetInfo, seed: int
) -> Streamed:
    """The samples of a training; the chain is fitted. Raises DataError and OptionError as a training in memory does."""
    if booking.analysis_type == "regression" and not info.n_targets:
        raise DataError("a regression needs a target", code="data-targets")
    if booking.analysis_type == "classification" and info.n_classes != 2:
        message, expected = f"a classification has two classes, the data have {info.n_classes}", "signal and background"
        raise DataError(message, code="data-classes", expected=expected, hint='analysis_type="multiclass" takes more')
    making = _Making(booking, blueprint, chain, events, info, seed)
    return making.samples()


class _Making:
    """One training's way from chunks to rows of its network."""

    def __init__(self, booking: Booking, blueprint: Blueprint, chain: TransformChain, events: StreamedEvents, info, seed: int):
        self.booking, self.blueprint, self.chain, self.events, self.info = booking, blueprint, chain, events, info
        self.dtype, self.seed = np.dtype(booking.values.Precision), seed
        validates = whole_limits(info.classes, limit_of(self._fraction()), seed)
        self.survey = Survey(events, validates, ignore_negative=booking.values.IgnoreNegWeightsInTraining)
        v, t = info.n_variables, info.n_targets
        self.kept = KeptRows(v + t, int(OF_VALIDATION * events.memory))
        self.shown = DrawnEvents(SHOWN, seed, streams.DRAWN, info.classes)

    def _fraction(self) -> float:
        """Of the events, that validate. A number of events makes one more pass necessary, which counts them all."""
        size = self.booking.validation_size
        if size.kind == "fraction":
            return float(size.value)
        n = sum(len(events) if belongs is None else int(belongs.sum()) for events, belongs in self.events.chunks())
        if not 0 < size.value < n:
            message = f"ValidationSize={size.value:g} of {n} training events leaves none to train, or none to validate"
            raise self.booking.error("ValidationSize", message, "validation-size", expected=f"a number between 1 and {n - 1}")
        return float(size.value) / n

    def samples(self) -> Streamed:
        chain, survey, info = self.chain, self.survey, self.info
        chain.leave_out_spectators()
        gathering = chain.transforms[0].gathering(info.n_classes) if len(chain) else None

        def gather(events: ChunkEvents, belongs, validates) -> None:
            self._gather(gathering, 0, events, belongs)

        survey.run([*([gather] if gathering is not None else []), self._keep])
        factors = survey.factors()
        self.events.trees.diagnostics.issue()
        if self.events.part is None:  # a data set has said it
            survey.remark()
        self._check_parts()
        for position, transform in enumerate(chain.transforms):
            if position:  # what it learns depends on what those before it make of the events
                gathering = transform.gathering(info.n_classes)
                for events, belongs in self.events.chunks():
                    self._gather(gathering, position, events, belongs)
            check_gathered(transform.letter, transform.least_events, info.classes, np.array([s.events for s in survey.sums]))
            transform.take_over(gathering.found(factors), info.classes)
        self.scale = [factors / survey.mean_weight(part, factors) for part in (0, 1)]
        return Streamed(survey.count(0) + survey.count(1), survey.ranged(info), self._train(), self._valid())

    def _gather(self, gathering, position: int, events: ChunkEvents, belongs) -> None:
        x, targets, weight = (a if belongs is None else a[belongs] for a in (events.x, events.targets, events.weight))
        inputs = self.chain.inputs_of(position, x, targets)
        gathering.add(inputs, self.survey.weights(weight), events.class_index, events.first)

    def _keep(self, events: ChunkEvents, belongs, validates) -> None:
        """What validates is kept aside, and some of what trains."""
        values = np.concatenate((events.x[validates], events.targets[validates]), axis=1)
        self.kept.add(values, events.weight[validates], events.class_index)
        trains = ~validates if belongs is None else belongs & ~validates
        self.shown.add(events.class_index, events.first, (events.x, events.targets, events.weight), trains)

    def _check_parts(self) -> None:
        """A class must train; one that does not validate is worth a warning."""
        if not self.survey.count(1):
            raise DataError("no event validates", code="validation-size", hint="give a larger ValidationSize, or more events")
        if self.booking.form.role(TRUTH) not in self.blueprint.blocks or self.booking.analysis_type == "regression":
            return
        n = self.survey.count(0)
        for name, sums in zip(self.info.classes, self.survey.sums):
            trains, validates = (int(sums.of_part[part, 0]) for part in (0, 1))
            if not trains:
                message = f"none of the {n} training events is of class {quoted(name)}; {validates} of it validate"
                raise DataError(message, code="data-class-missing", hint="give more events")
            if not validates:
                message = f"no event of class {quoted(name)} is among the {self.survey.count(1)} validation events"
                hint = "choose a larger ValidationSize"
                warn_user(TmvaliteWarning(message, code="validation-class-missing", hint=hint))

    # ------------------------------------------------------------------------------------- rows

    def _rows(self, x: np.ndarray, targets: np.ndarray, weight: np.ndarray, class_index: np.ndarray, part: int):
        """(x, y, w) of events as the network takes them."""
        chain = self.chain
        scaled = (self.survey.weights(weight) * self.scale[part][class_index]).astype(self.dtype)
        transformed = chain.apply_targets(targets) if chain.transforms_targets else targets
        x = chain.apply_variables(x) if chain.transforms_variables else x
        x = np.ascontiguousarray(x, self.dtype)
        events = Events(x, targets, {}, weight, class_index)
        return x, target_matrix(self.booking, self.blueprint, x, events, transformed.astype(self.dtype), self.info), scaled

    def _read(self, numbers) -> Iterator[tuple]:
        """The training events of chunks."""
        for events in self.events.trees.read(numbers):
            belongs = None if self.events.part is None else self.events.part.chosen(self.events.trees, events)
            trains = ~self.survey.parted(events, belongs)
            trains = trains if belongs is None else trains & belongs
            class_index = np.full(int(trains.sum()), events.class_index, np.int64)
            yield self._rows(events.x[trains], events.targets[trains], events.weight[trains], class_index, 0)

    def _train(self) -> StreamedSample:
        trees, (width, outputs) = self.events.trees, self._widths()
        chunks = [ChunkSize(trees.class_of(i), int(n)) for i, n in enumerate(self.survey.trained)]
        capacity = buffer_events(self.events.memory, width + outputs + 1, self.dtype.itemsize)
        class_index, x, targets, weight = self.shown.events()
        return StreamedSample(
            chunks,
            self._read,
            width=width,
            outputs=outputs,
            dtype=self.dtype,
            capacity=capacity,
            seed=self.seed,
            some=Sample(*self._rows(x, targets, weight, class_index, 0)),
            fingerprint=f"{trees.fingerprint()}, {len(chunks)} chunks, {capacity} in a buffer, {self._facts()}",
            close=trees.close,
        )

    def _facts(self) -> str:
        """What else decides which events train, and how."""
        counts = np.array([sums.of_part for sums in self.survey.sums])
        return f"{zlib.crc32(np.concatenate((self.scale[0], counts.ravel()))):08x}"

    def _widths(self) -> tuple[int, int]:
        n = sum(out.value.size for role in self.booking.form.roles if role.learns for out in self._outputs(role))
        return self.info.n_variables, n

    def _outputs(self, role):
        return self.blueprint.blocks[role.name].outputs if role.name in self.blueprint.blocks else ()

    def _valid(self) -> Sample | BlockSample:
        n, kept = len(self.kept), self.kept
        if kept.in_memory:
            block = next(self._blocks(max(1, n)))
            kept.close()
            return Sample(*block)
        return BlockSample(n, lambda: self._blocks(BLOCK), kept.close, fingerprint=self._facts())

    def _blocks(self, rows: int) -> Iterator[tuple]:
        v = self.info.n_variables
        for values, weight, class_index in self.kept.blocks(rows):
            yield self._rows(np.ascontiguousarray(values[:, :v]), np.ascontiguousarray(values[:, v:]), weight, class_index, 1)
