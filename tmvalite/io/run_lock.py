"""Files that one job at a time may write: a small file beside them says who does, and jobs that come later see it.

It is created where no file of its name may be, which works on network disks too; locks of the operating system often do not. The
holder touches it now and then. A holder that was killed leaves it behind: on the same machine its process is seen to be gone,
elsewhere the file is watched for PATIENCE, and taken over where nobody touched it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tmvalite.errors import FileError
from tmvalite.kernels.jit.process import born, is_running, machine

BEAT = 10.0  # seconds between two touches
PATIENCE = 35.0  # seconds without one after which a holder on another machine counts as dead
_POLL = 0.5
_TAKING_OVER = 10.0  # seconds after which who was taking over has been killed meanwhile
_ENDING = ".tmvalite-lock"


class RunLock:
    """The right to write some files, for one process at a time; any number of times within it.

    Parameters
    ----------
    path : path
        Of the file that is written, or what the names of several begin with; the lock stands beside it.
    what : str
        The words for messages, with their verb: "the weight files of job 'X' are".

    A process that ends gives back what it holds.
    """

    def __init__(self, path: str | os.PathLike, what: str):
        target = Path(os.path.realpath(path))
        self.path, self.what = target.with_name(f".{target.name}{_ENDING}"), what
        self._token: str | None = None

    def take(self) -> None:
        """Become the holder. Raises FileError where another process is; it says which."""
        if self._token is not None:
            return
        with _TAKING:
            with _GUARD:
                held = _OURS.get(self.path)
                if held is not None and held.pid == os.getpid():
                    held.count += 1
                    self._token = held.token
                    return
            token = self._take()
            with _GUARD:
                self._token = token
                if token:
                    _OURS[self.path] = _Held(token, os.getpid(), 1)
                    _start_beating()

    @property
    def is_real(self) -> bool:
        """Whether it was taken, and there is a file that says so."""
        return bool(self._token)

    def check(self) -> None:
        """Raises FileError where another process has taken over meanwhile, since this one stood still for long."""
        found = _read(self.path)
        if self._token and found is not None and _token(found) != self._token:
            raise self._in_use(found)

    def release(self) -> None:
        """Give it back, if it is held."""
        token, self._token = self._token, None
        with _GUARD:
            held = _OURS.get(self.path)
            if not token or held is None or held.token != token or held.pid != os.getpid():
                return
            held.count -= 1
            if held.count:
                return
            del _OURS[self.path]
        _remove(self.path, token)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold it while the block runs."""
        self.take()
        try:
            yield
        finally:
            self.release()

    def _take(self) -> str:
        """Create the file; "" where the folder takes none, which who writes there will say better."""
        text = json.dumps(_myself()).encode()
        while True:
            try:
                if _create(self.path, text):
                    return _token(text)
            except OSError:
                return ""
            found = _read(self.path)
            if found is None:
                continue  # given back this moment
            if self._is_dead(found):
                self._take_away(found)
            elif (found := _read(self.path)) is not None:
                raise self._in_use(found)

    def _is_dead(self, found: bytes) -> bool:
        """Whether the holder runs no more; where that cannot be seen, this takes PATIENCE."""
        holder = _described(found)
        if holder.get("machine") == machine():
            running = is_running(holder.get("pid"), holder.get("born"))
            if running is not None:
                return not running
        touched, since = _touched(self.path), time.monotonic()
        while time.monotonic() - since < PATIENCE:
            _pause()
            if _read(self.path) != found or _touched(self.path) != touched:
                return False
        return True

    def _take_away(self, found: bytes) -> None:
        """Remove the file of a dead holder; of several processes that want to, one does."""
        guard = self.path.with_name(f"{self.path.name}.breaking")
        try:
            if not _create(guard, b""):
                if time.time() - _touched(guard) > _TAKING_OVER:
                    _unlink(guard)
                time.sleep(0.01)
                return
        except OSError:
            return
        try:
            if _read(self.path) == found:
                _unlink(self.path)
        finally:
            _unlink(guard)

    def _in_use(self, found: bytes | None) -> FileError:
        holder = _described(found or b"")
        who = "another job"
        if "pid" in holder:
            who += f", process {holder['pid']} on {str(holder.get('node', 'another machine'))[:60]}"
        return FileError(
            f"{self.what} being written by {who}",
            code="file-in-use",
            where=f"folder {self.path.parent}",
            hint="give this job another name or folder, or start it when that one has ended",
        )


@dataclass
class _Held:
    """What this process holds: how often, and as which process, since children by fork hold nothing."""

    token: str
    pid: int
    count: int


_OURS: dict[Path, _Held] = {}
_TAKING = threading.RLock()  # who takes, which may last
_GUARD = threading.Lock()  # of _OURS and _beating
_beating: threading.Thread | None = None


def _held_here() -> list[tuple[Path, str]]:
    return [(path, one.token) for path, one in _OURS.items() if one.pid == os.getpid()]


def _start_beating() -> None:
    """Have a thread touch what is held, until nothing is."""
    global _beating
    if _beating is None or not _beating.is_alive():
        _beating = threading.Thread(target=_beat, name="tmvalite-lock", daemon=True)
        _beating.start()


def _pause() -> None:
    time.sleep(_POLL)


def _beat(sleep=time.sleep) -> None:
    global _beating
    while True:
        sleep(BEAT)
        with _GUARD:
            held = _held_here()
            if not held:
                _beating = None
                return
        for path, token in held:
            if _token(_read(path)) == token:
                with contextlib.suppress(OSError):
                    os.utime(path)


@atexit.register
def _give_back() -> None:
    with _GUARD:
        held = _held_here()
        _OURS.clear()
    for path, token in held:
        _remove(path, token)


def _create(path: Path, text: bytes) -> bool:
    """Create a file that was not there; False where it was. Raises OSError."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    except FileExistsError:
        return False
    with open(handle, "wb") as file, contextlib.suppress(OSError):  # on a full disk it stays empty, which means: held
        file.write(text)
    return True


def _read(path: Path) -> bytes | None:
    """What stands in a file, None where there is none."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _remove(path: Path, token: str) -> None:
    if _token(_read(path)) == token:
        _unlink(path)


def _described(text: bytes) -> dict:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _token(text: bytes | None) -> str | None:
    return _described(text or b"").get("token")


def _myself() -> dict:
    pid = os.getpid()
    return {"node": platform.node(), "machine": machine(), "pid": pid, "born": born(pid), "token": secrets.token_hex(8)}
