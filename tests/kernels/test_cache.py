"""The kernel cache: its folder, and that damage mends itself."""

import os
import stat
import subprocess
import sys

import pytest

PROGRAM = """
import warnings, numpy as np
from numba.core import types
from tmvalite.kernels._jit import entry_point
@entry_point(lambda e: (e[::1],))
def double(x):
    for i in range(x.shape[0]):
        x[i] += x[i]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    f = double.get("float64")
x = np.ones(3)
f(x)
print(x.sum(), sum(f.stats.cache_hits.values()), *[str(w.message).split(" ")[0] for w in caught])
"""


@pytest.fixture
def start(tmp_path):
    """Run the program (from a file, since only those are cached) and give its three words."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    folder = tmp_path / "cache"

    def go(**environment):
        env = {**os.environ, "TMVALITE_CACHE_DIR": str(folder), "PYTHONPATH": os.getcwd(), **environment}
        return subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env=env).stdout.split()

    return go, folder


def compiled_files(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in (".nbc", ".nbi"))


def test_second_process_loads_what_the_first_compiled(start):
    go, folder = start
    assert go() == ["6.0", "0"]
    assert go() == ["6.0", "1"]
    (keyed,) = folder.iterdir()
    assert stat.S_IMODE(keyed.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", ["empty", "cut", "noise"])
def test_damaged_cache_is_rebuilt_with_a_warning(start, damage):
    go, folder = start
    go()
    for path in compiled_files(folder):
        whole = path.read_bytes()
        path.write_bytes({"empty": b"", "cut": whole[: len(whole) // 2], "noise": b"\\x93" * len(whole)}[damage])
    assert go() == ["6.0", "0", "rebuilding"]
    assert go() == ["6.0", "1"]


def test_folder_that_others_may_write_is_not_used(start):
    go, folder = start
    go()
    (keyed,) = folder.iterdir()
    keyed.chmod(0o777)
    assert go() == ["6.0", "0", "kernels"]
