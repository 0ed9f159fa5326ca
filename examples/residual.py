"""Why residual links: 40 layers with and without them, on a ring of signal in a disc of background.

Run: python examples/residual.py
"""

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation import roc_area

DEPTH, WIDTH = 40, 32


def make_events(count, seed):
    """Points of a disc of radius 1; those between radius 0.5 and 0.8 are signal."""
    rng = np.random.default_rng(seed)
    radius, angle = np.sqrt(rng.uniform(size=count)), rng.uniform(0, 2 * np.pi, size=count)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype("float32")
    return x, (radius > 0.5) & (radius < 0.8)


def plain():
    return ",".join([f"DENSE|{WIDTH}|TANH"] * DEPTH + ["DENSE|1|LINEAR"])


def residual():
    """Every layer adds to what it reads: r2 = r1 + tanh(W r1 + b)."""
    layers = [f"r0=DENSE|{WIDTH}|TANH"]
    for i in range(1, DEPTH):
        layers += [f"d{i}=DENSE|{WIDTH}|TANH", f"r{i}=ADD@d{i}+r{i - 1}"]
    return ",".join([*layers, "DENSE|1|LINEAR"])


def area(layout, x, y, test_x, test_y):
    method = tmva.MethodDL(
        Layout=layout,
        WeightInitialization="XAVIERUNIFORM",
        TrainingStrategy="LearningRate=5e-4,BatchSize=100,MaxEpochs=25,ConvergenceSteps=25,TestRepetitions=1",
        RandomSeed=1,
        analysis_type="classification",
    )
    method.fit(x, y)
    return roc_area(method.GetMvaValues(test_x), test_y), method.history["valid_loss"]


def main():
    events = (*make_events(6000, seed=1), *make_events(6000, seed=2))
    for name, layout in (("plain", plain()), ("residual", residual())):
        roc, losses = area(layout, *events)
        print(f"{DEPTH} layers, {name:8s}: validation loss {losses[0]:.3f} -> {min(losses):.3f}, ROC area {roc:.3f}")


if __name__ == "__main__":
    main()
