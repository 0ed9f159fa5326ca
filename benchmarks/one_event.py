"""One event at a time: microseconds of CPU time of a call. Run: python -m benchmarks.one_event [OTHER-CHECKOUT] [--rounds 5]

The Reader's loop over registered `array('f')` variables, `GetMvaValue` of a float32 array and of a list, and the engine alone: a
compiled call on memory that is there. With another checkout, such as a git worktree of an earlier commit, both builds alternate.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CASES = {
    "10-64-64-1": (10, "Layout=RELU|64,RELU|64,LINEAR"),
    "4-128x3-1": (4, "Layout=TANH|128,TANH|128,TANH|128,LINEAR"),
    "10-16-1, VarTransform=D": (10, "VarTransform=D:Layout=TANH|16,LINEAR"),
    "10-16-1, VarTransform=P": (10, "VarTransform=P:Layout=TANH|16,LINEAR"),
    "10-16-1, VarTransform=U": (10, "VarTransform=U:Layout=TANH|16,LINEAR"),
    "10-16-1, VarTransform=G": (10, "VarTransform=G:Layout=TANH|16,LINEAR"),
    "10-16-1, VarTransform=G,D": (10, "VarTransform=G,D:Layout=TANH|16,LINEAR"),
    "10-16-1, VarTransform=N": (10, "VarTransform=N:Layout=TANH|16,LINEAR"),
}
CALLS = 5000


def microseconds(call) -> float:
    """Of one call, the loop around it subtracted; the fastest of a few runs."""

    def run(f):
        begin = time.process_time()
        for _ in range(CALLS):
            f()
        return (time.process_time() - begin) / CALLS * 1e6

    return min(run(call) for _ in range(7)) - min(run(lambda: None) for _ in range(7))


def measure(path: str) -> None:
    """All cases with the build that is imported here, as JSON into a file."""
    from array import array

    import numpy as np

    import tmvalite

    found = {}
    for name, (variables, options) in CASES.items():
        x = np.random.default_rng(1).normal(size=(1000, variables)).astype(np.float32)
        method = tmvalite.MethodDL(
            f"!V:{options}:RandomSeed=1:TrainingStrategy=LearningRate=1e-3,MaxEpochs=1,TestRepetitions=1",
            analysis_type="classification",
        )
        method.fit(x, x[:, 0] > 0, progress="silent")
        slots = [array("f", [0.5]) for _ in range(variables)]
        reader = tmvalite.Reader("!Color:Silent")
        for i, slot in enumerate(slots):
            reader.AddVariable(f"var{i + 1}", slot)
        with tempfile.TemporaryDirectory() as folder:
            method.save(os.path.join(folder, "m.weights.xml"))
            reader.BookMVA("DNN", os.path.join(folder, "m.weights.xml"))
        event, numbers = x[0].copy(), x[0].tolist()
        calls = {
            "Reader, registered": partial(reader.EvaluateMVA, "DNN"),
            "GetMvaValue, array": partial(method.GetMvaValue, event),
            "GetMvaValue, list": partial(method.GetMvaValue, numbers),
        }
        if getattr(method, "one_event", lambda: None)() is not None:
            calls["engine"] = method.one_event()[1]
        found |= {f"{name}: {what}": microseconds(call) for what, call in calls.items()}
    Path(path).write_text(json.dumps(found))


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, nargs="?", help="the other checkout")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.write:
        measure(given.write)
        return 0
    roots = [ROOT] if given.other is None else [ROOT, given.other.resolve()]
    rounds: list[list[dict]] = [[] for _ in roots]
    for _ in range(given.rounds):
        for root, of_root in zip(roots, rounds):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "found.json")
                environment = os.environ | {"PYTHONPATH": str(root), "PYTHONWARNINGS": "ignore"}
                command = [sys.executable, str(Path(__file__).resolve()), "--write", path]
                subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)
                of_root.append(json.loads(Path(path).read_text()))
    for name in rounds[0][0]:
        values = [statistics.median(one[name] for one in of_root) for of_root in rounds if name in of_root[0]]
        ratio = f"   {values[1] / values[0]:.2f}" if len(values) > 1 else ""
        print(f"{name:45s} " + " ".join(f"{value:7.2f}" for value in values) + ratio)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
