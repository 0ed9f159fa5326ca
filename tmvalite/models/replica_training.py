"""Several trainings of one network: each a call of `fit`, side by side in threads, put together as one model.

A training is small enough for the cache of a core, and one thread alone does its steps without waiting for another. So every
thread takes whole trainings, one after the other; the events, transformed once, are common to all.
"""

from __future__ import annotations

import dataclasses
import math
import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any

import numpy as np

from tmvalite.data.info import DataSetInfo, Events
from tmvalite.data.streaming.streamed_events import StreamedEvents
from tmvalite.errors import Diagnostics, TmvaliteWarning, collecting, warn_user
from tmvalite.models.blueprint import Blueprint, network_of
from tmvalite.models.booking import Booking, check_streamed
from tmvalite.models.file import INTERRUPTED, OPTIONS, SEED
from tmvalite.models.fitting import STOPS, Fitted, fit
from tmvalite.models.prepared import Prepared, Replica, prepare
from tmvalite.models.replica_set import ReplicaSet
from tmvalite.models.trained import Trained
from tmvalite.string_utils.replica_option import FOLDS, NO_CHECKPOINTS
from tmvalite.training import streams
from tmvalite.training.history import History
from tmvalite.training.progress import Progress
from tmvalite.training.thread_count import available_threads

ANSWER_SECONDS = 0.2  # within which Ctrl-C is answered


def fit_booked(booking: Booking, blueprint: Blueprint, events: Events, info: DataSetInfo, **more: Any) -> Fitted:
    """Train as the options ask: once, or as many Replicas; arguments as for `fit`.

    Raises
    ------
    OptionError
        Also where replicas are asked for a checkpoint, or to begin with weights.
    """
    if booking.replicas.plain:
        return fit(booking, blueprint, events, info, **more)
    if isinstance(events, StreamedEvents):
        check_streamed(booking)
    _check_from_the_start(booking, **more)
    more = {name: value for name, value in more.items() if name not in ("checkpoint", "checkpoint_every", "resume", "start")}
    return _Replicas(booking, blueprint, events, info, **more).run()


def _check_from_the_start(booking: Booking, *, checkpoint=None, resume=None, start=None, **more) -> None:
    if checkpoint or resume is not None:
        raise booking.error("Replicas", NO_CHECKPOINTS, "checkpoint-method", hint="leave checkpoint and resume out")
    if start is not None:
        message = "replicas begin with random weights, each with its own"
        raise booking.error("Replicas", message, "argument", hint="leave warm_start out")


class _Silent(Progress):
    """Says nothing, and ends a training when all shall end."""

    def __init__(self, stop: threading.Event):
        self.stop = stop

    def batches(self, epoch, done):
        if self.stop.is_set():
            raise KeyboardInterrupt


@dataclasses.dataclass(frozen=True)
class _One:
    """What is kept of one training: its numbers, not its network."""

    fitted: Fitted
    numbers: np.ndarray | None
    warnings: tuple[TmvaliteWarning, ...] = ()


class _Replicas:
    """The trainings of one booking."""

    def __init__(
        self,
        booking: Booking,
        blueprint: Blueprint,
        events: Events,
        info: DataSetInfo,
        *,
        seed: int = 0,
        split: Any = "drawn",
        progress: Progress | None = None,
        diagnostics: Diagnostics | None = None,
        **more: Any,
    ):
        self.given, self.more, self.split = (booking, blueprint, events, info), more, split
        self.booking, self.wanted = booking, booking.replicas
        self.progress = Progress() if progress is None else progress
        self.seed = seed or booking.values.RandomSeed or streams.drawn_seed()
        diagnostics = Diagnostics(booking.bound.source, booking.bound.diagnostics.strict) if diagnostics is None else diagnostics
        self.prepared: Prepared = prepare(*self.given, diagnostics)
        self.threads = booking.values.Threads or available_threads()
        self.stop, self.lock, self.done = threading.Event(), threading.Lock(), 0
        self.ended: BaseException | None = None
        if self.wanted.kind == FOLDS and booking.bound.is_set("ValidationSize"):
            message, hint = "ValidationSize has no effect: a fold of the events validates each replica", "remove one of them"
            warn_user(TmvaliteWarning(message, code="option-without-effect", hint=hint))

    def run(self) -> Fitted:
        began, compiling = time.perf_counter(), self.progress.compile_seconds
        workers = min(self.threads, self.wanted.count)
        self.inner = max(1, self.threads // workers)  # threads of each training
        numbers = range(self.wanted.count)
        found = [self._one(number) for number in numbers] if workers == 1 else self._side_by_side(workers, numbers)
        seconds = time.perf_counter() - began - (self.progress.compile_seconds - compiling)
        return self._together([one for one in found if one is not None], seconds)

    def _side_by_side(self, workers: int, numbers) -> list[_One | None]:
        """What all trainings gave, in order."""
        with ThreadPoolExecutor(workers, thread_name_prefix="tmvalite-replica") as pool:
            waiting = [pool.submit(self._one, number) for number in numbers]
            try:
                while wait(waiting, ANSWER_SECONDS, FIRST_EXCEPTION).not_done and not self.stop.is_set():
                    pass  # a wait without an end would not answer Ctrl-C everywhere
            except KeyboardInterrupt as error:
                self._end(error)
            return [one.result() for one in waiting]

    def _end(self, error: BaseException) -> None:
        """Nothing further is trained."""
        self.ended = self.ended or error
        self.stop.set()

    def _one(self, number: int) -> _One | None:
        """Train one; None where all shall end."""
        if self.stop.is_set():
            return None
        replica = Replica(self.wanted.kind, number, self.wanted.count, self.seed)
        common = dict(prepared=self.prepared, replica=replica, threads=self.inner, split=self.split, checkpoint="")
        try:
            with collecting() as warnings:
                fitted = fit(*self.given, progress=_Silent(self.stop), **common, **self.more)
        except BaseException:
            self.stop.set()
            raise
        if fitted.stopped is not None or fitted.interrupted:
            self._end(fitted.stopped or KeyboardInterrupt())
        else:
            with self.lock:
                self.done += 1
                try:
                    self.progress.replica(self.done, self.wanted.count, fitted.history)
                except STOPS as error:
                    self._end(error)
        model = fitted.trained
        parameters = None if model is None else model.network.parameters.snapshot()
        return _One(fitted if number == 0 else dataclasses.replace(fitted, trained=None), parameters, tuple(warnings))

    def _together(self, found: list[_One], seconds: float) -> Fitted:
        """The replicas that were trained to their end, as one model."""
        for warning in {str(warning): warning for one in found for warning in one.warnings}.values():
            warn_user(warning)
        stopped = next((one.fitted.stopped for one in found if one.fitted.stopped is not None), None)
        interrupted = isinstance(self.ended, KeyboardInterrupt)
        stopped = stopped or (None if interrupted else self.ended)
        whole = [one for one in found if one.numbers is not None and one.fitted.stopped is None and not one.fitted.interrupted]
        first = found[0].fitted if found else Fitted(None, History(seed=self.seed))
        history = dataclasses.replace(first.history, interrupted=interrupted)
        if not whole or first.trained is None:
            return Fitted(None, history, first.trace, stopped=stopped)
        histories = [one.fitted.history for one in whole]
        replicas = ReplicaSet(
            self.wanted.kind,
            tuple(history.seed for history in histories),
            tuple(history.best_loss if history.best_epoch is not None else math.nan for history in histories),
            tuple(len(history.epochs) for history in histories),
            tuple(one.numbers for one in whole),
        )
        facts = first.trained.description.facts | {"TrainingTime": f"{seconds:.8e}"}
        if interrupted:
            facts[INTERRUPTED] = f"after {len(whole)} of {self.wanted.count} replicas"
        description = dataclasses.replace(first.trained.description, facts=facts)
        network = first.trained.network
        network.parameters.restore(whole[0].numbers)
        network.threads = self.threads
        trained = dataclasses.replace(first.trained, replicas=replicas, description=description)
        self.progress.end_replicas(histories, seconds)
        remarks = () if stopped is not None or interrupted else tuple(_remarks([one.fitted for one in whole]))
        return Fitted(trained, history, first.trace, remarks, stopped)


def _remarks(fitted: list[Fitted]) -> list[TmvaliteWarning]:
    """One warning of each code, with the number of trainings that gave it."""
    by_code: dict[str, list[TmvaliteWarning]] = {}
    for one in fitted:
        for remark in one.remarks:
            by_code.setdefault(remark.code, []).append(remark)
    return [
        TmvaliteWarning(
            f"{len(same)} of {len(fitted)} replicas: {same[0].message}", code=code, where=same[0].where, hint=same[0].hint
        )
        for code, same in by_code.items()
    ]


def alone(trained: Trained, number: int) -> Trained:
    """Replica `number`, from 0, as what its training alone would have left behind."""
    network = trained.network
    other = network_of(network.graph, trained.objectives, precision=network.precision, threads=network.threads)
    other.parameters.restore(trained.replicas.parameters[number])
    facts = trained.description.facts | {SEED: str(trained.replicas.seeds[number])}
    own = [text for text in facts.get(OPTIONS, "").split(":") if not text.startswith("Replicas=")]
    facts = {name: text for name, text in facts.items() if name != OPTIONS} | ({OPTIONS: ":".join(own)} if any(own) else {})
    description = dataclasses.replace(trained.description, facts=facts)
    return dataclasses.replace(trained, network=other, description=description, replicas=None)
