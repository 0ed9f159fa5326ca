"""What a Factory or a cross-validation writes, kept from other jobs of the same names while it does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from tmvalite.errors import FileError
from tmvalite.io.atomic import make_folder
from tmvalite.io.run_lock import RunLock
from tmvalite.workflow.method_booking import weight_file_path

RACES = 20


class RunFiles:
    """The right to write the weight files of a job and its output file.

    Jobs that write the same names at the same time would leave weight files of one and the output file of another.
    """

    def __init__(self, job: str, target: str | None):
        self._job, self._target = job, target
        self._locks: dict[str, RunLock] = {}
        self._made: list[Path] = []

    def take(self, datasets: Iterable[str] = ()) -> None:
        """Become the one who writes the weight files in the folders of these data sets, and the output file.

        Raises FileError where another process does.
        """
        try:
            self._take_all(datasets)
        except FileError:
            self.release()
            raise

    def _take_all(self, datasets: Iterable[str]) -> None:
        for name in datasets:
            path = weight_file_path(name, self._job, "").removesuffix("_.weights.xml")
            folder = Path(path).parent
            self._made += [one for one in (folder, *folder.parents) if not one.exists() and one not in self._made]
            for _ in range(RACES):  # another job may take away the empty folder that it had made too
                make_folder(folder)
                if self._take(path, f"the weight files of job '{self._job}' are") or folder.exists():
                    break
        if isinstance(self._target, str):
            self._take(self._target, f"the output file '{self._target}' is")

    def _take(self, path: str, what: str) -> bool:
        """Whether there is a lock now; there is none where no file can be made."""
        lock = self._locks.setdefault(path, RunLock(path, what))
        lock.take()
        lock.check()
        if not lock.is_real:
            self._locks.pop(path).release()
        return lock.is_real

    def release(self) -> None:
        """Let others write them; folders in which nothing was written go."""
        for lock in self._locks.values():
            lock.release()
        for folder in sorted(self._made, key=lambda one: -len(one.parts)):
            with contextlib.suppress(OSError):
                folder.rmdir()
        self._made = []
