"""Fifty steps of every kind of GAN in float64: the losses are PyTorch's, from the same weights, batches and noise."""

import numpy as np
import pytest

from tests import oracles
from tests.methods.gan_samples import CASES, SEED, VAE_CASES, of_case, of_vae_case
from tmvalite.models.gan_losses import GAN_LOSSES
from tmvalite.models.gan_training import OF_DISCRIMINATOR, TERM
from tmvalite.models.latent import ADVERSARY, DECEPTION
from tmvalite.models.vae_gan import FEATURES


def test_every_loss_has_a_case():
    written = {options.partition("GanLoss=")[2].partition(":")[0] or "NONSATURATING" for options, *_ in CASES.values()}
    assert written == set(GAN_LOSSES)
    assert set(oracles.prefixes("gans")) == {*CASES, *VAE_CASES}


@pytest.mark.parametrize("case", [*CASES, *VAE_CASES])
def test_fifty_steps_have_the_losses_of_pytorch(case):
    stored, of_pair = oracles.group("gans", case), case in CASES
    whole, learner, run, sample = of_case(case) if of_pair else of_vae_case(case)
    whole.parameters.restore(stored["initial"])
    found = run(*sample, seed=SEED)
    names = (OF_DISCRIMINATOR, TERM) if of_pair else (ADVERSARY, FEATURES, "kl", DECEPTION)
    ours = found[:, [learner.term_names.index(name) for name in names]]
    assert np.abs(ours - stored["losses"]).max() < 1e-9 and np.ptp(stored["losses"], axis=0).min() > 1e-3
