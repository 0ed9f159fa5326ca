"""How many events are cut into batches: the last one may be shorter; a single left-over event joins the batch before."""

from __future__ import annotations

import numpy as np


def batch_count(events: int, batch_size: int) -> int:
    """How many batches there are."""
    whole, rest = divmod(events, batch_size)
    return max(1, whole + (rest > (1 if batch_size > 1 and whole else 0))) if events else 0


def batch_sizes(events: int, batch_size: int) -> np.ndarray:
    """(batches,) int64, the events of every batch."""
    count = batch_count(events, batch_size)
    sizes = np.full(count, batch_size, np.int64)
    if count:
        sizes[-1] = events - batch_size * (count - 1)
    return sizes


def batch_bounds(events: int, batch_size: int) -> list[tuple[int, int]]:
    """Start and stop of every batch."""
    starts = range(0, batch_count(events, batch_size) * batch_size, batch_size)
    return list(zip(starts, [*starts[1:], events]))
