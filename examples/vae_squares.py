"""A variational autoencoder of images of one square: 576 pixels, two latent variables, booked by one string.

Run: python examples/vae_squares.py [--iterations 300] [--epochs 1] [--seed 1] [--folder .]
The default takes some ten seconds; `--iterations 3125 --epochs 10` is the whole training. Prints the mean of every 50
iterations and what the model makes of all 256 images; with matplotlib it writes vae_squares.png, images of a grid of codes.
"""

import argparse
from pathlib import Path

import numpy as np
from toys import squares

import tmvalite as tmva

BATCH = 16
BOOKING = (
    "!H:!V:ErrorStrategy=CROSSENTROPY:InputLayout=1|1|576:BatchLayout=1|16|576:WeightInitialization=TORCH:"
    "Layout=Encoder={{DENSE|1152|RELU,DENSE|1152|RELU,LATENT|2}}"
    "Decoder={{DENSE|1152|RELU,DENSE|1152|RELU,DENSE|576|LINEAR}}:"
    # 1e-3 / (1 + 1e-4 t) falls to a quarter in ten epochs of 3125 steps, 14 % an epoch
    "TrainingStrategy=Optimizer=ADAM,LearningRate=1e-3,LearningRateDecay=0.14,BatchSize=16,MaxEpochs={epochs},"
    "TestRepetitions=1,ConvergenceSteps={epochs}:ValidationSize={validation}:RandomSeed={seed}"
)


def train(images, iterations, epochs, seed, progress="auto"):
    """The method, trained on 16 x iterations images drawn from the 256; ten times each of them is kept for validation."""
    validation = 10 * len(images)
    rng = np.random.default_rng(seed)
    drawn = images[rng.integers(len(images), size=BATCH * iterations + validation)]
    method = tmva.MethodAE(BOOKING.format(epochs=epochs, validation=validation, seed=seed))
    return method.fit(drawn, trace=50, progress=progress)


def print_trace(trace):
    """Means over 50 iterations: nats per image, then the mean of mu, the spread and the mean of the log-variances."""
    columns = ("reconstruction", "kl", "latent_mean", "latent_log_variance_spread", "latent_log_variance")
    print("iteration   BCE/image   KL/image    mean mu   spread l     mean l")
    for i, iteration in enumerate(trace["iteration"]):
        if iteration <= 500 or iteration % 3125 == 0:
            print(f"{iteration:9d}  " + " ".join(f"{trace[name][i]:10.4f}" for name in columns))


def overlaps(found, truth):
    """Intersection over union of images (N, 576) and (N, 576), pixels above one half."""
    found, truth = found > 0.5, truth > 0.5
    return np.sum(found & truth, axis=1) / np.maximum(np.sum(found | truth, axis=1), 1)


def best_squares(found, images):
    """The largest overlap of each image (N, 576) with any square."""
    on = (found > 0.5).astype(float)
    common = on @ images.T
    return np.max(common / (on.sum(axis=1, keepdims=True) + images.sum(axis=1) - common), axis=1)


def grid_of_codes():
    """20 x 20 codes (400, 2) from -0.95 to 0.95, the second latent variable fastest."""
    steps = np.linspace(-0.95, 0.95, 20)
    return np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2)


def write_picture(decoded, path):
    """The decoded grid (400, 576) as one picture."""
    try:
        import matplotlib
    except ImportError:
        print("no picture: matplotlib is not installed (pip install matplotlib)")
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    picture = decoded.reshape(20, 20, 24, 24).transpose(0, 2, 1, 3).reshape(480, 480)
    pyplot.imsave(path, picture, cmap="gray", vmin=0.0, vmax=1.0)
    print(f"wrote {path}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--iterations", type=int, default=300, help="batches of 16 in an epoch")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("."), help="for the picture")
    options = parser.parse_args()
    images = squares().reshape(256, 576)
    method = train(images, options.iterations, options.epochs, options.seed)
    print_trace(method.trace)

    codes = method.encode(images)
    overlap = overlaps(method.reconstruct(images), images)
    print(f"-ELBO on validation images: {method.history['valid_loss'][-1]:.3f} nats (entropy of the data: {np.log(256):.3f})")
    print(f"active units: {np.sum(codes.var(axis=0) > 0.01)} of 2; mean codes have variance {np.round(codes.var(axis=0), 2)}")
    print(f"rebuilt from the mean code with an overlap of 0.9: {np.sum(overlap >= 0.9)} of 256 images, mean {overlap.mean():.3f}")
    decoded = method.decode(grid_of_codes())
    print(f"grid of codes: {np.mean(best_squares(decoded, images) >= 0.8):.1%} show a square")
    write_picture(decoded, options.folder / "vae_squares.png")


if __name__ == "__main__":
    main()
