"""Recurrent networks (W6): LSTM, GRU and RNN trained and applied through the public face, against PyTorch.

Run: python -m benchmarks.recurrent [--threads 1 2] [--rounds 7] [--seconds 0.5] [--only TEXT] [--json FILE] [--one-process]

The network is the tutorial's: all states, flattened, a dense layer of 64, one output. Training is MethodDL.fit, a fit of one
epoch being subtracted; scoring is GetMvaValues of 10000 events (500 with 64 steps), and of one.
"""

from __future__ import annotations

from . import peer
from .compare import Contender
from .data import events
from .dense import VALIDATION, run

HIDDEN, BATCH = 64, 100
SHAPES = {10: (10, 30, 10), 64: (64, 64, 64)}  # steps, features, state
STEPS = {10: 50, 64: 2}  # batches in an epoch
ROWS = {10: 10_000, 64: 500}
CHUNKS = {10: (1000, 10_000), 64: (100, 500)}
# least acceptable ratio to PyTorch, by size of the state: training, scoring many, scoring one
TARGETS = {10: (5.0, 2.0, 5.0), 64: (1.2, 1.2, 2.0)}


def method(kind: str, size: int, rounds: int, threads: int):
    """The network, validated after the last of `rounds` epochs only."""
    import tmvalite

    steps, features, state = SHAPES[size]
    after = "|1" if kind == "GRU" else ""  # as PyTorch's
    strategy = (
        f"LearningRate=1e-3,BatchSize={BATCH},MaxEpochs={rounds},TestRepetitions={rounds},"
        f"ConvergenceSteps={10 * rounds},Optimizer=ADAM"
    )
    return tmvalite.MethodDL(
        f"!V:InputLayout={steps}|{features}:Layout={kind}|{state}|{features}|{steps}|0|1{after},RESHAPE|FLAT,"
        f"DENSE|{HIDDEN}|RELU,DENSE|1|LINEAR:TrainingStrategy={strategy}:RandomSeed=1:ValidationSize={VALIDATION}:"
        f"Threads={threads}",
        analysis_type="classification",
    )


def inputs(size: int) -> int:
    return SHAPES[size][0] * SHAPES[size][1]


def training(kind: str, size: int, threads: int):
    """work(n): a fit of n epochs."""
    x, y = events(inputs(size), BATCH * STEPS[size] + VALIDATION)

    def work(rounds):
        method(kind, size, rounds, threads).fit(x, y, progress="silent")

    work(1)
    return work


def scoring(kind: str, size: int, rows: int, threads: int):
    """work(n): n times the scores of all rows."""
    x, y = events(inputs(size), max(rows, 1000))
    fitted = method(kind, size, 1, threads)
    fitted.fit(x[:1000], y[:1000], progress="silent")
    x = x[:rows]

    def work(times):
        for _ in range(times):
            fitted.GetMvaValues(x)

    work(1)
    return work


def network(kind: str, size: int):
    """PyTorch's module."""
    from torch import nn

    steps, features, state = SHAPES[size]

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.states = getattr(nn, kind)(features, state, batch_first=True)
            self.head = nn.Sequential(nn.Flatten(), nn.Linear(steps * state, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1))

        def forward(self, x):
            return self.head(self.states(x)[0])

    return Network()


def sequences(size: int, count: int):
    x, y = events(inputs(size), count)
    return x.reshape(count, *SHAPES[size][:2]), y


def peer_training(kind: str, size: int, threads: int, form: str):
    """work(n): n epochs of PyTorch."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    return peer.epochs(network(kind, size), *sequences(size, BATCH * STEPS[size]), BATCH, form)


def peer_scoring(kind: str, size: int, rows: int, chunk: int, threads: int):
    """work(n): n times the scores of all rows by PyTorch."""
    import torch

    torch.set_num_threads(threads)
    return peer.scores(network(kind, size), sequences(size, rows)[0], chunk)


def cases(threads: int):
    """(name, contenders, target, units per step) of every case."""
    for kind in ("LSTM", "GRU", "RNN"):
        for size, targets in TARGETS.items():
            name = f"W6 {kind} {SHAPES[size][0]}x{SHAPES[size][1]} state {size}"
            ours = Contender("tmvalite", training, (kind, size, threads), baseline=1)
            theirs = [
                Contender(f"torch {form}", peer_training, (kind, size, threads, form), baseline=1)
                for form in ("index", "shuffle")
            ]
            yield f"{name} batch {BATCH}", [ours, *theirs], targets[0], STEPS[size]
            for rows, chunks, target in ((ROWS[size], CHUNKS[size], targets[1]), (1, (1,), targets[2])):
                ours = Contender("tmvalite", scoring, (kind, size, rows, threads))
                theirs = [Contender(f"torch chunk {c}", peer_scoring, (kind, size, rows, c, threads)) for c in chunks]
                yield f"{name} {rows} rows", [ours, *theirs], target, 1


if __name__ == "__main__":
    raise SystemExit(run(cases, __doc__))
