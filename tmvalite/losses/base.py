"""What a loss is: its formulas, what it trains and how, and what else must be known of it. Nothing else knows its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tmvalite import mathematics
from tmvalite.activations import ACTIVATIONS, Activation
from tmvalite.errors import OptionError
from tmvalite.registry import registrar

AUTOENCODER = "autoencoder"  # beside the analysis types: an output that reconstructs what the network reads
ANY, UNIT, PROBABILITIES = "any", "0 to 1", "probabilities that add up to 1"  # targets


@dataclass(frozen=True)
class Use:
    """How a loss trains an output of one analysis type, or of a decoder.

    Attributes
    ----------
    function : str
        What makes a value of the raw output: "identity", or an activation in lower case.
    per_class : bool
        Whether it needs an output for every class.
    usual : bool
        Whether it is what trains where nothing else is asked for.
    remark, hint, code : str
        What is worth a warning where the user asks for it.
    """

    function: str
    per_class: bool = False
    usual: bool = False
    remark: str = ""
    hint: str = ""
    code: str = ""


class Example(NamedTuple):
    """The loss of one event, to the digits given: what the formula takes for x and t; drives the tests of every loss."""

    outputs: tuple[float, ...]
    targets: tuple[float, ...]
    loss: float


class Loss:
    """Base of all losses; there is one object of each.

    A loss is the mean over the values of an event of `value(m, x, t)`, x being the raw output and t the target, unless it
    declares a `kernel` and `errors` of its own. `m` is the mathematics that a formula is written in
    (tmvalite/mathematics.py says what it has).

    Attributes
    ----------
    name : str
        As written in ErrorStrategy= and OUTPUT|..
    text, formula : str
        What it is, in a line; the loss of an event with outputs o_j and targets y_j.
    letter : str, optional
        In TMVA's weight file; None for a loss that TMVA lacks. A network that it trained is written as our extension.
    uses : mapping
        From an analysis type, or AUTOENCODER, to a Use; it trains nothing else.
    applies_function : bool
        Whether x stands for the raw output although a sigmoid or softmax makes the values. Otherwise it trains the value
        that an elementwise output function makes of the raw output.
    targets : ANY, UNIT or PROBABILITIES
        What may be learnt.
    gaussian : bool
        Whether it is the likelihood of a Gaussian decoder, so that a width sigma counts.
    examples : tuple of Example
    """

    name: ClassVar[str] = ""
    text: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    letter: ClassVar[str | None] = None
    uses: ClassVar[Mapping[str, Use]] = {}
    applies_function: ClassVar[bool] = False
    targets: ClassVar[str] = ANY
    gaussian: ClassVar[bool] = False
    examples: ClassVar[tuple[Example, ...]] = ()

    def value(self, m, x, t):
        """The loss of one value with target t."""
        raise NotImplementedError(f"{self.name} declares no value(m, x, t)")

    def slope(self, m, x, t):
        """Its derivative by x."""
        raise NotImplementedError(f"{self.name} declares no slope(m, x, t)")

    def nats(self, width: int, sigma: float = 1.0) -> float:
        """What makes the loss of an event with `width` values a negative log-likelihood, but for constants."""
        raise NotImplementedError(f"{self.name} declares no nats(width, sigma)")

    def errors(self, outputs: np.ndarray, targets: np.ndarray, sigma: float = 1.0) -> np.ndarray:
        """The negative log-likelihood of every value without constants, (N, width) float64, from raw outputs (N, width).

        Added up over an event it is `nats` times its loss.
        """
        width = outputs.shape[1]
        return self.value(mathematics, outputs, targets) * (self.nats(width, sigma) / width)

    def onnx_errors(self, forms, outputs: str, targets: str, sigma: float = 1.0) -> str:
        """`errors` in operators of ONNX (layers/onnx_form.py), from the names of raw outputs and targets (N, width).

        Raises OptionError where a loss declares none.
        """
        raise OptionError(
            f"the loss {self.name} has no form in ONNX", code="onnx-operator", hint="write Encoder and Decoder apart"
        )

    def kernel(self, function: Activation | None = None) -> Any:
        """The family that computes it, of the raw output or of the value that `function` makes of it."""
        return _by_value(self, function)


@cache
def _by_value(loss: Loss, function: Activation | None):
    from tmvalite.kernels.loss import by_value

    if function is None:
        return by_value(loss.name, loss.value, loss.slope)

    def value(m, x, t):
        return loss.value(m, function.forward(m, x), t)

    def slope(m, x, t):
        y = function.forward(m, x)
        return function.backward(m, y if function.saves == "output" else x, loss.slope(m, y, t))

    return by_value(f"{loss.name}_{function.name}", value, slope)


REGISTRY: dict[str, Loss] = {}


register = registrar(REGISTRY, "losses")


# ---------------------------------------------------------------------------------------------- output functions

IDENTITY = "identity"
FUNCTION_CODES = {IDENTITY: "I", "sigmoid": "S", "softmax": "M"}  # letters of the weight file; TMVA has no others
FUNCTION_OF_CODE = {code: name for name, code in FUNCTION_CODES.items()}


def activation_of(function: str) -> Activation:
    """The activation that an output function is."""
    return ACTIVATIONS["LINEAR" if function == IDENTITY else function.upper()]


def is_function(function: str) -> bool:
    """Whether there is an output function of this name."""
    return function == IDENTITY or (function == function.lower() and function.upper() in ACTIVATIONS)
