"""A work in pieces: run alone, as a batch system runs them, and put together they give the bits of one process."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.jobs.test_jobs import JOB as JOB_OF_TWO_EPOCHS
from tests.jobs.test_jobs import sample
from tmvalite import load
from tmvalite.cli import main
from tmvalite.errors import FileError, OptionError
from tmvalite.jobs.batch_files import BatchRequest, write_batch_files
from tmvalite.jobs.work_in_pieces import do_piece, merge, read_plan

METHOD = '[[method]]\ntitle = "{}"\noptions = "V:Layout=TANH|4,LINEAR:TrainingStrategy={}"\n'
STRATEGY = "LearningRate=5e-2,MaxEpochs=4,BatchSize=20,TestRepetitions=1"
JOB = JOB_OF_TWO_EPOCHS.replace("LearningRate=1e-2,MaxEpochs=2", "LearningRate=5e-2,MaxEpochs=4")
TWO = JOB + METHOD.format("Other", STRATEGY.replace("MaxEpochs=4", "MaxEpochs=5")) + "RandomSeed = 5\n"
UNSEEDED = JOB.replace("RandomSeed = 3\n", "")
RANGES = (
    JOB.replace("TANH|4", "TANH|{3,4}") + METHOD.format("Rates", STRATEGY.replace("5e-2", "{5e-2,1e-2}")) + "RandomSeed = 5\n"
)
OF_TIME = re.compile(rb'.*(Date|TrainingTime|"TrainingTime"|Host).*\n')


@pytest.fixture
def folder(in_tmp_path, monkeypatch):
    monkeypatch.delenv("TMVALITE_THREADS", raising=False)
    np.savez("signal.npz", **sample(120, 1, 1.5))
    np.savez("background.npz", **sample(130, 2, 0.0))
    return in_tmp_path


def weight_files():
    return {path.name: OF_TIME.sub(b"", path.read_bytes()) for path in sorted(Path("dataset/weights").glob("*.xml"))}


def without_times(printed):
    return {name: value for name, value in json.loads(printed).items()}


def alone(text, capsys, *arguments):
    """What one process prints and writes."""
    Path("job.toml").write_text(text, encoding="utf-8")
    assert main(["train", "job.toml", "--json", *arguments]) == 0
    files = weight_files()
    shutil.rmtree("dataset", ignore_errors=True)
    return without_times(capsys.readouterr().out), files


def in_pieces(text, capsys, *arguments, order=1):
    """The same by submit, piece and merge."""
    Path("job.toml").write_text(text, encoding="utf-8")
    assert main(["submit", "job.toml", "--slurm", "--output", "farm", *arguments]) == 0
    for piece in list(range(read_plan("farm").pieces))[::order]:
        assert main(["piece", "farm", str(piece), "--quiet"]) == 0
        assert not os.path.exists("dataset")
    capsys.readouterr()
    assert main(["merge", "farm", "--json"]) == 0
    return without_times(capsys.readouterr().out), weight_files()


@pytest.mark.parametrize(
    "text, arguments, pieces",
    [
        (TWO, [], 2),
        (TWO, ["--folds", "3"], 6),
        (RANGES, ["--choose"], 4),
        (RANGES, ["--choose", "--folds", "2", "--pieces", "3"], 3),
        (UNSEEDED, ["--seeds", "3", "--seed", "7"], 3),
    ],
    ids=["methods", "folds", "choices", "choices-on-folds", "seeds"],
)
def test_pieces_together_are_the_work_of_one_process(folder, capsys, text, arguments, pieces):
    cut = [] if "--pieces" not in arguments else arguments[-2:]
    printed, files = alone(text, capsys, *(arguments[:-2] if cut else arguments))
    again, same = in_pieces(text, capsys, *arguments, order=-1)
    assert read_plan("farm").pieces == pieces
    assert again == printed and same == files and ("--choose" in arguments or files)


def test_a_work_on_several_processes_is_that_of_one(folder, capsys):
    printed, files = alone(TWO, capsys)
    Path("job.toml").write_text(TWO, encoding="utf-8")
    assert main(["train", "job.toml", "--json", "--processes", "2"]) == 0
    assert without_times(capsys.readouterr().out) == printed and weight_files() == files


def test_the_seed_that_nobody_states_is_drawn_once_for_all_pieces(folder, capsys):
    in_pieces(UNSEEDED, capsys)
    first = read_plan("farm").work.seed
    values = load("dataset/weights/J_DNN.weights.xml").history
    Path("farm/results/0.safetensors").unlink()
    do_piece("farm", 0, print)
    merge("farm")
    assert first > 0 and load("dataset/weights/J_DNN.weights.xml").history == values


def test_a_piece_is_done_once_and_again_where_its_file_is_damaged_or_of_other_events(folder, capsys):
    in_pieces(TWO, capsys)
    path = Path("farm/results/1.safetensors")
    before = path.read_bytes()
    assert do_piece("farm", 1, print).before and path.read_bytes() == before
    path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    with pytest.raises(FileError, match="1.safetensors' is damaged") as caught:
        merge("farm")
    assert caught.value.code == "piece-damaged"
    assert not do_piece("farm", 1, print).before
    assert "is damaged; the piece is done again" in capsys.readouterr().out
    np.savez("signal.npz", **sample(120, 3, 1.5))
    with pytest.raises(FileError, match="belongs to other events") as caught:
        merge("farm")
    assert caught.value.code == "piece-other"


def test_missing_and_failed_pieces_are_named_with_the_command_that_does_them(folder, capsys):
    Path("job.toml").write_text(TWO, encoding="utf-8")
    assert main(["submit", "job.toml", "--htcondor", "--output", "farm"]) == 0
    shown = capsys.readouterr().out
    assert "2 pieces; to submit, and to put together:" in shown and f"condor_submit {folder}/farm/pieces.sub" in shown
    os.rename("signal.npz", "gone.npz")
    assert main(["piece", "farm", "1", "--quiet"]) == 2
    capsys.readouterr()
    assert main(["merge", "farm", "--quiet"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "error: 2 of 2 pieces are not done"
    assert lines[1] == f"  tmvalite piece {folder}/farm 0    # DNN"
    assert "".join(lines[2:]).startswith(f"  tmvalite piece {folder}/farm 1    # Other: ") and "signal.npz" in "".join(lines[2:])
    assert lines[-1] == "  hint: submit them again: those that are done end at once"
    assert not os.path.exists("dataset")
    os.rename("gone.npz", "signal.npz")
    assert (
        main(["piece", "farm", "0", "--quiet"])
        == main(["piece", "farm", "1", "--quiet"])
        == main(["merge", "farm", "--quiet"])
        == 0
    )
    assert sorted(os.listdir("farm/results")) == ["0.safetensors", "1.safetensors"] and len(weight_files()) == 2


def test_a_batch_system_runs_the_pieces_with_their_numbers(folder, capsys):
    """The files as HTCondor and Slurm read them: the script with a number from 0 on, in an environment of their own."""
    printed, files = alone(TWO, capsys)
    for system, name in (("--slurm", "pieces.sbatch"), ("--htcondor", "pieces.sub")):
        assert main(["submit", "job.toml", system, "--output", "farm", "--memory", "500M", "--line=--time=10"]) == 0
        assert subprocess.run(["bash", "-n", "farm/piece.sh"]).returncode == 0
        assert os.access("farm/piece.sh", os.X_OK)
        text = Path("farm", name).read_text()
        found = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
        clean = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]), "HOME": os.environ.get("HOME", "/")}
        if name == "pieces.sbatch":
            assert subprocess.run(["bash", "-n", f"farm/{name}"]).returncode == 0
            assert "#SBATCH --array=0-1\n" in text and "#SBATCH --mem=500M\n" in text and "#SBATCH --time=10\n" in text
            command, environment = ["bash", f"{folder}/farm/{name}"], clean | {"SLURM_ARRAY_TASK_ID": "0"}
        else:
            assert found["arguments"] == "$(ProcId)" and text.endswith("--time=10\nqueue 2\n")
            assert found["initialdir"] == f"{folder}/farm" and found["request_memory"] == "500MB"
            command, environment = [found["executable"], "1"], clean
        ran = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        assert "is done: " in ran.stdout
    assert main(["merge", "farm", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""])) == printed and weight_files() == files


def test_scores_are_written_in_pieces(folder, capsys):
    alone(JOB, capsys)
    main(["train", "job.toml", "--quiet"])
    weights = "dataset/weights/J_DNN.weights.xml"
    assert main(["apply", weights, "signal.npz", "background.npz", "-o", "whole", "--friend", "--quiet"]) == 0
    given = ["submit", weights, "signal.npz", "background.npz", "--apply", "cut", "--friend"]
    assert main([*given, "--slurm", "--output", "farm"]) == 0
    assert main(["piece", "farm", "1"]) == 0
    capsys.readouterr()
    assert main(["merge", "farm"]) == 1
    assert "1 of 2 pieces is not done" in capsys.readouterr().err
    assert main(["piece", "farm", "0"]) == 0 and do_piece("farm", 0, print).before
    capsys.readouterr()
    assert main(["merge", "farm", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"] == [
        str(folder / "cut" / f"{name}.npz") for name in ("signal", "background")
    ]
    for name in ("signal", "background"):
        one, other = np.load(f"whole/{name}.npz"), np.load(f"cut/{name}.npz")
        assert list(one) == list(other) and all(np.array_equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize(
    "arguments, code",
    [
        (["--seeds", "2"], "job-seed"),
        (["--seeds", "2", "--folds", "2"], "argument"),
        (["--folds", "1"], "range"),
        (["--memory", "much"], "range"),
        (["--line", "a\nb"], "range"),
        (["--choose"], "range-of-options"),
    ],
)
def test_error_what_cannot_be_submitted(folder, capsys, monkeypatch, arguments, code):
    Path("job.toml").write_text(JOB, encoding="utf-8")
    raised = []
    monkeypatch.setattr("tmvalite.cli.fitted", lambda text: text)
    monkeypatch.setattr("tmvalite.cli._print", lambda text, stream: raised.append(sys.exc_info()[1]))
    assert main(["submit", "job.toml", "--slurm", "--output", "farm", *arguments]) == 2
    assert raised[0].code == code


def test_error_plans_and_pieces_that_do_not_fit(folder, capsys):
    Path("job.toml").write_text(JOB, encoding="utf-8")
    with pytest.raises(FileError, match="cannot be read"):
        read_plan("farm")
    assert main(["submit", "job.toml", "--slurm", "--output", "farm"]) == 0
    assert main(["submit", "job.toml", "--slurm", "--output", "farm"]) == 0  # the same again
    Path("job.toml").write_text(JOB.replace("TANH|4", "TANH|5"), encoding="utf-8")
    assert main(["submit", "job.toml", "--slurm", "--output", "farm"]) == 2
    assert "is the plan of another work" in capsys.readouterr().err
    with pytest.raises(OptionError, match="there is no piece 1"):
        do_piece("farm", 1)
    with pytest.raises(OptionError, match="cannot hold") as caught:
        write_batch_files("a b", "slurm", BatchRequest("job", 1))
    assert caught.value.code == "submit-path"
    plan = Path("farm/plan.json")
    text = plan.read_text()
    for other, code in ((text.replace('"version": 1', '"version": 2'), "piece-other"), (text[:-9], "piece-damaged")):
        plan.write_text(other)
        with pytest.raises(FileError) as caught:
            read_plan("farm")
        assert caught.value.code == code


def test_error_a_report_of_folds(folder, capsys):
    Path("job.toml").write_text(JOB, encoding="utf-8")
    assert main(["train", "job.toml", "--folds", "2", "--report", "page.html"]) == 2
    assert "report of trained methods only" in capsys.readouterr().err


def test_error_several_job_files(capsys):
    assert main(["submit", "a.toml", "b.toml", "--slurm", "--output", "farm"]) == 2
    assert "one job file is submitted at a time" in capsys.readouterr().err
