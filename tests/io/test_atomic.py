"""A file is written whole or not at all, whatever operation fails."""

from __future__ import annotations

import errno
import os
import stat
import time

import pytest

from tmvalite.errors import FileError
from tmvalite.io import atomic
from tmvalite.io.atomic import check_writable, make_folder, write_atomic


class FailingFile:
    """A binary file whose operations count towards the failure."""

    def __init__(self, file, system):
        self._file, self._system = file, system

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def write(self, data):
        self._system.count("write")
        return self._file.write(data)

    def flush(self):
        self._system.count("flush")
        self._file.flush()

    def __getattr__(self, name):
        return getattr(self._file, name)


class FailingSystem:
    """The os module with a failure at operation number `at`; `done` lists the operations so far."""

    def __init__(self, at, error):
        self.at, self.error, self.done = at, error, []

    def count(self, name):
        self.done.append(name)
        if len(self.done) - 1 == self.at:
            raise self.error

    def __getattr__(self, name):
        real = getattr(os, name)
        if name not in ("open", "fsync", "replace", "chmod", "fdopen", "close", "stat"):
            return real

        def operation(*arguments, **keywords):
            self.count(name)
            result = real(*arguments, **keywords)
            return FailingFile(result, self) if name == "fdopen" else result

        return operation


def write_in_pieces(file):
    for piece in (b"new ", b"con", b"tent"):
        file.write(piece)


@pytest.mark.parametrize("content", [b"new content", "new content", write_in_pieces])
@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()], ids=["disk", "interrupt"]
)
@pytest.mark.parametrize("exists", [True, False])
def test_failure_of_any_operation_leaves_the_old_file_or_the_whole_new_one(tmp_path, monkeypatch, content, error, exists):
    path = tmp_path / "file.xml"
    failures = 0
    for at in range(40):
        if exists:
            path.write_bytes(b"old")
        else:
            path.unlink(missing_ok=True)
        system = FailingSystem(at, error)
        monkeypatch.setattr(atomic, "os", system)
        try:
            write_atomic(path, content)
        except (FileError, KeyboardInterrupt):
            failures += 1
        monkeypatch.setattr(atomic, "os", os)
        assert [p.name for p in tmp_path.iterdir() if p != path] == []
        if path.exists():
            assert path.read_bytes() in ((b"old", b"new content") if exists else (b"new content",))
        else:
            assert not exists
        if at >= len(system.done):
            break
    assert at < 39 and failures >= 7
    assert path.read_bytes() == b"new content"


def test_error_disk_full(tmp_path, monkeypatch):
    system = FailingSystem(3, OSError(errno.ENOSPC, "No space left on device"))
    monkeypatch.setattr(atomic, "os", system)
    monkeypatch.setattr(atomic.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 12})())
    with pytest.raises(FileError) as caught:
        write_atomic(tmp_path / "a.xml", "ä" * 10)
    assert str(caught.value) == (
        f"cannot write '{tmp_path / 'a.xml'}': the disk is full\n"
        f"  in folder {tmp_path}\n"
        "  hint: 20 bytes are needed, 12 bytes are free"
    )
    assert caught.value.code == "file-disk-full"


@pytest.mark.parametrize("function", [check_writable, lambda path: write_atomic(path, b"x")], ids=["check", "write"])
def test_error_folder_missing(tmp_path, function):
    path = tmp_path / "no" / "a.xml"
    with pytest.raises(FileError) as caught:
        function(path)
    assert str(caught.value) == (
        f"cannot write '{path}': there is no folder '{tmp_path / 'no'}'\n"
        f"  hint: make the folder '{tmp_path / 'no'}' first, or choose another"
    )


def test_error_folder_is_a_file(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    path = tmp_path / "plain" / "b" / "a.xml"
    for make_folders, message in [
        (False, f"cannot write '{path}': '{tmp_path / 'plain'}' is no folder"),
        (True, f"cannot make the folder '{path.parent}': something that is no folder has this name or stands above it"),
    ]:
        with pytest.raises(FileError) as caught:
            check_writable(path, make_folders=make_folders)
        assert str(caught.value) == message
    assert [p.name for p in tmp_path.rglob("*")] == ["plain"]


def test_a_trial_with_folders_leaves_none_of_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept").mkdir()
    check_writable("kept/dataset/weights/a.xml", make_folders=True)
    check_writable(tmp_path / "new" / "a.xml", make_folders=True)
    assert [p.name for p in tmp_path.rglob("*")] == ["kept"]


def test_error_target_is_a_folder(tmp_path):
    with pytest.raises(FileError) as caught:
        check_writable(tmp_path)
    assert str(caught.value) == f"cannot write '{tmp_path}': it is a folder\n  hint: add a file name"


def test_error_target_is_not_a_plain_file(tmp_path):
    with pytest.raises(FileError, match="not a plain file"):
        write_atomic(os.devnull, b"x")


@pytest.mark.parametrize(
    "number, cause",
    [
        (errno.EACCES, "no permission to write there"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_error_cause_is_named(tmp_path, monkeypatch, number, cause):
    monkeypatch.setattr(atomic, "os", FailingSystem(1, OSError(number, os.strerror(number))))
    with pytest.raises(FileError) as caught:
        check_writable(tmp_path / "a.xml")
    assert str(caught.value) == f"cannot write '{tmp_path / 'a.xml'}': {cause}\n  in folder {tmp_path}"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_error_folder_read_only(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(FileError, match="no permission to write there"):
            check_writable(tmp_path / "a.xml")
    finally:
        tmp_path.chmod(0o700)


def test_errors_of_the_callable_pass_and_leave_nothing(tmp_path):
    def content(file):
        file.write(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_atomic(tmp_path / "a", content)
    assert list(tmp_path.iterdir()) == []


def test_the_callable_may_close_the_file(tmp_path):
    def content(file):
        file.write(b"whole")
        file.close()

    write_atomic(tmp_path / "a", content)
    assert (tmp_path / "a").read_bytes() == b"whole"


@pytest.mark.skipif(os.name == "nt", reason="permissions are POSIX")
def test_permissions_follow_the_umask_and_an_old_file_keeps_its_own(tmp_path):
    old = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"1")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    (tmp_path / "a").chmod(0o604)
    write_atomic(tmp_path / "a", b"2")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o604


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"new"


def test_temporary_files_of_killed_writers_go_and_young_ones_stay(tmp_path):
    stale, young = tmp_path / ".a.00.tmvalite-tmp", tmp_path / ".a.11.tmvalite-tmp"
    for path in (stale, young):
        path.write_bytes(b"half")
    os.utime(stale, (time.time() - 7200,) * 2)
    write_atomic(tmp_path / "a", b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".a.11.tmvalite-tmp", "a"]


def test_line_ends_and_letters_stay_as_they_are(tmp_path):
    write_atomic(tmp_path / "a", "µ\r\n\n")
    assert (tmp_path / "a").read_bytes() == b"\xc2\xb5\r\n\n"


def test_long_names(tmp_path):
    write_atomic(tmp_path / ("a" * 250), b"x")
    assert (tmp_path / ("a" * 250)).read_bytes() == b"x"


def test_check_leaves_nothing_and_an_old_file_alone(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    check_writable(tmp_path / "a")
    check_writable(tmp_path / "b")
    assert [p.name for p in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_bytes() == b"old"


def test_make_folder(tmp_path):
    make_folder(tmp_path / "dataset" / "weights")
    make_folder(tmp_path / "dataset" / "weights")
    assert (tmp_path / "dataset" / "weights").is_dir()


def test_folders_that_another_process_takes_away_are_made_again(tmp_path, monkeypatch):
    """As the trials of several jobs do that start together."""
    made, calls = os.makedirs, []

    def disturbed(path, exist_ok=False):
        calls.append(path)
        if len(calls) == 1:
            raise FileNotFoundError(errno.ENOENT, "the folder above is gone")
        made(path, exist_ok=exist_ok)
        if len(calls) == 2:
            os.removedirs(path)
            tmp_path.mkdir(exist_ok=True)

    monkeypatch.setattr(os, "makedirs", disturbed)
    check_writable(tmp_path / "dataset" / "weights" / "a", make_folders=True)
    assert len(calls) == 3 and list(tmp_path.iterdir()) == []


def test_error_folder_cannot_be_made(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(FileError) as caught:
        make_folder(tmp_path / "a" / "b")
    assert str(caught.value) == (
        f"cannot make the folder '{tmp_path / 'a' / 'b'}': something that is no folder has this name or stands above it"
    )
