"""MethodAE: an encoder, a decoder, perhaps a head; their options, and the values they give."""

from __future__ import annotations

import os
from typing import ClassVar

import numpy as np

from tmvalite.data.checks import events_without_value
from tmvalite.data.info import DataSetInfo
from tmvalite.errors import OptionError
from tmvalite.losses import AUTOENCODER, losses_for
from tmvalite.methods.base import Method
from tmvalite.models import options
from tmvalite.models.blocks import DECODER, DISCRIMINATOR, ENCODER, EXPECTED, HEAD, build_blocks
from tmvalite.models.features import EVENT, wrong_strategy
from tmvalite.models.form import FORMS, ORIGIN, TRUTH, VARIABLES, Form, Role, register
from tmvalite.models.latent import DECEPTION, HEAD_LOSS, LATENT_TERMS, RECONSTRUCTION, complete, draws_of
from tmvalite.models.prior import sampled_codes
from tmvalite.models.reconstruction import error_of_events
from tmvalite.string_utils import DeclaredOption, OptionTable
from tmvalite.training import streams


def _choice(name: str, choices: tuple[str, ...], help: str) -> DeclaredOption:
    """An option with some values, the first one by default."""
    return DeclaredOption(name, str, choices[0], help, choices=choices)


# What an autoencoder can be beside plain; none of it is TMVA's.
AE_EXTENSIONS = options.EXTENSIONS + OptionTable(
    _choice(
        "LatentLoss",
        ("AUTO", "KL", "MMD", "SWD", "ADV", "NONE"),
        "what the code is trained for; AUTO: KL behind LATENT or GUMBEL, else NONE",
    ),
    DeclaredOption("KLWeight", float, 1.0, "weight of the latent loss; 1 makes KL the evidence lower bound", minimum=0),
    DeclaredOption(
        "KLAnnealing",
        int,
        -1,
        "epochs over which that weight grows from 0; -1: 10, at most a quarter of MaxEpochs, "
        "if the width of a Gaussian decoder is estimated, else none",
        minimum=-1,
    ),
    DeclaredOption("Prior", str, "GAUSS|0|1", "distribution of the code: GAUSS|mean|sigma or UNIFORM|low|high"),
    DeclaredOption("Projections", int, 50, "directions in which SWD compares code and prior", minimum=1),
    _choice("Sparsity", ("NONE", "L1", "KL"), "penalty on the code: its size, or the divergence of its mean from Rho"),
    DeclaredOption("SparsityWeight", float, 1e-3, "weight of that penalty", minimum=0),
    DeclaredOption("Rho", float, 0.05, "mean activation that Sparsity=KL asks for", minimum=0),
    DeclaredOption("HeadWeight", float, 1.0, "weight of the loss of Head={..}", minimum=0),
    DeclaredOption("DecoderSigma", float, 0.0, "width of a Gaussian decoder; 0: estimated with KL, else 1", minimum=0),
    DeclaredOption("TemperatureRate", float, 0.0, "GUMBEL: tau falls as exp(-rate * steps)", minimum=0),
    DeclaredOption("TemperatureMinimum", float, 0.5, "GUMBEL: the smallest tau", minimum=0),
    DeclaredOption(
        "Features", str, "", "layer of a Discriminator of events in whose values events and reconstructions are compared"
    ),
    DeclaredOption(
        "FeatureWeight", float, 1.0, "weight of that difference in the loss of the Decoder, beside deceiving", minimum=0
    ),
    _choice("Pretrain", ("NONE", "GREEDY"), "train the dense layers of the encoder one by one before the whole"),
    DeclaredOption("PretrainEpochs", int, 20, "epochs for each layer", minimum=1),
    DeclaredOption(
        "PretrainCorruption", float, 0.3, "probability to mask a value that a layer reads in its pre-training", minimum=0
    ),
)

_LAYOUT = DeclaredOption(
    "Layout", str, "Encoder={DENSE|(N+100)*2|SOFTSIGN}Decoder={DENSE|0|LINEAR}", "the layers of encoder and decoder"
)
_LOSS = DeclaredOption("ErrorStrategy", str, "SUMOFSQUARES", "loss of the reconstruction", choices=losses_for(AUTOENCODER))
_RANGES = {  # option: allowed, in words
    "Rho": (lambda v: 0.0 < v < 1.0, "a number between 0 and 1"),
    "PretrainCorruption": (lambda v: v <= 1.0, "a probability, at most 1"),
    "TemperatureMinimum": (lambda v: v > 0.0, "a number above 0"),
}
_LOAD = "load the file of the whole"


@register
class Autoencoder(Form):
    """An Encoder whose code a Decoder makes into the input again; a Head learns classes or targets from it."""

    name = "AE"
    noun = "autoencoder"
    extensions = AE_EXTENSIONS
    table: ClassVar[OptionTable] = options.method_options(
        *(_LAYOUT, _LOSS, options.INITIALIZATION, options.SEED, options.VALIDATION, options.ARCHITECTURE, options.STRATEGY),
        extensions=AE_EXTENSIONS,
    )
    roles = (
        Role(ENCODER, missing=_LOAD),
        Role(DECODER, VARIABLES, RECONSTRUCTION, booked=True, alone=True, missing=_LOAD),
        Role(HEAD, TRUTH, HEAD_LOSS, missing="Head={DENSE|1|LINEAR} behind the Decoder learns classes or targets from the code"),
        Role(DISCRIMINATOR, ORIGIN, DECEPTION, missing="LatentLoss=ADV trains one"),
    )
    written = (EXPECTED, "Encoder and Decoder, perhaps Head and Discriminator, or one half")
    settings = ("Losses", "OutputFunctions", "HeadClasses", "LatentLoss", "Prior", "DecoderSigma")

    def check(self, booking):
        for option, (allowed, words) in _RANGES.items():
            value = booking.values[option]
            if not allowed(value):
                raise booking.error(option, f"{option} cannot be {value:g}", "range", expected=words)

    def build(self, booking, inputs, info, drop, diagnostics):
        of_head = {"classification": 1, "multiclass": info.n_classes, "regression": max(1, info.n_targets)}
        return build_blocks(
            booking.layout,
            inputs=inputs[-1],
            n_variables=info.n_variables,
            head_outputs=of_head[booking.analysis_type],
            drop=drop,
            diagnostics=diagnostics,
            judged=_judged(booking, inputs[-1]),
        )

    def sources(self, blocks):
        graph = blocks.get(DISCRIMINATOR)
        return {DISCRIMINATOR: DECODER} if graph is not None and graph.inputs[0].name == EVENT else {}

    def complete(self, booking, blocks, diagnostics):
        return complete(booking, blocks, diagnostics)

    def remark(self, booking, blueprint, diagnostics):
        values, latent = booking.values, blueprint.latent
        of_decoder = blueprint.objectives[: len(blueprint.blocks[DECODER].outputs)]
        cools = "temperature" in draws_of(blueprint.blocks[ENCODER]).values()
        no_loss = "LatentLoss is NONE" if latent == "NONE" else ""
        no_pretraining = "Pretrain is NONE" if values.Pretrain == "NONE" else ""
        unread = {
            "KLWeight": no_loss,
            "KLAnnealing": no_loss,
            "Prior": no_loss,
            "Projections": f"LatentLoss is {latent}" if latent != "SWD" else "",
            "SparsityWeight": "Sparsity is NONE" if values.Sparsity == "NONE" else "",
            "Rho": f"Sparsity is {values.Sparsity}" if values.Sparsity != "KL" else "",
            "HeadWeight": "there is no Head" if HEAD not in blueprint.blocks else "",
            "DecoderSigma": "no output has the loss SUMOFSQUARES" if not any(o.declared.gaussian for o in of_decoder) else "",
            "TemperatureRate": "the Encoder has no GUMBEL" if not cools else "",
            "TemperatureMinimum": "TemperatureRate is 0" if not values.TemperatureRate else "",
            "FeatureWeight": "" if values.Features else "Features is not set",
            "PretrainEpochs": no_pretraining,
            "PretrainCorruption": no_pretraining,
        }
        for option, reason in unread.items():
            if reason and booking.bound.is_set(option):
                place = {"source": booking.bound.source, "span": booking.span(option), "where": option}
                message, hint = f"{option} has no effect: {reason}", f"remove {option}"
                diagnostics.warn(message, code="option-without-effect", **place, hint=hint)

    def learner(self, booking, blueprint, network):
        from tmvalite.models.adversary import adversarial
        from tmvalite.models.vae_gan import FeatureLearning

        if booking.values.Features:
            return FeatureLearning(booking, blueprint, network)
        return adversarial(blueprint, network) if blueprint.latent == "ADV" else network

    def companion(self, booking, blueprint, network, train, trace):
        from tmvalite.models.likelihood import AutoencoderLoss

        variance = float(np.average(train.x.var(axis=0, dtype=np.float64)))
        epochs = booking.phases[0].max_epochs
        return AutoencoderLoss(blueprint, booking.values, network, variance=variance, epochs=epochs, trace=trace)

    def prepare(self, booking, network, train, valid, *, seed, progress):
        from tmvalite.models.pretraining import pretrain

        if booking.values.Pretrain == "GREEDY":
            pretrain(booking, network, train, valid, seed=seed, progress=progress)


def _judged(booking, inputs) -> tuple:
    """What a Discriminator reads that sees events; nothing where it reads codes. Raises OptionError."""
    if not booking.values.Features:
        return ()
    if booking.values.ErrorStrategy != "SUMOFSQUARES":
        raise wrong_strategy(booking)
    if len(inputs) > 1:
        message = "a Discriminator of events reads one input, and InputLayout has several"
        raise booking.error("Features", message, "features", hint="leave the names in InputLayout out")
    return ((EVENT, inputs[0][1]),)


class MethodAE(Method):
    """An autoencoder: TMVA's MethodAE, which reconstructs its input whatever the analysis is.

    Parameters
    ----------
    options : str
        TMVA's option string: "Layout=Encoder={DENSE|64|RELU,DENSE|2|LINEAR}Decoder={DENSE|64|RELU,DENSE|N|LINEAR}:...".
        LATENT|Q at the end of the Encoder makes it variational; Head={..} reads the code and learns classes or targets.
        `tmvalite check --method AE "..."` on the command line lists all options with their values.
    analysis_type : str
        "classification", "regression" or "multiclass": what a Head learns, and how the data are declared.
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
    >>> t = np.linspace(-1, 1, 300)
    >>> X = np.stack([t, 2 * t, -t], axis=1)
    >>> method = MethodAE("Layout=Encoder={DENSE|1|LINEAR}Decoder={DENSE|N|LINEAR}:RandomSeed=1:"
    ...                   "TrainingStrategy=LearningRate=1e-2,MaxEpochs=60,BatchSize=30,TestRepetitions=5")
    >>> codes = method.fit(X, progress="silent").encode(X)
    >>> codes.shape, bool(np.abs(method.decode(codes) - X).max() < 0.1)
    ((300, 1), True)
    """

    form = FORMS["AE"]

    # ------------------------------------------------------------------------------------- training

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
        trace: int = 0,
        checkpoint=None,
        checkpoint_every: str | None = None,
        resume=None,
        warm_start: bool = False,
        workers=None,
    ):
        """Train on arrays. The validation events are drawn, or given.

        Parameters
        ----------
        X, sample_weight, targets, norm, signal, eval_set, progress, on_interrupt
            As for `Method.fit`; without a Head eval_set may be (X,).
        y : optional
            What a Head learns: (N,) classes, or (N,) or (N, T) targets of a regression. Without a Head it only groups the
            events for `norm` and for transformations of one class.
        checkpoint, checkpoint_every, resume, warm_start, workers
            As for `MethodDL.fit`.
        trace : int
            Keep the means of the loss and its parts over so many optimisation steps in `trace`; 0 keeps none.

        Returns
        -------
        self

        Raises
        ------
        DataError, OptionError, ShapeError, TrainingError
            As for `Method.fit`; DataError also for variables that CROSSENTROPY cannot reconstruct, since they are not in [0, 1].
        """
        trace = _whole("trace", trace)
        more = dict(trace=trace, checkpoint=checkpoint, checkpoint_every=checkpoint_every, resume=resume, workers=workers)
        start = self._first_weights(warm_start)
        self._fit((X, y, sample_weight, targets), norm, signal, eval_set, progress, on_interrupt, start=start, **more)
        return self

    @property
    def trace(self) -> dict[str, list]:
        """The means that `fit(trace=n)` kept; "iteration" counts optimisation steps from 1, then a list per part of the loss."""
        return dict(self._trace)

    # ------------------------------------------------------------------------------------- codes and events

    def encode(self, X) -> np.ndarray:
        """The codes of events, (N, Q), or (Q,) for one event: the mean of a Gaussian code, one-hot values of categories."""
        return self._trained().encode(X)

    def decode(self, Z) -> np.ndarray:
        """The events that codes (N, Q) stand for, (N, V) in original units, or (V,) for one code (Q,)."""
        return self._trained().decode(Z)

    def reconstruct(self, X) -> np.ndarray:
        """decode(encode(X)): the events as they come back, (N, V) in original units."""
        return self.decode(self.encode(X))

    def sample(self, n: int, seed: int | None = None) -> np.ndarray:
        """n new events (n, V) in original units, decoded from codes drawn from the prior; a seed gives the same ones again.

        Raises
        ------
        OptionError
            A plain autoencoder: nothing made its codes follow a prior. Or n or seed is no whole number from 0 on.
        """
        n, seed = _whole("n", n), None if seed is None else _whole("seed", seed)
        model = self._trained()
        model.part(DECODER)
        if ENCODER not in model.blocks:
            hint = "call decode with codes of your own, or load the file of the whole"
            raise OptionError("a decoder alone does not know how its codes are distributed", code="no-prior", hint=hint)
        seed = streams.drawn_seed() if seed is None else seed
        return model.decode(sampled_codes(model, n, seed))

    def transform(self, X, *, not_finite: str = "raise") -> np.ndarray:
        """scikit-learn's name of `encode`, for several events.

        not_finite : "raise" or "mark"
            What an event with a NaN or an infinity gives: a DataError, or NaN.
        """
        self._trained()
        codes = self.encode(self._rows(X))
        events_without_value(codes, not_finite)
        return codes

    def fit_transform(self, X, y=None, **keywords) -> np.ndarray:
        """The codes of the events that it was trained on, as scikit-learn has it; keywords as for `fit`."""
        return self.fit(X, y, **keywords).transform(X)

    def get_feature_names_out(self, input_features=None) -> np.ndarray:
        """The names of what `transform` gives, (Q,): methodae0, methodae1, ...

        input_features : optional
            As scikit-learn hands them on: they must be the variables of the training.
        """
        size = self.latent_size
        if input_features is not None:
            self._check_features([str(name) for name in input_features])
        return np.array([f"{type(self).__name__.lower()}{i}" for i in range(size)], object)

    def inverse_transform(self, Z) -> np.ndarray:
        """scikit-learn's name of `decode`."""
        return self.decode(Z)

    def discriminate(self, Z) -> np.ndarray:
        """How probable it is that codes (N, Q) are drawn from the prior, as the Discriminator of LatentLoss=ADV sees it: (N,).

        With Features: how probable it is that events (N, V) are real.
        """
        model = self._trained()
        if model.form.sources(model.blocks):
            x, _ = model.transformed(Z)
            return model.part(DISCRIMINATOR).values(x)[:, 0]
        return model.discriminate(Z)

    # ------------------------------------------------------------------------------------- values

    def mva_values(self, X):
        """The anomaly score of every event, (N,), or a float for one event: larger is more anomalous.

        It is the reconstruction error in nats without constants, sum_j (x_j - y_j)^2 / (2 sigma^2) in the transformed
        variables or the cross entropy, plus the KL divergence of the code at its mean where the training had it.
        """
        model = self._trained()
        encoder = model.part(ENCODER)
        x, single = model.transformed(X)
        decoder = model.part(DECODER)
        raw = decoder.outputs(encoder.outputs(x))
        score = error_of_events(decoder.graph.outputs, model.objectives[: len(decoder.graph.outputs)], x, raw, model.sigma)
        if model.latent == "KL":
            terms = encoder.event_terms(x).astype(np.float64)
            for column in (i for i, name in enumerate(encoder.event_term_names) if name == LATENT_TERMS["KL"]):
                score = score + terms[:, column]
        score = score.astype(model.dtype)
        return float(score[0]) if single else score

    def regression_values(self, X) -> np.ndarray:
        """The reconstruction in original units, (N, V), or (V,) for one event."""
        return self.reconstruct(X)

    def multiclass_values(self, X) -> np.ndarray:
        """The Head's values of all classes in declared order, (N, C), or (C,) for one event.

        Raises
        ------
        OptionError
            There is no Head, or it does not learn several classes.
        """
        model = self._trained()
        if self.analysis_type != "multiclass":
            hint = "use predict for what the Head learned" if HEAD in model.blocks else "use GetMvaValues"
            raise OptionError(f"this method is a {self.analysis_type}, not multiclass", code="analysis-type", hint=hint)
        return model.classes(X)

    # ------------------------------------------------------------------------------------- files

    def save_encoder(self, path: str | os.PathLike) -> None:
        """Write the encoder with its transformations alone; `tmvalite.load` gives a method that can `encode`."""
        self._save(path, (ENCODER,))

    def save_decoder(self, path: str | os.PathLike) -> None:
        """Write the decoder with its transformations alone; `tmvalite.load` gives a method that can `decode`."""
        self._save(path, (DECODER,))

    # ------------------------------------------------------------------------------------- workflow, print

    @property
    def value_kind(self) -> str:
        """Which results the Factory shows; "classification" also for the anomaly score of one without classes and targets."""
        has_classes = self.analysis_type == "multiclass" and self.needs_truth
        return "multiclass" if has_classes else "regression" if self.analysis_type == "regression" else "classification"

    def truth(self, events) -> np.ndarray:
        """What the reconstruction (N, V) is compared with: the variables themselves."""
        return events.x

    def value_names(self, info: DataSetInfo) -> list[str]:
        """The names of the columns of the values; those of a reconstruction are the variables'."""
        return [v.internal for v in info.variables] if self.value_kind == "regression" else super().value_names(info)

    @property
    def latent_size(self) -> int:
        """How many numbers a code has."""
        return self._trained().code_size

    def _remarkable(self, shown):
        code = shown.blocks[ENCODER].outputs[-1].value.size if ENCODER in shown.blocks else shown.code_size
        prior = f", {shown.latent} with prior {shown.prior}" if shown.latent != "NONE" else ""
        return [f"code: {code} value{'s' * (code != 1)}{prior}"]


def _whole(name: str, value) -> int:
    """Raises OptionError unless the value is a whole number from 0 on."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise OptionError(f"{name}={value!r} is no number that can be", code="argument", expected="a whole number from 0 on")
    return int(value)
