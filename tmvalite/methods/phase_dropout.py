"""The dropout of every phase: one network serves them all, so it has every dropout that any of them asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

from tmvalite.graph import Graph

Drop = tuple[float, ...]


def graphs_for_phases(
    build: Callable[[Drop], Mapping[str, Graph]], drops: Sequence[Drop]
) -> tuple[dict[str, Graph], tuple[dict[tuple[str, str], float], ...]]:
    """The graphs by block with the dropout of all phases together, and per phase the rates by block and node.

    Parameters
    ----------
    build : callable
        The graphs by block for a DropConfig.
    drops : sequence of tuple of float
        The DropConfig of every phase.
    """
    found = {drop: build(drop) for drop in dict.fromkeys(drops)}
    union = tuple(max(rates) for rates in zip_longest(*drops, fillvalue=0.0))
    graphs = found.get(union) or build(union)
    dropping = [(block, node.name) for block, graph in graphs.items() for node in graph.nodes if node.drop > 0]
    rates = {
        drop: {(block, node.name): node.drop for block, graph in of_drop.items() for node in graph.nodes}
        for drop, of_drop in found.items()
    }
    return dict(graphs), tuple({place: rates[drop][place] for place in dropping} for drop in drops)
