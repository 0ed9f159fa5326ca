"""Ctrl-C and SIGTERM while a Factory trains: what was learnt is written first, then the job ends in order.

Batch systems send SIGTERM before they kill. For as long as the training lasts it does what Ctrl-C does; afterwards the
old handler is back. A handler that the user has installed is left alone, as are signals that are ignored.
"""

from __future__ import annotations

import builtins
import contextlib
import signal
import threading
from collections.abc import Iterator

from tmvalite.errors import user_lines


class JobInterrupted(KeyboardInterrupt):
    """A training was stopped by a signal, and what it had learnt is written.

    code : what shells make of a signal as exit code, 130 after Ctrl-C, 143 after SIGTERM
    """

    def __init__(self, number: int):
        super().__init__(f"the training was stopped by {signal.Signals(number).name}; the log says what is written")
        self.code, self.signal = 128 + number, signal.Signals(number)

    def _render_traceback_(self) -> list[str]:
        return [*user_lines(self), f"Interrupted: {self}"]


class JobStopped(JobInterrupted, SystemExit):
    """The same in a script: one that does not catch it ends quietly with `code`."""


def interrupted(number: int) -> JobInterrupted:
    """What a Factory raises after a signal. A notebook goes on living, so there it is no SystemExit."""
    return JobInterrupted(number) if hasattr(builtins, "__IPYTHON__") else JobStopped(number)


class Watch:
    """Which signal came. `number` is SIGINT until SIGTERM says otherwise."""

    number: int = signal.SIGINT

    def terminate(self, number, frame) -> None:
        self.number = number
        raise KeyboardInterrupt


@contextlib.contextmanager
def watching() -> Iterator[Watch]:
    """SIGTERM raises KeyboardInterrupt, as Ctrl-C does, inside the block; only the main thread may change handlers."""
    watch = Watch()
    mine = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    if not mine:
        yield watch
        return
    signal.signal(signal.SIGTERM, watch.terminate)
    try:
        yield watch
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
