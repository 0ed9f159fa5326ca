"""Events that are read while they train: chunks of files, brought together in groups that fit into memory.

Every epoch has its own order of the chunks, drawn within each class and mixed so that every stretch of the epoch has its share of
every class. Chunks that follow each other make a group, about equally many events each; the events of a group are shuffled
together. The epoch is the groups one after the other, and batches are cut from that sequence whatever the groups are, so every
event trains exactly once. While one group trains, a thread reads the next into a second buffer.

Where one group holds all chunks, they stay in their order and are read once: the order of the events, and so every bit, is
that of a `Sample` of the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass

import numpy as np

from tmvalite.training import streams
from tmvalite.training.batches import batch_count
from tmvalite.training.epoch_pieces import EpochPiece, Sample

SOME = 50_000  # events that are looked at of those that do not fit
WAIT = 0.05  # seconds between two looks at signals while a group is read

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class ChunkSize:
    """A chunk: the class of its events, and how many of them train."""

    class_index: int
    events: int


@dataclass
class _Buffer:
    """Room for a group. The targets may be the events themselves."""

    x: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, rows: int, width: int, outputs: int, dtype) -> _Buffer:
        return cls(np.empty((rows, width), dtype), np.empty((rows, outputs), dtype), np.empty(rows, dtype))

    def put(self, at: int, rows: Rows) -> int:
        n = len(rows[0])
        self.x[at : at + n], self.targets[at : at + n], self.weights[at : at + n] = rows
        return at + n

    def rows(self, order: np.ndarray) -> Rows:
        return self.x[order], self.targets[order], self.weights[order]


class StreamedSample:
    """The training events of chunks.

    Parameters
    ----------
    chunks : sequence of ChunkSize
        In the order in which their events stand in the sample.
    read : callable(sequence of int) -> iterator of (x, targets, weights)
        The rows of some chunks by number, ascending, one item a chunk, in the network's precision. Is called in another
        thread.
    width, outputs : int
        Columns of x and of targets.
    dtype : float32 or float64
    capacity : int
        Events of a buffer, of which there are two.
    seed : int
        Of the order of the chunks.
    some : Sample, optional
        Some of the events, to look at.
    fingerprint : str
        Tells these events, and the order in which they train, from others.
    close : callable, optional
        Is called when nothing will be read any more.
    """

    def __init__(
        self,
        chunks: Sequence[ChunkSize],
        read: Callable[[Sequence[int]], Iterable[Rows]],
        *,
        width: int,
        outputs: int,
        dtype,
        capacity: int,
        seed: int,
        some: Sample | None = None,
        fingerprint: str = "",
        close: Callable[[], None] | None = None,
    ):
        self.chunks, self._read, self._shape = tuple(chunks), read, (width, outputs, np.dtype(dtype))
        self._events = np.array([chunk.events for chunk in self.chunks], np.int64)
        self._n, self._seed = int(self._events.sum()), seed
        largest = int(self._events.max(initial=1))
        self.n_groups = 1 if self._n <= capacity else -(-self._n // max(largest, capacity - largest))
        self._room = self._n if self.n_groups == 1 else -(-self._n // self.n_groups) + largest
        self._buffers: list[_Buffer] = []
        self._thread: ThreadPoolExecutor | None = None
        self._ahead: tuple[tuple, Future] | None = None
        self._some, self._fingerprint, self._close = some, fingerprint, close
        self._held: _Buffer | None = None  # of the one group that there is
        self._stop = False

    def __len__(self):
        return self._n

    def groups(self, epoch: int) -> list[list[int]]:
        """The chunks of every group of an epoch, by number, ascending."""
        if self.n_groups == 1:
            return [np.flatnonzero(self._events).tolist()]
        events = self._events
        class_index = np.array([chunk.class_index for chunk in self.chunks])
        place = np.empty(len(events))  # in the epoch, from 0 to 1
        for c in np.unique(class_index):
            own = np.flatnonzero(class_index == c)
            own = own[streams.permutation(streams.stream_key(self._seed, streams.CHUNKS, str(c)), len(own), epoch=epoch)]
            before = np.cumsum(events[own]) - events[own]
            place[own] = (before + 0.5 * events[own]) / max(1, events[own].sum())
        order = np.lexsort((np.arange(len(events)), place))
        middle = np.cumsum(events[order]) - 0.5 * events[order]
        group = np.minimum((middle * self.n_groups / self._n).astype(int), self.n_groups - 1)
        found = [sorted(order[group == g].tolist()) for g in range(self.n_groups)]
        return [[i for i in chunks if events[i]] for chunks in found if events[chunks].any()]

    # ------------------------------------------------------------------------------------- reading

    def _load(self, shuffle: streams.Key, epoch: int, number: int, chunks: Sequence[int], buffer: _Buffer) -> np.ndarray:
        """Read a group into a buffer; the order in which its rows train."""
        at = 0
        for rows in self._read(chunks):
            if self._stop:
                break
            at = buffer.put(at, rows)
        key = shuffle if number == 0 else _group_key(self._seed, number)
        return streams.permutation(key, at, epoch=epoch)

    def _begin(self, shuffle: streams.Key, epoch: int, number: int, chunks: Sequence[int], buffer: _Buffer) -> Future:
        if self._thread is None:
            self._thread, self._stop = ThreadPoolExecutor(1, "events"), False
        return self._thread.submit(self._load, shuffle, epoch, number, chunks, buffer)

    def _wait(self, future: Future, idle: Callable[[], None] | None) -> np.ndarray:
        while True:
            try:
                return future.result(WAIT)
            except NotYet:
                if future.done():  # the error is that of the reading
                    raise
                if idle is not None:
                    idle()

    def _room_for(self, batch_size: int) -> None:
        rows = self._room + batch_size + 1
        if not self._buffers or len(self._buffers[0].x) < rows:
            self._forget()
            self._buffers = [_Buffer.of(rows, *self._shape) for _ in range(2)]

    def _forget(self) -> None:
        """Leave out what is being read ahead."""
        if self._ahead is not None:
            ahead, self._ahead = self._ahead[1], None
            self._stop = True
            ahead.cancel() or ahead.exception()
            self._stop = False

    # ------------------------------------------------------------------------------------- what the loop asks for

    def pieces(
        self, shuffle: streams.Key, epoch: int, batch_size: int, done: int = 0, idle: Callable[[], None] | None = None
    ) -> Iterator[EpochPiece]:
        """As `Sample.pieces`; groups whose batches are all done are not read."""
        count = batch_count(self._n, batch_size)
        if done >= count:
            return
        if self.n_groups == 1:
            yield self._whole(shuffle, epoch, batch_size, idle)
            return
        self._room_for(batch_size)
        groups = self.groups(epoch)
        ends = np.cumsum([sum(self.chunks[i].events for i in chunks) for chunks in groups]).tolist()
        skipped = done * batch_size  # events that are trained
        number = next((g for g, end in enumerate(ends) if end > skipped), len(groups))
        left, batches = skipped - (ends[number - 1] if number else 0), done
        carried: Rows | None = None
        turn = 0
        while number < len(groups):
            wanted = (shuffle, epoch, number)
            if self._ahead is not None and self._ahead[0] == (*wanted, id(self._buffers[turn])):
                future = self._ahead[1]
                self._ahead = None
            else:
                self._forget()
                future = self._begin(*wanted, groups[number], self._buffers[turn])
            order = self._wait(future, idle)
            buffer, n = self._buffers[turn], len(order)
            order, left = order[left:], 0
            if carried is not None:
                k = len(carried[0])
                buffer.put(n, carried)
                order = np.concatenate((np.arange(n, n + k), order))
            turn = 1 - turn
            last = number + 1 == len(groups)
            next_one = (shuffle, epoch + 1, 0) if last else (shuffle, epoch, number + 1)
            chunks = self.groups(epoch + 1)[0] if last else groups[number + 1]
            if last:
                turn = 0  # where the next epoch begins
                if buffer is self._buffers[0]:
                    self._buffers.reverse()
            self._ahead = ((*next_one, id(self._buffers[turn])), self._begin(*next_one, chunks, self._buffers[turn]))
            steps = count - batches if last else min(len(order) // batch_size, count - 1 - batches)
            if steps:
                used = order if last else order[: steps * batch_size]
                yield EpochPiece(buffer.x, buffer.targets, buffer.weights, used, batches, steps)
            carried = None if last else buffer.rows(order[steps * batch_size :])
            batches, number = batches + steps, number + 1

    def _whole(self, shuffle: streams.Key, epoch: int, batch_size: int, idle) -> EpochPiece:
        """All batches of an epoch, from the buffer that holds all events."""
        if self._held is None:
            held = _Buffer.of(self._n, *self._shape)
            self._wait(self._begin(shuffle, epoch, 0, self.groups(epoch)[0], held), idle)
            self._held = held
        order = streams.permutation(shuffle, self._n, epoch=epoch)
        return EpochPiece(self._held.x, self._held.targets, self._held.weights, order, 0, batch_count(self._n, batch_size))

    def some(self) -> Sample:
        """As `Sample.some`: those that were given."""
        return self._some

    def fingerprint(self) -> str:
        """As `Sample.fingerprint`: what was given."""
        return self._fingerprint

    def close(self) -> None:
        """End the thread and give the memory back."""
        self._forget()
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None
        self._buffers, self._held = [], None
        if self._close is not None:
            self._close()


def _group_key(seed: int, number: int) -> streams.Key:
    return streams.stream_key(seed, streams.SHUFFLE, f"group {number}")


class BlockSample:
    """Events that are looked at but do not train, in blocks from anywhere: those that validate, where they do not fit.

    Parameters
    ----------
    n : int
    blocks : callable() -> iterator of (x, targets, weights)
        From the first to the last event; each block but the last has a multiple of workspace.EVALUATION_BLOCK events.
    """

    def __init__(
        self, n: int, blocks: Callable[[], Iterator[Rows]], close: Callable[[], None] | None = None, fingerprint: str = ""
    ):
        self._n, self._blocks, self._close, self._fingerprint = n, blocks, close, fingerprint

    def __len__(self):
        return self._n

    def loss(self, network, *, seed: int, parts: np.ndarray) -> float:
        """As `Sample.loss`."""
        return network.loss_of(self._blocks(), seed=seed, parts=parts)

    def fingerprint(self) -> str:
        """As `Sample.fingerprint`: what was given."""
        return self._fingerprint

    def some(self) -> Sample:
        """As `Sample.some`: every so many events, at most SOME."""
        step = max(1, -(-self._n // SOME))
        parts, at = [], 0
        for block in self._blocks():
            parts.append([part[(-at) % step :: step].copy() for part in block])  # a view would keep the whole block
            at += len(block[0])
        return Sample(*(np.ascontiguousarray(np.concatenate(columns)) for columns in zip(*parts)))

    def close(self) -> None:
        """Nothing is asked for any more."""
        if self._close is not None:
            self._close()
