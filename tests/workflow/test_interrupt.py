"""Ctrl-C and SIGTERM in a Factory job, in child processes: what is written, what is said, how the process ends."""

import builtins
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import tmvalite
from tests.workflow.fake import unwrapped
from tmvalite.io.weights_xml import read_weights
from tmvalite.workflow.interrupt import JobInterrupted, interrupted, watching

ROOT = Path(__file__).resolve().parents[2]

JOB = """
import sys
import numpy as np
import tmvalite as tmva

rng = np.random.default_rng(1)
loader = tmva.DataLoader("dataset")
loader.AddVariable("a")
loader.AddVariable("b")
for name, mean in (("Signal", 0.5), ("Background", 0.0)):
    loader.AddTree({"a": rng.normal(mean, 1, 1000), "b": rng.normal(size=1000)}, name)
factory = tmva.Factory("Job", None, "!V:!Color:!DrawProgressBar:Transformations=None:AnalysisType=Classification")
strategy = "TrainingStrategy=LearningRate=1e-3,BatchSize=50,MaxEpochs=1000000,ConvergenceSteps=1000000,TestRepetitions=1"
for title in ("A", "B"):
    factory.BookMethod(loader, tmva.Types.kDL, title, "V:RandomSeed=1:Layout=TANH|4,LINEAR:" + strategy)
"""
UNCAUGHT = JOB + "factory.TrainAllMethods()\nprint('the script goes on')\n"
CAUGHT = (
    JOB
    + """
try:
    factory.TrainAllMethods()
except KeyboardInterrupt as stop:
    print("caught", stop.code)
factory.TestAllMethods()
factory.EvaluateAllMethods()
print("area", factory.GetROCIntegral(loader, "A") > 0.5)
"""
)


def run_and_signal(script, number, folder):
    """(exit code, output) of the script, which gets the signal after some epochs."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    child = subprocess.Popen(
        [sys.executable, "-c", script], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines = []
    try:
        for line in child.stdout:
            lines.append(line)
            if line.startswith("    3 |"):
                child.send_signal(number)
                break
        rest, _ = child.communicate(timeout=120)
    finally:
        child.kill()
    return child.returncode, unwrapped("".join(lines) + rest)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"])
def test_a_signal_writes_the_best_weights_and_ends_the_job_in_order(tmp_path, number, code):
    returned, out = run_and_signal(UNCAUGHT, number, tmp_path)
    assert returned == code, out
    assert "Traceback" not in out and "goes on" not in out
    lines = [line.strip(" :\n") for line in out.splitlines()]
    said = [line for line in lines if line.startswith(("Interrupted", "Creating", "Not trained"))]
    path = "dataset/weights/Job_A.weights.xml"
    assert said == ["Interrupted: 'A' keeps the best weights so far", f"Creating xml weight file: {path}", "Not trained: B"]
    assert os.listdir(tmp_path / "dataset/weights") == ["Job_A.weights.xml"]
    fact = read_weights(tmp_path / path).info["Training interrupted"]
    assert fact.startswith("after ") and "the weights are those of epoch " in fact
    assert np.isfinite(tmvalite.load(tmp_path / path).GetMvaValues(np.zeros((3, 2)))).all()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")
def test_a_script_that_catches_the_interrupt_goes_on_with_what_was_learnt(tmp_path):
    returned, out = run_and_signal(CAUGHT, signal.SIGINT, tmp_path)
    assert returned == 0, out
    assert out.splitlines()[-1] == "area True"
    assert "caught 130" in out and "'B' of data set dataset was not trained and is left out" in out


def test_sigterm_counts_while_it_is_watched_and_the_old_handler_is_back_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), watching() as watch:
        signal.raise_signal(signal.SIGTERM)
    assert watch.number == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_handler_of_the_user_stays():
    seen = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
    try:
        with watching():
            signal.raise_signal(signal.SIGTERM)
        assert seen == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_another_thread_than_the_main_one_leaves_the_handlers_alone():
    def work():
        with watching():
            found.append(signal.getsignal(signal.SIGTERM))

    found = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGTERM)]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_interrupt_of_a_script_is_an_exit_and_that_of_a_notebook_is_not(number, code, monkeypatch):
    stop = interrupted(number)
    assert isinstance(stop, KeyboardInterrupt) and isinstance(stop, SystemExit)
    assert (stop.code, stop.signal) == (code, number)
    monkeypatch.setattr(builtins, "__IPYTHON__", True, raising=False)
    stop = interrupted(number)
    assert isinstance(stop, KeyboardInterrupt) and not isinstance(stop, SystemExit)
    assert stop.code == code
    assert stop._render_traceback_() == [
        f"Interrupted: the training was stopped by {stop.signal.name}; the log says what is written"
    ]


def test_nothing_is_written_of_a_training_that_never_began(fake_method, capsys, monkeypatch):
    from tests.workflow.fake import FakeMethod
    from tests.workflow.test_factory import loader

    def stop(self, *args, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeMethod, "train", stop)
    factory, data = tmvalite.Factory("Job", "!V:!Color:Transformations=None:AnalysisType=Classification"), loader()
    for title in ("A", "B"):
        factory.BookMethod(data, tmvalite.Types.kDL, title)
    with pytest.raises(JobInterrupted):
        factory.TrainAllMethods()
    out = unwrapped(capsys.readouterr().out)
    assert "Interrupted before 'A' had learnt anything: no weight file is written" in out and "Not trained: B" in out
    assert os.listdir() == []
