"""Import, first training and later starts, each in fresh processes. Run: python -m benchmarks.compile_time

cold: the kernel cache is empty, so everything is compiled; warm: it is full. Seconds, medians; the interpreter's own start is
subtracted from nothing, so `python -c pass` is given too. Targets: import 0.25 s, --help 0.3 s, warm start 1.5 s, a network for
images cold 20 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

LAYOUTS = {
    "dense": "Layout=TANH|128,TANH|128,LINEAR",
    "images": "InputLayout=1|16|16:Layout=CONV|10|3|3|1|1|1|1|RELU,BNORM,CONV|10|3|3|1|1|1|1|RELU,MAXPOOL|2|2|2|2,RESHAPE|FLAT,"
    "DENSE|100|RELU,DENSE|1|LINEAR",
}
FIT = """
import sys, time
start = time.perf_counter()
import numpy, tmvalite
imported = time.perf_counter()
rng = numpy.random.default_rng(1)
x = rng.normal(size=(1000, 256 if "CONV" in sys.argv[1] else 4)).astype("float32")
method = tmvalite.MethodDL(f"!V:{sys.argv[1]}:RandomSeed=1:TrainingStrategy=LearningRate=1e-3,MaxEpochs=1,TestRepetitions=1",
                           analysis_type="classification")
method.fit(x, x[:, 0] > 0)
trained = time.perf_counter()
method.GetMvaValues(x)
print(imported - start, trained - imported, time.perf_counter() - trained)
"""


def seconds(command, environment) -> float:
    start = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


def fit(layout, environment) -> list[float]:
    """Seconds of import, training and scoring in a fresh process."""
    done = subprocess.run([sys.executable, "-c", FIT, layout], env=environment, check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()[-3:]]


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args(arguments).rounds
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "import numpy": [sys.executable, "-c", "import numpy"],
        "import tmvalite": [sys.executable, "-c", "import tmvalite"],
        "tmvalite --help": [sys.executable, "-m", "tmvalite.cli", "--help"],
    }
    for name, command in commands.items():
        print(f"{name:32s} {statistics.median(seconds(command, os.environ) for _ in range(rounds)):8.3f} s", flush=True)
    times: dict[str, list[list[float]]] = {f"{network}, {start}": [] for network in LAYOUTS for start in ("cold", "warm")}
    for _ in range(rounds):
        for network, layout in LAYOUTS.items():
            with tempfile.TemporaryDirectory() as folder:
                environment = os.environ | {"TMVALITE_CACHE_DIR": folder}
                for start in ("cold", "warm"):
                    times[f"{network}, {start}"].append(fit(layout, environment))
    for name, rows in times.items():
        medians = [statistics.median(column) for column in zip(*rows)]
        for what, value in zip(("import", "first training of 1 epoch", "first scores"), medians):
            print(f"{name + ': ' + what:45s} {value:8.3f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
