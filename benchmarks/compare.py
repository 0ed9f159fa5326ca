"""Times several ways of doing one job against each other: alternating rounds, calibrated runs, medians, ratios.

A contender is a function `work(n)` that does n units of the job. Contenders run in child processes of their own, one after the
other in every round, while the others sleep: two thread pools in one process would spin against each other, and alternation
lets slow changes of the machine hit all alike. `separate=False` alternates inside one process instead.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

Work = Callable[[int], object]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
QUIET = 0.05  # cores that other processes may use during a round that counts


@dataclass(frozen=True)
class Contender:
    """A way to do the job.

    name : str
    make : function(*arguments) -> work
        A function of a module, so that a child process can import it; makes the data and warms up.
    arguments : tuple
    baseline : int
        Units that are done for free: work(baseline) is timed too and subtracted, to take the cost of starting out. 0: nothing is.
    """

    name: str
    make: Callable[..., Work]
    arguments: tuple = ()
    baseline: int = 0


@dataclass
class Timing:
    """Seconds per unit of one contender in every round, and how many units a round had."""

    name: str
    units: int = 0
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


@dataclass
class Comparison:
    """All timings of one case; `others` is the number of cores that other processes used in each round."""

    case: str
    threads: int
    timings: list[Timing]
    others: list[float] = field(default_factory=list)

    def best(self, prefix: str) -> Timing:
        """The fastest contender whose name starts with prefix."""
        return min((t for t in self.timings if t.name.startswith(prefix)), key=lambda t: t.median)

    def ratio(self, prefix: str, to: str) -> float:
        """Median over the rounds of (seconds of the best `prefix`) / (seconds of `to`): how many times faster `to` is."""
        ours, theirs = self.best(to), self.best(prefix)
        return statistics.median(b / a for a, b in zip(ours.seconds, theirs.seconds))

    @property
    def quiet(self) -> bool:
        return max(self.others, default=0.0) <= QUIET


def time_work(work: Work, units: int, baseline: int) -> float:
    """Seconds per unit of one run."""
    start = time.perf_counter()
    work(baseline + units)
    seconds = time.perf_counter() - start
    if baseline:
        start = time.perf_counter()
        work(baseline)
        seconds -= time.perf_counter() - start
    return max(seconds, 1e-12) / units


def calibrate(work: Work, seconds: float, baseline: int) -> int:
    """Units that take about this long."""
    units = 1
    while True:
        taken = time_work(work, units, baseline) * units
        if taken >= seconds / 4 or units >= 1 << 24:
            return max(1, round(units * seconds / max(taken, 1e-9)))
        units *= 4


class InProcess:
    """A contender in this process."""

    def __init__(self, contender: Contender, threads: int):
        self.work, self.baseline = contender.make(*contender.arguments), contender.baseline

    def calibrate(self, seconds: float) -> int:
        return calibrate(self.work, seconds, self.baseline)

    def run(self, units: int) -> float:
        return time_work(self.work, units, self.baseline)

    def close(self) -> None:
        pass


def _serve(connection, contender: Contender) -> None:
    """Child process: makes the work, then answers ("calibrate", seconds) and ("run", units) until None comes."""
    runner = InProcess(contender, 0)
    connection.send("ready")
    while (request := connection.recv()) is not None:
        action, argument = request
        connection.send(runner.calibrate(argument) if action == "calibrate" else runner.run(argument))


class InChild:
    """A contender in a child process, which sleeps between requests."""

    def __init__(self, contender: Contender, threads: int):
        context = multiprocessing.get_context("spawn")
        self.connection, child = context.Pipe()
        kept = {name: os.environ.get(name) for name in THREAD_VARIABLES}
        os.environ.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))  # read by libraries when they are loaded
        self.process = context.Process(target=_serve, args=(child, contender), daemon=True)
        self.process.start()
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        child.close()
        self.connection.recv()

    def _ask(self, action, argument):
        self.connection.send((action, argument))
        return self.connection.recv()

    def calibrate(self, seconds: float) -> int:
        return self._ask("calibrate", seconds)

    def run(self, units: int) -> float:
        return self._ask("run", units)

    def close(self) -> None:
        self.connection.send(None)
        self.process.join(10)


def busy_seconds() -> tuple[float, float] | None:
    """Processor seconds of the whole machine and of this process and its children so far; None where unknown."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        tick = os.sysconf("SC_CLK_TCK")
        machine = (sum(map(int, fields[:8])) - int(fields[3]) - int(fields[4])) / tick  # without idle and waiting for disks
        ours = 0.0
        for process in [os.getpid(), *(child.pid for child in multiprocessing.active_children())]:
            stat = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ours += (int(stat[11]) + int(stat[12])) / tick
        return machine, ours
    except (OSError, ValueError, IndexError):
        return None


def other_cores(before, after, wall: float) -> float:
    """Cores that processes other than ours used on average."""
    if before is None or after is None:
        return 0.0
    return max(0.0, (after[0] - before[0]) - (after[1] - before[1])) / wall


def compare(
    case: str, contenders: list[Contender], *, threads: int, rounds: int = 7, seconds: float = 0.5, separate: bool = True
) -> Comparison:
    """Times all contenders on a case.

    Every round runs each contender once, in an order that rotates from round to round. Rounds in which other processes used
    more than QUIET cores are repeated, at most `rounds` times in all; if fewer than three quiet ones come together,
    all rounds count, and the comparison says that the machine was not quiet.
    """
    runners = [(InChild if separate else InProcess)(contender, threads) for contender in contenders]
    try:
        timings = [Timing(c.name, r.calibrate(seconds)) for c, r in zip(contenders, runners)]
        measured: list[tuple[float, list[float]]] = []
        while len(measured) < 2 * rounds and sum(others <= QUIET for others, _ in measured) < rounds:
            shift = len(measured) % len(runners)
            before, start, row = busy_seconds(), time.perf_counter(), [0.0] * len(runners)
            for i in [*range(shift, len(runners)), *range(shift)]:
                row[i] = runners[i].run(timings[i].units)
            wall = time.perf_counter() - start
            measured.append((other_cores(before, busy_seconds(), wall), row))
    finally:
        for runner in runners:
            runner.close()
    quiet = [m for m in measured if m[0] <= QUIET]
    result = Comparison(case, threads, timings)
    for others, row in quiet if len(quiet) >= 3 else measured:
        result.others.append(round(others, 3))
        for timing, value in zip(timings, row):
            timing.seconds.append(value)
    return result


def machine() -> dict:
    """What the figures depend on."""
    cpu = platform.processor()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for package in ("numpy", "numba", "llvmlite", "torch", "tmvalite"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {"cpu": cpu, "cores": os.cpu_count(), "system": platform.system(), "versions": versions}


def row_text(result: Comparison, ours: str, peer: str, target: float | None, unit: float = 1e6) -> str:
    """One line of the table: case, threads, both medians in `unit`ths of a second, ratio, target, remark."""
    ratio = result.ratio(peer, ours)
    goal = f"{target:6.2f} {'ok  ' if ratio >= target else 'LESS'}" if target is not None else " " * 11
    remark = "" if result.quiet else f"  others used up to {max(result.others):.2f} cores"
    best = result.best(peer).name.removeprefix(peer).strip()
    return (
        f"{result.case:34s} {result.threads:7d} {result.best(ours).median * unit:12.1f} "
        f"{result.best(peer).median * unit:12.1f}  {ratio:6.2f} {goal} {best}{remark}"
    )


def header(ours: str, peer: str, unit: str = "us") -> str:
    return (
        f"{'case':34s} {'threads':>7s} {ours + ' ' + unit:>12s} {peer + ' ' + unit:>12s}  {'ratio':>6s} {'target':>6s}"
        f"      best form of {peer}"
    )


def write_json(path: str | Path, results: list[Comparison]) -> None:
    """All rounds of all cases, with the machine."""
    content = {"machine": machine(), "results": [asdict(result) for result in results]}
    Path(path).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
