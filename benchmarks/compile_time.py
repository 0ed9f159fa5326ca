"""Import, first training and later starts, each in fresh processes. Run: python -m benchmarks.compile_time [OTHER-CHECKOUT]

cold: the kernel cache is empty; warm: it is full; six: six cold starts at once, which share a cache (not with --alone); shared:
an empty cache of one's own behind a full one in TMVALITE_CACHE_PATH; damaged: a full cache with one flipped bit in one file.
With another checkout, such as a git worktree of an earlier commit, its starts alternate with ours and ratios are given. Wall
time and CPU time (user and system, of all processes of a row; on a shared machine the better measure), medians. The
interpreter's own start is subtracted from nothing, so `python -c pass` is given too.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYOUTS = {
    "dense": "Layout=TANH|128,TANH|128,LINEAR",
    "images": "InputLayout=1|16|16:Layout=CONV|10|3|3|1|1|1|1|RELU,BNORM,CONV|10|3|3|1|1|1|1|RELU,MAXPOOL|2|2|2|2,RESHAPE|FLAT,"
    "DENSE|100|RELU,DENSE|1|LINEAR",
}
FIT = """
import sys
import numpy, tmvalite
rng = numpy.random.default_rng(1)
x = rng.normal(size=(1000, 256 if "CONV" in sys.argv[1] else 4)).astype("float32")
method = tmvalite.MethodDL(f"!V:{sys.argv[1]}:RandomSeed=1:TrainingStrategy=LearningRate=1e-3,MaxEpochs=1,TestRepetitions=1",
                           analysis_type="classification")
method.fit(x, x[:, 0] > 0, progress="silent")
method.GetMvaValues(x)
"""


def measure(commands, root: Path, **environment: str) -> tuple[float, float]:
    """Wall and CPU seconds of commands that run at the same time, with the checkout `root`."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONWARNINGS": "ignore", **environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    running = [subprocess.Popen(c, env=environment, stdout=subprocess.DEVNULL, cwd=root) for c in commands]
    for process in running:
        if process.wait() not in (0, -11):  # a build without checksums dies of a damaged kernel
            raise RuntimeError(f"{process.args} ended with {process.returncode}")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def flip(folder: str) -> None:
    """One bit in the largest file with machine code."""
    path = max((p for p in Path(folder).rglob("*") if p.suffix in (".kernel", ".nbc")), key=lambda p: p.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def starts(layout: str, root: Path, alone: bool) -> dict[str, tuple[float, float]]:
    """Wall and CPU seconds of every kind of start of one network."""
    one, found = [[sys.executable, "-c", FIT, layout]], {}
    with tempfile.TemporaryDirectory() as full, tempfile.TemporaryDirectory() as empty, tempfile.TemporaryDirectory() as six:
        found["cold"] = measure(one, root, TMVALITE_CACHE_DIR=full)
        found["warm"] = measure(one, root, TMVALITE_CACHE_DIR=full)
        if not alone:
            found["six cold at once"] = measure(one * 6, root, TMVALITE_CACHE_DIR=six)
            found["six warm at once"] = measure(one * 6, root, TMVALITE_CACHE_DIR=six)
        found["shared cache"] = measure(one, root, TMVALITE_CACHE_DIR=empty, TMVALITE_CACHE_PATH=full)
        flip(full)
        found["damaged kernel"] = measure(one, root, TMVALITE_CACHE_DIR=full)
    return found


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, nargs="?", help="the other checkout")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--alone", action="store_true", help="without the six at once")
    parser.add_argument("--only", choices=LAYOUTS, help="one of the two networks")
    given = parser.parse_args(arguments)
    commands = {
        "python -c pass": ["-c", "pass"],
        "import numpy": ["-c", "import numpy"],
        "import tmvalite": ["-c", "import tmvalite"],
        "tmvalite --help": ["-m", "tmvalite.cli", "--help"],
    }
    for name, words in commands.items():
        times = [measure([[sys.executable, *words]], ROOT)[0] for _ in range(given.rounds)]
        print(f"{name:32s} {statistics.median(times):8.3f} s", flush=True)
    roots = [ROOT] if given.other is None else [ROOT, given.other.resolve()]
    rows: dict[str, list[list[tuple[float, float]]]] = {}
    for _ in range(given.rounds):
        for network, layout in LAYOUTS.items():
            if given.only in (None, network):
                for root in roots:
                    for name, pair in starts(layout, root, given.alone).items():
                        rows.setdefault(f"{network}, {name}", [[] for _ in roots])[roots.index(root)].append(pair)
    print(f"{'':32s} {'wall':>8s} {'CPU':>8s}" + (f" {'wall':>8s} {'CPU':>8s} {'ratios':>8s}" if given.other else ""))
    for name, of_roots in rows.items():
        medians = [[statistics.median(column) for column in zip(*pairs)] for pairs in of_roots]
        line = "".join(f" {value:8.2f}" for pair in medians for value in pair)
        if given.other:
            line += "".join(f" {statistics.median(b[i] / a[i] for a, b in zip(*of_roots)):8.2f}" for i in (0, 1))
        print(f"{name:32s}{line}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
