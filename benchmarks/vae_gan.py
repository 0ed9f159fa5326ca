"""A VAE-GAN and the VAE of the same encoder and decoder, side by side: how well they reconstruct, how real their inventions look.

    python -m benchmarks.vae_gan [SEEDS] [squares|blobs]

The widths of both are estimated, that of the pixels and that of the features.
Reconstruction is the mean squared error of a pixel of new images, decoded from their mean codes. Inventions are decoded from the
prior; a classifier tries to tell them from new images: 0.5 where it cannot.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from benchmarks.autoencoder_tables import blobs  # which finds the examples, too
from tmvalite import MethodAE
from tmvalite.evaluation.two_samples import precision_recall
from tmvalite.methods.two_sample_area import two_sample_area

TRAIN, NEW = 8000, 2000
LAYOUTS = {
    "squares": "Encoder={DENSE|256|RELU,DENSE|256|RELU,LATENT|2}Decoder={DENSE|256|RELU,DENSE|256|RELU,DENSE|N|SIGMOID}",
    "blobs": "Encoder={DENSE|128|RELU,DENSE|128|RELU,LATENT|4}Decoder={DENSE|128|RELU,DENSE|128|RELU,DENSE|N|LINEAR}",
}
# the features are the pixels and a few numbers that the Discriminator learns
JUDGE = (
    "Discriminator={p=RESHAPE|FLAT@input,h=DENSE|16|LEAKYRELU@input,f=CONCAT@p+h,"
    "DENSE|128|LEAKYRELU@f,DENSE|64|LEAKYRELU,DENSE|1|LINEAR}"
)
KINDS = {"VAE": "", "VAE-GAN": f"{JUDGE}:Features=f:FeatureSigma=0:FeatureWeight=10:SpectralNorm=DISCRIMINATOR"}
EPOCHS = 40


def images(name: str, n: int, seed: int) -> np.ndarray:
    """n images (n, pixels) float32: a square somewhere in 24x24, or a blob somewhere in 12x12 with noise."""
    if name == "blobs":
        return blobs(n, seed)
    from toys import squares

    return squares().reshape(256, 576)[np.random.default_rng([seed, 79]).integers(256, size=n)]


def booking(name: str, kind: str, seed: int) -> str:
    """The string of one of the kinds."""
    return (
        f"!V:Layout={LAYOUTS[name]}{KINDS[kind]}:WeightInitialization=HE:RandomSeed={seed}:TrainingStrategy=Optimizer=ADAM,LearningRate=1e-3,"
        f"LearningRateSchedule=COSINE,BatchSize=100,MaxEpochs={EPOCHS},ConvergenceSteps={EPOCHS},TestRepetitions=20"
    )


def main(seeds: int = 3, names: tuple[str, ...] = tuple(LAYOUTS)) -> None:
    for name in names:
        for seed in range(1, seeds + 1):
            train, new = images(name, TRAIN, seed), images(name, NEW, 100 + seed)
            errors = {}
            for kind in KINDS:
                began = time.process_time()
                method = MethodAE(booking(name, kind, seed)).fit(train, progress="silent")
                seconds = time.process_time() - began
                made = method.sample(NEW, seed=seed)
                errors[kind] = np.mean((method.reconstruct(new) - new) ** 2)
                print(
                    f"{name} seed {seed} {kind}: {seconds:.0f} CPU s, squared error {errors[kind]:.5f}, "
                    f"two-sample area {two_sample_area(new, made)}, {precision_recall(new, made)}",
                    flush=True,
                )
            print(f"  squared error of the VAE-GAN / of the VAE: {errors['VAE-GAN'] / errors['VAE']:.2f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, tuple(sys.argv[2:]) or tuple(LAYOUTS))
