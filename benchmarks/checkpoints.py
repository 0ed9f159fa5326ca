"""What checkpoints cost: time for writing them, as a share of the training, and their size.

Run: python -m benchmarks.checkpoints [--rounds 5] [--folder PATH] [--every auto "1 epochs"]

Each network trains for some seconds. The time inside `write_checkpoint` is summed up, waiting for the disk included, and divided
by the time of the training; so is its CPU time. A second
training without checkpoints beside it would show less than it wanders by.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
import warnings

from .data import events

STRATEGY = "TrainingStrategy=LearningRate=1e-3,BatchSize=100,MaxEpochs={epochs},TestRepetitions=1,ConvergenceSteps=9999"
CASES = {  # layout, events, epochs
    "4-32-1, 1000 events": ("TANH|32,LINEAR", 1000, 3000),
    "W1 4-128x3-1, 1000 events": ("TANH|128,TANH|128,TANH|128,LINEAR", 1000, 400),
    "W1 4-128x3-1, 20000 events": ("TANH|128,TANH|128,TANH|128,LINEAR", 20000, 30),
    "4-1000-1000-1, 5000 events": ("TANH|1000,TANH|1000,LINEAR", 5000, 8),
}


def measured(case: str, every: str, folder: str) -> tuple[float, float, int, int]:
    """Share of the wall time, share of the CPU time, checkpoints, bytes of one."""
    import tmvalite
    from tmvalite.models import checkpoint, fitting

    layout, count, epochs = CASES[case]
    wall, cpu, write, path = [], [], checkpoint.write_checkpoint, os.path.join(folder, "run.ckpt")

    def timed(*given, **named):
        began, used = time.perf_counter(), time.process_time()
        write(*given, **named)
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)

    fitting.write_checkpoint = timed
    x, y = events(4, count)
    method = tmvalite.MethodDL(f"Layout={layout}:Threads=1:RandomSeed=1:{STRATEGY.format(epochs=epochs)}")
    began, used = time.perf_counter(), time.process_time()
    method.fit(x, y, progress="silent", checkpoint=path, checkpoint_every=every)
    seconds, of_cpu = time.perf_counter() - began, time.process_time() - used
    fitting.write_checkpoint = write
    size = os.path.getsize(path) if os.path.exists(path) else 0
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    return sum(wall) / seconds, sum(cpu) / of_cpu, len(wall), size


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="on the disk that is meant; the folder for temporary files by default")
    parser.add_argument("--every", nargs="+", default=["auto", "20 epochs"])
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    worst = 0.0
    print(f"{'network':30s}{'every':>12s}{'written':>9s}{'bytes':>12s}{'of the time':>13s}{'of the CPU':>12s}")
    with tempfile.TemporaryDirectory(prefix="checkpoints-", dir=options.folder) as folder:
        for case in CASES:
            for every in options.every if options.only in case else ():
                found = [measured(case, every, folder) for _ in range(options.rounds)]
                wall, cpu, count, size = (statistics.median(column) for column in zip(*found))
                worst = max(worst, wall if every == "auto" else 0.0)
                print(f"{case:30s}{every:>12s}{count:9.0f}{size:12.0f}{100 * wall:11.2f} %{100 * cpu:10.2f} %", flush=True)
    return int(worst > 0.02)


if __name__ == "__main__":
    raise SystemExit(main())
