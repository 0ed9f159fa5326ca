"""What is asked of an application: weight files, columns to keep, a cut, variations. A value that travels between processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tmvalite.errors import OptionError

ALSO = ("reconstruction", "code")  # of an autoencoder, beside its score
DIRECTIONS = ("up", "down")


@dataclass(frozen=True)
class Weights:
    """A weight file, and the name of its branches where that is not the method's title."""

    path: str
    name: str | None = None


@dataclass(frozen=True)
class Variation:
    """One direction of a systematic uncertainty: for some columns the expressions that take their place."""

    name: str
    direction: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Request:
    """keep : columns that are written too; None for all of them"""

    weights: tuple[Weights, ...]
    keep: tuple[str, ...] | None = ()
    cut: str = ""
    also: tuple[str, ...] = ()
    variations: tuple[Variation, ...] = field(default=())


def weights_of(given) -> tuple[Weights, ...]:
    """One path, several, or a dict of names and paths. Text may be `NAME=PATH`, where there is no file of this name."""
    if isinstance(given, Mapping):
        return tuple(Weights(os.fspath(path), str(name)) for name, path in given.items())
    if isinstance(given, str | os.PathLike):
        given = [given]
    found = []
    for one in given:
        text = os.fspath(one)
        name, equals, path = text.partition("=")
        found.append(Weights(path, name) if equals and name.isidentifier() and not os.path.exists(text) else Weights(text))
    if not found:
        raise OptionError("there is no weight file to apply", code="apply-nothing", hint="name a *.weights.xml")
    return tuple(found)


def variations_of(given: Mapping | Iterable) -> tuple[Variation, ...]:
    """Variations from {name: (up, down)}; `up` and `down` say for each column what takes its place, as a dict or "a=b,c=d"."""
    made = []
    for name, directions in dict(given or {}).items():
        if not str(name).isidentifier():
            raise OptionError(f"'{name}' cannot name a variation", code="systematic-name", expected="letters, digits and _")
        if isinstance(directions, str | Mapping) or len(directions) != len(DIRECTIONS):
            raise OptionError(
                f"the variation '{name}' has not two directions",
                code="systematic-name",
                expected="(up, down), each a dict of columns and expressions",
            )
        for direction, columns in zip(DIRECTIONS, directions, strict=True):
            made.append(Variation(str(name), direction, _columns(columns, name, direction)))
    return tuple(made)


def _columns(columns, name: str, direction: str) -> tuple[tuple[str, str], ...]:
    if isinstance(columns, str):
        pairs = [part.partition("=") for part in columns.split(",") if part.strip()]
        columns = {left.strip(): right.strip() for left, _, right in pairs}
    if not columns or not all(map(str, columns)) or not all(str(e).strip() for e in columns.values()):
        raise OptionError(
            f"'{name}', {direction}: it must say which expression takes the place of which column",
            code="systematic-columns",
            expected="column=expression,... such as pt=pt_jesUp,met=met_jesUp",
        )
    return tuple((str(column), str(expression)) for column, expression in columns.items())
