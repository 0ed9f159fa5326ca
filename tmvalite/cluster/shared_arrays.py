"""Arrays that many tasks read: written once as files, which every process maps, instead of being sent with each task."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Mapping

import numpy as np

from tmvalite.errors import FileError

READ, PRIVATE, BOTH = "r", "c", "r+"  # how files are mapped


class SharedArrays(Mapping):
    """A mapping of names to arrays. In this process they are the arrays as given; elsewhere they cannot be written to.

    Parameters
    ----------
    arrays : mapping of str to array
    by_file : bool
        Whether processes that get it see the files of this machine; otherwise the arrays are sent as they are.
    writeable : bool
        Elsewhere too they can be written to; nobody else sees what is written.

    Use it as a context manager: the files go with the block. They are written when it is first sent.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], by_file: bool = True, writeable: bool = False):
        self._arrays, self._by_file, self._mode = dict(arrays), by_file, PRIVATE if writeable else READ
        self._folder: str | None = None
        self._writing, self._owns = threading.Lock(), True

    @classmethod
    def board(cls, shapes: Mapping[str, tuple[int, ...]], dtype) -> SharedArrays:
        """Arrays of zeros that all processes of this machine read and write. Raises FileError where there is no room for them."""
        try:
            folder = tempfile.mkdtemp(prefix="tmvalite-")
            made = {
                name: np.lib.format.open_memmap(cls._file(folder, i), "w+", dtype, shape)
                for i, (name, shape) in enumerate(shapes.items())
            }
        except OSError as problem:
            raise FileError(
                f"there is no room for arrays that processes share: {problem.strerror}",
                code="file-disk-full",
                hint="TMPDIR names a folder with room",
            ) from problem
        board = cls(made)
        board._folder, board._mode = folder, BOTH
        return board

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __iter__(self):
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __reduce__(self):
        with self._writing:  # threads send at the same time: nobody may send the names of files that are half written
            if self._by_file and self._folder is None:
                self._write()
        if not self._by_file:
            return SharedArrays, (self._arrays, False)
        return _mapped, (self._folder, tuple(self._arrays), self._mode)

    def _write(self) -> None:
        """The files; where there is no room for them the arrays are sent as they are."""
        try:
            self._folder = tempfile.mkdtemp(prefix="tmvalite-")
            for i, array in enumerate(self._arrays.values()):
                np.save(self._file(self._folder, i), array, allow_pickle=False)
        except OSError:
            self._by_file = False

    @staticmethod
    def _file(folder: str, i: int) -> str:
        return os.path.join(folder, f"{i}.npy")

    def __enter__(self) -> SharedArrays:
        return self

    def __exit__(self, *error) -> None:
        if self._folder is not None and self._owns:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _mapped(folder: str, names: tuple[str, ...], mode: str) -> SharedArrays:
    """The arrays in another process. An empty array cannot be mapped and is read."""
    arrays = {}
    for i, name in enumerate(names):
        path = SharedArrays._file(folder, i)
        try:
            arrays[name] = np.asarray(np.load(path, mmap_mode=mode, allow_pickle=False))
        except ValueError:
            arrays[name] = np.load(path, allow_pickle=False)
    found = SharedArrays(arrays)
    found._folder, found._mode, found._owns = folder, mode, False  # sent on, it is the same files again
    return found
