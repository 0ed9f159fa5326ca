"""Processes of this machine, each with one thread, which import what they need and nothing of the user's script."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue

from tmvalite.cluster.worker_error import ATTEMPTS, worker_error
from tmvalite.errors import TmvaliteError

# Libraries that start threads of their own read these when they are loaded.
ONE_THREAD = ("TMVALITE_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
WAIT = 0.05  # seconds
_STARTING = threading.Lock()  # the environment, and what is hidden of __main__, belong to the whole process


class Processes:
    """A pool of new processes (spawned, so that no thread or lock is copied); closed at the end of a `with` block.

    Every process has a pipe of its own, so that it is known which task a process had that died: that task is done again by a
    new process, the others notice nothing. A task that ends its process three times raises TrainingError, "worker-died".
    They end with this process, and with the block: at once where an error or Ctrl-C ends it, else when nothing is left to do.
    A script needs no `if __name__ == "__main__"`: what is sent are functions of modules.
    """

    same_machine = True

    def __init__(self, number: int):
        self.number = number
        self._tasks: SimpleQueue = SimpleQueue()
        self._workers: list[_Worker] = []
        self._waiting = 0  # tasks that were submitted and are not done
        self._lock, self._closed = threading.Lock(), False

    def submit(self, function: Callable, *arguments) -> Future:
        """A future of `function(*arguments)`; a process is started where all are busy and there may be another one."""
        future: Future = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("these processes have ended")
            self._waiting += 1
            if len(self._workers) < min(self.number, self._waiting):
                self._workers.append(_Worker(self._tasks))
        future.add_done_callback(self._done)
        self._tasks.put((future, function, arguments))
        return future

    def process_ids(self) -> list[int]:
        """Of the processes that are running."""
        return [worker.process.pid for worker in self._workers if worker.process.is_alive()]

    def _done(self, future: Future) -> None:
        with self._lock:
            self._waiting -= 1

    def _close(self, at_once: bool) -> None:
        with self._lock:
            self._closed = True
        if at_once:
            while not self._tasks.empty():
                self._tasks.get()[0].cancel()
        for worker in self._workers:
            worker.ending = at_once
            self._tasks.put(None)
        for worker in self._workers:
            while at_once and worker.thread.is_alive():  # which may have begun another process just now
                worker.process.terminate()
                worker.thread.join(WAIT)
            worker.thread.join()
            worker.process.join()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._close(at_once=kind is not None)


class _Worker:
    """One process after the other, and the thread here that sends it tasks and waits for what it answers."""

    def __init__(self, tasks: SimpleQueue):
        self._tasks, self.ending = tasks, False
        self._begin()
        self.thread = threading.Thread(target=self._serve, name="tmvalite-process", daemon=True)
        self.thread.start()

    def _begin(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _STARTING, _without_main(), _one_thread():
            self.process.start()
        theirs.close()  # so that reading ends when the process does

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            future, function, arguments = task
            if future.set_running_or_notify_cancel():
                self._do(future, function, arguments)
        self._pipe.close()

    def _do(self, future: Future, function: Callable, arguments: tuple) -> None:
        for _ in range(ATTEMPTS):
            try:
                if not self.process.is_alive():
                    self._begin()
                self._pipe.send((function, arguments))
                worked, answer = self._pipe.recv()
            except (EOFError, OSError):  # the process has died, perhaps while it sent something
                self.process.join()
                self._pipe.close()
                if self.ending:
                    break
            except Exception as error:  # noqa: BLE001  whatever is raised where a task cannot be sent belongs to its future
                future.set_exception(error)
                return
            else:
                (future.set_result if worked else future.set_exception)(answer)
                return
        future.set_exception(worker_error(self.process.exitcode))


def _work(pipe) -> None:
    """What a process does: tasks, until nobody sends any. Ctrl-C is for the process that started it, which ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            try:
                answer = _done(*pipe.recv())
            except (EOFError, ConnectionError):
                return
            except Exception as error:  # noqa: BLE001  a task that cannot be read here, such as a function of a script
                answer = False, error
            try:
                pipe.send(answer)
            except ConnectionError:
                return
            except Exception as error:  # noqa: BLE001  a result that cannot be sent
                pipe.send((False, error))


def _done(function: Callable, arguments: tuple):
    """Whether a task worked, and what it gave or raised."""
    try:
        return True, function(*arguments)
    except Exception as error:  # noqa: BLE001  belongs to the future of the task
        if not isinstance(error, TmvaliteError):
            error.add_note("".join(["in another process:\n", *traceback.format_exception(error)]))
        return False, error


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
