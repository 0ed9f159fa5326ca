"""The folders that may hold compiled kernels: those of TMVALITE_CACHE_PATH, which are only read, then one's own.

In each, the kernels of one build lie in a folder of their own, whose name has a hash of all that their code depends on.
Compiled code is run, so a folder that strangers could write to is not used.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
import sys
import tempfile
import warnings
from functools import cache
from pathlib import Path

import llvmlite
import numba

from .files import tidy
from .flags import VECTOR_BYTES
from .machine import processor

KERNELS = Path(__file__).parent.parent


# files here on which no machine code depends
_NOT_CODE = {
    KERNELS / "jit" / name
    for name in ("code.py", "files.py", "folders.py", "lock.py", "making.py", "place.py", "process.py", "store.py")
}


def _hash(*parts: str) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for path in sorted({*KERNELS.rglob("*.py")} - _NOT_CODE):
        digest.update(path.relative_to(KERNELS).as_posix().encode() + b"\0" + path.read_bytes())
    for part in parts:
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


# of what is being imported now, not of what the files may become
PORTABLE_KEY = _hash(
    numba.__version__,
    llvmlite.__version__,
    *(str(getattr(numba.config, name)) for name in ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE")),
    sys.platform,
    platform.machine().lower(),
    str(VECTOR_BYTES),
    str(object.__basicsize__),  # which free-threaded Pythons have larger
)
KEY = hashlib.blake2b("\0".join([PORTABLE_KEY, *processor()]).encode(), digest_size=12).hexdigest()


def own_base() -> Path:
    """TMVALITE_CACHE_DIR, else the user's cache folder. RuntimeError where the user has no home."""
    chosen = os.environ.get("TMVALITE_CACHE_DIR")
    if chosen:
        return Path(chosen).absolute()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "tmvalite" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "tmvalite"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "tmvalite"


def keyed(base: Path) -> Path:
    """The folder of this build's kernels in a cache folder."""
    return base / f"kernels-{KEY}"


def to_read() -> list[Path]:
    """The folders to look into, in this order."""
    shared = [Path(part).absolute() for part in os.environ.get("TMVALITE_CACHE_PATH", "").split(os.pathsep) if part]
    found = [folder for folder in map(keyed, shared) if _is_shared_safely(folder)]
    try:
        own = keyed(own_base())
    except RuntimeError:
        return found
    return [*found, own] if _is_own(own) else found


def to_write() -> Path | None:
    """One's own folder, made with mode 0700 if needed; None, after one warning, when there is no safe place."""
    try:
        return _writable(own_base())
    except RuntimeError as error:
        return _without(str(error))


@cache
def _writable(base: Path) -> Path | None:
    folder = keyed(base)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_own(folder):
            raise PermissionError(f"{folder} is not yours alone to write")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return _without(str(error))
    tidy(folder)
    return folder


@cache
def _without(reason: str) -> None:
    warnings.warn(f"kernels are made anew in every process: no cache folder ({reason})", RuntimeWarning, stacklevel=2)


def _is_own(folder: Path) -> bool:
    """Whether a folder is there, is the user's or the system's, and nobody else may write to it."""
    status = _status(folder)
    if status is None or not hasattr(os, "getuid"):
        return status is not None
    return status.st_uid in (os.getuid(), 0) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


@cache
def _is_shared_safely(folder: Path) -> bool:
    """Whether a folder that the user names as shared is there, and not everybody's to write; it may be a group's."""
    status = _status(folder)
    if status is None:
        return False
    if hasattr(os, "getuid") and status.st_mode & stat.S_IWOTH:
        warnings.warn(f"{folder} of TMVALITE_CACHE_PATH is not used: everybody may write to it", RuntimeWarning, stacklevel=2)
        return False
    return True


def _status(folder: Path) -> os.stat_result | None:
    try:
        return folder.stat()
    except OSError:
        return None
