"""An autoencoder for tests: the principal components of a table, with the interface of MethodAE and a file of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tmvalite.data.info import DataSetInfo
from tmvalite.errors import FileError


class FakeAE:
    """Standardise, project on Q components, and back; sums in a fixed order, so that a batch changes no bit."""

    def __init__(self, names, mean, scale, components):
        self.info = DataSetInfo.from_names(names)
        self.mean, self.scale, self.components = (np.asarray(a, np.float64) for a in (mean, scale, components))

    @classmethod
    def fit(cls, names, x, latent):
        x = np.asarray(x, np.float64).reshape(len(x), -1)
        mean, scale = x.mean(axis=0), x.std(axis=0)
        scale[scale == 0.0] = 1.0
        values, vectors = np.linalg.eigh(np.cov(((x - mean) / scale).T).reshape(x.shape[1], x.shape[1]))
        return cls(names, mean, scale, vectors[:, ::-1][:, :latent].T)

    def encode(self, x):
        z = (np.asarray(x, np.float64) - self.mean) / self.scale
        return _ordered_product(z, self.components.T).astype(np.float32)

    def decode(self, z):
        z = np.asarray(z, np.float64)
        return (_ordered_product(z, self.components) * self.scale + self.mean).astype(np.float32)

    def save(self, path):
        state = {
            "names": [v.label for v in self.info.variables],
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "components": self.components.tolist(),
        }
        Path(path).write_text(json.dumps(state), encoding="utf-8")


class FakeDecoder(FakeAE):
    """The decoder saved alone."""

    encode = None


def _ordered_product(a, b):
    out = np.zeros((len(a), b.shape[1]))
    for k in range(b.shape[0]):
        out += a[:, k : k + 1] * b[k]
    return out


def load(path):
    """What tmvalite.methods.load is to a weight file."""
    try:
        state = json.loads(Path(path).read_text(encoding="utf-8"))
        return FakeAE(state["names"], state["mean"], state["scale"], state["components"])
    except (OSError, ValueError, KeyError) as problem:
        raise FileError(f"'{path}' is no weight file", code="file-kind") from problem
