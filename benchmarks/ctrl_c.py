"""How long Ctrl-C waits: the longest time in which a signal is not heard, while kernels are made and while networks train.

Run: python -m benchmarks.ctrl_c [--only TEXT] [--limit 0.5]

A clock of the system interrupts every process 50 times a second; what is measured is the longest time between two of these
signals that Python heard, in seconds of the processor, which other programs on the machine do not lengthen. Every case is a
process of its own with one thread and an empty kernel cache, with and without the bitcode that the package brings.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICK = 0.02
STRATEGY = "TrainingStrategy=LearningRate=1e-3,BatchSize={batch},MaxEpochs=1,TestRepetitions=1,ConvergenceSteps=9"
NETWORKS = {  # options, variables, events, batch
    "dense 10-64-64-1": ("Layout=TANH|64,TANH|64,LINEAR", 10, 2000, 100),
    "images 32x32, 3 blocks of CONV": (
        "InputLayout=1|32|32:Layout=CONV|32|3|3|1|1|1|1|RELU,CONV|64|3|3|1|1|1|1|RELU,MAXPOOL|2|2|2|2,"
        "CONV|64|3|3|1|1|1|1|RELU,RESHAPE|FLAT,DENSE|64|RELU,DENSE|1|LINEAR",
        1024,
        600,
        300,
    ),
    "LSTM 64 steps of 64": ("InputLayout=64|64:Layout=LSTM|64|64|64|0|1,RESHAPE|FLAT,DENSE|1|LINEAR", 4096, 1000, 500),
}


def heard(network: str, bitcode: bool) -> dict[str, float]:
    """Longest time without a signal, in seconds: while kernels were made, and else."""
    import numpy as np

    import tmvalite
    from tmvalite.kernels.jit import code, store
    from tmvalite.models import fitting  # noqa: F401  imports all that a training needs

    if not bitcode:
        store.bitcode_of = lambda *_: None
    making, longest, make = [], {"kernels": 0.0, "training": 0.0}, code._make

    def made(*given):
        making.append(1)
        try:
            make(*given)
        finally:
            making.pop()

    code._make = made
    options, variables, events, batch = NETWORKS[network]
    x = np.random.default_rng(1).normal(size=(events, variables)).astype(np.float32)
    method = tmvalite.MethodDL(f"{options}:Threads=1:RandomSeed=1:{STRATEGY.format(batch=batch)}")
    last = [time.thread_time()]

    def tick(number, frame):
        now = time.thread_time()
        what = "kernels" if making else "training"
        longest[what] = max(longest[what], now - last[0])
        last[0] = now

    signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
    warnings.simplefilter("ignore")
    method.fit(x, x[:, 0] > 0, progress="silent")
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    return longest


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--limit", type=float, default=0.5)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(heard(options.one[0], options.one[1] == "bitcode")))
        return 0
    worst = 0.0
    print(f"{'network':34s}{'kernels from':>14s}{'making them':>14s}{'training':>12s}   longest silence, CPU s")
    for network in NETWORKS:
        for kernels in ("bitcode", "source") if options.only in network else ():
            with tempfile.TemporaryDirectory(prefix="ctrl-c-") as folder:
                words = [sys.executable, "-m", "benchmarks.ctrl_c", "--one", network, kernels]
                environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMVALITE_CACHE_DIR": folder}
                found = json.loads(subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=True).stdout)
            worst = max(worst, *found.values())
            print(f"{network:34s}{kernels:>14s}{found['kernels']:14.2f}{found['training']:12.2f}", flush=True)
    return int(worst > options.limit)


if __name__ == "__main__":
    raise SystemExit(main())
