"""Groups: neighbouring steps that run over a few events of a tile at a time, so that these stay in the second cache.

Products want many rows, since every tile reads all their weights; convolutions, poolings and what is elementwise between them
want few events, since these are large and their filters are small. So a tile is long, and such steps pass it a few events at a
time. Sums over events go on from one event to the next, so groups do not change a bit.
"""

from __future__ import annotations

from .step import Step

GROUP_BYTES = 512 * 1024  # what the events that a group has in hand may fill
FEW_EVENTS = 16  # fewer do not pay for what a convolution does once: packing its filters, clearing its zeros
WHOLE = 0  # stands for all events of the tile


def find_groups(steps: tuple[Step, ...], boundary: int, tile: int, itemsize: int) -> list[tuple[int, int, int]]:
    """(start, stop, events) of ranges that cover all steps; events is WHOLE where the step is in no group.

    boundary : where the backward steps begin; no group crosses it, since a plan also runs without them
    """
    out: list[tuple[int, int, int]] = []
    for start, stop in _runs(steps, boundary):
        events = _events(steps[start:stop], itemsize) if stop - start > 1 else WHOLE
        if WHOLE < events < tile:
            out.append((start, stop, events))
        else:
            out += [(i, i + 1, WHOLE) for i in range(start, stop)]
    return out


def outside(steps: tuple[Step, ...], groups: list[tuple[int, int, int]]) -> set:
    """The tensors that steps in no group read and write."""
    return {t for start, stop, events in groups if events == WHOLE for s in steps[start:stop] for t in (*s.reads, *s.writes)}


def _runs(steps, boundary):
    """Ranges of neighbours that may form a group; each other step by itself."""
    start = 0
    while start < len(steps):
        stop, end = start + 1, boundary if start < boundary else len(steps)
        if _fits(steps[start]):
            while stop < end and _fits(steps[stop]):
                stop += 1
        yield start, stop
        start = stop


def _fits(step: Step) -> bool:
    return (step.by_event or step.elementwise) and not step.batch_wide and not step.training_only


def _events(steps, itemsize: int) -> int:
    """How many events fill GROUP_BYTES; WHOLE where there is nothing but elementwise steps."""
    if not any(step.by_event for step in steps):
        return WHOLE
    tensors = {t for step in steps for t in (*step.reads, *step.writes) if t.per_event}
    events = max(FEW_EVENTS, GROUP_BYTES // (itemsize * sum(t.size for t in tensors)))
    return events - events % max(step.whole_rows for step in steps)
