"""Weight files of MethodAE: the whole and its halves give the same bits; what is refused."""

import numpy as np
import pytest

from tests.methods.ae_samples import PLAIN, VAE, curved, fitted
from tmvalite.errors import FileError, OptionError
from tmvalite.io.weights_xml import read_weights, write_weights
from tmvalite.methods import MethodAE, MethodDL, load

TIED = "Encoder={CORRUPT|0.2,a=DENSE|16|TANH,b=DENSE|2|LINEAR}Decoder={TIED|b|TANH,TIED|a|LINEAR}"
CASES = {
    "plain": lambda: fitted(PLAIN, 2),
    "normalised": lambda: fitted(PLAIN, 2, more="VarTransform=N:RandomSeed=5"),
    "variational": lambda: fitted(VAE, 2, more="Prior=GAUSS|0.5|2:RandomSeed=5"),
    "categorical": lambda: fitted(PLAIN.replace("DENSE|2|LINEAR}D", "DENSE|6|LINEAR,GUMBEL|2|3}D"), 2),
    "tied": lambda: fitted(TIED, 2),
    "adversarial": lambda: fitted(PLAIN, 2, more="LatentLoss=ADV:RandomSeed=5"),
    "wasserstein": lambda: fitted(PLAIN, 2, more="LatentLoss=MMD:Prior=UNIFORM|-2|2:RandomSeed=5"),
    "head": lambda: fitted(PLAIN + "Head={DENSE|1|LINEAR}", 2, y=(curved()[:, 0] > 0) + 0),
    "float64": lambda: fitted(VAE, 2, more="Precision=float64:RandomSeed=5"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_method_and_its_halves_read_back_give_the_same_bits(case, tmp_path):
    method, X = CASES[case](), curved()
    codes = method.encode(X)
    method.save(tmp_path / "whole.xml")
    method.save_encoder(tmp_path / "encoder.xml")
    method.save_decoder(tmp_path / "decoder.xml")
    whole, encoder, decoder = (load(tmp_path / f"{name}.xml") for name in ("whole", "encoder", "decoder"))
    assert isinstance(whole, MethodAE) and whole.title == "AE" and whole.analysis_type == method.analysis_type
    assert np.array_equal(whole.reconstruct(X), method.reconstruct(X)) and np.array_equal(whole.encode(X), codes)
    assert np.array_equal(whole.GetMvaValues(X), method.GetMvaValues(X))
    assert np.array_equal(encoder.encode(X), codes)
    assert np.array_equal(decoder.decode(encoder.encode(X)), method.reconstruct(X))
    if case == "head":
        assert np.array_equal(whole.predict_proba(X), method.predict_proba(X))
    if method._model.latent != "NONE":
        assert np.array_equal(whole.sample(5, seed=1), method.sample(5, seed=1))
    whole.save(tmp_path / "again.xml")
    assert (tmp_path / "again.xml").read_bytes() == (tmp_path / "whole.xml").read_bytes()


def test_a_method_that_was_read_can_be_trained_again_with_its_options(tmp_path):
    method = fitted(VAE, 2, more="KLWeight=0.5:RandomSeed=5")
    method.save(tmp_path / "a.xml")
    again = load(tmp_path / "a.xml")
    assert again.bound.values.KLWeight == 0.5
    again.fit(curved(), progress="silent")
    assert np.array_equal(again.encode(curved()), method.encode(curved()))


def test_a_regression_without_targets_can_be_saved(tmp_path):
    fitted(PLAIN, 1, analysis_type="regression").save(tmp_path / "a.xml")
    assert load(tmp_path / "a.xml").reconstruct(curved()).shape == (400, 4)


def test_error_a_half_says_what_it_lacks(tmp_path):
    method = fitted(VAE, 1)
    method.save_encoder(tmp_path / "encoder.xml")
    method.save_decoder(tmp_path / "decoder.xml")
    encoder, decoder = load(tmp_path / "encoder.xml"), load(tmp_path / "decoder.xml")
    with pytest.raises(OptionError) as caught:
        encoder.decode([[0.0, 0.0]])
    assert str(caught.value) == "this autoencoder has no Decoder; it has Encoder\n  hint: load the file of the whole"
    with pytest.raises(OptionError) as caught:
        decoder.GetMvaValues(curved())
    assert str(caught.value) == "this autoencoder has no Encoder; it has Decoder\n  hint: load the file of the whole"
    with pytest.raises(OptionError) as caught:
        decoder.sample(3)
    assert str(caught.value) == (
        "a decoder alone does not know how its codes are distributed\n"
        "  hint: call decode with codes of your own, or load the file of the whole"
    )


def damaged(tmp_path, change):
    """The text of the error that a file gives after `change` was called with its records."""
    fitted(VAE, 1).save(tmp_path / "a.xml")
    file = read_weights(tmp_path / "a.xml")
    change(file)
    write_weights(tmp_path / "b.xml", file)
    with pytest.raises(FileError) as caught:
        load(tmp_path / "b.xml")
    return str(caught.value).replace(str(tmp_path), "")


def test_error_settings_that_are_missing(tmp_path):
    assert damaged(tmp_path, lambda file: file.extension.settings.pop("Prior")) == (
        "the weight file does not say what its networks are for\n"
        "  in the weight file '/b.xml'\n"
        "  expected settings Losses, OutputFunctions, HeadClasses, LatentLoss, Prior, DecoderSigma"
    )


def test_error_blocks_that_an_autoencoder_does_not_have(tmp_path):
    def rename(file):
        file.extension.blocks[1].name = "Generator"

    assert damaged(tmp_path, rename) == (
        "the weight file has the networks Encoder, Generator\n"
        "  in the weight file '/b.xml'\n"
        "  expected Encoder and Decoder, perhaps Head and Discriminator, or one half"
    )


def test_error_fewer_variables_than_the_network_reads(tmp_path):
    assert damaged(tmp_path, lambda file: file.variables.pop()) == (
        "the network reads 4 values, but the weight file has 3 variables\n  in the weight file '/b.xml'"
    )


def test_error_a_file_of_another_method(tmp_path):
    fitted(PLAIN, 1).save(tmp_path / "a.xml")
    with pytest.raises(FileError) as caught:
        MethodDL.load(tmp_path / "a.xml")
    assert str(caught.value).replace(str(tmp_path), "") == (
        "the weight file is for the method 'AE'\n  in the weight file '/a.xml'\n  expected one of: DL, DNN"
    )
