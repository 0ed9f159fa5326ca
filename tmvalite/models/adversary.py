"""An encoder and a Discriminator that train against each other: the three turns of an adversarial autoencoder.

Source: Makhzani et al., arXiv:1511.05644, section 2.
"""

from __future__ import annotations

import numpy as np

from tmvalite.graph.join import block_of
from tmvalite.models.blocks import DISCRIMINATOR, ENCODER
from tmvalite.models.blueprint import Blueprint
from tmvalite.models.latent import ADVERSARY, DECEPTION
from tmvalite.models.prior import prior_draws
from tmvalite.training.alternating import Alternating, Turn
from tmvalite.training.network import Network


def adversarial(blueprint: Blueprint, network: Network) -> Alternating:
    """Reconstruct; tell codes from the prior; make codes look like the prior."""
    blocks = tuple(name for name in blueprint.blocks if name != DISCRIMINATOR)
    of_loss = [o.loss for o in blueprint.objectives]
    encoder = network.part(block_of(network.graph, ENCODER))

    def codes_and_prior(batch):
        codes = encoder.outputs(batch.x)
        n, size = codes.shape
        drawn = prior_draws(blueprint.prior, n, size, codes.dtype, seed=batch.seed, epoch=batch.epoch, step=batch.step)
        inputs = np.concatenate([codes, drawn])
        targets = np.zeros((2 * n, 1), codes.dtype)
        targets[n:] = 1.0
        return inputs, targets

    reconstruct = network.part(block_of(network.graph, *blocks), losses=tuple(of_loss[:-1]), trained=blocks)
    adversary = network.part(block_of(network.graph, DISCRIMINATOR), losses=("CROSSENTROPY",), trained=(DISCRIMINATOR,))
    deceive = network.part(block_of(network.graph, ENCODER, DISCRIMINATOR), losses=("CROSSENTROPY",), trained=(ENCODER,))
    turns = [
        Turn(reconstruct, columns=slice(0, reconstruct.n_outputs)),
        Turn(adversary, make=codes_and_prior, extra=ADVERSARY),
        Turn(deceive, rate_of=DECEPTION, regularised=False),
    ]
    return Alternating(network, turns)
