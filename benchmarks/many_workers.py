"""What a training step by several workers costs, from where on it pays, and what 256 workers would do with these costs.

python -m benchmarks.many_workers                # processes of this machine, and the simulation
python -m benchmarks.many_workers --dask         # a local cluster of Dask too; needs distributed
python -m benchmarks.many_workers --cases 2      # the first two rows only
python -m benchmarks.many_workers --bits         # no times: 1, 2, 3, 7 processes, some of which are killed, against none
python -m benchmarks.many_workers --costs 5 0.07 # the simulation with 5 ms a task and 0.07 GB/s too, as a busy scheduler has

Steps are measured in seconds of the processor, one thread each, so that others who load the machine change little: those of this
process (with Dask its scheduler too) and those of the workers. What a step would take alone on the machine is, at best, the first
and the workers' part each. The least of several rounds counts. What is sent is fitted as a time for each task and each byte.
"""

from __future__ import annotations

import argparse
import contextlib
import heapq
import os
import signal
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

CASES = (  # inputs, width, hidden layers, batch
    (10, 64, 3, 1024),
    (10, 64, 3, 8192),
    (28, 128, 3, 1024),
    (28, 128, 3, 8192),
    (28, 512, 3, 1024),
)
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
BATCH_GROWN = 8192
ROUNDS, STEPS = 3, 8


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


def seconds_of_step(learner, executor, batch: int, data) -> np.ndarray:
    """(2,) of the processor: here, and by all workers; the mean of some steps."""
    optimizer = learner.new_optimizer(OptimizerSettings("ADAM", 1e-5))
    order = np.arange(batch)

    def steps(count: int) -> None:
        for step in range(count):
            learner.train_steps(*data, order, batch_size=batch, first=0, count=1, optimizer=optimizer, epoch=step)

    steps(1)
    before = np.array([time.process_time(), of_workers(executor)])
    steps(STEPS)
    return (np.array([time.process_time(), of_workers(executor)]) - before) / STEPS


def of_workers(executor) -> float:
    """Seconds of the processor that the workers have used, of which each answers once."""
    if executor is None:
        return 0.0
    if hasattr(executor, "run"):
        return sum(executor.run(time.process_time).values())
    return sum(seconds_used(pid) for pid in executor.process_ids())


def seconds_used(pid: int) -> float:
    """Of the processor, by a process of this machine."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[0]) / 1e9


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
        head = "".join(f"{name:>28s}" for name in running)
        print(f"\n{'':>16s} {'':>10s} {'':>6s} {'':>6s} {'':>8s}{head}")
        columns = f"{'here':>9s}{'workers':>9s}{'at best':>10s}" * len(running)
        print(f"{'network':>16s} {'parameters':>10s} {'batch':>6s} {'shares':>6s} {'alone':>8s}{columns}   (ms)")
        for inputs, width, hidden, batch in cases:
            one, data = network(inputs, width, hidden), sample(inputs, batch)
            shares = max(2, one.plan.shares(batch))
            learners = {"alone": (one, None)} | {
                name: (ByWorkers(network(inputs, width, hidden), executor, shares), executor)
                for name, executor in running.items()
            }
            best = dict.fromkeys(learners, np.inf)
            for _ in range(ROUNDS):
                for name, (learner, executor) in learners.items():
                    best[name] = np.minimum(best[name], seconds_of_step(learner, executor, batch, data))
            for learner, executor in learners.values():
                if executor is not None:
                    learner.close()
            first = best.pop("alone")[0]
            alone[inputs, width, hidden, batch] = first, one.plan.size
            row = "".join(
                f"{1e3 * here:9.2f}{1e3 * there:9.2f}{1e3 * (here + there / int(name[0])):10.2f}"
                for name, (here, there) in best.items()
            )
            title = f"{inputs}-{width}x{hidden}-1"
            print(f"{title:>16s} {one.plan.size:10d} {batch:6d} {shares:6d} {1e3 * first:8.2f}{row}", flush=True)
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
        for factor in (1, 8) if batch == BATCH_GROWN else (1,):  # a larger batch, whose time grows in proportion
            rng, row = np.random.default_rng(3), ""
            for workers in WORKERS:
                steps = [
                    simulated_step(workers, shares_of(batch * factor, 256), factor * seconds, size, costs, rng) for _ in range(5)
                ]
                row += f"{factor * seconds / np.mean(steps):7.2f}"
            title = f"{inputs}-{width}x{hidden}-1"
            print(f"{title:>16s} {batch * factor:7d} {1e3 * factor * seconds:10.1f}{row}")


def trainings_of_their_own() -> None:
    """Prints what tasks that need nothing of each other take."""
    print("\ntrainings that know nothing of each other, 1000 of 10 minutes, 5 s to begin each:")
    for workers in WORKERS:
        rounds = -(-1000 // workers)
        print(f"{workers:7d} workers: {rounds * 605 / 3600:8.1f} h, {1000 * 600 / (rounds * 605):6.1f} times faster")


class Killing(Processes):
    """Processes of which one is killed after every so many tasks."""

    def __init__(self, number: int, every: int):
        super().__init__(number)
        self.every, self.tasks, self.kills = every, 0, 0

    def submit(self, function, *arguments):
        future = super().submit(function, *arguments)
        self.tasks += 1
        if self.tasks % self.every == 0:
            running = self.process_ids()
            os.kill(running[self.tasks // self.every % len(running)], signal.SIGKILL)
            self.kills += 1
        return future


def check_bits() -> None:
    """Prints whether 1, 2, 3 and 7 processes, some of which are killed, train to the bits of none."""
    data = sample(20, 4000)
    text = "Layout=TANH|96,TANH|96,LINEAR:RandomSeed=1:Shares=16:TrainingStrategy="
    text += "LearningRate=1e-3,BatchSize=800,MaxEpochs=10,TestRepetitions=1,DropConfig=0.0+0.2"

    def trained(workers) -> np.ndarray:
        method = MethodDL(text).fit(data[0], data[1][:, 0].astype(int), progress="silent", workers=workers)
        return method.network.parameters.flat

    alone = trained(None)
    for number in (1, 2, 3, 7):
        with Killing(number, 40) as pool:
            same = np.array_equal(trained(pool), alone)
            print(f"{number} processes: {pool.tasks} tasks, {pool.kills} kills, same bits: {same}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dask", action="store_true", help="measure a local cluster of Dask too")
    parser.add_argument("--cases", type=int, default=len(CASES), help="how many of the networks")
    parser.add_argument(
        "--costs", nargs=2, type=float, metavar=("MS", "GB/S"), help="simulate with these costs of a task and of what is sent too"
    )
    parser.add_argument("--bits", action="store_true", help="only compare bits, with workers that are killed")
    arguments = parser.parse_args()
    if arguments.bits:
        check_bits()
        return
    os.environ["TMVALITE_THREADS"] = "1"
    print(f"load before: {os.getloadavg()[0]:.1f}, processors: {os.cpu_count()}")
    alone, costs = measured(CASES[: arguments.cases], arguments.dask)
    for name in [name for name in costs if name.startswith("2 ")]:
        simulate(alone, costs[name], name)
    if arguments.costs:
        simulate(alone, Costs(1e-3 * arguments.costs[0], 1e-9 / arguments.costs[1]), "an executor as given")
    trainings_of_their_own()


if __name__ == "__main__":
    main()
