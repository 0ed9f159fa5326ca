"""What MethodAE says about layouts, options and calls that cannot be; whole messages."""

import numpy as np
import pytest

from tests.methods.ae_samples import PLAIN, VAE, curved, fitted
from tmvalite.errors import DataError, NotFittedError, OptionError, TmvaliteWarning
from tmvalite.methods import MethodAE

BOOKED = {
    "no decoder": (
        "Layout=Encoder={DENSE|2|LINEAR}",
        [
            "MethodAE needs Decoder",
            "  Layout=Encoder={DENSE|2|LINEAR}",
            "         ^~~~~~~~~~~~~~~~~~~~~~~~",
            "  in Layout",
            "  expected Encoder={...}Decoder={...}",
            "  hint: write what the code is made into: Decoder={...,DENSE|N|LINEAR}",
        ],
    ),
    "a bare chain": (
        "Layout=DENSE|2|LINEAR",
        [
            "MethodAE needs Encoder and Decoder",
            "  Layout=DENSE|2|LINEAR",
            "         ^~~~~~~~~~~~~~",
            "  in Layout",
            "  expected Encoder={...}Decoder={...}",
        ],
    ),
    "another block": (
        "Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|N|LINEAR}Generator={DENSE|2|LINEAR}",
        [
            "MethodAE has no Generator",
            "  Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|N|LINEAR}Generator={DENSE|2|LINEAR}",
            "                                                         ^~~~~~~~~",
            "  in Layout",
            "  expected Encoder={...}Decoder={...}",
        ],
    ),
    "decoder first": (
        "Layout=Decoder={DENSE|N|LINEAR}Encoder={DENSE|2|LINEAR}",
        [
            "Decoder stands before the Encoder, whose code it reads",
            "  Layout=Decoder={DENSE|N|LINEAR}Encoder={DENSE|2|LINEAR}",
            "         ^~~~~~~",
            "  in Layout",
            "  expected Encoder={...}Decoder={...}",
        ],
    ),
    "width": (
        "InputLayout=1|1|4:Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|3|LINEAR}",
        [
            "the Decoder gives 3 values, but an event has 4 variables",
            "  Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|3|LINEAR}",
            "                                          ^~~~~~~~~~~~~~",
            "  in Layout, Decoder, layer 1 (DENSE)",
            "  hint: end the Decoder with DENSE|4|LINEAR",
        ],
    ),
    "image": (
        "InputLayout=1|8|8:Layout=Encoder={CONV|2|4|4|2|2|1|1|RELU}Decoder={TRANSCONV|1|4|4|1|1|0|0|LINEAR}",
        [
            "the Decoder gives 49 values (1x7x7), but an event has 64 variables",
            "  Layout=Encoder={CONV|2|4|4|2|2|1|1|RELU}Decoder={TRANSCONV|1|4|4|1|1|0|0|LINEAR}",
            "                                                   ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~",
            "  in Layout, Decoder, layer 1 (TRANSCONV)",
        ],
    ),
    "output in the encoder": (
        "Layout=Encoder={h=DENSE|2|LINEAR,OUTPUT@h}Decoder={DENSE|N|LINEAR}",
        [
            "the Encoder has one output, its last layer: the code; OUTPUT belongs into Decoder or Head",
            "  Layout=Encoder={h=DENSE|2|LINEAR,OUTPUT@h}Decoder={DENSE|N|LINEAR}",
            "                                   ^~~~~~~~",
            "  in Layout, Encoder, layer 2 (OUTPUT)",
        ],
    ),
    "KL without a distribution": (
        f"Layout={PLAIN}:LatentLoss=KL",
        [
            "LatentLoss=KL needs an encoder that gives a distribution",
            "  LatentLoss=KL",
            "             ^~",
            "  in LatentLoss",
            "  hint: end the Encoder with LATENT|2",
        ],
    ),
    "two distances": (
        "Layout=Encoder={DENSE|2|LINEAR,z=DENSE|2|LINEAR,MMD@z,DENSE|2|LINEAR@z}Decoder={DENSE|N|LINEAR}:LatentLoss=SWD",
        [
            "the Encoder has MMD, but LatentLoss is SWD",
            "  LatentLoss=SWD",
            "             ^~~",
            "  in LatentLoss",
            "  hint: leave MMD out of the Encoder",
        ],
    ),
    "categories and a prior": (
        "Layout=Encoder={DENSE|6|LINEAR,GUMBEL|2|3}Decoder={DENSE|N|LINEAR}:LatentLoss=MMD",
        [
            "LatentLoss=MMD compares the code with GAUSS|0|1, which categories cannot follow",
            "  LatentLoss=MMD",
            "             ^~~",
            "  in LatentLoss",
            "  hint: write LatentLoss=KL for GUMBEL",
        ],
    ),
    "noise and an adversary": (
        f"Layout={VAE}:LatentLoss=ADV",
        [
            "LatentLoss=ADV needs a code without noise of its own",
            "  LatentLoss=ADV",
            "             ^~~",
            "  in LatentLoss",
            "  hint: end the Encoder with a DENSE layer",
        ],
    ),
    "discriminator without adversary": (
        f"Layout={PLAIN}Discriminator={{DENSE|1|LINEAR}}:LatentLoss=NONE",
        [
            "a Discriminator trains with LatentLoss=ADV only, not with NONE",
            "  LatentLoss=NONE",
            "             ^~~~",
            "  in LatentLoss",
            "  hint: leave the Discriminator out; or name one of its layers with Features, and it reads events",
        ],
    ),
    "wide discriminator": (
        "Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|N|LINEAR}Discriminator={DENSE|2|LINEAR}",
        [
            "the Discriminator gives 2 values, but it says one thing: code or prior",
            "  Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|N|LINEAR}Discriminator={DENSE|2|LINEAR}",
            "                                                                        ^~~~~~~~~~~~~~",
            "  in Layout, Discriminator, layer 1 (DENSE)",
            "  hint: end it with DENSE|1|LINEAR",
        ],
    ),
    "uniform prior of KL": (
        f"Layout={VAE}:Prior=UNIFORM|-1|1",
        [
            "KL has a Gaussian prior, not UNIFORM",
            "  Prior=UNIFORM|-1|1",
            "        ^~~~~~~~~~~~",
            "  in Prior",
            "  expected GAUSS|mean|sigma",
            "  hint: MMD, SWD and ADV take any prior",
        ],
    ),
    "sparsity of a linear code": (
        f"Layout={PLAIN}:Sparsity=KL",
        [
            "Sparsity=KL needs a code between 0 and 1, but its activation is LINEAR",
            "  Sparsity=KL",
            "           ^~",
            "  in Sparsity",
            "  hint: end the Encoder with SIGMOID, or write Sparsity=L1",
        ],
    ),
    "rho": (
        f"Layout={PLAIN}:Rho=1",
        ["Rho cannot be 1", "  Rho=1", "      ^", "  in Rho", "  expected a number between 0 and 1"],
    ),
}


@pytest.mark.parametrize("case", BOOKED)
def test_error_booking(case, monkeypatch):
    monkeypatch.setattr("tmvalite.errors.WIDTH", 100)  # tests/test_errors.py is about lines that are cut
    text, lines = BOOKED[case]
    if "InputLayout" not in text:
        text = f"InputLayout=1|1|4:{text}"
    with pytest.raises(OptionError) as caught:
        MethodAE(text)
    assert str(caught.value) == "\n".join(lines)


def test_error_without_input_layout_the_width_is_judged_with_the_data():
    method = MethodAE("Layout=Encoder={DENSE|2|LINEAR}Decoder={DENSE|3|LINEAR}")
    with pytest.raises(OptionError) as caught:
        method.fit(curved(), progress="silent")
    assert str(caught.value) == "\n".join(BOOKED["width"][1])


def refused(call, error=OptionError):
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


def test_error_calls_that_need_a_head():
    method, X = fitted(PLAIN, 1), curved()
    hint = "\n  hint: Head={DENSE|1|LINEAR} behind the Decoder learns classes or targets from the code"
    for call in (lambda: method.predict(X), lambda: method.predict_proba(X)):
        assert refused(call) == "this autoencoder has no Head; it has Encoder and Decoder" + hint
    several = fitted(PLAIN, 1, y=np.arange(400) % 3, analysis_type="multiclass")
    assert refused(lambda: several.GetMulticlassValues(X)) == "this autoencoder has no Head; it has Encoder and Decoder" + hint
    assert refused(lambda: method.GetMulticlassValues(X)) == (
        "this method is a classification, not multiclass\n  hint: use GetMvaValues"
    )


def test_error_samples_of_a_plain_autoencoder():
    assert refused(lambda: fitted(PLAIN, 1).sample(3)) == (
        "a plain autoencoder has no prior to sample from\n"
        "  hint: end the Encoder with LATENT|2, or train with LatentLoss=MMD, SWD or ADV"
    )


def test_error_codes_of_another_width():
    method = fitted(PLAIN, 1)
    assert refused(lambda: method.decode(np.zeros((5, 3))), DataError) == (
        "the codes have shape (5, 3), this autoencoder has 2 latent variables\n  expected (codes, 2), or (2,) for one code"
    )
    assert refused(lambda: method.decode("abc"), DataError) == "the codes hold values that are no numbers"


def test_error_before_the_training():
    for call in ("encode", "decode", "reconstruct", "GetMvaValues"):
        assert refused(lambda call=call: getattr(MethodAE(), call)(curved()), NotFittedError) == (
            "this MethodAE is not trained\n  hint: call fit, or tmvalite.load a weight file"
        )


def test_error_a_head_without_anything_to_learn():
    assert refused(lambda: fitted(PLAIN + "Head={DENSE|1|LINEAR}", 1), DataError) == (
        "this method requires y to be passed, but the target y is None\n  expected the class of every event"
    )


def test_error_probabilities_that_do_not_add_up():
    X = np.random.default_rng(1).dirichlet(np.ones(4), 50)
    X[7] = 0.125
    assert refused(lambda: fitted(PLAIN, 1, more="ErrorStrategy=MUTUALEXCLUSIVE", data=X), DataError) == (
        "MUTUALEXCLUSIVE reconstructs probabilities that add up to 1, and those of row 7 add up to 0.5\n"
        "  hint: CROSSENTROPY takes every variable by itself"
    )


def test_error_trace():
    assert refused(lambda: MethodAE().fit(curved(), trace=-1)) == (
        "trace=-1 is no number that can be\n  expected a whole number from 0 on"
    )


@pytest.mark.parametrize(
    "given, said",
    [
        ({"n": -1}, "n=-1"),
        ({"n": 2.7}, "n=2.7"),
        ({"n": True}, "n=True"),
        ({"n": "x"}, "n='x'"),
        ({"n": 3, "seed": 1.5}, "seed=1.5"),
    ],
)
def test_error_samples_that_cannot_be(given, said):
    method = fitted(VAE, 1)
    assert refused(lambda: method.sample(**given)).splitlines()[0] == f"{said} is no number that can be"
    assert method.sample(0).shape == (0, 4)


def test_error_a_latent_variable_in_the_decoder():
    assert refused(lambda: MethodAE("Layout=Encoder={DENSE|4|TANH}Decoder={LATENT|2,DENSE|N|LINEAR}")) == (
        "LATENT compares the code with its prior and belongs into the Encoder; it stands in the Decoder\n"
        "  Layout=Encoder={DENSE|4|TANH}Decoder={LATENT|2,DENSE|N|LINEAR}\n"
        "                                        ^~~~~~~~\n"
        "  in Layout, Decoder, layer 1 (LATENT)\n"
        "  hint: end the Encoder with it"
    )


@pytest.mark.parametrize(
    "activation, said",
    [
        ("SIGMOID", "the last layer's SIGMOID is not applied a second time"),
        ("TANH", "the sigmoid of the Discriminator's value is applied to the TANH of its last layer"),
    ],
)
def test_warning_a_discriminator_that_ends_with_an_activation(activation, said):
    layout = f"Encoder={{DENSE|2|LINEAR}}Decoder={{DENSE|N|LINEAR}}Discriminator={{DENSE|1|{activation}}}"
    with pytest.warns(TmvaliteWarning, match=said):
        method = fitted(layout, 3, more="LatentLoss=ADV:RandomSeed=5")
    values = method.discriminate(np.random.default_rng(1).normal(size=(2000, 2)) * 20)
    assert values.min() < 0.5 and (activation == "TANH" or values.min() < 0.1)


def test_error_pretraining_needs_dense_layers():
    layout = "Encoder={RESHAPE|1|2|2,CONV|2|2|2|1|1|0|0|TANH}Decoder={RESHAPE|FLAT,DENSE|N|LINEAR}"
    assert refused(lambda: fitted(layout, 1, more="Pretrain=GREEDY")) == (
        "Pretrain=GREEDY trains dense layers one behind the other, and the Encoder does not begin with any\n"
        "  Pretrain=GREEDY\n"
        "           ^~~~~~\n"
        "  in Pretrain\n"
        "  hint: leave Pretrain out"
    )


@pytest.mark.parametrize(
    "option, reason",
    [
        ("KLWeight=2", "LatentLoss is NONE"),
        ("Prior=GAUSS|0|2", "LatentLoss is NONE"),
        ("Projections=3", "LatentLoss is NONE"),
        ("Rho=0.1", "Sparsity is NONE"),
        ("HeadWeight=2", "there is no Head"),
        ("TemperatureRate=1", "the Encoder has no GUMBEL"),
        ("PretrainEpochs=3", "Pretrain is NONE"),
    ],
)
def test_an_option_that_nothing_reads_is_warned_about(option, reason):
    name = option.partition("=")[0]
    with pytest.warns(TmvaliteWarning, match=f"{name} has no effect: {reason}"):
        MethodAE(f"InputLayout=1|1|4:Layout={PLAIN}:{option}")
