"""Events and small networks that the tests of MethodGAN share."""

import numpy as np

from tests.methods.vae_gan_samples import vae_gan
from tmvalite.errors import Diagnostics, Source
from tmvalite.methods.gan import MethodGAN
from tmvalite.models.blueprint import blueprint
from tmvalite.models.booking import book, unnamed
from tmvalite.training.initialisation import initialise
from tmvalite.training.loop import optimizer_settings

BATCH, STEPS = 8, 50
LAYOUT = "Layout=Generator={DENSE|12|TANH,DENSE|2|LINEAR}Discriminator={DENSE|14|LEAKYRELU,DENSE|5|TANH,DENSE|1|LINEAR}"
STRATEGY = (
    "LearningRate=2e-3,GeneratorLearningRate=1e-3,Optimizer=ADAM,ADAM_beta1=0.5,ADAM_eps=1e-15,BatchSize=8,MaxEpochs=1,ConvergenceSteps=1,"
    "TestRepetitions=1"
)


def events(precision="float32"):
    """Real events (400, 2), their weights of mean 1, and an order of them."""
    rng = np.random.default_rng(11)
    x = rng.normal([1.0, -0.5], [0.5, 0.25], (BATCH * STEPS, 2)).astype(precision)
    weights = rng.uniform(0.5, 1.5, len(x)).astype(precision)
    return x, weights / weights.mean(), rng.permutation(len(x))


def booked(options="", layout=LAYOUT, precision="float32", inputs="3##2"):
    text = f"InputLayout={inputs}:{layout}:{options}Precision={precision}:TrainingStrategy={STRATEGY}"
    diagnostics = Diagnostics(Source(text))
    booking = book(MethodGAN.form, text, diagnostics=diagnostics)
    return booking, blueprint(booking, unnamed(booking.n_variables), diagnostics)


def trained_pair(options="", precision="float32", **more):
    """The whole network, what trains it, and a function that runs one epoch and gives the terms of every step."""
    booking, made = booked(options, precision=precision, **more)
    whole = made.network(precision=precision, threads=1)
    initialise(whole, "XAVIER", 3)
    learner = booking.form.learner(booking, made, whole)
    (phase,) = booking.phases

    def run(x, weights, order, seed=5):
        optimizer = learner.new_optimizer(*(optimizer_settings(one) for one in (phase, *phase.others.values())))
        steps = len(order) // BATCH
        parts = np.zeros((steps, len(learner.term_names)))
        learner.train_steps(
            x,
            np.ones((len(x), 1), x.dtype),
            weights,
            order,
            batch_size=BATCH,
            first=0,
            count=steps,
            optimizer=optimizer,
            epoch=1,
            seed=seed,
            parts=parts,
        )
        return parts

    return whole, learner, run


# ------------------------------------------------------------------------------------------- fifty steps of every kind

SEED = 7
GIVEN = "Layout=Generator={DENSE|12|TANH@input,DENSE|1|LINEAR}Discriminator={CONCAT@x+energy,DENSE|14|LEAKYRELU,DENSE|1|LINEAR}"
IMAGES = (
    "Layout=Generator={DENSE|12|TANH,DENSE|16|LINEAR}"
    "Discriminator={CONV|3|3|3|2|2|1|1|TANH,CONV|2|2|2|1|1|0|0|SIGMOID,RESHAPE|FLAT,DENSE|1|LINEAR}"
)
CASES = {  # options, layout, inputs
    "NONSATURATING": ("", LAYOUT, "3##2"),
    "smooth": ("LabelSmoothing=0.1:InstanceNoise=0.3:", LAYOUT, "3##2"),
    "LSGAN": ("GanLoss=LSGAN:", LAYOUT, "3##2"),
    "HINGE": ("GanLoss=HINGE:", LAYOUT, "3##2"),
    "WGAN": ("GanLoss=WGAN:ClipWeights=0.1:DiscriminatorSteps=3:", LAYOUT, "3##2"),
    "WGAN-GP": ("GanLoss=WGAN-GP:DiscriminatorSteps=2:PenaltyWeight=4:", LAYOUT, "3##2"),
    "WGAN-GP of images": ("GanLoss=WGAN-GP:PenaltyWeight=4:", IMAGES, "3##1|4|4"),
    "R1": ("R1Weight=3:", LAYOUT, "3##2"),
    "spectral": ("GanLoss=HINGE:SpectralNorm=DISCRIMINATOR:", LAYOUT, "3##2"),
    "twice": ("GeneratorSteps=2:", LAYOUT, "3##2"),
    "conditional": ("", GIVEN, "noise=3,energy=1##x=1,energy=1"),
    "conditional, slopes": ("GanLoss=WGAN-GP:R1Weight=0.5:", GIVEN, "noise=3,energy=1##x=1,energy=1"),
}
VAE_CASES = {"VAE-GAN": "", "VAE-GAN, narrow features": "FeatureSigma=0.5:"}


def of_case(case):
    """The whole network, what trains it, a function that runs one epoch, and the sample for it."""
    options, layout, inputs = CASES[case]
    whole, learner, run = trained_pair(options, "float64", layout=layout, inputs=inputs)
    x, weights, order = events("float64")
    if "##1|4|4" in inputs:
        x = np.tanh(x @ np.linspace(-1, 1, 32).reshape(2, 16))
    return whole, learner, run, (x, weights, order)


def of_vae_case(case):
    """The same of an autoencoder with a Discriminator of events."""
    more, strategy = (
        f"FeatureWeight=0.25:KLWeight=0.5:{VAE_CASES[case]}V=False",
        "LearningRate=2e-3,Optimizer=ADAM,ADAM_eps=1e-15",
    )
    whole, learner, phase = vae_gan(more=more, strategy=strategy)
    x, weights, order = events("float64")

    def run(x, weights, order, seed):
        parts, optimizer = np.zeros((STEPS, len(learner.term_names))), learner.new_optimizer(optimizer_settings(phase))
        counters = {"batch_size": BATCH, "first": 0, "count": STEPS, "epoch": 1, "seed": seed}
        learner.train_steps(x, np.ones((len(x), 5)), weights, order, optimizer=optimizer, parts=parts, **counters)
        return parts

    return whole, learner, run, (np.concatenate([x, x * [[0.5, -1.0]]], axis=1), weights, order)
