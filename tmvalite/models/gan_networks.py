"""From the layout of a GAN to its two graphs: which blocks there must be, what they read, what the generator gives."""

from __future__ import annotations

from tmvalite.errors import Diagnostics, OptionError
from tmvalite.graph import Graph, build_graphs
from tmvalite.layers.shapes import shape_text, size
from tmvalite.string_utils.syntax import Layout

GENERATOR, DISCRIMINATOR = "Generator", "Discriminator"
CLASS = "class"  # the input that is the class of an event, a column for each


def build_pair(booking, inputs: tuple, info, drop, diagnostics: Diagnostics) -> dict[str, Graph]:
    """Generator and Discriminator. Raises OptionError and ShapeError, with the place in the option string.

    inputs : names and shapes of what the generator reads, and of what an event consists of
    """
    layout, n = booking.layout, info.n_variables
    _check_names(layout)
    inputs = _with_class(inputs)
    asked = _conditions(booking, inputs)
    made = n - sum(count for name, count in asked if name != CLASS)
    graphs = build_graphs(
        layout,
        inputs={GENERATOR: inputs[0], DISCRIMINATOR: inputs[-1]},
        n_variables=n,
        n_outputs={GENERATOR: made, DISCRIMINATOR: 1},
        drop=drop,
        diagnostics=diagnostics,
    )
    for name, graph in graphs.items():
        _check_sinks(name, graph)
    generated = graphs[GENERATOR].outputs[-1].value
    if generated.size != made:
        _refuse_width(graphs[GENERATOR], generated, made, n, asked)
    judged = graphs[DISCRIMINATOR].outputs[-1].value
    if judged.size != 1:
        last = graphs[DISCRIMINATOR].nodes[-1]
        place = {"source": layout.source, "span": last.span, "where": last.place}
        message = f"the discriminator gives {judged.size} values, but it says one thing: real or generated"
        raise OptionError(message, code="output-width", **place, hint="end it with DENSE|1|LINEAR")
    return {name: graphs[name] for name in (GENERATOR, DISCRIMINATOR)}


def _check_names(layout: Layout) -> None:
    names = [block.name and block.name.text for block in layout.parts]
    if len(names) == 2 and (None in names or {*names} == {GENERATOR, DISCRIMINATOR}):
        return
    place = {"source": layout.source, "span": layout.span, "where": "Layout"}
    expected = f"{GENERATOR}={{...}}{DISCRIMINATOR}={{...}}, or generator ## discriminator"
    raise OptionError("MethodGAN needs two networks", code="layout-blocks", **place, expected=expected)


def _with_class(inputs: tuple) -> tuple:
    """What both networks read: the class of an event is no variable, so it stands behind what InputLayout says of the event."""
    of_class = [item for item in inputs[0] if item[0] == CLASS]
    known = any(name == CLASS for name, _ in inputs[-1])
    return (inputs[0], (*inputs[-1], *of_class)) if of_class and not known else inputs


def _conditions(booking, inputs: tuple) -> list[tuple[str, int]]:
    """Name and size of the inputs that both networks read. Raises OptionError unless one more of the event is left to be made."""
    given = {name: shape for name, shape in inputs[0] if name != "input"}
    shared = [(name, shape) for name, shape in inputs[-1] if name in given]

    def wrong(message, hint):
        return booking.error("InputLayout", message, "conditions", hint=hint)

    for name, shape in shared:
        if given[name] != shape:
            message = (
                f"the condition '{name}' is {shape_text(given[name])} for the generator and {shape_text(shape)} in the event"
            )
            raise wrong(message, "write the same sizes on both sides of ##")
    if len(inputs[-1]) - len(shared) != 1 and (shared or len(inputs[-1]) > 1):
        rest = [name for name, _ in inputs[-1] if name not in given]
        what = f"{' and '.join(rest)} are" if rest else "nothing is"
        raise wrong(f"{what} left for the generator to make, which makes one input", "write noise=8,energy=1##shower=48,energy=1")
    if shared and len(inputs[0]) == len(shared):
        raise wrong("the generator reads conditions only, no noise", "write noise=8,energy=1##shower=48,energy=1")
    return [(name, size(shape)) for name, shape in shared]


def _check_sinks(name: str, graph: Graph) -> None:
    """Both have one output, and nothing of their own in the loss."""
    node = next((node for node in graph.nodes if node.layer.sink), None)
    if node is not None:
        place = {"source": graph.source, "span": node.span, "where": node.place}
        message = f"the {name} cannot have {node.layer.kind}: it is trained by the other network alone"
        raise OptionError(message, code="layout-blocks", **place, hint=f"leave {node.layer.kind} out")


def _refuse_width(graph: Graph, generated, made: int, n: int, asked) -> None:
    last = graph.nodes[-1]
    place = {"source": graph.source, "span": last.span, "where": last.place}
    what = f"an event has {n}" if not asked else f"{made} variables of an event are no conditions"
    message = f"the generator gives {generated.size} values, but {what}"
    raise OptionError(message, code="output-width", **place, hint=f"end with DENSE|{made}|LINEAR")
