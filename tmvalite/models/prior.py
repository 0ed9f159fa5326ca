"""Codes drawn from the prior: what an autoencoder is asked to decode when it generates, and what an adversary compares with."""

from __future__ import annotations

import numpy as np

from tmvalite.errors import OptionError
from tmvalite.models.blocks import ENCODER
from tmvalite.models.latent import draws_of
from tmvalite.string_utils import Prior
from tmvalite.training import streams

STREAM = "prior"


def prior_draws(prior: Prior, n: int, size: int, dtype, *, seed: int, epoch: int = 0, step: int = 0) -> np.ndarray:
    """n codes of this prior, (n, size), fixed by seed, epoch and step."""
    key = streams.stream_key(seed, STREAM, "code")
    if prior.kind == "GAUSS":
        numbers = prior.first + prior.second * streams.normals(key, n * size, epoch=epoch, step=step)
    else:
        numbers = prior.first + (prior.second - prior.first) * streams.uniforms(key, n * size, epoch=epoch, step=step)
    return numbers.reshape(n, size).astype(dtype)


def sampled_codes(trained, n: int, seed: int) -> np.ndarray:
    """n codes (n, Q) as the trained encoder's should be distributed.

    Raises
    ------
    OptionError
        Nothing made the codes follow a prior.
    """
    encoder, prior, dtype = trained.blocks[ENCODER], trained.prior, trained.dtype
    if trained.latent == "NONE":
        hint = "end the Encoder with LATENT|2, or train with LatentLoss=MMD, SWD or ADV"
        raise OptionError("a plain autoencoder has no prior to sample from", code="no-prior", hint=hint)
    size = encoder.outputs[-1].value.size
    if trained.latent != "KL":
        return prior_draws(prior, n, size, dtype, seed=seed)
    settings, node = draws_of(encoder), encoder.outputs[-1].value.producer
    while (
        node is not None
        and node.name not in settings
        and not node.parameters
        and len(node.inputs) == 1
        and node.output.size == node.inputs[0].size
    ):
        node = node.inputs[0].producer  # a RESHAPE behind the latent layer
    setting = settings.get(node.name) if node is not None else None
    if setting == "noise":
        return prior_draws(prior, n, size, dtype, seed=seed)
    if setting == "temperature":
        classes = node.layer.classes
        groups = size // classes
        key = streams.stream_key(seed, STREAM, "code")
        chosen = np.minimum((streams.uniforms(key, n * groups) * classes).astype(np.int64), classes - 1)
        return np.eye(classes, dtype=dtype)[chosen].reshape(n, size)
    message = "the prior of this code is not known, because layers stand behind its latent variables"
    hint = "end the Encoder with the latent layer, or call decode with codes of your own"
    raise OptionError(message, code="no-prior", hint=hint)
