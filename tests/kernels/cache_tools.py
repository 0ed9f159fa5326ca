"""A program in a process of its own that needs two small kernels, and says which it had to make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = """
import errno, json, os, sys, warnings
import tmvalite
os.chdir(os.environ.get("GO_TO", "."))
import numpy as np
from numba.core import types
from tmvalite.kernels._jit import entry_point
from tmvalite.kernels.jit import code, files

@entry_point(lambda e: (e[::1],))
def double(x):
    for i in range(x.shape[0]):
        x[i] += x[i]

@entry_point(lambda e: (e[::1],))
def triple(x):
    for i in range(x.shape[0]):
        x[i] = 3.0 * x[i]

made, make = [], code._made

def counted(kernel, precision):
    made.append(kernel.function.__name__)
    return make(kernel, precision)

def full(*_):
    raise OSError(errno.ENOSPC, "no space left")

code._made = counted
words = sys.argv[1:] or ["double"]
if "full" in words:
    files.write, words = full, ["double"]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    x = np.ones(3)
    for word in words:
        globals()[word].get("float64")(x)
print(json.dumps({"sum": x.sum(), "made": made, "warnings": [str(w.message) for w in caught]}))
"""


def program(tmp_path: Path, *words: str, **environment: str) -> subprocess.Popen:
    """Start the program; `words` are the kernels it needs."""
    script = tmp_path / "program.py"
    if not script.exists():
        script.write_text(PROGRAM)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.Popen(
        [sys.executable, str(script), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    )


def said(process: subprocess.Popen) -> dict:
    """What a program said at its end."""
    out, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return json.loads(out)


def start_program(tmp_path: Path, *words: str, **environment: str) -> dict:
    return said(program(tmp_path, *words, **environment))


def kernel_files(folder: Path) -> list[Path]:
    """The kernels in a cache folder, by name."""
    return sorted(folder.rglob("*.kernel"))
