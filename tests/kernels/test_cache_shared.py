"""The kernel cache among processes, and caches that others have filled."""

import os
import platform
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.kernels.cache_tools import ROOT, kernel_files, program, said, start_program
from tmvalite.kernels.jit import code, files, lock
from tmvalite.kernels.jit.lock import Locks


def test_processes_that_start_together_make_every_kernel_once(tmp_path):
    folder = str(tmp_path / "cache")
    orders = [("double", "triple"), ("triple", "double")] * 3
    started = [program(tmp_path, *words, TMVALITE_CACHE_DIR=folder) for words in orders]
    done = [said(process) for process in started]
    assert [d["sum"] for d in done] == [18.0] * 6
    assert sorted(name for d in done for name in d["made"]) == ["double", "triple"]
    assert [d["warnings"] for d in done] == [[]] * 6
    assert [path.name for path in (tmp_path / "cache").rglob(".*")] == []


def test_a_killed_holder_of_a_lock_is_not_waited_for(tmp_path):
    holder = (
        "import pathlib, sys, time; from tmvalite.kernels.jit.lock import Locks\n"
        "with Locks(pathlib.Path(sys.argv[1])).held('a') as got:\n print(got, flush=True)\n time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", holder, tmp_path], stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout.readline() == "True\n"
    locks = Locks(tmp_path)
    with locks.held("a") as got:
        assert not got
    with locks.held("b") as got:
        assert got
    process.kill()
    process.wait()
    process.stdout.close()
    with locks.held("a") as got:
        assert got
    assert list(tmp_path.iterdir()) == []


def test_a_lock_of_another_machine_is_broken_after_a_while(tmp_path, monkeypatch):
    (tmp_path / ".a.lock").write_text("elsewhere.example 1 0")
    locks = Locks(tmp_path)
    with locks.held("a") as got:
        assert not got
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    with locks.held("a") as got:
        assert got


def test_a_lock_that_changes_hands_is_waited_for_anew(tmp_path, monkeypatch):
    locks = Locks(tmp_path)
    monkeypatch.setattr(lock, "PATIENCE", 0.0)
    for holder in ("elsewhere.example 1 0", "elsewhere.example 2 0"):
        (tmp_path / ".a.lock").write_text(holder)
        with locks.held("a") as got:
            assert not got


@pytest.mark.parametrize("text", [b"", b"\xff\xfe", f"{platform.node()} no-number 0".encode(), f"{platform.node()} 1".encode()])
def test_a_lock_that_says_nothing_or_lives_is_respected(tmp_path, text):
    (tmp_path / ".a.lock").write_bytes(text)
    with Locks(tmp_path).held("a") as got:
        assert not got


class Made:
    """Stands for a kernel that another process is making."""

    name = "slow"


def test_what_another_process_makes_is_waited_for_and_used(tmp_path, monkeypatch):
    monkeypatch.setenv("TMVALITE_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(code, "_made", lambda *_: pytest.fail("made although another process was making it"))
    folder = code.folders.to_write()
    there = threading.Event()

    def other():
        with Locks(folder).held("slow-float32"):
            there.set()
            time.sleep(0.2)
            files.write(folder, "slow-float32", b"code")

    thread = threading.Thread(target=other)
    thread.start()
    there.wait()
    kernel = Made()
    assert code.codes_of([kernel], "float32") == {kernel: b"code"}
    thread.join()


def test_an_interrupt_while_a_kernel_is_made_leaves_no_lock(tmp_path):
    process = program(tmp_path, TMVALITE_CACHE_DIR=str(tmp_path / "cache"))
    while not list((tmp_path / "cache").rglob("*.lock")) and process.poll() is None:
        time.sleep(0.005)
    time.sleep(0.01)  # the lock is written, the kernel is being made
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    left = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert [path for path in left if path.suffix != ".kernel"] == []  # no lock and nothing half written; one may be ready


# ---------------------------------------------------------------------------------------------- caches of others


@pytest.fixture
def filled(tmp_path):
    """A cache with one kernel, read-only."""
    folder = tmp_path / "shared"
    start_program(tmp_path, "double", TMVALITE_CACHE_DIR=str(folder))
    (keyed,) = folder.iterdir()
    keyed.chmod(0o555)
    yield folder
    keyed.chmod(0o755)


def test_a_read_only_cache_is_used(tmp_path, filled):
    own = tmp_path / "own"
    done = start_program(tmp_path, TMVALITE_CACHE_PATH=str(filled), TMVALITE_CACHE_DIR=str(own))
    assert done == {"sum": 6.0, "made": [], "warnings": []}
    assert not own.exists()


def test_a_read_only_cache_is_used_where_nothing_can_be_written(tmp_path, filled):
    (tmp_path / "file").write_text("in the way")
    done = start_program(tmp_path, TMVALITE_CACHE_PATH=str(filled), TMVALITE_CACHE_DIR=str(tmp_path / "file"))
    assert done == {"sum": 6.0, "made": [], "warnings": []}


def test_what_a_shared_cache_lacks_goes_into_ones_own(tmp_path, filled):
    own = tmp_path / "own"
    places = os.pathsep.join([str(tmp_path / "nowhere"), str(filled)])
    for made in (["triple"], []):
        done = start_program(tmp_path, "double", "triple", TMVALITE_CACHE_PATH=places, TMVALITE_CACHE_DIR=str(own))
        assert done == {"sum": 18.0, "made": made, "warnings": []}
    assert [len(kernel_files(folder)) for folder in (filled, own)] == [1, 1]


def test_a_damaged_kernel_of_a_shared_cache_is_made_for_oneself(tmp_path, filled):
    (damaged,) = kernel_files(filled)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    places = {"TMVALITE_CACHE_PATH": str(filled), "TMVALITE_CACHE_DIR": str(tmp_path / "own")}
    first, second = start_program(tmp_path, **places), start_program(tmp_path, **places)
    assert (first["made"], len(first["warnings"])) == (["double"], 1)
    assert (second["made"], len(second["warnings"])) == ([], 1)


def test_a_shared_cache_that_everybody_may_write_is_not_used(tmp_path, filled):
    next(filled.iterdir()).chmod(0o777)
    done = start_program(tmp_path, TMVALITE_CACHE_PATH=str(filled), TMVALITE_CACHE_DIR=str(tmp_path / "own"))
    assert done["made"] == ["double"]
    assert len(done["warnings"]) == 1 and "everybody" in done["warnings"][0]


def test_relative_folders_do_not_move_with_the_process(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for made in (["double"], []):
        done = start_program(tmp_path, TMVALITE_CACHE_DIR="cache", GO_TO="elsewhere")
        assert done == {"sum": 6.0, "made": made, "warnings": []}
    assert list((tmp_path / "elsewhere").iterdir()) == []
    done = start_program(
        tmp_path, TMVALITE_CACHE_PATH="nowhere" + os.pathsep + "cache", TMVALITE_CACHE_DIR="own", GO_TO="elsewhere"
    )
    assert done == {"sum": 6.0, "made": [], "warnings": []}
