"""What MethodGAN understands: its options, its two networks, its phases."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import numpy as np

from tmvalite.data.transforms import check_transforms
from tmvalite.errors import DataError, Span
from tmvalite.graph.join import alone, block_of
from tmvalite.models import options
from tmvalite.models.blocks import with_one_sigmoid
from tmvalite.models.booking import BELOW_1
from tmvalite.models.conditions import conditions_in
from tmvalite.models.form import ORIGIN, Form, Role
from tmvalite.models.gan_events import class_condition
from tmvalite.models.gan_losses import GAN_LOSSES, gan_loss
from tmvalite.models.gan_networks import DISCRIMINATOR, GENERATOR, build_pair
from tmvalite.models.gradient_graph import check_layers
from tmvalite.string_utils import DeclaredOption, OptionTable, parse_input_layout, parse_strategy, resolve_strategy
from tmvalite.string_utils.prefixed_keys import of_network

STRATEGY = "LearningRate=1e-3,Optimizer=ADAM,ADAM_beta1=0.5,BatchSize=64,MaxEpochs=100,ConvergenceSteps=100,TestRepetitions=1"

_INPUT = OptionTable(
    DeclaredOption(
        "InputLayout", str, "0|0|0##0|0|0", "shape of the noise ## shape of one event; an input named in both is a condition"
    ),
    DeclaredOption("BatchLayout", str, "0|0|0##0|0|0", "shapes of the batches; they follow from InputLayout"),
)
_LAYOUT = DeclaredOption(
    "Layout",
    str,
    "DENSE|(N+100)*2|SOFTSIGN,DENSE|0|LINEAR##DENSE|(N+100)*2|SOFTSIGN,DENSE|1|LINEAR",
    "Generator={...}Discriminator={...}, or generator ## discriminator",
)
_STRATEGY = DeclaredOption(
    "TrainingStrategy",
    str,
    STRATEGY,
    "phases of the training, separated by '|'; GeneratorKEY and DiscriminatorKEY are those of one network",
)
# None of it is TMVA's.
GAN_EXTENSIONS = options.EXTENSIONS + OptionTable(
    DeclaredOption("GanLoss", str, "NONSATURATING", "what the two networks are trained with", choices=tuple(GAN_LOSSES)),
    DeclaredOption("DiscriminatorSteps", int, 1, "steps of the discriminator for each of the generator", minimum=1),
    DeclaredOption("GeneratorSteps", int, 1, "steps of the generator when it is its turn", minimum=1),
    DeclaredOption("LabelSmoothing", float, 0.0, "what the target of real events lacks of 1", minimum=0),
    DeclaredOption(
        "InstanceNoise", float, 0.0, "width of noise on what the discriminator reads; it falls to 0 along the epochs", minimum=0
    ),
    DeclaredOption("ClipWeights", float, 0.01, "WGAN: the largest size of a parameter of the discriminator", minimum=0),
    DeclaredOption("PenaltyWeight", float, 10.0, "WGAN-GP: weight of the gradient penalty", minimum=0),
    DeclaredOption(
        "R1Weight", float, 0.0, "weight of the squared slope of the discriminator at real events, any GanLoss; 0: none", minimum=0
    ),
    options.SPECTRAL_NORM,
    DeclaredOption("RealClass", str, "", "the class whose events are the real ones; all classes without it"),
    DeclaredOption("Prior", str, "GAUSS|0|1", "distribution of the noise: GAUSS|mean|sigma or UNIFORM|low|high"),
)
_LOAD = "load the file of the whole"


class GenerativeAdversarial(Form):
    """TMVA's generator ## discriminator; the keys of its TrainingStrategy have prefixes."""

    name = "GAN"
    noun = "GAN"
    extensions = GAN_EXTENSIONS
    table: ClassVar[OptionTable] = options.method_options(
        *(_LAYOUT, options.LOSS, options.INITIALIZATION, options.SEED, options.VALIDATION, options.ARCHITECTURE, _STRATEGY),
        inputs=_INPUT,
        extensions=GAN_EXTENSIONS,
    )
    unread = ("BatchLayout",)
    roles = (
        Role(GENERATOR, reads_event=False, alone=True, missing=_LOAD),
        Role(DISCRIMINATOR, ORIGIN, "generator", booked=True, alone=True, missing=_LOAD),
    )
    written = ("Generator={...}Discriminator={...}", "Generator and Discriminator, or one of them")
    settings = ("Losses", "OutputFunctions", "Prior", "Conditions")

    def phases(self, bound, diagnostics):
        return options.read_option(bound, "TrainingStrategy", _phases, diagnostics)

    def input_layouts(self, bound, diagnostics):
        source, span = bound.place("InputLayout")
        cut = source.text.find("##", span.start, span.stop)
        spans = [span] if cut < 0 else [Span(span.start, cut), Span(cut + 2, span.stop)]
        return tuple(parse_input_layout(source, part, diagnostics) for part in spans)

    def check(self, booking):
        values = booking.values
        if values.LabelSmoothing >= 1:
            raise booking.error(
                "LabelSmoothing", f"LabelSmoothing cannot be {values.LabelSmoothing:g}", "range", expected=BELOW_1
            )
        if values.ErrorStrategy == "MUTUALEXCLUSIVE":
            expected, hint = ("CROSSENTROPY", "SUMOFSQUARES"), "leave ErrorStrategy out; GanLoss says more"
            message = "a discriminator has one output, which MUTUALEXCLUSIVE cannot train"
            raise booking.error("ErrorStrategy", message, "loss-purpose", expected=expected, hint=hint)

    def build(self, booking, inputs, info, drop, diagnostics):
        return build_pair(booking, inputs, info, drop, diagnostics)

    def complete(self, booking, blocks, diagnostics):
        loss = gan_loss(booking)
        if loss.objective.function == "sigmoid":
            blocks = with_one_sigmoid(blocks, booking.values.ErrorStrategy, diagnostics)
        if loss.penalises or booking.values.R1Weight:
            check_layers(blocks[DISCRIMINATOR])
        if conditions_in(*blocks.values()) and any(member.mixes for member in check_transforms(booking.transforms)):
            message = "conditions cannot be told from what is generated behind a transformation that mixes variables"
            raise booking.error("VarTransform", message, "conditions", hint="write VarTransform=N, G or U")
        return blocks, "NONE", booking.prior

    def judges(self, booking):
        return gan_loss(booking).objective

    def part(self, graph, blocks, names):
        return alone(graph, blocks[DISCRIMINATOR], DISCRIMINATOR) if names == (DISCRIMINATOR,) else block_of(graph, *names)

    def remark(self, booking, blueprint, diagnostics):
        values, loss = booking.values, gan_loss(booking)
        name = next(name for name, one in GAN_LOSSES.items() if one is loss)
        unread = {
            "ClipWeights": "" if loss.clips else f"GanLoss is {name}",
            "PenaltyWeight": "" if loss.penalises else f"GanLoss is {name}",
            "LabelSmoothing": "" if loss.labels else f"{name} has no labels",
            "ErrorStrategy": "" if loss.objective.strategy == values.ErrorStrategy else f"GanLoss is {name}",
        }
        for option, reason in unread.items():
            if reason and booking.bound.is_set(option):
                place = {"source": booking.bound.source, "span": booking.span(option), "where": option}
                hint = f"remove {option}"
                diagnostics.warn(f"{option} has no effect: {reason}", code="option-without-effect", **place, hint=hint)
        for number, phase in enumerate(booking.phases, 1):
            _remark_phase(booking, number, phase, diagnostics)

    def chosen(self, booking, events, info):
        name = booking.values.RealClass
        if not name:
            return None
        if name not in info.classes:
            message = f"there is no class {name!r} whose events could be the real ones"
            raise booking.error("RealClass", message, "data-classes", expected=tuple(info.classes))
        return np.asarray(events.class_index) == info.classes.index(name)

    def extended(self, blueprint, x, y, events, info):
        c = class_condition(conditions_in(*(blueprint.blocks[name] for name in (GENERATOR, DISCRIMINATOR))), info.n_variables)
        if c is None:
            return x, y
        if c.count != info.n_classes:
            message = f"InputLayout has class={c.count}, but the events have {info.n_classes} class{'es' * (info.n_classes != 1)}"
            raise DataError(message, code="data-classes", hint="give the class of every event as y")
        return np.concatenate([x, np.eye(c.count, dtype=x.dtype)[np.asarray(events.class_index)]], axis=1), y

    def learner(self, booking, blueprint, network):
        from tmvalite.models.gan_training import Competing

        return Competing(booking, blueprint, network)

    def average(self, values):
        return 0.0  # the generator's alone, along its turns

    def companion(self, booking, blueprint, network, train, trace):
        from tmvalite.models.gan_training import GanRecord, check_weights

        check_weights(train.weights)
        return GanRecord(network, sum(phase.max_epochs for phase in booking.phases), trace)


def _phases(source, span, diagnostics) -> tuple:
    """The settings of the discriminator, with those of the generator as `others`."""
    strategy = parse_strategy(source, span, diagnostics)
    of_both = [
        resolve_strategy(of_network(strategy, own, (other,)), diagnostics)
        for own, other in ((DISCRIMINATOR, GENERATOR), (GENERATOR, DISCRIMINATOR))
    ]
    # dropout stands in the layout: a list of numbers for the items of two networks would be read wrongly by somebody
    bare = [[dataclasses.replace(phase, drop_config=()) for phase in phases] for phases in of_both]
    return tuple(dataclasses.replace(first, others={GENERATOR: second}) for first, second in zip(*bare, strict=True))


def _remark_phase(booking, number: int, phase, diagnostics) -> None:
    other = phase.others[GENERATOR]
    place = {"source": booking.bound.source, "where": f"TrainingStrategy, phase {number}"}
    for key, mine, theirs in (
        ("BatchSize", phase.batch_size, other.batch_size),
        ("MaxEpochs", phase.max_epochs, other.max_epochs),
        ("TestRepetitions", phase.test_repetitions, other.test_repetitions),
    ):
        if mine != theirs and other.writes(key):
            message = f"the generator has the {key} of the discriminator, {mine}: both are trained together"
            diagnostics.warn(message, code="key-without-effect", span=other.span(key), **place, hint=f"write one {key}")
    for settings in (phase, other):
        if settings.writes("DropConfig"):
            message = "DropConfig is ignored in a GAN, as in TMVA"
            hint = "write DROPOUT|0.5 before a layer"
            diagnostics.warn(message, code="key-without-effect", span=settings.span("DropConfig"), **place, hint=hint)
