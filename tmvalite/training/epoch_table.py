"""The text of the epoch table: TMVA's columns, the parts of the loss, and what ends it; never wider than 80 columns.

Parts of the loss take the place of the times, the last ones first; what still finds no room stands on a second line.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from tmvalite.training.history import Epoch, History
from tmvalite.wrapping import WIDTH

RULE = "-" * 76

REPLICA_HEADER = "Replica |  RandomSeed     Epochs  Best Epoch   Val. Err.       t(s)"

_LEFT = "Epoch |  Train Err.   Val. Err."
_STEPS = " Conv. Steps"
_TIMES = ("t(s)/epoch", "t(s)/Loss", "nEvents/s")
_TIME_WIDTH = 11
_INDENT = " " * 6 + "|"

# up to this row of a phase, every so many rows
_STRIDES = ((20, 1), (100, 5), (500, 20), (2000, 50), (10000, 200))
_LAST_STRIDE = 1000


def shown(row: int) -> bool:
    """Whether row number `row` (from 1) of a phase is printed."""
    for limit, stride in _STRIDES:
        if row <= limit:
            return row % stride == 0
    return row % _LAST_STRIDE == 0


def _label(column: str) -> str:
    """What stands above a part of the loss: on the validation events, or where it has no such value while training."""
    name = column.removeprefix("valid_")
    return f"{'Val.' if name != column else 'Train'} {name}".rjust(11)


def _layout(columns: tuple[str, ...]) -> tuple[int, list[list[str]]]:
    """How many of the times have room, and the parts on each line."""
    room = WIDTH - len(_LEFT) - len(_STEPS)
    lines: list[list[str]] = [[]]
    for column in columns:
        width = len(_label(column)) + 2
        if width > room and lines[-1]:
            lines.append([])
            room = WIDTH - len(_INDENT)
        lines[-1].append(column)
        room -= width
    return max(0, room // _TIME_WIDTH) if len(lines) == 1 else 0, lines


def header_text(columns: tuple[str, ...] = ()) -> str:
    """The head of the table, one or more lines."""
    times, (first, *more) = _layout(columns)
    text = _LEFT + "".join(f"{name:>{_TIME_WIDTH}s}" for name in _TIMES[:times]) + _STEPS
    lines = [text + "".join(f"  {_label(name)}" for name in first)]
    return "\n".join([*lines, *(_INDENT + "".join(f"  {_label(name)}" for name in part) for part in more)])


def row_text(number: int, epoch: Epoch, n_train: int, stale: int, columns: tuple[str, ...] = ()) -> str:
    """One row of the table; nEvents/s counts the time without the validation, as TMVA does."""
    times, (first, *more) = _layout(columns)
    seconds = epoch.seconds - epoch.valid_seconds
    rate = n_train / seconds if seconds > 0 else 0.0
    text = f"{number:5d} |{_number(epoch.train_loss, 12)}{_number(epoch.valid_loss, 12)}"
    text += "".join(_number(value, _TIME_WIDTH, 4) for value in (epoch.seconds, epoch.valid_seconds, rate)[:times])
    text += f"{stale:{len(_STEPS)}d}"

    def parts(names):
        return "".join(_number(epoch.parts.get(name, float("nan")), len(_label(name)) + 2) for name in names)

    return "\n".join([text + parts(first), *(_INDENT + parts(names) for names in more)])


def _number(value: float, width: int, digits: int = 6) -> str:
    """A number with a blank before it, with as many of `digits` significant digits as the width allows."""
    for d in range(digits, 0, -1):
        text = f"{value:.{d}g}"
        if len(text) < width:
            break
    return text.rjust(width)


def summary_text(history: History) -> str:
    """How many epochs in what time, and which of them gave the weights; and what is kept; one line or two."""
    n = len(history.epochs)
    how = "interrupted" if history.interrupted else "finished"
    text = f"Training {how}: {n} epoch{'s' * (n != 1)} in {history.seconds:.3g} sec"
    if history.best_epoch is not None and history.keeps_last:
        text += f"\nThe weights of epoch {history.best_epoch} are kept: no loss says which epoch is best"
    elif history.best_epoch is not None:
        kept = "; its weights are kept" if history.interrupted else ""
        text += f"\nSmallest validation error {history.best_loss:.6g} in epoch {history.best_epoch}{kept}"
    elif history.interrupted:
        text += "\nThe weights as they are now are kept"
    return text


def replica_text(done: int, history: History) -> str:
    """A row for one of several trainings, in the order in which they end."""
    best, loss = ("none", math.nan) if history.best_epoch is None else (history.best_epoch, history.best_loss)
    columns = f"{history.seed:12d}{len(history.epochs):11d}{best!s:>12}"
    return f"{done:7d} |{columns}{_number(loss, 12)}{_number(history.seconds, 11, 4)}"


def replicas_text(histories: Sequence[History], seconds: float) -> str:
    """How many trainings in what time, and how far apart their validation errors are."""
    n, losses = len(histories), [h.best_loss for h in histories if h.best_epoch is not None]
    epochs = [len(history.epochs) for history in histories]
    many = f"{epochs[0]}" if len(set(epochs)) == 1 else f"{min(epochs)} to {max(epochs)}"
    text = f"Training finished: {n} replica{'s' * (n != 1)} of {many} epochs in {seconds:.3g} sec"
    if losses:
        spread = f" +- {statistics.stdev(losses):.2g}" if len(losses) > 1 else ""
        text += f"\nSmallest validation errors: {statistics.fmean(losses):.6g}{spread}, mean and spread of the replicas"
    return text
