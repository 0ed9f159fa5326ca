"""A GAN on eight Gaussians in a ring: how many of ten seeds find all of them, and how near they come.

    python -m benchmarks.gan_mixture [SEEDS] [FIRST]

For every seed: modes with at least a quarter of their share; Kolmogorov-Smirnov probability of each axis; means and variances in
units of their errors; the area of a classifier that tells 2000 generated from 2000 new real events; precision and recall.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from tmvalite import MethodGAN
from tmvalite.evaluation.classification import kolmogorov_probability
from tmvalite.evaluation.two_samples import precision_recall
from tmvalite.methods.two_sample_area import two_sample_area

RADIUS, WIDTH, EVENTS = 2.0, 0.25, 2000
OPTIONS = (
    "InputLayout=4##2:WeightInitialization=HE:EMA=0.99:R1Weight=0.2:"
    "Layout=Generator={DENSE|128|RELU,DENSE|128|RELU,DENSE|128|RELU,DENSE|N|LINEAR}"
    "Discriminator={DENSE|128|LEAKYRELU,DENSE|128|LEAKYRELU,DENSE|128|LEAKYRELU,DENSE|1|LINEAR}:"
    "TrainingStrategy=LearningRate=1.5e-3,GeneratorLearningRate=5e-4,LearningRateSchedule=COSINE,Optimizer=ADAM,ADAM_beta1=0.0,"
    "ADAM_beta2=0.99,BatchSize=500,MaxEpochs=300,ConvergenceSteps=300,TestRepetitions=300"
)


def ring(n: int, rng) -> np.ndarray:
    """n events (n, 2) float32: a mode by chance, and a Gaussian around it."""
    phi = rng.integers(0, 8, n) * np.pi / 4
    return (RADIUS * np.stack([np.cos(phi), np.sin(phi)], axis=1) + rng.normal(0, WIDTH, (n, 2))).astype(np.float32)


def modes(events: np.ndarray) -> np.ndarray:
    """The part of the events in each of the modes, within three widths."""
    nearest = np.round(np.arctan2(events[:, 1], events[:, 0]) / (np.pi / 4)).astype(int) % 8
    centre = RADIUS * np.stack([np.cos(nearest * np.pi / 4), np.sin(nearest * np.pi / 4)], axis=1)
    inside = np.sqrt(((events - centre) ** 2).sum(axis=1)) < 3 * WIDTH
    return np.bincount(nearest[inside], minlength=8) / len(events)


def same_distribution(a: np.ndarray, b: np.ndarray) -> float:
    """Probability that the largest difference of the cumulative distributions of two samples is as large as here."""
    both = np.concatenate([a, b])
    steps = [np.searchsorted(np.sort(s), both, side="right") / len(s) for s in (a, b)]
    return kolmogorov_probability(np.abs(steps[0] - steps[1]).max() * np.sqrt(len(a) * len(b) / (len(a) + len(b))))


def main(seeds: int = 10, first: int = 1) -> None:
    found, passed, areas = 0, 0, []
    for seed in range(first, first + seeds):
        rng = np.random.default_rng(100 + seed)
        train, real = ring(10_000, rng), ring(EVENTS, rng)
        began = time.process_time()
        made = MethodGAN(OPTIONS, RandomSeed=seed).fit(train, progress="silent").sample(EVENTS, seed=seed)
        seconds = time.process_time() - began
        parts, area = modes(made), two_sample_area(real, made)
        probabilities = [same_distribution(made[:, i], real[:, i]) for i in range(2)]
        truth = RADIUS**2 / 2 + WIDTH**2  # the variance of each axis
        fourth = 3 / 8 * RADIUS**4 + 3 * RADIUS**2 * WIDTH**2 + 3 * WIDTH**4
        means = made.mean(axis=0) / np.sqrt(truth / EVENTS)
        variances = (made.var(axis=0) - truth) / np.sqrt((fourth - truth**2) / EVENTS)
        found += (parts >= 1 / 32).all()
        areas.append(area.area)
        passed += bool(
            (parts >= 1 / 32).all()
            and min(probabilities) > 0.01
            and max(np.abs(means).max(), np.abs(variances).max()) < 3
            and area.area < 0.55
        )
        print(
            f"seed {seed}: {seconds:.0f} CPU s, modes {(parts >= 1 / 32).sum()}, inside {parts.sum():.3f}, KS "
            f"{probabilities[0]:.3f} {probabilities[1]:.3f}, means {means[0]:+.1f} {means[1]:+.1f}, "
            f"variances {variances[0]:+.1f} {variances[1]:+.1f}, area {area}, {precision_recall(real, made)}",
            flush=True,
        )
    print(f"all modes in {found} of {seeds} seeds, everything in {passed}; mean area {np.mean(areas):.3f}")


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:]))
