"""What is checked once the graph stands: branches, dropout, outputs, and whether it can be trained."""

from __future__ import annotations

from collections.abc import Iterable

from tmvalite.activations import ACTIVATIONS
from tmvalite.constants import ANALYSIS_TYPES
from tmvalite.errors import Diagnostics, OptionError, ShapeError
from tmvalite.graph.ir import Graph, Node
from tmvalite.layers.shapes import describe
from tmvalite.losses import FUNCTION_CODES, IDENTITY, LOSSES, activation_of, usual

LARGEST_NETWORK = 2**31 - 1  # parameters, or values of one layer and event


def check_branches(graph: Graph, diagnostics: Diagnostics) -> None:
    """Every layer must reach an output or a loss term; an input that nothing reads is worth a warning."""
    read = {output.value for output in graph.outputs} | {value for node in graph.nodes for value in node.inputs}
    for node in graph.nodes:
        if not node.layer.sink and node.output not in read:
            what = f"'{node.name}'" if node.named else f"this {node.layer.kind}"
            raise OptionError(
                f"nothing reads {what}, so it reaches no output",
                code="branch-dead",
                source=graph.source,
                span=node.span,
                where=node.place,
                hint=f"read it with @, or end the branch with OUTPUT@{node.name}"
                if node.named
                else "give it a name and read it with @, or take it out",
            )
    if graph.event is None:
        for value in graph.inputs:
            if value not in read:
                diagnostics.warn(
                    f"no layer reads the input '{value.name}'", code="input-unread", source=graph.source, where="InputLayout"
                )


def drop_rates(
    graphs: tuple[Graph, ...], drop: Iterable[float], diagnostics: Diagnostics, where: str = "DropConfig"
) -> dict[Node, float]:
    """Dropout probability of the input of each node by a DropConfig: entries count items as written, blocks one after
    another, and act on dense items only. Entries elsewhere that are not 0 give a warning.

    Raises
    ------
    OptionError
        If an entry is not in [0, 1).
    """
    entries = tuple(drop)
    items: list[Node] = []  # first node of every item
    for graph in graphs:
        for node in graph.nodes:
            if not items or (items[-1].block, items[-1].index) != (node.block, node.index):
                items.append(node)
    rates: dict[Node, float] = {}
    for number, p in enumerate(entries):
        if not 0 <= p < 1:
            raise OptionError(
                f"entry {number + 1} of DropConfig is {p:g}",
                code="drop-range",
                where=where,
                expected="probabilities to drop, at least 0 and below 1",
            )
        if p == 0:
            continue
        if number >= len(items):
            diagnostics.warn(
                f"entry {number + 1} of DropConfig ({p:g}) is ignored: there are {len(items)} layers",
                code="drop-surplus",
                where=where,
            )
        elif not items[number].layer.drops_input:
            diagnostics.warn(
                f"entry {number + 1} of DropConfig ({p:g}) is ignored: layer {number + 1} is "
                f"{items[number].layer.kind}, and only dense layers drop inputs",
                code="drop-kind",
                where=where,
            )
        else:
            rates[items[number]] = p
    return rates


def check_outputs(graph: Graph, analysis_type: str, n_outputs: int, diagnostics: Diagnostics) -> None:
    """The outputs must be vectors whose widths add up to the classes or targets.

    Parameters
    ----------
    analysis_type : str
        "classification", "regression" or "multiclass" (any case).
    n_outputs : int
        1, the number of targets or the number of classes.

    Raises
    ------
    ShapeError
        With the place of the last output.
    """
    kind = analysis_type.lower()
    for output in graph.outputs:
        if len(output.value.shape) != 1:
            raise ShapeError(
                f"the output is {describe(output.value.shape)}, not a vector",
                code="output-shape",
                source=graph.source,
                span=output.span,
                where=_place(graph, output),
                hint="end with RESHAPE|FLAT or a DENSE layer",
            )
    function = usual(kind).function if kind in ANALYSIS_TYPES else IDENTITY
    if function != IDENTITY:
        _remark_activations(graph, function, diagnostics)
    total = sum(output.value.size for output in graph.outputs)
    if total == n_outputs:
        return
    last = graph.outputs[-1]
    if kind == "classification" and len(graph.outputs) == 1 and n_outputs == 1:
        diagnostics.warn(
            f"the last layer has {total} outputs; classification uses the first one only, as in TMVA",
            code="output-width",
            source=graph.source,
            span=last.span,
            where=_place(graph, last),
            hint="end with DENSE|1|LINEAR",
            lost=True,
        )
        return
    one, many = {"regression": ("target", "targets"), "multiclass": ("class", "classes")}.get(
        kind, ("value to learn", "values to learn")
    )
    wanted = one if n_outputs == 1 else many
    have = (
        f"the last layer has {total} output{'s' * (total != 1)}"
        if len(graph.outputs) == 1
        else f"the outputs have {total} values together"
    )
    raise ShapeError(
        f"{have}, but there {'is' if n_outputs == 1 else 'are'} {n_outputs} {wanted}",
        code="output-width",
        source=graph.source,
        span=last.span,
        where=_place(graph, last),
        hint=f"end with DENSE|{n_outputs}|LINEAR" if len(graph.outputs) == 1 else None,
    )


def check_size(graph: Graph) -> None:
    """Refuse a network that no machine can hold, before anything is allocated.

    Raises
    ------
    OptionError
        At the largest layer.
    """
    parameters = sum(count(node) for node in graph.nodes)
    if parameters <= LARGEST_NETWORK and all(node.output.size <= LARGEST_NETWORK for node in graph.nodes):
        return
    largest = max(graph.nodes, key=lambda node: max(count(node), node.output.size))
    raise OptionError(
        f"the network has {parameters:g} parameters, {count(largest):g} of them here, and this layer gives "
        f"{largest.output.size:g} values",
        code="network-size",
        source=graph.source,
        span=largest.span,
        where=largest.place,
        expected=f"at most {LARGEST_NETWORK} of either",
    )


def count(node: Node) -> int:
    """Number of parameters of a node, running statistics included."""
    return sum(rows * columns for rows, columns in (p.shape for p in node.parameters))


def is_constant(node: Node) -> bool:
    """Whether the activation of a layer has one value to share out: SOFTMAX of one value is 1."""
    activation = ACTIVATIONS.get(getattr(node.layer, "activation", ""))
    return activation is not None and not activation.elementwise and node.shape[-1] == 1


def gives_constants(graph: Graph) -> bool:
    """Whether an output is the same for every event, whatever the parameters."""
    return any(output.value.producer is not None and is_constant(output.value.producer) for output in graph.outputs)


def check_constants(graph: Graph, diagnostics: Diagnostics) -> None:
    """A layer that gives the same for every event is worth a warning."""
    for node in graph.nodes:
        if is_constant(node):
            diagnostics.warn(
                f"{node.layer.activation} of one value is always 1: {node.layer.kind} gives the same for every event",
                code="constant-layer",
                source=graph.source,
                span=node.span,
                where=node.place,
                hint="write LINEAR, or as many nodes as there are classes",
            )


def check_batch_sizes(graph: Graph, batch_sizes: Iterable[int]) -> None:
    """Refuse a phase whose batches are too small for a layer that takes statistics of a batch.

    Raises
    ------
    OptionError
        At the layer.
    """
    for number, size in enumerate(batch_sizes, 1):
        for node in graph.nodes:
            least = node.layer.least_batch(*(value.shape for value in node.inputs))
            if size < least:
                raise OptionError(
                    f"BatchSize={size} of phase {number} is too small for {node.layer.kind}: one event has no variance, so that "
                    "every value becomes 0",
                    code="batch-size",
                    source=graph.source,
                    span=node.span,
                    where=node.place,
                    expected=f"BatchSize of at least {least}",
                    hint=f"write BatchSize=30 in TrainingStrategy, or remove {node.layer.kind}",
                )


def require_lowering(graph: Graph) -> None:
    """Refuse a network with a layer whose kernels are not there yet.

    Raises
    ------
    OptionError
        At the first such layer.
    """
    for node in graph.nodes:
        if not node.layer.trainable:
            raise OptionError(
                f"{node.layer.kind} is understood, but it cannot be trained or applied yet",
                code="kind-not-available",
                source=graph.source,
                span=node.span,
                where=node.place,
                hint="its kernels come with a later release",
            )


def _remark_activations(graph: Graph, function: str, diagnostics: Diagnostics) -> None:
    """Warn about a last layer that squeezes its values before the output function does so again."""
    squeezing = {activation_of(name).name for name in FUNCTION_CODES if name != IDENTITY}
    for output in graph.outputs:
        node = output.value.producer
        activation = node.layer.activation if node is not None and not is_constant(node) else ""
        if activation in squeezing and (output.loss is None or LOSSES[output.loss].applies_function):
            diagnostics.warn(
                f"the {function} of the output is applied to the {activation} of the last layer, as in TMVA",
                code="output-activation",
                source=graph.source,
                span=node.span,
                where=node.place,
                hint="write LINEAR in the last layer",
            )


def _place(graph: Graph, output) -> str:
    """Where an output is said to stand: its sink, or the layer that gives it."""
    for node in graph.nodes:
        if node.span == output.span and (node.layer.marks_output or node.output is output.value):
            return node.place
    return "Layout"
