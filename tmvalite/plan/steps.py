"""What a plan is made of: tensors (planned values) and steps (one kernel call over a tile of events).

A step belongs to one of a few families; what the planner must know of it are traits, never a layer's name:
which tensors it reads and writes, in which memory format, what its backward reads, whether it may work in place,
how it differentiates, which kernel runs it and how its descriptor is written. A family is one class below.

Formats: "rows" is (events, elements) row-major; "features" is (elements, events), the events of a tile contiguous.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

from tmvalite.kernels import activation, combine, loss, product, random, transpose
from tmvalite.kernels._jit import Family

ROWS, FEATURES = "rows", "features"


@dataclass(frozen=True, eq=False)
class Tensor:
    """A planned value: `size` elements per event. `label` says what it is in the printed plan."""

    size: int
    label: str
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Slot:
    """Where one trained matrix lies in the flat vector: offset, TMVA shape, whether stored transposed."""

    node: str
    name: str
    shape: tuple[int, int]
    offset: int
    transposed: bool = False
    decays: bool = False
    trained: bool = True

    @property
    def size(self) -> int:
        return self.shape[0] * self.shape[1]


class Tape:
    """Collects the backward steps and knows the gradient of every tensor."""

    def __init__(self):
        self.steps: list[Step] = []
        self._gradients: dict[Tensor, Tensor] = {}
        self.wanted: set[Tensor] = set()       # tensors whose gradient somebody needs

    def gradient(self, tensor: Tensor) -> Tensor | None:
        return self._gradients.get(tensor)

    def target(self, tensor: Tensor) -> tuple[Tensor, bool]:
        """Where a contribution to the gradient of `tensor` goes, and whether it adds to what is there."""
        known = self._gradients.get(tensor)
        if known is not None:
            return known, True
        made = self._gradients[tensor] = Tensor(tensor.size, f"d {tensor.label}", tensor.shape)
        return made, False

    def hand_over(self, tensor: Tensor, gradient: Tensor) -> None:
        """Give `gradient`, which nobody needs any more, as a contribution to the gradient of `tensor`."""
        known = self._gradients.get(tensor)
        if known is None:
            self._gradients[tensor] = gradient
        else:
            self.steps.append(Copy(gradient, known, accumulate=True))


@dataclass(frozen=True, eq=False)
class Step:
    """Base of the families. `reads` and `writes` are derived from the fields of each family."""

    family: ClassVar[str] = ""
    formats: ClassVar[tuple[str, ...]] = (ROWS,)   # the memory formats it can work in, all operands alike
    elementwise: ClassVar[bool] = False
    accumulates: ClassVar[bool] = False            # adds into parameters' gradients

    @property
    def reads(self) -> tuple[Tensor, ...]:
        raise NotImplementedError

    @property
    def writes(self) -> tuple[Tensor, ...]:
        raise NotImplementedError

    @property
    def in_place(self) -> tuple[Tensor, Tensor] | None:
        """(output, input) that may share memory when the input dies here."""
        return None

    def differentiate(self, tape: Tape) -> None:
        """Append the steps that turn the gradient of the outputs into those of the inputs."""
        raise NotImplementedError

    @property
    def kernel(self) -> Family:
        """The compiled family that runs this step."""
        raise NotImplementedError

    def encode(self, at) -> tuple[int, ...]:
        """The descriptor behind the kernel's address; `at(tensor)` gives offset and size of an operand."""
        raise NotImplementedError

    def flops(self) -> int:
        """Arithmetic per event, a multiply-add counted as two."""
        return self.writes[0].size if self.writes else 0

    def text(self) -> str:
        return ""

    def substitute(self, mapping: dict[Tensor, Tensor]) -> Step:
        """The same step on other tensors."""
        changes = {
            name: mapping[value]
            for name, value in self.__dict__.items()
            if isinstance(value, Tensor) and value in mapping
        }
        return replace(self, **changes) if changes else self


@dataclass(frozen=True, eq=False)
class Product(Step):
    """y = x W^T + b. `narrow`: few outputs, W kept as (out, in) and summed along it in 16 chains."""

    x: Tensor
    y: Tensor
    weights: Slot
    bias: Slot | None
    narrow: bool
    family = "product"

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        tape.steps.append(ProductWeights(self.x, grad, self.weights, self.bias, self.narrow))
        if self.x in tape.wanted:
            target, add = tape.target(self.x)
            tape.steps.append(ProductData(grad, target, self.weights, self.narrow, add))

    def encode(self, at):
        return *at(self.x), *at(self.y), self.weights.offset, self.bias.offset if self.bias else -1

    @property
    def kernel(self):
        return product.narrow_forward if self.narrow else product.product_forward

    def flops(self):
        return 2 * self.x.size * self.y.size

    def text(self):
        return f"{self.weights.node}: {self.x.size} -> {self.y.size}" + (", dot form" if self.narrow else "")


@dataclass(frozen=True, eq=False)
class ProductData(Step):
    """Gradient of a product with respect to its input."""

    grad: Tensor
    result: Tensor
    weights: Slot
    narrow: bool
    accumulate: bool
    family = "product"
    kernel = product.product_backward_data

    reads = property(lambda self: (self.grad, self.result) if self.accumulate else (self.grad,))
    writes = property(lambda self: (self.result,))

    def encode(self, at):
        return *at(self.grad), *at(self.result), self.weights.offset, int(self.narrow), int(self.accumulate)

    def flops(self):
        return 2 * self.grad.size * self.result.size

    def text(self):
        return f"{self.weights.node}: {self.grad.size} -> {self.result.size}" + (", adds" if self.accumulate else "")


@dataclass(frozen=True, eq=False)
class ProductWeights(Step):
    """Gradient of a product with respect to weights and bias, added up over the tiles of a share."""

    x: Tensor
    grad: Tensor
    weights: Slot
    bias: Slot | None
    narrow: bool
    first_use: bool = True
    family = "product"
    kernel = product.product_backward_weights
    accumulates = True

    reads = property(lambda self: (self.x, self.grad))
    writes = property(lambda self: ())

    def encode(self, at):
        bias = self.bias.offset if self.bias else -1
        return *at(self.x), *at(self.grad), self.weights.offset, bias, int(self.narrow), int(self.first_use)

    def flops(self):
        return 2 * self.x.size * self.grad.size

    def text(self):
        return f"{self.weights.node}: weights {self.grad.size} x {self.x.size}"


@dataclass(frozen=True, eq=False)
class Map(Step):
    """y = f(x) element by element, f being an activation of kernels/activation.py."""

    x: Tensor
    y: Tensor
    activation: str
    family = "map"
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return self.y, self.x

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        saved = self.y if activation.ACTIVATIONS[self.activation].saves == "output" else self.x
        if self.x in tape.wanted:
            tape.steps.append(MapGradient(saved, grad, self.activation))
            tape.hand_over(self.x, grad)

    def encode(self, at):
        return *at(self.x), *at(self.y)

    @property
    def kernel(self):
        return activation.ACTIVATIONS[self.activation].forward

    def flops(self):
        return 20 * self.x.size

    def text(self):
        return self.activation


@dataclass(frozen=True, eq=False)
class MapGradient(Step):
    """grad *= f'(saved), in place."""

    saved: Tensor
    grad: Tensor
    activation: str
    family = "map"
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.saved, self.grad))
    writes = property(lambda self: (self.grad,))

    def encode(self, at):
        return *at(self.saved), *at(self.grad)

    @property
    def kernel(self):
        return activation.ACTIVATIONS[self.activation].backward

    def text(self):
        return f"{self.activation}'"


@dataclass(frozen=True, eq=False)
class Softmax(Step):
    """y = softmax over each `width` elements of an event."""

    x: Tensor
    y: Tensor
    width: int
    family = "reduce"
    kernel = activation.softmax

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return self.y, self.x

    def differentiate(self, tape):
        if self.x in tape.wanted:
            grad = tape.gradient(self.y)
            tape.steps.append(SoftmaxGradient(self.y, grad, self.width))
            tape.hand_over(self.x, grad)

    def encode(self, at):
        return *at(self.x), *at(self.y), self.width

    def text(self):
        return "SOFTMAX"


@dataclass(frozen=True, eq=False)
class SoftmaxGradient(Step):
    """grad = y (grad - y . grad), in place."""

    saved: Tensor
    grad: Tensor
    width: int
    family = "reduce"
    kernel = activation.softmax_backward

    reads = property(lambda self: (self.saved, self.grad))
    writes = property(lambda self: (self.grad,))

    def encode(self, at):
        return *at(self.saved), *at(self.grad), self.width

    def text(self):
        return "SOFTMAX'"


@dataclass(frozen=True, eq=False)
class Copy(Step):
    """y[:, to : to + width] = x[:, start : start + width], or += with `accumulate`. `partial`: more copies fill y.

    With `repeat` an event is that many equal rows; start, to and width count within one of them.
    """

    x: Tensor
    y: Tensor
    start: int = 0
    to: int = 0
    width: int = -1
    accumulate: bool = False
    partial: bool = False
    repeat: int = 1
    family = "copy"
    kernel = combine.copy_values

    def __post_init__(self):
        if self.width < 0:
            object.__setattr__(self, "width", self.x.size // self.repeat)

    @property
    def whole(self) -> bool:
        return self.width * self.repeat == self.x.size == self.y.size

    reads = property(lambda self: (self.x, self.y) if self.accumulate or self.partial else (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return (self.y, self.x) if self.whole and not self.accumulate else None

    def differentiate(self, tape):
        if self.x not in tape.wanted:
            return
        grad = tape.gradient(self.y)
        if self.whole:
            tape.hand_over(self.x, grad)
            return
        target, add = tape.target(self.x)
        tape.steps.append(Copy(grad, target, self.to, self.start, self.width, accumulate=add, repeat=self.repeat))

    def encode(self, at):
        return *at(self.x), *at(self.y), self.start, self.to, self.width, int(self.accumulate), self.repeat

    def text(self):
        return f"{self.width} of {self.x.size} -> {self.y.size}" + (", adds" if self.accumulate else "")


@dataclass(frozen=True, eq=False)
class Add(Step):
    """y = a + b."""

    a: Tensor
    b: Tensor
    y: Tensor
    family = "map"
    kernel = combine.add_values
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.a, self.b))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return self.y, self.a

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        wanted = [t for t in (self.a, self.b) if t in tape.wanted]
        for tensor in wanted[:-1]:
            target, add = tape.target(tensor)
            tape.steps.append(Copy(grad, target, accumulate=add))
        for tensor in wanted[-1:]:
            tape.hand_over(tensor, grad)

    def encode(self, at):
        return *at(self.a), *at(self.b), *at(self.y)


@dataclass(frozen=True, eq=False)
class Multiply(Step):
    """y = a b."""

    a: Tensor
    b: Tensor
    y: Tensor
    family = "map"
    kernel = combine.multiply_values
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.a, self.b))
    writes = property(lambda self: (self.y,))

    def differentiate(self, tape):
        grad = tape.gradient(self.y)
        for tensor, other in ((self.a, self.b), (self.b, self.a)):
            if tensor in tape.wanted:
                target, add = tape.target(tensor)
                tape.steps.append(AddProduct(grad, other, target, add))

    def encode(self, at):
        return *at(self.a), *at(self.b), *at(self.y), 0


@dataclass(frozen=True, eq=False)
class AddProduct(Step):
    """y (+)= a b."""

    a: Tensor
    b: Tensor
    y: Tensor
    accumulate: bool
    family = "map"
    kernel = combine.multiply_values
    formats = (ROWS, FEATURES)
    elementwise = True

    reads = property(lambda self: (self.a, self.b, self.y) if self.accumulate else (self.a, self.b))
    writes = property(lambda self: (self.y,))

    def encode(self, at):
        return *at(self.a), *at(self.b), *at(self.y), int(self.accumulate)


@dataclass(frozen=True, eq=False)
class Dropout(Step):
    """y = x with elements dropped, the others divided by the probability to be kept; the rate of `slot` is set at run time."""

    x: Tensor
    y: Tensor
    slot: int
    family = "random"
    kernel = random.dropout_values

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    @property
    def in_place(self):
        return self.y, self.x

    def differentiate(self, tape):
        if self.x in tape.wanted:
            grad = tape.gradient(self.y)
            masked = Tensor(self.x.size, f"d {self.x.label}, masked", self.x.shape)
            tape.steps.append(Dropout(grad, masked, self.slot))  # the same mask, drawn again
            tape.hand_over(self.x, masked)

    def encode(self, at):
        return *at(self.x), *at(self.y), self.slot

    def text(self):
        return f"slot {self.slot}"


@dataclass(frozen=True, eq=False)
class Loss(Step):
    """The loss of one output, and its gradient where there is one to write."""

    x: Tensor
    targets: Tensor
    weights: Tensor
    kind: str
    column: int
    slot: int
    grad: Tensor | None = None
    accumulate: bool = False
    family = "reduce"

    reads = property(lambda self: (self.x, self.targets, self.weights, *((self.grad,) if self.accumulate else ())))
    writes = property(lambda self: (self.grad,) if self.grad else ())

    def encode(self, at):
        grad = at(self.grad) if self.grad else (-1, 0)
        return *at(self.x), *at(self.targets), *at(self.weights), *grad, self.column, self.slot, int(self.accumulate)

    @property
    def kernel(self):
        return loss.LOSSES[self.kind]

    def flops(self):
        return 40 * self.x.size

    def text(self):
        return self.kind


@dataclass(frozen=True, eq=False)
class Store(Step):
    """Results of one output into columns of the caller's array."""

    x: Tensor
    column: int
    family = "copy"
    kernel = combine.store_values

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: ())

    def encode(self, at):
        return *at(self.x), self.column

    def text(self):
        return f"columns {self.column} to {self.column + self.x.size - 1}"


@dataclass(frozen=True, eq=False)
class Convert(Step):
    """The same values in another memory format."""

    x: Tensor
    y: Tensor
    to: str
    family = "convert"
    formats = (ROWS, FEATURES)

    reads = property(lambda self: (self.x,))
    writes = property(lambda self: (self.y,))

    def encode(self, at):
        return *at(self.x), *at(self.y)

    @property
    def kernel(self):
        return transpose.rows_to_features if self.to == FEATURES else transpose.features_to_rows

    def text(self):
        return f"to {self.to}"
