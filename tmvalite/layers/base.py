"""What a layer is: a frozen record of its fields, its shape rule, its parameters and its lowering.

A layer file holds everything that is known about one layer kind. Nothing else knows its name.
Shapes are those of one event: (D,) vectors, (T, D) sequences, (C, H, W) images.

Two methods translate a layer; both get a builder, what the layer reads, and its parameters, and return what it gives:

    lower(self, low, inputs, slots) -> Tensor            steps of a plan; plan/lowering.py says what `low` offers, such as
                                                         low.emit(kernel, x=..., y=...) for a kernel of the layer's own, which is
                                                         imported inside: reading a layout needs no compiler
    onnx(self, forms, inputs, shapes, parameters) -> str  operators of ONNX; layers/onnx_form.py says what `forms` offers

`onnx` gives the layer as it scores. inputs: names of the values read; shapes: theirs, without the axis of events;
parameters: matrices by name, as `parameters` declares them, with those of the layer that it `shares` before its own;
returned is the name of the value of shape `output_shape`, an input's own name where scoring changes nothing.
An exporter makes one `OnnxForms`, sets its `scope` to the name of each node in turn, calls `onnx` with the names returned
before, and writes out `forms.nodes` and `forms.constants`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, dataclass
from typing import Any, ClassVar

from tmvalite.registry import registrar

Shape = tuple[int, ...]

PADDINGS = ("SAME", "VALID")  # words that stand for the padding fields


class ActivationName(str):
    """Type of a field that holds the name of an activation; the value itself is a plain str."""


@dataclass(frozen=True)
class Arg:
    """How one field of a layer is written: what it means, its type, its bounds, the allowed words.

    `minimum` and `maximum` are allowed values, `below` is not. `type` is int, float, bool, str (one of `choices`, or
    any text if there are none) or ActivationName. `extra` fields, the last ones, are written only where they say something.
    """

    help: str
    type: type = int
    minimum: float | None = None
    maximum: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    extra: bool = False


def arg(
    help: str,
    *,
    type: type = int,
    default: Any = MISSING,
    minimum=None,
    maximum=None,
    below=None,
    choices=(),
    extra: bool = False,
) -> Any:
    """Declare a field of a layer; without a default it must be written."""
    meta = {"arg": Arg(help, type, minimum, maximum, below, tuple(choices), extra)}
    return dataclasses.field(metadata=meta) if default is MISSING else dataclasses.field(default=default, metadata=meta)


@dataclass(frozen=True)
class Parameter:
    """One trained (or running-statistics) matrix of a layer, in TMVA's orientation.

    name : our name; `WeightElement.matrices` says which element of the weight file holds it
    shape : rows, columns as in the weight file
    init : "weights" (WeightInitialization, with rows and columns as fans), "zero", "one", or the number with which it begins
    decays : whether L1/L2 regularisation counts it
    trained : False for running statistics
    block : parameters of a layer with the same block are stored side by side, as the columns of one (in, out) matrix
    kept : stored row by row, as in the weight file
    """

    name: str
    shape: tuple[int, int]
    init: str | float = "weights"
    decays: bool = False
    trained: bool = True
    block: str = ""
    kept: bool = False


@dataclass(frozen=True)
class Attribute:
    """One attribute of a layer's element in the weight file and the field it holds.

    read : False for an attribute that TMVA writes and never reads (a copy of another one)
    before : what files of older versions call it
    absent : its text in files of older versions that lack it; "" where there are none
    """

    name: str
    field: str
    read: bool = True
    before: str = ""
    absent: str = ""


@dataclass(frozen=True)
class WeightElement:
    """How TMVA's weight file states a layer.

    attributes : in file order
    matrices : (element name in the file, name of the Parameter it really holds), in file order. TMVA's LSTM and GRU
        elements carry misleading names; the pairs here say what they hold.
    """

    name: str
    attributes: tuple[Attribute, ...] = ()
    matrices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class AddedTerm:
    """What a layer adds to the loss under a name, or to the report alone.

    reported : only reported, not part of the loss
    whole_batch : measured over a batch as a whole, hence in training only
    """

    name: str
    reported: bool = False
    whole_batch: bool = False


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
    tmva: ClassVar[bool] = False  # TMVA's layouts have it
    max_inputs: ClassVar[int | None] = 1  # None: any number
    min_inputs: ClassVar[int] = 1
    sink: ClassVar[bool] = False  # nothing may read it (OUTPUT, KL)
    marks_output: ClassVar[bool] = False  # a sink that makes what it reads an output; has `loss` and `weight`
    drops_input: ClassVar[bool] = False  # DropConfig entries act on its input
    implied: ClassVar[bool] = False  # what an item is whose first field is no kind; one layer only
    activation = ""  # the function of its values; not annotated, since a layer that has one makes it a field of its own
    activations: ClassVar[tuple[str, ...] | None] = None  # allowed names; None: all of them
    other_names: ClassVar[tuple[str, ...]] = ()  # what other programs call it, for hints
    examples: ClassVar[tuple[Example, ...]] = ()
    beyond_sofie: ClassVar[tuple[str, ...]] = ()  # operators of its ONNX form that ROOT's SOFIE does not read
    weight_element: ClassVar[WeightElement | None] = None  # None: TMVA's weight file has no element for it

    @classmethod
    def from_fields(cls, words, context) -> Layer:
        """Build the layer from the fields after its kind. The default reads them in declaration order.

        `words` is a tuple of syntax.Word; `context` a LayerContext. Raises OptionError, warns through the context.
        """
        return context.read_fields(cls, words)

    @classmethod
    def expand(cls, item, prefix: str):
        """The items (syntax.Item) that an item of this kind stands for, or None: it stands for itself.

        `prefix` begins names that nobody can write; the last item carries the value of the whole.
        """
        return None

    @property
    def shares(self) -> str | None:
        """Name of the item whose parameters this layer uses too, or None."""
        return None

    def share(self, layer: Layer, inputs: tuple[Shape, ...]) -> Layer:
        """This layer, told what the item named by `shares` is and reads. Raises ShapeError without a place."""
        return self

    def output_shape(self, *inputs: Shape) -> Shape:
        """Shape of the output for these inputs. Raises ShapeError (without a place; the graph builder adds it)."""
        raise NotImplementedError

    def parameters(self, *inputs: Shape) -> tuple[Parameter, ...]:
        """The parameters for these inputs, in the order in which the flat vector holds them."""
        return ()

    def remarks(self, *inputs: Shape) -> tuple[str, ...]:
        """What a user should be warned about for these inputs although the layer runs; one sentence each."""
        return ()

    reverse: ClassVar = None
    """What a layer has that is linear before its activation: `reverse(low, node, gradient, slots)` lowers the gradient by what
    `node` reads, from that by what it gives before the activation, as a value that has a gradient itself."""

    @property
    def trainable(self) -> bool:
        """Whether it can be trained and applied; otherwise its strings are understood only."""
        return hasattr(self, "lower")

    def terms(self) -> tuple[AddedTerm, ...]:
        """What it adds to the loss and the report, in order."""
        return ()

    def draws(self) -> tuple[str, ...]:
        """What it draws random numbers for, in order: the setting of each ("dropout", "corruption", "noise", "temperature")."""
        return ()

    @property
    def code_prior(self) -> tuple[str, float, float] | None:
        """The distribution from which it measures the distance of a code (kind, two numbers), or None."""
        return None

    def with_code_prior(self, kind: str, first: float, second: float) -> Layer:
        """This layer with another distribution of that kind, if it measures a distance from one."""
        return self

    def least_batch(self, *inputs: Shape) -> int:
        """The smallest number of events of which a training step makes sense."""
        return 1

    def to_fields(self) -> tuple[str, ...]:
        """The fields after the kind, as one would write them, canonical: from_fields(to_fields()) == self."""
        declared = declared_fields(type(self))
        while declared and declared[-1].metadata["arg"].extra and getattr(self, declared[-1].name) == declared[-1].default:
            declared = declared[:-1]
        return tuple(field_text(getattr(self, f.name)) for f in declared)

    def remark_on_root(self, *inputs: Shape) -> str:
        """What ROOT on a CPU made otherwise of this layer in a network that it trained, or ""."""
        return ""

    def weight_fields(self, *inputs: Shape) -> dict[str, Any] | None:
        """Values of the fields as TMVA's weight file states them for these inputs, or None where it cannot.

        ROOT runs a layer exactly if it has a `weight_element`, this is not None and its activation has a code.
        """
        return {f.name: getattr(self, f.name) for f in declared_fields(type(self))}

    # lower and onnx, described above, are added by the layers whose kernels exist


def declared_fields(cls: type[Layer]) -> tuple[dataclasses.Field, ...]:
    """The fields that are written in a layout, in the order in which they are written."""
    return tuple(f for f in dataclasses.fields(cls) if "arg" in f.metadata)


def field_text(value: Any) -> str:
    """A field as one would write it: 1, 0 for booleans, the shortest text that gives a float back."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)


REGISTRY: dict[str, type[Layer]] = {}


register = registrar(REGISTRY, "layers", attribute="kind", keep=lambda cls: cls)
