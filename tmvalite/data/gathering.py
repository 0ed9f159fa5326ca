"""The events of a sample, brought together from where they were read in the order of the split.

For a while all events are in memory twice, so what goes with the variables is kept small until then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.data.info import Events
from tmvalite.data.transforms.rows import for_each

ROWS = 1 << 15  # events put into their place at a time


def gathered(whole: Events, starts: np.ndarray, at: np.ndarray, order: np.ndarray) -> Events:
    """The events at[order] of `whole`, class c beginning at starts[c]; class_index and weight are small, see `widen`."""
    n, same = len(order), is_one_number(whole.weight)
    spectators = {name: np.empty(n, values.dtype) for name, values in whole.spectators.items()}
    events = Events(
        np.empty((n, whole.x.shape[1]), np.float32),
        np.empty((n, whole.targets.shape[1]), np.float32),
        spectators,
        np.broadcast_to(whole.weight[0], n) if same else np.empty(n),
        np.empty(n, np.min_scalar_type(len(starts))),
    )
    pairs = [(whole.x, events.x), (whole.targets, events.targets)]
    pairs += [(whole.spectators[name], values) for name, values in spectators.items()]
    pairs += [] if same else [(whole.weight, events.weight)]

    def part(start: int) -> None:
        rows = at[order[start : start + ROWS]]
        events.class_index[start : start + ROWS] = np.searchsorted(starts, rows, side="right") - 1
        for source, target in pairs:
            np.take(source, rows, axis=0, out=target[start : start + ROWS], mode="clip")

    for_each(range(0, n, ROWS), n, part)
    return events


def widen(events: Events) -> None:
    """Classes as int64, weights as numbers of their own, in a sample that was gathered."""
    events.class_index = events.class_index.astype(np.int64)
    events.weight = events.original_weight = np.ascontiguousarray(events.weight)


def is_one_number(weight: np.ndarray) -> bool:
    """Whether weights are a view of one number."""
    return weight.strides == (0,)


def joined_weights(parts: Sequence[np.ndarray]) -> np.ndarray:
    """One after the other; a view of one number if it is the same for all."""
    parts = [part for part in parts if len(part)]
    if all(is_one_number(part) and part[0] == parts[0][0] for part in parts):
        return np.broadcast_to(parts[0][0], sum(map(len, parts)))
    return np.concatenate(parts)
