"""What a method is before any string: its options, its blocks and what they learn, what accompanies its training.

A form is a class with declarations and a few functions, as a layer is; it has no state, and one instance serves all bookings.
Who needs to know which methods there are asks FORMS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tmvalite.errors import OptionError
from tmvalite.graph import Graph, build_graph
from tmvalite.graph.join import block_of
from tmvalite.losses import Objective, usual
from tmvalite.models.options import EXTENSIONS, read_option
from tmvalite.string_utils import OptionTable, Prior, parse_input_layout, parse_strategy, resolve_strategy

VARIABLES, TRUTH, ORIGIN = "variables", "truth", "origin"


@dataclass(frozen=True)
class Role:
    """A network of a method and what it learns.

    name : as in a layout; "" for the one chain of a method that has no blocks
    learns : VARIABLES, the (transformed) variables themselves; TRUTH, classes and targets; ORIGIN, whether what it reads is
        the real thing, 1, or made, 0; "" if others learn from what it gives
    term : the name of its part of the loss
    booked : ErrorStrategy is its loss
    reads_event : the first block reads the variables, not noise
    alone : a weight file may hold it without the first block
    missing : what to do about a trained method without it, a hint
    """

    name: str = ""
    learns: str = ""
    term: str = ""
    booked: bool = False
    reads_event: bool = True
    alone: bool = False
    missing: str = ""


class Form:
    """A method of one chain of layers, from which the others differ.

    Attributes
    ----------
    name, noun : str
        As in `--method`: MethodDL has the form DL; and what messages call it.
    in_tmva : bool
        TMVA's enumeration of methods has it.
    table : OptionTable
        Its options in the order of the weight file.
    extensions : OptionTable
        Those that no file of TMVA holds.
    streamed : bool
        Whether it trains on events that are read piece by piece.
    unread : tuple of str
        Options that are not understood before the method can be trained.
    roles : tuple of Role
        In the order of the joined network.
    written : str
        What a layout and a weight file of several blocks hold, in words.
    settings : tuple of str
        What a weight file states about the networks beside their layers; see `file.SETTINGS`.
    """

    name: ClassVar[str] = ""
    noun: ClassVar[str] = "network"
    in_tmva: ClassVar[bool] = False
    table: ClassVar[OptionTable]
    extensions: ClassVar[OptionTable] = EXTENSIONS
    streamed: ClassVar[bool] = False
    unread: ClassVar[tuple[str, ...]] = ()
    roles: ClassVar[tuple[Role, ...]] = (Role(learns=TRUTH, booked=True),)
    written: ClassVar[tuple[str, str]] = ("", "")
    settings: ClassVar[tuple[str, ...]] = ("Losses", "OutputFunctions", "ClassWidth")

    def role(self, learns: str) -> str | None:
        """The name of the block that learns this, or None."""
        return next((role.name for role in self.roles if role.learns == learns), None)

    # ------------------------------------------------------------------------------------- options

    def input_layouts(self, bound, diagnostics) -> tuple:
        """What InputLayout says, for every network that reads from outside; the event's is the last one."""
        there = "InputLayout" in bound.table
        return (read_option(bound, "InputLayout", parse_input_layout, diagnostics) if there else None,)

    def phases(self, bound, diagnostics) -> tuple:
        """The phases that TrainingStrategy asks for."""
        return read_option(bound, "TrainingStrategy", _phases, diagnostics)

    def check(self, booking) -> None:
        """Raise OptionError at values that cannot be."""

    def initialisation(self, values) -> str:
        """The distribution of the first weights, by its name in `training.initialisation`."""
        return values.WeightInitialization

    # ------------------------------------------------------------------------------------- network

    def build(self, booking, inputs: tuple, info, drop: tuple[float, ...], diagnostics) -> dict[str, Graph]:
        """The graphs by block, as written, with a DropConfig. `inputs`: name and shape of what each network reads."""
        width = {"classification": 1, "multiclass": info.n_classes, "regression": info.n_targets}[booking.analysis_type]
        graph = build_graph(
            booking.layout, inputs=inputs[-1], n_variables=info.n_variables, n_outputs=width, drop=drop, diagnostics=diagnostics
        )
        return {"": graph}

    def complete(self, booking, blocks: dict[str, Graph], diagnostics) -> tuple[dict[str, Graph], str, Prior]:
        """The graphs with what the options add to them; what the code is trained for, and its prior."""
        return blocks, "NONE", booking.prior

    def remark(self, booking, blueprint, diagnostics) -> None:
        """Warn about options that are set and that nothing reads."""

    def weights(self, header: dict, records: list) -> tuple[dict, list]:
        """Header and layers of <Weights>, for a network that ROOT can run, from those of MethodDL."""
        return header | {"NetDepth": len(records)}, records

    def judges(self, booking) -> Objective:
        """What trains an output that learns the origin of what it reads."""
        return usual("classification")

    def sources(self, blocks: dict[str, Graph]) -> dict[str, str]:
        """The blocks that read what a block other than the first one gives, and which."""
        return {}

    def part(self, graph: Graph, blocks: dict[str, Graph], names: tuple[str, ...]) -> Graph:
        """The part of the joined graph that some blocks are; `blocks` has them as written."""
        return block_of(graph, *names)

    # ------------------------------------------------------------------------------------- training

    def chosen(self, booking, events, info):
        """(N,) bool, which of the events train or validate; None for all."""
        return None

    def extended(self, blueprint, x, y, events, info) -> tuple:
        """Transformed variables (N, V) and what is learnt, with columns that the networks read or learn besides."""
        return x, y

    def learner(self, booking, blueprint, network):
        """What is trained: the network as a whole, or a `training.alternating.Alternating` over it."""
        return network

    def average(self, values) -> float:
        """The decay of the average of all parameters; 0 where there is none, or where the learner knows of it."""
        return values.EMA

    def companion(self, booking, blueprint, network, train, trace: int):
        """The `training.loop.Companion` of a training on the sample `train`, or None; see there."""
        return None

    def prepare(self, booking, network, train, valid, *, seed: int, progress) -> None:
        """Give the network better first parameters."""


def _phases(source, span, diagnostics) -> tuple:
    return resolve_strategy(parse_strategy(source, span, diagnostics), diagnostics)


def lacking(form: Form, block: str, blocks) -> OptionError:
    """The error that a block is not there; `blocks` are."""
    hint = next(role.missing for role in form.roles if role.name == block)
    return OptionError(f"this {form.noun} has no {block}; it has {' and '.join(blocks)}", code="block-missing", hint=hint)


FORMS: dict[str, Form] = {}


def register(cls: type[Form]) -> type[Form]:
    """Class decorator: make the form known; TMVA's methods come first."""
    FORMS[cls.name] = cls()
    for name in sorted(FORMS, key=lambda name: (not FORMS[name].in_tmva, name)):
        FORMS[name] = FORMS.pop(name)
    return cls
