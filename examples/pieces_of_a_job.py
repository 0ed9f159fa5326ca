"""A cross-validation in pieces, as a batch system would run them, put together to the bits of one process.

`tmvalite submit` writes the plan and what HTCondor or Slurm are given; here the pieces are done in turns, the last one first.

Run: python examples/pieces_of_a_job.py [folder for the files]
"""

import contextlib
import io
import json
import os
import sys
import tempfile

import numpy as np

from tmvalite.cli import main as tmvalite

JOB = """\
[job]
name = "Pieces"

[data]
variables = ["x", "y", "r := sqrt(x^2+y^2)"]

[[tree]]
file = "signal.npz"
class = "Signal"

[[tree]]
file = "background.npz"
class = "Background"

[[method]]
title = "DNN"
options = "Layout=TANH|16,LINEAR:VarTransform=N"
TrainingStrategy = {LearningRate = 1e-2, BatchSize = 50, MaxEpochs = 10, TestRepetitions = 1}
RandomSeed = 1
"""
WEIGHTS = "dataset/weights/Pieces_DNN_fold1.weights.xml"


def printed(*arguments):
    """What a command prints; the logs of trainings go nowhere."""
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        if tmvalite(list(arguments)) != 0:
            sys.exit(f"tmvalite {' '.join(arguments)} failed")
    return out.getvalue()


def weights():
    """The first fold's weight file, without the lines that tell the time."""
    with open(WEIGHTS, encoding="utf-8") as file:
        return [line for line in file if "Date" not in line and "TrainingTime" not in line]


def main(folder):
    os.chdir(folder)
    for seed, (name, shift) in enumerate((("signal", 0.7), ("background", -0.7))):
        rng = np.random.default_rng(seed)
        np.savez(f"{name}.npz", x=rng.normal(shift, 1.0, 500), y=rng.normal(0.0, 1.0 + seed, 500))
    with open("job.toml", "w", encoding="utf-8") as file:
        file.write(JOB)

    alone = json.loads(printed("train", "job.toml", "--folds", "3", "--quiet", "--json"))
    before = weights()
    print(printed("submit", "job.toml", "--folds", "3", "--slurm", "--output", "farm").splitlines()[0])
    for piece in (2, 1, 0):
        print(printed("piece", "farm", str(piece), "--threads", "1").partition(":")[0])
    os.remove(WEIGHTS)
    together = json.loads(printed("merge", "farm", "--quiet", "--json"))
    found = together["methods"]["DNN"]
    same = together == alone and weights() == before
    print(f"ROC area {found['mean']:.4f} +- {found['spread']:.4f} of 3 folds, the same as in one process: {same}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        here = os.getcwd()
        with tempfile.TemporaryDirectory() as scratch:
            main(scratch)
            os.chdir(here)
