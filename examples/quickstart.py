"""Train, look, save, load, apply: a classification with MethodDL on arrays.

Run: python examples/quickstart.py [folder for the weight file]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation import roc_area


def make_events(count, seed):
    """Four variables of signal and background with different correlations: a curved border separates them best."""
    rng = np.random.default_rng(seed)
    is_signal = rng.uniform(size=count) < 0.5
    common = rng.normal(size=(count, 1))
    x = 0.8 * rng.normal(size=(count, 4)) + np.where(is_signal[:, None], [0.9, 0.7, 0.5, 0.3], [-0.9, -0.3, 0.5, 0.9]) * common
    return x.astype("float32"), np.where(is_signal, "Signal", "Background")


def main(folder):
    x, names = make_events(20000, seed=1)
    method = tmva.MethodDL(
        VarTransform="N",
        Layout="TANH|64,TANH|64,LINEAR",
        TrainingStrategy="LearningRate=3e-3,BatchSize=100,MaxEpochs=20,ConvergenceSteps=5,TestRepetitions=1",
        RandomSeed=1,
        analysis_type="classification",
    )
    method.fit(x, names)
    print(method)

    test_x, test_names = make_events(10000, seed=2)
    score = method.GetMvaValues(test_x)
    print(f"ROC area on 10000 new events: {roc_area(score, test_names == 'Signal'):.3f}")

    path = Path(folder) / "quickstart.weights.xml"
    method.save(path)
    again = tmva.load(path).GetMvaValues(test_x)
    print(f"{path.name} written and read back, the same scores: {np.array_equal(score, again)}")
    print("scores of the first events:", " ".join(f"{s:.3f}" for s in again[:5]))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(scratch)
