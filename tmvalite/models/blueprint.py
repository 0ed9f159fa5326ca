"""From a Booking and the names of the data to what the network computes: graphs, losses, output functions, dropout."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import Diagnostics, OptionError, ShapeError
from tmvalite.graph import Graph, check_batch_sizes, input_shapes, variables_of
from tmvalite.graph.join import SEPARATOR, join
from tmvalite.layers.formula import depends_on_variables
from tmvalite.losses import AUTOENCODER, Objective, usual
from tmvalite.models.batch_layout import check_batch_layout
from tmvalite.models.booking import Booking, silent, unnamed
from tmvalite.models.form import Form
from tmvalite.models.outputs import objectives_of
from tmvalite.string_utils import Prior

ASSUMED_VARIABLES = 64  # for a first look at a layout before the number of variables is known


@dataclass(frozen=True)
class Blueprint:
    """All that decides what a network computes.

    form : of the method
    blocks : the graphs by block, as written, with the dropout of all phases together; "" is the only one of MethodDL
    objectives : one per output of `graph`
    dropout : per phase, rates by node name of `graph`
    class_width : how many outputs of the block that learns the truth belong to classes; targets follow
    latent : what a code is trained for: KL, MMD, SWD, ADV or NONE
    prior : of the code, where `latent` is not NONE
    """

    form: Form
    blocks: Mapping[str, Graph]
    objectives: tuple[Objective, ...]
    dropout: tuple[dict[str, float], ...]
    class_width: int
    latent: str
    prior: Prior

    @cached_property
    def graph(self) -> Graph:
        """The blocks as one; see `joined`."""
        return joined(self.form, self.blocks)

    def network(self, *, precision: str, threads: int | None):
        """A new `training.network.Network`, all parameters zero."""
        return network_of(self.graph, self.objectives, precision=precision, threads=threads)


def blueprint(booking: Booking, info: DataSetInfo, diagnostics: Diagnostics, *, guessed: bool = False) -> Blueprint:
    """The blueprint for these variables, classes and targets.

    Parameters
    ----------
    guessed : bool
        Of the data only numbers are known, and the targets beside classes not even that.

    Raises
    ------
    OptionError, ShapeError
        With the place in the option string.
    """
    form, n = booking.form, info.n_variables
    sizes = [*((variables_of(layout) or n) for layout in booking.input_layouts[:-1]), n]
    inputs = tuple(input_shapes(layout, size, diagnostics) for layout, size in zip(booking.input_layouts, sizes, strict=True))
    drops = [phase.drop_config for phase in booking.phases] or [()]
    blocks, rates = _blocks_of_phases(lambda drop: form.build(booking, inputs, info, drop, diagnostics), drops)
    blocks, latent, prior = form.complete(booking, blocks, diagnostics)
    objectives, class_width = objectives_of(booking, blocks, info, diagnostics, guessed=guessed)
    dropout = tuple({node_name(block, name): rate for (block, name), rate in of_phase.items()} for of_phase in rates)
    made = Blueprint(form, blocks, objectives, dropout, class_width, latent, prior)
    source, span = booking.bound.place("BatchLayout") if any(booking.batch_layout) else (None, None)
    shapes = [value.shape for value in next(iter(blocks.values())).inputs]
    sizes = [phase.batch_size for phase in booking.phases]
    for graph in blocks.values():
        check_batch_sizes(graph, sizes)
    check_batch_layout(booking.batch_layout, shapes, sizes, source=source, span=span, phases=booking.phases)
    form.remark(booking, made, diagnostics)
    return made


def first_look(booking: Booking, diagnostics: Diagnostics) -> Blueprint | None:
    """The blueprint that follows from the string alone. Where there is none: raise what is wrong whatever the data will be.

    Then the warnings come with the data, when all numbers are known.
    """
    n = booking.n_variables
    if booking.known_by_itself:
        return blueprint(booking, unnamed(n), diagnostics, guessed=True)
    bare = booking.without_sizes()
    if n is not None:
        bare = dataclasses.replace(bare, input_layouts=booking.input_layouts)
    try:
        blueprint(bare, unnamed(n or ASSUMED_VARIABLES, n_targets=1), silent(booking.bound.source), guessed=True)
    except OptionError as error:
        text = error.source.text[error.span.start : error.span.stop] if error.source and error.span else ""
        depends = error.code == "network-size" or (error.code == "width" and depends_on_variables(text))
        if not isinstance(error, ShapeError) and (n is not None or not depends):
            raise
    return None


def joined(form: Form, blocks: Mapping[str, Graph]) -> Graph:
    """The blocks as one graph, its outputs called by their terms of the loss; a single chain stays as it is."""
    if "" in blocks:
        return blocks[""]
    graph, names = join(blocks, form.sources(blocks)), []
    for role in form.roles:
        count = len(blocks[role.name].outputs) if role.learns and role.name in blocks else 0
        names += [role.term] if count == 1 else [f"{role.term}.{i}" for i in range(1, count + 1)]
    names = names or ["code"]  # the first block alone
    outputs = tuple(dataclasses.replace(output, name=name) for output, name in zip(graph.outputs, names, strict=True))
    return dataclasses.replace(graph, outputs=outputs)


def node_name(block: str, name: str) -> str:
    """What a node of a block is called in the joined graph."""
    return f"{block}{SEPARATOR}{name}" if block else name


def network_of(graph: Graph, objectives: tuple[Objective, ...], *, precision: str, threads: int | None = None):
    """A network of a joined graph; without objectives it only gives what its last layer gives."""
    from tmvalite.training.network import Network  # brings the engine with it

    objectives = objectives or (usual(AUTOENCODER),)
    return Network(
        graph,
        precision=precision,
        losses=tuple(o.loss for o in objectives),
        output_functions=tuple(o.function for o in objectives),
        threads=threads,
    )


def _blocks_of_phases(build, drops) -> tuple[dict[str, Graph], tuple[dict[tuple[str, str], float], ...]]:
    """The graphs by block with the dropout of all phases together, and per phase the rates by block and node.

    One network serves all phases, so it has every dropout that any of them asks for. `build` makes the graphs for a
    DropConfig, `drops` are those of the phases.
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
