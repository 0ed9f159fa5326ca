"""The entries of a table in ranges, computed by one process or several, given back in their order."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context

from tmvalite.application.output_plan import InputTable
from tmvalite.application.request import Request
from tmvalite.application.scorer import Pass, Scorer
from tmvalite.data.columns import Column
from tmvalite.errors import TrainingError

RANGE_BYTES = 16_000_000  # of the columns that another process sends back at a time
RANGE_BLOCKS = 10  # blocks of a range, at most
WORTH = 2.0  # seconds that must be left before another process is started: it needs about one to begin
AHEAD = 3  # ranges per process that may wait for their turn to be written

Columns = dict[str, Column]


@dataclass(frozen=True)
class EntryRange:
    """Some entries of a table."""

    table: InputTable
    start: int
    stop: int


class ScoringProcesses:
    """This process and `count - 1` others, which are started when it is worth it.

    `add` takes the tables in the order in which `blocks` will be asked for them: while one is written, others look ahead.
    """

    def __init__(self, scorer: Scorer, count: int):
        self._scorer, self.count = scorer, count
        self._pool: ProcessPoolExecutor | None = None
        self._ranges: deque[EntryRange] = deque()
        self._waiting: deque[Future | list[Columns]] = deque()
        self._left: dict[int, int] = {}  # ranges of a table, by id, that were not asked for yet
        self._seconds = self._done = self._all = 0

    def __enter__(self) -> ScoringProcesses:
        return self

    def __exit__(self, *error) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=not any(error), cancel_futures=True)

    def add(self, table: InputTable, one: Pass) -> None:
        """One more table that is to be computed."""
        ranges = [EntryRange(table, start, stop) for start, stop in _bounds(one)]
        self._ranges.extend(ranges)
        self._left[id(table)] = len(ranges)
        self._all += one.n_entries

    def blocks(self, table: InputTable, one: Pass) -> Iterator[Columns]:
        """The columns of all entries of the next table, block by block in order, in the types of `one`."""
        for _ in range(self._left[id(table)]):
            if self._pool is None:
                yield from self._alone(one)
            else:
                yield from self._together(one)

    def _alone(self, one: Pass) -> Iterator[Columns]:
        """The next range, here; then others are started if the rest is worth it."""
        began, mine = time.perf_counter(), self._ranges.popleft()
        yield from one.run(mine.start, mine.stop)
        self._seconds += time.perf_counter() - began
        self._done += mine.stop - mine.start
        rest = self._seconds * (self._all - self._done) / self._done
        if self.count > 1 and rest > WORTH and any(isinstance(range_.table.source, str) for range_ in self._ranges):
            request = self._scorer.request
            self._pool = ProcessPoolExecutor(self.count - 1, get_context("spawn"), _begin, (request,))

    def _together(self, one: Pass) -> Iterator[Columns]:
        """The next range. Others take those behind it; while they are not done, this process does those that nobody has taken."""
        while True:
            self._hand_out()
            if not self._waiting:  # nobody else can do it
                mine = self._ranges.popleft()
                yield from one.run(mine.start, mine.stop)
                return
            first = self._waiting[0]
            if isinstance(first, Future) and not first.done() and self._ranges and len(self._waiting) < AHEAD * self.count:
                self._waiting.append(self._ahead(self._ranges.popleft()))
                continue
            self._waiting.popleft()
            try:
                found = first.result() if isinstance(first, Future) else first
            except BrokenProcessPool as problem:
                raise TrainingError(
                    "another process ended before it was done",
                    code="apply-process",
                    hint="memory may have run out: --threads 1 runs one process",
                ) from problem
            yield from map(one.as_declared, found)
            return

    def _hand_out(self) -> None:
        running = sum(isinstance(one, Future) and not one.done() for one in self._waiting)
        while self._ranges and running < 2 * (self.count - 1) and len(self._waiting) < AHEAD * self.count:
            if not isinstance(self._ranges[0].table.source, str):
                return  # what is in memory stays here
            self._waiting.append(self._pool.submit(_score, self._ranges.popleft()))
            running += 1

    def _ahead(self, mine: EntryRange) -> list[Columns]:
        """A range before its turn, perhaps of a later table."""
        return list(self._scorer.open(mine.table.open()).run(mine.start, mine.stop))


def _bounds(one: Pass) -> list[tuple[int, int]]:
    row = sum(kind.dtype.itemsize * _width(kind) for kind in one.types.values())
    size = one.block_entries()
    entries = size * max(1, min(RANGE_BLOCKS, RANGE_BYTES // (row * size)))
    edges = [*range(0, one.n_entries, entries), one.n_entries]
    return list(zip(edges, edges[1:]))


def _width(kind) -> int:
    width = 10 if kind.jagged else 1
    for n in kind.dims:
        width *= n
    return width


# In another process

_SCORER: list[Scorer] = []


def _begin(request: Request) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; the first one ends the others
    os.environ["TMVALITE_THREADS"] = "1"
    _SCORER[:] = [Scorer(request)]


@lru_cache(maxsize=1)
def _pass(table: InputTable) -> Pass:
    return _SCORER[0].open(table.open())


def _score(mine: EntryRange) -> list[Columns]:
    return list(_pass(mine.table).run(mine.start, mine.stop))
