"""How much would a training differ on another sample? The bootstrap's answer from one sample, and the truth from many.

Run: python examples/replicas.py

The method is trained 24 times on as many events, drawn from its sample with replacement. The spread of the 24 values of an
event is the error of the value of one training, that of the 24 ROC areas the error of the area. As a check 24 methods are
trained on samples of their own, which nobody has who takes data once.
"""

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation import roc_area, roc_band

REPLICAS, EVENTS = 24, 1000
OPTIONS = (
    "Layout=TANH|16,LINEAR:VarTransform=N:ValidationSize=25%:"
    "TrainingStrategy=LearningRate=1e-2,BatchSize=25,MaxEpochs=200,ConvergenceSteps=30,TestRepetitions=1"
)


def make_events(n, seed):
    """Two variables (n, 2) and whether an event is signal (n,): behind a curve in them, with noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 2)).astype("float32")
    return x, x[:, 0] + 0.5 * x[:, 1] ** 2 + rng.normal(size=n) > 0.5


def main():
    new, truth = make_events(20_000, seed=1)

    method = tmva.MethodDL(f"{OPTIONS}:RandomSeed=1:Replicas={REPLICAS}|bootstrap")
    method.fit(*make_events(EVENTS, seed=2), progress="summary")
    values, errors = method.values_and_errors(new)
    print(f"values of new events: {values[0]:.3f} +- {errors[0]:.3f}, {values[1]:.3f} +- {errors[1]:.3f}, ...")

    area = roc_band(method.replica_values(new), truth).area
    print(f"ROC area of one training: {area}; of the mean of all: {roc_area(values, truth):.4f}")

    others = []
    for i in range(REPLICAS):
        alone = tmva.MethodDL(f"{OPTIONS}:RandomSeed={i + 1}").fit(*make_events(EVENTS, seed=3 + i), progress="silent")
        others.append(alone.GetMvaValues(new))
    areas = [roc_area(one, truth) for one in others]
    print(f"{REPLICAS} samples of their own: area {np.mean(areas):.4f} +- {np.std(areas, ddof=1):.4f}")
    spread = np.std(others, axis=0, ddof=1)
    print(f"error of a value, on average: {errors.mean():.3f} by the bootstrap, {spread.mean():.3f} by other samples")


if __name__ == "__main__":
    main()
