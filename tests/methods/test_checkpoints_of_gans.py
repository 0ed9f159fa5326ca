"""Adversarial trainings, averages and all: from any checkpoint they end with the bits of a training that was never stopped."""

import warnings

import numpy as np
import pytest

from tests.methods.vae_gan_samples import LAYOUT
from tests.models.checkpoint_states import keep_every_state
from tmvalite import MethodAE, MethodDL, MethodGAN
from tmvalite.errors import TmvaliteWarning

X = np.random.default_rng(1).normal(size=(130, 4)).astype(np.float32)
PHASE = "BatchSize=20,TestRepetitions=2,ConvergenceSteps=9,LearningRate=1e-2,Optimizer=ADAM"
PHASES = f"TrainingStrategy={PHASE},MaxEpochs=3|{PHASE},LearningRateSchedule=COSINE,MaxEpochs=3"
PAIR = "InputLayout=3##4:Layout=Generator={DENSE|6|TANH,DENSE|4|LINEAR}Discriminator={DENSE|6|LEAKYRELU,DENSE|1|LINEAR}"
TRAININGS = {
    "average": (MethodGAN, f"EMA=0.9:InstanceNoise=0.2:LabelSmoothing=0.1:{PAIR}"),
    "spectral": (MethodGAN, f"SpectralNorm=DISCRIMINATOR:GanLoss=HINGE:EMA=0.8:{PAIR}"),
    "every third": (MethodGAN, f"GanLoss=WGAN:DiscriminatorSteps=3:GeneratorSteps=2:{PAIR}"),
    "slopes": (MethodGAN, f"GanLoss=WGAN-GP:R1Weight=0.3:DiscriminatorSteps=2:{PAIR}"),
    "features": (
        MethodAE,
        f"{LAYOUT}:Features=f:FeatureSigma=0:AdversaryStart=2:SpectralNorm=DISCRIMINATOR:FeatureWeight=3:EMA=0.9",
    ),
    "averaged autoencoder": (MethodAE, "Layout=Encoder={DENSE|2|TANH}Decoder={DENSE|N|LINEAR}:EMA=0.9"),
    "averaged classifier": (MethodDL, "Layout=DENSE|5|TANH,BNORM,DENSE|1|LINEAR:EMA=0.9"),
}


def train(name, **more):
    """A trained method's parameters, history and trace."""
    cls, options = TRAININGS[name]
    traced = {} if cls is MethodDL else {"trace": 4}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        method = cls(f"{options}:RandomSeed=5:{PHASES}")
        method.fit(X, *([X[:, 0] > 0] if cls is MethodDL else []), progress="silent", **traced, **more)
    history = {name: values for name, values in method.history.items() if "seconds" not in name}
    return method.network.parameters.snapshot(), repr(history), repr(getattr(method, "trace", None))


@pytest.fixture
def every_state(tmp_path, monkeypatch):
    """All states that a training comes through, as files."""
    return keep_every_state(tmp_path, monkeypatch, 4)


@pytest.mark.parametrize("name", TRAININGS)
def test_it_goes_on_from_every_state_with_the_same_bits(every_state, name):
    whole = train(name, checkpoint="unused")
    assert len(every_state) > 12
    for file in every_state[2::7]:
        again = train(name, resume=file)
        assert np.array_equal(again[0], whole[0]) and again[1:] == whole[1:], file.name


def test_a_trace_has_the_losses_of_both_networks():
    cls, options = TRAININGS["slopes"]
    method = cls(f"{options}:RandomSeed=5:{PHASES}").fit(X, progress="silent", trace=3)
    assert method.trace["iteration"] == list(range(3, 3 * len(method.trace["r1"]) + 1, 3))
    assert {"generator", "discriminator", "gradient_penalty", "r1"} < set(method.trace)


def test_an_average_is_what_is_judged_and_kept():
    """One step from known parameters: the mean is 0.9 of the step, and the loss of the history is its own."""
    y = X[:, 0] > 0
    options = "Layout=DENSE|3|TANH,DENSE|1|LINEAR:RandomSeed=5:TrainingStrategy=LearningRate=0.1,Optimizer=SGD,Momentum=0"
    options += ",BatchSize=200,MaxEpochs=1,TestRepetitions=1,ConvergenceSteps=1"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TmvaliteWarning)
        last, mean = (MethodDL(f"EMA={decay}:{options}").fit(X, y, progress="silent") for decay in (0, 0.5))
        still = MethodDL(options.replace("0.1", "0")).fit(X, y, progress="silent")
    start, plain, kept = (m.network.parameters.flat for m in (still, last, mean))
    assert np.allclose(kept, 0.1 * start + 0.9 * plain, rtol=1e-6) and not np.array_equal(kept, plain)
    assert mean.history["valid_loss"] != last.history["valid_loss"]
