"""Networks with latent variables: what training, validation and scoring make of them, shared weights, and the kernels called."""

import ctypes
from collections import Counter

import numpy as np
import pytest

from tests.helpers import GRADIENT, assert_close, check_gradient
from tests.naive import latent as naive
from tests.networks import graph_of, network_of, sample_of, trained_mask, training_loss
from tmvalite.training.network import Network
from tmvalite.training.optimizers import OptimizerSettings
from tmvalite.training.streams import stream_key

VAE = "h=DENSE|12|RELU,mu=DENSE|2|LINEAR@h,l=DENSE|2|LINEAR@h,KL@mu+l,z=SAMPLE@mu+l,DENSE|12|RELU@z,DENSE|6|LINEAR"


def vae(layout=VAE, outputs=6, **options):
    return network_of(layout, 6, outputs, losses=("SUMOFSQUARES",), **{"precision": "float64", "threads": 1, **options})


def step(network, sample, *, steps=1, seed=0, epoch=0, first=0, rate=0.0):
    rows = len(sample[0])
    return network.train_steps(
        *sample,
        np.arange(rows),
        batch_size=rows // steps,
        first=first,
        count=steps - first,
        seed=seed,
        epoch=epoch,
        optimizer=network.new_optimizer(OptimizerSettings("SGD", rate)),
    )


# ------------------------------------------------------------------------------------------ what is drawn when


def test_scoring_gives_the_mean_of_the_latent_gaussian():
    network = vae("mu=DENSE|3|LINEAR,l=DENSE|3|LINEAR@input,KL@mu+l,SAMPLE@mu+l", 3)
    x = sample_of(network, 20)[0]
    get = network.parameters.get
    assert_close(network.outputs(x), x @ get("mu", "Weights").T + get("mu", "Biases").T, 1e-14)
    assert not any(name in str(network._scoring.raw.plan) for name in ("draw", "l:"))  # neither noise nor the log-variance


def test_terms_of_events_are_those_of_the_slow_twin():
    network = vae()
    x = sample_of(network, 20)[0]
    get = network.parameters.get
    h = np.maximum(x @ get("h", "Weights").T + get("h", "Biases").T, 0)
    mu, l = (h @ get(name, "Weights").T + get(name, "Biases").T for name in ("mu", "l"))
    assert network.event_term_names == ("kl",)
    assert_close(network.event_terms(x)[:, 0], [naive.divergence_of_event(m, v) for m, v in zip(mu, l)], 1e-12)


def test_samples_are_fixed_by_seed_step_and_epoch():
    network, other = vae(), vae()
    sample = sample_of(network, 40)
    losses = step(network, sample, steps=4)
    assert np.array_equal(losses, step(other, sample, steps=4))
    assert np.array_equal(losses[2:], step(other, sample, steps=4, first=2))  # a training that goes on in the middle
    for different in ({"seed": 1}, {"epoch": 1}):
        assert not np.any(losses == step(other, sample, steps=4, **different))


def test_validation_draws_what_the_seed_says():
    network = vae()
    sample = sample_of(network, 3000)  # several blocks
    assert network.loss(*sample, seed=3) == network.loss(*sample, seed=3) != network.loss(*sample, seed=4)
    assert abs(network.loss(*sample, seed=3) / network.loss(*sample, seed=4) - 1) < 0.1


def test_validation_draws_hard_samples_and_corrupts_nothing():
    network = vae("y=GUMBEL|2|3|0.7", 6)
    x, targets, weights = sample_of(network, 30)
    key = stream_key(5, "temperature", "y#0")
    hard = naive.gumbel_hard({"classes": 3, "keys": [key]}, {}, [x])
    parts = np.zeros(2)
    network.loss(x, targets, weights, seed=5, parts=parts)
    assert_close(parts[0], np.mean(weights[:, None] * (hard - targets) ** 2), 1e-13)
    assert_close(network.outputs(x), naive.gumbel_scored({"classes": 3}, {}, [x]), 0.0)
    for noise in ("MASK", "SALT", "GAUSS"):
        noisy, clean = vae(f"y=CORRUPT|0.4|{noise},DENSE|6|LINEAR"), vae("y=ACT|LINEAR,DENSE|6|LINEAR")
        sample = sample_of(noisy, 30)
        assert noisy.loss(*sample) == clean.loss(*sample) != training_loss(noisy, *sample)
        noisy.set_setting("corruption", 0.0)
        assert training_loss(noisy, *sample) == training_loss(clean, *sample)


def test_temperature_is_a_number_of_the_run():
    network, colder = vae("y=GUMBEL|2|3|0.9", 6), vae("y=GUMBEL|2|3|0.2", 6)
    sample = sample_of(network, 30)
    network.set_setting("temperature", 0.2)
    assert training_loss(network, *sample) == training_loss(colder, *sample)


def test_weight_zero_leaves_the_divergence_out():
    network = vae("mu=DENSE|3|LINEAR,l=DENSE|3|LINEAR@input,KL@mu+l,SAMPLE@mu+l", 3)
    sample = sample_of(network, 20)
    parts = np.zeros(len(network.term_names))
    whole = network.loss(*sample, parts=parts)
    terms = dict(zip(network.term_names, parts))
    assert_close(whole, terms["output1"] + terms["kl"], 1e-14)
    network.set_weight("kl", 0.0)
    assert_close(network.loss(*sample), terms["output1"], 1e-14)
    assert set(terms) == {"output1", "kl", "latent_mean", "latent_log_variance", "latent_log_variance_square"}


LAYOUTS = [
    "h=DENSE|200|RELU,LATENT|4,DENSE|200|RELU,DENSE|6|LINEAR",
    "DENSE|200|RELU,DENSE|12|LINEAR,GUMBEL|3|4,DENSE|200|RELU,DENSE|6|LINEAR",
    "CORRUPT|0.3|SALT,h=DENSE|200|SIGMOID,TIED|h|LINEAR",
    "h=DENSE|200|RELU,z=DENSE|4|LINEAR,MMD@z,SWD|5@z,DENSE|200|RELU@z,DENSE|6|LINEAR",
    "h=DENSE|200|SIGMOID,SPARSITY|KL@h,SPARSITY|L1@h,DENSE|6|LINEAR@h",
]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_training_has_the_same_bits_for_any_number_of_threads(layout):
    results = []
    for threads in (1, 3):
        network = vae(layout, precision="float32", threads=threads)
        sample = sample_of(network, 4096)
        losses = step(network, sample, steps=2, rate=1e-4)
        assert network.plan.shares(2048) > 1
        results.append((losses.tobytes(), network.parameters.flat.tobytes(), network.loss(*sample)))
    assert results[0] == results[1]


def test_losses_over_codes_see_the_whole_batch():
    """Shares do not show: the term is that of the codes of all events."""
    network = vae("z=DENSE|3|LINEAR,MMD@z,w=DENSE|6000|LINEAR@z,DENSE|6|LINEAR@w")
    events = 150
    sample = sample_of(network, events)
    assert network.plan.shares(events) > 1
    z = sample[0] @ network.parameters.get("z", "Weights").T + network.parameters.get("z", "Biases").T
    at = {"prior": "GAUSS", "first": 0.0, "second": 1.0, "keys": [stream_key(0, "noise", "MMD#2#0")]}
    parts = np.zeros((1, 2))
    network.train_steps(
        *sample,
        np.arange(events),
        batch_size=events,
        first=0,
        count=1,
        parts=parts,
        optimizer=network.new_optimizer(OptimizerSettings("SGD", 0.0)),
    )
    assert_close(parts[0, 1], naive.mmd(at, [z], None)[0], 1e-12)


# ------------------------------------------------------------------------------------------ shared weights


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("nodes, inputs", [(7, 5), (7, 23), (33, 5), (33, 1), (70, 130), (3, 1)])
def test_tied_weights_give_the_bits_of_a_dense_layer_with_the_transposed_matrix(nodes, inputs, precision):
    """Output, gradient of the biases, and gradient of the weights through TIED alone."""
    tied = network_of(f"h=DENSE|{nodes}|TANH,y=TIED|h|SIGMOID", inputs, inputs, losses=("SUMOFSQUARES",), precision=precision)
    free = network_of(
        f"h=DENSE|{nodes}|TANH,y=DENSE|{inputs}|SIGMOID", inputs, inputs, losses=("SUMOFSQUARES",), precision=precision
    )
    for node, name in tied.parameters.names():
        free.parameters.set(node, name, tied.parameters.get(node, name))
    free.parameters.set("y", "Weights", tied.parameters.get("h", "Weights").T)
    x, targets, weights = sample_of(tied, 150)
    for rows in (1, 5, 150):
        assert tied.outputs(x[:rows]).tobytes() == free.outputs(x[:rows]).tobytes()
    for network in (tied, free):
        network.parameters.restore(network.gradient(x, targets, weights))
    for name in ("y", "h"):
        assert tied.parameters.get(name, "Biases").tobytes() == free.parameters.get(name, "Biases").tobytes()
    total = free.parameters.get("h", "Weights").astype(float) + free.parameters.get("y", "Weights").T
    assert_close(tied.parameters.get("h", "Weights"), total, 1e-14 if precision == "float64" else 1e-6)


@pytest.mark.parametrize(
    "layout",
    [
        "h=DENSE|7|TANH,y=TIED|h|TANH,g=TIED|h|TANH@h,ADD@y+g",
        "h=DENSE|15|TANH,y=TIED|h|TANH,g=TIED|h|TANH@h,ADD@y+g",
        "h=DENSE|15|TANH,k=DENSE|4|TANH,j=TIED|k|TANH,TIED|h|LINEAR",
    ],
)
def test_gradients_of_weights_used_three_times_equal_central_differences(layout):
    network = vae(layout)
    sample = sample_of(network, 70)  # two tiles
    mask, start = trained_mask(network), network.parameters.snapshot()

    def loss(vector):
        network.parameters.restore(np.where(mask, vector, start))
        return training_loss(network, *sample)

    check_gradient(loss, network.gradient(*sample) * mask, start, tolerance=GRADIENT)


def test_shared_weights_decay_once_and_are_counted_once():
    network = vae("h=DENSE|7|TANH,TIED|h|LINEAR")
    assert network.parameters.count == 7 * 6 + 7 + 6
    assert_close(network.penalty("L2", 1.0), np.sum(network.parameters.get("h", "Weights") ** 2), 1e-13)


def test_a_decoder_alone_reads_the_weights_of_the_encoder():
    graph = graph_of("h=DENSE|15|TANH,y=TIED|h|LINEAR", 6, 6)
    whole = Network(graph, precision="float64", losses=("SUMOFSQUARES",))
    whole.parameters.flat[:] = np.random.default_rng(1).standard_normal(whole.plan.size)
    from tmvalite.graph.join import block_of

    for node in graph.nodes:
        object.__setattr__(node, "block", {"h": "Encoder", "y": "Decoder"}[node.name])
    encoder, decoder = (whole.part(block_of(graph, name)) for name in ("Encoder", "Decoder"))
    x = sample_of(whole, 30)[0]
    assert decoder.outputs(encoder.outputs(x)).tobytes() == whole.outputs(x).tobytes()


# ------------------------------------------------------------------------------------------ what is called


CALL = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_void_p] * 6)


def calls_of(network, sample):
    """How often a training step called the machine code of each step's kernel: counted between caller and kernel."""
    step(network, sample)  # prepares the table of steps
    table, counts, kept = network._training._kept["STEPS_TABLE"], Counter(), []
    for row, planned in zip(table, network.plan.steps):
        assert row[0] == planned.kernel.address(network.precision)
        backward = any(planned is one for one in network.plan.steps[network.plan.boundary :])
        compiled, name = CALL(int(row[0])), ("backward " if backward else "") + planned.kernel.function.__name__

        def counting(*arguments, compiled=compiled, name=name):
            counts[name] += 1
            return compiled(*arguments)

        kept.append(CALL(counting))
        row[0] = ctypes.cast(kept[-1], ctypes.c_void_p).value
    expected = network.gradient(*sample).tobytes()
    counted = Counter(counts)
    network._training = None
    assert network.gradient(*sample).tobytes() == expected  # counting changes nothing
    assert counts == counted
    return counted


IMAGES = "CONV|4|3|3|1|1|1|1|RELU,TRANSCONV|3|2|2|2|2|0|0|RELU,PADDING2D|1|1|1|1,RESHAPE|FLAT,DENSE|6|LINEAR"


@pytest.mark.parametrize(
    "layout, inputs, expected",
    [
        (VAE, None, {"divergence": 1, "backward divergence_backward": 1, "sample": 1, "backward sample_backward": 1}),
        (
            "DENSE|6|LINEAR,GUMBEL|2|3,DENSE|6|LINEAR",
            None,
            {
                "gumbel_sample": 1,
                "backward gumbel_backward": 1,
                "categorical_divergence": 1,
                "backward categorical_divergence_backward": 1,
            },
        ),
        (
            IMAGES,
            (("image", (1, 2, 3)),),  # one convolution hands a gradient down, two have filters
            {"correlate": 2, "backward correlate": 1, "backward filter_gradient": 2, "pad_planes": 1, "backward pad_planes": 1},
        ),
    ],
)
def test_a_training_step_calls_the_compiled_kernels(layout, inputs, expected):
    network = network_of(layout, 6, 6, inputs=inputs, losses=("SUMOFSQUARES",), threads=1)
    counts = calls_of(network, sample_of(network, 20))  # one tile
    assert {name: counts[name] for name in expected} == expected
