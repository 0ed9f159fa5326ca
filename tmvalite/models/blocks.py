"""From the layout of an autoencoder to the graphs of its blocks: which blocks there must be, and what the decoder gives."""

from __future__ import annotations

from collections.abc import Iterable

from tmvalite.errors import Diagnostics, OptionError, ShapeError, Source
from tmvalite.graph import Graph, build_graph, build_graphs
from tmvalite.graph.rewrite import made_linear
from tmvalite.layers.base import Shape
from tmvalite.layers.shapes import shape_text
from tmvalite.losses import AUTOENCODER, LOSSES, usual
from tmvalite.string_utils import parse_layout
from tmvalite.string_utils.syntax import Layout

ENCODER, DECODER, HEAD, DISCRIMINATOR = BLOCKS = ("Encoder", "Decoder", "Head", "Discriminator")
EXPECTED = "Encoder={...}Decoder={...}"
ADVERSARY = "DENSE|64|RELU,DENSE|64|RELU,DENSE|1|LINEAR"  # where LatentLoss=ADV and no Discriminator is written


def build_blocks(
    layout: Layout,
    *,
    inputs,
    n_variables: int,
    head_outputs: int,
    drop: Iterable[float] = (),
    diagnostics: Diagnostics,
    judged: tuple = (),
) -> dict[str, Graph]:
    """The graphs by block: Encoder, Decoder, then Head and Discriminator where they are written.

    Parameters
    ----------
    inputs : tuple of (name, shape)
        Of the encoder.
    n_variables : int
        Number of input variables, N in width formulas, and what the decoder must give.
    head_outputs : int
        Width of a dense layer without a width in the Head: targets, classes, or 1.
    judged : tuple of (name, shape)
        What the Discriminator reads, if that is not the code.

    Raises
    ------
    OptionError, ShapeError
        With the place in the layout.
    """
    _check_names(layout)
    graphs = build_graphs(
        layout,
        inputs={ENCODER: inputs, **({DISCRIMINATOR: judged} if judged else {})},
        n_variables=n_variables,
        drop=drop,
        diagnostics=diagnostics,
        n_outputs={ENCODER: n_variables, DECODER: n_variables, HEAD: head_outputs, DISCRIMINATOR: 1},
    )
    _check_encoder(graphs[ENCODER])
    _check_decoder(graphs[DECODER], n_variables)
    if DISCRIMINATOR in graphs:
        _check_discriminator(graphs[DISCRIMINATOR])
    for name, graph in graphs.items():
        if name != ENCODER:
            _check_no_terms(name, graph)
    return {name: graphs[name] for name in BLOCKS if name in graphs}


def default_discriminator(encoder: Graph) -> Graph:
    """The network that tells codes from prior samples where the user wrote none."""
    code = encoder.outputs[-1].value.shape
    return own_graph(("" if len(code) == 1 else "RESHAPE|FLAT,") + ADVERSARY, code, 1)


def own_graph(text: str, reads: Shape, n_outputs: int) -> Graph:
    """The graph of a layout that no user wrote."""
    quiet = Diagnostics(Source(text), strict=True)
    layout, inputs = parse_layout(quiet.source, diagnostics=quiet), (("input", reads),)
    return build_graph(layout, inputs=inputs, n_variables=n_outputs, n_outputs=n_outputs, diagnostics=quiet)


def with_one_sigmoid(graphs: dict[str, Graph], booked: str, diagnostics: Diagnostics) -> dict[str, Graph]:
    """The graphs, the SIGMOID of a last layer left to a loss that applies one itself.

    Such is the loss of the Discriminator always, of the Decoder if it is `booked`.
    """
    losses, out = {DECODER: booked, DISCRIMINATOR: usual("classification").strategy}, dict(graphs)
    for name, loss in losses.items():
        graph = graphs.get(name)
        if graph is None or len(graph.outputs) != 1:
            continue
        loss = LOSSES[graph.outputs[0].loss or loss]
        if not loss.applies_function or AUTOENCODER not in loss.uses or loss.uses[AUTOENCODER].function != "sigmoid":
            continue
        node = graph.outputs[0].value.producer
        activation, message = node.layer.activation, ""
        if activation == "SIGMOID":
            message = f"{loss.name} applies the sigmoid itself; the last layer's SIGMOID is not applied a second time"
            out[name] = made_linear(graph, node)
        elif name == DISCRIMINATOR and activation not in ("", "LINEAR"):
            message = f"the sigmoid of the Discriminator's value is applied to the {activation} of its last layer"
        if message:
            place = {"source": graph.source, "span": node.span, "where": node.place}
            diagnostics.warn(message, code="output-activation", **place, hint="write LINEAR in the last layer")
    return out


def _check_names(layout: Layout) -> None:
    names = [block.name.text if block.name else "" for block in layout.parts]

    def wrong(message, span, hint=None):
        place = {"source": layout.source, "span": span, "where": "Layout"}
        return OptionError(message, code="layout-blocks", **place, expected=EXPECTED, hint=hint)

    missing = [name for name in (ENCODER, DECODER) if name not in names]
    if missing:
        hint = "write what the code is made into: Decoder={...,DENSE|N|LINEAR}" if missing == [DECODER] else None
        raise wrong(f"MethodAE needs {' and '.join(missing)}", layout.span, hint)
    for name, block in zip(names, layout.parts, strict=True):
        if name and name not in BLOCKS:
            raise wrong(f"MethodAE has no {name}", block.name.span)
    if names[0] and names[0] != ENCODER:
        raise wrong(f"{names[0]} stands before the Encoder, whose code it reads", layout.parts[0].name.span)


def _check_encoder(graph: Graph) -> None:
    marked = next((node for node in graph.nodes if node.layer.marks_output), None)
    if marked is not None:
        message = f"the Encoder has one output, its last layer: the code; {marked.layer.kind} belongs into Decoder or Head"
        place = {"source": graph.source, "span": marked.span, "where": marked.place}
        raise OptionError(message, code="encoder-output", **place)


def _check_decoder(graph: Graph, n_variables: int) -> None:
    given = sum(output.value.size for output in graph.outputs)
    if given == n_variables:
        return
    shape, alone = graph.outputs[-1].value.shape, len(graph.outputs) == 1
    what = f"{given} value{'s' * (given != 1)}" + (f" ({shape_text(shape)})" if len(shape) > 1 and alone else "")
    message = f"the Decoder gives {what}, but an event has {n_variables} variable{'s' * (n_variables != 1)}"
    hint = f"end the Decoder with DENSE|{n_variables}|LINEAR" if len(shape) == 1 and alone else None
    raise _wrong_width(graph, message, hint)


def _check_no_terms(name: str, graph: Graph) -> None:
    """What compares a code with its prior stands where the code is made."""
    node = next((node for node in graph.nodes if node.layer.sink and not node.layer.marks_output), None)
    if node is not None:
        kind = graph.source.text[node.span.start : node.span.stop].partition("|")[0].rpartition("=")[2].strip()
        message = f"{kind} compares the code with its prior and belongs into the Encoder; it stands in the {name}"
        place = {"source": graph.source, "span": node.span, "where": node.place}
        raise OptionError(message, code="latent-place", **place, hint="end the Encoder with it")


def _check_discriminator(graph: Graph) -> None:
    given = sum(output.value.size for output in graph.outputs)
    if given != 1:
        message = f"the Discriminator gives {given} values, but it says one thing: code or prior"
        raise _wrong_width(graph, message, "end it with DENSE|1|LINEAR")


def _wrong_width(graph: Graph, message: str, hint: str | None) -> ShapeError:
    last = graph.outputs[-1]
    where = next((node.place for node in graph.nodes if node.span == last.span), "Layout")
    return ShapeError(message, code="output-width", source=graph.source, span=last.span, where=where, hint=hint)
