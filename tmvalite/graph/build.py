"""From a parsed layout to the graph: names, sources, shapes, parameters, outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tmvalite.errors import Diagnostics, OptionError, ShapeError, Span, did_you_mean, quoted
from tmvalite.graph.check import check_branches, check_constants, check_size, drop_rates
from tmvalite.graph.expand import ExpandedItem, Surroundings, expand
from tmvalite.graph.ir import Graph, Node, Output, Value
from tmvalite.graph.rewrite import rewrite
from tmvalite.layers.base import Shape
from tmvalite.string_utils.syntax import Block, Layout, Word

WHOLE_EVENT = "input"  # the name of the whole event
INPUTS = tuple[tuple[str, Shape], ...]


def build_graph(
    layout: Layout, *, inputs: INPUTS, n_variables: int, n_outputs: int, drop: Iterable[float] = (), diagnostics: Diagnostics
) -> Graph:
    """The graph of a layout of one network, as MethodDL has it.

    Parameters
    ----------
    layout : Layout
        With one bare chain; blocks belong to other methods and are refused.
    inputs : tuple of (name, shape)
        As `input_shapes` gives them.
    n_variables : int
        Number of input variables, N in width formulas.
    n_outputs : int
        Width of a dense layer without a width: targets, classes, or 1.
    drop : iterable of float
        A DropConfig: probability to drop an element of the input of item i.
    diagnostics : Diagnostics
        Takes the warnings.

    Raises
    ------
    OptionError, ShapeError
        With the place in the layout.
    """
    if layout.parts and (len(layout.parts) > 1 or layout.parts[0].name is not None):
        _refuse_blocks(layout)
    return build_graphs(layout, inputs=inputs, n_variables=n_variables, n_outputs=n_outputs, drop=drop, diagnostics=diagnostics)[
        ""
    ]


def build_graphs(
    layout: Layout,
    *,
    inputs: INPUTS | Mapping[str, INPUTS],
    n_variables: int,
    n_outputs: int | Mapping[str, int],
    drop: Iterable[float] = (),
    diagnostics: Diagnostics,
) -> dict[str, Graph]:
    """A graph per block, in the order written; "" is the name of a single bare chain.

    Two bare chains (`generator ## discriminator`) are called Generator and Discriminator. `inputs` and `n_outputs`
    may differ by block. A Decoder, a Head, or a Discriminator behind an Encoder reads what the Encoder gives, unless
    `inputs` names its input.
    """
    with diagnostics.telling():
        names = _block_names(layout)
        by_block = isinstance(inputs, Mapping)
        graphs: dict[str, Graph] = {}
        for name, block in zip(names, layout.parts, strict=True):
            if by_block and name in inputs:
                reads = inputs[name]
            elif name in ("Decoder", "Head", "Discriminator") and "Encoder" in graphs:
                reads = ((WHOLE_EVENT, graphs["Encoder"].outputs[-1].value.shape),)
            elif by_block:
                raise KeyError(f"no inputs given for block {name!r}")
            else:
                reads = inputs
            width = n_outputs[name] if isinstance(n_outputs, Mapping) else n_outputs
            title = f"Layout, {name}" if name else "Layout"
            surroundings = Surroundings(n_variables, width, diagnostics, layout.source, title, frozenset(n for n, _ in reads))
            graphs[name] = _Builder(name, reads, surroundings, graphs).build(block)
        rates = drop_rates(tuple(graphs.values()), drop, diagnostics)
        changes = {node: {"drop": p} for node, p in rates.items()}
        return {name: rewrite(graph, changes) for name, graph in graphs.items()} if changes else graphs


class _Builder:
    """Places the layers of one block one after another; keeps what names mean so far."""

    def __init__(self, block: str, inputs: INPUTS, surroundings: Surroundings, others: Mapping[str, Graph]):
        self.block, self.around, self.others = block, surroundings, others
        self.inputs = tuple(Value(name, shape) for name, shape in inputs)
        self.values = {value.name: value for value in self.inputs}
        self.event = None
        if WHOLE_EVENT not in self.values:
            self.event = self.values[WHOLE_EVENT] = Value(WHOLE_EVENT, (sum(value.size for value in self.inputs),))
        self.taken: dict[str, Span | None] = dict.fromkeys(self.values)
        self.nodes: list[Node] = []
        self.later: set[str] = set()

    def build(self, block: Block) -> Graph:
        if not block.items:
            self._fail("the layout has no layers", "layout-empty", block.span, self.around.title)
        steps = expand(block, self.around)
        self.later = {step.item.name.text for step in steps if step.named}
        for step in steps:
            if self._is_dummy(step, steps):
                self.around.diagnostics.warn(
                    f"the last layer '{step.item.fields[0]}' is left out: the layer before it has "
                    f"{self.around.n_outputs} outputs already",
                    code="dummy-layer",
                    source=self.around.source,
                    span=step.item.span,
                    where=step.place,
                )
                break
            self._place(step)
        outputs = self._outputs(block)
        graph = Graph(self.inputs, tuple(self.nodes), outputs, self.around.source, self.event if self._reads_event() else None)
        check_size(graph)
        check_branches(graph, self.around.diagnostics)
        check_constants(graph, self.around.diagnostics)
        return graph

    def _place(self, step: ExpandedItem) -> None:
        """Add one node."""
        name = step.item.name.text
        if name in self.taken:
            what = "an input" if self.taken[name] is None else "an earlier layer"
            self._fail(f"the name '{name}' is taken by {what}", "name-taken", step.item.name.span, step.place)
        reads = tuple(self._sources(step))
        layer, shared = step.layer, None
        shapes = tuple(value.shape for value in reads)
        try:
            if layer.shares is not None:
                shared = self._shared(step)
                layer = layer.share(shared.layer, tuple(value.shape for value in shared.inputs))
            shape = layer.output_shape(*shapes)
            parameters = layer.parameters(*shapes)
        except ShapeError as error:
            raise ShapeError(
                error.message,
                code=error.code,
                source=self.around.source,
                span=step.item.span,
                where=step.place + self._reading(reads),
                expected=error.expected,
                hint=error.hint,
            ) from None
        for remark in layer.remarks(*shapes):
            self.around.diagnostics.warn(
                remark, code="layer-remark", source=self.around.source, span=step.item.span, where=step.place
            )
        node = Node(
            name,
            layer,
            reads,
            shape,
            parameters,
            step.index,
            self.block,
            span=step.item.span,
            named=step.named,
            origin=step.origin,
            shared=shared,
            place=step.place,
        )
        self.nodes.append(node)
        self.taken[name] = step.item.name.span
        self.values[name] = node.output

    def _sources(self, step: ExpandedItem) -> Iterable[Value]:
        """The values that an item reads."""
        layer, words = step.layer, step.item.sources
        if not words:
            if layer.min_inputs > 1:
                self._fail(
                    f"{layer.kind} reads several values and must name them",
                    "sources-missing",
                    step.item.span,
                    step.place,
                    hint=f"write {layer.kind}@a+b",
                )
            return (self._previous(step),)
        values = [self._source(word, step) for word in words]
        span = Span(words[0].span.start, words[-1].span.stop)
        if len(values) < layer.min_inputs:
            self._fail(f"{layer.kind} reads at least {layer.min_inputs} values", "sources-few", span, step.place)
        if layer.max_inputs is not None and len(values) > layer.max_inputs:
            one = layer.max_inputs == 1
            names = "+".join(word.text for word in words)
            self._fail(
                f"{layer.kind} reads {'one value' if one else f'{layer.max_inputs} values'}, not {len(values)}",
                "sources-many",
                span,
                step.place,
                hint=f"join them first: CONCAT@{names}" if one else None,
            )
        return values

    def _previous(self, step: ExpandedItem) -> Value:
        """What an item without `@` reads."""
        before = next((node for node in reversed(self.nodes) if step.origin is None or node.origin is not step.origin), None)
        if before is not None:
            if before.layer.sink:
                self._fail(
                    f"{step.layer.kind} has nothing to read: {before.layer.kind} before it gives no values",
                    "source-sink",
                    step.item.span,
                    step.place,
                    hint="name what it reads with @",
                )
            return before.output
        if len(self.inputs) > 1:
            names = tuple(value.name for value in self.inputs)
            self._fail(
                "the first layer must say which input it reads",
                "input-which",
                step.item.span,
                step.place,
                expected=(*names, WHOLE_EVENT),
                hint=f"write {step.item.fields[0]}...@{names[0]}",
            )
        return self.inputs[0]

    def _source(self, word: Word, step: ExpandedItem) -> Value:
        """The value of a name after `@`."""
        name = word.text
        if name in self.values:
            value = self.values[name]
            if value.producer is not None and value.producer.layer.sink:
                self._fail(
                    f"nothing can read '{name}': {value.producer.layer.kind} gives no values",
                    "source-sink",
                    word.span,
                    step.place,
                )
            return value
        if name in self.later:
            self._fail(f"'{name}' comes only later; a layer reads what stands before it", "source-later", word.span, step.place)
        for block, graph in self.others.items():
            if any(node.name == name for node in graph.nodes):
                self._fail(f"'{name}' is a layer of {block}; {self.block} cannot read it", "source-block", word.span, step.place)
        known = [value.name for value in self.values.values() if value.producer is None or value.producer.named]
        self._fail(
            f"there is nothing called {quoted(name)}",
            "source-unknown",
            word.span,
            step.place,
            expected=tuple(known[:12]),
            hint=did_you_mean(name, known),
        )

    def _shared(self, step: ExpandedItem) -> Node:
        """The node whose parameters an item uses too; it may stand in an earlier block."""
        name = step.layer.shares
        word = next((w for w in step.item.fields if w.text == name), step.item.fields[0])
        earlier = [node for graph in self.others.values() for node in graph.nodes] + self.nodes
        for node in reversed(earlier):
            if node.name == name:
                return node
        guess = did_you_mean(name, [node.name for node in earlier if node.named])
        self._fail(
            f"there is no layer called {quoted(name)} before this one",
            "source-unknown",
            word.span,
            step.place,
            hint=guess or f"write {name}=... before the layer meant",
        )

    def _outputs(self, block: Block) -> tuple[Output, ...]:
        """The outputs: what the output sinks read, or else the last value."""
        marked = [node for node in self.nodes if node.layer.marks_output]
        if marked:
            booked = type(marked[0].layer).booked
            return tuple(
                Output(node.inputs[0], None if node.layer.loss == booked else node.layer.loss, node.layer.weight, node.span)
                for node in marked
            )
        last = self.nodes[-1]
        if last.layer.sink:
            self._fail(
                f"the last layer is the output, but {last.layer.kind} gives no values",
                "output-sink",
                last.span,
                last.place,
                hint=f"put {last.layer.kind} before the last layer",
            )
        return (Output(last.output, span=last.span),)

    def _is_dummy(self, step: ExpandedItem, steps: list[ExpandedItem]) -> bool:
        """Whether this is the bare last LINEAR that published autoencoder strings end with."""
        return (
            self.block == "Decoder"
            and step is steps[-1]
            and not step.named
            and not step.item.sources
            and [word.text for word in step.item.fields] == ["LINEAR"]
            and bool(self.nodes)
            and self.nodes[-1].shape == (self.around.n_outputs,)
        )

    def _reads_event(self) -> bool:
        return self.event is not None and any(value is self.event for node in self.nodes for value in node.inputs)

    def _reading(self, values: tuple[Value, ...]) -> str:
        """ ", reading layer 3 (MAXPOOL)": where the shapes of a message come from."""
        parts = []
        for value in values:
            if value.producer is None:
                parts.append(f"input '{value.name}'" if value.name != WHOLE_EVENT else "the input")
            else:
                node = value.producer
                parts.append(f"'{node.name}'" if node.named else f"layer {node.index + 1} ({node.layer.kind})")
        return ", reading " + " and ".join(parts)

    def _fail(self, message, code, span, place, *, expected=(), hint=None):
        raise OptionError(message, code=code, source=self.around.source, span=span, where=place, expected=expected, hint=hint)


def _block_names(layout: Layout) -> list[str]:
    """Names of the parts; complains about a repeated block and about bare chains that do not fit."""
    if not layout.parts:
        raise OptionError("the layout has no layers", code="layout-empty", source=layout.source, span=layout.span, where="Layout")
    bare = [block for block in layout.parts if block.name is None]
    if not bare:
        names = [block.name.text for block in layout.parts]
        for i, block in enumerate(layout.parts):
            if names[i] in names[:i]:
                raise OptionError(
                    f"there are two blocks {names[i]}",
                    code="block-twice",
                    source=layout.source,
                    span=block.name.span,
                    where="Layout",
                )
        return names
    if len(bare) == len(layout.parts) <= 2:
        return [""] if len(bare) == 1 else ["Generator", "Discriminator"]
    raise OptionError(
        "a chain of layers stands outside the blocks"
        if len(bare) < len(layout.parts)
        else f"a layout has at most two chains, found {len(bare)}",
        code="layout-parts",
        source=layout.source,
        span=bare[-1].span,
        where="Layout",
        expected="one chain, two chains joined by ##, or blocks such as Encoder={...}Decoder={...}",
    )


def _refuse_blocks(layout: Layout) -> None:
    names = _block_names(layout)
    gan = "Generator" in names
    raise OptionError(
        f"MethodDL has one network, not {' and '.join(names)}",
        code="layout-blocks",
        source=layout.source,
        span=layout.parts[0].name.span if layout.parts[0].name else layout.parts[1].span,
        where="Layout",
        hint=f"book {'MethodGAN' if gan else 'MethodAE'}, or write the layers without blocks",
    )
