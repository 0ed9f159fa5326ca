"""A network as a drawing of its layers, and its weights as distributions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tmvalite.errors import DataError
from tmvalite.evaluation.plots import new_figure
from tmvalite.graph import Graph
from tmvalite.graph.check import count
from tmvalite.layers.shapes import shape_text
from tmvalite.plots.style import BLUE, CYCLE, GREY, LABEL, ORANGE, TICK, TITLE

MAX_LAYERS = 60
_COLUMN, _ROW = 2.7, 0.74  # inches
_WIDTH, _HEIGHT = 2.35, 0.46


def network_figure(graphs: Graph | Mapping[str, Graph], *, title: str = ""):
    """The layers of a network from above downwards, an arrow for everything that one reads from another.

    Parameters
    ----------
    graphs : Graph, or by the name of their block
        `method.graph`, or `method.blueprint(info).graphs`.

    Raises
    ------
    DataError
        More than 60 layers in a row. MissingExtraError: matplotlib is not installed.
    """
    graphs = {"": graphs} if isinstance(graphs, Graph) else dict(graphs)
    drawings = [(name, _places(graph), graph) for name, graph in graphs.items()]
    across = [1 + max(column for column, _ in places.values()) for _, places, _ in drawings]
    down = max(1 + max(row for _, row in places.values()) for _, places, _ in drawings)
    if down > MAX_LAYERS:
        raise DataError(f"{down} layers in a row are too many for a drawing", code="data-shape", expected=f"at most {MAX_LAYERS}")
    figure = new_figure(max(_COLUMN * (sum(across) + 0.2) + 0.3, 3.0), _ROW * down + 0.6)
    ax = figure.add_subplot()
    ax.set_axis_off()
    start = 0
    for (name, places, graph), width in zip(drawings, across):
        _draw(ax, graph, places, start)
        if name:
            middle = (start + (width - 1) / 2) * _COLUMN
            ax.text(middle, 0.85 * _ROW, name, ha="center", va="center", fontsize=LABEL, fontweight="bold")
        start += width
    ax.set_xlim(-_COLUMN / 2, (start - 0.3) * _COLUMN)
    ax.set_ylim(-(down - 0.5) * _ROW, 1.2 * _ROW if any(graphs) else 0.6 * _ROW)
    ax.set_aspect("equal")
    if title:
        figure.suptitle(title, fontsize=TITLE)
    return figure


def _places(graph: Graph) -> dict[str, tuple[int, int]]:
    """(column, row) of every input and layer: one row below the lowest of what it reads, beside what is in its row already."""
    row_of = {value.name: 0 for value in (*graph.inputs, *(() if graph.event is None else (graph.event,)))}
    for node in graph.nodes:
        row_of[node.name] = 1 + max((row_of[value.name] for value in node.inputs), default=0)
    taken: dict[int, int] = {}
    places = {}
    for name, row in row_of.items():
        column = taken.get(row, 0)
        taken[row], places[name] = column + 1, (column, row)
    return places


def _draw(ax, graph: Graph, places: Mapping[str, tuple[int, int]], start: int) -> None:
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    def centre(name):
        column, row = places[name]
        return (start + column) * _COLUMN, -row * _ROW

    def box(name, above, below, colour):
        x, y = centre(name)
        style = dict(boxstyle="round,pad=0.02,rounding_size=0.07", facecolor="white", edgecolor=colour, linewidth=1.3)
        ax.add_patch(FancyBboxPatch((x - _WIDTH / 2, y - _HEIGHT / 2), _WIDTH, _HEIGHT, **style))
        ax.text(x, y + 0.1, _short(above, 30), ha="center", va="center", fontsize=8.5)
        ax.text(x, y - 0.11, _short(below, 38), ha="center", va="center", fontsize=7, color=GREY)

    for value in graph.inputs:
        box(value.name, value.name, shape_text(value.shape), GREY)
    if graph.event is not None:
        box(graph.event.name, "input (all)", shape_text(graph.event.shape), GREY)
    ends = {output.value.name for output in graph.outputs}
    for node in graph.nodes:
        below = shape_text(node.shape) + (f", {count(node)} parameters" if count(node) else "")
        box(node.name, "|".join([node.layer.kind, *node.layer.to_fields()]), below, ORANGE if node.name in ends else BLUE)
        x, y = centre(node.name)
        for value in dict.fromkeys(node.inputs):
            fx, fy = centre(value.name)
            far = places[node.name][1] - places[value.name][1] > 1 and fx == x
            begin = (fx + _WIDTH / 2, fy) if far else (fx, fy - _HEIGHT / 2)
            end = (x + _WIDTH / 2, y) if far else (x, y + _HEIGHT / 2)
            style = dict(arrowstyle="-|>", mutation_scale=9, color=GREY, linewidth=1.0, shrinkA=1, shrinkB=1)
            ax.add_patch(FancyArrowPatch(begin, end, connectionstyle=f"arc3,rad={-0.35 * far}", **style))


def _short(text: str, n: int) -> str:
    return text if len(text) <= n else text[: n - 1] + "…"


def weights_figure(parameters: Mapping[str, np.ndarray], *, title: str = ""):
    """The parameters of every layer: their quartiles, the range of 98 % of them, and the number of zeros.

    Parameters
    ----------
    parameters : dict of str to arrays
        By name, such as "h.Weights".

    Raises
    ------
    DataError
        There are none. MissingExtraError: matplotlib is not installed.
    """
    shown = {name: np.asarray(values, np.float64).ravel() for name, values in parameters.items() if np.size(values)}
    if not shown:
        raise DataError("the network has no parameters", code="data-empty")
    figure = new_figure(7.2, 0.34 * len(shown) + 1.3)
    ax = figure.add_subplot()
    for i, (name, values) in enumerate(shown.items()):
        low, first, middle, third, high = np.quantile(values, (0.01, 0.25, 0.5, 0.75, 0.99))
        colour = CYCLE[0] if "bias" not in name.lower() else CYCLE[2]
        ax.plot([low, high], [i, i], color=colour, linewidth=1.4)
        ax.barh(i, third - first, left=first, height=0.55, color=colour, alpha=0.45)
        ax.plot([middle], [i], "|", color=colour, markersize=11, markeredgewidth=2)
    ax.axvline(0.0, color=GREY, linewidth=0.8)
    ax.set_yticks(range(len(shown)), [f"{name} ({len(values)})" for name, values in shown.items()], fontsize=TICK)
    ax.invert_yaxis()
    ax.tick_params(axis="x", labelsize=TICK)
    ax.set_xlabel("value: median, quartiles, range of 98 %", fontsize=LABEL)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    if title:
        ax.set_title(title, fontsize=TITLE)
    return figure
