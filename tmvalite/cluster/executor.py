"""The contract of executors, the one that does everything here, and running tasks in order on any of them."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor as PoolExecutor
from functools import partial
from typing import Any, Protocol

from tmvalite.cluster.processes import Processes
from tmvalite.cluster.worker_error import death_of_worker, worker_error
from tmvalite.errors import OptionError, TrainingError

_NUMBERS = itertools.count()


class Executor(Protocol):
    """What runs tasks: a pool of `concurrent.futures`, a client of Dask, or one of this package."""

    def submit(self, function: Callable, *arguments) -> Any:
        """A future, whose `result()` is what the function gives, or raises what it raises."""


class Later:
    """The future of `Here`: the work is done when its result is asked for, so that what follows a failure is never begun."""

    def __init__(self, function: Callable, arguments: tuple):
        self._work = function, arguments

    def result(self):
        """What the function gives."""
        function, arguments = self._work
        return function(*arguments)

    def cancel(self) -> bool:
        """True: what was not asked for is not done."""
        return True


class Here:
    """Runs every task in this process, one after the other; nothing is copied."""

    same_machine, number = True, 1

    def submit(self, function: Callable, *arguments) -> Later:
        """The work, to be done when its result is asked for."""
        return Later(function, arguments)


@contextlib.contextmanager
def executor_of(given: Executor | int | None) -> Iterator[Executor]:
    """An executor for as long as the block lasts.

    Parameters
    ----------
    given : None, int or an object with `submit`
        None and 1: this process. A larger number: that many processes, which end with the block. An executor stays open.

    Raises
    ------
    OptionError
        Anything else.
    """
    if given is None or (isinstance(given, int) and given == 1):
        yield Here()
    elif isinstance(given, int) and not isinstance(given, bool) and given > 1:
        with Processes(given) as pool:
            yield pool
    elif callable(getattr(given, "submit", None)):
        yield given
    else:
        expected = "None, a number of processes, or an executor with submit(function, ...)"
        raise OptionError(f"{given!r} runs no tasks", code="executor", expected=expected)


def shares_files(executor: Executor) -> bool:
    """Whether what runs the tasks sees the files of this machine; of an unknown executor nobody knows."""
    return getattr(executor, "same_machine", isinstance(executor, PoolExecutor))


def shares_memory(executor: Executor) -> bool:
    """Whether what one of them writes into a mapped file is seen by all at once: not over a network, whatever files are seen."""
    return shares_files(executor) and isinstance(executor, Processes | PoolExecutor)


def workers_of(executor: Executor) -> int | None:
    """How many tasks it runs at a time, where it says so: processes, a pool, or a client of Dask."""
    for name in ("number", "_max_workers"):
        found = getattr(executor, name, None)
        if isinstance(found, int):
            return max(1, found)
    threads = getattr(executor, "nthreads", None)
    found = threads() if callable(threads) else None
    return max(1, sum(found.values())) if isinstance(found, dict) else None


def in_order(
    executor: Executor, function: Callable, tasks: Iterable, called: Callable[[Any], str] | None = None
) -> Iterator[Any]:
    """The results of `function(task)`, in the order of the tasks, each as soon as it and those before it are there.

    Parameters
    ----------
    executor : Executor
    function : callable
        Of a module, so that it can be sent.
    tasks : iterable
    called : callable, optional
        What an error calls a task whose worker died.

    Raises
    ------
    TrainingError
        The workers of a task died ("worker-died"): three times where the processes are ours, as often as another executor
        tries. A task whose worker died once is done again.

    What a task raises is raised when its turn comes; those that were not begun then are cancelled.
    """
    tasks = list(tasks)
    futures = [submit_once(executor, function, task) for task in tasks]
    try:
        for task, future in zip(tasks, futures):
            yield result_of(future, called(task) if called is not None else None)
    finally:
        for future in futures:
            future.cancel()


def submit_once(executor: Executor, function: Callable, *arguments):
    """A future of the task. Dask does equal calls once, and tasks that draw random numbers are not equal: each has a number."""
    return executor.submit(partial(_numbered, next(_NUMBERS), function), *arguments)


def _numbered(number: int, function: Callable, *arguments):
    return function(*arguments)


def result_of(future, called: str | None = None):
    """What a future gives; the death of its worker is one error, whatever the executor says of it."""
    try:
        return future.result()
    except Exception as problem:
        if isinstance(problem, TrainingError) and problem.code == "worker-died":
            problem.where = problem.where or called
            raise
        if not death_of_worker(problem):
            raise
        error = worker_error(whose=f"an executor of the type {type(problem).__module__.partition('.')[0]}")
        error.where = called
        raise error from problem
