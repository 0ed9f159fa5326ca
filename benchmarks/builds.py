"""Training and scoring by two builds of tmvalite, side by side. Run: python -m benchmarks.builds ../other-checkout [--rounds 5]

The other build is any checkout, such as a git worktree of an earlier commit. Every measurement is a process of its own; the two
builds alternate, figures are medians over rounds and the ratio is the median of the ratios of each round: above 1 this build is
faster. Training is the time of some epochs less that of one, so that what a fit costs once does not count. Everything runs in
one thread, and the seconds are those of the process, so that a busy machine disturbs little.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DENSE = "Layout=TANH|128,TANH|128,TANH|128,LINEAR"
CASES = {  # method, variables, events, batch, epochs, options
    "dense, batch 32": ("DL", 4, 20000, 32, 4, DENSE),
    "dense, batch 100": ("DL", 4, 20000, 100, 6, DENSE),
    "dense, batch 1024": ("DL", 4, 60000, 1024, 4, DENSE),
    "dense, dropout, L2, SGD": (
        "DL", 10, 20000, 100, 6, "Layout=DENSE|64|RELU,DENSE|64|RELU,DENSE|1|LINEAR|SGD",
    ),
    "images 16x16": (
        "DL", 256, 4000, 100, 3,
        "InputLayout=1|16|16:Layout=CONV|10|3|3|1|1|1|1|RELU,BNORM,CONV|10|3|3|1|1|1|1|RELU,MAXPOOL|2|2|2|2,RESHAPE|FLAT,"
        "DENSE|100|RELU,DENSE|1|LINEAR",
    ),
    "images 32x32, 32 channels": (
        "DL", 1024, 1000, 50, 3,
        "InputLayout=1|32|32:Layout=CONV|32|3|3|1|1|1|1|RELU,CONV|32|3|3|1|1|1|1|RELU,MAXPOOL|2|2|2|2,RESHAPE|FLAT,DENSE|1|LINEAR",
    ),
    "LSTM, state 10": ("DL", 300, 4000, 100, 3, "InputLayout=10|30:Layout=LSTM|10|30|10|0|1,RESHAPE|FLAT,DENSE|64|TANH,LINEAR"),
    "GRU, state 64": ("DL", 300, 2000, 100, 3, "InputLayout=10|30:Layout=GRU|64|30|10|0|0,LINEAR"),
    "variational autoencoder": (
        "AE", 64, 8000, 50, 3, "Layout=Encoder={DENSE|128|RELU,DENSE|64|RELU,LATENT|4}"
        "Decoder={DENSE|64|RELU,DENSE|128|RELU,DENSE|N|LINEAR}",
    ),
}  # fmt: skip


def measure(name: str) -> dict[str, float]:
    """Seconds of an epoch, of scoring all events, and of scoring one event, with the build that is imported here."""
    import numpy as np

    import tmvalite

    method_type, n_variables, n, batch, epochs, options = CASES[name]
    strategy = f"LearningRate=1e-4,BatchSize={batch},TestRepetitions=1000,ConvergenceSteps=1000"
    if options.endswith("|SGD"):
        options = options.removesuffix("|SGD")
        strategy += ",Optimizer=SGD,Momentum=0.9,Regularization=L2,WeightDecay=1e-4,DropConfig=0+0.2"
    x = np.random.default_rng(1).normal(size=(n, n_variables)).astype(np.float32)
    y = x[:, 0] * x[:, 1] > 0

    def trained(count):
        made = getattr(tmvalite, f"Method{method_type}")(
            f"!V:RandomSeed=1:Threads=1:ValidationSize=2%:{options}:TrainingStrategy={strategy},MaxEpochs={count}"
        )
        start = time.process_time()
        made.fit(x, y, norm="EqualNumEvents", progress="silent")
        return made, time.process_time() - start

    trained(1)
    method, long = trained(1 + epochs)
    short = trained(1)[1]
    found = {"epoch": (long - short) / epochs}
    method.GetMvaValues(x)
    start = time.process_time()
    method.GetMvaValues(x)
    found["scores"] = time.process_time() - start
    start = time.process_time()
    for row in x[:300]:
        method.GetMvaValues(row)
    found["one event"] = (time.process_time() - start) / 300
    return found


def run(root: Path, name: str) -> dict[str, float]:
    """`measure` by the build in `root`."""
    command = [sys.executable, "-W", "ignore", str(Path(__file__).resolve()), str(root), "--case", name]
    done = subprocess.run(
        command, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}, check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.case:
        print(json.dumps(measure(given.case)))
        return 0
    print(f"{'':28s}{'':12s}{'this':>12s}{'other':>12s}{'ratio':>8s}")
    for name in (name for name in CASES if given.only in name):
        pairs = [(run(ROOT, name), run(given.other.resolve(), name)) for _ in range(given.rounds)]
        for what in pairs[0][0]:
            here, there = ([pair[k][what] for pair in pairs] for k in (0, 1))
            ratio = statistics.median(b / a for a, b in zip(here, there))
            times = [f"{statistics.median(values) * 1e3:9.3f} ms" for values in (here, there)]
            print(f"{name:28s}{what:12s}{times[0]:>12s}{times[1]:>12s}{ratio:8.3f}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
