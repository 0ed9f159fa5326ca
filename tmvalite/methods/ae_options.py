"""The options of an autoencoder that depend on each other: what cannot be, and what does nothing."""

from __future__ import annotations

from tmvalite.errors import Diagnostics, OptionError
from tmvalite.methods.ae_blocks import DECODER, ENCODER, HEAD
from tmvalite.methods.ae_network import Blueprint, draws_of
from tmvalite.string_utils import BoundOptions

_RANGES = {  # option: allowed, in words
    "Rho": (lambda v: 0.0 < v < 1.0, "a number between 0 and 1"),
    "PretrainCorruption": (lambda v: v <= 1.0, "a probability, at most 1"),
    "TemperatureMinimum": (lambda v: v > 0.0, "a number above 0"),
}


def check_numbers(bound: BoundOptions) -> None:
    """Raise OptionError at a number that cannot be."""
    for name, (allowed, words) in _RANGES.items():
        value = bound.values[name]
        if not allowed(value):
            raise OptionError(
                f"{name} cannot be {value:g}",
                code="range",
                source=bound.source,
                span=bound.spans.get(name),
                where=name,
                expected=words,
            )


def remark_without_effect(bound: BoundOptions, blueprint: Blueprint, diagnostics: Diagnostics) -> None:
    """Warn about options that are set and that nothing reads."""
    values, latent = bound.values, blueprint.latent
    losses = {o.strategy for o in blueprint.objectives[: len(blueprint.blocks[DECODER].outputs)]}
    cools = "temperature" in draws_of(blueprint.blocks[ENCODER]).values()
    unread = {
        "KLWeight": "LatentLoss is NONE" if latent == "NONE" else "",
        "KLAnnealing": "LatentLoss is NONE" if latent == "NONE" else "",
        "Prior": "LatentLoss is NONE" if latent == "NONE" else "",
        "Projections": f"LatentLoss is {latent}" if latent != "SWD" else "",
        "SparsityWeight": "Sparsity is NONE" if values.Sparsity == "NONE" else "",
        "Rho": f"Sparsity is {values.Sparsity}" if values.Sparsity != "KL" else "",
        "HeadWeight": "there is no Head" if HEAD not in blueprint.blocks else "",
        "DecoderSigma": "no output has the loss SUMOFSQUARES" if "SUMOFSQUARES" not in losses else "",
        "TemperatureRate": "the Encoder has no GUMBEL" if not cools else "",
        "TemperatureMinimum": "TemperatureRate is 0" if not values.TemperatureRate else "",
        "PretrainEpochs": "Pretrain is NONE" if values.Pretrain == "NONE" else "",
        "PretrainCorruption": "Pretrain is NONE" if values.Pretrain == "NONE" else "",
    }
    for name, reason in unread.items():
        if reason and bound.is_set(name):
            diagnostics.warn(
                f"{name} has no effect: {reason}",
                code="option-without-effect",
                source=bound.source,
                span=bound.spans[name],
                where=name,
                hint=f"remove {name}",
            )
