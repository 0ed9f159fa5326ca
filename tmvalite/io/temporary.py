"""A folder for files that nobody keeps."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tmvalite.errors import FileError


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder that goes with the block. Raises FileError where the system has none to make it in.

    What is written there goes through `write_atomic` or `written`, so that a full disk is named, too.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="tmvalite-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _unusable(error) from error
    with folder as name:
        yield Path(name)


@contextmanager
def written(path: str | os.PathLike) -> Iterator[None]:
    """Around what others write into a temporary file: an error of the system is one that names the file. Raises FileError."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise _unusable(error, os.fspath(path)) from error


def _unusable(error: OSError, path: str = "") -> FileError:
    cause = error.strerror or str(error)
    message = f"cannot write the temporary file '{path}': {cause}" if path else f"there is no folder for temporary files: {cause}"
    return FileError(message, code="file-temporary", hint="the environment variable TMPDIR names a folder with room")
