"""`tmvalite apply` beside the script one would write: uproot.iterate, onnxruntime, mktree, with the same compression.

    python -m benchmarks.apply [--entries 1000000] [--rounds 3] [--cores 1,2] [--copy] [--step "100 MB"] [--folder DIR]

Each contender runs in a process of its own, in turns; CPU and wall seconds from the start of the work (imports done) to
the closed file, and the largest resident memory of the process and its children. Needs onnx and onnxruntime.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

VARIABLES = 20
STEP = 100_000  # entries of a basket of the input
LAYOUT = "TANH|64,TANH|64,LINEAR"


def prepare(folder: Path, entries: int) -> None:
    """The input, the weight file and its ONNX form; kept from one run to the next."""
    import numpy as np
    import uproot

    import tmvalite

    rng = np.random.default_rng(1)
    path = folder / f"in_{entries}.root"
    if not path.exists():
        with uproot.recreate(folder / "part.root", compression=uproot.ZSTD(1)) as file:
            tree = file.mktree("dir/tree", {f"x{i}": np.float32 for i in range(VARIABLES)})
            for start in range(0, entries, STEP):
                n = min(STEP, entries - start)
                tree.extend({f"x{i}": rng.normal(size=n).astype(np.float32) for i in range(VARIABLES)})
        os.replace(folder / "part.root", path)
    if not (folder / "model.onnx").exists():
        x = rng.normal(size=(5000, VARIABLES)).astype(np.float32)
        strategy = "TrainingStrategy=LearningRate=1e-3,MaxEpochs=2,TestRepetitions=1:RandomSeed=1"
        method = tmvalite.MethodDL(f"VarTransform=N:Layout={LAYOUT}:{strategy}", title="DNN")
        method.fit({f"x{i}": x[:, i] for i in range(VARIABLES)}, x[:, 0] > x[:, 1], progress="silent")
        method.save(folder / "model.weights.xml")
        method.to_onnx(folder / "model.onnx")


def ours(folder: Path, entries: int, cores: int, copy: bool, step: str):
    import awkward  # noqa: F401
    import uproot  # noqa: F401

    import tmvalite

    tmvalite.load(folder / "model.weights.xml").GetMvaValues([[0.0] * VARIABLES] * 2)

    def work():
        tmvalite.apply(
            folder / "model.weights.xml",
            f"{folder}/in_{entries}.root:dir/tree",
            folder / "ours.root",
            friend=not copy,
            force=True,
            processes=cores,
        )

    return work


def script(folder: Path, entries: int, cores: int, copy: bool, step: str):
    import numpy as np
    import onnxruntime
    import uproot

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = cores, 1
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    names = [f"x{i}" for i in range(VARIABLES)]

    def work():
        from concurrent.futures import ThreadPoolExecutor

        executor = ThreadPoolExecutor(cores) if cores > 1 else None
        source = {f"{folder}/in_{entries}.root": "dir/tree"}
        with uproot.recreate(folder / "script.root", compression=uproot.ZSTD(1)) as file:
            types = {name: np.float32 for name in ([*names, "DNN"] if copy else ["DNN"])}
            tree = file.mktree("dir/tree", types)
            for arrays in uproot.iterate(source, names, library="np", decompression_executor=executor, step_size=step):
                x = np.stack([arrays[name] for name in names], axis=1)
                scores = session.run(None, {session.get_inputs()[0].name: x})[0][:, 0]
                tree.extend({**arrays, "DNN": scores} if copy else {"DNN": scores})

    return work


def measure(contender: str, folder: Path, entries: int, cores: int, copy: bool, step: str) -> None:
    """In a process of its own: one run, its figures as JSON."""
    import resource
    import time

    work = {"tmvalite": ours, "script": script}[contender](folder, entries, cores, copy, step)
    before, wall = os.times(), time.perf_counter()
    work()
    after = os.times()
    peak = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(after[:4]) - sum(before[:4])
    print(json.dumps({"cpu": cpu, "wall": time.perf_counter() - wall, "peak": (peak[0] + (cores - 1) * peak[1]) / 1024}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", default="1,2")
    parser.add_argument("--copy", action="store_true", help="all columns and the score, not the score alone")
    parser.add_argument("--step", default="100 MB", help="step_size of the script (uproot's default)")
    parser.add_argument("--folder", help="where input and outputs are kept")
    parser.add_argument("--json", help="write all figures to this file")
    parser.add_argument("--one", nargs=2, metavar=("CONTENDER", "CORES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if arguments.one:
            measure(arguments.one[0], folder, arguments.entries, int(arguments.one[1]), arguments.copy, arguments.step)
            return
        prepare(folder, arguments.entries)
        compare(folder, arguments)


def compare(folder: Path, arguments) -> None:
    figures = []
    for cores in map(int, arguments.cores.split(",")):
        rounds = []
        for _ in range(arguments.rounds):
            one = {}
            for contender in ("tmvalite", "script"):
                command = [sys.executable, "-m", "benchmarks.apply", "--one", contender, str(cores), "--folder", str(folder)]
                command += [
                    "--step",
                    arguments.step,
                    "--entries",
                    str(arguments.entries),
                    *(["--copy"] if arguments.copy else []),
                ]
                environment = os.environ | {"TMVALITE_THREADS": str(cores)}
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
                one[contender] = json.loads(done.stdout.splitlines()[-1])
            rounds.append(one)
        figures.append({"cores": cores, "rounds": rounds})
        for figure, unit in (("cpu", "CPU s"), ("wall", "wall s"), ("peak", "MB")):
            a, b = (statistics.median(r[c][figure] for r in rounds) for c in ("tmvalite", "script"))
            ratio = statistics.median(r["script"][figure] / r["tmvalite"][figure] for r in rounds)
            print(f"{cores} cores, {unit:7} tmvalite {a:8.2f}  script {b:8.2f}  ratio {ratio:5.2f}")
    if not arguments.copy and arguments.rounds:
        import numpy as np
        import uproot

        found = [uproot.open({folder / f"{name}.root": "dir/tree"})["DNN"].array(library="np") for name in ("ours", "script")]
        print(f"largest difference of the scores: {np.abs(found[0] - found[1]).max():.1e}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
