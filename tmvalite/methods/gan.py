"""MethodGAN: a generator and a discriminator; their options, and the values they give."""

from __future__ import annotations

import dataclasses
import os
from typing import ClassVar

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.data.tables import scored_events
from tmvalite.data.transforms import check_transforms
from tmvalite.errors import DataError, OptionError, Span
from tmvalite.graph.join import alone, block_of
from tmvalite.methods.base import Method
from tmvalite.models import options
from tmvalite.models.blocks import with_one_sigmoid
from tmvalite.models.conditions import conditions_in
from tmvalite.models.form import FORMS, ORIGIN, Form, Role, register
from tmvalite.models.gan_events import class_columns, class_condition, generated, variables_of
from tmvalite.models.gan_losses import GAN_LOSSES, gan_loss
from tmvalite.models.gan_networks import DISCRIMINATOR, GENERATOR, build_pair
from tmvalite.models.gradient_graph import check_layers
from tmvalite.string_utils import DeclaredOption, OptionTable, parse_input_layout, parse_strategy, resolve_strategy
from tmvalite.string_utils.prefixed_keys import of_network
from tmvalite.training import streams

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
        "SpectralNorm", str, "NONE", "whose weight matrices have the largest singular value 1", choices=("NONE", "DISCRIMINATOR")
    ),
    DeclaredOption(
        "EMA",
        float,
        0.0,
        "decay of the average of the generator's parameters that is used in the end; 0: the last ones",
        minimum=0,
    ),
    DeclaredOption("RealClass", str, "", "the class whose events are the real ones; all classes without it"),
    DeclaredOption("Prior", str, "GAUSS|0|1", "distribution of the noise: GAUSS|mean|sigma or UNIFORM|low|high"),
)
_BELOW_1 = "a number from 0 on, below 1"
_LOAD = "load the file of the whole"


@register
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
        for option in ("LabelSmoothing", "EMA"):
            if values[option] >= 1:
                raise booking.error(option, f"{option} cannot be {values[option]:g}", "range", expected=_BELOW_1)
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
        if loss.penalises:
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

    def companion(self, booking, blueprint, network, train, trace):
        from tmvalite.models.gan_training import GanRecord, check_weights

        check_weights(train.weights)
        return GanRecord(network, sum(phase.max_epochs for phase in booking.phases))


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


class MethodGAN(Method):
    """A generative adversarial network: a generator makes events out of noise, which a discriminator cannot tell from real ones.

    Parameters
    ----------
    options : str
        TMVA's option string: "Layout=Generator={DENSE|64|RELU,DENSE|N|LINEAR}Discriminator={DENSE|64|RELU,DENSE|1|LINEAR}:...",
        or the two networks with ## between them. InputLayout=16##2 makes two variables of 16 numbers of noise; an input that
        has the same name on both sides of ## is a condition: InputLayout=noise=16,energy=1##shower=48,energy=1.
        `tmvalite check --method GAN "..."` on the command line lists all options with their values.
    analysis_type : str
        How the data are declared.
    title : str, optional
        Name of the method in files and tables.
    norm, progress, verbose : optional
        How `fit` weighs the classes and what it shows, see `Method`.
    **keywords
        The same options, and the keys of TrainingStrategy, as Python arguments.

    Raises
    ------
    OptionError, ShapeError
        An option that cannot be understood, or layers that do not fit, with the place.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(1).normal(3.0, 0.5, (500, 2))
    >>> method = MethodGAN("InputLayout=4##2:RandomSeed=1:VarTransform=N:"
    ...                    "Layout=Generator={DENSE|16|TANH,DENSE|N|LINEAR}Discriminator={DENSE|16|LEAKYRELU,DENSE|1|LINEAR}:"
    ...                    "TrainingStrategy=LearningRate=2e-3,MaxEpochs=20,BatchSize=50,TestRepetitions=5,ConvergenceSteps=20")
    >>> made = method.fit(X, progress="silent").sample(1000, seed=2)
    >>> made.shape, bool(np.abs(made.mean(axis=0) - 3.0).max() < 0.5)
    ((1000, 2), True)
    """

    form = FORMS["GAN"]

    def fit(
        self,
        X,
        y=None,
        sample_weight=None,
        *,
        targets=None,
        norm: str | None = ...,
        signal=None,
        eval_set=None,
        progress: str | None = None,
        on_interrupt: str = "raise",
    ):
        """Train on arrays; all events are real, or those of RealClass. The validation events are drawn, or given.

        Parameters
        ----------
        X, sample_weight, targets, norm, signal, eval_set, progress, on_interrupt
            As for `Method.fit`; eval_set may be (X,). Weights are those of real events in the loss of the discriminator; negative
            ones are refused.
        y : optional
            Classes, which only group the events, for `norm` and RealClass.

        Returns
        -------
        self

        Raises
        ------
        DataError, OptionError, ShapeError, TrainingError
            As for `Method.fit`.
        """
        self._fit((X, y, sample_weight, targets), norm, signal, eval_set, progress, on_interrupt)
        return self

    # ------------------------------------------------------------------------------------- events

    def sample(self, n: int | None = None, seed: int | None = None, condition=None, classes=None) -> np.ndarray:
        """New events (n, V) in original units; a seed gives the same ones again, and event i does not depend on n.

        Parameters
        ----------
        n : int
            Number of events; that of the conditions without it.
        condition : (n, C) array, (C,) or a number, optional
            The variables that are conditions, in original units and in the order of the event; one for all events, or one each.
        classes : label, or (n,) array of labels, optional
            As y had them, where the class is a condition.

        Raises
        ------
        OptionError, DataError
            n or seed is no whole number from 0 on; conditions are missing, too many, or of another shape.
        """
        model = self._trained()
        seed = streams.drawn_seed() if seed is None else _whole("seed", seed)
        return generated(model, model.part(GENERATOR), None if n is None else _whole("n", n), seed, condition, classes)

    def discriminate(self, X, classes=None) -> np.ndarray:
        """What the discriminator says of events (N, V): (N,), larger is more like a real one; of one event a float.

        With NONSATURATING the probability to be real where as many are generated; with the others its output. Where the class is
        a condition: as an event of the `classes` given, a label or one each, or else the mean over all classes.
        """
        model = self._trained()
        network = model.part(DISCRIMINATOR)
        x, single = model.transformed(X)
        c = class_condition(model.conditions, model.info.n_variables)
        if c is None:
            if classes is not None:
                raise OptionError("the class is no condition here", code="conditions", hint="leave classes out")
            values = network.values(x)[:, 0]
        elif classes is not None:
            values = network.values(np.concatenate([x, class_columns(classes, len(x), c.count, model)], axis=1))[:, 0]
        else:
            every = np.eye(c.count, dtype=x.dtype)
            rows = (np.concatenate([x, np.broadcast_to(row, (len(x), c.count))], axis=1) for row in every)
            values = np.mean([network.values(r)[:, 0] for r in rows], axis=0, dtype=np.float64).astype(model.dtype)
        return float(values[0]) if single else values

    # ------------------------------------------------------------------------------------- values

    def mva_values(self, X):
        """What the discriminator says of every event, (N,), or a float for one event: larger is more like a real one."""
        return self.discriminate(X)

    def regression_values(self, X) -> np.ndarray:
        """A generated event for every event, (N, V), with its conditions; event i has the noise of `sample(seed=0)`."""
        model = self._trained()
        x, single = scored_events(X, model.info.variables, model.dtype)
        columns = variables_of(model)
        made = generated(model, model.part(GENERATOR), len(x), 0, x[:, columns] if columns else None)
        return made[0] if single else made

    def multiclass_values(self, X) -> np.ndarray:
        """The probabilities to be real and to be generated, (N, 2), or (2,) for one event.

        Raises
        ------
        OptionError
            The output of this discriminator is no probability.
        """
        model = self._trained()
        if model.objectives[-1].function != "sigmoid":
            message, hint = "the discriminator of this GanLoss gives no probabilities", "use GetMvaValues"
            raise OptionError(message, code="analysis-type", hint=hint)
        real = np.asarray(self.discriminate(X))
        return np.stack([real, 1 - real], axis=-1)

    # ------------------------------------------------------------------------------------- files

    def save_generator(self, path: str | os.PathLike) -> None:
        """Write the generator with its transformations alone; `tmvalite.load` gives a method that can `sample`."""
        self._save(path, (GENERATOR,))

    def save_discriminator(self, path: str | os.PathLike) -> None:
        """Write the discriminator with its transformations alone; `tmvalite.load` gives a method with `GetMvaValues`."""
        self._save(path, (DISCRIMINATOR,))

    # ------------------------------------------------------------------------------------- workflow, print

    @property
    def value_kind(self) -> str:
        """Which results the Factory shows; in a classification it ranks events by how real they look."""
        return "regression" if self.analysis_type == "regression" else "classification"

    def truth(self, events) -> np.ndarray:
        """What generated events (N, V) are compared with: the variables themselves."""
        return events.x

    def value_names(self, info: DataSetInfo) -> list[str]:
        """The names of the columns of the values; those of generated events are the variables'."""
        return [v.internal for v in info.variables] if self.value_kind == "regression" else super().value_names(info)

    def _remarkable(self, shown):
        there = shown.blocks.values()
        conditions = conditions_in(*there) if len(there) == 2 else shown.conditions
        given = f", given {', '.join(c.name for c in conditions)}" if conditions else ""
        return [f"noise: {shown.prior}{given}"]


def _whole(name: str, value) -> int:
    """Raises OptionError unless the value is a whole number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise OptionError(f"{name}={value!r} is no number that can be", code="argument", expected="a whole number from 0 on")
    return int(value)
