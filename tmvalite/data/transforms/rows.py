"""Work over the rows of a sample, shared among threads. The bits do not depend on how many there are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

ALONE = 50_000  # rows that one thread does by itself
SHARE = 65_536  # rows of one partial sum


Rows = Callable[[int, int], None]  # does something for the rows start to stop


def threads_for(n: int) -> int:
    if n <= ALONE:
        return 1
    from tmvalite.training.thread_count import available_threads

    return available_threads()


def over_rows(n: int, call: Rows) -> None:
    """call(start, stop) for parts of n rows, in threads where that pays."""
    threads = threads_for(n)
    if threads == 1:
        call(0, n)
        return
    bounds = [n * i // threads for i in range(threads + 1)]
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(call, bounds, bounds[1:]))


def partial_results(n: int, call: Callable) -> list:
    """[call(start, stop)] for shares of n rows of a fixed size, in order: their sum is the same for any number of threads."""
    starts = range(0, n, SHARE)
    stops = [min(start + SHARE, n) for start in starts]
    if threads_for(n) == 1:
        return list(map(call, starts, stops))
    with ThreadPoolExecutor(threads_for(n)) as pool:
        return list(pool.map(call, starts, stops))


def for_each(items, n: int, call: Callable) -> list:
    """[call(item)], in threads where n rows for each make that pay."""
    if threads_for(n) == 1:
        return [call(item) for item in items]
    with ThreadPoolExecutor(threads_for(n)) as pool:
        return list(pool.map(call, items))
