"""The keys of a training phase: type, default, range and meaning of each, in one table.

Defaults are those that TMVA uses when a key is absent; they differ from its default TrainingStrategy string.
Keys marked as extension do not exist in TMVA.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tmvalite.optimizers import DEFAULT, OPTIMIZERS, REGULARIZATIONS, Number

SCHEDULES = ("CONSTANT", "STEP", "COSINE", "PLATEAU")

# Read by older TMVA versions or written in published strings, and used by none.
WITHOUT_EFFECT = ("Multithreading", "Repetitions", "DropRepetitions", "Renormalize")


@dataclass(frozen=True, slots=True)
class TrainingKey:
    """One key of TrainingStrategy.

    Attributes
    ----------
    name, field : str
        As written in a strategy, and as an attribute of PhaseSettings.
    type : type
        int, float, str (one of `choices`) or tuple (DropConfig).
    default : object
        Value when the key is absent.
    minimum, maximum : float or None
        Range; `open_minimum` and `open_maximum` exclude the limit itself.
    optimizer : str or None
        The only optimizer that reads the key.
    schedules : tuple of str
        The only schedules that read the key; empty for all.
    """

    name: str
    field: str
    type: type
    default: Any
    help: str
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    choices: tuple[str, ...] = ()
    optimizer: str | None = None
    schedules: tuple[str, ...] = ()
    extension: bool = False

    def allows(self, value: float) -> bool:
        """Whether a number lies in the range."""
        above = self.minimum is None or value > self.minimum or (value == self.minimum and not self.open_minimum)
        below = self.maximum is None or value < self.maximum or (value == self.maximum and not self.open_maximum)
        return above and below

    @property
    def range_text(self) -> str:
        """What is allowed, in words."""
        words = ["a whole number" if self.type is int else "a number"]
        if self.minimum is not None:
            words.append(f"{'more than' if self.open_minimum else 'at least'} {self.minimum:g}")
        if self.maximum is not None:
            words.append(f"{'less than' if self.open_maximum else 'at most'} {self.maximum:g}")
        return ", ".join(words)


def _key(number: Number, name: str, help: str, **more) -> TrainingKey:
    """The key of a number of optimizers."""
    limits = {limit: getattr(number, limit) for limit in ("minimum", "maximum", "open_minimum", "open_maximum")}
    return TrainingKey(name, number.field, float, number.default, help, **limits, **more)


def _shared() -> tuple[TrainingKey, ...]:
    """The keys that several optimizers read."""
    readers: dict[Number, list[str]] = {}
    for optimizer in OPTIMIZERS.values():
        for number in optimizer.numbers:
            if number.shared_key:
                readers.setdefault(number, []).append(optimizer.name)
    return tuple(_key(number, number.shared_key, number.help.format(_listed(names))) for number, names in readers.items())


def _own() -> tuple[TrainingKey, ...]:
    """The keys that one optimizer reads."""
    return tuple(
        _key(number, optimizer.key(number), number.help, optimizer=optimizer.name, extension=not optimizer.tmva)
        for optimizer in OPTIMIZERS.values()
        for number in optimizer.numbers
        if not number.shared_key
    )


def _listed(names: list[str]) -> str:
    """Names in a sentence: A, B and C."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


KEYS: tuple[TrainingKey, ...] = (
    TrainingKey("LearningRate", "learning_rate", float, 1e-5, "step size of the optimizer", 0.0),
    *_shared(),
    TrainingKey("ConvergenceSteps", "convergence_steps", int, 100, "epochs without improvement before the phase ends", 0),
    TrainingKey("MaxEpochs", "max_epochs", int, 2000, "largest number of epochs", 1),
    TrainingKey("BatchSize", "batch_size", int, 30, "events per step", 1),
    TrainingKey("TestRepetitions", "test_repetitions", int, 7, "epochs between two validations", 1),
    TrainingKey("WeightDecay", "weight_decay", float, 0.0, "factor of the regularisation term", 0.0),
    TrainingKey("Regularization", "regularization", str, "NONE", "term added to the loss", choices=tuple(REGULARIZATIONS)),
    TrainingKey("Optimizer", "optimizer", str, DEFAULT, "minimiser", choices=tuple(OPTIMIZERS)),
    TrainingKey("DropConfig", "drop_config", tuple, (), "probability to drop each input of item 0, 1, ...: 0.0+0.5+0.5"),
    *_own(),
    TrainingKey(
        "LearningRateDecay", "learning_rate_decay", float, 0.0,
        "after every epoch the learning rate is multiplied by 1 - LearningRateDecay (as DecayRate of TMVA's MLP)",
        0.0, 1.0, open_maximum=True, extension=True,
    ),
    TrainingKey(
        "LearningRateSchedule", "learning_rate_schedule", str, "CONSTANT",
        "how the learning rate changes within the phase", choices=SCHEDULES, extension=True,
    ),
    TrainingKey(
        "LearningRateStep", "learning_rate_step", int, 10,
        "STEP: epochs between two changes", 1, schedules=("STEP",), extension=True,
    ),
    TrainingKey(
        "LearningRateFactor", "learning_rate_factor", float, 0.1,
        "STEP, PLATEAU: what the learning rate is multiplied by", 0.0, 1.0, open_minimum=True, open_maximum=True,
        schedules=("STEP", "PLATEAU"), extension=True,
    ),
    TrainingKey(
        "LearningRatePatience", "learning_rate_patience", int, 10,
        "PLATEAU: epochs without improvement before a change", 0, schedules=("PLATEAU",), extension=True,
    ),
    TrainingKey(
        "LearningRateMinimum", "learning_rate_minimum", float, 0.0,
        "the learning rate never falls below it; COSINE reaches it in the last epoch of the phase", 0.0, extension=True,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """What a method that does not read all keys decides itself.

    Attributes
    ----------
    method : str
        Its name in messages.
    optimizer : str
        The one that it has.
    unread : tuple of str
        Keys that TMVA's method does not read and that are followed here.
    default : str
        Its default TrainingStrategy.
    least_improvement : float
        See `PhaseSettings`.
    """

    method: str
    optimizer: str
    unread: tuple[str, ...]
    default: str
    least_improvement: float = 0.0


KEY_NAMES = tuple(key.name for key in KEYS)
_BY_NAME = {key.name.lower(): key for key in KEYS}
_WITHOUT_EFFECT = {name.lower(): name for name in WITHOUT_EFFECT}


def find_key(text: str) -> TrainingKey | None:
    """The key with this name; case does not matter, as in TMVA."""
    return _BY_NAME.get(text.lower())


def find_key_without_effect(text: str) -> str | None:
    """The declared spelling of a key that TMVA accepts and ignores, or None."""
    return _WITHOUT_EFFECT.get(text.lower())


def default_of(field: str, optimizer: str = DEFAULT) -> Any:
    """Default of an attribute of PhaseSettings; 0.0 for one that the optimizer does not use."""
    keys = [key for key in KEYS if key.field == field]
    own = [key.default for key in keys if key.optimizer in (None, optimizer)]
    return own[0] if own else 0.0
