"""What the machine allows, and the share of it that networks reach. Run: python -m benchmarks.roofline [--only TEXT] [--rounds 9]

First the limits of one core, measured by kernels that do nothing else: multiply-adds in registers, streams through memory and
through the second cache, and the cost of tanh, exp and sigmoid for a value. Then, for every row, the time that its products
would take at the peak, its functions at their cost, and its optimizer at the speed of memory, one after the other, beside the
time of a step or a score. Products are those that are done: a convolution in tiles needs fewer than it has taps. Nothing is
counted for ReLU, pooling, sums of events, transformations of tiles and reading weights, which is what separates the two.

Seconds are those of the process, the smallest of the rounds, so that a busy machine disturbs little; it still shares caches.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from tmvalite.kernels import math
from tmvalite.kernels._jit import entry_point, kernel, pointer, shift
from tmvalite.kernels.vector import Vectors, counted_loop, i64
from tmvalite.kernels.winograd_transforms import EDGE
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings
from tmvalite.training.parameters import aligned

CHAINS = 16  # enough to hide the latency of a multiply-add on two units
LARGE, SMALL, SHORT = 2**25, 2**16, 2**12  # elements: 128 MB are in no cache, 256 kB in the second, 16 kB in the first
ADAM = 7 * 4  # bytes that move for a parameter: gradient, two moments and itself are read, the last three written
EVENTS_ALONE = 2  # batches of a measurement


@intrinsic
def _multiply_add(typingctx, times, x):
    """`times` rounds of CHAINS independent vectors x = a x + b."""

    def codegen(context, builder, signature, args):
        vectors = Vectors(builder, args[1].type.pointee)
        a, b = (vectors.load(builder.gep(args[1], [i64(k * vectors.lanes)])) for k in (0, 1))
        start = [b] * CHAINS
        _, ended = counted_loop(builder, i64(0), args[0], 1, start, lambda i, sums: [vectors.fma(s, a, b) for s in sums])
        for k, value in enumerate(ended):
            vectors.store(value, builder.gep(args[1], [i64((2 + k) * vectors.lanes)]))
        return context.get_dummy_value()

    return types.none(types.int64, x), codegen


@intrinsic
def _read(typingctx, n, x, y):
    """Add the vectors of x[:n] up, several side by side."""

    def codegen(context, builder, signature, args):
        vectors = Vectors(builder, args[1].type.pointee)

        def several(i, sums):
            at = [builder.gep(args[1], [builder.add(i, i64(k * vectors.lanes))]) for k in range(8)]
            return [builder.fadd(total, vectors.load(place)) for total, place in zip(sums, at)]

        zero = ir.Constant(vectors.type, None)
        _, sums = counted_loop(builder, i64(0), args[0], 8 * vectors.lanes, [zero] * 8, several)
        for k, total in enumerate(sums):
            vectors.store(total, builder.gep(args[2], [i64(k * vectors.lanes)]))
        return context.get_dummy_value()

    return types.none(types.int64, x, x), codegen


@intrinsic
def _update(typingctx, n, x, y):
    """y[:n] = 2 x[:n] + y[:n]."""

    def codegen(context, builder, signature, args):
        vectors = Vectors(builder, args[1].type.pointee)
        two = ir.Constant(vectors.type, [2.0] * vectors.lanes)

        def one(i, carried):
            here, there = (builder.gep(p, [i]) for p in args[1:])
            vectors.store(vectors.fma(two, vectors.load(here), vectors.load(there)), there)
            return []

        counted_loop(builder, i64(0), args[0], vectors.lanes, [], one)
        return context.get_dummy_value()

    return types.none(types.int64, x, x), codegen


def _functions(element):
    return types.int64, types.int64, element[::1], element[::1]


@kernel
def _map(which, n, x, y):
    if which == 3:
        for i in range(n):
            y[i] = math.tanh(x[i])
    elif which == 4:
        for i in range(n):
            y[i] = math.exp(x[i])
    else:
        for i in range(n):
            y[i] = math.sigmoid(x[i])


@entry_point(lambda element: (types.int64, *_functions(element)))
def _repeat(which, times, n, x, y):
    """One of the loops above, `times` times over n elements."""
    a, b = pointer(x, 0), pointer(y, 0)
    if which == 0:
        _multiply_add(times * n, shift(a, 0))
    for _ in range(times if which else 0):
        if which == 1:
            _read(n, a, b)
        elif which == 2:
            _update(n, a, b)
        else:
            _map(which, n, a, b)


def shortest(work, rounds: int) -> float:
    """The least process seconds of a call, repeated until a round takes 20 ms."""
    work()
    start = time.process_time()
    work()
    times = max(1, int(0.02 / max(time.process_time() - start, 1e-6)))
    found = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            work()
        found.append((time.process_time() - start) / times)
    return min(found)


def limits(rounds: int) -> dict[str, float]:
    """Operations, bytes and values a second of one core, float32."""
    call = _repeat.get("float32")
    x, y = aligned(LARGE, np.float32), aligned(LARGE, np.float32)
    x[:], y[:] = 0.5, 0.0
    lanes = Vectors(None, ir.FloatType()).lanes

    def seconds(which, n, times=1):
        return shortest(lambda: call(which, times, n, x, y), rounds) / (n * times)

    found = {"products": 2 * CHAINS * lanes / seconds(0, 10**5)}
    for name, n, times in (("memory", LARGE, 1), ("second cache", SMALL, 100)):
        found[f"{name}, read"], found[f"{name}, update"] = 4 / seconds(1, n, times), 12 / seconds(2, n, times)
    for which, name in ((3, "tanh"), (4, "exp"), (5, "sigmoid")):
        found[name] = 1 / seconds(which, SHORT, 1000)
    return found


def work_of(step) -> tuple[int, dict[str, int]]:
    """Multiply-adds of a step for an event, and values of functions."""
    family = step.family
    if family == "map":
        name = getattr(step, "activation", "").lower()
        return 0, {name: step.x.size} if name in ("tanh", "sigmoid") and hasattr(step, "y") else {}
    if family == "recurrent":
        at, forward = step.at, hasattr(step, "x")
        terms = at.features + at.size if forward else at.size
        gates = {"LSTM": ("sigmoid", 3), "GRU": ("sigmoid", 2), "GRU after": ("sigmoid", 2)}.get(at.cell, ("tanh", 0))
        values = {gates[0]: gates[1] * at.size * at.steps} if gates[1] else {}
        values["tanh"] = values.get("tanh", 0) + (2 if at.cell == "LSTM" else 1) * at.size * at.steps
        return at.steps * terms * at.wide, values if forward else {}
    if family == "window":
        if not step.tiled:
            return step.work.multiplications(), {}
        tiles = step.tiles
        rows, columns = tiles.cut
        return EDGE[tiles.kind] ** 2 * rows * columns * step.filters.image * step.filters.small, {}
    return (step.flops() // 2 if family == "product" else 0), {}


def limit_of(plan, batch: int, known: dict[str, float]) -> tuple[float, float, float]:
    """Seconds of products, functions and optimizer for a batch."""
    products = functions = 0.0
    for step in plan.steps:
        multiplications, values = work_of(step)
        products += 2 * batch * multiplications / known["products"]
        functions += sum(batch * n / known[name] for name, n in values.items())
    trained = plan.size if plan.purpose == "train" else 0
    return products, functions, ADAM * trained / known["memory, update"]


CONV, DENSE = "CONV|{0}|3|3|1|1|1|1|RELU", "RESHAPE|FLAT,DENSE|{0}|RELU,DENSE|1|LINEAR"
IMAGE = f"{CONV.format(10)},{CONV.format(10)}"
ROWS = {  # layout, shape of an event, batch
    "W1 4-128x3-1": ("TANH|128,TANH|128,TANH|128,LINEAR", (4,), 1024),
    "LSTM 64x64, state 64": (f"LSTM|64|64|64|0|1,{DENSE.format(64)}", (64, 64), 100),
    "GRU 64x64, state 64": (f"GRU|64|64|64|0|1|1,{DENSE.format(64)}", (64, 64), 100),
    "CNN 16x16": (f"{IMAGE},{DENSE.format(100)}", (1, 16, 16), 100),
    "CNN 32x32": (f"{IMAGE},{DENSE.format(100)}", (1, 32, 32), 100),
    "W3 32x32": (
        f"{CONV.format(32)},{CONV.format(32)},MAXPOOL|2|2|2|2,{CONV.format(64)},{CONV.format(64)},MAXPOOL|2|2|2|2,{DENSE.format(128)}",
        (3, 32, 32),
        64,
    ),
}  # fmt: skip


def measured(layout: str, shape: tuple[int, ...], batch: int, rounds: int):
    """(plan, batch, seconds) of a training step, and of the scores of as many events."""
    from tests.networks import graph_of
    from tmvalite.plan import make_plan

    graph = graph_of(layout, 1, inputs=(("x", shape),))
    network = Network(graph, threads=1, output_functions=("sigmoid",))
    rng = np.random.default_rng(1)
    network.parameters.flat[:] = 0.03 * rng.standard_normal(network.plan.size)
    n = EVENTS_ALONE * batch
    x, weights = rng.standard_normal((n, network.n_inputs)).astype(np.float32), np.ones(n, np.float32)
    targets = (rng.random((n, 1)) > 0.5).astype(np.float32)
    optimizer, order = network.new_optimizer(OptimizerSettings("ADAM", learning_rate=1e-6)), np.arange(n)

    def train():
        network.train_steps(x, targets, weights, order, batch_size=batch, first=0, count=EVENTS_ALONE, optimizer=optimizer)

    score = make_plan(graph, purpose="score", output_functions=("sigmoid",), within=network.plan)
    yield network.plan, "training", shortest(train, rounds) / EVENTS_ALONE
    yield score, "scoring", shortest(lambda: network.values(x), rounds) / EVENTS_ALONE


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args(arguments)
    known = limits(given.rounds)
    for name, value in known.items():
        if name in ("tanh", "exp", "sigmoid"):
            print(f"{name:24s}{1e9 / value:8.2f} ns a value")
        else:
            print(f"{name:24s}{value / 1e9:8.1f} {'GFLOP/s' if name == 'products' else 'GB/s'}")
    print(
        f"\n{'us a batch':32s}{'products':>10s}{'functions':>10s}{'optimizer':>10s}{'limit':>10s}{'measured':>10s}{'share':>8s}"
    )
    for name, (layout, shape, batch) in ROWS.items():
        if given.only not in name:
            continue
        for plan, what, seconds in measured(layout, shape, batch, given.rounds):
            parts = limit_of(plan, batch, known)
            numbers = "".join(f"{1e6 * value:10.0f}" for value in (*parts, sum(parts), seconds))
            print(f"{f'{name}, {what}':32s}{numbers}{100 * sum(parts) / seconds:6.0f} %", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
