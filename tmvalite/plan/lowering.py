"""From the graph to forward steps: what a layer's `lower` method builds with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from tmvalite.graph.ir import Graph, Node
from tmvalite.kernels.normalise import SHARE_NUMBERS
from tmvalite.layers.base import Parameter

from .families.codes import AbsoluteSum, Discrepancy, MeanActivity, Prior, Sliced
from .families.convolution import Convolution
from .families.copy import Copy
from .families.corrupt import CorruptGauss, CorruptMask
from .families.gumbel import CategoricalDivergence, GumbelSample
from .families.latent import Divergence, Sample
from .families.map import Add, Map, Multiply
from .families.normalise import BatchStatistics, BatchSums, Normalisation, Normalise
from .families.padding import Pad
from .families.pool import Pool
from .families.product import Product
from .families.random import Dropout
from .families.recurrent import Recurrence, Sequence
from .families.reduce import Mean
from .families.resample import GridSample, Upsample
from .families.softmax import Softmax
from .families.tied import Tied
from .families.windows import Filters, Windows
from .step import Slot, Step, Tensor

NARROW = 10  # at most this many outputs: the dot form of the product, chosen by the layer's shape alone
ALIGNMENT = 16  # every matrix starts on a multiple of this many elements


@dataclass(frozen=True)
class Draw:
    """A place where random numbers are drawn, with a stream of its own and a number that is set at run time.

    node : name of the node; number : counts the draws of a node; setting : "dropout" (rate), "temperature",
    "corruption" (level) or "noise" (no number); value : the number as written
    """

    node: str
    number: int
    setting: str
    value: float


@dataclass(frozen=True)
class Term:
    """What a layer adds to the loss (kind VALUE) or to the report (`reported` only).

    x : one number per event, or several whose mean counts; x is None for a batch-wide step that counts itself
    """

    name: str
    x: Tensor | None
    kind: str = "VALUE"
    reported: bool = False


class Lowering:
    """Builds the forward steps of one graph and lays out its parameters.

    A layer's `lower(self, low, inputs, parameters)` gets tensors and the slots of its parameters by name, calls the
    methods below and returns the tensor of its output.

    Parameters
    ----------
    known : slots of a larger network, by node and name, whose parameters this graph uses; None lays them out anew
    trained : names of the blocks whose parameters are trained, None for all
    """

    def __init__(self, known: Mapping[tuple[str, str], Slot] | None = None, trained: tuple[str, ...] | None = None):
        self.steps: list[Step] = []
        self.slots: list[Slot] = []
        self.draws: list[Draw] = []
        self.terms: list[Term] = []
        self._known, self._trained = known, trained
        self._by_name: dict[tuple[str, str], Slot] = {}
        self._outputs = 0
        self.size = 0
        self.state_size = 0  # float64 numbers of batch statistics
        self.node: Node | None = None  # the node being lowered
        self._name = ""

    # ------------------------------------------------------------------ what layers call

    def product(self, x: Tensor, weights: Slot, bias: Slot | None) -> Tensor:
        """x W^T + b; W is (outputs, inputs) as in TMVA, b (outputs, 1)."""
        y = self._tensor(weights.shape[0])
        self.steps.append(Product(x, y, weights, bias, weights.shape[0] <= NARROW))
        return y

    def map(self, x: Tensor, activation: str) -> Tensor:
        if activation == "LINEAR":
            return x
        y = self._tensor(x.size, x.shape)
        self.steps.append(Softmax(x, y, self.node.shape[-1]) if activation == "SOFTMAX" else Map(x, y, activation))
        return y

    def add(self, x: tuple[Tensor, ...]) -> Tensor:
        return self._chain(Add, x)

    def multiply(self, x: tuple[Tensor, ...]) -> Tensor:
        return self._chain(Multiply, x)

    def concatenate(self, x: tuple[Tensor, ...], repeat: int = 1) -> Tensor:
        """Several tensors side by side, in each of `repeat` equal parts of an event (the steps of a sequence)."""
        y, at = self._tensor(sum(t.size for t in x)), 0
        for i, tensor in enumerate(x):
            self.steps.append(Copy(tensor, y, to=at, partial=i > 0, repeat=repeat))
            at += tensor.size // repeat
        return y

    def pool(self, x: Tensor, kind: str, channels: int, **windows) -> Tensor:
        """The "max" or "mean" of the windows (fields of families/windows.Windows) of x (C, H, W); padding never counts."""
        windows = Windows(**windows)
        shape = (channels, *windows.small)
        if kind == "mean" and windows.filter == windows.image and windows.small == (1, 1) and not any(windows.pads):
            return self.mean(x, windows.filter[0] * windows.filter[1], 1, shape)
        y = self._tensor(channels * shape[1] * shape[2], shape)
        self.steps.append(Pool(x, y, kind, channels, windows))
        return y

    def mean(self, x: Tensor, count: int, inner: int, shape: tuple[int, ...]) -> Tensor:
        """The mean over the middle axis of x (outer, count, inner)."""
        y = self._tensor(x.size // count, shape)
        self.steps.append(Mean(x, y, count, inner))
        return y

    def slice(self, x: Tensor, start: int, width: int, shape: tuple[int, ...], repeat: int = 1) -> Tensor:
        """`width` elements from `start` on, in each of `repeat` equal parts of an event."""
        y = self._tensor(width * repeat, shape)
        self.steps.append(Copy(x, y, start, width=width, repeat=repeat))
        return y

    def upsample(self, x: Tensor, method: str, image: tuple[int, int, int], factors: tuple[int, int]) -> Tensor:
        """x (C, H, W) larger by whole factors, NEAREST or BILINEAR."""
        shape = (image[0], image[1] * factors[0], image[2] * factors[1])
        y = self._tensor(x.size * factors[0] * factors[1], shape)
        self.steps.append(Upsample(x, y, method, image, factors))
        return y

    def grid_sample(
        self, x: Tensor, theta: Tensor, image: tuple[int, int, int], places: tuple[int, int], relative: bool
    ) -> Tensor:
        """x (C, H, W) on a grid of places that theta (2, 3), or with `relative` the identity + theta, moves."""
        y = self._tensor(image[0] * places[0] * places[1], (image[0], *places))
        self.steps.append(GridSample(x, theta, y, image, places, relative))
        return y

    def dropout(self, x: Tensor, rate: float) -> Tensor:
        y = self._tensor(x.size, x.shape)
        self.steps.append(Dropout(x, y, self.draw("dropout", rate)))
        return y

    def corrupt(self, x: Tensor, noise: str, level: float) -> Tensor:
        """x with MASK, SALT or GAUSS noise (layers/corrupt.py), in training only."""
        y, draw = self._tensor(x.size, x.shape), self.draw("corruption", level)
        self.steps.append(CorruptGauss(x, y, draw) if noise == "GAUSS" else CorruptMask(x, y, draw, noise == "SALT"))
        return y

    def sample(self, mu: Tensor, log_variance: Tensor) -> Tensor:
        """A point drawn from N(mu, exp(log_variance)); mu when scoring."""
        z, spread = self._tensor(mu.size), Tensor(mu.size, f"{self._name}, spread")
        self.steps.append(Sample(mu, log_variance, z, spread, self.draw("noise")))
        return z

    def gumbel(self, x: Tensor, classes: int, temperature: float) -> Tensor:
        """Samples of categorical variables with logits x, `classes` values each."""
        y = self._tensor(x.size)
        self.steps.append(GumbelSample(x, y, classes, self.draw("temperature", temperature)))
        return y

    def tied(self, x: Tensor, bias: Slot) -> Tensor:
        """x W + b, W the weights of the node that this one shares."""
        owner = self.node.shared
        owned = tuple(self.slot(owner, p.name) for p in owner.parameters)
        weights = next(slot for slot in owned if slot.name == "Weights")
        y = self._tensor(weights.shape[1])
        self.steps.append(Tied.build(x, y, weights, bias, owned, weights.shape[1] <= NARROW))
        return y

    def draw(self, setting: str, value: float = 0.0) -> int:
        """A new draw of this node; returns its number, under which kernels find key and run-time value."""
        number = sum(draw.node == self._name for draw in self.draws)
        self.draws.append(Draw(self._name, number, setting, value))
        return len(self.draws) - 1

    def loss_term(self, name: str, x: Tensor) -> None:
        """Add the event-weighted mean of x, one number per event, to the loss; its weight is set at run time."""
        self.terms.append(Term(name, x))

    def batch_term(self, name: str, make: Callable[[int], Step]) -> None:
        """A term that needs the whole batch: make(number of the term) gives the batch-wide step that counts it."""
        self.steps.append(make(self._outputs + len(self.terms)))
        self.terms.append(Term(name, None))

    def divergence(self, name: str, mu: Tensor, log_variance: Tensor, mean: float, sigma: float) -> Tensor:
        """The term KL(N(mu, exp(log_variance)) || N(mean, sigma^2))."""
        return self._event_term(name, lambda y: Divergence(mu, log_variance, y, mean, sigma))

    def categorical_divergence(self, name: str, x: Tensor, classes: int) -> Tensor:
        """The term KL(softmax(x) || 1/classes), summed over groups of `classes` logits."""
        return self._event_term(name, lambda y: CategoricalDivergence(x, y, classes))

    def discrepancy(self, name: str, x: Tensor, prior: tuple[str, float, float]) -> Tensor:
        """The maximum mean discrepancy of the codes x of a batch from a prior (families/codes.Prior)."""
        draw = self.draw("noise")
        return self._code_term(name, x, Discrepancy, Prior(*prior), draw)

    def sliced(self, name: str, x: Tensor, prior: tuple[str, float, float], directions: int) -> Tensor:
        """The sliced Wasserstein distance of the codes x of a batch from a prior."""
        draw, axes = self.draw("noise"), self.draw("noise")
        return self._code_term(name, x, Sliced, Prior(*prior), draw, axes, directions)

    def sparsity(self, name: str, x: Tensor, rho: float | None) -> Tensor:
        """The sum of |x| of an event, or with `rho` the divergence of the mean activities of a batch from it."""
        if rho is None:
            return self._event_term(name, lambda y: AbsoluteSum(x, y))
        return self._code_term(name, x, MeanActivity, rho)

    def monitor(self, name: str, x: Tensor, power: int = 1) -> None:
        """Report the event-weighted mean of the elements of x, or of their squares."""
        self.terms.append(Term(name, x, {1: "VALUE", 2: "SQUARE"}[power], reported=True))

    def slot(self, node: Node, name: str) -> Slot:
        """The parameter of another node, for layers that share it."""
        return self._by_name[node.name, name] if self._known is None else self._frozen(node, self._known[node.name, name])

    def normalise(self, x: Tensor, groups: int, inner: int, slots: dict[str, Slot], momentum: float, epsilon: float) -> Tensor:
        """Batch normalisation of rows of `groups` blocks of `inner` elements; slots are those of layers/bnorm.py."""
        y = self._tensor(x.size, x.shape)
        at = Normalisation(
            groups,
            inner,
            slots["Gamma"],
            slots["Beta"],
            slots["Training-mu"],
            slots["Training-variance"],
            momentum,
            epsilon,
            self.state_size,
            self.state_size,
        )
        self.state_size += SHARE_NUMBERS * groups
        self.steps += [BatchSums(x, at), BatchStatistics(x, at), Normalise(x, y, at)]
        return y

    def recurrence(self, x: Tensor, cell: str, steps: int, features: int, whole: bool, slots: dict[str, Slot]) -> Tensor:
        """The last state, or the `whole` sequence of states, of one of families/recurrent.CELLS over x (steps, features).

        slots: those of layers/recurrent.py, all W, then all U, then all b.
        """
        given, gates = tuple(slots.values()), len(slots) // 3
        size = given[0].shape[0]
        y = self._tensor(steps * size if whole else size)
        parts = (given[:gates], given[gates : 2 * gates], given[2 * gates :])
        self.steps.append(Recurrence.build(x, y, Sequence(cell, steps, features, size, whole, *parts)))
        return y

    def convolve(self, x: Tensor, weights: Slot, bias: Slot, *, groups: int = 1, **windows) -> Tensor:
        """Filters on the windows of images x (C, H, W); weights (K, C / groups * R * S) as TMVA's, K outputs (K, P, Q).

        windows: fields of families/windows.Windows: image (H, W), small (P, Q), filter (R, S), strides, pads (top, left).
        """
        windows = Windows(**windows)
        (outputs, columns), taps = weights.shape, windows.filter[0] * windows.filter[1]
        filters = Filters(groups, columns // taps, outputs // groups, taps, taps, columns)
        return self._convolution(x, weights, bias, windows, filters, windows.small, False)

    def convolve_transposed(self, x: Tensor, weights: Slot, bias: Slot, **windows) -> Tensor:
        """The transpose of `convolve`, with the same fields: x (C, P, Q) -> (K, H, W) with weights (K, C * R * S)."""
        windows = Windows(**windows)
        (outputs, columns), taps = weights.shape, windows.filter[0] * windows.filter[1]
        filters = Filters(1, outputs, columns // taps, taps, columns, taps)
        return self._convolution(x, weights, bias, windows, filters, windows.image, True)

    def _convolution(self, x, weights, bias, windows, filters, size, spread):
        shape = (weights.shape[0], *size)
        y = self._tensor(shape[0] * size[0] * size[1], shape)
        self.steps.append(Convolution(x, y, weights, bias, windows, filters, spread))
        return y

    def pad(self, x: Tensor, image: tuple[int, int, int], pads: tuple[int, int, int, int]) -> Tensor:
        """Images (C, H, W) with zeros at the (top, bottom, left, right); negative numbers cut off."""
        channels, rows, columns = image
        shape = (channels, rows + pads[0] + pads[1], columns + pads[2] + pads[3])
        y = self._tensor(channels * shape[1] * shape[2], shape)
        self.steps.append(Pad(x, y, image, pads))
        return y

    # ------------------------------------------------------------------ what the planner calls

    def lower_graph(self, graph: Graph) -> dict[str, Tensor]:
        """Lower every node; returns the tensors of all values by name, and "" for the whole event."""
        self._outputs = len(graph.outputs)
        event = Tensor(graph.input_size, "event", (graph.input_size,))
        tensors = {"": event}
        at = 0
        used = {value for node in graph.nodes for value in node.inputs} | {out.value for out in graph.outputs}
        for value in graph.inputs:
            if len(graph.inputs) == 1:
                tensors[value] = event
            elif value in used:
                self._name = value.name
                tensors[value] = self._tensor(value.size, value.shape)
                self.steps.append(Copy(event, tensors[value], start=at, width=value.size))
            at += value.size
        for value in used:
            if value.producer is None and value not in tensors:  # `input`, the whole event, beside named inputs
                tensors[value] = event
        for node in graph.nodes:
            self.node, self._name = node, node.name
            inputs = tuple(tensors[v] for v in node.inputs)
            if node.drop > 0:
                inputs = tuple(self.dropout(t, node.drop) for t in inputs)
            tensors[node.output] = node.layer.lower(self, inputs, self._slots(node))
        return tensors

    def _slots(self, node: Node) -> dict[str, Slot]:
        if self._known is not None:
            slots = {p.name: self._frozen(node, self._known[node.name, p.name]) for p in node.parameters}
            self.slots += slots.values()
            return slots
        slots = self._new_slots(node)
        self._by_name |= {(node.name, name): slot for name, slot in slots.items()}
        return slots

    def _frozen(self, node: Node, slot: Slot) -> Slot:
        """The slot, not trained unless its block is."""
        return slot if self._trained is None or node.block in self._trained else replace(slot, trained=False)

    def _new_slots(self, node: Node) -> dict[str, Slot]:
        slots = {}
        for block, group in groupby(node.parameters, key=lambda p: p.block):
            members = list(group)
            slots |= self._block(node, members) if block else {p.name: self._slot(node, p) for p in members}
        return slots

    def _block(self, node: Node, members: list[Parameter]) -> dict[str, Slot]:
        """Matrices with as many columns each, stored transposed and side by side."""
        wide, slots, at = sum(p.shape[0] for p in members), {}, self.size
        for p in members:
            slots[p.name] = Slot(node.name, p.name, p.shape, at, True, p.decays, p.trained, wide)
            at += p.shape[0]
        self.slots += slots.values()
        self.size += -(-wide * members[0].shape[1] // ALIGNMENT) * ALIGNMENT
        return slots

    def _slot(self, node: Node, parameter: Parameter) -> Slot:
        rows, columns = parameter.shape
        transposed = rows > NARROW and columns > 1 and parameter.init == "weights" and not parameter.kept
        slot = Slot(node.name, parameter.name, (rows, columns), self.size, transposed, parameter.decays, parameter.trained)
        self.slots.append(slot)
        self.size += -(-slot.size // ALIGNMENT) * ALIGNMENT
        return slot

    def _event_term(self, name: str, make: Callable[[Tensor], Step]) -> Tensor:
        y = self._tensor(1)
        self.steps.append(make(y))
        self.loss_term(name, y)
        return y

    def _code_term(self, name: str, x: Tensor, family, *fields) -> Tensor:
        """A batch-wide term; returns x, since nothing reads it."""
        grad = Tensor(x.size, f"d {x.label}, {name}", x.shape)
        self.batch_term(name, lambda term: family(x, grad, term, *fields))
        return x

    def _tensor(self, size: int, shape: tuple[int, ...] = ()) -> Tensor:
        return Tensor(size, self._name, shape or (size,))

    def _chain(self, family, x):
        total = x[0]
        for other in x[1:]:
            y = self._tensor(total.size, total.shape)
            self.steps.append(family(total, other, y))
            total = y
        return total
