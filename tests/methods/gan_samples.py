"""Events and small networks that the tests of MethodGAN share."""

import numpy as np

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
