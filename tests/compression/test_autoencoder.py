"""A trained MethodAE compresses: a table with a bound, images, and with its decoder alone in the archive."""

import numpy as np
import pytest

from tmvalite.compression import compress, decompress, read_archive
from tmvalite.evaluation.compression import compare_column
from tmvalite.methods import MethodAE, load


def autoencoder(x, layout, epochs=40, **options):
    method = MethodAE(
        f"Layout={layout}:TrainingStrategy=LearningRate=1e-2,MaxEpochs={epochs},BatchSize=50,TestRepetitions=5:RandomSeed=1",
        **options,
    )
    return method.fit(x, progress="silent")


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(7)
    a, b = rng.normal(size=(2, 600))
    return {
        "pt": np.exp(3.0 + 0.3 * a).astype(np.float32),
        "eta": b.astype(np.float32),
        "e": (np.exp(3.0 + 0.3 * a) * np.cosh(b)).astype(np.float32),
        "n": np.rint(20.0 + 5.0 * a).astype(np.int32),
    }


@pytest.fixture(scope="module")
def method(table):
    return autoencoder(table, "Encoder={DENSE|12|TANH,DENSE|2|LINEAR}Decoder={DENSE|12|TANH,DENSE|N|LINEAR}", VarTransform="N")


def test_the_archive_gives_what_the_method_reconstructs(method, table, tmp_path):
    method.save(tmp_path / "ae.weights.xml")
    np.savez(tmp_path / "in.npz", **table)
    done = compress(tmp_path / "ae.weights.xml", tmp_path / "in.npz", tmp_path / "a.tmvz")
    assert done.archive.model.embedded == "decoder" and done.archive.latent.shape == (600, 2)
    assert 0 < done.embedded_bytes < done.model_file_bytes
    again = load(tmp_path / "ae.weights.xml").reconstruct(table)
    found = decompress(tmp_path / "a.tmvz").table.arrays()
    np.testing.assert_array_equal(found["pt"], again[:, 0])
    np.testing.assert_array_equal(found["n"], np.rint(again[:, 3]))
    spread = compare_column("pt", table["pt"], found["pt"]).response
    assert abs(spread.mean) < 5.0 and spread.rms < 15.0, "the training was no use"


def test_a_bound_holds_with_half_precision_codes(method, table, tmp_path):
    np.savez(tmp_path / "in.npz", **table)
    compress(method, tmp_path / "in.npz", tmp_path / "a.tmvz", precision="float16", bound="1%")
    found = decompress(tmp_path / "a.tmvz").table.arrays()
    for name, x in table.items():
        x = x.astype(np.float64)
        assert (np.abs(found[name] - x) <= 0.01 * np.abs(x)).all(), name


def test_images_and_a_model_in_its_own_file(tmp_path):
    images = np.zeros((64, 8, 8), np.float32)
    for k in range(64):
        images[k, k // 8 % 6 : k // 8 % 6 + 3, k % 6 : k % 6 + 3] = 1.0
    method = autoencoder(
        images.reshape(64, -1),
        "Encoder={DENSE|30|TANH,LATENT|3}Decoder={DENSE|30|TANH,DENSE|N|LINEAR}",
        epochs=250,
        InputLayout="1|1|64",
        ErrorStrategy="CROSSENTROPY",
        KLWeight=0.01,
    )
    method.save(tmp_path / "vae.weights.xml")
    np.savez(tmp_path / "in.npz", data=images)
    compress(tmp_path / "vae.weights.xml", tmp_path / "in.npz", tmp_path / "a.tmvz", embed=False)
    decompress(tmp_path / "a.tmvz", tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as out:
        assert out["data"].shape == images.shape and out["data"].dtype == np.float32
        assert set(np.unique(out["data"])) <= {0.0, 1.0}, "images of whole numbers get whole numbers back"
        assert (out["data"] == images).mean() > 0.93
    assert read_archive(tmp_path / "a.tmvz").model.embedded == ""
