"""The one way in which tmvalite writes a file: whole or not at all.

The content goes into a temporary file in the same folder, to the disk, and only then under its name. Whatever fails,
the old file stays as it was and the temporary file is removed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from tmvalite.errors import FileError

_SUFFIX = ".tmvalite-tmp"
_STALE = 3600.0  # seconds without a write after which a temporary file belongs to a process that was killed
_RACES = 20  # times that a folder may be taken away by the trial of another process, which had made it too
_NAME = 60  # characters of the file name that the temporary name repeats, so that it never grows too long
# Some network and user-space file systems cannot flush on request; they are no reason to lose a training.
_NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)

Content = bytes | str | Callable[[BinaryIO], None]


def write_atomic(path: str | os.PathLike, content: Content) -> None:
    """Write a file whole, or leave what was there.

    Parameters
    ----------
    path : path
        The folder must exist (see `make_folder`). A symbolic link is followed: the file it names is replaced.
    content : bytes, str or callable
        str is written as UTF-8 with its line ends as they are. A callable gets the temporary file, open for binary reading
        and writing and seekable; it may close it.

    Raises
    ------
    FileError
        The folder is missing or not writable, the disk is full, ...: file and cause are named. Errors of a callable other
        than OSError are passed on.

    Notes
    -----
    A new file gets the permissions that the umask allows, an old one keeps its own. A kill leaves at most a temporary
    file behind; the next write of the same file after an hour removes it.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = _check_target(target)
        _remove_stale(target)
        temporary = target.with_name(_temporary_name(target))
        try:
            _fill(temporary, content)
            if mode is not None:
                os.chmod(temporary, mode)
            os.replace(temporary, target)
        except BaseException:  # also Ctrl-C: nothing may stay behind
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except FileError:
        raise
    except OSError as error:
        raise _explain(error, path, target, content) from error
    _sync_folder(target.parent)


def check_writable(path: str | os.PathLike, *, make_folders: bool = False) -> None:
    """Whether `write_atomic` can create this file, found by creating a temporary one beside it.

    Called before a training starts, so that hours of work are not lost to a wrong folder. With `make_folders` the folders
    above it that are missing are made for the trial; nothing stays behind. Raises FileError.
    """
    for _ in range(_RACES if make_folders else 0):
        try:
            _check_writable(path, make_folders)
            return
        except FileError as error:
            if error.code not in ("file-folder", "file-no-folder"):
                raise
    _check_writable(path, make_folders)


def _check_writable(path: str | os.PathLike, make_folders: bool) -> None:
    target = Path(os.path.realpath(path))
    missing = [folder for folder in target.parents if not os.path.lexists(folder)] if make_folders else []
    try:
        if missing:
            make_folder(os.path.dirname(os.fspath(path)))
        _try_to_create(path, target)
    finally:
        for folder in missing:  # the deepest one first
            with contextlib.suppress(OSError):
                os.rmdir(folder)


def _try_to_create(path: str | os.PathLike, target: Path) -> None:
    try:
        _check_target(target)
        temporary = target.with_name(_temporary_name(target))
        try:
            os.close(_create(temporary))
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
    except FileError:
        raise
    except OSError as error:
        raise _explain(error, path, target, None) from error


def make_folder(path: str | os.PathLike) -> None:
    """Make a folder and those above it, if they are not there. Raises FileError."""
    try:
        for _ in range(_RACES):
            with contextlib.suppress(FileNotFoundError, FileExistsError):
                os.makedirs(path, exist_ok=True)
                return
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        reason = _CAUSES.get(error.errno, error.strerror or str(error))
        if error.errno in (errno.EEXIST, errno.ENOTDIR):
            reason = "something that is no folder has this name or stands above it"
        raise FileError(f"cannot make the folder '{os.fspath(path)}': {reason}", code="file-folder") from error


def _check_target(target: Path) -> int | None:
    """Permissions of the file to replace, or None if it is new. Only a plain file may be replaced."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise FileError(f"cannot write '{target}': it is a folder", code="file-is-folder", hint="add a file name")
    if not stat.S_ISREG(mode):
        raise FileError(f"cannot write '{target}': it is not a plain file", code="file-not-plain")
    if not os.access(target, os.W_OK):  # a rename would replace even a file that its owner protected
        raise FileError(
            f"cannot write '{target}': the file is read-only",
            code="file-permission",
            hint="choose another name, or change its permissions",
        )
    return stat.S_IMODE(mode)


def _temporary_name(target: Path) -> str:
    return f".{target.name[:_NAME]}.{secrets.token_hex(6)}{_SUFFIX}"


def _create(temporary: Path) -> int:
    # 0o666 leaves the choice to the umask, as open() does; tempfile would always make it 0o600
    return os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)


def _fill(temporary: Path, content: Content) -> None:
    """Create the temporary file with this content, on the disk."""
    descriptor = _create(temporary)
    try:
        file = os.fdopen(descriptor, "w+b")
    except BaseException:
        os.close(descriptor)
        raise
    with file:
        if callable(content):
            content(file)
        else:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        if not file.closed:
            file.flush()
            _sync(file.fileno())
            return
    descriptor = os.open(temporary, os.O_RDWR | getattr(os, "O_BINARY", 0))  # closed by the callable, perhaps not yet on the disk
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, where the system can; the file itself is whole in any case."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_stale(target: Path) -> None:
    """Remove temporary files of killed writers of the same file."""
    prefix = f".{target.name[:_NAME]}."
    before = time.time() - _STALE
    with contextlib.suppress(OSError):
        for entry in os.scandir(target.parent):
            if entry.name.startswith(prefix) and entry.name.endswith(_SUFFIX) and entry.stat().st_mtime < before:
                os.unlink(entry.path)


_CAUSES = {
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.EROFS: "the file system is read-only",
    getattr(errno, "EDQUOT", errno.ENOSPC): "the disk quota is used up",  # Windows has no quotas
    errno.ENOSPC: "the disk is full",
    errno.EFBIG: "the file would be larger than the limit",
    errno.ENAMETOOLONG: "the name is too long",
}
_CODES = {
    errno.EACCES: "file-permission",
    errno.EPERM: "file-permission",
    errno.EROFS: "file-permission",
    getattr(errno, "EDQUOT", errno.ENOSPC): "file-disk-full",
    errno.ENOSPC: "file-disk-full",
}


def _explain(error: OSError, path, target: Path, content: Content | None) -> FileError:
    """The system's error in the user's words."""
    name = os.fspath(path)
    folder = target.parent
    if error.errno in (errno.ENOENT, errno.ENOTDIR) and not folder.is_dir():
        in_the_way = next((f for f in (folder, *folder.parents) if f.exists() and not f.is_dir()), None)
        if in_the_way is not None:
            return FileError(f"cannot write '{name}': '{in_the_way}' is no folder", code="file-no-folder")
        return FileError(
            f"cannot write '{name}': there is no folder '{folder}'",
            code="file-no-folder",
            hint=f"make the folder '{folder}' first, or choose another",
        )
    cause = _CAUSES.get(error.errno, error.strerror or str(error) or type(error).__name__)
    code = _CODES.get(error.errno, "file-write")
    hint = _space(folder, content) if code == "file-disk-full" else None
    return FileError(f"cannot write '{name}': {cause}", code=code, where=f"folder {folder}", hint=hint)


def _space(folder: Path, content: Content | None) -> str:
    try:
        free = f"{shutil.disk_usage(folder).free} bytes are free"
    except OSError:
        free = "make room"
    if content is None or callable(content):
        return free
    size = len(content.encode("utf-8") if isinstance(content, str) else content)
    return f"{size} bytes are needed, {free}"
