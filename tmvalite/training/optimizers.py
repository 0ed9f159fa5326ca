"""Settings and state of the optimizer of a training; what each optimizer does is in tmvalite/optimizers."""

from __future__ import annotations

from dataclasses import dataclass, field, make_dataclass, replace

import numpy as np

from tmvalite.optimizers import DEFAULT, FIELDS, OPTIMIZERS, REGULARIZATIONS, Optimizer

from .parameters import aligned

_Numbers = make_dataclass("_Numbers", [(name, "float | None", field(default=None)) for name in FIELDS], kw_only=True, frozen=True)

PAGE, APART = 4096, 1344  # bytes; a processor takes addresses with the same place in a page for each other


@dataclass(frozen=True)
class OptimizerSettings(_Numbers):
    """An optimizer with its numbers; those that are not given have their defaults, the others are not looked at."""

    name: str = DEFAULT
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    regularization: str = "NONE"

    def __post_init__(self):
        if self.name not in OPTIMIZERS:
            raise ValueError(f"optimizer {self.name!r} is none of {', '.join(OPTIMIZERS)}")
        if self.regularization not in REGULARIZATIONS:
            raise ValueError(f"regularization {self.regularization!r} is none of {', '.join(REGULARIZATIONS)}")

    @property
    def optimizer(self) -> Optimizer:
        return OPTIMIZERS[self.name]

    @property
    def numbers(self) -> list[float]:
        """The optimizer's own numbers, in its order."""
        found = []
        for number in self.optimizer.numbers:
            given, alone = getattr(self, number.field), number.default if number.alone is None else number.alone
            found.append(alone if given is None else given)
        return found


class OptimizerState:
    """Moments of every parameter and the number of steps done. `learning_rate` may be set between calls."""

    def __init__(self, settings: OptimizerSettings, size: int, dtype):
        self.settings = settings
        self.steps = 0
        count, item = len(settings.optimizer.moments), np.dtype(dtype).itemsize
        self.stride = (-(-size * item // PAGE) * PAGE + APART) // item  # elements from one moment to the next
        self.memory = aligned(max(1, count) * self.stride, dtype)
        self.moments = tuple(self.memory[k * self.stride : k * self.stride + size] for k in range(count))

    @property
    def learning_rate(self) -> float:
        return self.settings.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if value != self.settings.learning_rate:  # once an epoch, and networks in turns set it at every step
            self.settings = replace(self.settings, learning_rate=float(value))

    def scalars(self) -> np.ndarray:
        """Run-time scalars in the order of the kernel."""
        s = self.settings
        decay = s.weight_decay if s.regularization != "NONE" else 0.0
        return np.array([s.learning_rate, decay, *s.numbers])

    def kernel(self, precision: str) -> int:
        """Address of the compiled update."""
        return self.settings.optimizer.kernel.address(precision)

    @property
    def regularization(self) -> int:
        """Number of the regularisation in the kernel."""
        return REGULARIZATIONS[self.settings.regularization].code


def optimizer_states(optimizer) -> tuple[OptimizerState, ...]:
    """The states that an optimizer consists of: itself, or one for every turn of an alternation."""
    return (optimizer,) if isinstance(optimizer, OptimizerState) else optimizer.states
