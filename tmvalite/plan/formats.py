"""Memory formats: choose one for every step, and put conversions where formats meet.

A step may work in several formats; a conversion costs as many bytes as it moves. The choice starts from every step's
first format and is improved step by step until nothing gets cheaper, which is exact for chains of two and good for the
rest; it depends on the steps only.
"""

from __future__ import annotations

from .families.convert import Convert
from .step import ROWS, Step, Tensor

MAX_ROUNDS = 8


def choose_formats(steps: list[Step]) -> list[str]:
    """A format for every step, with few elements converted."""
    chosen = [step.formats[0] for step in steps]
    if all(len(step.formats) == 1 or step.formats[0] == ROWS for step in steps) and all(f == ROWS for f in chosen):
        return chosen
    best = _cost(steps, chosen)
    for _ in range(MAX_ROUNDS):
        before = best
        for i, step in enumerate(steps):
            for candidate in step.formats:
                kept, chosen[i] = chosen[i], candidate
                cost = _cost(steps, chosen)
                if cost < best:
                    best = cost
                else:
                    chosen[i] = kept
        if best == before:
            break
    return chosen


def _cost(steps, chosen):
    return sum(t.size for _, t, _, _ in _conversions(steps, chosen))


def _conversions(steps, chosen):
    """Yield (index, tensor, from, to) for every conversion that this choice needs."""
    where: dict[Tensor, set[str]] = {}
    for i, (step, fmt) in enumerate(zip(steps, chosen)):
        for tensor in dict.fromkeys(step.reads):
            known = where.setdefault(tensor, {ROWS})
            if fmt not in known:
                yield i, tensor, next(iter(known)), fmt
                known.add(fmt)
        for tensor in step.writes:
            where[tensor] = {fmt}


def insert_conversions(steps: list[Step], boundary: int) -> tuple[list[Step], int]:
    """The steps with conversions between them, and the boundary (an index into the steps) moved along."""
    chosen = choose_formats(steps)
    if chosen.count(ROWS) == len(chosen):  # nothing to convert: every value begins as rows
        return steps, boundary
    needed: dict[int, list[tuple[Tensor, str, str]]] = {}
    for i, tensor, source, target in _conversions(steps, chosen):
        needed.setdefault(i, []).append((tensor, source, target))
    if not needed:
        return steps, boundary
    versions: dict[tuple[Tensor, str], Tensor] = {}
    out: list[Step] = []
    new_boundary = boundary
    for i, (step, fmt) in enumerate(zip(steps, chosen)):
        if i == boundary:
            new_boundary = len(out)
        for tensor, source, target in needed.get(i, ()):
            made = Tensor(tensor.size, f"{tensor.label}, {target}", tensor.shape)
            out.append(Convert(versions.get((tensor, source), tensor), made, target))
            versions[tensor, target] = made
        mapping = {t: versions[t, fmt] for t in (*step.reads, *step.writes) if (t, fmt) in versions}
        out.append(step.substitute(mapping))
        for tensor in step.writes:  # other versions are out of date now
            current = mapping.get(tensor, tensor)
            for key in [k for k in versions if k[0] is tensor]:
                del versions[key]
            versions[tensor, fmt] = current
    return out, new_boundary if boundary < len(steps) else len(out)
