"""Whole numbers as few bytes: seven bits a byte, the lowest first."""

from __future__ import annotations

from collections.abc import Iterable


def write_varints(numbers: Iterable[int]) -> bytes:
    """Whole numbers of at least 0, one after the other.

    >>> write_varints([5, 300])
    b'\\x05\\xac\\x02'
    """
    out = bytearray()
    for number in numbers:
        while number >= 128:
            out.append(number & 127 | 128)
            number >>= 7
        out.append(number)
    return bytes(out)


def read_varints(data: bytes, count: int, at: int = 0) -> tuple[list[int], int]:
    """That many numbers, below 2^63, and where the bytes go on. Raises ValueError where they end."""
    out = []
    for _ in range(count):
        number = shift = 0
        while True:
            if at >= len(data) or shift > 56:
                raise ValueError("a number that is cut off")
            byte = data[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        out.append(number)
    return out, at
