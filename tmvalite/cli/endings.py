"""How a verb ends and warns: exit codes; SIGTERM as an exception, so that what is half written goes away; plain warnings."""

from __future__ import annotations

import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from tmvalite.errors import TmvaliteWarning

FAILED, WRONG, INTERRUPTED, TERMINATED = 1, 2, 130, 143


class Terminated(KeyboardInterrupt):
    """SIGTERM came; what holds for Ctrl-C holds for it."""

    code = TERMINATED


@contextmanager
def plain_warnings() -> Iterator[None]:
    """A TmvaliteWarning is shown as its words alone: which line of the package gave it says nothing to who calls a verb."""
    before = warnings.formatwarning

    def form(message, category, *place, **more):
        if issubclass(category, TmvaliteWarning):
            return f"warning: {message}\n"
        return before(message, category, *place, **more)

    warnings.formatwarning = form
    try:
        yield
    finally:
        warnings.formatwarning = before


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
