"""What is asked of values that were read from an archive: types and ranges. Raises TypeError or ValueError."""

from __future__ import annotations

import re

import numpy as np

_DTYPE = re.compile(r"[<>|][biufUS][0-9]{1,6}")
_MAX_LENGTH = 1 << 48  # events, and elements of an axis


def check_types(*pairs) -> None:
    """Whether every value has exactly its type."""
    for value, kind in pairs:
        if type(value) is not kind:
            raise TypeError(f"{str(value)[:40]!r} is no {kind.__name__}")


def read_dtype(text: str) -> np.dtype:
    """The type of a column."""
    if not isinstance(text, str) or not _DTYPE.fullmatch(text):
        raise ValueError(f"type {str(text)[:40]!r}")
    return np.dtype(text)


def read_shape(sizes) -> tuple[int, ...]:
    """The shape of an array, of at most 8 axes."""
    whole_numbers(sizes)
    if len(sizes) > 8 or any(not 0 <= size <= _MAX_LENGTH for size in sizes):
        raise ValueError(f"shape {sizes}")
    return tuple(sizes)


def whole_numbers(values) -> list[int]:
    """A list of whole numbers."""
    check_types((values, list), *((value, int) for value in values))
    return values
