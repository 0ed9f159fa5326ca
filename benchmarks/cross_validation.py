"""CrossValidation with one process and with several, in turns: `python -m benchmarks.cross_validation`.

Wall seconds are the figure; they need a machine that does nothing else, so the load at the start is printed. CPU seconds of all
processes together say what the processes cost: starting, importing, sending. Work that is spread evenly over n processes takes at
least their sum divided by n; the last column is the speed-up that this allows.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time

import numpy as np

from tmvalite import CrossValidation, DataLoader, Types

STRATEGY = "LearningRate=1e-3,BatchSize=100,TestRepetitions=1,MaxEpochs={epochs},ConvergenceSteps=1000"
BOOKING = "!H:!V:VarTransform=N:Layout=TANH|64,TANH|64,LINEAR:RandomSeed=1:TrainingStrategy=" + STRATEGY


def loader(events: int) -> DataLoader:
    rng, made = np.random.default_rng(1), DataLoader("dataset")
    made.log_settings.silent = True
    names = [f"v{i}" for i in range(8)]
    for name in names:
        made.AddVariable(name, "F")
    for add, shift in ((made.AddSignalTree, 0.5), (made.AddBackgroundTree, -0.5)):
        add({name: rng.normal(shift, 1.0, events // 2).astype(np.float32) for name in names}, 1.0)
    made.PrepareTrainingAndTestTree("", "nTest_Signal=1:nTest_Background=1:SplitMode=Random:NormMode=NumEvents:!V")
    made.dataset()
    return made


def cpu_seconds() -> float:
    return sum(r.ru_utime + r.ru_stime for r in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def measured(data: DataLoader, workers: int, folds: int, epochs: int) -> tuple[float, float, tuple]:
    """Wall seconds, CPU seconds, and the areas of the folds."""
    options = f"!V:Silent:!ROC:!ModelPersistence:AnalysisType=Classification:NumFolds={folds}:NumWorkerProcs={workers}"
    cv = CrossValidation("cv", data, None, options)
    cv.BookMethod(Types.kDL, "DNN", BOOKING.format(epochs=epochs))
    wall, cpu = time.perf_counter(), cpu_seconds()
    cv.Evaluate()
    return time.perf_counter() - wall, cpu_seconds() - cpu, tuple(cv.GetResults()[0].numbers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    os.environ.setdefault("TMVALITE_THREADS", "1")  # one process is one thread, as each of several is
    print(f"load before: {os.getloadavg()[0]:.1f}, processors: {os.cpu_count()}")
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        data = loader(arguments.events)
        measured(loader(2000), 1, 2, 1)  # kernels are compiled or loaded
        times: dict[int, list] = {1: [], arguments.workers: []}
        areas = set()
        for _ in range(arguments.rounds):
            for workers, found in times.items():
                wall, cpu, values = measured(data, workers, arguments.folds, arguments.epochs)
                found.append((wall, cpu))
                areas.add(values)
        os.chdir("/")
    one, several = (min(found) for found in times.values())
    print(f"same bits: {len(areas) == 1}")
    print(f"{'processes':>9s} {'wall s':>8s} {'CPU s':>8s}")
    for workers, (wall, cpu) in zip(times, (one, several)):
        print(f"{workers:9d} {wall:8.2f} {cpu:8.2f}")
    print(f"speed-up: {one[0] / several[0]:.2f} measured, {arguments.workers * one[1] / several[1]:.2f} by CPU time")


if __name__ == "__main__":
    main()
