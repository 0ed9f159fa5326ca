"""One event with named values, or a list of such events, as columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tmvalite.data.sources.base import module_of
from tmvalite.errors import DataError


def as_columns(source) -> tuple[Any, bool]:
    """(A table, whether it holds a single event that was given without the others): any other source as it is.

    An event is a dict of numbers, a row of a structured array, an awkward record, or a pandas Series whose index has names.
    """
    event = _event(source)
    if event is not None:
        return {name: [value] for name, value in event.items()}, True
    if not isinstance(source, list | tuple) or not source or _event(source[0]) is None:
        return source, False
    events = [_event(one) for one in source]
    first = events[0]
    for row, one in enumerate(events):
        if one is None or one.keys() != first.keys():
            names = ", ".join(map(str, first))
            raise DataError(
                f"event {row} of the list has other values than event 0", code="data-column", expected=f"values of {names}"
            )
    return {name: [event[name] for event in events] for name in first}, False


def _event(source) -> Mapping[str, Any] | None:
    """The values of an event by name, or None for anything else."""
    if isinstance(source, Mapping):
        return source if source and all(_is_number(value) for value in source.values()) else None
    if isinstance(source, np.void) and source.dtype.names:
        return {name: source[name] for name in source.dtype.names}
    if module_of(source) == "awkward" and type(source).__name__ == "Record":
        return {name: source[name] for name in source.fields}
    index = getattr(source, "index", None)
    if hasattr(source, "iloc") and not hasattr(source, "columns") and all(isinstance(name, str) for name in index):
        return dict(zip(index, source)) or None
    return None


def _is_number(value) -> bool:
    return isinstance(value, int | float | np.number) or (
        isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "biuf"
    )
