"""Processes of this machine, each with one thread, which import what they need and nothing of the user's script."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor

# Libraries that start threads of their own read these when they are loaded.
ONE_THREAD = ("TMVALITE_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Processes:
    """A pool of new processes (spawned, so that no thread or lock is copied); closed at the end of a `with` block.

    They end with this process, and with the block: at once where an error or Ctrl-C ends it, else when nothing is left to do.
    A script needs no `if __name__ == "__main__"`: what is sent are functions of modules.
    """

    same_machine = True

    def __init__(self, number: int):
        self.number = number
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self.number, mp_context=context, initializer=_begin)

    def restart(self) -> None:
        """New processes, after one of them has died."""
        self._stop()
        self._start()

    def submit(self, function: Callable, *arguments) -> Future:
        """A future of `function(*arguments)`; a process is started where all are busy and there may be another one."""
        with _without_main(), _one_thread():
            return self._pool.submit(function, *arguments)

    def _stop(self) -> None:
        """End the processes without waiting for their work."""
        running = list((getattr(self._pool, "_processes", None) or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.terminate()
        for process in running:
            process.join()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, kind, error, trace) -> None:
        if kind is None:
            self._pool.shutdown()
        else:
            self._stop()


def _begin() -> None:
    """What a new process does first: Ctrl-C is for the process that started it, which then ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """The environment that processes inherit: they share the machine, so each takes one thread."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """A process that is started now does not import the user's script, which would run it a second time."""
    main = sys.modules.get("__main__")
    hidden = {name: vars(main)[name] for name in ("__spec__", "__file__") if main is not None and name in vars(main)}
    for name in hidden:
        setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in hidden.items():
            setattr(main, name, value)
