"""Events of a known shape for autoencoders, and methods that train on them in milliseconds."""

import numpy as np

from tests.methods.samples import strategy
from tmvalite.methods import MethodAE

DECODER = "Decoder={DENSE|16|TANH,DENSE|N|LINEAR}"
PLAIN = "Encoder={DENSE|16|TANH,DENSE|2|LINEAR}" + DECODER
VAE = "Encoder={DENSE|16|TANH,LATENT|2}" + DECODER


def curved(n=400, seed=1):
    """(n, 4) float32: two numbers decide each event."""
    t = np.random.default_rng(seed).normal(size=(n, 2)).astype(np.float32)
    return np.stack([t[:, 0], t[:, 1], t[:, 0] + t[:, 1], np.sin(t[:, 0])], axis=1)


def probabilities(n=400, seed=1):
    """(n, 4) float32 in (0, 1)."""
    return 1 / (1 + np.exp(-2 * curved(n, seed)))


def options(layout=PLAIN, epochs=10, more="RandomSeed=5", **settings):
    return f"Layout={layout}:TrainingStrategy={strategy(epochs, **settings)}:{more}"


def fitted(layout=PLAIN, epochs=10, more="RandomSeed=5", data=None, y=None, analysis_type="classification", **keywords):
    method = MethodAE(options(layout, epochs, more), analysis_type=analysis_type)
    return method.fit(curved() if data is None else data, y, progress="silent", **keywords)
