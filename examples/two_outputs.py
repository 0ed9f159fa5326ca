"""One network that gives a class and a mass, each with its own loss. Run: python examples/two_outputs.py"""

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation import roc_area


def make_events(count, seed):
    """Two photons; their invariant mass is to be estimated, and signal has masses near 125, background a falling spectrum."""
    rng = np.random.default_rng(seed)
    is_signal = rng.uniform(size=count) < 0.5
    mass = np.where(is_signal, 125.0 + 3.0 * rng.normal(size=count), 100.0 + rng.exponential(20.0, size=count))
    eta = rng.normal(size=count)
    angle = rng.uniform(0.5, np.pi, size=count)
    product = mass**2 / (2.0 * (np.cosh(eta) - np.cos(angle)))
    first = np.sqrt(product) * np.exp(0.2 * rng.normal(size=count))
    x = np.stack([first, product / first, np.cosh(eta), np.cos(angle)], axis=1)
    return (x * (1.0 + 0.01 * rng.normal(size=x.shape))).astype("float32"), is_signal, mass.astype("float32")
