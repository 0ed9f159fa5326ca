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
from pathlib import Path

import llvmlite
import numba

from .flags import VECTOR_BYTES
from .machine import processor
from .place import START

KERNELS = Path(__file__).parent.parent


def _hash(*parts: str) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for path in sorted(KERNELS.rglob("*.py")):
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
        return Path(START, chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "tmvalite" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "tmvalite"
    return Path(START, os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tmvalite"


def keyed(base: Path) -> Path:
    """The folder of this build's kernels in a cache folder."""
    return base / f"kernels-{KEY}"


def to_read() -> list[Path]:
    """The folders to look into, in this order."""
    shared = [Path(START, part) for part in os.environ.get("TMVALITE_CACHE_PATH", "").split(os.pathsep) if part]
    found = [folder for folder in map(keyed, shared) if _is_safe(folder, owners=None)]
    try:
        own = keyed(own_base())
    except RuntimeError:
        return found
    return [*found, own] if _is_safe(own, owners=_trusted()) else found


def to_write() -> Path | None:
    """One's own folder, made with mode 0700 if needed; None, after a warning, when there is no safe place."""
    try:
        folder = keyed(own_base())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not _is_safe(folder, owners=_trusted()):
            raise PermissionError(f"{folder} may be written by others")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, RuntimeError) as error:
        warnings.warn(f"kernels are compiled anew in every process: no cache folder ({error})", RuntimeWarning, stacklevel=2)
        return None
    return folder


def _trusted() -> set[int] | None:
    return {os.getuid(), 0} if hasattr(os, "getuid") else None


def _is_safe(folder: Path, owners: set[int] | None) -> bool:
    """Whether a folder is there and nobody else may write to it. Those that the user names as shared may be a group's."""
    try:
        status = folder.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    if owners is None:
        return not status.st_mode & stat.S_IWOTH
    return status.st_uid in owners and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
