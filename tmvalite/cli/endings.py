"""How a verb ends: exit codes, and SIGTERM as an exception, so that what is half written goes away and other processes end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

FAILED, WRONG, INTERRUPTED, TERMINATED = 1, 2, 130, 143


class Terminated(KeyboardInterrupt):
    """SIGTERM came; what holds for Ctrl-C holds for it."""

    code = TERMINATED


@contextmanager
def terminating() -> Iterator[None]:
    """SIGTERM raises Terminated inside. In another thread than the main one signals stay as they are."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number, frame):
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before if before is not None else signal.SIG_DFL)
