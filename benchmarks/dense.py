"""Dense networks, training (W1) and scoring (W7), through the public face, against PyTorch; scoring against onnxruntime too.

Run: python -m benchmarks.dense [--threads 1 2] [--rounds 7] [--seconds 0.5] [--only TEXT] [--json FILE] [--one-process]

Training is MethodDL.fit: shuffling, gathering and the loop are in the figure; the cost of a step is that of whole
epochs, a fit of one epoch being subtracted. Scoring is GetMvaValues.
"""

from __future__ import annotations

import argparse

from . import peer, peer_onnx
from .compare import Contender, compare, header, row_text, write_json
from .data import events

STEPS = 100  # batches in an epoch
VALIDATION = 256  # events; validated once, in the subtracted epoch as in the others

# (inputs, hidden layers, batch): least acceptable ratio to PyTorch at one thread and at two
W1 = {
    (4, 3, 32): (4.5, 4.5),
    (4, 3, 100): (2.7, 3.5),
    (4, 3, 256): (2.1, 2.8),
    (4, 3, 1024): (1.8, 2.2),
    (28, 3, 100): (2.7, 3.5),
    (28, 3, 1024): (1.8, 2.2),
    (4, 5, 100): (2.7, 3.5),
}
# rows: the same, to PyTorch and to onnxruntime, and the chunks that both may try
W7 = {1_000_000: (2.0, 2.5), 1: (8.0, 8.0)}
W7_ONNX = {1_000_000: (1.0, 1.0), 1: (2.0, 2.0)}
CHUNKS = {1_000_000: (1024, 4096, 16384, 1_000_000), 1: (1,)}


def method(layers: int, batch: int, epochs: int, threads: int):
    """A network of `layers` layers of 128 tanh nodes, validated after the last epoch only."""
    import tmvalite

    layout = ",".join(["TANH|128"] * layers + ["LINEAR"])
    strategy = (
        f"LearningRate=1e-3,BatchSize={batch},MaxEpochs={epochs},TestRepetitions={epochs},"
        f"ConvergenceSteps={10 * epochs},Optimizer=ADAM"
    )
    return tmvalite.MethodDL(
        f"!V:Layout={layout}:TrainingStrategy={strategy}:RandomSeed=1:ValidationSize={VALIDATION}:Threads={threads}",
        analysis_type="classification",
    )


def training(inputs: int, layers: int, batch: int, threads: int):
    """work(n): a fit of n epochs of STEPS batches."""
    x, y = events(inputs, batch * STEPS + VALIDATION)

    def work(epochs):
        method(layers, batch, epochs, threads).fit(x, y, progress="silent")

    work(1)
    return work


def scoring(inputs: int, layers: int, rows: int, threads: int):
    """work(n): n times the scores of all rows."""
    x, y = events(inputs, max(rows, 2000))
    fitted = method(layers, 100, 1, threads)
    fitted.fit(x[:2000], y[:2000], progress="silent")
    x = x[:rows]

    def work(times):
        for _ in range(times):
            fitted.GetMvaValues(x)

    work(1)
    return work


def cases(threads: int):
    """(name, contenders, target, units per step) of every case."""
    for (inputs, layers, batch), targets in W1.items():
        ours = Contender("tmvalite", training, (inputs, layers, batch, threads), baseline=1)
        theirs = [
            Contender(f"torch {form}", peer.training, (inputs, layers, batch, STEPS, threads, form), baseline=1)
            for form in ("index", "shuffle")
        ]
        yield f"W1 {inputs}-128x{layers}-1 batch {batch}", [ours, *theirs], targets[threads > 1], STEPS
    for rows, targets in W7.items():
        ours = Contender("tmvalite", scoring, (4, 3, rows, threads))
        theirs = [Contender(f"torch chunk {chunk}", peer.scoring, (4, 3, rows, chunk, threads)) for chunk in CHUNKS[rows]]
        yield f"W7 4-128x3-1 {rows} rows", [ours, *theirs], targets[threads > 1], 1
        theirs = [
            Contender(f"onnxruntime chunk {chunk}", peer_onnx.scoring, (4, 3, rows, chunk, threads)) for chunk in CHUNKS[rows]
        ]
        yield f"W7 4-128x3-1 {rows} rows, ONNX", [ours, *theirs], W7_ONNX[rows][threads > 1], 1


def run(cases, text: str, arguments=None, *, threads=(1, 2), seconds: float = 0.5) -> int:
    """The command of a table of cases: cases(threads) yields (name, contenders, target, units per step).

    threads, seconds : what the command takes if nothing else is asked for
    """
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("--threads", type=int, nargs="+", default=list(threads))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=seconds, help="length of one run")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--json", help="file for all rounds")
    parser.add_argument("--one-process", action="store_true", help="alternate inside one process")
    options = parser.parse_args(arguments)
    print(header("tmvalite", "peer"), flush=True)
    results = []
    for threads in options.threads:
        for name, contenders, target, units in cases(threads):
            if options.only not in name:
                continue
            result = compare(
                name,
                contenders,
                threads=threads,
                rounds=options.rounds,
                seconds=options.seconds,
                separate=not options.one_process,
            )
            results.append(result)
            other = contenders[-1].name.split()[0]
            print(row_text(result, "tmvalite", other, target, 1e6 / units), flush=True)
    if options.json:
        write_json(options.json, results)
    return 0


if __name__ == "__main__":
    raise SystemExit(run(cases, __doc__))
