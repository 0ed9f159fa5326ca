"""Conditions: variables that a generator is given and does not make, by the names that its inputs have."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tmvalite.graph import Graph
from tmvalite.graph.join import conditions_of

_TEXT = re.compile(r"([a-z][A-Za-z0-9_]*):([0-9]{1,9}):([0-9]{1,9})", re.ASCII)


@dataclass(frozen=True)
class Condition:
    """Neighbouring columns `first` to `first + count` of an event, the input `name` of generator and discriminator."""

    name: str
    first: int
    count: int


def conditions_in(generator: Graph, discriminator: Graph) -> tuple[Condition, ...]:
    """The conditions of a pair of networks, in the order in which the event has them."""
    names, at, found = conditions_of(generator, discriminator), 0, []
    for value in discriminator.inputs:
        if value.name in names:
            found.append(Condition(value.name, at, value.size))
        at += value.size
    return tuple(found)


def conditions_text(conditions: tuple[Condition, ...]) -> str:
    """As a weight file states them: "energy:48:1+angle:49:2"."""
    return "+".join(f"{c.name}:{c.first}:{c.count}" for c in conditions)


def read_conditions(text: str) -> tuple[Condition, ...] | None:
    """The inverse of `conditions_text`; None for what it does not write."""
    matches = [_TEXT.fullmatch(part) for part in text.split("+")] if text else []
    if any(match is None for match in matches):
        return None
    return tuple(Condition(m[1], int(m[2]), int(m[3])) for m in matches)
