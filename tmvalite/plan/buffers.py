"""From lifetimes to offsets: tensors that are not alive together share memory in one arena."""

from __future__ import annotations

from bisect import insort
from functools import lru_cache

from .step import Step, Tensor

ALIGNMENT = 16  # elements


def lifetimes(steps: list[Step], inputs: tuple[Tensor, ...]) -> dict[Tensor, tuple[int, int]]:
    """First and last step of every tensor; inputs are alive from -1."""
    first, last = dict.fromkeys(inputs, -1), dict.fromkeys(inputs, -1)
    for i, step in enumerate(steps):
        for tensors in (step.reads, step.writes):
            for tensor in tensors:
                first.setdefault(tensor, i)
                last[tensor] = i
    return dict(zip(first, zip(first.values(), map(last.__getitem__, first))))


def assign_offsets(
    steps: list[Step], inputs: tuple[Tensor, ...], rows: int, segments: tuple[tuple[int, int, int], ...] = ()
) -> tuple[dict[Tensor, int], int]:
    """Offset of every tensor for `rows` events, and the size of the arena, in elements.

    With `segments` (start, stop, end) an arena holds a whole share, whose tiles pass a segment one after the other.
    Then a tensor that is alive where a segment begins or ends may not share memory with any other of that segment:
    while one tile is at its last step, the next one has not been at the first.

    A step that may work in place and whose input dies with it gets the input's place for its output. The others are
    placed largest first into the lowest gap that is free for their whole life.
    """
    alive, owner, spans = _places(tuple(steps), inputs)
    if segments:
        spans = {t: _whole_segments(span, segments) for t, span in spans.items()}
    groups = [t for t in alive if t not in owner]
    placed: list[tuple[int, int, int, int]] = []  # offset, end, first, last, in order
    where: dict[Tensor, int] = {}
    for tensor in sorted(groups, key=lambda t: (-t.size, spans[t])):
        size = -(-tensor.size * (rows if tensor.per_event else 1) // ALIGNMENT) * ALIGNMENT
        first, last = spans[tensor]
        offset = 0
        for low, high, start, stop in placed:
            if start <= last and first <= stop:  # alive together
                if low - offset >= size:
                    break
                offset = max(offset, high)
        where[tensor] = offset
        insort(placed, (offset, offset + size, first, last))
    total = max([end for _, end, _, _ in placed], default=0)
    return {tensor: where[owner.get(tensor, tensor)] for tensor in alive}, total


def _whole_segments(span, segments):
    """The span, drawn out to whole segments where it crosses from one into another."""
    first, last = span
    for start, _, end in segments:
        if first < start <= last < end:
            last = end - 1
        if start <= first < end <= last:
            first = start
    return first, last


@lru_cache(maxsize=4)
def _places(steps: tuple[Step, ...], inputs: tuple[Tensor, ...]):
    """Lifetimes; which tensors get the place of another one, and of which; lifetimes of the places. For any number of events."""
    alive = lifetimes(steps, inputs)
    owner: dict[Tensor, Tensor] = {}  # of those that get the place of another one: the first of the row
    spans = dict(alive)
    for i, step in enumerate(steps):
        pair = step.in_place
        if pair is None:
            continue
        output, source = pair
        if alive[source][1] == i and alive[output][0] == i and output.size == source.size:
            first = owner.get(source, source)
            if spans[first][1] == i:
                owner[output] = first
                spans[first] = (spans[first][0], alive[output][1])
    return alive, owner, spans
