"""What a training leaves behind: one row per epoch, and what the run as a whole came to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Epoch:
    """One epoch.

    epoch : number from 1 on, through all phases
    phase : number of the phase, from 1
    train_loss : event-weighted mean over the training events, while they were trained (dropout active, parameters
        changing), plus the penalty
    valid_loss : event-weighted mean over the validation events, plus the penalty once; NaN where none was made
    penalty : L1 or L2 term at the end of the epoch, part of both losses
    learning_rate : of the last batch
    improved : whether this epoch became the best
    seconds : of the whole epoch
    valid_seconds : of its validation
    parts : what the loss consists of by name, means as in train_loss, and with "valid_" before the name as in valid_loss;
        empty for a loss of one part
    """

    epoch: int
    phase: int
    train_loss: float
    valid_loss: float
    penalty: float
    learning_rate: float
    improved: bool
    seconds: float
    valid_seconds: float
    parts: dict[str, float] = field(default_factory=dict)


COLUMNS = tuple(f.name for f in fields(Epoch) if f.name != "parts")


@dataclass
class History:
    """The epochs of a training in order.

    best_epoch : epoch whose weights were kept, None if none improved on the start
    best_loss : its validation loss, NaN if there is none
    interrupted : whether the user stopped the training
    seed : the random seed used, also when RandomSeed was 0
    keeps_last : whether the weights of the last epoch are kept, whatever its loss, which `best_epoch` then is
    """

    epochs: list[Epoch] = field(default_factory=list)
    best_epoch: int | None = None
    best_loss: float = float("nan")
    interrupted: bool = False
    seed: int = 0
    keeps_last: bool = False

    @property
    def seconds(self) -> float:
        return sum(e.seconds for e in self.epochs)

    def columns(self) -> dict[str, list]:
        """The epochs as lists, one per column, then one per part of the loss; NaN where an epoch has no such part."""
        rows = [asdict(e) for e in self.epochs]
        parts = dict.fromkeys(name for e in self.epochs for name in e.parts)
        return {name: [row[name] for row in rows] for name in COLUMNS} | {
            name: [e.parts.get(name, math.nan) for e in self.epochs] for name in parts
        }

    def state(self) -> dict[str, Any]:
        """All of it in numbers, texts, lists and dicts."""
        rows = [asdict(e) for e in self.epochs]
        return {"epochs": rows, "best_epoch": self.best_epoch, "best_loss": self.best_loss, "seed": self.seed}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Become what `state` gave."""
        self.epochs = [Epoch(**row) for row in state["epochs"]]
        self.best_epoch, self.best_loss, self.seed = state["best_epoch"], state["best_loss"], state["seed"]
