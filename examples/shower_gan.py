"""Showers in a calorimeter of three layers, generated for any energy: a GAN whose condition is the energy of the particle.

Run: python examples/shower_gan.py
"""

import numpy as np

import tmvalite as tmva
from tmvalite.methods.two_sample_area import two_sample_area

CELLS, LAYERS = 4, 3  # cells along each side of a layer
SIZE = LAYERS * CELLS**2
RESOLUTION = 0.02
STRING = (
    f"InputLayout=noise=16,energy=1##shower={SIZE + 1},energy=1:WeightInitialization=HE:EMA=0.998:RandomSeed=1:"
    f"Layout=Generator={{DENSE|96|RELU@input,h=DENSE|96|RELU,cells=DENSE|{SIZE}|SOFTMAX@h,total=DENSE|1|LINEAR@h,CONCAT@cells+total}}"
    "Discriminator={CONCAT@shower+energy,DENSE|96|LEAKYRELU,DENSE|96|LEAKYRELU,DENSE|1|LINEAR}:"
    "TrainingStrategy=LearningRate=2e-3,GeneratorLearningRate=1e-3,LearningRateSchedule=COSINE,Optimizer=ADAM,ADAM_beta1=0.0,"
    "ADAM_beta2=0.99,BatchSize=200,MaxEpochs=80,ConvergenceSteps=80,TestRepetitions=40"
)


def showers(energy, seed):
    """Toy showers (n, 48) in GeV for energies (n,) of particles in GeV, layer after layer.

    The depth grows with the logarithm of the energy and varies from shower to shower; each layer has a round spot around a common
    axis, which is wider the deeper it lies; the sum is the energy with a resolution of 10 % / sqrt(E) and 1 %.
    """
    rng, n = np.random.default_rng(seed), len(energy)
    depth = 0.35 * np.log(energy) + rng.normal(0, 0.25, n)
    along = np.exp(-0.5 * ((np.arange(LAYERS) - depth[:, None]) / 0.9) ** 2)
    along /= along.sum(axis=1, keepdims=True)
    place, axis = np.arange(CELLS) - 1.5, rng.normal(0, 0.3, (n, 2, 1, 1))
    width = 0.6 + 0.25 * np.arange(LAYERS)[:, None]
    rows, columns = (np.exp(-0.5 * ((place - axis[:, i]) / width) ** 2) for i in range(2))
    spot = rows[:, :, :, None] * columns[:, :, None, :]
    spot /= spot.sum(axis=(2, 3), keepdims=True)
    total = energy * (1 + rng.normal(0, 1, n) * np.sqrt(0.01 / energy + 1e-4))
    return (total[:, None, None, None] * along[:, :, None, None] * spot).reshape(n, SIZE).astype(np.float32)


def quantities(events):
    """What a physicist looks at, (n, 5): response, the shares of the first and the last layer, mean depth, part in the core."""
    cells = events[:, :SIZE].reshape(-1, LAYERS, CELLS, CELLS)
    layers, core = cells.sum(axis=(2, 3)), cells[:, :, 1:3, 1:3].sum(axis=(1, 2, 3))
    return np.stack([1 + RESOLUTION * events[:, SIZE], layers[:, 0], layers[:, 2], layers @ np.arange(LAYERS), core], axis=1)


def events(energy, seed):
    """(n, 50): the share of every cell, how far the sum is from the energy, in units of 2 %, and the energy's logarithm."""
    cells = showers(energy, seed)
    total = cells.sum(axis=1)
    off = (total / energy - 1) / RESOLUTION
    return np.column_stack([cells / total[:, None], off, np.log(energy / 32)]).astype(np.float32)


def beam(n, seed):
    """Energies of n particles, 10 to 100 GeV."""
    return np.random.default_rng([5, seed]).uniform(10, 100, n)


if __name__ == "__main__":
    method = tmva.MethodGAN(STRING).fit(events(beam(8000, 1), 1), progress="summary")
    real = events(beam(2000, 2), 2)
    made = method.sample(seed=3, condition=real[:, -1])
    a, b = quantities(real), quantities(made)
    for name, x, y in zip(("response", "share of layer 0", "share of layer 2", "mean depth", "core"), a.T, b.T):
        print(f"{name:17} real {x.mean():.3f} +- {x.std():.3f}, generated {y.mean():.3f} +- {y.std():.3f}")
    for energy in (20.0, 80.0):
        depths = [
            quantities(sample)[:, 3].mean()
            for sample in (events(np.full(2000, energy), 4), method.sample(2000, seed=4, condition=np.log(energy / 32)))
        ]
        print("mean depth at {:.0f} GeV: real {:.3f}, generated {:.3f}".format(energy, *depths))
    print(f"two-sample area of these quantities {two_sample_area(a, b)}, of all cells {two_sample_area(real, made)}")
