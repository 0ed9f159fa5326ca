"""How the time of a training step grows: with the batch, channels, image, filter and depth of CONV, DENSE and LSTM networks.

Run: python -m benchmarks.curves [--only TEXT] [--rounds 9] [--seconds 0.05] [--threads 1] [--json FILE]

Every curve changes one number. Its times are fitted by a + b * arithmetic, least squares of relative distances; the table shows
the largest of these: how far a time lies from a straight line. What a tile, a cache or a vector costs shows there. The time is
the shortest of the rounds, which visit all points of a curve in turn.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Curve:
    """Networks that differ in one number.

    layout : function of that number, the layout; shape : of it, the input; batch : of it, the events of a step
    """

    name: str
    values: tuple[int, ...]
    layout: object
    shape: object
    batch: object = lambda n: 100


def _conv(filters, size=3, depth=1):
    return ",".join([f"CONV|{filters}|{size}|{size}|1|1|{size // 2}|{size // 2}|RELU"] * depth) + ",RESHAPE|FLAT,DENSE|1|LINEAR"


def _dense(width, depth=3):
    return ",".join([f"DENSE|{width}|TANH"] * depth) + ",DENSE|1|LINEAR"


def _lstm(state, steps, features, depth=1):
    first = f"LSTM|{state}|{features}|{steps}|0|1,"
    return first + f"LSTM|{state}|{state}|{steps}|0|1," * (depth - 1) + "RESHAPE|FLAT,DENSE|1|LINEAR"


BATCHES = (32, 64, 100, 128, 256, 512, 1024)
CURVES = (
    Curve("DENSE batch", BATCHES, lambda n: _dense(128), lambda n: (28,), lambda n: n),
    Curve("DENSE width", (32, 48, 64, 100, 128, 192, 256, 384, 512), _dense, lambda n: (28,)),
    Curve("DENSE depth", (1, 2, 3, 4, 6, 8), lambda n: _dense(128, n), lambda n: (28,)),
    Curve("CONV batch", BATCHES[:-1], lambda n: _conv(10, 3, 2), lambda n: (1, 16, 16), lambda n: n),
    Curve("CONV channels", (4, 8, 10, 16, 24, 32, 48, 64), lambda n: _conv(n, 3, 2), lambda n: (3, 16, 16)),
    Curve("CONV image", (8, 12, 16, 20, 24, 32, 48, 64), lambda n: _conv(10, 3, 2), lambda n: (1, n, n), lambda n: 32),
    Curve("CONV filter", (1, 3, 5, 7, 9), lambda n: _conv(10, n, 2), lambda n: (3, 16, 16)),
    Curve("CONV depth", (1, 2, 3, 4, 6, 8), lambda n: _conv(10, 3, n), lambda n: (1, 16, 16)),
    Curve("LSTM batch", BATCHES[:-1], lambda n: _lstm(10, 10, 30), lambda n: (10, 30), lambda n: n),
    Curve("LSTM state", (8, 16, 24, 32, 48, 64, 96, 128), lambda n: _lstm(n, 10, 30), lambda n: (10, 30)),
    Curve("LSTM steps", (2, 5, 10, 20, 40), lambda n: _lstm(32, n, 30), lambda n: (n, 30)),
    Curve("LSTM depth", (1, 2, 3, 4), lambda n: _lstm(32, 10, 30, n), lambda n: (10, 30)),
)


def stepper(layout: str, shape: tuple[int, ...], batch: int, threads: int):
    """(FLOP of a step, function that runs n of them) of the network."""
    from tests.networks import network_of, sample_of
    from tmvalite.training.optimizers import OptimizerSettings

    network = network_of(layout, 1, inputs=(("x", shape),), scale=0.05, losses=("CROSSENTROPY",), threads=threads)
    x, targets, weights = sample_of(network, batch)
    optimizer = network.new_optimizer(OptimizerSettings("ADAM", learning_rate=1e-5))

    def run(steps):
        order = np.tile(np.arange(batch), steps)
        network.train_steps(x, targets, weights, order, batch_size=batch, first=0, count=steps, optimizer=optimizer)

    run(2)
    return batch * network.plan.flops, run


def fit(flops: np.ndarray, seconds: np.ndarray) -> tuple[float, float, np.ndarray]:
    """a, b of a + b * flops, least squares of (fitted - seconds) / seconds, and these relative distances; a >= 0."""
    design = np.stack([np.ones_like(flops), flops], axis=1) / seconds[:, None]
    (a, b), *_ = np.linalg.lstsq(design, np.ones_like(seconds), rcond=None)
    if a < 0:
        a, b = 0.0, float((flops / seconds).sum() / ((flops / seconds) ** 2).sum())
    return float(a), float(b), seconds / (a + b * flops) - 1


def measure(curve: Curve, rounds: int, seconds: float, threads: int) -> tuple[np.ndarray, np.ndarray]:
    """Arithmetic and shortest time of a step at every point."""
    points = [stepper(curve.layout(n), curve.shape(n), curve.batch(n), threads) for n in curve.values]
    steps, best = [], np.full(len(points), np.inf)
    for _, run in points:
        start = time.perf_counter()
        run(2)
        steps.append(max(1, round(2 * seconds / (time.perf_counter() - start))))
    for _ in range(rounds):
        for i, (_, run) in enumerate(points):
            start = time.perf_counter()
            run(steps[i])
            best[i] = min(best[i], (time.perf_counter() - start) / steps[i])
    return np.array([float(flops) for flops, _ in points]), best


def main(arguments=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="curves whose name contains this")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.05, help="length of one run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", help="file for all points")
    options = parser.parse_args(arguments)
    results = []
    for curve in CURVES:
        if options.only not in curve.name:
            continue
        flops, seconds = measure(curve, options.rounds, options.seconds, options.threads)
        a, b, distance = fit(flops, seconds)
        farthest = 100 * abs(distance).max()
        print(f"{curve.name}: {1e6 * a:.0f} us + arithmetic at {1e-9 / b:.1f} GFLOP/s, farthest {farthest:.0f} %")
        for row in zip(curve.values, flops, seconds, distance):
            print(
                f"  {row[0]:6d} {1e-6 * row[1]:10.2f} MFLOP {1e6 * row[2]:10.1f} us {1e-9 * row[1] / row[2]:7.1f} GFLOP/s "
                f"{100 * row[3]:+5.0f} %",
                flush=True,
            )
        results.append(
            {
                "name": curve.name,
                "values": curve.values,
                "flops": list(flops),
                "seconds": list(seconds),
                "start": a,
                "per_flop": b,
                "distance": list(distance),
            }
        )
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
