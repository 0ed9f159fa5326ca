"""The kernel cache: what is kept, that damage is seen before anything is loaded, and folders that cannot be used."""

import errno
import os
import stat

import pytest

from tests.kernels.cache_tools import kernel_files, start_program
from tmvalite.kernels.jit import files


@pytest.fixture
def start(tmp_path):
    folder = tmp_path / "cache"
    return lambda *words, **environment: start_program(tmp_path, *words, TMVALITE_CACHE_DIR=str(folder), **environment), folder


def test_second_process_loads_what_the_first_compiled(start):
    go, folder = start
    assert go() == {"sum": 6.0, "made": ["double"], "warnings": []}
    assert go() == {"sum": 6.0, "made": [], "warnings": []}
    (keyed,) = folder.iterdir()
    assert stat.S_IMODE(keyed.stat().st_mode) == 0o700


DAMAGE = {
    "empty": lambda whole: b"",
    "cut": lambda whole: whole[: len(whole) // 2],
    "noise": lambda whole: b"\x93" * len(whole),
    "one bit of the code": lambda whole: whole[:-200] + bytes([whole[-200] ^ 1]) + whole[-199:],
    "one bit of the checksum": lambda whole: whole[:30] + bytes([whole[30] ^ 128]) + whole[31:],
    "a byte more": lambda whole: whole + b"\0",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_kernel_alone_is_made_anew_with_one_warning(start, damage):
    go, folder = start
    go("double", "triple")
    damaged, other = kernel_files(folder)
    kept = other.stat().st_mtime_ns
    damaged.write_bytes(DAMAGE[damage](damaged.read_bytes()))
    second = go("double", "triple")
    assert (second["sum"], second["made"], len(second["warnings"])) == (18.0, ["double"], 1)
    assert "double" in second["warnings"][0] and "damaged" in second["warnings"][0]
    assert other.stat().st_mtime_ns == kept
    assert go("double", "triple") == {"sum": 18.0, "made": [], "warnings": []}


def test_every_flipped_bit_of_a_file_is_seen():
    whole = files.pack("a kernel", bytes(range(64)))
    assert files.unpack("a kernel", whole) == bytes(range(64))
    for place in range(len(whole)):
        for bit in range(8):
            spoiled = bytearray(whole)
            spoiled[place] ^= 1 << bit
            with pytest.raises(files.Damaged):
                files.unpack("a kernel", bytes(spoiled))


def test_a_file_under_the_name_of_another_kernel_is_damaged():
    with pytest.raises(files.Damaged):
        files.unpack("another", files.pack("a kernel", b"code"))


def test_writing_leaves_the_old_file_or_the_new_one(tmp_path, monkeypatch):
    files.write(tmp_path, "a", b"old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        files.write(tmp_path, "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.kernel"]
    assert files.read(tmp_path, "a") == b"old"


def test_what_a_killed_writer_left_is_tidied_away_later(tmp_path):
    for name in (".a.xyz.tmp", ".b.xyz.tmp"):
        (tmp_path / name).write_bytes(b"half")
    os.utime(tmp_path / ".a.xyz.tmp", (1e9, 1e9))
    files.tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".b.xyz.tmp"]


def test_folder_that_others_may_write_is_not_used(start):
    go, folder = start
    go()
    (keyed,) = folder.iterdir()
    keyed.chmod(0o777)
    done = go()
    assert (done["sum"], done["made"]) == (6.0, ["double"])
    assert len(done["warnings"]) == 1 and "not yours alone" in done["warnings"][0]


def test_without_a_folder_to_write_kernels_are_made_with_one_warning(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = start_program(tmp_path, "double", "triple", TMVALITE_CACHE_DIR=str(tmp_path / "file"))
    assert (done["sum"], done["made"], len(done["warnings"])) == (18.0, ["double", "triple"], 1)
    assert "no cache folder" in done["warnings"][0]


def test_a_kernel_that_cannot_be_kept_still_runs(start):
    go, folder = start
    done = go("full")
    assert (done["sum"], done["made"], len(done["warnings"])) == (6.0, ["double"], 1)
    assert "not kept" in done["warnings"][0]
    assert kernel_files(folder) == []


def test_another_width_of_vectors_has_a_folder_of_its_own(start):
    go, folder = start
    go()
    go(TMVALITE_VECTOR_BYTES="16")
    go(NUMBA_CPU_NAME="x86-64", NUMBA_CPU_FEATURES="+sse2") if os.uname().machine == "x86_64" else None
    assert len(list(folder.iterdir())) >= 2
