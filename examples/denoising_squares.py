"""Denoising: two autoencoders of images of a square, one of them trained on images with 10 % of the pixels spoilt.

Run: python examples/denoising_squares.py [--iterations 3125] [--epochs 1] [--hidden 256] [--level 0.1] [--seed 1]
The target of both is the clean image. Prints how well each finds the clean image from a spoilt one.
"""

import argparse

import numpy as np
from toys import squares

import tmvalite as tmva

BOOKING = (
    "!H:!V:ErrorStrategy=CROSSENTROPY:InputLayout=1|1|576:WeightInitialization=TORCH:"
    "Layout=Encoder={{CORRUPT|{level}|SALT,DENSE|{hidden}|RELU,DENSE|{hidden}|RELU,LATENT|2}}"
    "Decoder={{DENSE|{hidden}|RELU,DENSE|{hidden}|RELU,DENSE|576|LINEAR}}:"
    "TrainingStrategy=Optimizer=ADAM,LearningRate=1e-3,LearningRateDecay=0.14,BatchSize=16,MaxEpochs={epochs},"
    "TestRepetitions=1,ConvergenceSteps={epochs}:ValidationSize=256:RandomSeed={seed}"
)


def train(drawn, level, hidden, epochs, seed, progress="auto"):
    """A method trained on images (N, 576); the encoder sees a part `level` of the pixels as 0 or 1 at random."""
    booking = BOOKING.format(level=level, hidden=hidden, epochs=epochs, seed=seed)
    return tmva.MethodAE(booking).fit(drawn, progress=progress)


def spoilt(images, level, seed):
    """Images of which each pixel was replaced with probability `level`, by 0 or 1 with equal chance."""
    rng = np.random.default_rng([seed, 1])
    hit = rng.uniform(size=images.shape) < level
    return np.where(hit, rng.integers(0, 2, size=images.shape), images).astype("float32")


def cross_entropy(found, truth):
    """Binary cross entropy in nats per image, summed over the pixels."""
    p = np.clip(found.astype(float), 1e-7, 1 - 1e-7)
    return float(-np.sum(truth * np.log(p) + (1 - truth) * np.log1p(-p), axis=1).mean())


def compare(iterations, epochs, hidden, level, seed, progress="auto"):
    """Cross entropies of the clean images, found from spoilt ones: of the plain and of the denoising autoencoder."""
    images = squares().reshape(256, 576)
    drawn = images[np.random.default_rng(seed).integers(256, size=16 * iterations + 256)]
    clean = np.tile(images, (10, 1))
    damaged = spoilt(clean, level, seed)
    methods = (train(drawn, used, hidden, epochs, seed, progress) for used in (0, level))
    return [cross_entropy(method.reconstruct(damaged), clean) for method in methods]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--iterations", type=int, default=3125, help="batches of 16 in an epoch")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--hidden", type=int, default=256, help="nodes of a hidden layer")
    parser.add_argument("--level", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    plain, denoising = compare(options.iterations, options.epochs, options.hidden, options.level, options.seed)
    print(f"a clean image from one with {options.level:.0%} of its pixels spoilt, nats per image:")
    print(f"plain {plain:.1f}, denoising {denoising:.1f}: {1 - denoising / plain:.1%} less")


if __name__ == "__main__":
    main()
