"""What kernels are written with, and the one way in which tmvalite compiles (jit/).

Inner kernels are marked `@kernel`; they take C-like pointers and sizes and are compiled into whatever calls them.
Library functions (`@library`) are called by name: large pieces of explicit code that several kernels share.
Families (`@family`, kernels/family.py) are what the steps of a plan call, through a pointer and with one signature;
entry points (`@entry_point`) are what Python calls. Both are compiled on first use, for one precision, and kept on
disk, so that a network compiles the families it needs and nothing else.
"""

from __future__ import annotations

from .jit.compiled import Addressed, Compiled, EntryPoint, Family, Library, entry_point, family, library, uses
from .jit.flags import FASTMATH, VECTOR_BYTES
from .jit.inner import OPTIONS as _OPTIONS
from .jit.inner import kernel
from .jit.pointers import address_of, doubles_at, integers_at, is_null, null, number, pointer, pointer_at, shift, stack

__all__ = [
    "FASTMATH",
    "VECTOR_BYTES",
    "_OPTIONS",
    "Addressed",
    "Compiled",
    "EntryPoint",
    "Family",
    "Library",
    "address_of",
    "doubles_at",
    "entry_point",
    "family",
    "integers_at",
    "is_null",
    "kernel",
    "library",
    "null",
    "number",
    "pointer",
    "pointer_at",
    "shift",
    "stack",
    "uses",
]
