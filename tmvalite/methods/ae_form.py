"""What MethodAE understands: its options, and what it makes of its blocks."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from tmvalite.losses import AUTOENCODER, losses_for
from tmvalite.models import options
from tmvalite.models.blocks import DECODER, DISCRIMINATOR, ENCODER, EXPECTED, HEAD, build_blocks
from tmvalite.models.features import EVENT, wrong_strategy
from tmvalite.models.form import ORIGIN, TRUTH, VARIABLES, Form, Role
from tmvalite.models.latent import DECEPTION, HEAD_LOSS, RECONSTRUCTION, complete, draws_of
from tmvalite.string_utils import DeclaredOption, OptionTable


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
    DeclaredOption("FeatureSigma", float, 1.0, "width of the features in their likelihood; 0: estimated", minimum=0),
    DeclaredOption(
        "AdversaryStart", int, 0, "epochs before the Decoder begins to deceive the Discriminator of events", minimum=0
    ),
    options.SPECTRAL_NORM,
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
_OF_FEATURES = ("FeatureWeight", "FeatureSigma", "AdversaryStart", "SpectralNorm")
_LOAD = "load the file of the whole"


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
            **{name: "" if values.Features else "Features is not set" for name in _OF_FEATURES},
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
        from tmvalite.models.vae_gan import FeatureLoss

        loss = FeatureLoss if booking.values.Features else AutoencoderLoss
        variance = float(np.average(train.x.var(axis=0, dtype=np.float64)))
        epochs = booking.phases[0].max_epochs
        return loss(blueprint, booking.values, network, variance=variance, epochs=epochs, trace=trace)

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
