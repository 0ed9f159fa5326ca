"""Arrays of numbers as C++ text: each once, however often it is asked for."""

from __future__ import annotations

import math

import numpy as np

KINDS = {"float32": "float", "float64": "double", "int64": "std::int64_t", "int32": "int", "bool": "bool"}
"""C++'s name of every type of number that a program has."""
_WIDTH = 120


def literal(value, kind: str) -> str:
    """One number as C++ reads it back with the same bits.

    >>> literal(np.float32(0.1), "float"), literal(2.0, "double"), literal(True, "bool")
    ('0.1f', '2.0', 'true')
    """
    if kind == "bool":
        return "true" if value else "false"
    if kind not in ("float", "double"):
        return str(int(value))
    if not math.isfinite(value):
        limits = f"std::numeric_limits<{kind}>"
        return f"{limits}::quiet_NaN()" if math.isnan(value) else f"{'-' if value < 0 else ''}{limits}::infinity()"
    text = str(np.float32(value)) if kind == "float" else repr(float(value))
    return f"{text}f" if kind == "float" else text


class ConstantArrays:
    """The arrays of a class, in the order in which they were first asked for."""

    def __init__(self):
        self._names: dict[tuple[str, bytes], str] = {}
        self.lines: list[str] = []

    def name(self, array: np.ndarray, narrow: bool = False) -> str:
        """The name of an array, flat, of its own type; with `narrow`, doubles that float32 holds may be stored in float32."""
        array = np.ascontiguousarray(array).ravel()
        if narrow and array.dtype == np.float64 and np.array_equal(array, array.astype(np.float32), equal_nan=True):
            array = array.astype(np.float32)
        key = (array.dtype.name, array.tobytes())
        if key not in self._names:
            self._names[key] = name = f"c{len(self._names)}"
            kind = KINDS[array.dtype.name]
            self.lines.append(f"inline const {kind} {name}[{len(array)}] = {{")
            self.lines += _wrapped([literal(value, kind) for value in array])
            self.lines.append("};")
        return self._names[key]


def _wrapped(words: list[str]) -> list[str]:
    """The words joined by commas, as many in a line as fit."""
    lines, line, length = [], [], 0
    for word in words:
        if line and length + len(word) + 2 > _WIDTH:
            lines.append(f"    {', '.join(line)},")
            line, length = [], 0
        line.append(word)
        length += len(word) + 2
    return [*lines, f"    {', '.join(line)}"]
