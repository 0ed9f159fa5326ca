"""The verb `warm`: it fills a cache that a training then finds complete."""

import os
import re
import stat
import subprocess
import sys

import pytest

from tests.kernels.cache_tools import ROOT, kernel_files
from tmvalite.cli import main

TRAIN = """
import numpy as np, sys, tmvalite
from tmvalite.kernels.jit import code
code._made = lambda kernel, precision: sys.exit(f"{kernel.name} is missing")
x = np.random.default_rng(1).normal(size=(100, 3)).astype("float32")
method = tmvalite.MethodDL("Layout=TANH|4,LINEAR:RandomSeed=1:TrainingStrategy=BatchSize=20,MaxEpochs=1,TestRepetitions=1")
method.fit(x, x[:, 0] > 0, progress="silent")
print(method.GetMvaValues(x).shape)
"""


def warm(*words, **environment):
    command = [sys.executable, "-m", "tmvalite.cli", "warm", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_a_training_finds_every_kernel_in_a_warm_cache(tmp_path):
    shared = tmp_path / "shared"
    done = warm("--for", "Layout=TANH|4,LINEAR", "--variables", "3", "--to", str(shared))
    assert done.returncode == 0, done.stderr
    number, new = map(int, re.match(r"(\d+) kernels in .*, (\d+) of them new, [\d.]+ s$", " ".join(done.stdout.split())).groups())
    kept = kernel_files(shared)
    assert number == new == len(kept) > 8
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o644}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in kept} == {0o755}
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TMVALITE_CACHE_PATH": str(shared),
        "TMVALITE_CACHE_DIR": str(tmp_path / "own"),
    }
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", TRAIN], env=environment, capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, "(100,)\n"), run.stderr
    again = warm("--for", "Layout=TANH|4,LINEAR", "--variables", "3", "--to", str(shared))
    said = " ".join(again.stdout.split())
    assert f"{number} kernels in" in said and ", 0 of them new," in said


def test_error_of_a_network_that_cannot_be(capsys):
    assert main(["warm", "--for", "Layout=TANH|4,LINEAR:Foo"]) == 2
    assert "error: no option is called 'Foo'" in capsys.readouterr().err


def test_error_of_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = warm("--to", str(tmp_path / "file"))
    assert done.returncode == 2
    assert "there is no folder to keep kernels in" in done.stderr and "--to" in done.stderr


@pytest.mark.parametrize("words", ["Layout=DENSE|8|RELU,DENSE|3|LINEAR --classes 3", "Layout=TANH|4,LINEAR --targets 1"])
def test_networks_of_every_analysis_can_be_warmed(words, capsys):
    assert main(["warm", "--for", *words.split()]) == 0
    assert " kernels in " in capsys.readouterr().out


def test_without_a_network_all_kernels_are_warmed(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "tmvalite.kernels.jit.compiled.prepare", lambda kernels, precision: seen.append((len(kernels), precision))
    )
    assert main(["warm", "--precision", "float64"]) == 0
    assert [(count > 90, precision) for count, precision in seen] == [(True, "float64")]
