"""The entries of a table in ranges, computed by one process or several, given back in their order."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
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


class Processes:
    """This process and `count - 1` others, which are started when it is worth it."""

    def __init__(self, request: Request, count: int):
        self._request, self.count = request, count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *error) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=not any(error), cancel_futures=True)

    def blocks(self, table: InputTable, one: Pass) -> Iterator[Columns]:
        """The columns of all entries of a table, block by block in order."""
        ranges = _ranges(one)
        if self.count == 1 or not isinstance(table.source, str):
            yield from one.run(0, one.n_entries)
            return
        began = time.perf_counter()
        done = 0
        while ranges and self._pool is None:  # until the rest is worth another process
            start, stop = ranges.popleft()
            yield from one.run(start, stop)
            done += stop - start
            if (time.perf_counter() - began) * (one.n_entries - done) / done > WORTH:
                self._start()
        yield from self._in_order(ranges, table, one)

    def _start(self) -> None:
        self._pool = ProcessPoolExecutor(self.count - 1, get_context("spawn"), _begin, (self._request,))

    def _in_order(self, ranges: deque, table: InputTable, one: Pass) -> Iterator[Columns]:
        """Others take the next ranges, this process those that nobody has taken; what comes too early waits."""
        waiting: deque[Future | list[Columns]] = deque()
        while ranges or waiting:
            running = sum(isinstance(w, Future) and not w.done() for w in waiting)
            while ranges and running < 2 * (self.count - 1) and len(waiting) < AHEAD * self.count:
                waiting.append(self._pool.submit(_score, table, *ranges.popleft()))
                running += 1
            first = waiting[0] if waiting else None
            if first is None or (isinstance(first, Future) and not first.done() and ranges and len(waiting) < AHEAD * self.count):
                columns = one.run(*ranges.popleft())
                if first is None:
                    yield from columns
                else:
                    waiting.append(list(columns))
                continue
            waiting.popleft()
            try:
                yield from first.result() if isinstance(first, Future) else first
            except BrokenProcessPool as problem:
                raise TrainingError(
                    "another process ended before it was done",
                    code="apply-process",
                    hint="memory may have run out: --threads 1 runs one process",
                ) from problem


def _ranges(one: Pass) -> deque[tuple[int, int]]:
    row = sum(kind.dtype.itemsize * _width(kind) for kind in one.types.values())
    size = one.block_entries()
    entries = size * max(1, min(RANGE_BLOCKS, RANGE_BYTES // (row * size)))
    edges = [*range(0, one.n_entries, entries), one.n_entries]
    return deque(zip(edges, edges[1:]))


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


def _score(table: InputTable, start: int, stop: int) -> list[Columns]:
    return list(_pass(table).run(start, stop))
