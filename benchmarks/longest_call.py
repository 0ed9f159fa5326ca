"""The longest time between two returns to Python, in which nothing answers Ctrl-C: training, validation and scoring.

Run: python -m benchmarks.longest_call [--threads 1 2] [--only TEXT]

The networks are those of the other benchmarks, through the public face. Every call of a kernel is timed where Network makes it.
At most LIMIT seconds are right; the engine aims at half of that by its estimate of arithmetic. Compilation is not counted: every
network runs once before.
"""

from __future__ import annotations

import argparse
import time
from contextlib import contextmanager

from . import convolution, dense, recurrent, vae

LIMIT = 0.2


@contextmanager
def timed_calls():
    """The seconds of every call of a kernel in here, as a list that grows."""
    from tmvalite.training.network import Network

    seconds, run = [], Network._run

    def timed(*arguments):
        start = time.perf_counter()
        try:
            return run(*arguments)
        finally:
            seconds.append(time.perf_counter() - start)

    Network._run = timed
    try:
        yield seconds
    finally:
        Network._run = run


def cases(threads: int):
    """(name, function that makes the work, its arguments, units)."""
    for inputs, layers, batch in ((4, 3, 1024), (4, 5, 100), (28, 3, 1024)):
        yield f"dense {inputs}-128x{layers}-1, batch {batch}, training", dense.training, (inputs, layers, batch, threads), 2
    yield "dense 4-128x3-1, 1000000 scores", dense.scoring, (4, 3, 1_000_000, threads), 1
    for label, form, channels, size, filters, batch in convolution.NETWORKS:
        name, shape = f"{label} {size}x{size}", (form, channels, size, filters)
        yield f"{name}, batch {batch}, training", convolution.training, (*shape, batch, threads), 1
        yield f"{name}, 1000 scores", convolution.scoring, (*shape, 1000, threads), 1
    yield "W4 VAE, batch 16, training", vae.training, (16, threads), 1
    for kind in ("LSTM", "GRU", "RNN"):
        yield f"{kind} 10, training", recurrent.training, (kind, 10, threads), 1
        yield f"{kind} 64, training", recurrent.training, (kind, 64, threads), 1
        yield f"{kind} 10, 10000 scores", recurrent.scoring, (kind, 10, 10_000, threads), 1


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args(arguments)
    worst = 0.0
    for threads in options.threads:
        for name, make, given, units in cases(threads):
            if options.only not in name:
                continue
            work = make(*given)
            with timed_calls() as seconds:
                work(units)
            worst = max(worst, *seconds)
            print(
                f"{name:44s} {threads} threads {len(seconds):6d} calls, longest {max(seconds):.3f} s"
                f"{'' if max(seconds) <= LIMIT else '   TOO LONG'}",
                flush=True,
            )
    print(f"longest {worst:.3f} s, allowed {LIMIT} s")
    return int(worst > LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
