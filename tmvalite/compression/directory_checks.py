"""What is asked of the directory of a chunk that was read. Raises TypeError, ValueError, KeyError or IndexError."""

from __future__ import annotations

from tmvalite.compression.array_coder import CODERS
from tmvalite.compression.header_checks import check_types, whole_numbers


def members_of(runs: list, n: int) -> list[int]:
    """The columns of rising runs, of n in all."""
    edges = whole_numbers(runs)
    if not edges or len(edges) % 2 or edges[0] < 0 or edges[-1] > n or any(a >= b for a, b in zip(edges, edges[1:])):
        raise ValueError("runs of columns")
    return [k for first, stop in zip(edges[::2], edges[1::2]) for k in range(first, stop)]


def array_bytes(stated: dict) -> int:
    """Bytes of the arrays of an entry, whose list is checked."""
    check_types((stated["arrays"], dict), (stated["crc"], int))
    sizes = 0
    for name, item in stated["arrays"].items():
        numbers = whole_numbers(item)
        if not 2 <= len(numbers) <= 3 or min(numbers) < 0 or numbers[0] >= len(CODERS) or name not in ("", "raw", "rest", "kept"):
            raise ValueError("arrays")
        sizes += numbers[1]
    if "" not in stated["arrays"] and not stated.get("network"):
        raise ValueError("arrays")
    if "steps" in stated:
        check_steps(stated["steps"])
    return sizes


def check_steps(steps: dict) -> None:
    check_types(
        (steps, dict),
        (steps["mode"], str),
        (steps["size"], float),
        (steps["low"], int),
        (steps.get("exponent", 0), int),
        (steps.get("special", 0), int),
        (steps.get("prediction", {}), dict),
    )
    if abs(steps["low"]) > 1 << 62 or abs(steps.get("special", 0)) > 1 << 62:
        raise ValueError("lowest step")
