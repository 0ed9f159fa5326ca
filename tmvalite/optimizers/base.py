"""What an optimizer is: its numbers and its step as formulas, and how it is said. Nothing else knows its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from tmvalite.registry import registrar


@dataclass(frozen=True, slots=True)
class Number:
    """One number of an optimizer.

    Attributes
    ----------
    name : str
        As the log shows it, and behind "ADAM_" its key in a TrainingStrategy.
    field : str
        As the formulas and the settings of a phase call it; optimizers may share one.
    default : float
        Where the key is absent.
    help : str
        What it means; {} stands for the optimizers that read a shared one.
    minimum, maximum : float, optional
        Its range; `open_minimum` and `open_maximum` exclude the limit itself.
    shared_key : str
        The key, where several optimizers read the same one.
    alone : float, optional
        Its value where an optimizer is made without a strategy; None: the default.
    """

    name: str
    field: str
    default: float
    help: str
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    shared_key: str = ""
    alone: float | None = None


def fraction(name: str, default: float, help: str) -> Number:
    """A number at least 0 and less than 1."""
    return Number(name, name, default, help, 0.0, 1.0, open_maximum=True)


def epsilon(optimizer: str, default: float) -> Number:
    """What keeps a quotient finite."""
    return Number("eps", "epsilon", default, f"keeps {optimizer} from dividing by zero", 0.0, open_minimum=True)


# TMVA reads it for every optimizer, and two of its own use it
MOMENTUM = Number("momentum", "momentum", 0.3, "part of the last step that {} repeat", 0.0, 1.0, shared_key="Momentum", alone=0.0)


class Example(NamedTuple):
    """Steps of one parameter: its first value, the gradients, its values after each step; drives the tests of every optimizer.

    numbers : those that differ from the defaults, by field, and "learning_rate"
    """

    theta: float
    gradients: tuple[float, ...]
    expected: tuple[float, ...]
    numbers: Mapping[str, float]


class Optimizer:
    """Base of all optimizers; there is one object of each.

    `m` is the mathematics that a formula is written in (tmvalite/mathematics.py says what it has).

    Attributes
    ----------
    name : str
        As written in Optimizer=.
    text : str
        What it does, in a line.
    formula : str
        The step, lr being the learning rate, g the gradient and theta the parameter.
    tmva : bool
        Whether TMVA has it.
    self_scaled : bool
        Whether its steps have a length of their own, so that a learning rate of 1 is usual.
    numbers : tuple of Number
        Beside the learning rate.
    moments : tuple of str
        What it remembers of every parameter from step to step; all begin with 0.
    examples : tuple of Example
    """

    name: ClassVar[str] = ""
    text: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    tmva: ClassVar[bool] = False
    self_scaled: ClassVar[bool] = False
    numbers: ClassVar[tuple[Number, ...]] = ()
    moments: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[tuple[Example, ...]] = ()

    def prepared(self, m, s, t) -> tuple:
        """What `step` needs of its numbers, computed once per step in float64.

        s has `learning_rate` and the fields of `numbers`; t counts the steps from 1.
        """
        raise NotImplementedError(f"{self.name} declares no prepared(m, s, t)")

    def step(self, m, numbers, theta, g, *moments) -> tuple:
        """The parameter and its moments after a step: (theta, *moments). `numbers` are those that `prepared` gave."""
        raise NotImplementedError(f"{self.name} declares no step(m, numbers, theta, g, ...)")

    def key(self, number: Number) -> str:
        """The key of a number in a TrainingStrategy."""
        return number.shared_key or f"{self.name}_{number.name}"

    def described(self, settings) -> str:
        """The optimizer with its numbers, as TMVA's log has it; `settings` has the fields of the numbers."""
        return f"{self.name} ({','.join(f'{n.name}={getattr(settings, n.field):g}' for n in self.numbers)})"

    @property
    def fields(self) -> tuple[str, ...]:
        """Of its numbers, in the order in which the compiled update gets them."""
        return tuple(number.field for number in self.numbers)

    @cached_property
    def kernel(self) -> Any:
        """The compiled update."""
        from tmvalite.kernels.optimizer import update_of

        return update_of(self.name, self.fields, len(self.moments), self.prepared, self.step)


REGISTRY: dict[str, Optimizer] = {}


register = registrar(REGISTRY, "optimizers")


def all_fields(optimizers: Sequence[Optimizer]) -> tuple[str, ...]:
    """The fields of the numbers of these optimizers, each once."""
    return tuple(dict.fromkeys(field for optimizer in optimizers for field in optimizer.fields))
