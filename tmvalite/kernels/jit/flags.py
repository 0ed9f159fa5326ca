"""The flags that all kernels are compiled with, and the width of their vectors.

Flags: {contract, nsz} only. `contract` lets a*b+c become one rounding, which does not depend on where in an array an
element lies; `reassoc`, `arcp` and `afn` would make bits depend on array lengths. error_model="numpy" drops the
division check that stops vectorisation.
"""

from __future__ import annotations

import os

import llvmlite.binding as llvm

FASTMATH = {"contract", "nsz"}
FLAGS = dict(fastmath=FASTMATH, error_model="numpy", boundscheck=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def vector_bytes() -> int:
    """Width of the vectors that explicit kernels use: 64, 32 or 16 bytes, from the host or TMVALITE_VECTOR_BYTES."""
    forced = os.environ.get("TMVALITE_VECTOR_BYTES")
    if forced:
        if forced not in ("16", "32", "64"):
            raise ValueError(f"TMVALITE_VECTOR_BYTES is {forced!r}; it may be 16, 32 or 64")
        return int(forced)
    features = llvm.get_host_cpu_features()
    if features.get("avx512f") and features.get("avx512vl"):
        return 64
    if features.get("avx2") and features.get("fma"):
        return 32
    return 16


VECTOR_BYTES = vector_bytes()
