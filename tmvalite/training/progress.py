"""What is said during a training: TMVA's epoch table, and a moving line below it on a terminal.

The table (epoch_table.py) goes to standard output, as TMVA's log does, and holds no control characters; the moving line
goes to standard error, needs rich, and appears only if standard error is a terminal. Of a long training every validation is
shown at first, then ever fewer, and always the last one: 1000 epochs take about 75 lines.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tmvalite.errors import OptionError, did_you_mean
from tmvalite.optimizers import OPTIMIZERS, REGULARIZATIONS
from tmvalite.string_utils.phases import PhaseSettings
from tmvalite.training.epoch_table import (
    REPLICA_HEADER,
    RULE,
    header_text,
    replica_text,
    replicas_text,
    row_text,
    shown,
    summary_text,
)
from tmvalite.training.history import Epoch, History
from tmvalite.wrapping import fitted

MODES = ("auto", "live", "table", "summary", "silent")


@dataclass(frozen=True)
class PhaseStart:
    """What is known when a phase begins: its number of `count` phases, settings, events, loss before the first step.

    `columns` are the parts of the loss that the table shows, by their names in `Epoch.parts`.
    """

    number: int
    count: int
    settings: PhaseSettings
    n_train: int
    n_valid: int
    initial_loss: float
    columns: tuple[str, ...] = ()


class Progress:
    """Says nothing; the base of those that do. The training calls the methods in this order.

    compile_seconds : what went into compiling kernels, which is no training time
    """

    compile_seconds = 0.0

    def compiled(self, seconds: float) -> None:
        """The kernels are ready, which took so long."""
        self.compile_seconds += seconds

    def begin_phase(self, start: PhaseStart) -> None:
        """A phase begins."""

    def batches(self, epoch: int, done: float) -> None:
        """Within an epoch of the phase; `done` is the part of it that is trained, 0 to 1."""

    def epoch(self, number: int, epoch: Epoch, stale: int) -> None:
        """Epoch `number` of the phase is over; `stale` epochs have passed without improvement."""

    def message(self, text: str) -> None:
        """Something worth a line."""

    def end_phase(self) -> None:
        """The phase is over, also by an error."""

    def end(self, history: History) -> None:
        """The training is over."""

    def replica(self, done: int, count: int, history: History) -> None:
        """One of `count` trainings of a network is over, and `done` of them in all; called instead of the above."""

    def end_replicas(self, histories: Sequence[History], seconds: float) -> None:
        """All of them are over."""


def optimizer_text(settings: PhaseSettings) -> str:
    """The optimizer with the numbers that it reads, as TMVA prints them."""
    return OPTIMIZERS[settings.optimizer].described(settings)


class SummaryProgress(Progress):
    """What a training came to, without the table."""

    def __init__(self, write: Callable[[str], None] = print):
        self._write = write

    def message(self, text):
        self._say(text)

    def _say(self, text):
        for line in fitted(text).split("\n"):
            self._write(line)

    def end(self, history):
        self._say(summary_text(history))

    def end_replicas(self, histories, seconds):
        self._say(replicas_text(histories, seconds))


class TableProgress(SummaryProgress):
    """Writes the table line by line."""

    def __init__(self, write: Callable[[str], None] = print):
        super().__init__(write)
        self._start: PhaseStart | None = None
        self._rows = 0
        self._held: str | None = None  # the last row, not shown yet

    def begin_phase(self, start):
        self._start, self._rows, self._held = start, 0, None
        s = start.settings
        if start.number == 1:
            self._say(f"Using {start.n_train} events for training and {start.n_valid} for validation")
        head = (
            f"Training phase {start.number} of {start.count}:  Optimizer {optimizer_text(s)}\n"
            f"Learning rate = {s.learning_rate:g} regularization {REGULARIZATIONS[s.regularization].code} "
            f"minimum error = {start.initial_loss:g}"
        )
        self._say("\n".join([head, RULE, header_text(start.columns), RULE]))

    def epoch(self, number, epoch, stale):
        if epoch.valid_loss != epoch.valid_loss:  # not validated
            return
        self._rows += 1
        self._held = row_text(number, epoch, self._start.n_train, stale, self._start.columns)
        if shown(self._rows):
            self._show()

    def message(self, text):
        self._show()
        self._say(text)

    def replica(self, done, count, history):
        if done == 1:
            self._say(f"Training {count} replicas\n{RULE}\n{REPLICA_HEADER}\n{RULE}")
        if shown(done) or done == count:
            self._say(replica_text(done, history))

    def end_phase(self):
        self._show()

    def _show(self):
        if self._held is not None:
            for line in self._held.split("\n"):
                self._write(line)
            self._held = None


def remaining_text(seconds: float, done: float) -> str:
    """How long a phase still takes if no early stop ends it, when `done` of it, 0 to 1, took `seconds`.

    >>> remaining_text(30.0, 0.25), remaining_text(0.1, 0.0), remaining_text(5400.0, 0.5)
    ('1:30 left', '', '1:30:00 left')
    """
    if done <= 0.0:
        return ""
    left = round(seconds * (1.0 - done) / done)
    hours = f"{left // 3600}:" if left >= 3600 else ""
    minutes = f"{left // 60 % 60:02d}" if hours else f"{left // 60}"
    return f"{hours}{minutes}:{left % 60:02d} left"


class LiveProgress(TableProgress):
    """The table, and below it a bar on standard error that moves within the epochs and says how long it may take."""

    def __init__(self, write: Callable[[str], None] = print, console=None, clock: Callable[[], float] = time.perf_counter):
        super().__init__(write)
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        # Lines written to a terminal pass through rich, which keeps the bar below them; a file gets them as they are.
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TextColumn("{task.fields[left]}"))
        self._bars = Bars(
            *columns,
            console=console or Console(stderr=True),
            transient=True,
            refresh_per_second=5,
            expand=True,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=False,
        )
        self._task = self._bars.add_task("", left="")
        self._losses, self._clock, self._began = "", clock, 0.0

    def begin_phase(self, start):
        super().begin_phase(start)
        self._losses, self._began = "", self._clock()
        self._bars.reset(self._task, total=start.settings.max_epochs)
        self._move(1, 0.0)
        self._bars.start()

    def batches(self, epoch, done):
        self._move(epoch, done)

    def epoch(self, number, epoch, stale):
        super().epoch(number, epoch, stale)
        self._losses = f"  train {epoch.train_loss:.4g}"
        if epoch.valid_loss == epoch.valid_loss:
            self._losses += f"  val. {epoch.valid_loss:.4g}"
        self._move(number, 1.0)

    def end_phase(self):
        self._bars.stop()
        super().end_phase()

    def _move(self, epoch, done):
        start = self._start
        phase = f"phase {start.number}/{start.count}  " if start.count > 1 else ""
        completed, most = epoch - 1 + done, start.settings.max_epochs
        left = remaining_text(self._clock() - self._began, completed / most)
        self._bars.update(self._task, completed=completed, description=f"{phase}epoch {epoch}/{most}{self._losses}", left=left)


def make_progress(mode: str | bool = "auto", write: Callable[[str], None] = print) -> Progress:
    """The progress of a mode.

    Parameters
    ----------
    mode : str or bool
        "silent"; "summary", the table's last lines alone; "table"; "live" (rich must be importable); "auto": live if
        standard error is a terminal and rich is there, else the table. False is "silent", True is "auto".
    write : callable(str)
        Takes the lines of the table.

    Raises
    ------
    OptionError
        Another mode.
    """
    if mode is False or mode == "silent":
        return Progress()
    if mode == "summary":
        return SummaryProgress(write)
    if mode == "table":
        return TableProgress(write)
    if mode == "live":
        return LiveProgress(write)
    if mode is not True and mode != "auto":
        raise OptionError(f"progress {mode!r} is not known", code="argument", expected=MODES, hint=did_you_mean(str(mode), MODES))
    if not sys.stderr.isatty():
        return TableProgress(write)
    try:
        return LiveProgress(write)
    except ImportError:
        return TableProgress(write)
