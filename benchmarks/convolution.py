"""Image networks (W2, W3) and single convolutions (W5), tmvalite against PyTorch in the better of its two memory layouts.

Run: python -m benchmarks.convolution [--threads 1] [--rounds 7] [--seconds 0.3] [--only TEXT] [--json FILE] [--one-process]

The networks go through the public face: MethodDL.fit, whole epochs, one epoch being subtracted, and GetMvaValues. Single
convolutions are steps of a plan, called as the executor calls them: several threads take a share of the events each, and meet
after every step.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba.core import types

from tmvalite.kernels import family
from tmvalite.kernels._jit import entry_point, pointer
from tmvalite.kernels.execute import run_steps
from tmvalite.kernels.threads import SYNC_SIZE, barrier
from tmvalite.training.parameters import aligned

from . import peer_images
from .compare import Contender
from .data import events
from .dense import run

STEPS = 10  # batches in an epoch
VALIDATION = 100
MEMORY = ("contiguous", "channels_last")

# (name, form of peer_images.network, channels, image, filters, batch): least acceptable ratio to PyTorch at one and two threads
NETWORKS = {
    ("CNN", "plain", 1, 16, 10, 100): (2.4, 2.8),
    ("CNN", "plain", 1, 32, 10, 100): (2.4, 2.8),
    ("W2", "norm", 1, 16, 10, 100): (2.4, 2.8),
    ("W2", "norm", 1, 32, 10, 100): (2.4, 2.8),
    ("W3", "deep", 3, 32, 32, 64): (1.2, 1.1),
}
# (channels in, out, image, filter, stride, padding, batch): 5x5 of stride 2 is W5, 3x3 are the layers of W2 and W3
W5 = (
    (1, 16, 64, 5, 2, 2, 16),
    (16, 32, 64, 5, 2, 2, 16),
    (32, 64, 64, 5, 2, 2, 16),
    (1, 10, 16, 3, 1, 1, 100),
    (10, 10, 16, 3, 1, 1, 100),
    (10, 10, 32, 3, 1, 1, 100),
    (32, 32, 32, 3, 1, 1, 64),
    (64, 64, 16, 3, 1, 1, 64),
)
TARGETS = {"forward": (0.95, 0.95), "data": (1.15, 1.3), "filters": (0.95, 0.95), "transposed": (1.15, 1.3)}
ONE_CHANNEL = {"forward": (1.4, 1.7), "data": (8.0, 9.0), "filters": (0.95, 0.95), "transposed": (8.0, 9.0)}  # of W5


def method(form: str, channels: int, size: int, filters: int, batch: int, epochs: int, threads: int):
    """The network of peer_images.network, validated after the last epoch only."""
    import tmvalite

    first, second, wide = (f"CONV|{n}|3|3|1|1|1|1|RELU" for n in (filters, filters, 2 * filters))
    pool, dense = "MAXPOOL|2|2|2|2", "DENSE|100|RELU"
    items = {
        "plain": (first, second, "RESHAPE|FLAT", dense),
        "norm": (first, "BNORM", second, pool, "RESHAPE|FLAT", dense),
        "deep": (first, second, pool, wide, wide, pool, "RESHAPE|FLAT", "DENSE|128|RELU"),
    }[form]
    layout = ",".join([*items, "DENSE|1|LINEAR"])
    strategy = (
        f"LearningRate=1e-3,BatchSize={batch},MaxEpochs={epochs},TestRepetitions={epochs},"
        f"ConvergenceSteps={10 * epochs},Optimizer=ADAM"
    )
    return tmvalite.MethodDL(
        f"!V:InputLayout={channels}|{size}|{size}:Layout={layout}:TrainingStrategy={strategy}:RandomSeed=1:"
        f"ValidationSize={VALIDATION}:Threads={threads}",
        analysis_type="classification",
    )


def training(form: str, channels: int, size: int, filters: int, batch: int, threads: int):
    """work(n): a fit of n epochs of STEPS batches."""
    x, y = events(channels * size * size, batch * STEPS + VALIDATION)

    def work(epochs):
        method(form, channels, size, filters, batch, epochs, threads).fit(x, y, progress="silent")

    work(1)
    return work


def scoring(form: str, channels: int, size: int, filters: int, rows: int, threads: int):
    """work(n): n times the scores of all rows."""
    x, y = events(channels * size * size, max(rows, 300))
    fitted = method(form, channels, size, filters, 100, 1, threads)
    fitted.fit(x[:300], y[:300], progress="silent")
    x = x[:rows]

    def work(times):
        for _ in range(times):
            fitted.GetMvaValues(x)

    work(1)
    return work


_SIGNATURE = (types.int64, types.int64, types.int64[::1], types.int64[::1], types.int64[::1])


@entry_point(lambda e: (*_SIGNATURE, e[::1], e[::1], e[::1]))
def _repeat(times, threads, sync, descriptor, run, arena, theta, grad):
    """Run one step of a plan `times` times, together with the other threads."""
    for _ in range(times):
        parameters = pointer(theta, 0)
        run_steps(pointer(descriptor, 0), 0, 1, pointer(run, 0), pointer(arena, 0), parameters, parameters, pointer(grad, 0))
        barrier(threads, pointer(sync, 0))


def convolution(what: str, inputs: int, outputs: int, size: int, k: int, s: int, p: int, batch: int, threads: int = 1):
    """work(n): n times one step of the plan of a network that holds the layer; `what` as in peer_images.convolution."""
    from tests.networks import graph_of
    from tmvalite.plan import make_plan

    # VALID behind a padding takes any stride; the padding becomes the convolution's
    frame = f"PADDING2D|{p}|{p}|{p}|{p}"
    first = f"DENSE|{inputs * size * size}|LINEAR,RESHAPE|{inputs}|{size}|{size},{frame}," if what == "data" else f"{frame},"
    layout = f"{first}CONV|{outputs}|{k}|{k}|{s}|{s}|VALID|LINEAR,RESHAPE|FLAT"
    shape = (3,) if what == "data" else (inputs, size, size)
    if what == "transposed":
        small = (size + 2 * p - k) // s + 1
        extra = size - ((small - 1) * s + k - 2 * p)
        layout = f"TRANSCONV|{inputs}|{k}|{k}|{s}|{s}|{p}|{p}|LINEAR|{extra}|{extra},RESHAPE|FLAT"
        shape = (outputs, small, small)
    plan = make_plan(graph_of(layout, 1, inputs=(("x", shape),)), losses=("SUMOFSQUARES",))
    kind = {"forward": ("Convolution", False), "data": ("Convolution", True), "transposed": ("Convolution", True)}
    name, spread = kind.get(what, ("ConvolutionFilters", None))
    index = next(
        i for i, step in enumerate(plan.steps) if type(step).__name__ == name and getattr(step, "spread", None) is spread
    )
    rows = batch // threads
    place, rng = plan.place(rows), np.random.default_rng(1)
    descriptor, run, sync = place.table[index].copy(), np.zeros(family.RUN_SIZE, np.int64), np.zeros(SYNC_SIZE, np.int64)
    descriptor[0], run[family.ROWS] = plan.steps[index].kernel.address("float32"), rows
    theta, call, pool = aligned(plan.size + 64, np.float32), _repeat.get("float32"), ThreadPoolExecutor(max(1, threads - 1))
    theta[:] = rng.standard_normal(theta.size)
    arenas, gradients = ([aligned(n + 64, np.float32) for _ in range(threads)] for n in (place.size, plan.size))
    for arena in arenas:
        arena[:] = rng.standard_normal(arena.size)

    def work(times, place=place):  # the place keeps the tables of the descriptor
        jobs = [(times, threads, sync, descriptor, run.copy(), arena, theta, grad) for arena, grad in zip(arenas, gradients)]
        others = [pool.submit(call, *job) for job in jobs[1:]]
        call(*jobs[0])
        for other in others:
            other.result()

    work(1)
    return work


def cases(threads: int):
    """(name, contenders, target, units per step) of every case."""
    for (label, form, channels, size, filters, batch), targets in NETWORKS.items():
        name, shape = f"{label} {size}x{size}, batch {batch}", (channels, size, filters, form)
        ours = Contender("tmvalite", training, (form, *shape[:3], batch, threads), baseline=1)
        theirs = [Contender(f"torch {m}", peer_images.training, (*shape, batch, STEPS, threads, m), baseline=1) for m in MEMORY]
        yield f"{name}, training", [ours, *theirs], targets[threads > 1], STEPS
        ours = Contender("tmvalite", scoring, (form, *shape[:3], 1000, threads))
        theirs = [Contender(f"torch {m}", peer_images.scoring, (*shape, 1000, 100, threads, m)) for m in MEMORY]
        yield f"{label} {size}x{size}, 1000 scores", [ours, *theirs], targets[threads > 1], 1
    for shape in W5:
        inputs, outputs, size, k, s, p, batch = shape
        for what, targets in (ONE_CHANNEL if inputs == 1 and s > 1 else TARGETS).items():
            if s == 1 and what == "transposed":
                continue
            ours = Contender("tmvalite", convolution, (what, *shape, threads))
            theirs = [Contender(f"torch {m}", peer_images.convolution, (what, *shape, threads, m)) for m in MEMORY]
            yield f"{what} {inputs}->{outputs} {k}x{k}/{s} {size}x{size} batch {batch}", [ours, *theirs], targets[threads > 1], 1


def main(arguments=None) -> int:
    return run(cases, __doc__, arguments, seconds=0.3)


if __name__ == "__main__":
    raise SystemExit(main())
