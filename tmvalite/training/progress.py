"""What is said during a training: TMVA's epoch table, and a moving line below it on a terminal.

The table goes to standard output, as TMVA's log does, and holds no control characters; the moving line goes to standard
error, needs rich, and appears only if standard error is a terminal. Of a long training every validation is shown at first,
then ever fewer, and always the last one: 1000 epochs take about 75 lines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from tmvalite.errors import OptionError, did_you_mean
from tmvalite.optimizers import OPTIMIZERS, REGULARIZATIONS
from tmvalite.string_utils.phases import PhaseSettings
from tmvalite.training.history import Epoch, History

MODES = ("auto", "live", "table", "silent")

HEADER = "     Epoch |   Train Err.   Val. Err.  t(s)/epoch   t(s)/Loss   nEvents/s Conv. Steps"
RULE = "-" * 62

# up to this row of a phase, every so many rows
_STRIDES = ((20, 1), (100, 5), (500, 20), (2000, 50), (10000, 200))
_LAST_STRIDE = 1000


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
    """Says nothing; the base of those that do. The training calls the methods in this order."""

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


def shown(row: int) -> bool:
    """Whether row number `row` (from 1) of a phase is printed."""
    for limit, stride in _STRIDES:
        if row <= limit:
            return row % stride == 0
    return row % _LAST_STRIDE == 0


def optimizer_text(settings: PhaseSettings) -> str:
    """The optimizer with the numbers that it reads, as TMVA prints them."""
    return OPTIMIZERS[settings.optimizer].described(settings)


def header_text(columns: tuple[str, ...] = ()) -> str:
    """The head of the table; parts of the loss stand behind TMVA's columns."""
    return HEADER + "".join(f"  {_label(name)}" for name in columns)


def _label(column: str) -> str:
    """What stands above a part of the loss: on the validation events, or where it has no such value while training."""
    name = column.removeprefix("valid_")
    return f"{'Val.' if name != column else 'Train'} {name}".rjust(11)


def row_text(number: int, epoch: Epoch, n_train: int, stale: int, columns: tuple[str, ...] = ()) -> str:
    """One row of the table; nEvents/s counts the time without the validation, as TMVA does."""
    seconds = epoch.seconds - epoch.valid_seconds
    rate = n_train / seconds if seconds > 0 else 0.0
    values = (epoch.train_loss, epoch.valid_loss, epoch.seconds, epoch.valid_seconds, rate)
    return (
        f"{number:10d} | "
        + "".join(f"{value:12.6g}" for value in values)
        + f"{stale:12d}"
        + "".join(f"{epoch.parts.get(name, float('nan')):{len(_label(name)) + 2}.6g}" for name in columns)
    )


def summary_text(history: History) -> str:
    """How many epochs in what time, and which of them gave the weights."""
    n = len(history.epochs)
    how = "interrupted" if history.interrupted else "finished"
    text = f"Training {how}: {n} epoch{'s' * (n != 1)} in {history.seconds:.3g} sec"
    if history.best_epoch is not None:
        text += f", smallest validation error {history.best_loss:.6g} in epoch {history.best_epoch}"
    if history.interrupted:
        text += "; its weights are kept" if history.best_epoch is not None else "; the weights as they are now are kept"
    return text


class TableProgress(Progress):
    """Writes the table line by line."""

    def __init__(self, write: Callable[[str], None] = print):
        self._write = write
        self._start: PhaseStart | None = None
        self._rows = 0
        self._held: str | None = None  # the last row, not shown yet

    def begin_phase(self, start):
        self._start, self._rows, self._held = start, 0, None
        s = start.settings
        if start.number == 1:
            self._write(f"Using {start.n_train} events for training and {start.n_valid} for validation")
        self._write(
            f"Training phase {start.number} of {start.count}:  Optimizer {optimizer_text(s)} "
            f"Learning rate = {s.learning_rate:g} regularization {REGULARIZATIONS[s.regularization].code} "
            f"minimum error = {start.initial_loss:g}"
        )
        for line in (RULE, header_text(start.columns), RULE):
            self._write(line)

    def epoch(self, number, epoch, stale):
        if epoch.valid_loss != epoch.valid_loss:  # not validated
            return
        self._rows += 1
        self._held = row_text(number, epoch, self._start.n_train, stale, self._start.columns)
        if shown(self._rows):
            self._show()

    def message(self, text):
        self._show()
        self._write(text)

    def end_phase(self):
        self._show()

    def end(self, history):
        self._write(summary_text(history))

    def _show(self):
        if self._held is not None:
            self._write(self._held)
            self._held = None


class LiveProgress(TableProgress):
    """The table, and below it a bar on standard error that moves within the epochs."""

    def __init__(self, write: Callable[[str], None] = print, console=None):
        super().__init__(write)
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        # Lines written to a terminal pass through rich, which keeps the bar below them; a file gets them as they are.
        columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TimeElapsedColumn())
        self._bars = Bars(
            *columns,
            console=console or Console(stderr=True),
            transient=True,
            refresh_per_second=5,
            expand=True,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=False,
        )
        self._task = self._bars.add_task("")
        self._losses = ""

    def begin_phase(self, start):
        super().begin_phase(start)
        self._losses = ""
        self._bars.reset(self._task, total=start.settings.max_epochs)
        self._bars.start()
        self._move(1, 0.0)

    def batches(self, epoch, done):
        self._move(epoch, done)

    def epoch(self, number, epoch, stale):
        super().epoch(number, epoch, stale)
        self._losses = f"  training {epoch.train_loss:.4g}"
        if epoch.valid_loss == epoch.valid_loss:
            self._losses += f"  validation {epoch.valid_loss:.4g}"
        self._move(number, 1.0)

    def end_phase(self):
        self._bars.stop()
        super().end_phase()

    def _move(self, epoch, done):
        start = self._start
        phase = f"phase {start.number}/{start.count}  " if start.count > 1 else ""
        self._bars.update(
            self._task, completed=epoch - 1 + done, description=f"{phase}epoch {epoch}/{start.settings.max_epochs}{self._losses}"
        )


def make_progress(mode: str = "auto", write: Callable[[str], None] = print) -> Progress:
    """The progress of a mode.

    Parameters
    ----------
    mode : str
        "silent"; "table"; "live" (rich must be importable); "auto": live if standard error is a terminal and rich is
        there, else the table.
    write : callable(str)
        Takes the lines of the table.

    Raises
    ------
    OptionError
        Another mode.
    """
    if mode == "silent":
        return Progress()
    if mode == "table":
        return TableProgress(write)
    if mode == "live":
        return LiveProgress(write)
    if mode != "auto":
        raise OptionError(f"progress {mode!r} is not known", code="progress", expected=MODES, hint=did_you_mean(str(mode), MODES))
    if not sys.stderr.isatty():
        return TableProgress(write)
    try:
        return LiveProgress(write)
    except ImportError:
        return TableProgress(write)
