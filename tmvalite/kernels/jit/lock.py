"""Who makes a kernel while others wait: a file that one process can create and the others see.

Not an advisory lock of the operating system, which network disks often lack. A holder that was killed leaves its file behind; the
others take it away when its process is gone, or when the same file has stood there for PATIENCE. At worst two processes
then make the same kernel, which costs time and nothing else, since files appear whole.
"""

from __future__ import annotations

import contextlib
import os
import platform
import time
from pathlib import Path

from .process import is_running

PATIENCE = 30.0  # seconds; the largest kernel compiles in five


class Locks:
    """The locks of one folder, as one process meets them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._seen: dict[str, tuple[bytes, float]] = {}  # what stood in the lock of others, and since when

    @contextlib.contextmanager
    def held(self, name: str):
        """Try to hold a lock: gives False where another process has it, True where it is ours or locks cannot be had."""
        path = self.folder / f".{name}.lock"
        got = self._create(path) or (self._is_stale(path) and self._remove(path) and self._create(path))
        try:
            yield got
        finally:
            if got:
                self._remove(path)

    def _create(self, path: Path) -> bool:
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            return False
        except OSError:
            return True  # no lock is better than no kernel
        try:
            with open(handle, "wb") as file, contextlib.suppress(OSError):
                file.write(f"{platform.node()} {os.getpid()} {time.monotonic_ns()}".encode())
        except KeyboardInterrupt:
            self._remove(path)
            raise
        return True

    def _is_stale(self, path: Path) -> bool:
        try:
            text = path.read_bytes()
        except OSError:
            return False  # just given back
        before, since = self._seen.get(path.name, (None, 0.0))
        if before != text:
            self._seen[path.name] = text, time.monotonic()
            return _is_gone(text)
        return time.monotonic() - since > PATIENCE or _is_gone(text)

    @staticmethod
    def _remove(path: Path) -> bool:
        with contextlib.suppress(OSError):
            path.unlink()
        return True


def _is_gone(text: bytes) -> bool:
    """Whether the process that wrote this ran on this machine and has ended."""
    node, _, rest = text.decode("utf-8", "replace").partition(" ")
    number = rest.partition(" ")[0]
    return node == platform.node() and number.isdigit() and is_running(int(number)) is False
