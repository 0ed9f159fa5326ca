"""Short trainings of autoencoders: what must hold after seconds. The long ones are studies of benchmarks/autoencoders.py."""

import numpy as np
import pytest

import tmvalite as tmva
from benchmarks import autoencoder_jets, autoencoder_squares, autoencoder_tables
from benchmarks.autoencoder_squares import ENTROPY, bands

SQUARES = (
    "!V:ErrorStrategy=CROSSENTROPY:Layout=Encoder={{{encoder}}}Decoder={{DENSE|128|RELU,DENSE|576|LINEAR}}:WeightInitialization=HE:"
    "TrainingStrategy=LearningRate=2e-3,BatchSize=16,MaxEpochs={epochs},ConvergenceSteps={epochs},TestRepetitions=1:ValidationSize=64:RandomSeed=1"
)
TWO_EPOCHS = "LearningRate=1e-5,MaxEpochs=2,BatchSize=50,TestRepetitions=1"


@pytest.fixture(scope="module")
def images():
    from toys import squares

    return np.tile(squares().reshape(256, 576), (4, 1))


def fitted(images, encoder, epochs=3, more=""):
    return tmva.MethodAE(SQUARES.format(encoder=encoder, epochs=epochs) + more).fit(images, progress="silent")


@pytest.fixture(scope="module")
def variational(images):
    return fitted(images, "DENSE|128|RELU,LATENT|2", epochs=8)


def test_the_posterior_does_not_collapse_on_the_squares(variational, images):
    codes = variational.encode(images[:256])
    assert np.all(codes.var(axis=0) > 0.01)
    assert variational.history["valid_kl"][-1] > 2.0


def test_the_bound_is_above_the_entropy_and_below_what_no_code_reaches(variational):
    # 209.47 nats: every pixel with its own mean, the best model without information in the code
    assert ENTROPY < variational.history["valid_loss"][-1] < 209.47


def test_the_loss_is_the_sum_of_its_parts(variational):
    history = variational.history
    total = np.asarray(history["valid_reconstruction"]) + np.asarray(history["valid_kl"])
    assert np.allclose(history["valid_loss"], total, rtol=1e-6)


def test_reconstruction_is_the_decoded_code(variational, images):
    x = images[:256]
    assert np.array_equal(variational.reconstruct(x), variational.decode(variational.encode(x)))
    assert np.array_equal(variational.reconstruct(x[3:4])[0], variational.reconstruct(x)[3])


def test_corruption_of_level_0_changes_nothing():
    assert autoencoder_squares.level_0_is_plain()


def test_codes_of_a_categorical_autoencoder_are_one_hot(images):
    method = fitted(images, "DENSE|128|RELU,DENSE|32|LINEAR,GUMBEL|2|16|1", epochs=3)
    codes = method.encode(images[:256]).reshape(256, 2, 16)
    assert np.all(np.sort(codes, axis=2) == np.eye(16)[-1])
    assert 0.0 <= method.history["valid_kl"][-1] <= 2 * np.log(16) + 1e-6


def test_weight_0_of_a_latent_loss_trains_the_plain_autoencoder():
    x = autoencoder_tables.surface(500, 1)
    plain = tmva.MethodAE(f"!V:Layout={autoencoder_tables.DENSE}:RandomSeed=3", TrainingStrategy=TWO_EPOCHS)
    weight_0 = tmva.MethodAE(
        f"!V:Layout={autoencoder_tables.DENSE}:LatentLoss=MMD:KLWeight=0:RandomSeed=3", TrainingStrategy=TWO_EPOCHS
    )
    plain, weight_0 = (method.fit(x, progress="silent") for method in (plain, weight_0))
    assert np.array_equal(plain.reconstruct(x), weight_0.reconstruct(x))


@pytest.mark.parametrize("name", [name for name, (_, _, count) in autoencoder_tables.BALER.items() if count])
def test_published_layouts_have_the_published_number_of_parameters(name):
    shape, _, count = autoencoder_tables.BALER[name]
    width = int(shape.rpartition("|")[2])
    method = autoencoder_tables.booked(name, epochs=1)
    method.fit(np.random.default_rng(1).normal(size=(40, width)).astype("float32"), progress="silent")
    assert method.network.parameters.count == count


@pytest.mark.parametrize("name", list(autoencoder_jets.VARIANTS))
def test_every_variant_of_the_jet_table_trains(name):
    (_, row) = autoencoder_jets.table(events=2000, epochs=5, variants=(name,))
    assert row["name"] == name and np.isfinite(row["fresh"]["error"])


def test_the_published_string_of_the_regression_example_learns():
    assert autoencoder_tables.regression_string() < 1e-2


def test_the_stored_trainings_of_pytorch_are_whole():
    runs = autoencoder_squares.peer_runs()
    assert len(runs) == 10 and {run["seed"] for run in runs} == set(range(1, 11))
    assert {50, 100, 150, 200, 250} <= bands().keys()
    assert {3125, 31250} <= bands(judged=True).keys()
