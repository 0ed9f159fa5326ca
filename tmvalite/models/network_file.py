"""A network as the records of a weight file, and back: what ROOT can run as layer elements, anything else as our extension.

Nothing here knows a layer: each declares its element, attributes and matrices itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from tmvalite.errors import Diagnostics, FileError, OptionError, Source, Span, did_you_mean, quoted
from tmvalite.graph import Graph, Node, Output, Value, chain, event_shape, stored_sizes
from tmvalite.graph.build import WHOLE_EVENT
from tmvalite.io.weight_file import BlockRecord, LayerRecord, NodeRecord, OutputRecord, WeightFile
from tmvalite.layers import REGISTRY, LayerContext
from tmvalite.layers.shapes import OneRow
from tmvalite.layers.weight_file import element_of, layer_from_element, matrices_of
from tmvalite.string_utils.syntax import Word

Matrices = list[tuple[str, str, np.ndarray]]  # node, parameter, values (rows, columns)


def root_can_run(graph: Graph) -> bool:
    """Whether TMVA's file can state this network: a chain of layers that all have an element there."""
    if len(graph.inputs) != 1 or len(graph.outputs) != 1 or graph.event is not None:
        return False
    output, value = graph.outputs[0], graph.inputs[0]
    for node in graph.nodes:
        if node.inputs != (value,) or element_of(node.layer, value.shape) is None:
            return False
        value = node.output
    return output.value is value and output.loss is None and output.weight == 1.0


def layer_records(graph: Graph, parameters) -> list[LayerRecord]:
    """The layers of a network that ROOT can run, as TMVA's file states them, with their matrices from `parameters`."""
    records = []
    for node in graph.nodes:
        name, attributes = element_of(node.layer, *(v.shape for v in node.inputs))
        matrices = [(name, parameters.get(node.name, held)) for name, held in matrices_of(node.layer)]
        records.append(LayerRecord(name, attributes, matrices))
    return records


def header_sizes(graph: Graph, batch_size: int) -> dict[str, int]:
    """The sizes in the attributes of <Weights>; the batch layout is that of the training."""
    depth, height, width = stored_sizes(graph.inputs[0].shape)
    flat = depth == height == 1
    batch = (1, batch_size, width) if flat else (batch_size, depth, height * width)
    names = ("InputDepth", "InputHeight", "InputWidth", "BatchSize", "BatchDepth", "BatchHeight", "BatchWidth")
    return dict(zip(names, (depth, height, width, 1, *batch)))


def network_of_layers(file: WeightFile) -> tuple[Graph, Matrices]:
    """Graph and parameters of the <Weights> of a MethodDL or MethodDNN file. Raises FileError."""
    header, names = file.header, []
    if file.method_type == "DNN":
        shape = (int(header["InputWidth"]),)
        layers, names = _dense_layers(file.network)
    else:
        shape = event_shape(header["InputDepth"], header["InputHeight"], header["InputWidth"])
        layers = []
        for number, record in enumerate(file.network, 1):
            attributes = {name: _text(value) for name, value in record.attributes.items()}
            layers.append(layer_from_element(record.element, attributes, place=f"layer {number} of the weight file"))
            names.append(matrices_of(layers[-1]))
    try:
        graph = chain(shape, layers, title="weight file")
    except OptionError as error:
        raise _as_file_error(error) from None
    matrices = []
    for node, record, pairs in zip(graph.nodes, file.network, names, strict=True):
        values = dict(record.matrices)
        matrices += [(node.name, held, values[name]) for name, held in pairs]
    return graph, _checked(graph, matrices)


def _dense_layers(records: Iterable[LayerRecord]):
    """MethodDNN's layers: the width is the number of rows."""
    layers, names = [], []
    for number, record in enumerate(records, 1):
        rows = dict(record.matrices)["Weights"].shape[0]
        attributes = {"Width": str(rows), **{name: _text(value) for name, value in record.attributes.items()}}
        layers.append(layer_from_element("DenseLayer", attributes, place=f"layer {number} of the weight file"))
        names.append(matrices_of(layers[-1]))
    return layers, names


def block_record(graph: Graph, parameters, name: str = "") -> BlockRecord:
    """One graph as a block of our extension."""
    nodes = []
    for node in graph.nodes:
        fields = "|".join([node.layer.kind, *node.layer.to_fields()])
        held = [(p.name, parameters.get(node.name, p.name)) for p in node.parameters]
        nodes.append(NodeRecord(node.name, fields, tuple(v.name for v in node.inputs), node.shape, held, node.index))
    outputs = [OutputRecord(o.value.name, o.loss or "", o.weight) for o in graph.outputs]
    return BlockRecord(name, [(v.name, v.shape) for v in graph.inputs], nodes, outputs)


def network_of_block(block: BlockRecord, earlier: Mapping[str, Node] | None = None) -> tuple[Graph, Matrices]:
    """Graph and parameters of a block. Raises FileError at what does not fit.

    earlier : nodes of other blocks by name, whose parameters this one may share
    """
    inputs = tuple(Value(name, OneRow(shape) if len(shape) == 1 else tuple(shape)) for name, shape in block.inputs)
    values = {value.name: value for value in inputs}
    event = None
    reads_event = any(WHOLE_EVENT in node.sources for node in block.nodes) or any(o.source == WHOLE_EVENT for o in block.outputs)
    if WHOLE_EVENT not in values and reads_event:
        event = values[WHOLE_EVENT] = Value(WHOLE_EVENT, (sum(v.size for v in inputs),))
    nodes: dict[str, Node] = {}
    for record in block.nodes:
        node = _node(record, block.name, values, {**(earlier or {}), **nodes})
        nodes[node.name] = node
        values[node.name] = node.output
    outputs = tuple(Output(values[o.source], o.loss or None, o.weight) for o in block.outputs)
    graph = Graph(inputs, tuple(nodes.values()), outputs, Source(""), event)
    matrices = [(record.name, name, array) for record in block.nodes for name, array in record.parameters]
    return graph, _checked(graph, matrices)


def _node(record: NodeRecord, block: str, values: dict[str, Value], nodes: dict[str, Node]) -> Node:
    place = f"layer {record.name} of the weight file"
    source = Source(record.fields)
    words, start = [], 0
    for text in record.fields.split("|"):
        words.append(Word(text, Span(start, start + len(text))))
        start += len(text) + 1
    kind = REGISTRY.get(words[0].text)
    if kind is None:
        raise FileError(
            f"the weight file has a layer of the kind {quoted(words[0].text)}, which is not known",
            code="kind-unknown",
            where=place,
            hint=did_you_mean(words[0].text, REGISTRY),
        )
    reads = tuple(values[name] for name in record.sources)
    shapes, shared = tuple(v.shape for v in reads), None
    diagnostics = Diagnostics(source, strict=True)  # what would be worth a warning in a layout is damage in a file
    context = LayerContext(1, 1, diagnostics, source, kind.kind, tuple(words[1:]), Span(0, len(record.fields)), place)
    try:
        layer = kind.from_fields(tuple(words[1:]), context)
        if layer.shares is not None:
            shared = nodes.get(layer.shares)
            if shared is None:
                raise FileError(
                    f"{kind.kind} shares parameters with {quoted(layer.shares)}, which is not there",
                    code="network-source",
                    where=place,
                )
            layer = layer.share(shared.layer, tuple(v.shape for v in shared.inputs))
        if not kind.min_inputs <= len(reads) <= (kind.max_inputs or len(reads)):
            raise FileError(f"{kind.kind} cannot read {len(reads)} values", code="network-source", where=place)
        shape, parameters = layer.output_shape(*shapes), layer.parameters(*shapes)
    except OptionError as error:
        raise _as_file_error(error, place) from None
    if tuple(shape) != tuple(record.shape):
        raise FileError(
            f"the weight file states the shape {record.shape}, the layer gives {shape}", code="network-shape", where=place
        )
    return Node(
        record.name,
        layer,
        reads,
        shape,
        parameters,
        record.index,
        block,
        named="#" not in record.name,
        shared=shared,
        place=place,
    )


def _checked(graph: Graph, matrices: Matrices) -> Matrices:
    """The same matrices, if they are exactly those of the graph."""
    wanted = {(node.name, p.name): p.shape for node in graph.nodes for p in node.parameters}
    found = {(node, name): array.shape for node, name, array in matrices}
    for place in wanted.keys() | found.keys():
        if wanted.get(place) != found.get(place):
            sizes = [f"{s[0]}x{s[1]}" if s is not None else "nothing" for s in (found.get(place), wanted.get(place))]
            raise FileError(
                f"{place[1]} of layer {place[0]} is {sizes[0]} in the weight file, its layer needs {sizes[1]}",
                code="matrix-shape",
            )
    return matrices


def _text(value) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _as_file_error(error: OptionError, place: str | None = None) -> FileError:
    return FileError(f"the network of the weight file cannot be: {error.message}", code=error.code, where=error.where or place)
