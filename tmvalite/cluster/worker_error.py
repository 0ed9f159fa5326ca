"""The one error for tasks whose workers die, whoever ran them."""

from __future__ import annotations

import signal
from concurrent.futures import BrokenExecutor

from tmvalite.errors import TrainingError

ATTEMPTS = 3  # of a task whose worker dies


def worker_error(exit_code: int | None = None, whose: str = "") -> TrainingError:
    """The error of a task that has no attempts left. exit_code : of its last process, negative for a signal"""
    how = ""
    if exit_code is not None:
        how = f" (the last one by {_signal(-exit_code)})" if exit_code < 0 else f" (the last one with exit code {exit_code})"
    times = f"{ATTEMPTS} times" if not whose else f"in {whose}"
    return TrainingError(
        f"a task ended its process {times}{how}",
        code="worker-died",
        hint="memory may have run out: use fewer workers; without workers the task runs in this process",
    )


def death_of_worker(error: BaseException) -> bool:
    """Whether an executor says with this error that what ran a task is dead."""
    dask = type(error).__name__ == "KilledWorker" and type(error).__module__.startswith("distributed")
    return isinstance(error, BrokenExecutor) or dask


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
