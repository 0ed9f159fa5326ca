"""A whole job from a ROOT file to an evaluated output file. Run: python -m benchmarks.whole_job [OTHER-CHECKOUT]

Signal and background trees of float32 variables; a Factory that splits at random, trains RELU|64,RELU|64 for three epochs of
batches of 1000, tests, evaluates and writes TestTree and TrainTree. Beside it the same by hand with uproot and PyTorch
(peer_job.py), with uproot's own compression and with ours, and another checkout, such as a git worktree of an earlier commit.
Every job is a process of its own, the contenders alternate. Wall and CPU seconds (user and system; on a busy machine the better
measure) of the whole process, of the epochs, and of all the rest; peak memory, less that of the same job with 2000 events.
`--curves events variables trees` runs jobs of this build, each once; `--picture` draws what it found.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EPOCHS, BATCH = 3, 1000
LAYOUT = "RELU|64,RELU|64,LINEAR"
CHUNK = 100_000  # events of a basket
OURS = "tmvalite"
SIZES = (100_000, 300_000, 1_000_000, 3_000_000, 10_000_000, 20_000_000)
WIDTHS = (10, 30, 100, 300, 1000, 2000)
FILES = (1, 5, 20, 100, 250)  # trees of a class
VALUES = 10_000_000  # of the curves over variables and trees


def make_file(path: str, events: int, variables: int, trees: int = 1) -> None:
    """`events` in all, half of them signal; with several trees TreeS0, TreeS1, ... of equal lengths."""
    import numpy as np
    import uproot

    rng = np.random.default_rng(1)
    with uproot.recreate(path, compression=uproot.ZSTD(1)) as file:
        for kind, shift in (("TreeS", 0.3), ("TreeB", 0.0)):
            for k in range(trees):
                tree = file.mktree(f"{kind}{k if trees > 1 else ''}", {f"x{i}": np.float32 for i in range(variables)})
                left = events // 2 // trees
                while left > 0:
                    n = min(left, max(1000, CHUNK * 10 // variables))
                    x = rng.standard_normal((variables, n), dtype=np.float32)
                    x[:5] += np.float32(shift)
                    tree.extend({f"x{i}": x[i] for i in range(variables)})
                    left -= n


def job(path: str, variables: int, trees: int, threads: int) -> tuple[float, float]:
    """The Factory's job in the working folder; returns the wall and CPU seconds of the epochs."""
    import tmvalite as TMVA
    from tmvalite.training.loop import Training

    took = []

    def run(self, inner=Training.run):
        begin = time.perf_counter(), time.process_time()
        inner(self)
        took[:] = time.perf_counter() - begin[0], time.process_time() - begin[1]

    Training.run = run
    factory = TMVA.Factory("Job", "out.root", "!V:Silent:!Color:!DrawProgressBar:AnalysisType=Classification")
    loader = TMVA.DataLoader("dataset")
    for i in range(variables):
        loader.AddVariable(f"x{i}", "F")
    for k in range(trees):
        number = k if trees > 1 else ""
        loader.AddSignalTree(f"{path}:TreeS{number}", 1.0)
        loader.AddBackgroundTree(f"{path}:TreeB{number}", 1.0)
    loader.PrepareTrainingAndTestTree("", "SplitMode=Random:NormMode=NumEvents:!V")
    strategy = f"LearningRate=1e-3,BatchSize={BATCH},MaxEpochs={EPOCHS},ConvergenceSteps=10,TestRepetitions=1,Optimizer=ADAM"
    options = f"!H:!V:Threads={threads}:Layout={LAYOUT}:RandomSeed=1:TrainingStrategy={strategy}"
    factory.BookMethod(loader, TMVA.Types.kDL, "DNN", options)
    factory.TrainAllMethods()
    factory.TestAllMethods()
    factory.EvaluateAllMethods()
    return tuple(took)


def run_one(given) -> None:
    """In a process of its own: one job, its figures as a line of JSON."""
    path = str(Path(given.file).resolve())
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if given.one == OURS:
            epochs = job(path, given.variables, given.trees, given.threads)
        else:
            sys.path.insert(0, str(ROOT))
            from benchmarks import peer_job

            epochs = peer_job.job(path, "out.root", given.variables, EPOCHS, BATCH, given.threads, given.one)
        size = os.path.getsize("out.root") / 1e6
        os.chdir("/")
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6
    print(json.dumps({"epochs": epochs[0], "cpu_epochs": epochs[1], "cpu": cpu, "peak": peak, "size": size}))


def measure(kind: str, root: Path, path: str, variables: int, threads: int, trees: int = 1) -> dict:
    """One job; seconds, and MB of 10^6 bytes."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", kind, "--file", path, "--threads", str(threads)]
    command += ["--variables", str(variables), "--trees", str(trees)]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONWARNINGS": "ignore"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    if threads:
        environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    start = time.perf_counter()
    done = subprocess.run(command, env=environment, cwd=root, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    found["wall"] = time.perf_counter() - start
    return found | {"rest": found["wall"] - found["epochs"], "cpu_rest": found["cpu"] - found["cpu_epochs"]}


SHOWN = ("wall", "epochs", "rest", "cpu", "cpu_epochs", "cpu_rest", "size", "peak")


def compare(given, folder: str) -> dict:
    """The contenders side by side."""
    path, small = os.path.join(folder, "events.root"), os.path.join(folder, "small.root")
    make_file(path, given.events, given.variables)
    make_file(small, 2000, given.variables)
    contenders = {OURS: (OURS, ROOT)}
    if given.other is not None:
        contenders["other build"] = (OURS, given.other.resolve())
    if not given.without_peer:
        contenders |= {"by hand": ("default", ROOT), "by hand, ZSTD": ("ZSTD", ROOT)}
    own = {name: measure(kind, root, small, given.variables, given.threads)["peak"] for name, (kind, root) in contenders.items()}
    rounds: dict[str, list[dict]] = {name: [] for name in contenders}
    for _ in range(given.rounds):
        for name, (kind, root) in contenders.items():
            rounds[name].append(measure(kind, root, path, given.variables, given.threads))
    columns = 4e-6 * given.events * given.variables
    print(f"{given.events} events of {given.variables} variables, {columns:.0f} MB; medians of {given.rounds} rounds")
    print(f"{'':14s} " + " ".join(f"{key:>10s}" for key in (*SHOWN, "above own", "of data")))
    found = {}
    for name, measured in rounds.items():
        m = found[name] = {key: statistics.median(one[key] for one in measured) for key in SHOWN}
        m["above"] = m["peak"] - own[name]
        print(f"{name:14s} " + " ".join(f"{m[key]:10.2f}" for key in (*SHOWN, "above")) + f" {m['above'] / columns:10.2f}")
    for name in list(rounds)[1:]:
        pairs = list(zip(rounds[OURS], rounds[name]))
        ratios = {key: statistics.median(b[key] / a[key] for a, b in pairs) for key in SHOWN[:-2]}
        print(f"{name} : {OURS}   " + "   ".join(f"{key} {ratio:.2f}" for key, ratio in ratios.items()))
    return found


def curves(given, folder: str) -> list[dict]:
    """Jobs of this build, each run once."""
    cases = [("events", n, n, 10, 1) for n in SIZES if n <= given.events]
    cases += [("variables", v, VALUES // v, v, 1) for v in WIDTHS]
    cases += [("trees", 2 * k, VALUES // 10, 10, k) for k in FILES]
    cases = [case for case in cases if case[0] in given.curves]
    found = []
    shown = ("wall", "cpu", "cpu_epochs", "cpu_rest", "peak", "data")
    print(f"{'curve':10s} {'at':>9s} " + " ".join(f"{key:>10s}" for key in shown))
    for curve, at, events, variables, trees in cases:
        path = os.path.join(folder, "curve.root")
        make_file(path, events, variables, trees)
        one = measure(OURS, ROOT, path, variables, given.threads, trees)
        one |= {"curve": curve, "at": at, "data": 4e-6 * events * variables}
        found.append(one)
        _keep(found, given.json)
        print(f"{curve:10s} {at:9d} " + " ".join(f"{one[key]:10.2f}" for key in shown), flush=True)
    return found


def _keep(found, path: str | None) -> None:
    if path:
        Path(path).write_text(json.dumps(found, indent=1) + "\n")


def picture(found: list[dict], path: str) -> None:
    """Seconds and memory of the curves, both axes logarithmic, with lines of slope 1."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import NullFormatter

    kinds = list(dict.fromkeys(one["curve"] for one in found))
    figure, all_axes = plt.subplots(2, len(kinds), figsize=(3.6 * len(kinds), 5.6), layout="constrained", squeeze=False)
    words = {"events": "events of 10 variables", "variables": "variables, 1e7 values in all", "trees": "trees, 1e6 events in all"}
    for column, kind in enumerate(kinds):
        points = [one for one in found if one["curve"] == kind]
        at = [one["at"] for one in points]
        top, bottom = all_axes[:, column]
        for style, key, label in (("o-", "cpu", "whole job"), ("s--", "cpu_epochs", "epochs"), ("^:", "cpu_rest", "the rest")):
            top.loglog(at, [one[key] for one in points], style, label=label)
        bottom.loglog(at, [one["peak"] for one in points], "o-", label="peak")
        bottom.loglog(at, [one["data"] for one in points], "k:", label="selected columns")
        top.set_ylabel("CPU seconds")
        bottom.set_ylabel("MB")
        bottom.set_xlabel(words[kind])
        for axes in (top, bottom):
            axes.legend(frameon=False)
            axes.grid(alpha=0.3)
            axes.margins(y=0.4)
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_minor_formatter(NullFormatter())
    figure.savefig(path, dpi=110)


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("other", type=Path, nargs="?", help="another checkout")
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--variables", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as there are")
    parser.add_argument("--without-peer", action="store_true", help="no PyTorch")
    parser.add_argument("--curves", nargs="+", choices=("events", "variables", "trees"), help="up to so many --events")
    parser.add_argument("--picture", help="draw the curves into this file")
    parser.add_argument("--json", help="write all figures into this file")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    parser.add_argument("--trees", type=int, default=1, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        run_one(given)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = curves(given, folder) if given.curves else compare(given, folder)
    _keep(found, given.json)
    if given.picture:
        picture(found, given.picture)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
