"""Training on a stream of files beside training in memory: events per second and the largest memory, then `apply` to the files.

    python -m benchmarks.streaming [--entries 10000000] [--memory "400 MB"] [--threads 2] [--folder DIR] [--only stream]

10 float32 variables, two classes of several files each, clusters of 100,000 entries, ZSTD(1), about 37 bytes an entry. Each
contender trains one epoch in a process of its own: the rate of the epoch alone (validation apart), of everything from the call
of `fit` to its end, and the resident memory at its highest. Files are kept in the folder from one run to the next.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VARIABLES = 10
CLUSTER = 100_000
FILE = 2_500_000  # entries of a file
LAYOUT = "TANH|64,TANH|64,LINEAR"
CLASSES = {"Signal": 0.3, "Background": 0.0}  # name -> mean of every variable
CONTENDERS = ("stream", "memory")


def prepare(folder: Path, entries: int) -> dict[str, list[str]]:
    """The files of every class, half of the entries each; those that are there are kept."""
    import numpy as np
    import uproot

    files: dict[str, list[str]] = {}
    for c, (name, shift) in enumerate(CLASSES.items()):
        left, number = entries // 2, 0
        while left:
            n = min(FILE, left)
            path = folder / f"{name}_{n}_{number}.root"
            if not path.exists():
                rng = np.random.default_rng([c, number])
                with uproot.recreate(folder / "part.root", compression=uproot.ZSTD(1)) as file:
                    tree = file.mktree("events", {f"x{i}": np.float32 for i in range(VARIABLES)})
                    for start in range(0, n, CLUSTER):
                        m = min(CLUSTER, n - start)
                        x = rng.standard_normal((VARIABLES, m), np.float32) + np.float32(shift)
                        tree.extend({f"x{i}": x[i] for i in range(VARIABLES)})
                os.replace(folder / "part.root", path)
            files.setdefault(name, []).append(f"{path}:events")
            left, number = left - n, number + 1
    return files


def method_of(batch: int, threads: int):
    import tmvalite

    return tmvalite.MethodDL(
        Layout=LAYOUT,
        VarTransform="N",
        LearningRate=1e-3,
        BatchSize=batch,
        MaxEpochs=1,
        RandomSeed=1,
        Threads=threads,
        progress="silent",
    )


def measure(contender: str, files: dict[str, list[str]], arguments) -> dict:
    """One training in this process."""
    import resource

    import numpy as np

    import tmvalite

    method_of(arguments.batch, arguments.threads).fit(np.random.default_rng(1).normal(size=(500, VARIABLES)), np.arange(500) % 2)
    method, names = method_of(arguments.batch, arguments.threads), [f"x{i}" for i in range(VARIABLES)]
    begin, cpu = time.perf_counter(), time.process_time()
    if contender == "stream":
        method.fit(tmvalite.EventStream(files, names, memory=arguments.memory))
    else:
        x, y = in_memory(files, names)
        method.fit(x, y)
    seconds, cpu = time.perf_counter() - begin, time.process_time() - cpu
    history = method.history
    epoch = history["seconds"][0] - history["valid_seconds"][0]
    if contender == "stream":  # which knows the names of the variables
        method.save(arguments.weights)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    n = 0.8 * arguments.entries
    return {
        "epoch_rate": n / epoch,
        "epoch": epoch,
        "valid": history["valid_seconds"][0],
        "whole": seconds,
        "whole_rate": arguments.entries / seconds,
        "cpu": cpu,
        "peak": peak,
        "loss": history["valid_loss"][0],
    }


def in_memory(files: dict[str, list[str]], names: list[str]):
    """(x, y) as a user would read them, with no copy that can be left out."""
    import numpy as np
    import uproot

    sizes = {path: uproot.open(path).num_entries for paths in files.values() for path in paths}
    x, y, at = np.empty((sum(sizes.values()), len(names)), np.float32), [], 0
    for name, paths in files.items():
        for path in paths:
            tree = uproot.open(path)
            for i, column in enumerate(names):
                x[at : at + sizes[path], i] = tree[column].array(library="np", array_cache=None)
            y.append(np.full(sizes[path], name == "Signal"))
            at += sizes[path]
    return x, np.concatenate(y)


def apply(files: dict[str, list[str]], folder: Path, weights: str) -> dict:
    import resource

    import tmvalite

    begin = time.perf_counter()
    inputs = [path for paths in files.values() for path in paths]
    out = folder / "scores"
    done = tmvalite.apply(weights, inputs, f"{out}{os.sep}", friend=True, force=True)
    seconds = time.perf_counter() - begin
    return {
        "whole": seconds,
        "whole_rate": done.n_read / seconds,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def child(arguments, folder: Path, contender: str, weights: str) -> dict:
    command = [sys.executable, "-m", "benchmarks.streaming", "--one", contender, "--folder", str(folder)]
    for name in ("entries", "memory", "batch", "threads"):
        command += [f"--{name}", str(getattr(arguments, name))]
    command += ["--weights", weights]
    environment = os.environ | {"TMVALITE_THREADS": str(arguments.threads)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=10_000_000)
    parser.add_argument("--memory", default="400 MB")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--folder", help="where the files are kept")
    parser.add_argument("--only", help="stream or memory")
    parser.add_argument("--no-apply", action="store_true")
    parser.add_argument("--weights", default="", help=argparse.SUPPRESS)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        files = prepare(folder, arguments.entries)
        if arguments.one:
            found = (
                apply(files, folder, arguments.weights) if arguments.one == "apply" else measure(arguments.one, files, arguments)
            )
            print(json.dumps(found))
            return
        weights = str(folder / "streaming.weights.xml")
        for number in range(arguments.rounds):
            for contender in CONTENDERS if arguments.only is None else (arguments.only,):
                f = child(arguments, folder, contender, weights)
                print(
                    f"{number} {contender:7} epoch {f['epoch_rate'] / 1e6:6.3f} M events/s ({f['epoch']:.1f} s, validation "
                    f"{f['valid']:.1f} s)  whole {f['whole_rate'] / 1e6:6.3f} M/s ({f['whole']:.1f} s, CPU {f['cpu']:.1f} s)  "
                    f"peak {f['peak']:6.0f} MB  loss {f['loss']:.5f}",
                    flush=True,
                )
        if not arguments.no_apply and arguments.only != "memory":
            f = child(arguments, folder, "apply", weights)
            print(f"  apply   whole {f['whole_rate'] / 1e6:6.3f} M/s ({f['whole']:.1f} s)  peak {f['peak']:6.0f} MB")


if __name__ == "__main__":
    main()
