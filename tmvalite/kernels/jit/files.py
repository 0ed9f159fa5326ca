"""One file for one compiled kernel: a line that names it, a checksum, machine code. What is not whole is never loaded."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

ENDING = ".kernel"
_UNFINISHED = ".tmp"
_ABANDONED = 3600.0  # seconds after which an unfinished file is nobody's
_MAGIC = b"tmvalite kernel 1\n"
_DIGEST = 32


class Damaged(Exception):
    """A file that is there and not whole."""


def pack(name: str, code: bytes) -> bytes:
    """The bytes of a file."""
    return _MAGIC + _checksum(name, code) + code


def unpack(name: str, data: bytes) -> bytes:
    """The code in the bytes of a file. Raises Damaged."""
    start = len(_MAGIC) + _DIGEST
    code = data[start:]
    if data[:start] != _MAGIC + _checksum(name, code):
        raise Damaged(name)
    return code


def _checksum(name: str, code: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + b"\0" + code, digest_size=_DIGEST).digest()


def read(folder: Path, name: str) -> bytes | None:
    """The code of a kernel, None where there is none that can be read. Raises Damaged."""
    try:
        data = (folder / (name + ENDING)).read_bytes()
    except OSError:
        return None
    return unpack(name, data)


def write(folder: Path, name: str, code: bytes) -> None:
    """Keep the code of a kernel: the whole file appears at once. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.", suffix=_UNFINISHED)
    try:
        with open(handle, "wb") as file:
            file.write(pack(name, code))
        os.replace(temporary, folder / (name + ENDING))
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def tidy(folder: Path) -> None:
    """Remove what writers that were killed have left."""
    for path in folder.glob(f".*{_UNFINISHED}"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED:
                path.unlink()
