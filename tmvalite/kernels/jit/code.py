"""Where the machine code of kernels comes from.

It is looked for in the cache folders, else made of bitcode that fits (store.py), else compiled; then it is kept in the user's own
folder. All three give the same bits. Processes that start together make each kernel once: what one of them is making
is left to it while there is something else to make, and then waited for.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from pathlib import Path

from . import files, folders, machine, store
from .lock import Locks
from .making import making

POLL = 0.02  # seconds between looks at what other processes make
_REMARKED: set[Path] = set()  # damaged files that the user knows of


def codes_of(kernels: Iterable, precision: str) -> dict:
    """The machine code of every kernel (Compiled), in the order in which they are given."""
    kernels = list(kernels)
    names = {kernel: f"{kernel.name}-{precision}" for kernel in kernels}
    found = {kernel: _cached(names[kernel]) for kernel in kernels}
    missing = [kernel for kernel in kernels if found[kernel] is None]
    if missing:
        with making():
            _make(found, missing, names, precision)
    return found


def _make(found: dict, missing: list, names: dict, precision: str) -> None:
    """Fill in what no folder has."""
    own = folders.to_write()
    locks = Locks(own) if own else None
    while missing:
        before = len(missing)
        for kernel in list(missing):
            if own is None:
                found[kernel] = _made(kernel, precision)
            else:
                found[kernel] = _shared(kernel, precision, names[kernel], own, locks)
            if found[kernel] is not None:
                missing.remove(kernel)
        if len(missing) == before:
            time.sleep(POLL)


def _shared(kernel, precision: str, name: str, own: Path, locks: Locks) -> bytes | None:
    """The code of a kernel that no folder has, made once for all processes; None while another one is making it."""
    code = _read(own, name)
    if code is not None:
        return code
    with locks.held(name) as got:
        if not got:
            return None
        code = _read(own, name)  # made before the lock was ours
        if code is None:
            code = _made(kernel, precision)
            _keep(own, name, code)
        return code


def _cached(name: str) -> bytes | None:
    for folder in folders.to_read():
        code = _read(folder, name)
        if code is not None:
            return code
    return None


def _read(folder: Path, name: str) -> bytes | None:
    try:
        return files.read(folder, name)
    except files.Damaged:
        if folder / name not in _REMARKED:
            _REMARKED.add(folder / name)
            warnings.warn(f"the kernel {name} in {folder} is damaged; it alone is made anew", RuntimeWarning, stacklevel=2)
        return None


def _made(kernel, precision: str) -> bytes:
    """Machine code from bitcode, else compiled.

    What was compiled goes through bitcode too: LLVM's code depends on the order of uses in memory, which bitcode does not keep.
    """
    bitcode = store.bitcode_of(kernel.name, precision)
    return machine.emit_bitcode(kernel.module(precision).as_bitcode() if bitcode is None else bitcode)


def _keep(folder: Path, name: str, code: bytes) -> None:
    try:
        files.write(folder, name, code)
    except OSError as error:  # a full disk, or the folder was taken away
        warnings.warn(f"the kernel {name} is not kept in {folder} ({error})", RuntimeWarning, stacklevel=2)
