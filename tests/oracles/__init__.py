"""Stored results of PyTorch, so that the tests compare with it without installing it. make_vectors.py wrote them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent / "data"


@cache
def load(name: str) -> dict[str, np.ndarray]:
    """All arrays of data/<name>.npz by key, read-only. The layout of the files is in make_vectors.py."""
    with np.load(DATA / f"{name}.npz", allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


def group(name: str, prefix: str) -> dict[str, np.ndarray]:
    """The arrays of a file whose key starts with "<prefix>/", by the rest of the key."""
    start = prefix + "/"
    return {key[len(start) :]: array for key, array in load(name).items() if key.startswith(start)}


def prefixes(name: str) -> tuple[str, ...]:
    """The prefixes of a file in order."""
    return tuple(dict.fromkeys(key.partition("/")[0] for key in load(name) if "/" in key))
