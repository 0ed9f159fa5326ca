"""The right to write files: one process at a time, given back, and taken over from who was killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tmvalite.errors import FileError
from tmvalite.io import run_lock
from tmvalite.io.run_lock import RunLock
from tmvalite.kernels.jit.process import born, is_running, machine

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from tmvalite.io.run_lock import RunLock
RunLock(sys.argv[1], "the files are").take()
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def other(tmp_path):
    """A process that holds the lock of tmp_path / "a"."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "a")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_second_process_is_told_who_writes(tmp_path, other):
    with pytest.raises(FileError) as caught:
        RunLock(tmp_path / "a", "the files are").take()
    assert caught.value.code == "file-in-use"
    assert f"the files are being written by another job, process {other.pid} on " in str(caught.value)
    with RunLock(tmp_path / "b", "other files are").held():
        assert files(tmp_path) == [".a.tmvalite-lock", ".b.tmvalite-lock"]
    assert files(tmp_path) == [".a.tmvalite-lock"]


def test_a_process_that_ends_gives_it_back(tmp_path, other):
    other.communicate("\n", timeout=60)
    assert files(tmp_path) == []


def test_a_killed_holder_is_noticed(tmp_path, other):
    other.kill()
    other.wait()
    assert files(tmp_path) == [".a.tmvalite-lock"]
    with RunLock(tmp_path / "a", "the files are").held():
        assert json.loads((tmp_path / ".a.tmvalite-lock").read_text())["pid"] == os.getpid()
    assert files(tmp_path) == []


def test_one_process_may_hold_it_many_times(tmp_path):
    first, second = RunLock(tmp_path / "a", "they are"), RunLock(tmp_path / "a", "they are")
    for lock in (first, second, first):
        lock.take()
        lock.check()
    first.release()
    first.release()
    assert files(tmp_path) == [".a.tmvalite-lock"]
    second.release()
    assert files(tmp_path) == []


def lock_of(tmp_path, **changed):
    text = json.dumps({"node": "n", "machine": "elsewhere", "pid": 7, "born": "1", "token": "t"} | changed)
    (tmp_path / ".a.tmvalite-lock").write_text(text)


def test_a_holder_on_another_machine_that_shows_no_life_is_dead(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "PATIENCE", 0.0)
    lock_of(tmp_path)
    with RunLock(tmp_path / "a", "they are").held():
        assert json.loads((tmp_path / ".a.tmvalite-lock").read_text())["pid"] == os.getpid()


def test_a_holder_on_another_machine_that_touches_its_file_lives(tmp_path, monkeypatch):
    lock_of(tmp_path)
    monkeypatch.setattr(run_lock, "_pause", lambda: os.utime(tmp_path / ".a.tmvalite-lock", (5, 5)))
    with pytest.raises(FileError, match="another job, process 7 on n"):
        RunLock(tmp_path / "a", "they are").take()


def test_the_number_of_a_dead_process_may_be_that_of_another(tmp_path):
    assert is_running(os.getpid(), born(os.getpid()))
    if born(os.getpid()):
        lock_of(tmp_path, machine=machine(), pid=os.getpid(), born="long ago")
        RunLock(tmp_path / "a", "they are").held().__enter__()
    assert is_running(0) is None and is_running(2**70) is None and is_running("7") is None


@pytest.mark.parametrize("text", [b"", b"\xff", b"[1]", b"{}"])
def test_a_file_that_says_nothing_is_waited_for_and_then_taken_over(tmp_path, monkeypatch, text):
    monkeypatch.setattr(run_lock, "PATIENCE", 0.0)
    (tmp_path / ".a.tmvalite-lock").write_bytes(text)
    with RunLock(tmp_path / "a", "they are").held():
        assert files(tmp_path) == [".a.tmvalite-lock"]


def test_who_was_killed_while_taking_over_holds_nobody_up(tmp_path, monkeypatch):
    monkeypatch.setattr(run_lock, "PATIENCE", 0.0)
    lock_of(tmp_path)
    (tmp_path / ".a.tmvalite-lock.breaking").write_bytes(b"")
    os.utime(tmp_path / ".a.tmvalite-lock.breaking", (1e9, 1e9))
    with RunLock(tmp_path / "a", "they are").held():
        assert files(tmp_path) == [".a.tmvalite-lock"]


def test_error_of_a_lock_that_another_process_took_over(tmp_path):
    lock = RunLock(tmp_path / "a", "they are")
    lock.take()
    lock_of(tmp_path)
    with pytest.raises(FileError, match="they are being written by another job, process 7 on n"):
        lock.check()
    lock.release()
    assert files(tmp_path) == [".a.tmvalite-lock"]  # that of the other


def test_a_folder_that_takes_no_file_has_no_lock(tmp_path):
    lock = RunLock(tmp_path / "no" / "a", "they are")
    with lock.held():
        lock.check()
    assert files(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_by_fork_holds_nothing_and_gives_nothing_back(tmp_path):
    with RunLock(tmp_path / "a", "they are").held() as _:
        held = run_lock._held_here()
        real = os.getpid()
        run_lock._OURS[held[0][0]].pid = real + 1  # as the child sees it
        assert run_lock._held_here() == []
        run_lock._OURS[held[0][0]].pid = real


def test_what_is_held_is_touched(tmp_path):
    class Enough(Exception):
        pass

    waits = iter([None])

    def sleep(seconds):
        if next(waits, Enough) is Enough:
            raise Enough

    lock = RunLock(tmp_path / "a", "they are")
    with lock.held():
        os.utime(lock.path, (5, 5))
        with pytest.raises(Enough):
            run_lock._beat(sleep)
        assert lock.path.stat().st_mtime > 5
