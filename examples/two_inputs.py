"""Two groups of variables, each with layers of its own, joined before the output. Run: python examples/two_inputs.py"""

import numpy as np

import tmvalite as tmva
from tmvalite.evaluation import roc_area


def make_events(count, seed):
    """Four variables of a muon, three of the event; signal muons point along the event's missing momentum."""
    rng = np.random.default_rng(seed)
    is_signal = rng.uniform(size=count) < 0.5
    phi = rng.uniform(-np.pi, np.pi, size=count)
    difference = np.where(is_signal, 0.6 * rng.normal(size=count), rng.uniform(-np.pi, np.pi, size=count))
    momentum = rng.exponential(30.0, size=count) + 20.0
    muon = np.stack([momentum / 50.0, rng.normal(size=count), np.cos(phi), np.sin(phi)], axis=1)
    missing = rng.exponential(25.0, size=count) + 15.0
    event = np.stack([missing / 50.0, np.cos(phi + difference), np.sin(phi + difference)], axis=1)
    return np.hstack([muon, event]).astype("float32"), is_signal


def main():
    x, y = make_events(20000, seed=1)
    method = tmva.MethodDL(
        InputLayout="muon=4,event=3",
        Layout="m=DENSE|16|TANH@muon,e=DENSE|16|TANH@event,CONCAT@m+e,DENSE|32|TANH,DENSE|1|LINEAR",
        TrainingStrategy="LearningRate=3e-3,BatchSize=100,MaxEpochs=15,ConvergenceSteps=5,TestRepetitions=1",
        RandomSeed=1,
        analysis_type="classification",
    )
    method.fit(x, y)
    print(method)
    test_x, test_y = make_events(10000, seed=2)
    print(f"ROC area on new events: {roc_area(method.GetMvaValues(test_x), test_y):.3f}")


if __name__ == "__main__":
    main()
