"""A model that is used beside its own training, and in children by fork."""

import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import tmvalite as tmva
from tmvalite.errors import TmvaliteWarning, TrainingError
from tmvalite.training.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
X = np.random.default_rng(1).normal(size=(120, 3)).astype(np.float32)
OPTIONS = "Layout=TANH|4,LINEAR:RandomSeed=1:TrainingStrategy=LearningRate=1e-2,BatchSize=40,MaxEpochs=3,TestRepetitions=1"


class Asking(Progress):
    """Asks for scores and a file after every epoch, also from another thread."""

    def __init__(self, method, folder):
        self.method, self.folder, self.found = method, folder, []

    def epoch(self, number, epoch, stale):
        self.ask()
        other = threading.Thread(target=self.ask)
        other.start()
        other.join()

    def ask(self):
        self.method.save(self.folder / "m.weights.xml")
        read = tmva.load(self.folder / "m.weights.xml")
        self.found += [self.method.GetMvaValues(X), read.GetMvaValues(X)]


def test_scores_and_files_during_a_refit_are_those_of_the_old_model(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        method = tmva.MethodDL(OPTIONS).fit(X, X[:, 0] > 0, progress="silent")
        before = method.GetMvaValues(X)
        asking = Asking(method, tmp_path)
        method.fit(X, X[:, 1] > 0, progress=asking)
    assert len(asking.found) == 12 and all(np.array_equal(found, before) for found in asking.found)
    assert not np.array_equal(method.GetMvaValues(X), before)


def test_a_refit_that_fails_leaves_the_old_model(tmp_path):
    method = tmva.MethodDL(OPTIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        before = method.fit(X, X[:, 0] > 0, progress="silent").GetMvaValues(X)
        with pytest.raises(tmva.DataError):
            method.fit(X * np.nan, X[:, 0] > 0, progress="silent")
        assert np.array_equal(method.GetMvaValues(X), before)
        with pytest.raises((KeyboardInterrupt, TrainingError)):
            method.fit(X, X[:, 1] > 0, progress=Stopping())
        assert np.array_equal(method.GetMvaValues(X), before)


class Stopping(Progress):
    def begin_phase(self, start):
        raise KeyboardInterrupt


PROGRAM = """
import os, signal, warnings
import numpy as np
import tmvalite as tmva
warnings.simplefilter("ignore")
x = np.random.default_rng(1).normal(size=(600, 4)).astype(np.float32)
method = tmva.MethodDL("Layout=TANH|8,LINEAR:Threads=2:RandomSeed=1:TrainingStrategy=LearningRate=1e-2,BatchSize=300,MaxEpochs=2")
method.fit(x, x[:, 0] > 0, progress="silent")
scores, learnt = method.GetMvaValues(x), method.network.parameters.snapshot()
child = os.fork()
if not child:
    signal.alarm(100)
    same = np.array_equal(method.GetMvaValues(x), scores)
    method.fit(x, x[:, 0] > 0, progress="silent")
    os._exit(0 if same and np.array_equal(method.network.parameters.flat, learnt) else 1)
print(os.waitpid(child, 0)[1], np.array_equal(method.GetMvaValues(x), scores))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_by_fork_scores_and_trains_with_threads_of_its_own():
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=300)
    assert done.stdout == "0 True\n", done.stderr
