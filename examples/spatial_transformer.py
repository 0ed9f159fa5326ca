"""A spatial transformer: a small network finds the affine map that puts a shifted and rotated shape back in its place.

The localisation layers give six numbers, which GRIDSAMPLE adds to those of the identity and moves the image by. Only the
straight picture is shown as target; shifts and angles are never told. Source: Jaderberg et al., arXiv:1506.02025.

Run: python examples/spatial_transformer.py [picture.png]      (the picture needs matplotlib)
"""

import sys

import numpy as np

import tmvalite as tmva

SIZE = 16
PLACES = np.arange(SIZE) - (SIZE - 1) / 2  # of the pixels, the centre of the image at 0
SHAPE = np.array([[-2.5, 0.0], [0.0, 0.0], [2.5, 0.0], [2.5, 2.5]])  # x, y of four blobs: a bar with a foot, in pixels
LAYOUT = (
    "image=RESHAPE|1|16|16@input,"
    "MAXPOOL|2|2|2|2,CONV|8|5|5|1|1|SAME|RELU,CONV|8|3|3|2|2|SAME|RELU,RESHAPE|FLAT,DENSE|32|TANH,theta=DENSE|6|LINEAR,"
    "GRIDSAMPLE|0|0|1@image+theta,RESHAPE|FLAT"
)


def draw(shift, angle):
    """Images (N, 256) of the shape, turned by an angle (N,) in radians and then moved by a shift (N, 2) in pixels."""
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x = cosine * SHAPE[:, 0] - sine * SHAPE[:, 1] + shift[:, :1]
    y = sine * SHAPE[:, 0] + cosine * SHAPE[:, 1] + shift[:, 1:]
    distance = (PLACES[None, :] - x[..., None, None]) ** 2 + (PLACES[:, None] - y[..., None, None]) ** 2
    return np.exp(-distance / (2 * 1.3**2)).sum(axis=1).reshape(len(shift), -1).astype("float32")


def make_images(count, seed):
    """Images, the straight picture for each, and the shifts in pixels."""
    rng = np.random.default_rng(seed)
    shift, angle = rng.uniform(-3.0, 3.0, size=(count, 2)), rng.uniform(-0.6, 0.6, size=count)
    return draw(shift, angle), draw(np.zeros((count, 2)), np.zeros(count)), shift


def centres(images):
    """Centre of brightness (x, y) of each image, in pixels from its middle."""
    images = images.reshape(-1, SIZE, SIZE)
    total = images.sum(axis=(1, 2))
    return np.stack([images.sum(axis=1) @ PLACES / total, images.sum(axis=2) @ PLACES / total], axis=1)


def save_picture(path, before, after, straight, count=8):
    """The images before and behind the transformer, and the picture wanted, side by side."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(3, count, figsize=(count, 3.4), layout="constrained")
    for line, (name, images) in zip(axes, (("input", before), ("moved back", after), ("wanted", straight))):
        line[0].set_ylabel(name)
        for cell, image in zip(line, images):
            cell.imshow(image.reshape(SIZE, SIZE), cmap="viridis", vmin=0, vmax=straight.max())
            cell.axhline((SIZE - 1) / 2, color="white", linewidth=0.4)
            cell.axvline((SIZE - 1) / 2, color="white", linewidth=0.4)
            cell.set(xticks=[], yticks=[])
    figure.savefig(path, dpi=150)


def main():
    images, straight, _ = make_images(4000, seed=1)
    method = tmva.MethodDL(
        Layout=LAYOUT,
        VarTransform="None",
        WeightInitialization="UNIFORM",  # smaller than XAVIER here: training must begin near the identity
        TrainingStrategy="LearningRate=2e-3,LearningRateSchedule=COSINE,BatchSize=50,MaxEpochs=25,ConvergenceSteps=25,"
        "TestRepetitions=1",
        RandomSeed=1,
        analysis_type="regression",
    )
    method.fit(images, straight)

    images, straight, shift = make_images(1000, seed=2)
    moved = method.GetRegressionValues(images)
    left = centres(moved) - centres(straight)
    undone = 1.0 - np.sqrt((left**2).sum() / (shift**2).sum())
    print(
        f"mean squared difference from the straight picture: {np.mean((images - straight) ** 2):.4f}, "
        f"transformed {np.mean((moved - straight) ** 2):.4f}"
    )
    print(f"the grid undoes {100 * undone:.1f} % of the shift")
    if len(sys.argv) > 1:
        save_picture(sys.argv[1], images, moved, straight)


if __name__ == "__main__":
    main()
