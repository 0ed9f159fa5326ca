"""Which events of a stream are taken: each event has a random word of its own, from its class and its number there.

So a draw needs no memory of the others, does not depend on how the events come, and is the same whenever it is made.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tmvalite.training import streams

MOST_WORD = np.uint64(2**64 - 1)
NEAR = 6.0  # standard deviations around the expected place of a quantile


def event_words(seed: int, stream: str, class_name: str, first: int, n: int) -> np.ndarray:
    """(n,) uint64, the words of events `first` and following of a class."""
    return streams.words_of(streams.stream_key(seed, stream, class_name), first, first + n)


def limit_of(fraction: float) -> np.uint64:
    """Words below this are that fraction of all."""
    return np.uint64(min(2**64 - 1, int(fraction * 2.0**64)))


def exact_limit(seed: int, stream: str, class_name: str, n: int, count: int) -> np.uint64:
    """The limit below which exactly `count` of the words of n events are."""
    if count <= 0 or count >= n:
        return np.uint64(0) if count <= 0 else MOST_WORD
    p, width = count / n, NEAR * np.sqrt(count / n * (1 - count / n) / n) + NEAR / n
    low, high = limit_of(max(0.0, p - width)), limit_of(min(1.0, p + width))
    below, near = 0, []
    for first in range(0, n, 1 << 20):
        words = event_words(seed, stream, class_name, first, min(1 << 20, n - first))
        below += int((words < low).sum())
        near.append(words[(words >= low) & (words < high)])
    return np.sort(np.concatenate(near))[count - below]


class DrawnEvents:
    """At most so many of the events that are added, each with the same chance: those with the smallest words.

    Parameters
    ----------
    most : int
        Events that are kept; all of them if there are no more.
    seed, stream, classes
        Of the words.
    """

    def __init__(self, most: int, seed: int, stream: str, classes: Sequence[str]):
        self.most, self.seen = max(1, most), 0
        self._words_of = (seed, stream, tuple(classes))
        self._parts: list[tuple[np.ndarray, ...]] = []
        self._waiting = 0
        self._limit = MOST_WORD

    def add(self, class_index: int, first: int, columns: Sequence[np.ndarray], chosen: np.ndarray | None = None) -> None:
        """Events `first` and following of a class; columns (n, ...) each, of which `chosen` (n,) bool count."""
        seed, stream, classes = self._words_of
        words = event_words(seed, stream, classes[class_index], first, len(columns[0]))
        at = np.flatnonzero(words <= self._limit if chosen is None else (words <= self._limit) & chosen)
        self.seen += len(words) if chosen is None else int(chosen.sum())
        kept = tuple(np.ascontiguousarray(column[at]) for column in columns)
        self._parts.append((words[at], np.full(len(at), class_index, np.int64), at + first, *kept))
        self._waiting += len(at)
        if self._waiting > 2 * self.most:
            self._shrink()

    def _shrink(self) -> None:
        parts = [np.concatenate(columns) for columns in zip(*self._parts)]
        if len(parts[0]) > self.most:
            chosen = np.argpartition(parts[0], self.most - 1)[: self.most]
            chosen.sort()
            parts = [part[chosen] for part in parts]
            self._limit = parts[0].max()
        self._parts, self._waiting = [tuple(parts)], len(parts[0])

    def events(self) -> tuple[np.ndarray, ...]:
        """(class_index, columns ...) of the events that were kept, class after class in the order of their numbers."""
        self._shrink()
        _, class_index, numbers, *columns = self._parts[0]
        order = np.lexsort((numbers, class_index))
        return class_index[order], *(column[order] for column in columns)
