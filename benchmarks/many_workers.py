"""What a training step by several workers costs, from where on it pays, and what 256 workers would do with these costs.

python -m benchmarks.many_workers                # processes of this machine, and the simulation
python -m benchmarks.many_workers --dask         # a local cluster of Dask too; needs distributed
python -m benchmarks.many_workers --cases 2      # the first two networks only

Steps are measured in turns, one thread each, and the fastest of several rounds counts: others that load the machine only add.
What a step costs beside the arithmetic is fitted as a time for each task and a time for each byte of parameters and gradients.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tmvalite import MethodDL
from tmvalite.cluster import Processes, in_order
from tmvalite.cluster.executor import shares_files
from tmvalite.data.info import DataSetInfo
from tmvalite.training.by_workers import ByWorkers
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings
from tmvalite.training.shares import dealt, plus, shares_of

CASES = (  # inputs, width, hidden layers
    (10, 64, 3),
    (28, 128, 3),
    (28, 512, 3),
    (100, 1024, 4),
)
BATCHES = (1024, 8192)
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
ROUNDS, STEPS = 5, 6


@dataclass(frozen=True)
class Costs:
    """Of one executor: seconds of a task, seconds of a byte that is sent or comes back."""

    task: float
    byte: float


def network(inputs: int, width: int, hidden: int) -> Network:
    """A dense network of one thread."""
    layout = ",".join([f"TANH|{width}"] * hidden + ["LINEAR"])
    method = MethodDL(f"Layout={layout}:RandomSeed=1", progress="silent")
    info = DataSetInfo.from_names([f"v{i}" for i in range(inputs)], classes=("Signal", "Background"))
    made = method.blueprint(info).network(precision="float32", threads=1)
    made.parameters.flat[:] = np.random.default_rng(1).normal(size=len(made.parameters.flat)) * 0.05
    return made


def sample(inputs: int, events: int):
    """x, targets and weights."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(events, inputs)).astype(np.float32)
    return x, (x[:, :1] > 0).astype(np.float32), np.ones(events, np.float32)


def seconds_of_step(learner, batch: int, data) -> float:
    """The fastest step of several."""
    optimizer = learner.new_optimizer(OptimizerSettings("ADAM", 1e-5))
    order, best = np.arange(batch), np.inf
    for _ in range(STEPS):
        began = time.perf_counter()
        learner.train_steps(*data, order, batch_size=batch, first=0, count=1, optimizer=optimizer)
        best = min(best, time.perf_counter() - began)
    return best


def costs_of(executor) -> Costs:
    """Fitted to round trips of small and large arrays."""
    small, large = np.zeros(16, np.uint8), np.zeros(4_000_000, np.uint8)

    def best(array, count):
        times = []
        for _ in range(8):
            began = time.perf_counter()
            list(in_order(executor, np.copy, [array] * count))
            times.append((time.perf_counter() - began) / count)
        return min(times)

    task = best(small, 8)
    return Costs(task, max(0.0, best(large, 2) - task) / (2 * large.nbytes))


@contextlib.contextmanager
def executors(with_dask: bool) -> Iterator[dict]:
    """By name: one and two processes, one and two workers of Dask."""
    with contextlib.ExitStack() as stack:
        found = {f"{n} processes": stack.enter_context(Processes(n)) for n in (1, 2)}
        if with_dask:
            import distributed

            for n in (1, 2):
                cluster = stack.enter_context(distributed.LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=None))
                found[f"{n} of Dask"] = stack.enter_context(distributed.Client(cluster))
        yield found


def measured(cases, with_dask: bool) -> tuple[dict, dict]:
    """Prints the table of steps; (seconds of a step by case and batch, costs by executor)."""
    alone: dict = {}
    with executors(with_dask) as running:
        costs = {name: costs_of(executor) for name, executor in running.items()}
        for name, cost in costs.items():
            files = "same files" if shares_files(running[name]) else "messages"
            print(f"{name}: {1e3 * cost.task:.2f} ms a task, {1e-9 / max(cost.byte, 1e-12):.2f} GB/s ({files})")
        head = "".join(f"{name:>14s}" for name in running)
        print(f"\n{'network':>16s} {'parameters':>10s} {'batch':>6s} {'shares':>6s} {'alone':>10s}{head}   (ms a step)")
        for inputs, width, hidden in cases:
            for batch in BATCHES:
                one, data = network(inputs, width, hidden), sample(inputs, batch)
                shares = max(2, one.plan.shares(batch))
                learners = {"alone": one} | {
                    name: ByWorkers(network(inputs, width, hidden), executor, shares) for name, executor in running.items()
                }
                best = dict.fromkeys(learners, np.inf)
                for _ in range(ROUNDS):
                    for name, learner in learners.items():
                        best[name] = min(best[name], seconds_of_step(learner, batch, data))
                for learner in learners.values():
                    if isinstance(learner, ByWorkers):
                        learner.close()
                alone[inputs, width, hidden, batch] = best.pop("alone"), one.plan.size
                row = "".join(f"{1e3 * s:14.2f}" for s in best.values())
                title = f"{inputs}-{width}x{hidden}-1"
                first = 1e3 * alone[inputs, width, hidden, batch][0]
                print(f"{title:>16s} {one.plan.size:10d} {batch:6d} {shares:6d} {first:10.2f}{row}", flush=True)
    return alone, costs


def seconds_of_sum(size: int) -> float:
    """Of adding two gradients here."""
    a, b = np.ones(size, np.float32), np.ones(size, np.float32)
    times = []
    for _ in range(10):
        began = time.perf_counter()
        plus(a, b)
        times.append(time.perf_counter() - began)
    return min(times)


def simulated_step(workers: int, shares: int, whole: float, size: int, costs: Costs, rng) -> float:
    """Seconds of a step: tasks go out one after the other, workers compute, sums come in one after the other and are added.

    whole : seconds of all of the batch on one thread. Workers are up to a quarter slower than the measured one, as is drawn.
    """
    now, arriving, blocks = 0.0, [], 0
    for of_one in dealt(shares, workers):
        now += costs.task / 2 + 4 * size * costs.byte
        part = (of_one[-1][1] - of_one[0][0]) / shares
        heapq.heappush(arriving, (now + whole * part * (1.0 + rng.uniform(0.0, 0.25)), len(of_one)))
        blocks += len(of_one)
    while arriving:
        at, sent = heapq.heappop(arriving)
        now = max(now, at) + costs.task / 2 + 4 * size * sent * costs.byte
    return now + (blocks - 1) * seconds_of_sum(size)


def simulate(alone: dict, costs: Costs, name: str) -> None:
    """Prints how many times faster than alone a step is, by workers."""
    print(f"\nsimulated with the costs of {name}: {1e3 * costs.task:.2f} ms a task, {1e-9 / max(costs.byte, 1e-12):.2f} GB/s")
    print(f"{'network':>16s} {'batch':>7s} {'alone, ms':>10s}" + "".join(f"{w:>7d}" for w in WORKERS) + "   (times faster)")
    for (inputs, width, hidden, batch), (seconds, size) in alone.items():
        for factor in (1, 8):  # a batch as measured, and a larger one whose time grows in proportion
            rng, row = np.random.default_rng(3), ""
            for workers in WORKERS:
                steps = [
                    simulated_step(workers, shares_of(batch * factor, 256), factor * seconds, size, costs, rng) for _ in range(5)
                ]
                row += f"{factor * seconds / np.mean(steps):7.2f}"
            title = f"{inputs}-{width}x{hidden}-1"
            print(f"{title:>16s} {batch * factor:7d} {1e3 * factor * seconds:10.1f}{row}")
    print("\ntrainings that know nothing of each other, 1000 of 10 minutes, 5 s to begin each:")
    for workers in WORKERS:
        rounds = -(-1000 // workers)
        print(f"{workers:7d} workers: {rounds * 605 / 3600:8.1f} h, {1000 * 600 / (rounds * 605):6.1f} times faster")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dask", action="store_true", help="measure a local cluster of Dask too")
    parser.add_argument("--cases", type=int, default=len(CASES), help="how many of the networks")
    arguments = parser.parse_args()
    os.environ["TMVALITE_THREADS"] = "1"
    print(f"load before: {os.getloadavg()[0]:.1f}, processors: {os.cpu_count()}")
    alone, costs = measured(CASES[: arguments.cases], arguments.dask)
    for name in [name for name in costs if name.startswith("2 ")]:
        simulate(alone, costs[name], name)


if __name__ == "__main__":
    main()
