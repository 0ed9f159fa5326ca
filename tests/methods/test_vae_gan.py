"""Autoencoders with a Discriminator of events: the gradient of each route, what each turn leaves alone, values and files."""

import copy

import numpy as np
import pytest

from tests.helpers import check_gradient
from tests.methods.ae_samples import curved
from tests.methods.vae_gan_samples import BETA, GAMMA, LAYOUT, STRATEGY, vae_gan
from tmvalite import MethodAE, load
from tmvalite.errors import OptionError, TmvaliteWarning
from tmvalite.training.loop import optimizer_settings
from tmvalite.training.pulls import Batch, Pull, parts_of, summed


def batch(n=6, precision="float64"):
    x, weights = curved(n).astype(precision), np.linspace(0.5, 1.5, n).astype(precision)
    return Batch(x, weights, np.arange(n), seed=4, epoch=2, step=3)


def losses_of(turn, events):
    """The terms of every pull of a turn, by its name, and those that layers add."""
    turn.own = turn.own or learner_pull(turn)
    return summed((turn.own, *turn.pulls), events, epoch=1)


def learner_pull(turn):
    return Pull(turn.network, turn.make, turn.factor, turn.extra)


def against_differences(whole, network, block, total, gradient):
    """The gradient by the parameters of a block against central differences of `total()`."""
    mask, start = np.zeros(len(whole.parameters.flat), bool), whole.parameters.snapshot()
    for part in parts_of(network, block):
        mask[part] = True
    assert mask.any()

    def loss(vector):
        whole.parameters.restore(np.where(mask, vector, start))
        try:
            return total()
        finally:
            whole.parameters.restore(start)

    check_gradient(loss, gradient * mask, start, tolerance=1e-7)


def test_the_route_of_the_encoder_is_features_and_divergence():
    whole, learner, _ = vae_gan()
    turn, events = learner.turns[1], batch()
    gradient = losses_of(turn, events)[0].copy()

    def total():
        terms = losses_of(turn, events)[1]
        return 3 / 2 * terms["features"] + BETA * terms["kl"]

    against_differences(whole, learner.seen, "Encoder", total, gradient)


def test_the_route_of_the_decoder_is_features_and_deception():
    whole, learner, _ = vae_gan()
    turn, events = learner.turns[1], batch()
    gradient = losses_of(turn, events)[0].copy()

    def total():
        terms = losses_of(turn, events)[1]
        return GAMMA * 3 / 2 * terms["features"] + 2 * terms["deception"]

    against_differences(whole, learner.seen, "Decoder", total, gradient)


def test_the_route_of_the_discriminator_is_its_own_loss_without_features():
    whole, learner, _ = vae_gan()
    events = batch()
    assert not any(losses_of(learner.turns[1], events)[0][part].any() for part in parts_of(learner.judge, "Discriminator"))
    inputs, targets, weights = learner.real_and_made(events)
    gradient = learner.judge.gradient(inputs, targets, weights).copy()
    against_differences(whole, learner.judge, "Discriminator", lambda: learner.judge.loss(inputs, targets, weights), gradient)


def test_before_the_adversary_begins_the_decoder_learns_features_alone():
    whole, learner, _ = vae_gan()
    turn, events = learner.turns[1], batch()
    learner.begin_to_deceive(False)
    gradient = losses_of(turn, events)[0].copy()
    against_differences(whole, learner.seen, "Decoder", lambda: GAMMA * 3 / 2 * losses_of(turn, events)[1]["features"], gradient)


def test_the_width_of_the_features_follows_the_epoch_before():
    options = f"{LAYOUT}:Features=f:FeatureSigma=0:AdversaryStart=1:SpectralNorm=DISCRIMINATOR:RandomSeed=1:{STRATEGY}"
    method = MethodAE(options).fit(curved(300), progress="silent")
    history = method.history
    assert history["feature_sigma"][0] == 1.0
    assert np.allclose(np.square(history["feature_sigma"][1:]), history["features"][:-1], rtol=1e-12)
    for node in ("Discriminator.DENSE#1", "Discriminator.f"):
        assert abs(np.linalg.svd(method.network.parameters.get(node, "Weights"))[1][0] - 1) < 1e-3


def test_the_features_are_those_of_the_event_and_of_its_reconstruction():
    """In numpy: the discriminator's second layer of both, half the sum of squares, mean over weighted events."""
    whole, learner, _ = vae_gan(
        "Layout=Encoder={DENSE|2|TANH}Decoder={DENSE|N|LINEAR}Discriminator={DENSE|7|TANH,f=DENSE|3|SIGMOID,DENSE|1|LINEAR}",
        more="V=False",
    )
    events = batch()
    x, w = events.x, events.weights

    def layer(node, values):
        return values @ whole.parameters.get(node, "Weights").T + whole.parameters.get(node, "Biases").T

    def seen(values):
        return 1 / (1 + np.exp(-layer("Discriminator.f", np.tanh(layer("Discriminator.DENSE#1", values)))))

    again = layer("Decoder.DENSE#1", np.tanh(layer("Encoder.DENSE#1", x)))
    terms = losses_of(learner.turns[1], events)[1]
    assert np.isclose(terms["features"], np.mean(w * np.mean((seen(x) - seen(again)) ** 2, axis=1)), rtol=1e-12)
    assert np.isclose(terms["reconstruction"], np.mean(w * np.mean((x - again) ** 2, axis=1)), rtol=1e-12)
    score = layer("Discriminator.DENSE#3", seen(again))[:, 0]
    assert np.isclose(terms["deception"], np.mean(w * np.log1p(np.exp(-score))), rtol=1e-12)
    assert "kl" not in terms  # a plain code has no prior to invent from
    inputs, targets, _ = learner.real_and_made(events)
    assert np.allclose(inputs, np.concatenate([again, x]), rtol=1e-12) and targets[:, 0].tolist() == [0] * 6 + [1] * 6


def test_inventions_are_decoded_from_the_prior_and_reconstructions_from_drawn_codes():
    _, learner, _ = vae_gan()
    events = batch(2000)
    inputs, targets, weights = learner.real_and_made(events)
    assert len(inputs) == 6000 and targets.sum() == 2000 and np.array_equal(weights[4000:], events.weights)
    codes = learner.drawn(events)
    assert np.allclose([codes.mean(), codes.std()], [0, 1], atol=0.05)
    mean, log_variance = np.split(learner.encoder.outputs(events.x), 2, axis=1)
    off = (learner.codes(events.x, events) - mean) / np.exp(log_variance / 2)
    assert np.allclose([off.mean(), off.std()], [0, 1], atol=0.05)


def test_a_turn_changes_its_own_networks_and_no_bit_of_the_others():
    for kept, expected in ((0, {"Discriminator"}), (1, {"Encoder", "Decoder"})):
        whole, learner, phase = vae_gan(precision="float32")
        learner.turns[1 - kept].rate = 0.0
        before, x = whole.parameters.snapshot(), curved(100)
        optimizer = learner.new_optimizer(optimizer_settings(phase))
        learner.train_steps(
            x,
            np.ones((100, 5), np.float32),
            np.ones(100, np.float32),
            np.arange(100),
            batch_size=20,
            first=0,
            count=5,
            optimizer=optimizer,
        )
        changed = {
            s.node.partition(".")[0]
            for s in whole.plan.slots
            if not np.array_equal(s.view(before), s.view(whole.parameters.flat))
        }
        assert changed == expected


@pytest.fixture(scope="module")
def method():
    return MethodAE(f"{LAYOUT}:Features=f:RandomSeed=1:{STRATEGY}").fit(curved(300), progress="silent")


def test_values_history_and_file(method, tmp_path):
    x = curved(20, 9)
    assert method.encode(x).shape == (20, 2) and method.sample(3, seed=1).shape == (3, 4)
    judged = method.discriminate(x)
    assert judged.shape == (20,) and ((judged > 0) & (judged < 1)).all()
    history = method.history
    for name in ("features", "adversary", "deception", "kl", "reconstruction", "valid_reconstruction"):
        assert np.isfinite(history[name]).all() and len(history[name]) == 3, name
    assert history["improved"] == [True] * 3
    method.save(tmp_path / "a.xml")
    for again in (load(tmp_path / "a.xml"), copy.deepcopy(method)):
        assert np.array_equal(again.discriminate(x), judged) and np.array_equal(again.reconstruct(x), method.reconstruct(x))
        assert np.array_equal(again.sample(3, seed=1), method.sample(3, seed=1))
        assert np.array_equal(again.GetMvaValues(x), method.GetMvaValues(x))


def test_the_same_seed_gives_the_same_bits(method):
    again = MethodAE(f"{LAYOUT}:Features=f:RandomSeed=1:{STRATEGY}").fit(curved(300), progress="silent")
    assert np.array_equal(again.network.parameters.flat, method.network.parameters.flat)


def test_images_are_judged_as_images():
    x = np.random.default_rng(2).uniform(size=(80, 16)).astype(np.float32)
    layout = (
        "InputLayout=1|4|4:Layout=Encoder={RESHAPE|FLAT,DENSE|8|TANH,LATENT|2}Decoder={DENSE|16|SIGMOID}"
        "Discriminator={CONV|2|3|3|1|1|1|1|LEAKYRELU,f=INSTNORM,RESHAPE|FLAT,DENSE|1|LINEAR}"
    )
    method = MethodAE(f"{layout}:Features=f:RandomSeed=1:{STRATEGY}").fit(x, progress="silent")
    assert method.discriminate(x).shape == (80,) and method.sample(2, seed=1).shape == (2, 16)


@pytest.mark.parametrize(
    "options, message",
    [
        (f"{LAYOUT}:Features=g", "the Discriminator has no layer called 'g'"),
        ("Layout=Encoder={LATENT|2}Decoder={DENSE|N|LINEAR}:Features=f", "Features needs a Discriminator"),
        (
            f"{LAYOUT.replace('f=DENSE|3|SIGMOID,DENSE|1', 'f=DENSE|1')}:Features=f",
            "nothing else; features come from a layer before",
        ),
        (f"{LAYOUT}:Features=f:ErrorStrategy=CROSSENTROPY", "CROSSENTROPY gives values by a sigmoid behind the Decoder"),
        (f"{LAYOUT}:Features=f:LatentLoss=ADV", "with Features the Discriminator reads events, and with LatentLoss=ADV codes"),
        (f"InputLayout=a=2,b=2:{LAYOUT.replace('{DENSE|6', '{CONCAT@a+b,DENSE|6')}:Features=f", "InputLayout has several"),
        (
            "Layout=Encoder={LATENT|2}Decoder={a=DENSE|2|TANH,b=DENSE|2|TANH,OUTPUT@a,OUTPUT@b}"
            "Discriminator={f=DENSE|3|TANH,DENSE|1|LINEAR}:Features=f",
            "the Decoder has several outputs",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_place(options, message):
    with pytest.raises(OptionError) as caught:
        MethodAE(options).fit(curved(50), progress="silent")
    assert message in str(caught.value) and caught.value.span is not None


def test_a_weight_of_features_that_nobody_compares_is_worth_a_warning():
    with pytest.warns(TmvaliteWarning, match="FeatureWeight has no effect: Features is not set"):
        MethodAE("InputLayout=4:Layout=Encoder={LATENT|2}Decoder={DENSE|N|LINEAR}:FeatureWeight=2")
