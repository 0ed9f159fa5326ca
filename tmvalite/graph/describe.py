"""The graph as text: a table for people, and the layout that gives the same graph back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

from tmvalite.graph.check import count
from tmvalite.graph.ir import Graph, Node
from tmvalite.layers.shapes import shape_text
from tmvalite.wrapping import WIDTH, wrapped

NARROWEST = (24, 14)  # columns that are left for a layer and for what it reads


@dataclass(frozen=True)
class Row:
    """One layer as the table shows it: several nodes where one layer was written for them (LATENT)."""

    item: int
    name: str
    layer: str
    reads: tuple[str, ...]
    shape: tuple[int, ...]
    parameters: int
    drop: float


def rows(graph: Graph) -> list[Row]:
    """The layers in order, LATENT in one row."""
    found = []
    for group in _groups(graph):
        last = group[-1]
        found.append(
            Row(
                last.index + 1,
                last.name if last.named else "",
                layer_text(group),
                tuple(_label(value) for value in group[0].inputs),
                last.shape,
                sum(count(node) for node in group),
                group[0].drop,
            )
        )
    return found


def layer_text(group: tuple[Node, ...] | Node) -> str:
    """A layer as one would write it: "CONV|16|3|3|1|1|1|1|RELU"."""
    node = group if isinstance(group, Node) else group[0]
    layer = node.origin or node.layer
    return "|".join([layer.kind, *layer.to_fields()])


def describe(graph: Graph, title: str = "", width: int = WIDTH) -> str:
    """A table of the graph: number, name, layer, what it reads, shape of its output, number of parameters; the total.

    Layers of one item share its number. A layer that is too long for `width` columns goes on in the next line.
    """
    lines = [f"{title}" if title else "", *(f"input '{v.name}': {shape_text(v.shape)}" for v in graph.inputs)]
    table = [("", "name", "layer", "reads", "output", "parameters")]
    for row in rows(graph):
        text = row.layer + (f"  (input dropout {row.drop:g})" if row.drop else "")
        table.append((str(row.item), row.name, text, " + ".join(row.reads), shape_text(row.shape), str(row.parameters)))
    total = sum(count(node) for node in graph.nodes)
    table.append(("", "", "", "", "total", str(total)))
    if not any(row[1] for row in table[1:]):
        table = [row[:1] + row[2:] for row in table]
    return "\n".join(line for line in [*lines, *_aligned(table, width)] if line)


def _aligned(table: Sequence[tuple[str, ...]], width: int) -> Iterator[str]:
    """The lines of a table whose numbers stand in its first and last column; layers and what they read are wrapped."""
    last = len(table[0]) - 1
    widths = [max(len(row[i]) for row in table) for i in range(last + 1)]
    too_wide = sum(widths) + 2 * last - width
    for i, least in zip((last - 3, last - 2), NARROWEST):
        cut = max(0, min(too_wide, widths[i] - least))
        widths[i], too_wide = widths[i] - cut, too_wide - cut
    for row in table:
        cells = [wrapped(text, 0, 2, widths[i]) if len(text) > widths[i] else [text] for i, text in enumerate(row)]
        for parts in zip_longest(*cells, fillvalue=""):
            adjusted = (text.rjust(widths[i]) if i in (0, last) else text.ljust(widths[i]) for i, text in enumerate(parts))
            yield "  ".join(adjusted).rstrip()


def describe_all(graphs: Mapping[str, Graph]) -> str:
    """The tables of all blocks, under their names."""
    return "\n".join(describe(graph, name) for name, graph in graphs.items())


def layout_text(graphs: Mapping[str, Graph] | Graph) -> str:
    """The layout that gives the same graphs back: widths resolved, sources written only where they matter.

    `build_graphs` of this text, with the same inputs, makes nodes of the same names, layers and shapes.
    """
    if isinstance(graphs, Graph):
        return ",".join(_items(graphs))
    texts = {name: ",".join(_items(graph)) for name, graph in graphs.items()}
    return texts[""] if list(texts) == [""] else "".join(f"{name}={{{text}}}" for name, text in texts.items())


def _items(graph: Graph) -> list[str]:
    """One text for each item as written."""
    texts, previous = [], None
    for _, same in groupby(_groups(graph), key=lambda group: group[0].index):
        item = list(same)
        first, last = item[0][0], item[-1][-1]
        default = (previous,) if previous is not None else graph.inputs[:1] if len(graph.inputs) == 1 else ()
        sources = "" if first.inputs == default else "@" + "+".join(value.name for value in first.inputs)
        name = f"{last.name}=" if last.named else ""
        texts.append(name + "|".join(layer_text(group) for group in item) + sources)
        previous = last.output
    return texts


def _groups(graph: Graph) -> list[tuple[Node, ...]]:
    """The nodes, those that one layer stands for together."""
    return [tuple(group) for _, group in groupby(graph.nodes, key=lambda node: id(node.origin or node))]


def _label(value) -> str:
    node = value.producer
    return value.name if node is None or node.named else f"layer {node.index + 1}"
