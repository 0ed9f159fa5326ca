"""`tmvalite apply`: what it prints, how it ends, what stays behind."""

import copy
import io
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import pytest

from tests.application.conftest import STRATEGY, events
from tests.application.test_apply import read_tree, write_tree
from tmvalite import MethodDL
from tmvalite.application import apply, workers
from tmvalite.application.output_plan import InputTable
from tmvalite.application.request import Request, Weights
from tmvalite.application.scorer import ColumnType
from tmvalite.application.tree_sink import TreeSink
from tmvalite.cli import main
from tmvalite.cli.manner import ProgressLine
from tmvalite.cluster.worker_error import worker_error
from tmvalite.errors import DataError, OptionError, TrainingError

pytest.importorskip("uproot")


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TMVALITE_THREADS", raising=False)
    write_tree("in.root", events(60))
    return "in.root:dir/tree"


def test_it_writes_scores_and_says_so(dnn, score, source, capsys):
    assert main(["apply", str(dnn), source, "-o", "out.root", "--friend", "--threads", "1"]) == 0
    assert capsys.readouterr() == ("60 entries; scores: DNN\nout.root\n", "")
    assert np.array_equal(read_tree("out.root")["DNN"], score(events(60)))


def test_json_and_quiet(dnn, source, capsys):
    arguments = ["apply", f"B={dnn}", str(dnn), source, "-o", "out.root", "--keep", "run,event", "--cut", "a>0", "--threads", "1"]
    more = ["--systematic", "jes", "a=1.1*a", "a=0.9*a"]
    assert main([*arguments, *more, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    names = [f"{m}{v}" for m in ("B", "DNN") for v in ("", "__jes_up", "__jes_down")]
    assert printed == {
        "files": ["out.root"],
        "entries": 60,
        "written": int((events(60)["a"] > 0).sum()),
        "scores": names,
        "not_finite": 0,
    }
    assert list(read_tree("out.root")) == ["run", "event", *names]
    assert main([*arguments, "--quiet", "--force"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_warning_is_shown_as_its_words(dnn, tmp_path):
    source = Path(__file__).parents[1] / "data" / "expression" / "data" / "events.root"
    text = f"Layout=LINEAR:{STRATEGY}"
    method = MethodDL(text, title="A").fit(
        {"x": np.arange(60.0), "y": np.sin(np.arange(60.0))}, np.arange(60) > 30, progress="silent"
    )
    method.save(tmp_path / "A.weights.xml")
    command = [
        sys.executable,
        "-m",
        "tmvalite",
        "apply",
        tmp_path / "A.weights.xml",
        f"{source}:events",
        "-o",
        tmp_path / "o.root",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    assert done.returncode == 0 and done.stderr.splitlines()[0].startswith("warning: ")
    assert done.stderr.splitlines()[0].endswith("tree 'events': 1 column cannot be copied: two")


@pytest.mark.parametrize(
    "arguments, first",
    [
        (["in.root:dir/tree"], "error: no weight file is named"),
        (["W.weights.xml"], "error: no input is named"),
        (["W.weights.xml", "in.root:dir/tree"], "error: "),
    ],
)
def test_error_wrong_input_ends_with_2(source, capsys, arguments, first):
    assert main(["apply", *arguments, "-o", "out.root"]) == 2
    assert capsys.readouterr().err.startswith(first) and not os.path.exists("out.root")


@pytest.mark.parametrize(
    "raised, code, said",
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (worker_error(-9), 1, "error: a task ended its process 3 times (the last one by SIGKILL)"),
    ],
)
def test_how_it_ends_otherwise(dnn, source, capsys, monkeypatch, raised, code, said):
    def fail(*arguments):
        raise raised

    monkeypatch.setattr(workers.ScoringProcesses, "blocks", fail)
    assert main(["apply", str(dnn), source, "-o", "out.root"]) == code
    assert capsys.readouterr().err.startswith(said) and os.listdir() == ["in.root"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that a program could take")
def test_a_terminated_run_leaves_nothing_half_written(dnn, source, monkeypatch, capsys):
    def terminate(*arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        yield

    monkeypatch.setattr(workers.ScoringProcesses, "blocks", terminate)
    assert main(["apply", str(dnn), source, "-o", "out.root"]) == 143
    assert capsys.readouterr().err == "terminated\n" and os.listdir() == ["in.root"]


def test_an_error_of_another_process_is_the_same_here(dnn, source, monkeypatch):
    """What a process does, done here, and its error as it travels."""
    request = Request((Weights(str(dnn)),), cut="sqrt(abs(event-2^40-7)-0.5)")
    table = InputTable(source, "in.root", "dir/tree")
    assert sum(len(columns["DNN"]) for columns in workers._score(request, workers.EntryRange(table, 8, 60))) == 52
    with pytest.raises(DataError, match="is no number in entry 7") as caught:
        workers._score(request, workers.EntryRange(table, 0, 60))
    again = copy.copy(caught.value)  # by __reduce_ex__, as between processes
    assert str(again) == str(caught.value) and again.code == "data-not-finite"


class Broken:
    """An executor whose processes are dead."""

    def submit(self, *arguments):
        future = Future()
        future.set_exception(BrokenProcessPool("killed"))
        return future


def test_error_of_another_process_that_died(dnn, source, monkeypatch):
    monkeypatch.setattr("tmvalite.application.scorer.Pass.block_entries", lambda self: 7)
    monkeypatch.setattr(workers, "RANGE_BLOCKS", 1)
    with pytest.raises(TrainingError, match="a task ended its process in an executor of the type concurrent") as caught:
        apply(dnn, source, "out.root", executor=Broken())
    assert caught.value.code == "worker-died" and caught.value.where == "entries 0 to 7 of in.root:dir/tree"
    assert os.listdir() == ["in.root"]
    with pytest.raises(OptionError, match="runs no tasks"):
        apply(dnn, source, "out.root", executor="many")


def test_any_executor_computes_ranges(dnn, source, monkeypatch):
    monkeypatch.setattr("tmvalite.application.scorer.Pass.block_entries", lambda self: 7)
    monkeypatch.setattr(workers, "RANGE_BLOCKS", 1)
    apply(dnn, source, "here.npz", friend=True)
    with ThreadPoolExecutor(1) as pool:
        apply(dnn, source, "there.npz", friend=True, executor=pool)
    here, there = np.load("here.npz"), np.load("there.npz")
    assert np.array_equal(here["DNN"], there["DNN"]) and len(here["DNN"]) == 60


def test_error_a_second_tree_of_a_name_in_one_file():
    sink = TreeSink(io.BytesIO())
    sink.table("t", {"a": ColumnType(np.dtype(np.float32))}, "tree")
    with pytest.raises(DataError, match="has a tree 't' already"):
        sink.table("t", {"a": ColumnType(np.dtype(np.float32))}, "tree")


def test_the_line_of_progress_says_how_far_it_is_and_goes_away():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    seconds = iter([0.0, 1.0, 1.1, 4.0])
    stream = Terminal()
    line = ProgressLine("entries", False, stream, lambda: next(seconds))
    for done in (1000, 1100, 4000):
        line(done, 4000)
    line.close()
    first, second = "1,000 of 4,000 entries, 1,000/s, 0:03 left", "4,000 of 4,000 entries, 1,000/s"
    assert stream.getvalue() == f"\r{first}\r{second:{len(first)}}\r{'':{len(second)}}\r"
    for quiet, stream in ((True, Terminal()), (False, io.StringIO())):
        line = ProgressLine("entries", quiet, stream)
        line(4000, 4000)
        line.close()
        assert stream.getvalue() == ""


def test_a_program_of_its_own(dnn, source):
    command = [sys.executable, "-m", "tmvalite", "apply", str(dnn), source, "-o", "out.root", "--friend"]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("60 entries; scores: DNN")
