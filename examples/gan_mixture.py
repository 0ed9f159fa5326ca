"""Eight Gaussians in a ring, learnt by a GAN: all of them are found; a classifier says how like real events the new ones are.

Run: python examples/gan_mixture.py
"""

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation.two_samples import precision_recall
from tmvalite.methods.two_sample_area import two_sample_area

RADIUS, WIDTH = 2.0, 0.25
STRING = (
    "InputLayout=4##2:WeightInitialization=HE:EMA=0.99:R1Weight=0.2:RandomSeed=1:"
    "Layout=Generator={DENSE|64|RELU,DENSE|64|RELU,DENSE|64|RELU,DENSE|N|LINEAR}"
    "Discriminator={DENSE|64|LEAKYRELU,DENSE|64|LEAKYRELU,DENSE|64|LEAKYRELU,DENSE|1|LINEAR}:"
    "TrainingStrategy=LearningRate=3e-3,GeneratorLearningRate=1e-3,LearningRateSchedule=COSINE,Optimizer=ADAM,ADAM_beta1=0.0,"
    "ADAM_beta2=0.99,BatchSize=250,MaxEpochs=100,ConvergenceSteps=100,TestRepetitions=100"
)


def ring(n, seed):
    """n events (n, 2): one of the Gaussians by chance, and a place in it."""
    rng = np.random.default_rng(seed)
    phi = rng.integers(0, 8, n) * np.pi / 4
    return (RADIUS * np.stack([np.cos(phi), np.sin(phi)], axis=1) + rng.normal(0, WIDTH, (n, 2))).astype(np.float32)


def nearest(events):
    """Which Gaussian every event (n, 2) is nearest to."""
    return np.round(np.arctan2(events[:, 1], events[:, 0]) / (np.pi / 4)).astype(int) % 8


if __name__ == "__main__":
    method = tmva.MethodGAN(STRING).fit(ring(8000, 1), progress="summary")
    made, real = method.sample(2000, seed=1), ring(2000, 2)
    shares = np.bincount(nearest(made), minlength=8) / len(made)
    print("share of each Gaussian, which is 0.125:")
    print(*(f"{share:.3f}" for share in shares))
    print(f"Gaussians found: {(shares > 0.05).sum()} of 8; two-sample area {two_sample_area(real, made)}")
    print(precision_recall(real, made))
