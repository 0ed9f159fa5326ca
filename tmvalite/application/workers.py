"""The entries of a table in ranges, computed by one process or several, given back in their order."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tmvalite.application.output_plan import InputTable
from tmvalite.application.request import Request
from tmvalite.application.scorer import Pass, Scorer
from tmvalite.cluster import Executor, Processes, result_of, submit_once
from tmvalite.data.columns import Column

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

    @property
    def name(self) -> str:
        """What an error calls it."""
        return f"entries {self.start} to {self.stop} of {self.table.source}"


@dataclass(frozen=True)
class _Elsewhere:
    """A range that somebody else computes."""

    range: EntryRange
    future: Any


class ScoringProcesses:
    """This process and `count - 1` others, which are started when it is worth it, or those of an executor.

    `add` takes the tables in the order in which `blocks` will be asked for them: while one is written, others look ahead.
    """

    def __init__(self, scorer: Scorer, count: int, executor: Executor | None = None):
        self._scorer, self.count, self._pool = scorer, count, executor
        self._own = contextlib.ExitStack()  # the processes that are ours
        self._ranges: deque[EntryRange] = deque()
        self._waiting: deque[_Elsewhere | list[Columns]] = deque()
        self._left: dict[int, int] = {}  # ranges of a table, by id, that were not asked for yet
        self._seconds = self._done = self._all = 0

    def __enter__(self) -> ScoringProcesses:
        return self

    def __exit__(self, *error) -> None:
        for one in self._waiting:
            if isinstance(one, _Elsewhere):
                one.future.cancel()
        self._own.__exit__(*error)

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
            self._pool = self._own.enter_context(Processes(self.count - 1))

    def _together(self, one: Pass) -> Iterator[Columns]:
        """The next range. Others take those behind it; while they are not done, this process does those that nobody has taken."""
        while True:
            self._hand_out()
            if not self._waiting:  # nobody else can do it
                mine = self._ranges.popleft()
                yield from one.run(mine.start, mine.stop)
                return
            first = self._waiting[0]
            away = isinstance(first, _Elsewhere)
            if away and not first.future.done() and self._ranges and len(self._waiting) < AHEAD * self.count:
                self._waiting.append(self._ahead(self._ranges.popleft()))
                continue
            self._waiting.popleft()
            yield from map(one.as_declared, result_of(first.future, first.range.name) if away else first)
            return

    def _hand_out(self) -> None:
        running = sum(isinstance(one, _Elsewhere) and not one.future.done() for one in self._waiting)
        while self._ranges and running < 2 * (self.count - 1) and len(self._waiting) < AHEAD * self.count:
            if not isinstance(self._ranges[0].table.source, str):
                return  # what is in memory stays here
            mine = self._ranges.popleft()
            self._waiting.append(_Elsewhere(mine, submit_once(self._pool, _score, self._scorer.request, mine)))
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


@lru_cache(maxsize=1)
def _scorer(request: Request) -> Scorer:
    return Scorer(request, threads=1)


@lru_cache(maxsize=1)
def _pass(request: Request, table: InputTable) -> Pass:
    return _scorer(request).open(table.open())


def _score(request: Request, mine: EntryRange) -> list[Columns]:
    return list(_pass(request, mine.table).run(mine.start, mine.stop))
