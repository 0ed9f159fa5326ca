"""Tasks of an executor, of which no more are under way than it has workers: what they need does not fill the memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

from tmvalite.cluster import in_order

_UNKNOWN = 8  # tasks at a time, of an executor that does not say how many workers it has


def some_at_a_time(executor, function: Callable, tasks: Iterable) -> Iterator:
    """`function(task)` of every task, in their order."""
    number = getattr(executor, "number", None) or (1 if getattr(executor, "same_machine", False) else _UNKNOWN)
    tasks = iter(tasks)
    while window := list(itertools.islice(tasks, number)):
        yield from in_order(executor, function, window)
