"""Where the entries of a tree are parted into chunks: at the edges of its clusters, as far as memory allows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tmvalite.data.portions import BLOCK, LEAST

MOST_PARTS = 8  # of a cluster


@dataclass(frozen=True)
class StreamChunk:
    """Entries start to stop of a tree."""

    tree: int
    start: int
    stop: int


def chunk_sizes(capacity: int) -> dict[str, int]:
    """The sizes of chunks where a buffer holds `capacity` events: some chunks of every class must fit."""
    return {"chunk_entries": max(LEAST, min(BLOCK, capacity // 16)), "largest_chunk": max(LEAST, capacity // 8)}


def chunk_bounds(edges: Sequence[int], entries: int, largest: int = 0) -> list[tuple[int, int]]:
    """Pairs of entries from the first to the last edge, about `entries` long each.

    Small clusters are put together. One that is longer is cut, and unpacked as often as its parts are read apart: so into at most
    MOST_PARTS, if they have not more than `largest` entries then.

    >>> chunk_bounds([0, 3, 6, 9, 30], 6)
    [(0, 6), (6, 9), (9, 14), (14, 19), (19, 24), (24, 30)]
    """
    found, start = [], edges[0]
    for low, high in zip(edges, edges[1:]):
        if high - start <= entries or high == low:
            continue
        if low > start:
            found.append((start, low))
            start = low
        n = high - low
        parts = max(1, min(round(n / entries), max(MOST_PARTS, -(-n // max(entries, largest)))))
        if parts > 1:
            cuts = [low + n * i // parts for i in range(parts + 1)]
            found += list(zip(cuts, cuts[1:]))
            start = high
    if start < edges[-1]:
        found.append((start, edges[-1]))
    return found
