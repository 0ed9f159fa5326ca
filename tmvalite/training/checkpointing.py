"""When a training writes down where it is: every so many epochs or minutes, and when a signal comes.

While a training with checkpoints runs, Ctrl-C, SIGTERM and SIGUSR1 wait until the network is at rest, at most 0.1 s and the
time of one batch. Then the state is written; SIGUSR1 goes on, the others do what they would have done. A second Ctrl-C does so
at once. Batch systems send such a signal before the end of the wall time.
"""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from tmvalite.errors import OptionError, TmvaliteError
from tmvalite.training.state import TrainingState

AUTO = "auto"  # after so many epochs or seconds, whichever comes first, but at no more than a share of the time
AUTO_EPOCHS, AUTO_SECONDS = 20, 600.0
SHARE = 0.01  # of the time of the training that may go into checkpoints
FIRST_GUESS = 0.02  # seconds that the first one may take; most of it is waiting for the disk
_EVERY = re.compile(r"\s*(\d+)\s*(epochs?|s|sec|seconds?|min|minutes?|h|hours?)?\s*", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def read_every(text: str | int) -> tuple[int | None, float | None]:
    """(epochs, seconds), one of them None; both None for "auto". Raises OptionError.

    >>> read_every("20 epochs"), read_every("10min"), read_every("auto")
    ((20, None), (None, 600.0), (None, None))
    """
    if str(text).strip().lower() == AUTO:
        return None, None
    found = _EVERY.fullmatch(str(text))
    if found is None or int(found[1]) == 0:
        message = f"checkpoint_every={text!r} cannot be read"
        raise OptionError(message, code="checkpoint-every", expected="auto, or such as '20 epochs', '30 s', '10 min', '1 h'")
    count, unit = int(found[1]), (found[2] or "epochs").lower()
    return (count, None) if unit.startswith("epoch") else (None, float(count * _SECONDS[unit[0]]))


class Checkpointing:
    """Calls `save` with the state where it is due.

    Parameters
    ----------
    save : callable(TrainingState)
        Raises TmvaliteError where it cannot; the training then goes on, and tries again when the next one is due.
    every : str
        See `read_every`.
    tell : callable(str)
        Takes a line about what could not be written.
    alone : context manager, optional
        Entered while the training runs, such as the lock of the file.
    """

    def __init__(
        self,
        save: Callable[[TrainingState], None],
        every: str = AUTO,
        tell: Callable[[str], None] = print,
        alone: AbstractContextManager | None = None,
    ):
        self.epochs, self.seconds = read_every(every)
        self._save, self._tell, self._alone = save, tell, alone or nullcontext()
        self._last, self._cost = time.monotonic(), FIRST_GUESS
        self._signal: int | None = None
        self._old: dict[int, object] = {}

    def due(self, epochs: int | None = None) -> bool:
        """Whether a state has to be written; `epochs` are done in all, at the end of one."""
        if self._signal is not None:
            return True
        if self.epochs is not None:
            return epochs is not None and epochs % self.epochs == 0
        passed = time.monotonic() - self._last
        if self.seconds is not None:
            return passed >= self.seconds
        at_an_end = epochs is not None and epochs % AUTO_EPOCHS == 0
        return (at_an_end or passed >= AUTO_SECONDS) and passed * SHARE >= self._cost

    def write(self, state: TrainingState) -> None:
        """Save the state; then let the signal that asked for it do what it does."""
        began = time.monotonic()
        try:
            self._save(state)
        except TmvaliteError as error:
            self._tell(f"the checkpoint is not written: {error.message}")
        self._last = time.monotonic()
        self._cost = self._last - began
        self.finish()

    def finish(self) -> None:
        """A signal that came when nothing was left to do acts now."""
        number, self._signal = self._signal, None
        if number is not None and number != getattr(signal, "SIGUSR1", None):
            old = self._old.get(number)
            self._release()
            old(number, None) if callable(old) else signal.raise_signal(number)  # Python's own raises KeyboardInterrupt

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Signals wait inside; only the main thread may do so, elsewhere they act as ever."""
        with self._alone:
            yield from self._watching()

    def _watching(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGUSR1", None)):
            if number is not None and (old := signal.getsignal(number)) not in (signal.SIG_IGN, None):
                self._old[number] = old
                signal.signal(number, self._note)
        try:
            yield
        finally:
            self._release()

    def _note(self, number: int, frame) -> None:
        if self._signal == number == signal.SIGINT:
            self._signal = None
            self._release()
            raise KeyboardInterrupt
        self._signal = number

    def _release(self) -> None:
        for number, old in self._old.items():
            signal.signal(number, old)
        self._old = {}
