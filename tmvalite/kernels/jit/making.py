"""Who is told that kernels are being made, which may take long: a training, or else the user at a terminal."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

PATIENCE = 1.0  # seconds after which a wait wants a reason
TEXT = "Preparing the kernels: compiled once for this machine, then kept"


class Listener:
    """Adds up how long kernels are made, and says so once if that is long.

    say : takes the sentence, perhaps in a thread of its own
    took : takes the seconds of every wait, when it is over
    """

    def __init__(self, say: Callable[[str], None], took: Callable[[float], None] = lambda seconds: None, patience=PATIENCE):
        self.say, self.took, self.patience = say, took, patience
        self.seconds, self.said = 0.0, False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While kernels are made. Nobody knows before how long that takes, so a clock beside it says so."""
        clock = threading.Timer(max(0.0, self.patience - self.seconds), self._say)
        clock.daemon = True
        began = time.perf_counter()
        if not self.said:
            clock.start()
        try:
            yield
        finally:
            clock.cancel()
            seconds = time.perf_counter() - began
            self.seconds += seconds
            self.took(seconds)

    def _say(self) -> None:
        if not self.said:
            self.said = True
            self.say(TEXT)


def _at_a_terminal(text: str) -> None:
    """For what is waited for outside a training, such as the first scores of a method that was read."""
    if "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty()):
        print(text, file=sys.stderr, flush=True)


ANYBODY = Listener(_at_a_terminal)
LISTENERS: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell this one, too, while the block runs."""
    LISTENERS.append(listener)
    try:
        yield
    finally:
        LISTENERS.remove(listener)


@contextmanager
def making() -> Iterator[None]:
    """Around the making of kernels."""
    with ExitStack() as told:
        for listener in list(LISTENERS) or [ANYBODY]:
            told.enter_context(listener.waiting())
        yield
