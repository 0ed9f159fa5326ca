"""What a layer is: a frozen record of its fields, its shape rule, its parameters and its lowering.

A layer file holds everything that is known about one layer kind. Nothing else knows its name.
Shapes are those of one event: (D,) vectors, (T, D) sequences, (C, H, W) images.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import MISSING, dataclass
from typing import Any, ClassVar

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Arg:
    """How one field of a layer is written: what it means, its type, the smallest value, the allowed words."""

    help: str
    type: type = int
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


def arg(help: str, *, type: type = int, default: Any = MISSING, minimum=None, maximum=None, choices=()) -> Any:
    """Declare a field of a layer; without a default it must be written."""
    meta = {"arg": Arg(help, type, minimum, maximum, tuple(choices))}
    return dataclasses.field(metadata=meta) if default is MISSING else dataclasses.field(default=default, metadata=meta)


@dataclass(frozen=True)
class Parameter:
    """One trained (or running-statistics) matrix of a layer, in TMVA's orientation.

    name : the element name in the weight file ("Weights", "Biases", ...)
    shape : rows, columns as in the weight file
    init : "weights" (WeightInitialization, with rows and columns as fans), "zero" or "one"
    decays : whether L1/L2 regularisation counts it
    trained : False for running statistics
    """

    name: str
    shape: tuple[int, int]
    init: str = "weights"
    decays: bool = False
    trained: bool = True


@dataclass(frozen=True)
class Example:
    """A layer as written, the shapes it reads and the shape it gives; drives the tests of every layer."""

    text: str
    inputs: tuple[Shape, ...]
    output: Shape


@dataclass(frozen=True)
class Layer:
    """Base of all layer kinds. Subclasses are frozen dataclasses whose fields are declared with `arg`."""

    kind: ClassVar[str] = ""
    tmva: ClassVar[bool] = False           # TMVA's layouts have it
    max_inputs: ClassVar[int | None] = 1   # None: any number
    min_inputs: ClassVar[int] = 1
    sink: ClassVar[bool] = False           # nothing may read it (OUTPUT, KL)
    examples: ClassVar[tuple[Example, ...]] = ()

    @classmethod
    def from_fields(cls, words, context) -> Layer:
        """Build the layer from the fields after its kind. The default reads them in declaration order.

        `words` is a tuple of syntax.Word; `context` a LayerContext. Raises OptionError, warns through the context.
        """
        return context.read_fields(cls, words)

    def output_shape(self, *inputs: Shape) -> Shape:
        """Shape of the output for these inputs. Raises ShapeError (without a place; the graph builder adds it)."""
        raise NotImplementedError

    def parameters(self, *inputs: Shape) -> tuple[Parameter, ...]:
        """The parameters for these inputs, in weight-file order."""
        return ()

    def to_fields(self) -> tuple[str, ...]:
        """The fields after the kind, as one would write them, canonical: from_fields(to_fields()) == self."""
        return tuple(
            ("1" if value else "0") if isinstance(value, bool) else str(value)
            for value in (getattr(self, f.name) for f in dataclasses.fields(self))
        )

    # lower(self, lowering, inputs, parameters) -> value: added by the layers whose kernels exist; see plan/lowering.py


REGISTRY: dict[str, type[Layer]] = {}


def register(kind: str) -> Callable[[type[Layer]], type[Layer]]:
    """Class decorator: make the layer known under its keyword."""

    def add(cls: type[Layer]) -> type[Layer]:
        if kind in REGISTRY:
            raise ValueError(f"two layers are called {kind}")
        cls.kind = kind
        REGISTRY[kind] = cls
        return cls

    return add
