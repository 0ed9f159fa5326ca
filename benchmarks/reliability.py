"""Figures of docs/reliability.md that take too long for the tests, or need processes side by side.

Run: python -m benchmarks.reliability NAME ... [--scale 1.0]

    folder    C1: rounds of 8 jobs of the same names that start together in one folder
    cache     C5: fresh processes that train together on an empty kernel cache
    threads   C2: one Reader, 16 threads, 10^6 events: the bits of one thread
    seed      N5: trainings of one seed, with 1, 2, 4 and 8 threads: the same bits
    leaks     K8: growth of memory and open files over 10,000 scores and 100 trainings
    early     K5: seconds until a folder that takes no file is named, before anything is trained
    truncated F1: a weight file and a checkpoint cut at every byte

`--scale 0.1` does a tenth of the rounds. Every line ends in the figure and whether it is held.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CONTEXT = multiprocessing.get_context("forkserver")
STRATEGY = "TrainingStrategy=LearningRate=1e-2,BatchSize=50,MaxEpochs=4,TestRepetitions=1,ConvergenceSteps=9"
OPTIONS = f"!H:!V:Layout=TANH|8,LINEAR:Threads={{threads}}:RandomSeed={{seed}}:{STRATEGY}"
X = np.random.default_rng(1).normal(size=(400, 3)).astype(np.float32)


def trained(threads: int = 1, seed: int = 1):
    import tmvalite

    warnings.simplefilter("ignore")
    return tmvalite.MethodDL(OPTIONS.format(threads=threads, seed=seed)).fit(X, X[:, 0] + X[:, 1] > 0, progress="silent")


def digest(method) -> str:
    return hashlib.sha256(method.network.parameters.flat.tobytes() + method.GetMvaValues(X).tobytes()).hexdigest()


# ------------------------------------------------------------------------------------------------- jobs in one folder


def _job(folder: str, seed: int, barrier, results) -> None:
    import tmvalite
    from tmvalite.errors import TmvaliteError

    os.chdir(folder)
    warnings.simplefilter("ignore")
    barrier.wait()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            factory = tmvalite.Factory("Job", "out.root", "!V:Silent:!Color:Transformations=:AnalysisType=Classification")
            loader = tmvalite.DataLoader("dataset")
            for i in range(3):
                loader.AddVariable(f"x{i}")
            for shift, name in enumerate(("Signal", "Background")):
                loader.AddTree({f"x{i}": X[:, i] + np.float32(shift) for i in range(3)}, name)
            loader.PrepareTrainingAndTestTree("", "SplitMode=Block:NormMode=NumEvents:!V")
            factory.BookMethod(loader, tmvalite.Types.kDL, "DNN", OPTIONS.format(threads=1, seed=seed))
            factory.TrainAllMethods()
            factory.TestAllMethods()
            factory.EvaluateAllMethods()
        results.put("done")
    except TmvaliteError as error:
        results.put(error.code)


def folder(scale: float) -> tuple[str, bool]:
    import uproot

    import tmvalite

    CONTEXT.set_forkserver_preload(["tmvalite", "tmvalite.workflow.factory", "tmvalite.models.fitting", "uproot"])
    rounds, outcomes, mixed, left = max(1, round(50 * scale)), [], 0, 0
    for number in range(rounds):
        with tempfile.TemporaryDirectory(prefix="one-folder-") as place:
            barrier, results = CONTEXT.Barrier(8), CONTEXT.Queue()
            jobs = [CONTEXT.Process(target=_job, args=(place, 8 * number + i + 1, barrier, results)) for i in range(8)]
            for job in jobs:
                job.start()
            outcomes += [results.get(timeout=600) for _ in jobs]
            for job in jobs:
                job.join()
            tree = uproot.open(f"{place}/out.root")["dataset/TestTree"].arrays(library="np")
            x = np.stack([tree[f"x{i}"] for i in range(3)], 1)
            scores = tmvalite.load(f"{place}/dataset/weights/Job_DNN.weights.xml").GetMvaValues(x)
            mixed += not np.array_equal(scores, tree["DNN"])
            left += len([path for path in Path(place).rglob("*") if path.is_file()]) != 2
    counts = {name: outcomes.count(name) for name in sorted(set(outcomes))}
    held = set(counts) <= {"done", "file-in-use"} and counts["done"] >= rounds and not mixed and not left
    return f"{rounds} rounds of 8 jobs: {counts}, {mixed} mixed, {left} with other files", held


# ------------------------------------------------------------------------------------------------- processes, threads, seeds

COLD = "from benchmarks.reliability import digest, trained; print(digest(trained()))"


def cache(scale: float) -> tuple[str, bool]:
    count = max(2, round(20 * scale))
    with tempfile.TemporaryDirectory(prefix="cold-") as place:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMVALITE_CACHE_DIR": place}
        command = [sys.executable, "-W", "error::RuntimeWarning", "-c", COLD]
        started = [
            subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(count)
        ]
        ended = [process.communicate() for process in started]
    errors = sum(process.returncode != 0 for process in started)
    return f"{count} cold processes: {errors} errors, {len({out for out, _ in ended})} results", not errors


def threads(scale: float) -> tuple[str, bool]:
    import tmvalite

    events = np.random.default_rng(2).normal(size=(round(1_000_000 * scale), 3)).astype(np.float32)
    with tempfile.TemporaryDirectory(prefix="reader-") as place:
        trained().save(f"{place}/w.weights.xml")
        reader = tmvalite.Reader("!Color:Silent")
        for i in range(3):
            reader.AddVariable(f"var{i + 1}")
        reader.BookMVA("DNN", f"{place}/w.weights.xml")
    serial = reader.EvaluateMVA(events, "DNN")
    found = np.empty_like(serial)
    parts = np.array_split(np.arange(len(events)), 160)

    def work(number):
        for part in parts[number::16]:
            found[part] = reader.EvaluateMVA(events[part], "DNN")

    workers = [threading.Thread(target=work, args=(i,)) for i in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    differ = int((found != serial).sum())
    return f"{len(events)} events by 16 threads: {differ} scores differ", not differ


def seed(scale: float) -> tuple[str, bool]:
    count = max(1, round(100 * scale))
    found = {digest(trained()) for _ in range(count)} | {digest(trained(threads)) for threads in (1, 2, 4, 8)}
    return f"{count} trainings of one seed, and with 1, 2, 4, 8 threads: {len(found)} result", len(found) == 1


def _memory() -> tuple[float, int]:
    """MB of this process, and its open files."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(os.listdir("/proc/self/fd"))


def leaks(scale: float) -> tuple[str, bool]:
    method = trained()
    for _ in range(200):
        method.GetMvaValues(X)
    before, files = _memory()
    for _ in range(round(10_000 * scale)):
        method.GetMvaValues(X)
    scored, _ = _memory()
    for _ in range(3):
        trained()
    first, _ = _memory()
    for _ in range(round(100 * scale)):
        trained()
    last, files_after = _memory()
    text = f"scores: {scored - before:.1f} MB, trainings: {last - first:.1f} MB, open files {files} to {files_after}"
    return text, scored - before <= 2.0 and last - first <= 20.0 and files_after <= files


def early(scale: float) -> tuple[str, bool]:
    import tmvalite
    from tmvalite.errors import FileError

    seconds = []
    with tempfile.TemporaryDirectory(prefix="early-") as place:
        (Path(place) / "file").write_text("in the way")
        for path in (f"{place}/file/out.root", f"{place}/no/out.root"):
            began = time.process_time()
            factory, loader = tmvalite.Factory("Job", path, "!V:Silent:AnalysisType=Classification"), tmvalite.DataLoader("d")
            loader.AddVariable("x")
            for name in ("Signal", "Background"):
                loader.AddTree({"x": X[:, 0]}, name)
            with contextlib.suppress(FileError):
                factory.BookMethod(loader, tmvalite.Types.kDL, "DNN", OPTIONS.format(threads=1, seed=1))
                return f"{path} was booked", False
            seconds.append(time.process_time() - began)
    return f"named after at most {max(seconds):.2f} CPU s", max(seconds) <= 1.0


def truncated(scale: float) -> tuple[str, bool]:
    import tmvalite
    from tmvalite.errors import FileError
    from tmvalite.models.checkpoint import _read

    step, unnamed, cuts = max(1, round(1 / scale)), 0, 0
    with tempfile.TemporaryDirectory(prefix="cut-") as place:
        method = trained()
        weights, checkpoint, cut = Path(place) / "w.weights.xml", Path(place) / "run.ckpt", Path(place) / "cut.weights.xml"
        method.save(weights)
        method.fit(X, X[:, 0] > 0, progress="silent", checkpoint=checkpoint, checkpoint_every="1 epochs")
        for path, read in ((weights, tmvalite.load), (checkpoint, lambda path: _read(str(path)))):
            whole = path.read_bytes().rstrip(b"\n")
            for stop in range(0, len(whole), step):
                cut.write_bytes(whole[:stop])
                cuts += 1
                try:
                    read(cut)
                    unnamed += 1
                except FileError:
                    pass
    return f"{cuts} cuts, {unnamed} without a named error", not unnamed


FIGURES = {one.__name__: one for one in (folder, cache, threads, seed, leaks, early, truncated)}


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args(arguments)
    failed = 0
    for name in options.names or FIGURES:
        began = time.perf_counter()
        text, held = FIGURES[name](options.scale)
        failed += not held
        print(f"{name:10s} {text}; {'held' if held else 'MISSED'} ({time.perf_counter() - began:.0f} s)", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
