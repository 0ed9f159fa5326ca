"""Optimised bitcode of all kernels, made when a release is made: on the user's machine only machine code is left to make.

One file for a platform, a width of vectors and a precision: a line with the key, then, compressed together, a line of JSON that
says where each kernel begins and ends, and the kernels as files.pack writes them. It is used where its key fits: the sources of
the kernels, numba and LLVM are those that it was made with. Else kernels are compiled. training/bitcode.py makes it.
"""

from __future__ import annotations

import json
import platform
import sys
import warnings
from functools import cache
from pathlib import Path

from .files import Damaged, pack, unpack
from .flags import VECTOR_BYTES
from .folders import KERNELS, PORTABLE_KEY

FOLDER = KERNELS / "bitcode"


def path_of(precision: str) -> Path:
    """The file for this platform and width."""
    return FOLDER / f"{sys.platform}-{platform.machine().lower()}-{VECTOR_BYTES}-{precision}.xz"


def write(precision: str, kernels: dict[str, bytes]) -> Path:
    """Write the bitcode of all kernels, by name."""
    import lzma

    parts, places, end = [], {}, 0
    for name, code in sorted(kernels.items()):
        parts.append(pack(name, code))
        places[name] = end, end + len(parts[-1])
        end += len(parts[-1])
    whole = json.dumps(places, sort_keys=True).encode() + b"\n" + b"".join(parts)
    path = path_of(precision)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(f"{PORTABLE_KEY}\n".encode() + lzma.compress(whole, preset=9 | lzma.PRESET_EXTREME))
    return path


def fits(precision: str) -> bool:
    """Whether there is a file with the key of these sources."""
    try:
        with open(path_of(precision), "rb") as file:
            return file.readline(100) == f"{PORTABLE_KEY}\n".encode()
    except OSError:
        return False


@cache
def _opened(precision: str) -> tuple[dict[str, list[int]], bytes]:
    """Places of the kernels and what they are places in; empty where nothing fits."""
    if not fits(precision):
        return {}, b""
    path = path_of(precision)
    try:
        from lzma import LZMAError, decompress  # which some Pythons lack
    except ImportError:
        return {}, b""
    try:
        places, _, body = decompress(path.read_bytes().partition(b"\n")[2]).partition(b"\n")
        return json.loads(places), body
    except (OSError, EOFError, ValueError, LZMAError) as error:
        warnings.warn(f"{path} cannot be read, so kernels are compiled ({error})", RuntimeWarning, stacklevel=2)
        return {}, b""


def names(precision: str) -> set[str]:
    """The kernels whose bitcode fits."""
    return set(_opened(precision)[0])


def bitcode_of(name: str, precision: str) -> bytes | None:
    """The bitcode of a kernel, None where there is none that fits."""
    places, body = _opened(precision)
    if name not in places:
        return None
    start, stop = places[name]
    try:
        return unpack(name, body[start:stop])
    except Damaged:
        warnings.warn(f"{name} in {path_of(precision)} is damaged and is compiled", RuntimeWarning, stacklevel=2)
        return None
