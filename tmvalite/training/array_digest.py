"""A digest of arrays, for samples and for results that come from other processes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np


def arrays_digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Of names, types, shapes and numbers."""
    digest = hashlib.blake2b(digest_size=16)
    for name, array in sorted(arrays.items()):
        digest.update(f"{name}{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
