"""Replicas of a dense network (W1, batch 100) beside one training of it, in one process, and what the arithmetic allows.

Run: python -m benchmarks.replicas [--replicas 100] [--epochs 5] [--rounds 3] [--kinds seeds bootstrap folds] [--layers 3]

A round trains once with one thread, once with all threads, and so many replicas of each kind with all threads. Wall and CPU
seconds, medians over the rounds. "Limit" is what the arithmetic of the replicas takes on all cores at the speed of a loop of
fused multiplications and additions in registers, which is measured too.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np

from .data import events
from .dense import STEPS, VALIDATION

BATCH, INPUTS = 100, 4


def method(layers: int, epochs: int, threads: int, replicas: str):
    """As in benchmarks.dense, with replicas."""
    import tmvalite

    layout = ",".join(["TANH|128"] * layers + ["LINEAR"])
    strategy = (
        f"LearningRate=1e-3,BatchSize={BATCH},MaxEpochs={epochs},TestRepetitions={epochs},"
        f"ConvergenceSteps={10 * epochs},Optimizer=ADAM"
    )
    options = f"!V:Layout={layout}:TrainingStrategy={strategy}:RandomSeed=1:ValidationSize={VALIDATION}"
    return tmvalite.MethodDL(f"{options}:Threads={threads}:Replicas={replicas}")


def peak() -> float:
    """Floating point operations per second of one core: independent chains a <- a b + c in vector registers, float32."""
    from numba import njit

    @njit(fastmath={"contract", "nsz"})
    def chains(n):
        a, b, c = np.ones(192, np.float32), np.float32(0.999), np.float32(0.001)
        for _ in range(n):
            for i in range(192):
                a[i] = a[i] * b + c
        return a[0]

    chains(10)
    best = 0.0
    for _ in range(5):
        began = time.process_time()
        chains(100_000)
        best = max(best, 100_000 * 192 * 2 / (time.process_time() - began))
    return best


def run(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicas", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=5, help="of 100 batches")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", default=["seeds", "bootstrap", "folds"])
    options = parser.parse_args(arguments)
    from tmvalite.training.thread_count import available_threads

    x, y = events(INPUTS, BATCH * STEPS + VALIDATION)
    threads, n = available_threads(), options.replicas
    cases = {"one training, 1 thread": (1, "1"), f"one training, {threads} threads": (threads, "1")}
    cases |= {f"{n} replicas, {kind}": (threads, f"{n}|{kind}") for kind in options.kinds}
    found = {name: [] for name in cases}
    flops = 0.0
    for number in range(options.rounds + 1):
        for name, (cores, replicas) in cases.items():
            if number == 0:  # kernels
                replicas = replicas.replace(f"{n}|", "2|")
            trained = method(options.layers, options.epochs, cores, replicas)
            began, cpu = time.perf_counter(), time.process_time()
            trained.fit(x, y, progress="silent")
            flops = flops or trained.plan.flops * BATCH * STEPS * options.epochs
            if number:
                found[name].append((time.perf_counter() - began, time.process_time() - cpu))
    speed = peak()
    medians = {name: [statistics.median(column) for column in zip(*rounds)] for name, rounds in found.items()}
    one, all_threads = (medians[name][0] for name in list(cases)[:2])
    print(f"{'':34}{'wall s':>9}{'CPU s':>9}{'x one thread':>14}{f'x {threads} threads':>13}")
    for name, (wall, cpu) in medians.items():
        print(f"{name:34}{wall:9.3f}{cpu:9.3f}{wall / one:14.1f}{wall / all_threads:13.1f}")
    limit = flops * n / speed / threads
    text = f"limit of {n} replicas, seeds"
    print(f"{text:34}{limit:9.3f}{'':9}{limit / one:14.1f}{limit / all_threads:13.1f}")
    print(f"peak of one core {speed / 1e9:.0f} GFLOP/s, one training runs at {flops / medians[next(iter(cases))][1] / 1e9:.0f}")
    return 0


if __name__ == "__main__":
    raise SystemExit(run())
