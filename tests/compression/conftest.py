"""A small table, an autoencoder of it, and the loader that reads its file."""

import numpy as np
import pytest

from tests.compression import fake


@pytest.fixture(autouse=True)
def read_fake_models(monkeypatch, request):
    if not request.module.__name__.endswith("test_autoencoder"):  # the one that trains
        monkeypatch.setattr("tmvalite.methods.load", fake.load)


@pytest.fixture(scope="session")
def columns():
    """Correlated columns of many types, 500 events: what the model compresses."""
    rng = np.random.default_rng(4)
    a, b, c = rng.normal(size=(3, 500))
    return {
        "pt": np.exp(3.0 + 0.5 * a).astype(np.float32),
        "eta": (0.7 * b + 0.02 * c).astype(np.float64),
        "n": np.rint(20.0 + 6.0 * a + 2.0 * b).astype(np.int32),
        "small": np.clip(np.rint(100.0 + 60.0 * c), 0, 255).astype(np.uint8),
        "tight": a + b > 0.3,
        "big": np.rint(1e6 * np.exp(a)).astype(np.int64),
        "half": (a - c).astype(np.float16),
        "zero": np.where(b > 0.0, np.abs(c), 0.0).astype(np.float32),
    }


@pytest.fixture(scope="session")
def model(columns):
    x = np.stack([x.astype(np.float64) for x in columns.values()], axis=1)
    return fake.FakeAE.fit(list(columns), x, 3)


@pytest.fixture
def model_file(model, tmp_path):
    model.save(tmp_path / "model.weights.xml")
    return tmp_path / "model.weights.xml"
