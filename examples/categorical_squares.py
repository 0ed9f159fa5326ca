"""A categorical autoencoder: two latent variables of 16 classes, for images of a square at one of 16 x 16 places.

Run: python examples/categorical_squares.py [--iterations 800] [--epochs 5] [--seed 1]
The best -ELBO is the entropy of the data, ln 256 = 5.545 nats.
"""

import argparse

import numpy as np
from toys import squares

import tmvalite as tmva

BOOKING = (
    "!H:!V:ErrorStrategy=CROSSENTROPY:InputLayout=1|1|576:WeightInitialization=TORCH:"
    # batch normalisation of the logits keeps all classes in use until the decoder knows them
    "Layout=Encoder={{DENSE|256|RELU,DENSE|32|LINEAR,BNORM,GUMBEL|2|16|1.0}}"
    "Decoder={{DENSE|256|RELU,DENSE|576|LINEAR}}:TemperatureRate={rate}:TemperatureMinimum=0.5:"
    "TrainingStrategy=Optimizer=ADAM,LearningRate=1e-2,LearningRateSchedule=COSINE,BatchSize=64,MaxEpochs={epochs},"
    "TestRepetitions=1,ConvergenceSteps={epochs}:ValidationSize={validation}:RandomSeed={seed}"
)


def train(iterations, epochs, seed):
    """The method, trained on 64 x iterations images drawn from the 256."""
    images = squares().reshape(256, 576)
    validation = 10 * len(images)
    drawn = images[np.random.default_rng(seed).integers(256, size=64 * iterations + validation)]
    rate = np.log(2) / (0.7 * iterations * epochs)  # the temperature has fallen from 1 to 1/2 after 70 % of the steps
    booking = BOOKING.format(epochs=epochs, rate=rate, validation=validation, seed=seed)
    return tmva.MethodAE(booking).fit(drawn, progress="silent")


def states(codes):
    """Class of both variables, (N, 2), of one-hot codes (N, 32)."""
    return codes.reshape(-1, 2, 16).argmax(axis=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--iterations", type=int, default=800, help="batches of 64 in an epoch")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    method = train(options.iterations, options.epochs, options.seed)
    images = squares().reshape(256, 576)
    used = states(method.encode(images))
    history = method.history
    print(
        f"-ELBO on validation images: {history['valid_loss'][-1]:.3f} nats, of which KL {history['valid_kl'][-1]:.3f}; "
        f"best possible {np.log(256):.3f}"
    )
    print(f"states in use: {len(np.unique(used, axis=0))} of 256; classes: {[len(np.unique(v)) for v in used.T]} of 16")
    print(f"pixels that come back: {np.mean((method.reconstruct(images) > 0.5) == (images > 0.5)):.2%}")


if __name__ == "__main__":
    main()
